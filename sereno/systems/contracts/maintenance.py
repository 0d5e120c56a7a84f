"""The SQL files of `maintenance`."""

from sereno.systems.contracts.contract import Contract, Family, SqlKind

IDLE_CANDIDATES = Contract(
    stem="idle_clients.candidates",
    kind=SqlKind.QUERY,
    job="maintenance",
    description="The active API clients that nobody used since the cutoff, in the order in which they go.",
    parameters={"cutoff": Family.TIMESTAMP},
    columns={"id": frozenset({Family.INTEGER, Family.UUID, Family.TEXT})},
    optional_columns={"label": frozenset({Family.TEXT})},
)
IDLE_DEACTIVATE = Contract(
    stem="idle_clients.deactivate",
    kind=SqlKind.STATEMENT,
    job="maintenance",
    description="Deactivates the clients whose ids it is given.",
    parameters={"ids": Family.ARRAY, "now": Family.TIMESTAMP},
)
PURGE_ONLY = Contract(
    stem="purge_only.*",
    kind=SqlKind.QUERY,
    job="maintenance",
    description="The keys of the rows that the purge is about; others stay.",
    any_columns=True,
)
PURGE_HOLD = Contract(
    stem="purge_hold.*",
    kind=SqlKind.QUERY,
    job="maintenance",
    description="The keys of the rows under legal hold; the purge never deletes them.",
    any_columns=True,
)

CONTRACTS = (IDLE_CANDIDATES, IDLE_DEACTIVATE, PURGE_ONLY, PURGE_HOLD)
