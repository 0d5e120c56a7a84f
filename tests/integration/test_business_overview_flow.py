"""`business_overview` as a flow over the demo system: a report, its files and metrics, and a day that is kept once."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.business_overview import business_overview
from infra.demo.system import DemoSystem
from integration.five_systems import NAMES, FiveSystems, in_place
from sereno.exclusion import exclusive
from sereno.ledger import open_ledger
from sereno.ledger.models import OverviewSnapshotRow
from sereno.reports.model import Effect, Report, Result
from tasks.job import JobFailedError


@pytest.fixture(autouse=True)
def home(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str) -> Iterator[Path]:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "secrets").symlink_to(demo.folder / "secrets")
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield tmp_path
    with psycopg.connect(demo.url) as connection:
        connection.execute("DELETE FROM audit_events WHERE model = 'sereno'")


async def report_of(system: str, **parameters: Any) -> Report:
    ended: Any = await business_overview(system, **parameters, return_state=True)
    result = await ended.aresult(raise_on_failure=False)
    report = result.report if isinstance(result, JobFailedError) else result
    assert isinstance(report, Report)
    return report


async def test_the_demo_is_told_on_one_page_in_a_workbook_and_in_metrics(home: Path) -> None:
    report = await report_of("demo")
    assert (report.result, report.effect) == (Result.PASSED, Effect.READ), report.headline
    assert report.headline.startswith("Demo salons: 22 active tenants, ")
    assert " EUR a month" in report.headline
    workbook, tables = report.files
    (written,) = (home / "reports").glob("demo-overview-*.xlsx")
    assert tables.path == str(written.with_suffix(".json"))
    assert (str(written), written.stat().st_size) == (workbook.path, workbook.bytes)
    page = next((home / "reports").glob("demo-business_overview-*.html")).read_text()
    assert "Revenue by plan" in page
    assert 'alt="Monthly revenue by plan' in page
    for outside in ("http://", "https://", "salon.example"):
        assert outside not in page
    kept = json.loads(next((home / "reports").glob("demo-business_overview-*.json")).read_text())
    assert isinstance(kept["figures"]["monthly_revenue_eur"], str), "money is text, never a float"
    metrics = (home / "metrics" / "demo.prom").read_text()
    assert 'sereno_active_tenants{system="demo"} 22.0' in metrics
    assert 'sereno_monthly_revenue{currency="EUR",plan="basic",system="demo"}' in metrics
    assert 'sereno_job_last_success_timestamp_seconds{effect="read",job="business_overview",system="demo"}' in metrics


async def test_a_second_run_takes_the_place_of_the_first_and_a_tenant_has_a_page_of_its_own() -> None:
    await report_of("demo")
    again = await report_of("demo")
    one = await report_of("demo", scope="7")
    assert again.result is Result.PASSED
    assert one.headline.startswith("Demo salons, tenant 7: 1 active tenant")
    with open_ledger() as ledger, ledger.reading() as session:
        rows = session.query(OverviewSnapshotRow).all()
        assert sorted(row.scope for row in rows) == ["", "7"]


async def test_a_tenant_that_is_not_there_and_a_second_run_at_the_same_time_are_refused() -> None:
    report = await report_of("demo", scope="no such salon")
    assert report.result is Result.REFUSED
    assert report.headline == "demo has no tenant 'no such salon'; scope is a tenant's id, or all"
    with exclusive(system="demo", job="business_overview", run="calm-otter"):
        assert (await report_of("demo")).result is Result.REFUSED


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
async def test_it_runs_over_each_of_the_five_systems(five_systems: FiveSystems, tmp_path: Path, name: str) -> None:
    with five_systems.private(name, now=datetime.now(UTC)) as database, in_place(database, tmp_path):
        report = await report_of(name)
    assert report.result is Result.PASSED, report.headline
    assert len(report.files) == 2
