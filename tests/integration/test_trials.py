"""Who is told what, and what becomes of accounts, on a real database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID

import pytest

from infra.demo.system import DemoSystem
from integration.trial_case import NOW, SQL, TrialCase, trial_case
from sereno.errors import ConfigurationError
from sereno.ledger import open_ledger
from sereno.ledger.models import IntentRow, MessageRow, TrialNoticeRow
from sereno.systems.sections.trials import Outcome
from sereno.trials.accounts import Accounts
from sereno.trials.changes import change_accounts
from sereno.trials.decide import Contradiction
from sereno.trials.simulation import simulate
from sereno.trials.telling import deliver_messages, require_words, write_notices

DAY = timedelta(days=1)


@pytest.fixture
def case(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrialCase]:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "systems"))
    with trial_case(demo.superuser_url, tmp_path) as made:
        yield made


def mails(case: TrialCase) -> list[str]:
    return sorted(path.read_text() for path in (case.home / "mails" / "new").glob("*.eml"))


def told(case: TrialCase) -> set[tuple[str, str]]:
    with open_ledger() as ledger, ledger.reading() as session:
        return {(row.account, row.step) for row in session.query(TrialNoticeRow)}


def test_a_live_run_tells_and_changes_what_is_due_and_nothing_else(case: TrialCase) -> None:
    system = case.describe(announce=["expire"])
    case.add(1, ends=7 * DAY)
    case.add(2, ends=20 * DAY)
    case.add(3, ends=-DAY / 2)
    case.add(4, ends=-DAY / 2, plan="pro")
    case.add(5, ends=-DAY / 2, plan="enterprise")
    case.add(6, ends=-4 * DAY, status="expired")
    case.add(7, ends=2 * DAY, status="active")
    case.add(8, ends=-DAY / 2, paid=True)
    _, changed, deliveries = case.live(system)
    assert case.values("status") == {
        1: "trialing",
        2: "trialing",
        3: "expired",
        4: "suspended",
        5: "trialing",
        6: "expired",
        7: "active",
        8: "trialing",
    }
    assert changed.by_outcome == {Outcome.EXPIRE: 1, Outcome.SUSPEND: 1}
    assert told(case) == {("1", "7_days_before"), ("3", "expire"), ("6", "3_days_after")}
    assert deliveries.delivered == 3
    assert any("To: user1@salon.example" in mail for mail in mails(case))


def test_a_second_run_tells_and_changes_nothing(case: TrialCase) -> None:
    system = case.describe()
    case.add(1, ends=7 * DAY)
    case.add(2, ends=-DAY)
    case.live(system)
    plan, changed, deliveries = case.live(system)
    assert (plan.notices, plan.changes, plan.told_before) == ([], [], 1)
    assert changed.by_outcome == {}
    assert deliveries.delivered == 0
    assert set(case.values("changes").values()) == {0, 1}


def test_after_an_outage_only_the_newest_step_is_told(case: TrialCase) -> None:
    system = case.describe()
    case.add(1, ends=7 * DAY)
    case.live(system)
    case.live(system, now=NOW + 6 * DAY + timedelta(hours=1))
    assert told(case) == {("1", "7_days_before"), ("1", "1_day_before")}


def test_a_trial_whose_end_moves_has_steps_of_its_own(case: TrialCase) -> None:
    system = case.describe()
    case.add(1, ends=7 * DAY)
    case.live(system)
    case.do("UPDATE account SET trial_ends_at = trial_ends_at + interval '7 days'")
    case.live(system)
    assert len(mails(case)) == 1
    case.live(system, now=NOW + 7 * DAY)
    assert len(mails(case)) == 2


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        ("UPDATE account SET status = 'active'", "the account has become a customer"),
        ("UPDATE account SET paid = true", "the account has become a customer"),
        ("UPDATE account SET trial_ends_at = trial_ends_at + interval '1 day'", "the trial's end has moved"),
        ("DELETE FROM account", "the account is not on trial any more"),
    ],
)
def test_what_happens_between_writing_and_delivering_cancels_the_message(
    case: TrialCase, statement: str, why: str
) -> None:
    system = case.describe()
    case.add(1, ends=7 * DAY)
    write_notices(system, case.plan(system))
    case.do(statement)
    deliveries = deliver_messages(system, max_messages=10, clock=lambda: NOW)
    assert (deliveries.delivered, deliveries.canceled, mails(case)) == (0, 1, [])
    with open_ledger() as ledger, ledger.reading() as session:
        assert [row.problem for row in session.query(MessageRow)] == [why]


def test_nothing_of_a_person_stands_in_the_ledger(case: TrialCase) -> None:
    system = case.describe()
    case.add(1, ends=7 * DAY, contact="maria.joao@salon.example", name="Maria João")
    case.live(system)
    content = b"".join(path.read_bytes() for path in case.home.glob("ledger.db*"))
    assert b"7_days_before" in content
    assert b"maria" not in content.lower()


def test_one_account_that_cannot_be_changed_does_not_stop_the_others(case: TrialCase) -> None:
    failing = SQL["trials.expire"] + " AND 1 / (id - 3) IS NOT NULL"
    system = case.describe(sql_files={"trials.expire": failing})
    for key in range(1, 8):
        case.add(key, ends=-DAY)
    _, changed, _ = case.live(system)
    assert changed.by_outcome == {Outcome.EXPIRE: 6}
    assert list(changed.problems) == ["3"]
    assert "division by zero" in changed.problems["3"]
    with open_ledger() as ledger, ledger.reading() as session:
        assert {row.state for row in session.query(IntentRow)} == {"settled", "abandoned"}


def test_a_statement_that_changes_nothing_is_found_out(case: TrialCase) -> None:
    system = case.describe(sql_files={"trials.expire": "UPDATE account SET name = name WHERE id = ANY(:ids)"})
    case.add(1, ends=-DAY)
    _, changed, _ = case.live(system)
    assert changed.problems == {"1": "sql/trials.expire.sql ran, and the account is as it was"}


def test_who_has_paid_between_the_plan_and_the_change_is_left_alone(case: TrialCase) -> None:
    system = case.describe(announce=["expire"])
    case.add(1, ends=-DAY)
    case.add(2, ends=-DAY)
    plan = case.plan(system)
    case.do("UPDATE account SET paid = true WHERE id = 1")
    change_accounts(system, plan, run_id="run", now=NOW)
    assert case.values("status") == {1: "trialing", 2: "expired"}
    assert deliver_messages(system, max_messages=9, clock=lambda: NOW).delivered == 1


def test_a_payment_after_the_end_reactivates(case: TrialCase) -> None:
    system = case.describe(announce=["reactivate"])
    case.add(1, ends=-10 * DAY, status="expired", paid=True)
    plan, changed, deliveries = case.live(system)
    assert case.values("status") == {1: "active"}
    assert changed.by_outcome == {Outcome.REACTIVATE: 1}
    assert Contradiction.ENDED_YET_PAID in plan.contradictions
    assert deliveries.delivered == 1


def test_contradictions_are_counted_and_named(case: TrialCase) -> None:
    system = case.describe()
    case.add(1, ends=-10 * DAY, status="expired", active=True)
    case.add(2, ends=5 * DAY, paid=True)
    case.add(3, ends=-40 * DAY)
    case.add(4, ends=None)
    case.add(5, ends=2 * DAY, contact=None)
    case.add(6, ends=2 * DAY, contact_verified=False)
    case.add(7, ends=2 * DAY, status="on holiday")
    case.add(8, ends=2 * DAY, timezone="Mars/Olympus")
    case.add(9, ends=-10 * DAY, status="suspended", paid=True)
    found = {name: tally.accounts for name, tally in case.plan(system).contradictions.items()}
    assert found == {
        Contradiction.ENDED_YET_ACTIVE: ["1"],
        Contradiction.TRIALING_YET_PAID: ["2"],
        Contradiction.LONG_PAST: ["3"],
        Contradiction.NO_END: ["4"],
        Contradiction.NO_CONTACT: ["5", "6"],
        Contradiction.UNKNOWN_STATUS: ["7"],
        Contradiction.UNKNOWN_ZONE: ["8"],
        Contradiction.ENDED_YET_PAID: ["9"],
    }


def test_a_run_is_bounded_and_says_what_waits(case: TrialCase) -> None:
    system = case.describe()
    for key in range(1, 8):
        case.add(key, ends=7 * DAY)
        case.add(key + 100, ends=-DAY)
    plan, changed, deliveries = case.live(system, messages=3, changes=2)
    assert (plan.more_notices, plan.more_changes) == (4, 5)
    assert (changed.by_outcome.total(), deliveries.delivered) == (2, 3)
    case.live(system)
    assert len(mails(case)) == 7


@pytest.mark.parametrize(
    ("key", "value"),
    [("uuid", UUID("00000000-0000-0000-0000-00000000000a")), ("text", "clx'quoted\"id"), ("integer", 5)],
)
def test_ids_may_be_of_any_of_the_usual_types(
    demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, value: object
) -> None:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "systems"))
    cast = SQL["trials.expire"].replace("ANY(:ids)", f"ANY(CAST(:ids AS {key}[]))")
    with trial_case(demo.superuser_url, tmp_path, key=key) as case:
        system = case.describe(sql_files={"trials.expire": cast}, announce=["expire"])
        case.add(value, ends=-DAY / 2, contact="a@salon.example")
        _, changed, deliveries = case.live(system)
        assert (changed.by_outcome.total(), deliveries.delivered) == (1, 1)


def test_times_without_a_zone_are_meant_in_the_one_that_the_policy_names(
    demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "systems"))
    with trial_case(demo.superuser_url, tmp_path, time="timestamp(3)") as case:
        system = case.describe(times_without_zone="America/Sao_Paulo")
        case.add(1, ends=datetime(2026, 11, 25, 8, 59, 59))
        case.add(2, ends=datetime(2026, 11, 25, 9, 0, 1))
        case.add(3, ends=datetime(2020, 11, 25, 9), status="expired")
        plan = case.plan(system)
        assert [change.key for change in plan.changes] == [1]
        assert plan.changes[0].ends_at == datetime(2026, 11, 25, 11, 59, 59, tzinfo=UTC)


def test_trials_that_never_end_disturb_nobody(case: TrialCase) -> None:
    system = case.describe()
    case.add(1, ends=-DAY)
    case.do("INSERT INTO account (id, tenant, trial_ends_at) VALUES (2, 't', 'infinity'), (3, 't', '-infinity')")
    case.do("INSERT INTO account (id, tenant, trial_ends_at) VALUES (4, 't', '40000-01-01'), (5, 't', '0044-03-15 BC')")
    plan, changed, _ = case.live(system)
    assert (plan.looked_at, changed.by_outcome.total()) == (1, 1)


def test_a_missing_template_is_found_before_anything_is_done(case: TrialCase) -> None:
    system = case.describe()
    require_words(system, live=True)
    (case.systems / "salons" / "messages" / "last_day.en.md").unlink()
    with pytest.raises(ConfigurationError, match=r"there is no .*last_day\.en\.md"):
        require_words(system, live=False)


def test_a_simulation_plays_the_coming_days_and_changes_nothing(case: TrialCase) -> None:
    system = case.describe()
    case.add(1, ends=timedelta(days=9, hours=3))
    case.add(2, ends=timedelta(days=9, hours=3), plan="pro")
    case.add(3, ends=timedelta(days=9, hours=3), plan="gratis")
    case.add(4, ends=timedelta(days=45))
    case.add(5, ends=-DAY / 2)
    played = simulate(system, now=NOW, days=30)
    first = NOW.date()
    happens = {(day - first).days: each for day, each in played.days.items() if each.messages or each.changes}
    assert {offset: dict(each.messages) for offset, each in happens.items() if each.messages} == {
        2: {"7_days_before": 3, "3_days_after": 1},
        6: {"3_days_before": 3},
        8: {"1_day_before": 3},
        9: {"last_day": 3},
        12: {"3_days_after": 3},
    }
    assert {offset: dict(each.changes) for offset, each in happens.items() if each.changes} == {
        0: {"expire": 1},
        9: {"expire": 2, "suspend": 1},
    }
    assert played.shut == {"basic": 2, "pro": 1, "gratis": 1}
    assert set(case.values("changes").values()) == {0}
    assert told(case) == set()


def test_a_system_without_trials_says_so(case: TrialCase) -> None:
    system = case.describe()
    with pytest.raises(ConfigurationError, match="has no section trials"):
        Accounts(system.model_copy(update={"trials": None}))
