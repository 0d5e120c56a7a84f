"""The history of the demo, of the five systems and of the ledger: filters, order, pages, totals and files."""

from __future__ import annotations

import csv
import io
import json
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from infra.demo.system import DemoSystem
from integration.five_systems import NAMES, FiveSystems, in_place
from integration.system_folders import written
from sereno import audit
from sereno.cli import main
from sereno.database.sessions import reading
from sereno.errors import ConfigurationError, ContractError, RefusedError
from sereno.history.look import export, look_into, page_of
from sereno.history.page import Page
from sereno.history.query import Direction, Filters, HistoryQuery, Origin, SortBy
from sereno.history.source import look
from sereno.history.system_source import SystemSource
from sereno.history.wish import ExportFormat, Wish
from sereno.ledger import open_ledger
from sereno.reports.model import Effect, Result
from sereno.systems.loader import load_system
from sereno.systems.model import System
from sereno.systems.sql_file import SqlFile

BEGINNING = datetime(2026, 11, 1, tzinfo=UTC)
EVENTS = 25


@pytest.fixture
def demo_system(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "secrets").symlink_to(demo.folder / "secrets")
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    return load_system("demo")


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger_events(request: pytest.FixtureRequest, demo_system: System, monkeypatch: pytest.MonkeyPatch) -> System:
    """Twenty-five events, an hour apart: every fifth is a purge, all others are backups."""
    if request.param == "postgresql":
        monkeypatch.setenv("SERENO_LEDGER_URL", request.getfixturevalue("scratch_database"))
    with open_ledger() as ledger:
        audit.append(ledger, *(event(number) for number in range(EVENTS)))
    return demo_system


def event(number: int) -> audit.Event:
    return audit.Event(
        system="demo",
        job="maintenance" if number % 5 == 0 else "backup",
        action="PURGE_API_LOGS" if number % 5 == 0 else "RUN_BACKUP",
        effect=Effect.LIVE,
        result=Result.PASSED,
        actor=("ana", "=cmd|'/c calc'!A1", "rui")[number % 3],
        actor_source="test",
        time=BEGINNING + number * timedelta(hours=1),
        flow_run_id=f"run-{number}",
        figures={"deleted": number},
    )


def seen(system: System, origin: Origin = Origin.SERENO, *, totals: bool = True, **query: Any) -> Page:
    return page_of(system, Wish(origin=origin, query=HistoryQuery(**query), totals=totals))


def test_the_newest_events_come_first_and_totals_count_them_all(ledger_events: System) -> None:
    page = seen(ledger_events, limit=10)
    assert [event.id for event in page.events] == list(range(25, 15, -1))
    assert page.totals
    assert (page.totals.rows, page.totals.by_action) == (25, {"PURGE_API_LOGS": 5, "RUN_BACKUP": 20})
    onwards = {"has_next": True, "next_offset": 10, "has_prev": False, "prev_offset": None}
    assert page.pagination() == {"limit": 10, "offset": 0, **onwards}


def test_pages_follow_one_another_and_end(ledger_events: System) -> None:
    middle, last = (seen(ledger_events, limit=10, offset=offset, totals=False) for offset in (10, 20))
    assert [event.id for event in (*middle.events, *last.events)] == list(range(15, 0, -1))
    assert (middle.has_next, middle.next_offset, middle.previous_offset) == (True, 20, 0)
    assert (last.has_next, last.next_offset, last.previous_offset) == (False, None, 10)
    assert last.totals is None
    assert seen(ledger_events, limit=10, offset=15).has_next is False
    assert seen(ledger_events, limit=10, offset=1000).events == []


@pytest.mark.parametrize(
    ("filters", "ids"),
    [
        ({"action": "PURGE_API_LOGS"}, [1, 6, 11, 16, 21]),
        ({"user": "rui", "model": "maintenance"}, [6, 21]),
        ({"text": "RUN-24"}, [25]),
        ({"text": "%"}, []),
        ({"date_from": BEGINNING + timedelta(hours=22)}, [23, 24, 25]),
        ({"date_from": BEGINNING + timedelta(hours=1), "date_to": BEGINNING + timedelta(hours=3)}, [2, 3]),
    ],
)
def test_events_are_filtered(ledger_events: System, filters: dict[str, Any], ids: list[int]) -> None:
    page = seen(ledger_events, filters=Filters(**filters), direction=Direction.ASCENDING)
    assert [event.id for event in page.events] == ids
    assert page.totals
    assert page.totals.rows == len(ids)


@pytest.mark.parametrize("sort_by", SortBy)
@pytest.mark.parametrize("origin", Origin)
def test_any_column_sorts_without_losing_an_event_between_pages(
    ledger_events: System, sort_by: SortBy, origin: Origin
) -> None:
    pages = [seen(ledger_events, origin, sort_by=sort_by, limit=17, offset=offset) for offset in range(0, 68, 17)]
    keys = [event.id for page in pages for event in page.events]
    assert pages[0].totals
    assert len(set(keys)) == len(keys) == pages[0].totals.rows


def test_the_systems_own_table_is_read_through_its_query(demo_system: System) -> None:
    page = seen(demo_system, Origin.SYSTEM, filters=Filters(action="RESOLVE_ALERT"), limit=5)
    assert page.totals
    assert page.totals.by_action.keys() == {"RESOLVE_ALERT"}
    assert page.totals.by_action["RESOLVE_ALERT"] >= 12, "and what other tests did in the same database"
    assert {event.action for event in page.events} == {"RESOLVE_ALERT"}
    assert page.events[0].timestamp > page.events[-1].timestamp


@pytest.mark.parametrize("name", NAMES)
def test_every_filter_and_order_works_on_each_of_the_five_systems(
    five_systems: FiveSystems, tmp_path: Path, name: str
) -> None:
    with in_place(five_systems.shared(name), tmp_path) as place:
        everything = seen(place.system, Origin.SYSTEM, limit=10_000)
        assert everything.totals
        assert len(everything.events) == everything.totals.rows > 0
        some = everything.events[len(everything.events) // 2]
        for filters in (
            {"action": some.action, "date_from": some.timestamp, "date_to": some.timestamp + timedelta(seconds=1)},
            {"model": some.model} if some.model else {},
            {"user": some.user, "text": some.action.lower()} if some.user else {"text": some.action.lower()},
        ):
            found = seen(place.system, Origin.SYSTEM, filters=Filters(**filters), limit=10_000)
            assert some.id in [event.id for event in found.events]
        for sort_by in SortBy:
            seen(place.system, Origin.SYSTEM, sort_by=sort_by, limit=1, totals=False)
        text = json.dumps(everything.as_json(name, place.system.zone))
    assert json.loads(text)["totals"]["rows"] == everything.totals.rows


def test_rows_that_a_policy_would_hide_are_an_error_and_no_empty_history(
    five_systems: FiveSystems, tmp_path: Path
) -> None:
    shared = five_systems.shared("fvstudios")
    with in_place(shared, tmp_path) as place, pytest.MonkeyPatch.context() as environment:
        environment.setenv("FVSTUDIOS_DATABASE_READ_URL", shared.blind)
        with pytest.raises(RefusedError, match="give it BYPASSRLS"):
            seen(place.system, Origin.SYSTEM)


@pytest.mark.parametrize("form", ExportFormat)
def test_an_export_holds_everything_and_no_cell_is_run(
    ledger_events: System, tmp_path: Path, form: ExportFormat
) -> None:
    path = tmp_path / f"all.{form}"
    draft = export(ledger_events, Wish(export=form), path)
    assert draft.figures["rows_exported"] == EVENTS
    assert oct(path.stat().st_mode)[-3:] == "600"
    if form is ExportFormat.CSV:
        rows = list(csv.DictReader(io.StringIO(path.read_text(encoding="utf-8-sig"))))
        assert [row["id"] for row in rows] == [str(number) for number in range(25, 0, -1)]
        assert {row["user"] for row in rows} == {"ana", "'=cmd|'/c calc'!A1", "rui"}
        assert json.loads(rows[0]["payload"])["figures"] == {"deleted": 24}
        return
    with zipfile.ZipFile(path) as workbook:
        sheet = workbook.read("xl/worksheets/sheet1.xml").decode()
    assert sheet.count("<row ") == EVENTS + 1
    assert "<f>" not in sheet
    assert "=cmd|'/c calc'!A1</t>" in sheet


def test_a_page_of_the_job_is_a_file_for_its_owner_and_the_report_names_nobody(ledger_events: System) -> None:
    draft = look_into(ledger_events, Wish(query=HistoryQuery(limit=10)))
    (file,) = draft.files
    page = json.loads(Path(file.path).read_text())
    assert oct(Path(file.path).stat().st_mode)[-3:] == "600"
    assert (page["totals"]["rows"], page["pagination"]["next_offset"], len(page["items"])) == (25, 10, 10)
    assert (
        draft.headline
        == "10 of 25 events of demo (sereno): 20 backup, 5 data-change; the next page begins at offset=10"
    )
    assert "rui" not in draft.model_dump_json()


def test_a_page_that_memory_would_not_hold_is_refused(demo_system: System) -> None:
    with pytest.raises(ConfigurationError, match="more than a page holds"):
        seen(demo_system, limit=10_001)


def test_a_system_without_a_query_says_what_to_do(
    demo_system: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "systems"))
    bare = written(demo_system, tmp_path / "systems")
    with pytest.raises(ConfigurationError, match=r"put sql/history\.rows\.sql into its folder"):
        seen(bare, Origin.SYSTEM)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("SELECT 1 AS id; DELETE FROM audit_events", "more|multiple|syntax"),
        ("SELECT 1 AS id) AS q; DELETE FROM audit_events; SELECT * FROM (SELECT 1 AS id", "syntax|multiple"),
        ("DELETE FROM audit_events RETURNING id", "syntax"),
        ("WITH gone AS (DELETE FROM audit_events RETURNING *) SELECT * FROM gone", "WITH|data-modifying"),
        ("SELECT id, at FROM audit_events", "timestamp"),
        ("SELECT 1 AS id, 2 AS timestamp", "no time"),
        ("SELECT id, at AS timestamp FROM audit_events -- and a comment at its end", "no column user"),
    ],
)
def test_a_query_that_writes_or_gives_something_else_is_refused_by_its_file(
    demo_system: System, demo: DemoSystem, text: str, complaint: str
) -> None:
    count = "SELECT count(*) FROM audit_events"
    with psycopg.connect(demo.url) as connection:
        before = connection.execute(count).fetchone()
        with reading(demo_system, purpose="test") as session:
            source = SystemSource(session, SqlFile(Path("sql/history.rows.sql"), text))
            with pytest.raises(ContractError, match=complaint) as refused:
                look(source, HistoryQuery(limit=5), origin=Origin.SYSTEM, totals=False)
        assert connection.execute(count).fetchone() == before
    assert "history.rows.sql" in str(refused.value)


@pytest.fixture
def printed(ledger_events: System, capsys: pytest.CaptureFixture[str]) -> Callable[..., tuple[int, str, str]]:
    def run(*words: str) -> tuple[int, str, str]:
        code = main(["history", "demo", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def test_the_command_prints_a_page_and_how_to_go_on(printed: Any) -> None:
    code, out, _ = printed("--limit", "2", "--date-to", "2026-11-01")
    assert code == 0
    assert out.startswith("2 of 24 events (PURGE_API_LOGS 5, RUN_BACKUP 19)\n")
    assert "2026-11-01 23:00:00 WET" in out
    assert out.endswith("\nthe next page: --offset 2\n")


def test_the_command_prints_json(printed: Any) -> None:
    _, out, _ = printed("--json", "--action", "PURGE_API_LOGS", "--limit", "3", "--offset", "1")
    said = json.loads(out)
    assert said["filters"]["action"] == "PURGE_API_LOGS"
    assert said["totals"].pop("by_kind") == {"data-change": 5}
    assert said["totals"] == {"rows": 5, "rows_returned": 3, "by_action": {"PURGE_API_LOGS": 5}}
    assert said["pagination"]["has_prev"]
    assert [item["object_id"] for item in said["items"]] == ["run-15", "run-10", "run-5"]


def test_the_command_writes_an_export_where_it_is_told(printed: Any, tmp_path: Path) -> None:
    code, out, _ = printed("--to", str(tmp_path / "all.xlsx"), "--action", "RUN_BACKUP")
    assert code == 0
    assert out.startswith("20 events of demo (sereno) exported to all.xlsx, ")


@pytest.mark.parametrize(
    "words",
    [
        ["--limit", "0"],
        ["--limit", "-1"],
        ["--limit", "99999999999999999999"],
        ["--limit", "many"],
        ["--limit", "10001"],
        ["--offset", "-1"],
        ["--sort-by", "payload"],
        ["--sort-dir", "up"],
        ["--date-from", "yesterday"],
        ["--date-from", "2026-10-25T01:30:00"],
        ["--date-from", "2026-11-02", "--date-to", "2026-11-01"],
        ["--source", "demo"],
        ["--export", "pdf"],
        ["--export", "csv", "--to", "all.xlsx"],
    ],
)
def test_the_command_refuses_what_makes_no_sense_in_one_sentence(printed: Any, words: list[str]) -> None:
    code, out, err = printed(*words)
    assert (code, out) == (2, "")
    assert len(err.strip().splitlines()) == 1
