"""Proving a restored database: every table's COPY stream is read again and has the digests of the backup."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from psycopg import sql

from sereno.backup.copying import (
    CopySession,
    copy_in_parallel,
    copying_rows,
    count_query,
    digest_query,
    in_order,
)
from sereno.backup.manifest import Sequence, Table
from sereno.backup.schema_dump import Dumper, schema_digest
from sereno.database.connection import connect, translated
from sereno.postgres.binaries import find_binaries
from sereno.postgres.programs import hidden_file
from sereno.progress import Progress, silent
from sereno.reports.model import Finding
from sereno.restore.load import Roles
from sereno.restore.plan import RestorePlan
from sereno.systems.model import System
from sereno.systems.secrets import Secret

_PURPOSE = "restore proof"


def prove_content(
    system: System, plan: RestorePlan, target: Secret, *, progress: Progress = silent
) -> tuple[Finding, ...]:
    """One finding for each table: its rows counted and their COPY text hashed, part by part, against the backup."""
    findings: dict[int, Finding] = {}
    largest_first = sorted(plan.tables, key=lambda table: -table.plain_bytes)

    def work(table: Table) -> Callable[[CopySession], object]:
        async def prove(session: CopySession) -> None:
            if table.changes:
                digest = await session.value(digest_query(table.schema_name, table.name))
                rows = int(await session.value(count_query(table.schema_name, table.name)))
                findings[table.oid] = _digest_finding(table, rows, digest)
            else:
                digests = PartDigests([part.plain_bytes for part in table.parts])
                condition = in_order(table.condition)
                copying = copying_rows(table.schema_name, table.name, table.copied_columns, condition=condition)
                rows = await copying(session, digests.update)
                findings[table.oid] = _content_finding(table, rows, digests)
            tables = f"{table.label}, table {len(findings):,} of {len(plan.tables):,}"
            progress(done=len(findings), total=len(plan.tables), what=tables)

        return prove

    if largest_first:
        copy_in_parallel(
            target.resolve(),
            snapshot=None,
            connections=system.restore.connections,
            purpose=_PURPOSE,
            work=[work(table) for table in largest_first],  # type: ignore[misc]
        )
    return tuple(findings[table.oid] for table in plan.tables)


def prove_schema(plan: RestorePlan, target: Secret, roles: Roles) -> tuple[Finding, ...]:
    """The sequences stand where they stood; the schema, dumped again, has the digest of the backup."""
    sequences = _sequences_finding(plan, target)
    return (sequences, _schema_finding(plan, target)) if plan.whole and roles.owners_kept else (sequences,)


class PartDigests:
    """SHA-256 over consecutive parts of one stream, which is how a table of several objects is read again at one go."""

    def __init__(self, sizes: list[int]) -> None:
        """Parts of these sizes in bytes follow each other."""
        self._sizes = sizes
        self._digests = [hashlib.sha256() for _ in sizes]
        self._index = 0
        self._room = sizes[0] if sizes else 0
        self.size = 0

    def update(self, data: bytes) -> None:
        """Take the next bytes of the stream; what comes after the last part is counted, and counts as different."""
        self.size += len(data)
        view = memoryview(data)
        while view and self._index < len(self._sizes):
            self._digests[self._index].update(view[: self._room])
            taken = min(self._room, len(view))
            view, self._room = view[taken:], self._room - taken
            if not self._room:
                self._index += 1
                self._room = self._sizes[self._index] if self._index < len(self._sizes) else 0

    @property
    def values(self) -> list[str]:
        """The digest of each part."""
        return [digest.hexdigest() for digest in self._digests]


def _digest_finding(table: Table, rows: int, digest: str) -> Finding:
    name = f"content of {table.label}"
    if rows != table.rows:
        evidence = f"{rows:,} rows were restored where {table.rows:,} were backed up"
        return Finding(name=name, passed=False, evidence=evidence)
    if table.content_digest is None:
        evidence = f"{rows:,} rows; only counted, as the increment was taken without content_digests"
        return Finding(name=name, passed=True, evidence=evidence)
    same = digest == table.content_digest
    evidence = f"{rows:,} rows, " + ("the digest of their content is equal" if same else "but their content differs")
    return Finding(name=name, passed=same, evidence=evidence)


def _content_finding(table: Table, rows: int, digests: PartDigests) -> Finding:
    same = digests.size == table.plain_bytes and digests.values == [part.plain_sha256 for part in table.parts]
    if rows != table.rows:
        evidence = f"{rows:,} rows were restored where {table.rows:,} were backed up"
    elif not same:
        evidence = f"{rows:,} rows, but their SHA-256 differs from the backup's"
    else:
        evidence = f"{rows:,} rows, SHA-256 of {digests.size:,} bytes equal"
    return Finding(name=f"content of {table.label}", passed=same and rows == table.rows, evidence=evidence)


def _sequences_finding(plan: RestorePlan, target: Secret) -> Finding:
    different, found = [], 0
    with connect(target.resolve(), purpose=_PURPOSE) as connection, translated("reading sequences"):
        for sequence in plan.manifest.sequences:
            name = sql.Identifier(sequence.schema_name, sequence.name)
            exists = connection.execute("SELECT pg_catalog.to_regclass(%s) IS NOT NULL", (name.as_string(),)).fetchone()
            if exists == (True,):
                found += 1
                row = connection.execute(sql.SQL("SELECT last_value, is_called FROM {}").format(name)).fetchone()
                different += [_label(sequence)] if row != (sequence.last_value, sequence.is_called) else []
            elif plan.whole:
                different.append(_label(sequence))
    evidence = f"differs: {', '.join(different)}" if different else f"{found:,} sequences stand where they stood"
    return Finding(name="sequences", passed=not different, evidence=evidence)


def _schema_finding(plan: RestorePlan, target: Secret) -> Finding:
    with connect(target.resolve(), purpose=_PURPOSE) as connection, translated("dumping the schema again"):
        row = connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
        major = connection.info.server_version // 10_000
        binaries = find_binaries("pg_dump", "pg_restore", at_least=major)
        dumper = Dumper(url=target.resolve(), binaries=binaries, snapshot=str(row and row[0]), lock_timeout_seconds=30)
        with hidden_file() as archive:
            dumper.schema(archive)
            same = schema_digest(archive, binaries=binaries) == plan.manifest.schema_digest
    comparable = major == plan.major and binaries.version == plan.manifest.versions.pg_dump
    evidence = "its dump has the digest of the backup's" if same else "its dump differs from the backup's"
    other = f" (PostgreSQL {major} was asked, {plan.major} backed up: they may write the same schema differently)"
    return Finding(name="schema", passed=same, required=comparable, evidence=evidence + ("" if comparable else other))


def _label(sequence: Sequence) -> str:
    return f"{sequence.schema_name}.{sequence.name}"
