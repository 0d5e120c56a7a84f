"""The SQL files of `restore_drill`."""

from sereno.systems.contracts.contract import Contract, Family, SqlKind

DRILL_CHECKS = Contract(
    stem="drill.*",
    kind=SqlKind.QUERY,
    job="restore_drill",
    description="Returns no row where a restored backup is right.",
    any_columns=True,
)

CONTRACTS = (
    DRILL_CHECKS,
    Contract(
        stem="drill_newest_row",
        kind=SqlKind.QUERY,
        job="restore_drill",
        description="When the newest row of a restored backup was written.",
        columns={"newest_at": frozenset({Family.TIMESTAMP})},
    ),
)
