"""What `sereno backups export` reports."""

from __future__ import annotations

from collections.abc import Sequence

from sereno.reports.build import headline, human_bytes, human_count
from sereno.reports.model import Draft, Figure, Finding, ReportFile
from sereno.restore.export import ExportPlan


def export_plan_report(plan: ExportPlan) -> Draft:
    """The report of a dry run: what would be written."""
    sentence = f"would write {_what(plan)} to {plan.folder}, in clear; run again with --confirm-live YES"
    return Draft(headline=headline(_findings(plan), sentence), figures=_figures(plan), findings=_findings(plan))


def export_report(plan: ExportPlan, files: Sequence[ReportFile]) -> Draft:
    """The report of an export; every row of it was authenticated and counted."""
    sentence = (
        f"{_what(plan)} is in {plan.folder}, in clear: keep it from others, and delete it when you are done; "
        "README.txt has the commands"
    )
    figures = {**_figures(plan), "packed_bytes": sum(file.bytes for file in files)}
    findings = _findings(plan)
    return Draft(headline=headline(findings, sentence), figures=figures, findings=findings, files=tuple(files))


def _what(plan: ExportPlan) -> str:
    restore = plan.restore
    volumes = f" and {human_count(len(plan.volumes), 'volume')}" if plan.volumes else ""
    return (
        f"backup {restore.backup} with {human_count(restore.rows, 'row')} in "
        f"{human_count(len(restore.tables), 'table')}{volumes} ({human_bytes(plan.plain_bytes)})"
    )


def _findings(plan: ExportPlan) -> tuple[Finding, ...]:
    has_schema = plan.restore.manifest.schema_dump is not None
    evidence = "" if has_schema else "it is a backup of rows alone: its tables have to be there when they are loaded"
    return (Finding(name="the backup holds the schema", passed=has_schema, required=False, evidence=evidence),)


def _figures(plan: ExportPlan) -> dict[str, Figure]:
    restore = plan.restore
    return {
        "backup": restore.backup,
        "taken_at": restore.manifest.snapshot.taken_at.isoformat(timespec="seconds"),
        "tables": len(restore.tables),
        "rows": restore.rows,
        "volumes": len(plan.volumes),
        "plain_bytes": plan.plain_bytes,
    }
