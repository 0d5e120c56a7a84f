"""What the job `restore_drill` reports: can we lose the building tonight?"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import datetime

from sereno.backup.manifest import BackupKind
from sereno.drill.drill import RECOVERY, Drill
from sereno.drill.plan import DrillPlan
from sereno.errors import ConfigurationError
from sereno.ledger.proofs import DrillRecord
from sereno.reports.build import headline, human_bytes, human_count, human_seconds, tally
from sereno.reports.charts import bar_chart, line_chart
from sereno.reports.model import Draft, Figure, Finding, ReportTable, Result
from sereno.systems.model import System
from sereno.verify.freshness import age_finding, recovery_points

_PHASES = {
    "server": "starting a server",
    "schema": "fetching, schema",
    "rows": "rows",
    "indexes": "indexes, constraints",
    "volumes": "volumes",
    "proof": "proof",
}
_COLUMNS = ("drill", "backup", "result", "recovery point", "recovery time", "proof", "rows", "size")


def drill_preview(system: System, plan: DrillPlan, *, now: datetime) -> Draft:
    """The report of a dry run: what a live one would do."""
    where = f"a database of its own on {system.drill.server_url!r}" if system.drill.server_url else "a scratch server"
    restore, backups = plan.restore, human_count(len(plan.chain), "backup")
    files = f" and {human_count(restore.files, 'file')} in {human_count(len(restore.volumes), 'volume')}"
    sentence = (
        f"would restore {_backup(system, plan, (now - plan.taken_at).total_seconds())} with "
        f"{human_count(restore.rows, 'row')} in {human_count(len(restore.tables), 'table')}"
        f"{files if restore.volumes else ''} "
        f"({human_bytes(plan.plain_bytes)} in {backups}) into {where}, prove it and drop it; "
        "run again with dry_run off and confirm_live=YES"
    )
    return Draft(headline=sentence, figures=_sizes(plan))


def findings_about_backup(system: System, drill: Drill) -> Iterator[Finding]:
    """What can be said of the backup before it is restored: its age, its copies, what of it can be proven."""
    plan = drill.plan
    if system.backup is None:
        raise ConfigurationError(f"{system.name} has no section `backup` in its system.yaml")
    if plan.is_newest:
        point = recovery_points(system.backup)[0]
        yield age_finding(point, plan.taken_at, where=f"in store {plan.store}", now=drill.started_at)
    if plan.stores > 1:
        evidence = f"in {plan.copies} of {human_count(plan.stores, 'store')}"
        name = "the backup and what it rests on lie in two stores or more"
        yield Finding(name=name, passed=plan.copies > 1, required=False, evidence=evidence)
    if plan.manifest.kind is BackupKind.INCREMENTAL:
        counted = plan.only_counted
        evidence = (
            f"only counted: {', '.join(counted[:5])}{' and more' if len(counted) > 5 else ''}; take increments with "
            "content_digests"
            if counted
            else "the increment holds a digest of every table"
        )
        yield Finding(
            name="the content of every table can be proven", passed=not counted, required=False, evidence=evidence
        )


def drill_report(system: System, drill: Drill, history: Sequence[DrillRecord]) -> Draft:
    """The report of a drill. `history` are the drills so far, oldest first, this one included."""
    plan, findings = drill.plan, tuple(drill.findings)
    seconds = {f"{name}_seconds": round(seconds, 2) for name, seconds in drill.phases.items()}
    figures: dict[str, Figure] = {
        "recovery_seconds": round(drill.recovery_seconds, 2),
        **seconds,
        "recovery_point_seconds": round(drill.age_seconds),
        **_sizes(plan),
        "drills_so_far": len(history),
    }
    charts = {
        "Recovery time by phase": bar_chart(
            "Recovery time by phase",
            [(_PHASES.get(name, name), took) for name, took in drill.phases.items()],
            "seconds",
        ),
        "Recovery time of the drills so far": line_chart(
            "Recovery time of the drills so far", [_point(system, record) for record in history], "seconds"
        ),
    }
    tables = (_past(system, history),)
    return Draft(headline=_answer(system, drill), figures=figures, findings=findings, charts=charts, tables=tables)


def _answer(system: System, drill: Drill) -> str:
    plan, findings = drill.plan, drill.findings
    backup = _backup(system, plan, drill.age_seconds)
    if tally(findings) is Result.FAILED:
        return f"no: {headline(findings, '')}; drilled was {backup}"
    held = sum(1 for finding in findings if finding.passed)
    sentence = (
        f"yes: {backup} was restored in {human_seconds(drill.recovery_seconds)} and "
        f"{held:,} of {human_count(len(findings), 'finding')} hold{'s' if held == 1 else ''}"
    )
    return headline(findings, sentence)


def _backup(system: System, plan: DrillPlan, age_seconds: float) -> str:
    taken_at, age = plan.taken_at.astimezone(system.zone), human_seconds(max(0.0, age_seconds))
    return f"backup {plan.restore.backup} of {taken_at.day} {taken_at:%B %H:%M} ({age} old)"


def _sizes(plan: DrillPlan) -> dict[str, Figure]:
    return {
        "backup": plan.restore.backup,
        "kind": plan.manifest.kind.value,
        "backups_read": len(plan.chain),
        "tables": len(plan.restore.tables),
        "rows": plan.restore.rows,
        "volumes": len(plan.restore.volumes),
        "files": plan.restore.files,
        "plain_bytes": plan.plain_bytes,
        "stored_bytes": plan.stored_bytes,
        "stores": plan.stores,
        "copies": plan.copies,
    }


def _recovery(record: DrillRecord) -> float:
    return sum(record.phases.get(phase, 0.0) for phase in RECOVERY)


def _point(system: System, record: DrillRecord) -> tuple[str, float]:
    """A drill on the chart; one that failed breaks the line."""
    seconds = _recovery(record) if record.result is Result.PASSED else math.nan
    return f"{record.started_at.astimezone(system.zone):%Y-%m-%d}", seconds


def _past(system: System, history: Sequence[DrillRecord]) -> ReportTable:
    rows = tuple(
        (
            f"{record.started_at.astimezone(system.zone):%Y-%m-%d %H:%M}",
            record.backup,
            f"{record.result.value}, {record.checks - record.failed_checks} of {record.checks} hold",
            human_seconds(record.backup_age_seconds),
            human_seconds(_recovery(record)),
            human_seconds(record.phases.get("proof", 0.0)),
            human_count(record.rows),
            human_bytes(record.plain_bytes),
        )
        for record in reversed(history)
    )
    return ReportTable(title="Drills so far", columns=_COLUMNS, rows=rows)
