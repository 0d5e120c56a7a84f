"""`data_checks` and `database_care` as flows over the demo system: reports, events, and live work that is confirmed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.data_checks import data_checks
from flows.database_care import database_care
from infra.demo.system import DemoSystem
from integration.five_systems import NAMES, FiveSystems, in_place
from sereno import audit
from sereno.exclusion import exclusive
from sereno.ledger import open_ledger
from sereno.reports.model import Effect, Report, Result
from tasks.job import JobFailedError

LIVE: dict[str, Any] = {"dry_run": False, "confirm_live": "YES"}


@pytest.fixture(autouse=True)
def home(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str) -> Iterator[Path]:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "secrets").symlink_to(demo.folder / "secrets")
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield tmp_path
    with psycopg.connect(demo.url) as connection:
        connection.execute("DELETE FROM audit_events WHERE model = 'sereno'")


async def report_of(ended: Any) -> Report:
    result = await ended.aresult(raise_on_failure=False)
    report = result.report if isinstance(result, JobFailedError) else result
    assert isinstance(report, Report)
    return report


async def checked() -> Report:
    return await report_of(await data_checks("demo", return_state=True))


async def cared(**parameters: Any) -> Report:
    return await report_of(await database_care("demo", **parameters, return_state=True))


def actions() -> list[str]:
    with open_ledger() as ledger:
        return [event.action for event in audit.events(ledger, "demo")]


def missed(report: Report) -> set[str]:
    return {each.name for each in report.findings if each.required and not each.passed}


async def test_what_the_demo_declares_holds_and_changes_nothing(home: Path) -> None:
    report = await checked()
    late = {name for name in missed(report) if name.startswith("the query ")}
    assert missed(report) - late == set(), report.headline
    assert report.effect is Effect.READ
    assert int(str(report.figures["checks"])) == len(report.findings) >= 14
    assert actions() == ["RUN_DATA_CHECKS"]
    page = next((home / "reports").glob("demo-data_checks-*.html")).read_text()
    assert "What was expected and what was seen" in page
    assert "admin@salon.example" not in page


async def test_a_second_run_at_the_same_time_is_refused() -> None:
    with exclusive(system="demo", job="data_checks", run="calm-otter"):
        assert (await checked()).result is Result.REFUSED


async def test_the_page_is_a_dry_run_and_remembers_what_it_saw(home: Path) -> None:
    first = await cared()
    assert first.effect is Effect.DRY_RUN
    assert missed(first) == {"no setting endangers the data"}, "the tests' server goes without fsync"
    assert "growth_since_the_last_run_bytes" not in first.figures
    assert "growth_since_the_last_run_bytes" in (await cared()).figures
    assert actions() == ["PREVIEW_DATABASE_CARE"] * 2
    page = max((home / "reports").glob("demo-database_care-*.html")).read_text()
    for words in ("The largest tables", "Size of the database at each run"):
        assert f'alt="{words}' in page
    assert "http://" not in page
    assert "https://" not in page


async def test_a_dry_run_says_what_a_live_one_would_do_and_a_live_one_does_it(demo: DemoSystem) -> None:
    asked = {"vacuum": ["public.plans", "LegacyImport"]}
    preview = await cared(**asked)
    would = 'would VACUUM (ANALYZE) public.plans, VACUUM (ANALYZE) public."LegacyImport" (run again with dry_run off'
    assert preview.headline.startswith(would)
    assert preview.figures["would_do"] == 2
    with psycopg.connect(demo.url) as connection:
        vacuums = "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'plans'"
        (before,) = connection.execute(vacuums).fetchone() or (0,)
    report = await cared(**asked, **LIVE)
    assert report.effect is Effect.LIVE
    assert report.headline.startswith("2 of 2 actions done; the database of demo ")
    assert report.figures["actions"] == 2
    assert report.result is Result.PASSED, "what it was not asked to mend fails it not"
    assert sorted(actions()) == ["PREVIEW_DATABASE_CARE", "RUN_DATABASE_CARE"]
    with psycopg.connect(demo.url) as connection:
        assert connection.execute(vacuums).fetchone() == (before + 1,)


@pytest.mark.parametrize(
    ("parameters", "why"),
    [
        ({"vacuum": ["plans"], "dry_run": False}, "a live run needs confirm_live=YES"),
        ({"vacuum": ["plans"], "dry_run": False, "confirm_live": "yes"}, "a live run needs confirm_live=YES"),
        (LIVE, "nothing was asked for"),
        ({"vacuum": ["nowhere"], **LIVE}, "there is no table 'nowhere'"),
        ({"end_session": "1@2026-01-01T00:00:00Z", **LIVE}, "there is no session"),
    ],
)
async def test_what_is_not_confirmed_or_not_there_is_refused(parameters: dict[str, Any], why: str) -> None:
    report = await cared(**parameters)
    assert report.result is Result.REFUSED
    assert why in report.headline


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
async def test_both_jobs_run_over_each_of_the_five_systems(
    five_systems: FiveSystems, tmp_path: Path, name: str
) -> None:
    now = datetime.now(UTC)
    with five_systems.private(name, now=now) as database, in_place(database, tmp_path):
        checks = await report_of(await data_checks(name, return_state=True))
        care = await report_of(await database_care(name, return_state=True))
    assert {each for each in missed(checks) if not each.startswith("the query ")} == set(), checks.headline
    assert missed(care) == {"no setting endangers the data"}, care.headline
