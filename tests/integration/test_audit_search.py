"""`audit_search`: the audit trail by kind, user, action, resource type, date and text, from both sources."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from infra.demo.system import DemoSystem
from integration.five_systems import NAMES, FiveSystems, in_place
from sereno import audit
from sereno.cli import main
from sereno.errors import ConfigurationError
from sereno.history.look import look_into, page_of
from sereno.history.page import Page
from sereno.history.query import Direction, Filters, HistoryQuery, Origin, filters_of
from sereno.history.wish import Wish
from sereno.ledger import open_ledger
from sereno.reports.model import Effect, Result
from sereno.systems.loader import load_system
from sereno.systems.model import System
from sereno.systems.sections.audit import EventKind

BEGINNING = datetime(2026, 11, 1, tzinfo=UTC)
JOBS = ("backup", "restore", "clear_lockout", "migrate", "maintenance", "history", "smoke")
HOSTILE = "50%_\\'\"\u202e\U0001f4a5<b>" + "x" * 10_000


@pytest.fixture
def salons(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "secrets").symlink_to(demo.folder / "secrets")
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    return load_system("demo")


@pytest.fixture(params=["sqlite", "postgresql"])
def trail(request: pytest.FixtureRequest, salons: System, monkeypatch: pytest.MonkeyPatch) -> System:
    """An event of each of JOBS, an hour apart; the last actor's name is hostile."""
    if request.param == "postgresql":
        monkeypatch.setenv("SERENO_LEDGER_URL", request.getfixturevalue("scratch_database"))
    with open_ledger() as ledger:
        for number, job in enumerate(JOBS):
            audit.append(
                ledger,
                audit.Event(
                    system="demo",
                    job=job,
                    action=f"RUN_{job.upper()}",
                    effect=Effect.LIVE,
                    result=Result.PASSED,
                    actor=HOSTILE if job == "smoke" else "ana",
                    actor_source="test",
                    time=BEGINNING + timedelta(hours=number),
                ),
            )
    return salons


def found(system: System, origin: Origin = Origin.SERENO, **filters: Any) -> Page:
    query = HistoryQuery(filters=Filters(**filters), direction=Direction.ASCENDING)
    return page_of(system, Wish(origin=origin, query=query))


@pytest.mark.parametrize(
    ("kind", "jobs"),
    [
        (EventKind.BACKUP, ["backup", "restore"]),
        (EventKind.PERMISSION_CHANGE, ["clear_lockout"]),
        (EventKind.CONFIGURATION_CHANGE, ["migrate"]),
        (EventKind.DATA_CHANGE, ["maintenance"]),
        (EventKind.DATA_ACCESS, ["history"]),
        (EventKind.LOGIN, []),
        (EventKind.OTHER, ["smoke"]),
    ],
)
def test_serenos_own_events_are_found_by_kind(trail: System, kind: EventKind, jobs: list[str]) -> None:
    page = found(trail, kind=kind)
    assert [event.model for event in page.events] == jobs
    assert page.totals
    assert page.totals.by_kind == ({kind.value: len(jobs)} if jobs else {})


def test_filters_that_are_given_together_all_have_to_fit(trail: System) -> None:
    assert [event.model for event in found(trail, kind=EventKind.BACKUP, model="restore", user="ana").events] == [
        "restore"
    ]
    assert found(trail, kind=EventKind.BACKUP, model="smoke").events == []


def test_hostile_text_is_searched_for_as_it_stands(trail: System) -> None:
    assert [event.model for event in found(trail, user=HOSTILE).events] == ["smoke"]
    assert [event.model for event in found(trail, text="50%_").events] == ["smoke"]
    assert found(trail, text="50__").events == []
    assert found(trail, text=HOSTILE * 2).events == []


def test_the_headline_tells_the_kinds_and_names_nobody(trail: System) -> None:
    draft = look_into(trail, Wish(origin=Origin.SERENO, query=HistoryQuery(limit=3)))
    assert draft.headline == (
        "3 of 7 events of demo (sereno): 2 backup, 1 configuration-change, 1 data-access, 1 data-change, "
        "1 other, 1 permission-change; the next page begins at offset=3"
    )
    assert [table.title for table in draft.tables] == ["Events by kind", "Events by action"]
    assert "ana" not in draft.model_dump_json()


def test_the_demos_own_table_is_searched_by_kind(salons: System) -> None:
    changes = found(salons, Origin.SYSTEM, kind=EventKind.DATA_CHANGE)
    other = found(salons, Origin.SYSTEM, kind=EventKind.OTHER)
    assert {event.action for event in other.events} == {"PREVIEW_PURGE_API_LOGS"}
    assert changes.totals
    assert other.totals
    every = found(salons, Origin.SYSTEM).totals
    assert every
    assert every.by_kind == {"data-change": changes.totals.rows, "other": other.totals.rows}


KINDS = {
    "salonix": {"data-change", "permission-change"},
    "exitus": {"login", "data-change"},
    "point": {"login", "data-change", "permission-change", "other"},
    "fvstudios": {"permission-change", "configuration-change", "data-change"},
    "atendechat": {"login", "data-access", "permission-change", "configuration-change", "data-change"},
}


@pytest.mark.parametrize("name", NAMES)
def test_each_systems_own_actions_have_a_kind(five_systems: FiveSystems, tmp_path: Path, name: str) -> None:
    with in_place(five_systems.shared(name), tmp_path) as place:
        totals = found(place.system, Origin.SYSTEM).totals
        assert totals
        assert set(totals.by_kind) == KINDS[name]
        for kind, number in totals.by_kind.items():
            filtered = found(place.system, Origin.SYSTEM, kind=EventKind(kind)).totals
            assert filtered
            assert filtered.by_kind == {kind: number}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"date_from": "2026-11-02", "date_to": "2026-11-01"}, "date_from=2026-11-02 is not before date_to=2026-11-01"),
        ({"date_from": "yesterday"}, "date_from='yesterday' is no time"),
        ({"user": "a\0b"}, "user holds a character that no text has"),
    ],
)
def test_what_makes_no_sense_is_one_sentence(salons: System, wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError, match=said.replace("[", r"\[")):
        filters_of(salons.zone, **wrong)


def test_the_command_prints_a_page_for_programs(trail: System, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["audit", "search", "demo", "--source", "sereno", "--kind", "backup", "--json"]) == 0
    page = json.loads(capsys.readouterr().out)
    assert page["filters"]["kind"] == "backup"
    assert page["totals"]["by_kind"] == {"backup": 2}
    assert [item["action"] for item in page["items"]] == ["RUN_RESTORE", "RUN_BACKUP"]


def test_the_command_exports_what_matches(trail: System, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    to = tmp_path / "found.csv"
    assert main(["audit", "search", "demo", "--source", "sereno", "--resource-type", "restore", "--to", str(to)]) == 0
    assert "1 event of demo (sereno) exported" in capsys.readouterr().out
    assert to.read_text().count("RUN_RESTORE") == 1


def test_an_unknown_kind_is_refused_with_the_kinds_there_are(
    salons: System, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["audit", "search", "demo", "--kind", "logon"]) == 2
    assert "permission-change" in capsys.readouterr().err
