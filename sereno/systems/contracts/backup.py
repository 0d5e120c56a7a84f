"""The SQL files of backups."""

from sereno.systems.contracts.contract import Contract, Family, SqlKind

CONTRACTS = (
    Contract(
        stem="backups.record",
        kind=SqlKind.STATEMENT,
        job="backup",
        description="Notes each backup in the system's own table.",
        parameters={
            "id": Family.TEXT,
            "kind": Family.TEXT,
            "parent": Family.TEXT,
            "store": Family.TEXT,
            "path": Family.TEXT,
            "bytes": Family.INTEGER,
            "checksum": Family.TEXT,
            "status": Family.TEXT,
            "error": Family.TEXT,
            "started_at": Family.TIMESTAMP,
            "completed_at": Family.TIMESTAMP,
            "tables": Family.INTEGER,
            "rows": Family.INTEGER,
        },
    ),
)
