"""The SQL files of the audit trail."""

from sereno.systems.contracts.contract import Contract, Family, SqlKind

CONTRACTS = (
    Contract(
        stem="audit.mirror",
        kind=SqlKind.STATEMENT,
        job="audit",
        description="Mirrors live audit events into the system's own audit table.",
        parameters={
            "at": Family.TIMESTAMP,
            "action": Family.TEXT,
            "actor": Family.TEXT,
            "effect": Family.TEXT,
            "payload": Family.TEXT,
        },
    ),
)
