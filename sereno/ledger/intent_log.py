"""The intents of one step in the ledger, and the cursors that are saved with them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, TypeAlias, cast

from pydantic import JsonValue
from sqlalchemy import CursorResult, select, update
from sqlalchemy.orm import Session

from sereno.errors import IntegrityError
from sereno.ledger.canonical import canonical_json
from sereno.ledger.ledger import Ledger
from sereno.ledger.models import CursorRow, IntentRow, time_text

Keys: TypeAlias = tuple[JsonValue, ...]
Figures: TypeAlias = Mapping[str, int]

SETTLED = "settled"
_OPEN, _ABANDONED = "open", "abandoned"


@dataclass(frozen=True, slots=True, kw_only=True)
class Intent:
    """One batch that was to be committed: its keys as JSON gives them back, and the cursors that hold once it is."""

    id: int
    run_id: str
    unit: str
    keys: Keys
    cursors: Mapping[str, JsonValue] = field(default_factory=dict)


class IntentLog:
    """The intents of one step of one job of one system."""

    def __init__(
        self,
        ledger: Ledger,
        *,
        system: str,
        job: str,
        step: str,
        run_id: str,
        unit: str | None = None,
        settled_with: Callable[[Session, Intent, Figures], None] | None = None,
    ) -> None:
        """Look at the intents of a step.

        Args:
            ledger: where they are.
            system: the system's name.
            job: the job's name.
            step: what tells the job's live steps apart, such as a purge's name.
            run_id: the run that opens intents.
            unit: the work that totals are of, when several runs carry it on; default: the run.
            settled_with: writes what belongs to a settlement, such as an audit event, in the same transaction of the
                ledger: so that it is there once, whichever run settles the intent.
        """
        self._ledger = ledger
        self._settled_with = settled_with
        self._place = {"system": system, "job": job, "step": step}
        self._run = {"run_id": run_id, "unit": unit or run_id}

    def open(self, keys: Sequence[JsonValue], *, cursors: Mapping[str, JsonValue] | None = None) -> Intent:
        """Note that `keys` are about to be committed; `cursors` are saved when the intent is settled.

        Raises:
            ValueError: there are no keys, so nobody could ask the system about them.
            TypeError: a key or a cursor has no form in JSON.
            SerenoError: the ledger cannot be written.
        """
        if not keys:
            raise ValueError("an intent needs at least one key")
        row = IntentRow(
            **self._place,
            **self._run,
            state=_OPEN,
            key_count=len(keys),
            keys=canonical_json(list(keys)),
            cursors=canonical_json(dict(cursors or {})),
            opened_at=time_text(datetime.now(UTC)),
        )
        with self._ledger.writing() as session:
            session.add(row)
        return _intent(row)

    def settle(self, intent: Intent, figures: Figures) -> None:
        """Mark `intent` as committed, with what it did, and save its cursors, all at once. Its keys are forgotten.

        Raises:
            IntegrityError: it was settled or abandoned before.
            SerenoError: the ledger cannot be written.
        """
        with self._closed(
            intent, state=SETTLED, figures=canonical_json(dict(figures)), cursors=intent.cursors
        ) as session:
            if self._settled_with:
                self._settled_with(session, intent, figures)

    def abandon(self, intent: Intent) -> None:
        """Mark `intent` as never committed. Its keys are forgotten, its cursors are not saved.

        Raises:
            IntegrityError: it was settled or abandoned before.
            SerenoError: the ledger cannot be written.
        """
        with self._closed(intent, state=_ABANDONED, figures=None, cursors={}):
            pass

    def unsettled(self) -> list[Intent]:
        """The open intents of the step, of any run, oldest first."""
        rows = select(IntentRow).filter_by(**self._place, state=_OPEN).order_by(IntentRow.id)
        with self._ledger.reading() as session:
            return [_intent(row) for row in session.scalars(rows)]

    def totals(self) -> dict[str, int]:
        """The sum of each figure over the settled intents of this unit of work, whichever run settled them."""
        settled = select(IntentRow.figures).filter_by(**self._place, unit=self._run["unit"], state=SETTLED)
        sums: Counter[str] = Counter()
        with self._ledger.reading() as session:
            for figures in session.scalars(settled, execution_options={"yield_per": 1000}):
                sums.update(json.loads(figures or "{}"))
        return dict(sums)

    def cursor(self, name: str) -> JsonValue:
        """The value that the last settled intent with a cursor `name` saved; None before the first."""
        wanted = select(CursorRow.value).filter_by(**self._place, name=name)
        with self._ledger.reading() as session:
            value = session.scalar(wanted)
        return cast("JsonValue", json.loads(value)) if value is not None else None

    @contextmanager
    def _closed(
        self, intent: Intent, *, state: str, figures: str | None, cursors: Mapping[str, JsonValue]
    ) -> Iterator[Session]:
        """Close `intent` in a transaction of which the block is a part."""
        now = time_text(datetime.now(UTC))
        closed = update(IntentRow).filter_by(**self._place, id=intent.id, state=_OPEN)
        closed = closed.values(state=state, figures=figures, closed_at=now, keys=None, cursors=None)
        with self._ledger.writing() as session:
            if cast("CursorResult[Any]", session.execute(closed)).rowcount != 1:
                raise IntegrityError(
                    f"intent {intent.id} of {self._place['step']} of {self._place['system']} is not open any more"
                )
            for name, value in cursors.items():
                session.merge(CursorRow(**self._place, name=name, value=canonical_json(value), updated_at=now))
            yield session


def _intent(row: IntentRow) -> Intent:
    return Intent(
        id=row.id,
        run_id=row.run_id,
        unit=row.unit,
        keys=tuple(json.loads(row.keys or "[]")),
        cursors=json.loads(row.cursors or "{}"),
    )
