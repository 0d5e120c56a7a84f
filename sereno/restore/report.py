"""What the job `restore` reports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sereno.reports.build import headline, human_bytes, human_count, tally
from sereno.reports.model import Draft, Figure, Finding, Result
from sereno.restore.chosen import RestorePlan
from sereno.restore.load import Roles
from sereno.restore.way import Way


@dataclass(frozen=True)
class Outcome:
    """How a live restore went. `restored` is false when the target is as it was; `kept` names the old original."""

    findings: tuple[Finding, ...]
    restored: bool = True
    roles: Roles | None = None
    kept: str = ""

    @property
    def passed(self) -> bool:
        """Whether everything required held."""
        return tally(self.findings) is Result.PASSED


def plan_report(plan: RestorePlan) -> Draft:
    """The report of a dry run: what a live one would do."""
    findings = _left_out(plan)
    sentence = f"would restore {_what(plan)} into {_into(plan)}; run again with dry_run off and confirm_live=YES"
    return Draft(headline=headline(findings, sentence), figures=_figures(plan), findings=findings)


def restore_report(plan: RestorePlan, outcome: Outcome) -> Draft:
    """The report of a live run."""
    findings = (*outcome.findings, *_left_out(plan), *_owners(outcome.roles))
    figures = _figures(plan)
    if not outcome.restored:
        failed = ", ".join(finding.name for finding in outcome.findings if not finding.passed)
        sentence = f"nothing was restored, and the target {plan.target} is as it was: {failed}"
        return Draft(headline=sentence, figures=figures, findings=findings)
    passed = f"restored {_what(plan)} into {_into(plan)}, and every row is what was backed up"
    return Draft(headline=headline(findings, passed), figures=figures, findings=findings)


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
    return tuple(
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
    return (
        f"{human_count(plan.rows, 'row')} in {human_count(len(plan.tables), 'table')} "
        f"({human_bytes(plan.plain_bytes)}) of backup {plan.backup}"
    )


def _figures(plan: RestorePlan) -> dict[str, Figure]:
    return {
        "backup": plan.backup,
        "taken_at": plan.manifest.snapshot.taken_at.isoformat(timespec="seconds"),
        "target": plan.target,
        "data_only": plan.way is Way.REFILL,
        "tables": len(plan.tables),
        "rows": plan.rows,
        "plain_bytes": plan.plain_bytes,
        "foreign_keys_left_out": len(plan.left_out),
    }
