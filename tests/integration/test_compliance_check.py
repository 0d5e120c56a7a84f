"""The controls of the demo and of the five systems, on their tables, and what happens when evidence cannot be had."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.compliance_check import compliance_check
from infra.demo.system import DemoSystem
from integration.compliance_case import home_of_demo, own_copy, report_of, seen
from integration.five_systems import NAMES, Deploy, FiveSystems, in_place
from sereno.check.online import checked_databases
from sereno.compliance import looking
from sereno.compliance.content import Content
from sereno.compliance.control import Judged, Outcome
from sereno.errors import SystemUnavailableError
from sereno.settings import Settings
from sereno.systems.loader import load_system
from sereno.systems.model import System


def controls(content: Content) -> dict[str, Judged]:
    return {each.name: each for each in content.controls}


def outcomes(content: Content) -> dict[str, str]:
    return {each.name: each.outcome.value for each in content.controls}


@pytest.fixture
def salons(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    home_of_demo(demo, tmp_path, monkeypatch)
    return load_system("demo")


@pytest.fixture
def copied(salons: System, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the demo's folder, which is the one that is loaded."""
    return own_copy(salons.name, tmp_path, monkeypatch)


def test_the_demo_answers_every_question(salons: System) -> None:
    content = seen(salons)
    judged = outcomes(content)
    assert judged.pop("processors_reviewed") == "manual"
    no_data = {name for name, outcome in judged.items() if outcome == "no-data"}
    assert no_data == {"backups_encrypted"}  # there is no backup
    assert judged["requests_in_time"] == "failed"
    assert judged["data_map_true"] == "passed"
    assert content.requests
    assert content.requests.overdue > 0
    assert content.consents
    assert {each.purpose for each in content.consents} == {"marketing", "photos", "reminders"}
    assert content.gaps["control.policies_accepted"].startswith("nobody has to accept")
    assert {table.key for table in content.tables} >= {"processing", "sharing", "backups", "drills"}


EXPECTED = {
    "fvstudios": {
        "requests_in_time": "failed",
        "row_security_in_force": "passed",
        "consents_in_use": "failed",
        "breaches_notified_in_time": "no-data",
    },
    "atendechat": {
        "requests_in_time": "failed",
        "policies_accepted": "passed",
        "consents_in_use": "passed",
        "consent_coverage": "no-data",
    },
    "salonix": {"requests_in_time": "no-data", "failed_logins": "no-data", "data_map_true": "passed"},
    "point": {"requests_in_time": "no-data", "data_map_true": "passed"},
    "exitus": {"failed_logins": "passed", "requests_in_time": "no-data", "data_map_true": "passed"},
}


@pytest.mark.parametrize("name", NAMES)
def test_each_system_answers_as_far_as_its_tables_go(five_systems: FiveSystems, tmp_path: Path, name: str) -> None:
    with in_place(five_systems.shared(name), tmp_path) as place:
        content = seen(place.system)
        judged = outcomes(content)
        assert {control: judged[control] for control in EXPECTED[name]} == EXPECTED[name]
        assert judged["access_reviewed"] in {"passed", "failed"}
        broken = [
            each.reason
            for each in content.controls
            if "does not give" in each.reason or ("sql/" in each.reason and "there is no" not in each.reason)
        ]
        assert broken == []


@pytest.mark.parametrize("name", NAMES)
def test_each_file_keeps_its_contract_on_the_tables(five_systems: FiveSystems, tmp_path: Path, name: str) -> None:
    with in_place(five_systems.shared(name), tmp_path) as place:
        found = [finding for finding in checked_databases(place.system, Settings()) if "compliance." in finding.name]
        assert found
        assert [finding for finding in found if not finding.passed] == []


def test_the_newest_event_of_a_stream_is_the_consent(five_systems: FiveSystems, tmp_path: Path) -> None:
    with in_place(five_systems.shared("atendechat"), tmp_path) as place:
        consents = seen(place.system).consents
        assert consents
        cookies = next(each for each in consents if each.purpose == "COOKIES")
        # of 96 people every third withdrew, and every sixth said yes again
        assert (cookies.people, cookies.active, cookies.withdrawn) == (96, 80, 16)


def test_a_login_to_whom_a_policy_shows_nothing_is_refused_and_never_told_as_no_consents(deployed: Deploy) -> None:
    place = deployed("fvstudios")
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("FVSTUDIOS_DATABASE_READ_URL", place.database.url("blind"))
        content = seen(place.system)
    assert content.consents is None
    assert "rows would be hidden from this role: give it BYPASSRLS" in content.gaps["consents"]
    blind = controls(content)["consents_in_use"]
    assert (blind.outcome, blind.evidence[0].digest) == (Outcome.NO_DATA, "")
    assert "BYPASSRLS" in blind.reason


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("SELECT 1 / 0 AS people, 1 AS covered", "division by zero"),
        ("SELECT 1 AS people", "does not give what its contract says: KeyError: 'covered'"),
        ("SELECT 1 AS people, 1 AS covered WHERE false", "does not give what its contract says"),
        ("SELECT pg_sleep(3)::text AS people, 1 AS covered", "statement timeout"),
        ("DELETE FROM consents RETURNING 1 AS people, 1 AS covered", "sql/compliance.coverage.sql"),
        ("SELECT 1 AS people, 1 AS covered FROM generate_series(1, 20000)", "more than 10,000 rows"),
    ],
)
def test_evidence_that_cannot_be_had_is_no_data_and_hides_nothing_else(
    salons: System, copied: Path, text: str, said: str
) -> None:
    assert salons.compliance
    (copied / "sql" / "compliance.coverage.sql").write_text(text)
    quick = (copied / "system.yaml").read_text().replace("dormant_days: 120", "evidence_timeout_seconds: 1")
    (copied / "system.yaml").write_text(quick)
    judged = controls(seen(load_system("demo")))
    assert judged["consent_coverage"].outcome is Outcome.NO_DATA
    assert said in judged["consent_coverage"].reason
    assert judged["data_map_true"].outcome is Outcome.PASSED


def test_the_same_rows_give_the_same_digest_and_other_rows_another(deployed: Deploy) -> None:
    place = deployed("fvstudios")
    digests = [controls(seen(place.system))["requests_in_time"].evidence[0].digest for _ in range(2)]
    with psycopg.connect(place.database.owner, autocommit=True) as connection:
        connection.execute("UPDATE data_requests SET processed_at = requested_at + interval '1 day'")
    changed = controls(seen(place.system))["requests_in_time"]
    assert digests[0] == digests[1] != changed.evidence[0].digest
    assert changed.outcome is Outcome.PASSED


def test_a_database_that_is_down_is_one_error(salons: System) -> None:
    down = salons.model_copy(
        update={
            "database": salons.database.model_copy(
                update={"read_url": type(salons.database.url)("postgresql://nobody@127.0.0.1:1/x")}
            )
        }
    )
    with pytest.raises(SystemUnavailableError):
        looking.reach(down)


@pytest.fixture
def server(api_url: str) -> Iterator[None]:
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield


@pytest.mark.usefixtures("server")
async def test_the_job_fails_for_grave_controls_alone_and_tells_all(salons: System) -> None:
    assert salons.compliance
    ended: Any = await compliance_check("demo", return_state=True)
    report = await report_of(ended)
    # no backup was ever taken: that is grave; what the demo's folder calls medium is told and fails nothing
    assert {finding.name for finding in report.findings if finding.required} == {"backups taken"}
    missed = {finding.name for finding in report.findings if not finding.passed}
    assert missed > {
        "backups taken",
        "requests in time",
        "backups encrypted",
        "The contracts of the processors were read",
    }
    assert (ended.name, report.result.value) == ("Failed", "failed")
    assert report.headline.startswith("Demo salons: compliance score ")
    assert report.figures["controls_no_data"] == 1


@pytest.mark.usefixtures("server")
async def test_the_job_of_a_system_without_a_section_says_so(copied: Path) -> None:
    text = (copied / "system.yaml").read_text()
    (copied / "system.yaml").write_text(text[: text.index("\ncompliance:")] + "\n")
    ended: Any = await compliance_check("demo", return_state=True)
    assert ended.name == "Failed"
    assert "demo has no section compliance in its system.yaml" in (await report_of(ended)).headline
