"""The job `maintenance` on a real server: its effects, its figures, its events, and its bounds."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas.objects import State
from prefect.exceptions import ParameterTypeError
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.maintenance import maintenance
from integration.databases import PASSPHRASE, database
from integration.maintenance_case import LOGS, TABLES, rows, system_with
from sereno import audit
from sereno.exclusion import exclusive
from sereno.ledger import open_ledger
from sereno.reports.model import Report

LIVE: dict[str, Any] = {"dry_run": False, "confirm_live": "YES"}
# the tests' rows are old by the clock of 2026-11-20; whatever the clock says now, 91 days before that is older
OLD_ENOUGH: dict[str, Any] = {**LOGS, "retain_days": 30}


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, api_url: str) -> Iterator[Path]:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    monkeypatch.setenv("SERENO_ACTOR", "maria")
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield tmp_path


@pytest.fixture
def url(demo: Any, home: Path) -> Iterator[str]:
    """A database with 700 old logs and 300 of now, and clients 11 to 20 without any."""
    fresh = "; UPDATE log SET at = now() WHERE id > 700; UPDATE log SET at = now() - interval '60 days' WHERE id <= 700"
    with database(str(demo.superuser_url), script=TABLES + fresh) as made:
        system_with(made, home / "deployments", OLD_ENOUGH, idle=True)
        yield made


async def carried_out(**parameters: Any) -> State[Any]:
    state: State[Any] = await maintenance(system="awkward", **parameters, return_state=True)
    return state


async def report(**parameters: Any) -> Report:
    ended: Any = await (await carried_out(**parameters)).aresult(raise_on_failure=False)
    found: Report = ended if isinstance(ended, Report) else ended.report
    return found


def events() -> list[audit.RecordedEvent]:
    with open_ledger() as ledger:
        return list(reversed(audit.events(ledger, "awkward")))


async def test_a_dry_run_says_what_would_be_done_and_changes_nothing(url: str) -> None:
    said = await report(max_delete=500)
    assert said.figures["candidates"] == 710
    assert (said.figures["would_deactivate"], said.figures["would_delete"]) == (10, 500)
    assert (said.figures["deleted"], said.figures["deactivated"]) == (0, 0)
    assert (said.figures["remaining_candidates"], said.figures["logs.remaining_candidates"]) == (200, 200)
    assert said.headline.startswith("10 idle clients would be deactivated and 500 old rows would be deleted in awkward")
    assert rows(url, "SELECT (SELECT count(*) FROM log), (SELECT count(*) FROM client WHERE active)") == [(1000, 20)]
    told = [(event.action, event.actor, event.effect) for event in events()]
    assert told == [
        ("PREVIEW_DEACTIVATE_IDLE_CLIENTS", "maria", "dry-run"),
        ("PREVIEW_PURGE_LOGS", "maria", "dry-run"),
        ("PREVIEW_API_MAINTENANCE", "maria", "dry-run"),
    ]


async def test_a_live_run_does_it_in_order_and_says_how_much(url: str) -> None:
    said = await report(**LIVE)
    assert said.result == "passed"
    assert (said.figures["deactivated"], said.figures["deleted"]) == (10, 700)
    assert (said.figures["candidates"], said.figures["remaining_candidates"]) == (710, 0)
    assert rows(url, "SELECT (SELECT count(*) FROM log), (SELECT count(*) FROM client WHERE active)") == [(300, 10)]
    actions = [event.action for event in events()]
    assert actions == ["DEACTIVATE_IDLE_CLIENTS", "PURGE_LOGS", "RUN_API_MAINTENANCE"]
    purge = events()[1].figures
    assert {"candidates": 700, "deleted": 700, "remaining_candidates": 0, "would_delete": 0}.items() <= purge.items()
    assert purge["cutoff"]


async def test_each_part_alone_has_the_runbooks_figures(url: str) -> None:
    idle = await report(part="idle_clients", idle_limit=3, **LIVE)
    assert [idle.figures[name] for name in ("candidates", "deactivated", "remaining_candidates")] == [10, 3, 7]
    assert rows(url, "SELECT min(id), max(id) FROM client WHERE NOT active") == [(11, 13)]
    purge = await report(part="purges", max_delete=100, **LIVE)
    assert [purge.figures[name] for name in ("candidates", "deleted", "remaining_candidates")] == [700, 100, 600]
    assert str(purge.figures["cutoff"]).startswith("20")


async def test_the_next_dry_run_knows_the_pace(url: str) -> None:
    await report(purges=["logs"], max_delete=300, **LIVE)
    said = await report(purges=["logs"])
    assert "a second, as measured" in "".join(finding.evidence for finding in said.findings)


@pytest.mark.parametrize("word", ["yes", "Yes", "", "true", "YES "])
async def test_only_the_word_itself_confirms(url: str, word: str) -> None:
    state = await carried_out(dry_run=False, confirm_live=word)
    assert (state.name, rows(url, "SELECT count(*) FROM log")) == ("Refused", [(1000,)])


async def test_two_runs_at_once_are_one(url: str) -> None:
    with exclusive(system="awkward", job="maintenance", run="calm-otter"):
        state = await carried_out(**LIVE)
    assert state.name == "Refused"
    assert "calm-otter" in str(state.message)


async def test_a_purge_that_fails_stops_neither_the_other_nor_hides_itself(url: str, home: Path) -> None:
    broken = {**OLD_ENOUGH, "name": "broken", "key": "note"}
    system_with(url, home / "deployments", broken, OLD_ENOUGH)
    said = await report(**LIVE)
    assert (said.result, said.figures["deleted"]) == ("failed", 700)
    evidence = {finding.name: finding.evidence for finding in said.findings if not finding.passed}
    assert "(note) is no key of log" in evidence["purge broken: rows older than 30 days go"]


async def test_one_retention_for_several_purges_is_refused(url: str, home: Path) -> None:
    system_with(url, home / "deployments", OLD_ENOUGH, {**OLD_ENOUGH, "name": "more"})
    state = await carried_out(retain_days=1)
    assert state.name == "Refused"


@pytest.mark.parametrize("name", ["idle_days", "idle_limit", "retain_days", "max_delete"])
@pytest.mark.parametrize("value", [0, -1, 10**12, "many", 1.5])
def test_a_bound_out_of_bounds_is_refused(name: str, value: Any) -> None:
    with pytest.raises(ParameterTypeError):
        maintenance.validate_parameters({"system": "awkward", name: value})


@pytest.mark.parametrize(
    ("name", "most"), [("idle_days", 365), ("idle_limit", 500), ("retain_days", 3650), ("max_delete", 50_000)]
)
def test_the_bounds_themselves_will_do(name: str, most: int) -> None:
    for value in (1, most):
        maintenance.validate_parameters({"system": "awkward", name: value})
    with pytest.raises(ParameterTypeError):
        maintenance.validate_parameters({"system": "awkward", name: most + 1})
