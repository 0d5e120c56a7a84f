"""`data_checks` and `database_care` over the five shipped systems: what their folders declare holds, whatever it is."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from integration.care_case import finding, page
from integration.five_systems import NAMES, REFERENCE, Deploy, FiveSystems, in_place
from sereno.check.offers import offered_jobs
from sereno.data_checks import steps
from sereno.data_checks.report import data_checks_report
from sereno.data_checks.verdict import Kind, Verdict
from sereno.reports.build import tally
from sereno.reports.model import Result
from sereno.systems.model import System

each_system = pytest.mark.parametrize("name", NAMES)


def checked(system: System, *, now: datetime = REFERENCE) -> list[Verdict]:
    """Every check, as the job's steps carry them out."""
    return [
        *steps.count_rows(system),
        *steps.compare_labels(system),
        *steps.look_for_rows(system),
        *steps.look_for_parents(system),
        *steps.measure_age(system, now=now),
        *steps.look_for_duplicates(system),
        *steps.run_queries(system),
        *steps.measure_latency(system),
    ]


def missed(verdicts: list[Verdict]) -> dict[str, str]:
    """Latencies aside: those are the machine's as much as the system's."""
    return {
        each.finding.name: each.finding.evidence
        for each in verdicts
        if not each.finding.passed and each.kind is not Kind.LATENCY
    }


@each_system
def test_what_a_systems_folder_declares_holds(five_systems: FiveSystems, tmp_path: Path, name: str) -> None:
    with in_place(five_systems.shared(name), tmp_path) as deployed:
        verdicts = checked(deployed.system)
        assert missed(verdicts) == {}
        kinds = {verdict.kind for verdict in verdicts}
        assert {Kind.ROWS, Kind.PARENT, Kind.FRESH, Kind.UNIQUE, Kind.QUERY, Kind.LATENCY} <= kinds
        assert {"data_checks", "database_care"} <= set(offered_jobs(deployed.system))
        timed = [verdict for verdict in verdicts if verdict.kind is Kind.LATENCY]
        assert all(verdict.budget_percent is not None for verdict in timed)
        assert data_checks_report(verdicts).figures["checks"] == len(verdicts)


@each_system
def test_the_page_about_a_systems_database_is_whole(five_systems: FiveSystems, tmp_path: Path, name: str) -> None:
    with in_place(five_systems.shared(name), tmp_path) as deployed:
        care = deployed.system.care.model_copy(update={"accepted_settings": ("fsync", "full_page_writes")})
        draft = page(deployed.system.model_copy(update={"care": care}), now=REFERENCE)
    broken = [each for each in draft.findings if each.required and not each.passed]
    assert broken == []
    assert int(str(draft.figures["tables"])) >= 9
    assert finding(draft, "sees everything").evidence.endswith(f"GRANT pg_read_all_stats TO {name}_reader")
    assert "example" not in draft.model_dump_json(), "no address of a person"


@pytest.mark.parametrize(
    ("name", "change", "broken", "evidence"),
    [
        ("exitus", "DELETE FROM provento", "rows of provento: at least 29", "there are 0"),
        (
            "exitus",
            "ALTER TYPE tipoativo ADD VALUE 'fundo'",
            "the enum tipoativo has its 15 labels",
            "not expected: fundo",
        ),
        (
            "exitus",
            "UPDATE usuario SET ativo = false, role = 'user' WHERE username = 'admin'",
            "the administrator is in usuario as it should be",
            "found by email; not as it should be: role, ativo",
        ),
        (
            "salonix",
            "UPDATE users_tenant SET plan_tier = 'gold' WHERE id = 3",
            "sql/check.plan_tiers_are_known.sql returns no row",
            "1 row, such as 3",
        ),
        (
            "atendechat",
            'UPDATE "EventLog" SET "createdAt" = "createdAt" - interval \'2 days\'',
            "the newest createdAt of EventLog is at most 1 d old",
            "old",
        ),
    ],
)
def test_what_goes_wrong_is_found_where_it_went_wrong(
    deployed: Deploy, name: str, change: str, broken: str, evidence: str
) -> None:
    place = deployed(name)
    with psycopg.connect(place.database.owner, autocommit=True) as owner:
        owner.execute(change.encode())
    found = missed(checked(place.system))
    assert evidence in found[broken]
    assert "exitus.com" not in str(found)


def test_rows_that_lost_their_parent_behind_the_backs_of_the_triggers_are_found(deployed: Deploy) -> None:
    place = deployed("point")
    with psycopg.connect(place.database.superuser) as superuser:
        superuser.execute(
            "SET session_replication_role = replica; DELETE FROM integraciones_publicapiclient WHERE id = 7"
        )
    found = missed(checked(place.system))
    (evidence,) = [each for broken, each in found.items() if "integraciones_publicapiaccesslog (client_id)" in broken]
    assert "rows, such as " in evidence


def test_a_role_bound_by_policies_is_told_so_and_takes_nothing_for_empty(
    five_systems: FiveSystems, tmp_path: Path
) -> None:
    shared = five_systems.shared("fvstudios")
    with in_place(shared, tmp_path) as deployed, pytest.MonkeyPatch.context() as environment:
        environment.setenv("FVSTUDIOS_DATABASE_READ_URL", shared.blind)
        verdicts = checked(deployed.system)
    assert "give it BYPASSRLS" in missed(verdicts)["rows of agencies: at least 1"]
    assert tally(data_checks_report(verdicts).findings) is Result.FAILED


def test_the_rows_of_today_are_fresh_today(five_systems: FiveSystems, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    with five_systems.private("atendechat", now=now) as database, in_place(database, tmp_path) as deployed:
        assert missed(list(steps.measure_age(deployed.system, now=now))) == {}
