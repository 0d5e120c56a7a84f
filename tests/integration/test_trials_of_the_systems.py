"""The trials of the shipped systems, by their own files, on databases with their tables."""

from __future__ import annotations

import pytest

from integration.five_systems import REFERENCE, Deploy
from integration.restoring import query
from receivers import mail_server
from sereno.systems.model import System
from sereno.trials.changes import change_accounts
from sereno.trials.decide import Contradiction
from sereno.trials.plan import plan_trials
from sereno.trials.planned import TrialPlan
from sereno.trials.simulation import simulate
from sereno.trials.telling import deliver_messages, write_notices


def planned(system: System) -> TrialPlan:
    return plan_trials(system, now=REFERENCE, max_messages=100, max_changes=100)


def with_mail_server(system: System, port: int) -> System:
    """The system as it is shipped, except that its mail server is one of ours, which asks for no login."""
    assert system.messages
    described = {"name": "email", "smtp_host": "127.0.0.1", "smtp_port": port, "security": "none"}
    return System.model_validate(
        {**system.model_dump(), "messages": {**system.messages.model_dump(), "channels": [described]}}
    )


def carried_out(system: System, plan: TrialPlan) -> dict[str, int]:
    """Do what `plan` says; how many accounts of each change."""
    changed = change_accounts(system, plan, run_id="run", now=plan.now)
    assert changed.problems == {}
    write_notices(system, plan)
    return {outcome.value: number for outcome, number in changed.by_outcome.items()}


def test_salonix_trials_are_those_of_the_oldest_users(deployed: Deploy) -> None:
    place = deployed("salonix")
    plan = planned(place.system)
    assert {change.key: change.outcome for change in plan.changes} == {1: "expire", 2: "expire"}
    assert {each.notice.account: each.notice.step for each in plan.notices} == {
        "4": "last_day",
        "5": "3_days_before",
        "6": "7_days_before",
    }
    assert {each.value: tally.accounts for each, tally in plan.contradictions.items()} == {
        Contradiction.LONG_PAST.value: ["1"],
        Contradiction.NO_END.value: ["8"],
    }
    with mail_server() as mails:
        system = with_mail_server(place.system, mails.port)
        assert carried_out(system, plan) == {"expire": 2}
        done = deliver_messages(system, max_messages=100, clock=lambda: REFERENCE)
        subjects = {str(mail["To"]): str(mail["Subject"]) for mail in mails.mails}
    assert (done.delivered, done.waiting) == (5, 0)
    assert subjects["User6.1@Salao.example"] == "O seu período de teste de Salonix termina dentro de 7 dias"
    statuses = "SELECT pro_status || ' ' || is_pro FROM users_userfeatureflags WHERE user_id IN (5, 10, 15) ORDER BY id"
    assert query(place.database.owner, statuses) == ["canceled false", "canceled false", "trialing false"]
    assert query(place.database.owner, "SELECT count(*) FROM users_userfeatureflags WHERE pro_status = 'canceled'") == [
        2 + 1
    ]


def test_salonix_pays_late_and_is_opened_again(deployed: Deploy) -> None:
    place = deployed("salonix")
    plan = planned(place.system)
    change_accounts(place.system, plan, run_id="run", now=REFERENCE)
    query(
        place.database.owner,
        "UPDATE payments_subscription SET status = 'active', current_period_end = '2027-01-01' WHERE user_id = 10 "
        "RETURNING 1",
    )
    again = planned(place.system)
    assert {change.key: change.outcome for change in again.changes} == {2: "reactivate"}
    assert carried_out(place.system, again) == {"reactivate": 1}
    status = "SELECT pro_status || ' ' || is_pro || ' ' || pro_plan FROM users_userfeatureflags WHERE user_id = 10"
    assert query(place.database.owner, status) == ["active true pro"]


def test_atendechat_times_without_a_zone_mean_utc(deployed: Deploy) -> None:
    place = deployed("atendechat")
    plan = planned(place.system)
    steps = sorted(each.notice.step for each in plan.notices)
    assert steps == ["3_days_before", "7_days_before", "last_day"]
    (change,) = plan.changes
    with mail_server() as mails:
        system = with_mail_server(place.system, mails.port)
        assert carried_out(system, plan) == {"expire": 1}
        assert deliver_messages(system, max_messages=100, clock=lambda: REFERENCE).delivered == 4
        assert {str(mail["Content-Language"]) for mail in mails.mails} == {"pt"}
    canceled = f'SELECT status || \' \' || "canceledAt" FROM "Subscription" WHERE "companyId" = \'{change.key}\''
    assert query(place.database.owner, canceled) == ["canceled 2026-11-20 12:00:00"]
    assert planned(place.system).changes == []


@pytest.mark.parametrize("name", ["salonix", "atendechat"])
def test_the_coming_month_can_be_played(deployed: Deploy, name: str) -> None:
    played = simulate(deployed(name).system, now=REFERENCE, days=30)
    assert played.shut.total() == {"salonix": 5, "atendechat": 3}[name]
