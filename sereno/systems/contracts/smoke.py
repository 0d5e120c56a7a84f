"""The SQL files of `smoke`."""

from sereno.systems.contracts.contract import Contract, Family, SqlKind

CONTRACTS = (
    Contract(
        stem="fingerprint.*",
        kind=SqlKind.QUERY,
        job="smoke",
        description="Names and values that a dry run must not change.",
        columns={
            "name": frozenset({Family.TEXT}),
            "value": frozenset({Family.TEXT, Family.INTEGER, Family.NUMERIC, Family.BOOLEAN, Family.TIMESTAMP}),
        },
    ),
)
