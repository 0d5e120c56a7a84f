from __future__ import annotations

import multiprocessing
import tracemalloc
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import text

from sereno import audit
from sereno.audit import Anchor, Event, Fault
from sereno.ledger import open_ledger
from sereno.reports.model import Effect, Result
from sereno.settings import Settings

FORK = multiprocessing.get_context("fork")
PROCESSES, EVENTS, BATCH = 4, 40, 3


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return Settings(home=tmp_path)
    return Settings(home=tmp_path, ledger_url=request.getfixturevalue("scratch_database"))


def event(number: int, *, system: str = "demo") -> Event:
    return Event(
        system=system,
        job="purge",
        action="RUN_PURGE",
        effect=Effect.LIVE,
        result=Result.PASSED,
        actor="não só ASCII",
        actor_source="login",
        time=datetime(2026, 11, 23, tzinfo=UTC),
        figures={"number": number},
    )


def append_many(settings: Settings, failures: multiprocessing.SimpleQueue[str], process: int) -> None:
    try:
        with open_ledger(settings) as ledger:
            for number in range(EVENTS):
                batch = [event(process * EVENTS + number) for _ in range(BATCH)]
                audit.append(ledger, event(number), *batch[1:])
                audit.append(ledger, event(number, system="point"))
    except BaseException as failure:
        failures.put(repr(failure))
        raise


def test_several_processes_appending_at_once_give_one_unbroken_chain(settings: Settings) -> None:
    failures = FORK.SimpleQueue()
    workers = [FORK.Process(target=append_many, args=(settings, failures, number)) for number in range(PROCESSES)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert failures.empty() or failures.get() == ""
    with open_ledger(settings) as ledger:
        for system, count in (("demo", PROCESSES * EVENTS * BATCH), ("point", PROCESSES * EVENTS)):
            found = audit.verify(ledger, system)
            assert (found.passed, found.checked) == (True, count), found.summary


def test_a_process_that_is_killed_while_appending_leaves_a_whole_chain(settings: Settings) -> None:
    failures = FORK.SimpleQueue()
    open_ledger(settings).close()
    for delay_seconds in (0.05, 0.1, 0.15):
        worker = FORK.Process(target=append_many, args=(settings, failures, 0))
        worker.start()
        worker.join(delay_seconds)
        worker.kill()
        worker.join()
    with open_ledger(settings) as ledger:
        found = audit.verify(ledger, "demo")
        assert found.passed, found.summary
        assert found.checked % BATCH == 0
        audit.append(ledger, event(0))
        assert audit.verify(ledger, "demo").checked == found.checked + 1


def test_a_chain_can_be_found_broken_on_either_database(settings: Settings) -> None:
    with open_ledger(settings) as ledger:
        reference = audit.append(ledger, *(event(number) for number in range(5)))
        anchor = Anchor(sequence=reference.sequence, hash=reference.hash)
        assert audit.verify(ledger, "demo", against=[anchor]).passed
        with ledger.writing() as session:
            session.execute(text("UPDATE sereno_audit_events SET text = text || ' ' WHERE sequence = 3"))
        broken = audit.verify(ledger, "demo", against=[anchor]).broken
        assert broken is not None
        assert (broken.sequence, broken.fault) == (3, Fault.TEXT)
        with ledger.writing() as session:
            session.execute(text("DELETE FROM sereno_audit_events WHERE sequence > 2"))
        broken = audit.verify(ledger, "demo", against=[anchor]).broken
        assert broken is not None
        assert (broken.sequence, broken.fault) == (3, Fault.CUT)


def test_an_event_can_be_appended_together_with_something_else_or_not_at_all(settings: Settings) -> None:
    def fail_after_appending() -> None:
        with ledger.writing() as session:
            audit.append_within(session, event(1))
            raise ZeroDivisionError

    with open_ledger(settings) as ledger:
        with pytest.raises(ZeroDivisionError):
            fail_after_appending()
        assert audit.head(ledger, "demo") is None


def test_events_come_back_as_they_were(settings: Settings) -> None:
    with open_ledger(settings) as ledger:
        audit.append(ledger, event(7))
        (read,) = audit.events(ledger, "demo", action="RUN_PURGE", since=datetime(2026, 11, 23, tzinfo=UTC))
    assert read.model_dump(exclude={"sequence", "previous_hash", "hash"}) == event(7).model_dump()


def test_the_memory_of_a_verification_does_not_grow_with_the_chain(settings: Settings) -> None:
    with open_ledger(settings) as ledger:
        peaks = []
        for _ in range(2):
            for _ in range(2):
                audit.append(ledger, *(event(number) for number in range(1500)))
            tracemalloc.start()
            assert audit.verify(ledger, "demo").passed
            peaks.append(tracemalloc.get_traced_memory()[1])
            tracemalloc.stop()
    assert peaks[1] < peaks[0] * 1.3 + 200_000
