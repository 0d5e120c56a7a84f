"""What the job `restore` reports."""

from __future__ import annotations

import json
import shlex
from collections.abc import Sequence
from dataclasses import dataclass, replace

from sereno.approvals import Approval
from sereno.reports.build import headline, human_bytes, human_count, human_seconds, tally
from sereno.reports.model import Draft, Figure, Finding, Result
from sereno.restore.chosen import RestorePlan
from sereno.restore.load import Roles
from sereno.restore.side import Kept
from sereno.restore.way import Way


@dataclass(frozen=True)
class Outcome:
    """How a live restore went. `restored` is false when the target is as it was; `kept` is the old original."""

    findings: tuple[Finding, ...]
    restored: bool = True
    roles: Roles | None = None
    kept: Kept | None = None

    @property
    def passed(self) -> bool:
        """Whether everything required held."""
        return tally(self.findings) is Result.PASSED

    def undone(self) -> Outcome:
        """The same, when what was built is not used."""
        return replace(self, restored=False)

    def also(self, findings: Sequence[Finding]) -> Outcome:
        """The same, with more findings."""
        return replace(self, findings=(*self.findings, *findings))

    def put_in_place(self, kept: Kept) -> Outcome:
        """The same, when what was built has taken the original's place."""
        return replace(self, kept=kept)


def plan_report(system: str, plan: RestorePlan, approval: Approval | None) -> Draft:
    """The report of a dry run: what a live one would do, and what it has to be given."""
    figures, findings = _figures(plan), _left_out(plan)
    if approval is None:
        sentence = f"would restore {_what(plan)} into {_into(plan)}; run again with dry_run off and confirm_live=YES"
        return Draft(headline=headline(findings, sentence), figures=figures, findings=findings)
    sentence = (
        f"would {_would(plan)}; {_lost(approval)}. To do it: approval={approval.id} until "
        f"{approval.expires_at:%Y-%m-%d %H:%M} UTC, or: {_command(system, plan, approval)}"
    )
    figures |= {"approval": approval.id, "rows_now_estimated": sum(_rows_now(approval).values())}
    lost = (*_tables_lost(approval), *_volumes_lost(plan))
    return Draft(headline=sentence, figures=figures, findings=(*lost, *findings))


def restore_report(plan: RestorePlan, outcome: Outcome, services: Sequence[Finding] = ()) -> Draft:
    """The report of a live run; `services` says how those came back that were stopped for it."""
    findings = (*outcome.findings, *services, *_left_out(plan), *_owners(outcome.roles), *_kept(outcome.kept))
    figures = _figures(plan)
    if not outcome.restored:
        failed = ", ".join(finding.name for finding in (*outcome.findings, *services) if not finding.passed)
        sentence = f"nothing was restored, and the target {plan.target} is as it was: {failed}"
        return Draft(headline=sentence, figures=figures, findings=findings)
    proven = "file" if plan.way is Way.FILES else "row and every file" if plan.volumes else "row"
    passed = f"restored {_what(plan)} into {_into(plan)}, and every {proven} is what was backed up"
    if outcome.kept:
        figures["kept_database"] = outcome.kept.name
        passed += f"; the database that was there is kept as {outcome.kept.name}"
    return Draft(headline=headline(findings, passed), figures=figures, findings=findings)


def _would(plan: RestorePlan) -> str:
    if plan.way is Way.FILES:
        return f"put {_what(plan)} in the place of the original's, which would be kept under other names"
    if plan.way is Way.REPLACE:
        return f"put {_what(plan)} in the place of the original, which would be kept under another name"
    return f"replace the rows of {human_count(len(plan.tables), 'table')} of the original by {_what(plan)}"


def _lost(approval: Approval) -> str:
    shown = approval.preview.shown
    age = human_seconds(float(str(shown["age_seconds"])))
    return f"what was written in the {age} since the backup would not be there any more"


def _rows_now(approval: Approval) -> dict[str, int]:
    rows = approval.preview.shown["rows_now"]
    return {label: int(str(count)) for label, count in rows.items()} if isinstance(rows, dict) else {}


def _tables_lost(approval: Approval) -> tuple[Finding, ...]:
    return tuple(
        Finding(name=f"{label} would be replaced", passed=True, required=False, evidence=f"about {count:,} rows now")
        for label, count in _rows_now(approval).items()
    )


def _volumes_lost(plan: RestorePlan) -> tuple[Finding, ...]:
    return tuple(
        Finding(
            name=f"volume {volume.name} would be replaced",
            passed=True,
            required=False,
            evidence=f"{volume.folder}, by {human_count(volume.entry.files, 'file')} "
            f"({human_bytes(volume.entry.bytes)}); what is there now would be kept",
        )
        for volume in plan.volumes
    )


def _command(system: str, plan: RestorePlan, approval: Approval) -> str:
    values = [f"target={plan.target}", f"backup={plan.backup}", *([f"store={plan.store}"] if plan.store else [])]
    if plan.way is Way.REFILL:
        own = [table for table in plan.manifest.tables if table.condition is None]
        values += ["data_only=true"]
        values += [f"tables={json.dumps([table.label for table in plan.tables])}"] * (len(plan.tables) < len(own))
    if plan.way is Way.FILES:
        values += ["volumes=only"]
    if plan.way is Way.REPLACE and plan.manifest.volumes and not plan.volumes:
        values += ["volumes=without"]
    values += [f"approval={approval.id}", "dry_run=false", "confirm_live=YES"]
    return shlex.join(["sereno", "run", "restore", system, *values])


def _kept(kept: Kept | None) -> Sequence[Finding]:
    if kept is None:
        return ()
    evidence = f"as {kept.name}; to go back: {kept.to_go_back} to drop it: {kept.to_drop}"
    return (Finding(name="the database that was there is kept", passed=True, required=False, evidence=evidence),)


def _owners(roles: Roles | None) -> Sequence[Finding]:
    if roles is None:
        return ()
    evidence = (
        f"roles created without login: {', '.join(roles.created) or 'none'}"
        if roles.owners_kept
        else "the target's role is no superuser, so everything belongs to it"
    )
    name = "owners and grants are as they were"
    return (Finding(name=name, passed=roles.owners_kept, required=False, evidence=evidence),)


def _left_out(plan: RestorePlan) -> tuple[Finding, ...]:
    volumes = tuple(
        Finding(
            name=f"volume {name} is restored",
            passed=False,
            required=False,
            evidence=f"left out, since the target {plan.target} has no volumes_folder",
        )
        for name in plan.volumes_left_out
    )
    return volumes + tuple(
        Finding(
            name=f"foreign key {key.name} of {key.table} to {key.other}",
            passed=False,
            required=False,
            evidence=f"left out, since {key.missing} is not restored",
        )
        for key in plan.left_out
    )


def _into(plan: RestorePlan) -> str:
    return f"the tables of {plan.target}" if plan.way is Way.REFILL else plan.target


def _what(plan: RestorePlan) -> str:
    rows = f"{human_count(plan.rows, 'row')} in {human_count(len(plan.tables), 'table')}"
    files = f"{human_count(plan.files, 'file')} in {human_count(len(plan.volumes), 'volume')}"
    held = files if plan.way is Way.FILES else f"{rows} and {files}" if plan.volumes else rows
    return f"{held} ({human_bytes(plan.plain_bytes)}) of backup {plan.backup}"


def _figures(plan: RestorePlan) -> dict[str, Figure]:
    return {
        "backup": plan.backup,
        "store": plan.store,
        "taken_at": plan.manifest.snapshot.taken_at.isoformat(timespec="seconds"),
        "target": plan.target,
        "data_only": plan.way is Way.REFILL,
        "tables": len(plan.tables),
        "rows": plan.rows,
        "volumes": len(plan.volumes),
        "files": plan.files,
        "plain_bytes": plan.plain_bytes,
        "foreign_keys_left_out": len(plan.left_out),
    }
