"""The job `restore` over the original: approval, services, the database put in place, and what a failure leaves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict

from flows.restore import restore
from integration.databases import PASSPHRASE, as_url, database, system_of
from integration.restoring import execute, query
from integration.system_folders import written
from sereno import audit
from sereno.backup import write
from sereno.exclusion import exclusive
from sereno.ledger import open_ledger
from sereno.reports.model import Effect, Report, Result
from sereno.systems.model import System
from tasks.job import JobFailedError

SCHEMA = "CREATE TABLE t (id int PRIMARY KEY); INSERT INTO t SELECT generate_series(1, 10)"
LIVE: dict[str, Any] = {"dry_run": False, "confirm_live": "YES"}


@pytest.fixture(scope="module")
def server(demo: Any) -> str:
    return str(demo.superuser_url)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str) -> Iterator[Path]:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield tmp_path


@pytest.fixture
def original(server: str) -> Iterator[str]:
    """A database with ten rows; the databases that a restore leaves beside it go with it."""
    with database(server, script=SCHEMA) as url:
        yield url
        with psycopg.connect(server, autocommit=True) as connection:
            for name in beside(url, server):
                connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def system(original: str, server: str, home: Path) -> System:
    """With a backup of ten rows; an eleventh came after it. Its services write down how many rows they see."""
    made = with_services(original, server, home)
    write.write(made)
    execute(original, "INSERT INTO t VALUES (11)")
    return made


def with_services(original: str, server: str, home: Path, *, stop: str = "true", start: str = "true") -> System:
    log = home / "services.log"
    services = {
        "stop": [["sh", "-c", f"echo stopped >> {log}; {stop}"]],
        "start": [["sh", "-c", f"echo started >> {log}; {start}"]],
    }
    return written(system_of(original, admin=server), home / "deployments", services=services)


def beside(url: str, server: str) -> list[str]:
    name = conninfo_to_dict(url)["dbname"]
    return query(server, f"SELECT datname::text FROM pg_database WHERE datname LIKE '{name}\\__%'")


def rows(url: str) -> int:
    return int(query(url, "SELECT count(*) FROM t")[0])


def log(home: Path) -> list[str]:
    path = home / "services.log"
    return path.read_text().split() if path.exists() else []


async def restored(**parameters: Any) -> Report:
    """The report of a run over the original, whatever its result."""
    ended = await restore("awkward", target="original", **parameters, return_state=True)
    result = await ended.aresult(raise_on_failure=False)
    report = result.report if isinstance(result, JobFailedError) else result
    assert isinstance(report, Report)
    return report


async def refused(*, because: str, result: Result = Result.REFUSED, **parameters: Any) -> None:
    report = await restored(**parameters)
    assert report.result is result
    assert because in report.headline


async def failed(*, because: str, **parameters: Any) -> None:
    await refused(because=because, result=Result.FAILED, **parameters)


async def approved(**parameters: Any) -> str:
    preview = await restored(**parameters)
    assert (preview.effect, preview.result) == (Effect.DRY_RUN, Result.PASSED), preview.headline
    return str(preview.figures["approval"])


async def test_the_whole_original_is_replaced_between_stopping_and_starting_its_services(
    system: System, original: str, server: str, home: Path
) -> None:
    preview = await restored()
    assert (rows(original), log(home), beside(original, server)) == (11, [], [])
    assert f"approval={preview.figures['approval']} dry_run=false confirm_live=YES" in preview.headline
    assert "would be kept under another name" in preview.headline
    report = await restored(approval=preview.figures["approval"], **LIVE)
    assert (report.effect, report.result) == (Effect.LIVE, Result.PASSED), report.headline
    assert rows(original) == 10
    (kept,) = beside(original, server)
    assert kept == report.figures["kept_database"]
    assert rows(as_url(original, dbname=kept)) == 11
    assert log(home) == ["stopped", "started"]
    assert {"schema", "sequences", "content of public.t", "the services were started again"} <= {
        finding.name for finding in report.findings if finding.passed
    }
    await refused(approval=preview.figures["approval"], **LIVE, because="was used")


async def test_rows_of_the_original_are_replaced_in_place(
    system: System, original: str, server: str, home: Path
) -> None:
    approval = await approved(data_only=True, tables=["public.t"])
    report = await restored(data_only=True, tables=["public.t"], approval=approval, **LIVE)
    assert report.result is Result.PASSED, report.headline
    assert (rows(original), beside(original, server), log(home)) == (10, [], ["stopped", "started"])


async def test_without_an_approval_or_with_one_for_something_else_nothing_is_begun(
    system: System, original: str, home: Path
) -> None:
    await refused(**LIVE, because="needs an approval: run it with dry_run on")
    approval = await approved()
    execute(original, "CREATE TABLE since (a int)")
    await refused(approval=approval, **LIVE, because="is of another state; changed since")
    assert (rows(original), log(home)) == (11, [])


async def test_when_the_services_do_not_stop_nothing_is_restored_and_they_are_started_again(
    system: System, original: str, server: str, home: Path
) -> None:
    with_services(original, server, home, stop="exit 3")
    approval = await approved()
    await failed(approval=approval, **LIVE, because="nothing was begun, since the services of awkward were not stopped")
    assert (rows(original), beside(original, server), log(home)) == (11, [], ["stopped", "started"])


async def test_when_the_services_do_not_start_the_run_fails_and_says_so(
    system: System, original: str, server: str, home: Path
) -> None:
    with_services(original, server, home, start="exit 4")
    report = await restored(approval=await approved(), **LIVE)
    assert report.result is Result.FAILED
    assert [each.name for each in report.findings if not each.passed and each.required] == [
        "the services were started again"
    ]
    assert rows(original) == 10


async def test_a_backup_that_is_damaged_leaves_the_original_and_starts_the_services(
    system: System, original: str, server: str, home: Path
) -> None:
    approval = await approved()
    (path,) = (home / "backups").rglob("rows/*")
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    await failed(approval=approval, **LIVE, because="damaged")
    assert (rows(original), beside(original, server), log(home)) == (11, [], ["stopped", "started"])


async def test_a_proof_that_fails_leaves_the_original_in_its_place(
    system: System, original: str, server: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval = await approved()
    monkeypatch.setattr("sereno.restore.prove.PartDigests.values", property(lambda _: ["something else"]))
    report = await restored(approval=approval, **LIVE)
    assert report.result is Result.FAILED
    assert report.headline.startswith("nothing was restored, and the target original is as it was")
    assert (rows(original), beside(original, server), log(home)) == (11, [], ["stopped", "started"])


async def test_it_has_the_system_to_itself(system: System, original: str, home: Path) -> None:
    approval = await approved()
    with exclusive(system="awkward", job="backup", run="nightly"):
        await refused(approval=approval, **LIVE, because="nightly")
    assert (rows(original), log(home)) == (11, [])


async def test_every_step_is_in_the_audit_chain(system: System) -> None:
    await restored(approval=await approved(), **LIVE)
    actions = await asyncio.to_thread(_actions)
    assert actions == ["RUN_RESTORE", "PREVIEW_RESTORE"]


def _actions() -> list[str]:
    with open_ledger() as ledger:
        return [event.action for event in audit.events(ledger, "awkward")]
