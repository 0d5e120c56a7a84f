"""What the job `backup` reports."""

from __future__ import annotations

from collections.abc import Sequence

from sereno.backup.manifest import Manifest
from sereno.backup.read_back import ReadBack
from sereno.backup.write import WrittenBackup
from sereno.reports.build import headline, human_bytes, human_count
from sereno.reports.charts import bar_chart
from sereno.reports.model import Draft, Finding

_CHARTED_TABLES = 8


def backup_report(written: WrittenBackup, checked: ReadBack, cleared: Sequence[str]) -> Draft:
    """The report on a backup that was written and read back."""
    manifest = written.manifest
    findings = (
        Finding(
            name="every object of the backup can be read back",
            passed=not checked.problems,
            evidence="; ".join(checked.problems[:10])
            or f"{human_count(checked.objects, 'object')} fetched and authenticated",
        ),
        Finding(
            name="an increment can be built on it",
            passed=manifest.snapshot.flushed,
            required=False,
            evidence="the WAL is on disk up to the snapshot"
            if manifest.snapshot.flushed
            else "the WAL was not on disk in time, so the next backup has to be a full one",
        ),
    )
    passed = (
        f"backup {written.id} of {human_count(manifest.rows, 'row')} in {human_count(len(manifest.tables), 'table')} "
        f"({human_bytes(manifest.plain_bytes)}, {human_bytes(manifest.stored_bytes)} stored) is in store "
        f"{written.store} and was read back"
    )
    figures = {
        "backup": written.id,
        "store": written.store,
        "tables": len(manifest.tables),
        "rows": manifest.rows,
        "objects": checked.objects,
        "plain_bytes": manifest.plain_bytes,
        "stored_bytes": manifest.stored_bytes,
        "leftovers_cleared": len(cleared),
    }
    charts = {"The largest tables, in bytes of COPY text": _largest_tables(manifest)}
    return Draft(headline=headline(findings, passed), figures=figures, findings=findings, charts=charts)


def _largest_tables(manifest: Manifest) -> str:
    largest = sorted(manifest.tables, key=lambda table: -table.plain_bytes)[:_CHARTED_TABLES]
    return bar_chart("Largest tables", [(table.label, table.plain_bytes) for table in largest], "bytes")
