"""The SQL file of `migrate`."""

from sereno.systems.contracts.contract import Contract, Family, SqlKind

CONTRACTS = (
    Contract(
        stem="migrations.version",
        kind=SqlKind.QUERY,
        job="migrate",
        description="Which version the schema has; several rows where each part has its own.",
        columns={"version": frozenset({Family.TEXT})},
    ),
)
