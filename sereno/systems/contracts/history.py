"""The SQL file of `history`."""

from sereno.systems.contracts.contract import Contract, Family, SqlKind

_TEXT = frozenset({Family.TEXT})
_KEY = frozenset({Family.INTEGER, Family.TEXT, Family.UUID})

CONTRACTS = (
    Contract(
        stem="history.rows",
        kind=SqlKind.QUERY,
        job="history",
        description="The events of the system's own audit table; sorting, counting and paging are put around it.",
        parameters={
            "action": Family.TEXT,
            "user": Family.TEXT,
            "model": Family.TEXT,
            "text": Family.TEXT,
            "date_from": Family.TIMESTAMP,
            "date_to": Family.TIMESTAMP,
        },
        columns={
            "id": _KEY,
            "timestamp": frozenset({Family.TIMESTAMP}),
            "user": _TEXT,
            "action": _TEXT,
            "model": _TEXT,
            "object_id": _KEY,
            "payload": frozenset({Family.JSON, Family.TEXT}),
        },
    ),
)
