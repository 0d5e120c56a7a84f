"""A run has one report and one audit event, whatever breaks while it is published; on a real server."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from prefect import get_client
from prefect.client.schemas.objects import State
from prefect.flow_engine import run_flow_async
from prefect.settings import PREFECT_API_URL, temporary_settings
from prefect.states import Pending
from sqlalchemy.orm import Session

from infra.demo.system import DemoSystem
from sereno import audit, publishing
from sereno.audit import RecordedEvent
from sereno.errors import ConfigurationError, StorageError, SystemUnavailableError
from sereno.ledger import Ledger, open_ledger
from sereno.reports.model import Draft, Report, Result
from tasks import publish as last_steps
from tasks.job import JobFailedError, job
from tasks.publish import publish

DONE = Draft(headline="42 rows were purged")
LIVE: dict[str, Any] = {"system": "demo", "dry_run": False, "confirm_live": "YES"}
Faults = Callable[..., None]
Logged = pytest.LogCaptureFixture
_body: list[Callable[[], Awaitable[Report]]] = []


@job(run_name="probe {system}")
async def probe(system: str, dry_run: bool = True, confirm_live: str = "") -> Report:
    """A job that does what the test says."""
    return await _body[-1]()


@pytest.fixture(autouse=True)
def home(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str) -> Iterator[Path]:
    """A home with a ledger of its own, and the demo system's secrets."""
    (tmp_path / "demo").symlink_to(demo.folder)
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield tmp_path
    with psycopg.connect(demo.url) as connection:
        connection.execute("DELETE FROM audit_events WHERE model = 'sereno'")


@pytest.fixture
def ledger_fails(monkeypatch: pytest.MonkeyPatch) -> Faults:
    """Let the next transactions of the ledger fail, before they begin or when they are committed already."""
    real = Ledger.writing

    def fail(error: Exception, *, times: int = 1, after_commit: bool = False) -> None:
        faults = [error] * times

        @contextmanager
        def writing(self: Ledger) -> Iterator[Session]:
            if faults and not after_commit:
                raise faults.pop()
            with real(self) as session:
                yield session
            if faults:
                raise faults.pop()

        monkeypatch.setattr(Ledger, "writing", writing)

    return fail


async def carried_out(body: Callable[[], Awaitable[Report]], **parameters: Any) -> State[Any]:
    _body.append(body)
    state: State[Any] = await probe(**{**LIVE, **parameters}, return_state=True)
    return state


async def failure(state: State[Any]) -> JobFailedError:
    ended = await state.aresult(raise_on_failure=False)
    assert isinstance(ended, JobFailedError)
    return ended


async def done() -> Report:
    return await publish(DONE)


def recorded() -> tuple[RecordedEvent, ...]:
    with open_ledger() as ledger:
        assert audit.verify(ledger, "demo").passed
        return audit.events(ledger, "demo")


def mirrored(demo: DemoSystem) -> int:
    with psycopg.connect(demo.url) as connection:
        return len(connection.execute("SELECT 1 FROM audit_events WHERE model = 'sereno'").fetchall())


async def test_a_run_leaves_one_event_one_mirrored_row_and_a_report_that_refers_to_it(demo: DemoSystem) -> None:
    state = await carried_out(done)
    report = await state.aresult()
    (event,) = recorded()
    assert (state.name, state.message) == ("Completed", DONE.headline)
    assert (report.audit.sequence, report.audit.hash) == (event.sequence, event.hash)
    assert event.action == "RUN_PROBE"
    assert mirrored(demo) == 1


@pytest.mark.parametrize("after_commit", [False, True])
async def test_a_ledger_that_fails_for_a_moment_gives_one_event_and_one_mirrored_row(
    after_commit: bool, ledger_fails: Faults, demo: DemoSystem
) -> None:
    ledger_fails(SystemUnavailableError("the ledger is busy"), after_commit=after_commit)
    state = await carried_out(done)
    report = await state.aresult()
    (event,) = recorded()
    assert state.name == "Completed"
    assert report.audit.hash == event.hash
    assert (event.time, event.figures["seconds"]) == (report.finished_at, round(report.seconds, 3))
    assert mirrored(demo) == 1


@pytest.mark.parametrize("after_commit", [False, True])
async def test_a_ledger_that_fails_for_good_is_asked_once_more_for_the_same_report(
    after_commit: bool, ledger_fails: Faults, demo: DemoSystem
) -> None:
    ledger_fails(StorageError("the disk is full"), after_commit=after_commit)
    state = await carried_out(done)
    (event,) = recorded()
    assert (state.name, state.message, event.result) == ("Completed", DONE.headline, Result.PASSED)
    assert mirrored(demo) == 1


async def test_without_a_ledger_the_run_fails_and_says_why(ledger_fails: Faults, demo: DemoSystem) -> None:
    ledger_fails(StorageError("the ledger cannot be used: the disk is full"), times=2)
    state = await carried_out(done)
    assert state.is_failed()
    assert "the disk is full" in str(state.message)
    assert isinstance(await state.aresult(raise_on_failure=False), StorageError)
    assert recorded() == ()
    assert mirrored(demo) == 1


async def test_files_metrics_and_artifact_that_fail_are_warnings(
    home: Path, monkeypatch: pytest.MonkeyPatch, caplog: Logged
) -> None:
    async def refused(**_: object) -> None:
        raise RuntimeError("the server takes no artifact")

    monkeypatch.setattr(last_steps, "acreate_markdown_artifact", refused)
    (home / "reports").touch()
    (home / "metrics").touch()
    state = await carried_out(done)
    assert (state.name, len(recorded())) == ("Completed", 1)
    warned = [record.getMessage() for record in caplog.records if record.name == publishing.logger.name]
    assert len(warned) == 4
    assert warned[-1] == "the run has no artifact: the server takes no artifact"


@pytest.mark.parametrize("error", [ConfigurationError("the lock cannot be given back"), KeyError("lock")])
@pytest.mark.parametrize("result", [Result.PASSED, Result.FAILED])
async def test_what_breaks_after_sealing_leaves_the_run_as_it_was_sealed(
    result: Result, error: Exception, demo: DemoSystem, caplog: Logged
) -> None:
    async def breaks_afterwards() -> Report:
        await publish(DONE.model_copy(update={"result": result}))
        raise error

    state = await carried_out(breaks_afterwards)
    (event,) = recorded()
    assert (state.name, state.message) == ("Completed" if result is Result.PASSED else "Failed", DONE.headline)
    assert event.result is result
    assert mirrored(demo) == 1
    assert "after the report was sealed" in caplog.text
    if result is Result.FAILED:
        assert (await failure(state)).exit_code == 1


async def test_a_run_that_the_ui_retries_leaves_an_event_for_each_attempt(demo: DemoSystem) -> None:
    """It keeps its flow-run id; what the second attempt did must not hide behind the event of the first."""

    async def breaks() -> Report:
        raise StorageError("the store is full")

    failed = await carried_out(breaks)
    identifier = failed.state_details.flow_run_id
    assert isinstance(identifier, UUID)
    async with get_client() as client:
        await client.set_flow_run_state(identifier, Pending(), force=True)
        again = await client.read_flow_run(identifier)
    _body.append(done)
    await run_flow_async(probe, flow_run=again, parameters=LIVE)
    second, first = recorded()
    assert first.flow_run_id == second.flow_run_id == str(identifier)
    assert (first.result, second.result) == (Result.FAILED, Result.PASSED)
    assert mirrored(demo) == 2


@pytest.mark.parametrize(
    ("error", "name", "code"),
    [
        (ConfigurationError("there is no target 'nowhere'"), "Failed", 2),
        (StorageError("the store is full"), "Failed", 1),
        (KeyError("x"), "Failed", 1),
    ],
)
async def test_a_failed_run_carries_the_exit_code_of_its_cause(error: Exception, name: str, code: int) -> None:
    async def breaks() -> Report:
        raise error

    state = await carried_out(breaks)
    ended = await failure(state)
    assert (state.name, ended.exit_code, ended.report.result) == (name, code, Result.FAILED)


async def test_a_refused_run_and_a_failed_finding_carry_theirs() -> None:
    refused = await failure(await carried_out(done, confirm_live="yes"))
    assert (refused.exit_code, refused.report.result) == (3, Result.REFUSED)

    async def fails() -> Report:
        return await publish(DONE.model_copy(update={"result": Result.FAILED}))

    assert (await failure(await carried_out(fails))).exit_code == 1
