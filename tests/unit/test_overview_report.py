"""The page: trends over what there is, money to the cent, and nothing claimed that nobody told."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sereno.metrics import RunRecord
from sereno.overview import sheets
from sereno.overview.history import History
from sereno.overview.looking import Seen, Unseen, Untold
from sereno.overview.page_files import tables_as_json
from sereno.overview.report import overview_report, overview_sheets
from sereno.overview.snapshot import ALL, Api, Calls, Kind, Movement, Movements, Plan, Snapshot, Tenants
from sereno.overview.tenants import TenantsSeen
from sereno.overview.trends import earlier, moved
from sereno.reports.build import tally
from sereno.reports.model import Draft, Effect, Result
from sereno.reports.sheet import Sheet, told
from sereno.reports.workbook import workbook
from sereno.systems.model import System

TODAY = date(2026, 11, 20)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
DESCRIBED: dict[str, Any] = {
    "name": "salon",
    "title": "Salons",
    "timezone": "Europe/Lisbon",
    "database": {"url": "${SALON_URL}"},
    "prices": {"currency": "EUR", "monthly": {"basic": "29.00", "pro": "99.00"}},
    "overview": {},
}
SALON = System.model_validate(DESCRIBED)
NOBODY_KNOWS = Untold("there is no such file")


def tenants(basic: int, pro: int = 0, *, enterprise: int = 0, trialing: int = 0) -> Tenants:
    plans = {
        "basic": Plan(paying=basic, trialing=trialing, price=Decimal("29.00")),
        "pro": Plan(paying=pro, price=Decimal("99.00")),
        "enterprise": Plan(paying=enterprise),
    }
    return Tenants(active=basic + pro + enterprise + trialing, trials_ending=trialing, trials_overdue=0, plans=plans)


def snapshot(days_ago: int, basic: int = 1, **given: Any) -> Snapshot:
    day = TODAY - timedelta(days=days_ago)
    made = {"tenants": tenants(basic), "currency": "EUR", **given}
    return Snapshot(day=day, taken_at=NOON - timedelta(days=days_ago), **made)


def movement(days_ago: int) -> Movements:
    amounts = {kind: Movement() for kind in Kind} | {Kind.NEW: Movement(tenants=1, amount=Decimal("29.00"))}
    since = TODAY - timedelta(days=days_ago + 1)
    return Movements(since=since, by_kind=amounts, plan_changes={}, converted=1, lapsed=3)


def page(*snapshots: Snapshot, system: System = SALON, runs: tuple[RunRecord, ...] = (), **parts: Any) -> Draft:
    figures = snapshots[-1].tenants
    given: dict[str, Any] = {
        "tenants": TenantsSeen(figures, {}, 1) if figures else NOBODY_KNOWS,
        **dict.fromkeys(("alerts", "notifications", "api", "clients"), NOBODY_KNOWS),
        **parts,
    }
    seen = Seen(now=NOON, scope=ALL, **given)
    return overview_report(system, seen, History(snapshots=snapshots, runs=runs))


def rows(draft: Draft, title: str) -> list[tuple[str, ...]]:
    return [row for table in draft.tables if table.title == title for row in table.rows]


def test_today_is_compared_with_the_newest_day_that_is_old_enough() -> None:
    days = [snapshot(ago) for ago in (95, 91, 89, 31, 29, 1, 0)]
    assert earlier(days, days=30) == days[3]
    assert earlier(days, days=90) == days[1]
    assert earlier(days[4:], days=30) == days[4], "the first day there was"
    assert earlier(days[-1:], days=30) is None


def test_movements_count_on_the_days_of_the_period_and_the_gaps_are_nothing() -> None:
    days = [snapshot(ago, movements=movement(ago)) for ago in (30, 29, 5, 0)]
    month = moved(days, days=30)
    assert month
    assert month.by_kind[Kind.NEW] == Movement(tenants=3, amount=Decimal("87.00"))
    assert moved([snapshot(0)], days=30) is None


def test_the_headline_says_tenants_revenue_its_change_and_trials() -> None:
    draft = page(snapshot(40, 1), snapshot(0, tenants=tenants(40, 1, trialing=2)))
    assert draft.headline == (
        "Salons: 43 active tenants, 1,259.00 EUR a month (+1,230.00 in 40 days), 2 trials, of which 2 end within 7 days"
    )
    assert draft.figures["monthly_revenue_eur"] == Decimal("1259.00")
    assert draft.figures["trials_would_add_eur"] == Decimal("58.00")
    assert ("monthly revenue", "1,259.00", "29.00", "+1,230.00") in rows(draft, "Trends")


def test_a_plan_without_a_price_is_a_finding_and_no_zero() -> None:
    draft = page(snapshot(0, tenants=tenants(1, enterprise=4)))
    (finding,) = [each for each in draft.findings if each.name == "every plan has a price"]
    assert (finding.passed, finding.required) == (False, False)
    assert finding.evidence.startswith("not counted: enterprise: 4 paying")
    assert "monthly_revenue_of_enterprise_eur" not in draft.figures
    assert ("enterprise", "4", "unknown", "-", "0", "-") in rows(draft, "Revenue by plan")


def test_without_prices_nothing_is_told_in_money() -> None:
    unpriced = System.model_validate({**DESCRIBED, "prices": None})
    plain = Tenants(active=2, trials_ending=0, trials_overdue=0, plans={"pro": Plan(paying=2)})
    draft = page(snapshot(0, tenants=plain, currency=None), system=unpriced)
    assert draft.headline == "Salons: 2 active tenants"
    assert not [name for name in draft.figures if "revenue" in name]
    assert list(draft.charts) == ["Paying tenants by plan"]


def test_a_part_that_cannot_be_seen_fails_the_run_and_one_that_nobody_tells_does_not() -> None:
    assert tally(page(snapshot(0)).findings) is Result.PASSED
    draft = page(snapshot(0), api=Unseen("no right to read calls"))
    assert tally(draft.findings) is Result.FAILED
    (finding,) = [each for each in draft.findings if each.required and not each.passed]
    assert (finding.name, finding.evidence) == ("the api can be seen", "no right to read calls")


@pytest.mark.parametrize(("errors", "passed"), [(20, True), (21, False)])
def test_many_errors_are_a_finding(errors: int, passed: bool) -> None:
    calls = Calls(requests=100, errors=errors)
    draft = page(snapshot(0, api=Api(day=Calls(requests=0, errors=0), week=calls)))
    (finding,) = [each for each in draft.findings if each.name.startswith("at most 20 %")]
    assert finding.passed is passed
    assert draft.figures["api_errors_24_hours_percent"] is None, "of no request none failed and none did not"


def test_the_last_run_of_each_job_counts_and_a_refused_one_is_no_trouble() -> None:
    def run(job: str, result: Result, hours: int) -> RunRecord:
        moment = NOON + timedelta(hours=hours)
        return RunRecord(system="salon", job=job, effect=Effect.READ, result=result, finished_at=moment, seconds=1)

    runs = (
        run("backup", Result.FAILED, 1),
        run("backup", Result.PASSED, 2),
        run("prune", Result.FAILED, 1),
        run("restore", Result.REFUSED, 1),
    )
    draft = page(snapshot(0), runs=runs)
    assert draft.figures["failing_jobs"] == 1
    assert [row[0] for row in rows(draft, "Last operations")] == ["backup", "prune", "restore"]
    assert rows(draft, "Last operations")[0] == ("backup", "read", "passed", "2026-11-20 14:00")


def test_what_is_kept_comes_back_to_the_cent() -> None:
    kept = snapshot(0, tenants=tenants(3, 2), movements=movement(0), notifications={TODAY: {"sms": 3}})
    back = Snapshot.model_validate_json(kept.model_dump_json())
    assert back == kept
    assert str(back.revenue) == "285.00"
    assert '"29.00"' in kept.model_dump_json(), "text, and no float"


def test_the_workbook_has_a_sheet_per_table_and_numbers_as_numbers() -> None:
    days = (snapshot(1, movements=movement(1)), snapshot(0, movements=movement(0)))
    tables = [*overview_sheets(SALON, History(snapshots=days, runs=())), sheets.history(days)]
    content = workbook(tables, taken_at=NOON)
    assert content == workbook(tables, taken_at=NOON)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        names = book.read("xl/workbook.xml").decode()
        first = book.read("xl/worksheets/sheet1.xml").decode()
    assert all(f'name="{sheet.title}"' in names for sheet in tables)
    assert "<v>29</v>" in first


def test_the_tables_are_json_with_money_as_text() -> None:
    history = History(snapshots=(snapshot(1), snapshot(0, movements=movement(0))), runs=())
    document = json.loads(tables_as_json("salon", ALL, history, overview_sheets(SALON, history)))
    assert (document["day"], document["currency"]) == ("2026-11-20", "EUR")
    tables = {table["title"]: table for table in document["tables"]}
    assert tables["Revenue by plan"]["rows"][0] == ["basic", 1, "29.00", "29.00", 0, "0.00"]
    assert ["new customers", 1, "29.00", 1, "29.00"] in tables["Movements"]["rows"]


def test_a_formula_in_a_plans_name_stays_text() -> None:
    content = workbook([Sheet("Plans", ("plan",), [("=1+1",)])], taken_at=NOON)
    with zipfile.ZipFile(io.BytesIO(content)) as book:
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize(
    ("cell", "text"),
    [(None, "-"), (1234, "1,234"), (Decimal("1234.5"), "1,234.50"), (TODAY, "Fri 20 Nov"), ("4.0 %", "4.0 %")],
)
def test_cells_are_told_as_people_read_them(cell: Any, text: str) -> None:
    assert told(cell) == text
