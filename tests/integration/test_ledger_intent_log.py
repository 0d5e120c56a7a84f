from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from sereno.errors import IntegrityError
from sereno.intents import IntentLog
from sereno.ledger import Ledger, open_ledger
from sereno.settings import Settings


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = request.getfixturevalue("scratch_database") if request.param == "postgresql" else None
    with open_ledger(Settings(home=tmp_path, ledger_url=url)) as opened:
        yield opened


def log_of(ledger: Ledger, *, run_id: str = "run-1", unit: str | None = "november", step: str = "logs") -> IntentLog:
    return IntentLog(ledger, system="demo", job="purge", step=step, run_id=run_id, unit=unit)


def test_open_intents_come_back_in_order_with_their_keys_and_cursors(ledger: Ledger) -> None:
    log = log_of(ledger)
    composite: list[Any] = [[1, "é\0"], ["0b51e7a4-uuid", None], {"a": 1.5, "b": True}]
    first = log.open(composite, cursors={"at": {"day": "2026-11-23"}})
    second = log.open(["x"])
    assert log.unsettled() == [first, second]
    assert first.keys == tuple(composite)
    assert first.cursors == {"at": {"day": "2026-11-23"}}


def test_an_intent_is_closed_once(ledger: Ledger) -> None:
    log = log_of(ledger)
    settled, abandoned = log.open([1]), log.open([2])
    log.settle(settled, {"deleted": 1})
    log.abandon(abandoned)
    for intent in (settled, abandoned):
        with pytest.raises(IntegrityError, match="is not open any more"):
            log.settle(intent, {"deleted": 1})
        with pytest.raises(IntegrityError, match="is not open any more"):
            log.abandon(intent)
    assert log.totals() == {"deleted": 1}


def test_the_intent_and_its_cursor_are_saved_together_or_not_at_all(ledger: Ledger) -> None:
    log = log_of(ledger)
    intent = log.open([1], cursors={"last": 1})
    with ledger.writing() as session:
        session.execute(text("ALTER TABLE sereno_cursors RENAME TO away"))
    with pytest.raises(Exception, match="sereno_cursors"):
        log.settle(intent, {"deleted": 1})
    assert log.unsettled() == [intent]
    assert log.totals() == {}


def test_keys_are_forgotten_once_an_intent_is_closed(ledger: Ledger) -> None:
    log = log_of(ledger)
    log.settle(log.open(["person-4711"], cursors={"last": "a"}), {"deleted": 1})
    log.abandon(log.open(["person-4712"]))
    with ledger.reading() as session:
        rows = session.execute(text("SELECT keys, key_count FROM sereno_intents")).all()
        assert [tuple(row) for row in rows] == [(None, 1), (None, 1)]


def test_totals_are_of_one_unit_of_work_and_one_step(ledger: Ledger) -> None:
    for run_id, unit, step, deleted in (
        ("run-1", "november", "logs", 3),
        ("run-2", "november", "logs", 4),
        ("run-3", "december", "logs", 100),
        ("run-3", "november", "sessions", 1000),
        ("run-4", None, "logs", 7),
    ):
        log = log_of(ledger, run_id=run_id, unit=unit, step=step)
        log.settle(log.open([1]), {"deleted": deleted, step: 1})
    assert log_of(ledger, run_id="run-9").totals() == {"deleted": 7, "logs": 2}
    assert log_of(ledger, run_id="run-4", unit=None).totals() == {"deleted": 7, "logs": 1}


def test_a_cursor_keeps_the_value_of_the_last_settled_intent(ledger: Ledger) -> None:
    log = log_of(ledger)
    assert log.cursor("last") is None
    log.settle(log.open([1], cursors={"last": 1, "other": None}), {})
    log.abandon(log.open([2], cursors={"last": 2}))
    assert log.cursor("last") == 1
    log.settle(log.open([3], cursors={"last": [3, "x"]}), {})
    assert log.cursor("last") == [3, "x"]
    assert log_of(ledger, step="sessions").cursor("last") is None


@pytest.mark.parametrize(("keys", "kind"), [([], ValueError), ([object()], TypeError), ([b"x"], TypeError)])
def test_keys_that_could_not_be_asked_about_are_refused(ledger: Ledger, keys: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        log_of(ledger).open(keys)
    assert log_of(ledger).unsettled() == []


def test_a_decimal_key_would_come_back_as_text_and_the_caller_sees_that_at_once(ledger: Ledger) -> None:
    keys: list[Any] = [Decimal("1.50")]
    assert log_of(ledger).open(keys).keys == ("1.50",)
