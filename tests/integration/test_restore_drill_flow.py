"""The job `restore_drill` as a flow, on a scratch server of its own: what it reports, remembers and leaves behind."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.restore_drill import restore_drill
from integration.databases import PASSPHRASE, database, system_of
from integration.system_folders import written
from sereno.backup import write
from sereno.backup.manifest import BackupKind
from sereno.cli import main
from sereno.exclusion import exclusive
from sereno.ledger import open_ledger
from sereno.ledger.proofs import DrillRecord, newest_drills
from sereno.reports.model import Effect, Report, Result
from sereno.systems.model import System
from tasks.job import JobFailedError

SCRIPT = """
CREATE TABLE salon (id int PRIMARY KEY, name text NOT NULL);
INSERT INTO salon SELECT n, 'salon ' || n FROM generate_series(1, 500) n;
"""
LIVE: dict[str, Any] = {"dry_run": False, "confirm_live": "YES"}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str) -> Iterator[Path]:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield tmp_path


@pytest.fixture
def source(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script=SCRIPT) as url:
        yield url


@pytest.fixture
def system(source: str, home: Path) -> System:
    checks = {"drill.salons_have_names": "SELECT id FROM salon WHERE name = ''"}
    return written(system_of(source), home / "deployments", sql=checks)


@pytest.fixture
def backup(system: System) -> str:
    return write.write(system).id


async def drilled(**parameters: Any) -> Report:
    ended = await restore_drill("awkward", **parameters, return_state=True)
    result = await ended.aresult(raise_on_failure=False)
    report = result.report if isinstance(result, JobFailedError) else result
    assert isinstance(report, Report)
    return report


def remembered() -> list[DrillRecord]:
    with open_ledger() as ledger:
        return newest_drills(ledger, "awkward", at_most=10)


def scratch_servers(home: Path) -> list[Path]:
    return list((home / "scratch").glob("*"))


async def test_a_drill_says_yes_and_remembers_its_phases(
    backup: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    report = await drilled(**LIVE)
    assert (report.effect, report.result) == (Effect.LIVE, Result.PASSED), report.headline
    assert report.headline.startswith(f"yes: backup {backup} of ")
    assert all(finding.passed for finding in report.findings)
    assert {"server_seconds", "schema_seconds", "rows_seconds", "indexes_seconds", "proof_seconds"} <= set(
        report.figures
    )
    (record,) = remembered()
    assert (record.backup, record.result, record.rows, record.failed_checks) == (backup, Result.PASSED, 500, 0)
    assert record.checks == len(report.findings)
    assert list(record.phases) == ["server", "schema", "rows", "indexes", "proof"]
    assert record.flow_run_id == report.flow_run_id
    assert scratch_servers(home) == []
    assert main(["backups", "list", "awkward", "--json"]) == 0
    (listed,) = json.loads(capsys.readouterr().out)["backups"]
    assert (listed["verified_at"], listed["drilled_at"]) == (None, record.started_at.isoformat())


@pytest.mark.slow
async def test_the_page_shows_the_trend_over_past_drills_and_carries_all_it_needs(backup: str, home: Path) -> None:
    await drilled(**LIVE)
    report = await drilled(**LIVE)
    assert report.figures["drills_so_far"] == 2
    page = max((home / "reports").glob("awkward-restore_drill-*.html")).read_text()
    assert 'alt="Recovery time of the drills so far" src="data:image/svg+xml;base64,' in page
    assert page.count("passed, ") >= 2
    assert "http://" not in page
    assert "https://" not in page


async def test_a_chain_is_drilled(system: System, source: str, backup: str) -> None:
    with psycopg.connect(source) as connection:
        connection.execute("UPDATE salon SET name = 'renamed' WHERE id < 5; DELETE FROM salon WHERE id > 490")
    increment = await asyncio.to_thread(write.write, system, BackupKind.INCREMENTAL, content_digests=True)
    report = await drilled(**LIVE)
    assert report.result is Result.PASSED, report.headline
    assert (report.figures["backup"], report.figures["backups_read"]) == (increment.id, 2)
    assert remembered()[0].rows == 490


async def test_a_dry_run_restores_nothing_and_says_what_it_would(backup: str, home: Path) -> None:
    report = await drilled()
    assert (report.effect, report.result) == (Effect.DRY_RUN, Result.PASSED)
    assert f"would restore backup {backup}" in report.headline
    assert "500 rows in 1 table" in report.headline
    assert remembered() == []
    assert scratch_servers(home) == []


async def test_a_live_run_that_is_not_confirmed_is_refused(backup: str) -> None:
    assert (await drilled(dry_run=False)).result is Result.REFUSED
    assert remembered() == []


@pytest.mark.slow
async def test_a_backup_that_cannot_be_read_is_a_drill_that_failed(backup: str, home: Path) -> None:
    damaged = next((home / "backups" / "awkward" / backup).glob("rows/*"))
    damaged.write_bytes(damaged.read_bytes()[:-30])
    report = await drilled(**LIVE)
    assert report.result is Result.FAILED
    assert report.headline.startswith("no: 1 of 2 checks failed: the drill came to its end; drilled was backup ")
    assert "rows/000001-0000" in report.findings[-1].evidence
    (record,) = remembered()
    assert (record.result, record.failed_checks) == (Result.FAILED, 1)
    assert list(record.phases) == ["server", "schema", "rows"]
    assert scratch_servers(home) == []


async def test_a_failing_check_query_fails_the_drill_and_is_named(system: System, backup: str, home: Path) -> None:
    written(system, home / "deployments", sql={"drill.salons_are_few": "SELECT id FROM salon WHERE id > 400"})
    report = await drilled(**LIVE)
    assert report.headline.startswith("no: 1 of ")
    assert "sql/drill.salons_are_few.sql returns no row" in report.headline


async def test_the_scratch_server_goes_whatever_breaks(
    backup: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def breaks(*given: Any) -> None:
        assert scratch_servers(home) != []
        raise ZeroDivisionError

    monkeypatch.setattr("flows.restore_drill.prove_structure", breaks)
    report = await drilled(**LIVE)
    assert report.result is Result.FAILED
    assert "the job broke with ZeroDivisionError" in report.headline
    assert scratch_servers(home) == []


async def test_another_drill_of_the_system_is_refused_meanwhile_and_a_restore_is_not(backup: str, home: Path) -> None:
    with exclusive(system="awkward", job="restore_drill", run="the other"):
        report = await drilled(**LIVE)
    assert report.result is Result.REFUSED
    assert "run the other" in report.headline
    with exclusive(system="awkward", job="restore", run="the other"):
        assert (await drilled(**LIVE)).result is Result.PASSED
