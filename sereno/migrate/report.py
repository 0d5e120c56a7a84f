"""What the job `migrate` reports; it ends with the exact command that goes on, or that goes back."""

from __future__ import annotations

from collections.abc import Sequence

from sereno.approvals import Approval
from sereno.migrate.plan import MigrationPlan, MigrationWay, migrations_of, ways_back
from sereno.migrate.work import Migrated
from sereno.reports.build import headline, human_count
from sereno.reports.model import Draft, Figure, Finding, ReportTable
from sereno.systems.model import System

_LIVE = "dry_run=false confirm_live=YES"


def preview_report(system: System, plan: MigrationPlan, approval: Approval | None) -> Draft:
    """The report of a dry run."""
    if plan.nothing_to_do:
        return nothing_report(system, plan)
    if plan.way is MigrationWay.UPGRADE:
        number = human_count(len(plan.before.pending), "migration")
        sentence = f"would apply {number} to {system.name} ({shown(plan.before.versions)}) after a backup. To do it: "
        sentence += f"sereno run migrate {system.name} {_LIVE}"
    else:
        sentence = f"would take {system.name} back from {shown(plan.before.versions)} to {plan.to} after a backup"
    figures = _figures(plan)
    if approval:
        figures["approval"] = approval.id
        sentence += (
            f". To do it, until {approval.expires_at:%Y-%m-%d %H:%M} UTC: sereno run migrate {system.name} "
            f"direction=downgrade to={plan.to} approval={approval.id} {_LIVE}"
        )
    return Draft(headline=sentence, figures=figures, tables=_pending(plan))


def nothing_report(system: System, plan: MigrationPlan) -> Draft:
    """The report where the schema is where it should be already."""
    sentence = f"nothing to do: {system.name} is at {shown(plan.before.versions)}"
    return Draft(headline=sentence, figures=_figures(plan))


def migration_report(system: System, plan: MigrationPlan, backup: str, migrated: Migrated) -> Draft:
    """The report of a live run.

    Args:
        system: which.
        plan: what was to be done.
        backup: the id of the backup that was taken before.
        migrated: what became of it.
    """
    findings = _findings(plan, migrated)
    after = migrated.after.versions if migrated.after else ()
    figures = {**_figures(plan), "version_after": shown(after), "backup": backup}
    sentence = (
        f"{system.name} went from {shown(plan.before.versions)} to {shown(after)}; backup {backup} was taken before"
    )
    back: tuple[str, ...] = ()
    if plan.way is MigrationWay.UPGRADE and migrated.after:
        back = ways_back(system.name, migrations_of(system), plan.before.versions, after)
    restore = f"sereno run restore {system.name} backup={backup} target=original"
    figures |= {"way_back": " && ".join(back) or restore, "restore": restore}
    ending = f"{headline(findings, sentence).rstrip('.')}. The way back: {figures['way_back']}"
    return Draft(headline=ending, figures=figures, findings=findings, tables=_pending(plan))


def shown(versions: Sequence[str]) -> str:
    """Versions in words."""
    if len(versions) > 5:
        return f"{', '.join(versions[:5])} and {len(versions) - 5} more"
    return ", ".join(versions) or "no version"


def _findings(plan: MigrationPlan, migrated: Migrated) -> tuple[Finding, ...]:
    command = Finding(name=f"the {plan.way} command ended well", passed=not migrated.problem, evidence=migrated.problem)
    if migrated.after is None:
        return (command, Finding(name="the version after is known", passed=False, evidence=migrated.unknown))
    if plan.way is MigrationWay.UPGRADE:
        left = migrated.after.pending
        evidence = ", ".join(left[:10])
        return (command, Finding(name="nothing is pending any more", passed=not left, evidence=evidence))
    changed = migrated.after.versions != plan.before.versions
    there = plan.to in migrated.after.versions or (changed and not migrated.problem)
    evidence = shown(migrated.after.versions)
    return (command, Finding(name=f"the schema went back to {plan.to}", passed=there, evidence=evidence))


def _figures(plan: MigrationPlan) -> dict[str, Figure]:
    return {"pending": len(plan.before.pending), "version_before": shown(plan.before.versions)}


def _pending(plan: MigrationPlan) -> tuple[ReportTable, ...]:
    if plan.way is MigrationWay.DOWNGRADE or not plan.before.pending:
        return ()
    rows = tuple((str(number), name) for number, name in enumerate(plan.before.pending, start=1))
    return (ReportTable(title="Pending migrations", columns=("", "migration"), rows=rows),)
