"""What the job `restore` reports."""

from __future__ import annotations

from collections.abc import Sequence

from sereno.reports.build import headline, human_bytes, human_count
from sereno.reports.model import Draft, Figure, Finding
from sereno.restore.load import Roles
from sereno.restore.plan import RestorePlan


def plan_report(plan: RestorePlan) -> Draft:
    """The report of a dry run: what a live one would do."""
    sentence = f"would restore {_what(plan)} into {plan.target}; run again with dry_run off and confirm_live=YES"
    return Draft(headline=sentence, figures=_figures(plan))


def restore_report(plan: RestorePlan, findings: Sequence[Finding], roles: Roles | None = None) -> Draft:
    """The report of a live run; without `roles` it did not begin, since the target lacks something."""
    if roles is None:
        missing = ", ".join(finding.name for finding in findings if not finding.passed)
        sentence = f"nothing was restored: the target {plan.target} lacks the {missing}"
        return Draft(headline=sentence, figures=_figures(plan), findings=tuple(findings))
    owners = Finding(
        name="owners and grants are as they were",
        passed=roles.owners_kept,
        required=False,
        evidence=f"roles created without login: {', '.join(roles.created) or 'none'}"
        if roles.owners_kept
        else "the target's role is no superuser, so everything belongs to it",
    )
    everything = (*findings, owners)
    passed = f"restored {_what(plan)} into {plan.target}, and every row is what was backed up"
    return Draft(headline=headline(everything, passed), figures=_figures(plan), findings=everything)


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
        "tables": len(plan.tables),
        "rows": plan.rows,
        "plain_bytes": plan.plain_bytes,
    }
