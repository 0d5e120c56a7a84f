"""The note of a backup in the system's own table, where its folder has the statement `sql/backups.record.sql`.

`:id`, `:kind` and `:parent` (null for none) are as in the manifest; `:store` is the store's name and `:path` the
backup's folder in it; `:bytes` is what its objects take there, `:checksum` the SHA-256 of its manifest. `:status` is
`completed`, or `failed` when it could not be read back, and then `:error` says why, else it is null. `:started_at` and
`:completed_at` have a zone; `:tables` and `:rows` are counts.
"""

from __future__ import annotations

from sereno.backup.read_back import ReadBack
from sereno.backup.write import WrittenBackup
from sereno.database.read_session import Parameters
from sereno.database.sessions import changing
from sereno.errors import ContractError, SerenoError
from sereno.redaction import redact
from sereno.reports.model import Finding
from sereno.systems.model import System
from sereno.systems.sql_file import SqlFile
from sereno.systems.sql_folder import find_sql

RECORD = "backups.record"
"""The name of the statement's file, without `.sql`."""


def record_backup(system: System, written: WrittenBackup, checked: ReadBack) -> tuple[Finding, ...]:
    """Run the system's own statement for a backup that stands; whether it did, and nothing where there is none.

    It raises nothing, as the backup is there with or without the note. It is not to be repeated: whether a connection
    that was lost at the commit left a row behind, nobody knows.
    """
    try:
        statement = find_sql(system.name, RECORD)
        if statement is None:
            return ()
        rows = _run(system, statement, parameters_of(written, checked))
        evidence = f"{rows:,} row{'' if rows == 1 else 's'} written by {statement.where}"
        return (_finding(evidence, passed=True),)
    except Exception as error:
        evidence = str(error) if isinstance(error, SerenoError) else f"{type(error).__name__}: {redact(str(error))}"
        return (_finding(evidence, passed=False),)


def parameters_of(written: WrittenBackup, checked: ReadBack) -> Parameters:
    """What the statement is given."""
    manifest = written.manifest
    return {
        "id": manifest.id,
        "kind": manifest.kind.value,
        "parent": manifest.parent.id if manifest.parent else None,
        "store": written.store,
        "path": f"{manifest.origin.system}/{manifest.id}",
        "bytes": manifest.stored_bytes,
        "checksum": written.manifest_sha256,
        "status": "failed" if checked.problems else "completed",
        "error": checked.problems[0] if checked.problems else None,
        "started_at": manifest.created_at,
        "completed_at": manifest.finished_at,
        "tables": len(manifest.tables),
        "rows": manifest.rows,
    }


def _run(system: System, statement: SqlFile, parameters: Parameters) -> int:
    with changing(system, purpose="backup record") as session, session.transaction():
        rows = session.execute(statement, parameters)
        if rows == 0:
            raise ContractError(f"{statement.where} wrote no row")
    return rows


def _finding(evidence: str, *, passed: bool) -> Finding:
    return Finding(name="noted in the system's own table", passed=passed, required=False, evidence=evidence)
