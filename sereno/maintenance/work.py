"""What every batch of a purge has in common: the session and the intents, and how its rows go."""

from __future__ import annotations

from dataclasses import dataclass

from sereno.database.sessions import ChangeSession
from sereno.intents import Figures, IntentLog
from sereno.maintenance import batch as batch_
from sereno.maintenance.archive import Archive
from sereno.maintenance.batch import Batch
from sereno.maintenance.own_sql import own
from sereno.maintenance.plan import PurgePlan
from sereno.maintenance.sizing import most_rows, next_rows
from sereno.systems.model import System


@dataclass(frozen=True)
class Work:
    """Where a slice of a purge works, and for which run."""

    system: System
    plan: PurgePlan
    session: ChangeSession
    log: IntentLog
    run_id: str

    @property
    def turn(self) -> str:
        """What the purge's transactions are called while they wait for one another."""
        return batch_.turn_of(self.system, self.plan.name)

    def delete(self, batch: Batch, parts: list[str], *, number: int) -> Figures:
        """Delete the rows of `batch` in the open transaction; a part of the archive that was written joins `parts`.

        Raises:
            SerenoError: they cannot go, or cannot be archived.
        """
        statements, values = self.plan.statements, batch.parameters()
        for reference in self.plan.purge.set_null:
            self.session.execute(own(statements.set_null(reference)), values)
        if not self.plan.purge.archive:
            return {"deleted": self.session.execute(own(statements.delete), values)}
        rows = [row["row"] for row in self.session.returned(own(statements.archived), values)]
        if rows:
            parts.append(Archive.of(self.system, self.plan, self.run_id).write_part(number, rows))
        return {"deleted": len(rows)}

    def was_committed(self, batch: Batch) -> Figures | None:
        """What the transaction of `batch` did; None when its rows are still there.

        Raises:
            SerenoError: nobody knows now.
        """
        return batch_.was_committed(self.session, self.plan.statements, batch, turn=self.turn)

    def next_rows(self, rows: int, *, seconds: float) -> int:
        """The size of the next batch, when one of `rows` took `seconds`."""
        return next_rows(
            rows,
            seconds=seconds,
            target_seconds=self.system.maintenance.batch_milliseconds / 1000,
            most=most_rows(self.plan.row_bytes, archive=self.plan.purge.archive),
        )
