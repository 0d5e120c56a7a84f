"""The three things that `database_care` does when it is asked to: what it does, to whom, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from integration.care_case import CareCase, care_case, look, versions
from sereno.care.actions import Action, carry_out, plan_actions
from sereno.care.indexes import Index
from sereno.errors import RefusedError
from sereno.reports.model import Finding
from sereno.systems.model import System

SWOLLEN: dict[str, Any] = {"bloat_mebibytes": 1}


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> Iterator[CareCase]:
    newest = list(versions().values())[-1]
    with care_case(tmp_path_factory.mktemp("care") / "server", newest) as made:
        yield made


def planned(
    system: System, *, vacuum: tuple[str, ...] = (), reindex: tuple[str, ...] = (), end_session: str = ""
) -> tuple[Action, ...]:
    return plan_actions(system, look(system), vacuum=vacuum, reindex=reindex, end_session=end_session)


def done(system: System, **asked: Any) -> Finding:
    (action,) = planned(system, **asked)
    return carry_out(system, action)


def index(system: System, name: str) -> Index:
    found = look(system).indexes
    assert isinstance(found, tuple)
    return next(each for each in found if each.name == name)


def test_nothing_asked_for_is_nothing_planned(case: CareCase) -> None:
    assert planned(case.system()) == ()


@pytest.mark.parametrize("name", ["booking", "public.booking", '"Counter"', "Counter", 'public."Counter"'])
def test_a_table_is_cleaned_by_any_of_its_names(case: CareCase, name: str) -> None:
    result = done(case.system(), vacuum=(name,))
    assert result.passed, result.evidence
    assert result.name.startswith("VACUUM (ANALYZE) public.")


def test_dead_rows_are_gone_afterwards(case: CareCase) -> None:
    case.run("CREATE TABLE dying AS SELECT n FROM generate_series(1, 5000) n", "DELETE FROM dying WHERE n > 10")
    (action,) = planned(case.system(), vacuum=("dying",))
    assert "% of its rows are dead" in action.why
    assert carry_out(case.system(), action).passed
    dead = "SELECT n_dead_tup FROM pg_stat_user_tables WHERE relname = 'dying'"
    assert case.value(dead) == 0
    case.run("DROP TABLE dying")


def test_a_table_that_the_role_may_not_clean_is_a_failure_though_the_server_only_warns(case: CareCase) -> None:
    result = done(case.system(live_as="reader"), vacuum=("booking",))
    assert not result.passed
    assert "permission denied to vacuum" in result.evidence


@pytest.mark.parametrize(
    ("asked", "why"),
    [
        ({"vacuum": ("nowhere",)}, "there is no table 'nowhere'"),
        ({"vacuum": ("booking_email",)}, "there is no table 'booking_email'"),
        ({"vacuum": ("pg_class",)}, "there is no table 'pg_class'"),
        ({"vacuum": ("booking; DROP TABLE salon",)}, "there is no table"),
        ({"reindex": ("booking",)}, "there is no index 'booking'"),
        ({"reindex": ("booking_email",)}, "is valid, and not swollen"),
        ({"end_session": "4711"}, "names no session"),
        ({"end_session": "4711 OR true@2026-01-01T00:00:00Z"}, "names no session"),
        ({"end_session": "4711@2026-01-01T00:00:00Z"}, "there is no session"),
        ({"vacuum": ("booking",), "reindex": ("nowhere",)}, "there is no index 'nowhere'"),
    ],
)
def test_what_cannot_be_meant_is_refused_before_anything_is_done(
    case: CareCase, asked: dict[str, Any], why: str
) -> None:
    with pytest.raises(RefusedError, match=why):
        planned(case.system(), **asked)


def test_a_name_that_could_be_two_tables_is_refused(case: CareCase) -> None:
    case.run("CREATE SCHEMA twin", "CREATE TABLE twin.booking (id int)")
    with pytest.raises(
        RefusedError, match=r"could be public\.booking or twin\.booking|could be twin\.booking or public"
    ):
        planned(case.system(), vacuum=("booking",))
    case.run("DROP SCHEMA twin CASCADE")


def test_an_invalid_index_is_rebuilt_once_its_rows_are_mended_and_what_failed_is_told(case: CareCase) -> None:
    system = case.system()
    case.run("CREATE TABLE twice (id int PRIMARY KEY, x int)", "INSERT INTO twice VALUES (1, 1), (2, 1)")
    with pytest.raises(psycopg.Error, match="could not create unique index"):
        case.run("CREATE UNIQUE INDEX CONCURRENTLY twice_x ON twice (x)")
    failed = done(system, reindex=("twice_x",))
    assert not failed.passed
    assert "could not create unique index" in failed.evidence
    assert "(1)" not in failed.evidence, "rows that the server quotes stay there"
    assert "DROP INDEX CONCURRENTLY takes it away" in failed.evidence
    assert index(system, "public.twice_x_ccnew").is_leftover
    with pytest.raises(RefusedError, match="was left by a rebuild that was interrupted"):
        planned(system, reindex=("twice_x_ccnew",))
    case.run("DROP INDEX CONCURRENTLY twice_x_ccnew", "UPDATE twice SET x = id")
    mended = done(system, reindex=("public.twice_x",))
    assert mended.passed, mended.evidence
    assert index(system, "public.twice_x").is_valid
    case.run("DROP TABLE twice")


def test_a_swollen_index_is_rebuilt_and_smaller(case: CareCase) -> None:
    case.run(
        "CREATE TABLE wide (id int PRIMARY KEY)",
        "INSERT INTO wide SELECT generate_series(1, 80000)",
        "DELETE FROM wide WHERE id % 10 > 0",
        "VACUUM ANALYZE wide",
        "GRANT SELECT ON wide TO care_seer",
    )
    system = case.system(**SWOLLEN)
    before = index(system, "public.wide_pkey")
    assert before.empty_percent > 80
    assert done(system, reindex=("wide_pkey",)).passed
    after = index(system, "public.wide_pkey")
    assert (after.bytes or 0) < (before.bytes or 0) / 5
    with pytest.raises(RefusedError, match="is valid, and not swollen"):
        planned(system, reindex=("wide_pkey",))
    case.run("DROP TABLE wide")


def test_one_session_is_ended_and_the_others_are_not(case: CareCase) -> None:
    system = case.system()
    with case.session("UPDATE salon SET name = 'x' WHERE id = 1") as meant, case.session("SELECT 1") as other:
        sessions = look(system).sessions
        handle = next(each.handle for each in getattr(sessions, "sessions", ()) if each.pid == meant)
        (action,) = planned(system, end_session=handle)
        assert "of care_owner, idle in transaction for" in action.why
        result = carry_out(system, action)
        assert result.passed, result.evidence
        alive = f"SELECT array_agg(pid) FROM pg_stat_activity WHERE pid IN ({meant}, {other})"
        assert case.value(alive) == [other]
        again = carry_out(system, action)
        assert not again.passed
        assert "not there any more" in again.evidence
        with pytest.raises(RefusedError, match="there is no session"):
            planned(system, end_session=handle)


def test_a_session_of_a_more_powerful_role_is_not_ended(case: CareCase) -> None:
    system = case.system()
    with case.session("SELECT 1", role="superuser") as pid:
        sessions = look(system).sessions
        handle = next(each.handle for each in getattr(sessions, "sessions", ()) if each.pid == pid)
        unseen = done(system, end_session=handle)
        assert not unseen.passed
        assert "may not see sessions of postgres, so it ends none" in unseen.evidence
        refused = done(case.system(live_as="seer"), end_session=handle)
        assert not refused.passed
        assert "permission denied to terminate process" in refused.evidence
        assert case.value(f"SELECT count(*) FROM pg_stat_activity WHERE pid = {pid}") == 1
