"""The approval that a restore over the original needs: asked for by a dry run, used by a live one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sereno import approvals, audit
from sereno.approvals import Approval
from sereno.errors import RefusedError
from sereno.ledger import open_ledger
from sereno.restore.chosen import RestorePlan
from sereno.restore.preview import preview
from sereno.systems.model import System

_JOB = "restore"


def ask_approval(system: System, plan: RestorePlan) -> Approval | None:
    """Write down what a restore over the original would do; None for any other target, which needs no approval."""
    if not plan.over_original:
        return None
    now = datetime.now(UTC)
    found = preview(system, plan, now=now)
    with open_ledger() as ledger:
        return approvals.ask(
            ledger,
            found,
            system=system.name,
            job=_JOB,
            asked_by=audit.actor_of_process()[0],
            now=now,
            valid_for=timedelta(hours=system.restore.approval_hours),
        )


def use_approval(system: System, plan: RestorePlan, *, approval: str, run: str) -> None:
    """Use the approval that a restore over the original needs, and nothing else takes.

    Raises:
        RefusedError: there is none, it is not for what would be done now, or none is needed.
    """
    if not plan.over_original:
        if approval:
            raise RefusedError(f"an approval is for the target original, not for {plan.target}; leave it out")
        return
    if not approval:
        raise RefusedError(
            "a restore over the original needs an approval: run it with dry_run on, read what it would do, "
            "and give the approval that it ends with"
        )
    now = datetime.now(UTC)
    found = preview(system, plan, now=now)
    with open_ledger() as ledger:
        approvals.use(ledger, approval, found, system=system.name, job=_JOB, run=run, now=now)
