"""The SQL files of the support operations. Keys come and go as text; a file casts them to what its table has."""

from sereno.systems.contracts.contract import Contract, Family, SqlKind

_TEXT = frozenset({Family.TEXT})
_KEY = frozenset({Family.INTEGER, Family.TEXT, Family.UUID})
_NOTIFICATION = {"id": _KEY, "channel": _TEXT, "status": _TEXT, "resends": frozenset({Family.INTEGER})}
_CHANGE = {"id": Family.TEXT, "now": Family.TIMESTAMP, "actor": Family.TEXT}

CONTRACTS = (
    Contract(
        stem="notifications.candidates",
        kind=SqlKind.QUERY,
        job="resend_notifications",
        description="Which notifications may be sent again, oldest first.",
        parameters={
            "status": Family.TEXT,
            "channel": Family.TEXT,
            "date_from": Family.TIMESTAMP,
            "date_to": Family.TIMESTAMP,
            "limit": Family.INTEGER,
        },
        columns=_NOTIFICATION,
    ),
    Contract(
        stem="notifications.read",
        kind=SqlKind.QUERY,
        job="resend_notifications",
        description="How one notification stands.",
        parameters={"id": Family.TEXT},
        columns=_NOTIFICATION,
    ),
    Contract(
        stem="notifications.mark_sent",
        kind=SqlKind.STATEMENT,
        job="resend_notifications",
        description="Marks a failed or pending notification as sent again.",
        parameters=_CHANGE,
    ),
    Contract(
        stem="lockouts.read",
        kind=SqlKind.QUERY,
        job="clear_lockout",
        description="Whether a lockout is resolved.",
        parameters={"id": Family.TEXT},
        columns={"id": _KEY, "resolved": frozenset({Family.BOOLEAN})},
    ),
    Contract(
        stem="lockouts.clear",
        kind=SqlKind.STATEMENT,
        job="clear_lockout",
        description="Resolves a lockout and lets its user in again.",
        parameters={**_CHANGE, "note": Family.TEXT},
    ),
    Contract(
        stem="alerts.read",
        kind=SqlKind.QUERY,
        job="resolve_alert",
        description="Whether an alert is resolved.",
        parameters={"id": Family.TEXT},
        columns={"id": _KEY, "resolved": frozenset({Family.BOOLEAN})},
    ),
    Contract(
        stem="alerts.resolve",
        kind=SqlKind.STATEMENT,
        job="resolve_alert",
        description="Resolves an open alert.",
        parameters=_CHANGE,
    ),
)
