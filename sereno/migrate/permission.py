"""The approval that a downgrade needs: asked for by a dry run, used by a live one."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sereno import approvals, audit
from sereno.approvals import Approval, Preview
from sereno.errors import RefusedError
from sereno.ledger import open_ledger
from sereno.migrate.plan import JOB, MigrationPlan, MigrationWay, migrations_of
from sereno.systems.model import System


def ask_approval(system: System, plan: MigrationPlan) -> Approval | None:
    """Write down what a downgrade would do; None for an upgrade, which needs no approval."""
    if plan.way is MigrationWay.UPGRADE or plan.nothing_to_do:
        return None
    with open_ledger() as ledger:
        return approvals.ask(
            ledger,
            _preview(plan),
            system=system.name,
            job=JOB,
            asked_by=audit.actor_of_process()[0],
            now=datetime.now(UTC),
            valid_for=timedelta(hours=migrations_of(system).approval_hours),
        )


def use_approval(system: System, plan: MigrationPlan, *, approval: str, run: str) -> None:
    """Use the approval that a downgrade needs, and an upgrade does not take.

    Raises:
        RefusedError: there is none, it is not for what would be done now, or none is needed.
    """
    if plan.way is MigrationWay.UPGRADE:
        if approval:
            raise RefusedError("an approval is for a downgrade; leave it out")
        return
    if not approval:
        raise RefusedError(
            "a downgrade needs an approval: run it with dry_run on, read what it would do, and give the approval that "
            "it ends with"
        )
    now = datetime.now(UTC)
    with open_ledger() as ledger:
        approvals.use(ledger, approval, _preview(plan), system=system.name, job=JOB, run=run, now=now)


def _preview(plan: MigrationPlan) -> Preview:
    return Preview(decides={"to": plan.to, "versions": list(plan.before.versions)}, shown={})
