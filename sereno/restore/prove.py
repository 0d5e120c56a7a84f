"""Proving a restored database: every table's COPY stream is read again and has the digests of the backup."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

from sereno.backup.copying import (
    CopySession,
    copy_in_parallel,
    copying_of,
    copying_rows,
    count_query,
    digest_query,
    in_order,
)
from sereno.backup.manifest import Table
from sereno.progress import Progress, silent
from sereno.reports.model import Finding
from sereno.restore.chosen import RestorePlan
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
                findings[table.oid] = digest_finding(table, rows, digest)
            else:
                digests = PartDigests([part.plain_bytes for part in table.parts])
                condition = in_order(table.condition)
                copying = copying_rows(table.schema_name, table.name, table.copied_columns, condition=condition)
                with copying_of(table.label):
                    rows = await copying(session, digests.update)
                findings[table.oid] = content_finding(table, rows, digests)
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


def digest_finding(table: Table, rows: int, digest: str) -> Finding:
    """Whether a table of which an increment took only changes has the rows that were backed up."""
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


def content_finding(table: Table, rows: int, digests: PartDigests) -> Finding:
    """Whether the COPY stream of a table is the one that was backed up."""
    same = digests.size == table.plain_bytes and digests.values == [part.plain_sha256 for part in table.parts]
    if rows != table.rows:
        evidence = f"{rows:,} rows were restored where {table.rows:,} were backed up"
    elif not same:
        evidence = f"{rows:,} rows, but their SHA-256 differs from the backup's"
    else:
        evidence = f"{rows:,} rows, SHA-256 of {digests.size:,} bytes equal"
    return Finding(name=f"content of {table.label}", passed=same and rows == table.rows, evidence=evidence)
