"""One batch of a purge: its keys as the intents keep them, and the question whether it was committed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import JsonValue

from sereno.database.sessions import ChangeSession
from sereno.intents import Figures
from sereno.maintenance.own_sql import in_turn, own
from sereno.maintenance.plan import Grain, Key, PurgePlan
from sereno.maintenance.statements import Statements
from sereno.systems.model import System


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A range of keys with so many old rows, and the cutoff that they were found by; all as text."""

    rows: int
    low: Key
    high: Key
    cutoff: str

    @classmethod
    def of(cls, grains: Sequence[Grain], plan: PurgePlan) -> Self:
        """Grains of `plan` that follow one another, as one batch."""
        rows = sum(grain.rows for grain in grains)
        return cls(rows=rows, low=grains[0].low, high=grains[-1].high, cutoff=str(plan.value))

    @classmethod
    def read(cls, said: Any) -> Self:
        """The batch that an intent told of."""
        low, high = tuple(said["low"]), tuple(said["high"])
        return cls(rows=int(said["rows"]), low=low, high=high, cutoff=str(said["cutoff"]))

    def said(self) -> JsonValue:
        """The batch as an intent tells of it."""
        return {"rows": self.rows, "low": list(self.low), "high": list(self.high), "cutoff": self.cutoff}

    def parameters(self) -> dict[str, str]:
        """The values of the statements' parameters."""
        edges = {"low": self.low, "high": self.high}
        keys = {f"{edge}_{number}": text for edge, key in edges.items() for number, text in enumerate(key)}
        return {"cutoff": self.cutoff, **keys}


def turn_of(system: System, name: str) -> str:
    """What the transactions of a purge are called while they wait for one another."""
    return f"{system.name} {name}"


def was_committed(session: ChangeSession, statements: Statements, batch: Batch, *, turn: str) -> Figures | None:
    """What the transaction of `batch` did; None when its rows are still there.

    It waits for one that is still under way.

    Raises:
        SerenoError: nobody knows now.
    """
    with in_turn(session, name=turn):
        there = session.execute(own(statements.lock), batch.parameters())
    return None if there else {"deleted": batch.rows}
