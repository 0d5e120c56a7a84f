"""What is due for one account, and where its state contradicts the policy."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from sereno.systems.sections.trials import Outcome, TrialHold, Trials
from sereno.trials.account import Account, AccountReader, State
from sereno.trials.composing import reason_to_cancel
from sereno.trials.decide import Contradiction, Decision, Holds, decide
from sereno.trials.notice import Notice

LISBON = ZoneInfo("Europe/Lisbon")
NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
SECOND, DAY = timedelta(seconds=1), timedelta(days=1)
NOBODY = Holds({}, {})


def policy(**values: Any) -> Trials:
    statuses = {"trialing": ["trialing"], "converted": ["active"], "ended": ["expired"]}
    return Trials.model_validate({"statuses": statuses, **values})


def account(**values: Any) -> Account:
    given: dict[str, Any] = {
        "key": 1,
        "tenant": "salon-1",
        "plan": "basic",
        "status": "trialing",
        "state": State.TRIALING,
        "ends_at": NOW + 7 * DAY,
        "zone": LISBON,
        "addresses": {"email": "a@salon.example"},
    }
    return Account(**{**given, **values})


def decided(*, now: datetime = NOW, holds: Holds = NOBODY, rules: Trials | None = None, **values: Any) -> Decision:
    return decide(account(**values), rules or policy(), now=now, holds=holds)


def step(decision: Decision) -> str | None:
    return decision.notice.name if decision.notice else None


@pytest.mark.parametrize(
    ("after_due", "expected"), [(-SECOND, None), (timedelta(), "7_days_before"), (2 * DAY, "7_days_before")]
)
def test_a_step_is_due_from_its_moment_on(after_due: timedelta, expected: str | None) -> None:
    due_at = datetime(2026, 11, 25, 9, tzinfo=LISBON).astimezone(UTC)
    assert step(decided(now=due_at + after_due, ends_at=datetime(2026, 12, 2, 22, tzinfo=UTC))) == expected


def test_of_several_only_the_newest_is_due() -> None:
    assert step(decided(now=NOW + 6 * DAY)) == "1_day_before"
    assert step(decided(now=NOW, ends_at=NOW + 2 * DAY)) == "3_days_before"


@pytest.mark.parametrize(("late", "sent"), [(2 * DAY, True), (2 * DAY + SECOND, False)])
def test_what_would_come_too_late_is_left_out(late: timedelta, sent: bool) -> None:
    due_at = datetime(2026, 11, 25, 9, tzinfo=LISBON).astimezone(UTC)
    decision = decided(now=due_at + late, ends_at=datetime(2026, 12, 2, 22, tzinfo=UTC))
    assert (step(decision) is not None, decision.lapsed is not None) == (sent, not sent)


def test_a_reminder_of_the_last_day_does_not_come_after_the_end() -> None:
    ends_at = datetime(2026, 11, 25, 15, tzinfo=UTC)
    assert step(decided(now=ends_at - SECOND, ends_at=ends_at)) == "last_day"
    assert step(decided(now=ends_at, ends_at=ends_at)) is None


@pytest.mark.parametrize("values", [{"state": State.CONVERTED}, {"paid": True}, {"state": State.UNKNOWN}])
def test_customers_and_unknown_states_are_told_nothing(values: dict[str, Any]) -> None:
    decision = decided(**values)
    assert (decision.notice, decision.change) == (None, None)


@pytest.mark.parametrize(("since_end", "expected"), [(-SECOND, None), (timedelta(), Outcome.EXPIRE)])
def test_an_account_is_changed_from_its_end_on(since_end: timedelta, expected: Outcome | None) -> None:
    change = decided(ends_at=NOW - since_end).change
    assert (change.outcome if change else None) == expected


def test_grace_days_and_plans_decide_what_becomes_of_an_account() -> None:
    rules = policy(grace_days=2, at_end_by_plan={"pro": "suspend", "free": "nothing", "gold": "downgrade"})
    ended: dict[str, Any] = {"rules": rules, "ends_at": NOW - 2 * DAY}
    outcomes = {plan: decided(**ended, plan=plan).change for plan in ("basic", "pro", "gold", "free")}
    assert {plan: change.outcome.value if change else None for plan, change in outcomes.items()} == {
        "basic": "expire",
        "pro": "suspend",
        "gold": "downgrade",
        "free": None,
    }
    assert decided(rules=rules, ends_at=NOW - 2 * DAY + SECOND).change is None


def test_a_plan_to_which_nothing_happens_is_not_told_of_an_end() -> None:
    rules = policy(at_end_by_plan={"free": "nothing"})
    over = NOW - 3 * DAY - timedelta(hours=6)
    assert step(decided(ends_at=over, rules=rules, plan="basic")) == "3_days_after"
    assert step(decided(ends_at=over, rules=rules, plan="free")) is None
    assert step(decided(rules=rules, plan="free")) == "7_days_before"


@pytest.mark.parametrize(
    ("outcome", "values", "why"),
    [
        ("expire", {"state": State.ENDED}, ""),
        ("expire", {"state": State.ENDED, "paid": True}, "the account has become a customer"),
        ("reactivate", {"state": State.CONVERTED}, ""),
        ("reactivate", {"state": State.ENDED}, "the account was shut again"),
        ("suspend", {"state": State.ENDED}, "the policy does not announce it any more"),
    ],
)
def test_an_announcement_is_not_needed_when_the_account_has_moved_on(
    outcome: str, values: dict[str, Any], why: str
) -> None:
    reference = Notice(account="1", ends_at=NOW + 7 * DAY, step=outcome).reference
    rules = policy(announce=["expire", "reactivate"])
    assert reason_to_cancel(reference, account(**values), rules, NOBODY, NOW) == why


def test_an_announced_change_takes_the_place_of_a_reminder() -> None:
    ends_at = NOW - 3 * DAY - timedelta(hours=6)
    plain, announced = decided(ends_at=ends_at), decided(ends_at=ends_at, rules=policy(announce=["expire"]))
    assert (step(plain), step(announced)) == ("3_days_after", None)
    assert plain.change
    assert announced.change


def test_a_payment_after_the_end_reactivates_unless_the_policy_says_otherwise() -> None:
    ended: dict[str, Any] = {"state": State.ENDED, "paid": True, "ends_at": NOW - 50 * DAY}
    change = decided(**ended).change
    assert change
    assert change.outcome is Outcome.REACTIVATE
    assert decided(**ended, rules=policy(reactivate=False)).change is None


def test_who_is_on_the_hold_list_is_left_alone_until_its_last_day_is_over() -> None:
    hold = TrialHold(reason="contract", tenant="salon-1", until=date(2026, 11, 25))
    end_of_day = datetime(2026, 11, 26, tzinfo=LISBON)
    for now, held in ((end_of_day - SECOND, True), (end_of_day, False)):
        holds = Holds.of((hold,), now=now, zone=LISBON)
        decision = decided(now=now, holds=holds, ends_at=NOW - DAY)
        assert (decision.hold == "contract", decision.change is None) == (held, held)


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, []),
        ({"state": State.ENDED, "active": True, "ends_at": NOW - DAY}, [Contradiction.ENDED_YET_ACTIVE]),
        ({"state": State.ENDED, "active": True, "paid": True}, [Contradiction.ENDED_YET_PAID]),
        ({"paid": True}, [Contradiction.TRIALING_YET_PAID]),
        ({"ends_at": None}, [Contradiction.NO_END]),
        ({"ends_at": NOW - 30 * DAY}, []),
        ({"ends_at": NOW - 30 * DAY - SECOND}, [Contradiction.LONG_PAST]),
        ({"state": State.UNKNOWN}, [Contradiction.UNKNOWN_STATUS]),
        ({"zone_known": False, "ends_at": NOW + 6 * DAY}, [Contradiction.UNKNOWN_ZONE]),
    ],
)
def test_contradictions(values: dict[str, Any], expected: list[Contradiction]) -> None:
    assert list(decided(**values).contradictions) == expected


@pytest.mark.parametrize(
    ("values", "now", "why"),
    [
        ({}, NOW, ""),
        ({"state": State.CONVERTED}, NOW, "the account has become a customer"),
        ({"ends_at": NOW + 8 * DAY}, NOW, "the trial's end has moved"),
        ({}, NOW + 4 * DAY, "a later step has fallen due"),
        ({}, NOW + 3 * DAY, "it would come too late"),
        ({"state": State.ENDED}, NOW, "the trial is over"),
    ],
)
def test_a_message_is_not_needed_any_more_when_the_account_has_moved_on(
    values: dict[str, Any], now: datetime, why: str
) -> None:
    reference = Notice(account="1", ends_at=NOW + 7 * DAY, step="7_days_before").reference
    assert reason_to_cancel(reference, account(**values), policy(), NOBODY, now) == why


def test_an_account_that_is_printed_shows_no_address() -> None:
    assert "salon.example" not in repr(account(name="Maria"))
    assert "Maria" not in repr(account(name="Maria"))


@pytest.mark.parametrize("zone", [None, "", "Mars/Olympus", "../../etc/passwd", "Europe", "\0"])
def test_an_unknown_zone_is_the_systems(zone: str | None) -> None:
    columns = ("id", "tenant", "contact", "locale", "plan", "status", "trial_ends_at", "timezone")
    reader = AccountReader(columns, policy(), zone=LISBON)
    made = reader.account((1, "t", None, None, None, "trialing", NOW, zone))
    assert (made.zone, made.zone_known, made.addresses) == (LISBON, False, {})
