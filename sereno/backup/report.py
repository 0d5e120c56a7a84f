"""What the job `backup` reports."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sereno.backup.copies import StoreCopy
from sereno.backup.manifest import LINKS, Manifest
from sereno.backup.read_back import ReadBack
from sereno.backup.volumes import volume_findings
from sereno.backup.write import WrittenBackup
from sereno.reports.build import headline, human_bytes, human_count
from sereno.reports.charts import bar_chart
from sereno.reports.model import Draft, Finding

_CHARTED_TABLES = 8


def backup_report(
    written: WrittenBackup,
    checked: ReadBack,
    copies: Sequence[StoreCopy],
    cleared: Sequence[str],
    recorded: Sequence[Finding] = (),
) -> Draft:
    """The report on a backup that was written and read back; `recorded` is what became of the system's own note."""
    manifest = written.manifest
    findings = (
        Finding(
            name="every object of the backup can be read back",
            passed=not checked.problems,
            evidence="; ".join(checked.problems[:10])
            or f"{human_count(checked.objects, 'object')} fetched and authenticated",
        ),
        *(_copied(copy) for copy in copies),
        *_increments(written),
        *(finding for volume in written.volumes for finding in volume_findings(volume)),
        *recorded,
    )
    passed = (
        f"backup {written.id} of {_what(manifest)}{_volumes(manifest)} "
        f"({human_bytes(manifest.plain_bytes)}, {human_bytes(manifest.stored_bytes)} stored) is in store "
        f"{written.store} and was read back"
        + (
            f"; {human_count(len(copies), 'other store')} {'has' if len(copies) == 1 else 'have'} copies"
            if copies
            else ""
        )
    )
    figures = {
        "backup": written.id,
        "kind": manifest.kind.value,
        "parent": manifest.parent.id if manifest.parent else None,
        "store": written.store,
        "tables": len(manifest.tables),
        "rows": manifest.rows,
        "rows_copied": manifest.rows_copied,
        "volumes": len(manifest.volumes),
        "files": sum(volume.files for volume in manifest.volumes),
        "objects": checked.objects,
        "plain_bytes": manifest.plain_bytes,
        "stored_bytes": manifest.stored_bytes,
        "leftovers_cleared": len(cleared),
    }
    charts = {"The largest tables, in bytes of COPY text": _largest_tables(manifest)}
    return Draft(headline=headline(findings, passed), figures=figures, findings=findings, charts=charts)


def _copied(copy: StoreCopy) -> Finding:
    evidence = copy.problem or f"{human_count(len(copy.copied), 'backup')} copied"
    return Finding(name=f"every backup is in store {copy.store} too", passed=not copy.problem, evidence=evidence)


def _increments(written: WrittenBackup) -> Iterator[Finding]:
    """What an increment, this one or the next, has to build on."""
    if written.remark:
        yield Finding(name="taken as an increment", passed=False, required=False, evidence=f"full: {written.remark}")
    if written.manifest.kind not in LINKS:
        return
    flushed = written.manifest.snapshot.flushed
    evidence = (
        "the WAL is on disk up to the snapshot"
        if flushed
        else "the WAL was not on disk in time, so the next backup has to be a full one"
    )
    yield Finding(name="an increment can be built on it", passed=flushed, required=False, evidence=evidence)


def _what(manifest: Manifest) -> str:
    if manifest.parent:
        changed = sum(1 for table in manifest.tables if table.rows_copied or table.keys_removed)
        return (
            f"{human_count(manifest.rows_copied, 'changed row')} in {human_count(changed, 'table')} "
            f"since {manifest.parent.id}"
        )
    if not manifest.tables:
        return "the schema alone"
    return f"{human_count(manifest.rows, 'row')} in {human_count(len(manifest.tables), 'table')}"


def _volumes(manifest: Manifest) -> str:
    if not manifest.volumes:
        return ""
    unchanged = sum(1 for volume in manifest.volumes if volume.archive is None)
    files = human_count(sum(volume.files for volume in manifest.volumes), "file")
    same = f", {unchanged} unchanged" if unchanged else ""
    return f" and {files} in {human_count(len(manifest.volumes), 'volume')}{same}"


def _largest_tables(manifest: Manifest) -> str:
    largest = sorted(manifest.tables, key=lambda table: -table.plain_bytes)[:_CHARTED_TABLES]
    return bar_chart("Largest tables", [(table.label, table.plain_bytes) for table in largest], "bytes")
