"""Support operations on Salonix: by statement and by API, twice, killed in the middle, with a dead or strange API."""

from __future__ import annotations

import multiprocessing
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.five_systems import Deploy, Deployed
from integration.restoring import query
from integration.support_case import TOKEN, ops_console
from sereno import audit
from sereno.errors import ConfigurationError, ContractError, RefusedError, SystemUnavailableError
from sereno.intents import IntentLog
from sereno.ledger import open_ledger
from sereno.metrics import exposition
from sereno.reports.model import Draft, Effect, JobContext, Result
from sereno.support import desk
from sereno.support.choosing import BatchFilter, Chosen, choose_batch, choose_one
from sereno.support.counters import support_counts
from sereno.support.kinds import CLEAR, RESEND, RESOLVE, Kind
from sereno.support.report import outcome_report, preview_report
from sereno.support.way import Wanted, way_of
from sereno.support.work import Outcome, carry_out, require_ops_admin
from sereno.systems.sql_file import SqlFile

FORK = multiprocessing.get_context("fork")
FAILED = "3"
PENDING = "4"
SENT = "7"
"""Ids of notifications by their status in the generated rows."""
AUDITED = """SELECT action || ' ' || coalesce(payload ->> {key}, '') FROM ops_opssupportauditlog
             WHERE payload ->> 'source' = 'sereno'"""


@pytest.fixture
def salonix(deployed: Deploy, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    monkeypatch.setenv("SERENO_ACTOR", "ops.admin")
    return deployed("salonix")


def context(kind: Kind = RESEND, *, run: str = "calm-otter") -> JobContext:
    return JobContext(
        job=kind.job,
        system="salonix",
        effect=Effect.LIVE,
        started_at=datetime.now(UTC),
        flow_run_id=run,
        run_name=run,
    )


def one(place: Deployed, kind: Kind, identifier: str, *, wanted: Wanted = Wanted.STATEMENT, **more: Any) -> Outcome:
    way = way_of(place.system, kind, wanted)
    chosen = choose_one(place.system, kind, identifier, way=way)
    return carry_out(place.system, chosen, way=way, context=context(kind), **more)


def batch(place: Deployed, *, wanted: Wanted, **filters: Any) -> tuple[Chosen, Outcome, Draft]:
    way = way_of(place.system, RESEND, wanted)
    chosen = choose_batch(place.system, BatchFilter(**filters))
    outcome = carry_out(place.system, chosen, way=way, context=context())
    return chosen, outcome, outcome_report("salonix", chosen, way, outcome)


def events() -> list[audit.RecordedEvent]:
    with open_ledger() as ledger:
        return list(audit.events(ledger, "salonix"))


def metrics() -> list[str]:
    with open_ledger() as ledger:
        text = exposition([], support_counts(ledger, "salonix")).decode()
    return [line for line in text.splitlines() if not line.startswith("#")]


def notification(place: Deployed, identifier: str) -> list[Any]:
    select = "SELECT status || ' ' || coalesce(metadata ->> 'ops_resends', '-') FROM notifications_notificationlog"
    return query(place.database.owner, f"{select} WHERE id = {identifier}")


@pytest.mark.parametrize("identifier", [FAILED, PENDING])
def test_a_failed_or_pending_notification_is_marked_counted_and_noted_once(salonix: Deployed, identifier: str) -> None:
    assert one(salonix, RESEND, identifier).results == {identifier: "success"}
    assert one(salonix, RESEND, identifier).results == {identifier: "noop"}
    assert notification(salonix, identifier) == ["sent 1"]
    key = "'notification_log_id'"
    assert query(salonix.database.owner, AUDITED.format(key=key)) == [f"resend_notification {identifier}"]
    (noted,) = events()
    assert (noted.action, noted.actor, noted.result) == ("resend_notification", "ops.admin", Result.PASSED)
    assert noted.figures["notification"] == int(identifier)
    assert set(noted.figures) == {"notification", "result", "channel"}
    channel = noted.figures["channel"]
    assert metrics() == [
        f'ops_notifications_resend_total{{channel="{channel}",result="{result}",system="salonix"}} 1.0'
        for result in ("noop", "success")
    ]


def test_one_that_was_sent_is_left_alone_and_one_that_is_not_there_is_an_error(salonix: Deployed) -> None:
    before = notification(salonix, SENT)
    assert one(salonix, RESEND, SENT).results == {SENT: "noop"}
    assert notification(salonix, SENT) == before
    assert events() == []
    for wrong in ("999999", "seven", "9" * 30, "1; DROP TABLE ops_opsalert", ""):
        with pytest.raises(ConfigurationError, match=r"has no notification|is no id of a notification"):
            one(salonix, RESEND, wrong)


def test_a_batch_is_bounded_oldest_first_and_the_next_one_goes_on(salonix: Deployed) -> None:
    failed = "SELECT count(*) FROM notifications_notificationlog WHERE status = 'failed' AND channel = 'sms'"
    (all_failed,) = query(salonix.database.owner, failed)
    first, outcome, report = batch(salonix, wanted=Wanted.STATEMENT, channel="sms", limit=5)
    assert (len(first.ids), first.more, set(outcome.results.values())) == (5, True, {"success"})
    assert report.headline.startswith("5 notifications of salonix marked as sent; more are left for another run")
    assert "notifications are really sent" in report.headline, "nothing was sent, and the report says so"
    second, _, _ = batch(salonix, wanted=Wanted.STATEMENT, channel="sms", limit=5)
    assert not set(first.ids) & set(second.ids)
    assert query(salonix.database.owner, failed) == [all_failed - 10]
    assert len(events()) == 10


@pytest.mark.parametrize("limit", [0, -1, 501, 10**12])
def test_a_batch_out_of_bounds_is_refused(salonix: Deployed, limit: int) -> None:
    with pytest.raises(ConfigurationError, match="is out of bounds; give 1 to 500"):
        choose_batch(salonix.system, BatchFilter(limit=limit))


def test_a_dry_run_changes_nothing(salonix: Deployed) -> None:
    way = way_of(salonix.system, RESEND)
    report = preview_report("salonix", choose_batch(salonix.system, BatchFilter(limit=5)), way)
    assert report.headline.startswith("would have 5 notifications of salonix sent again")
    assert query(salonix.database.owner, AUDITED.format(key="'x'")) == []


def test_a_lockout_is_cleared_its_user_let_in_and_a_second_time_nothing_happens(salonix: Deployed) -> None:
    assert one(salonix, CLEAR, "2", note="asked by phone").results == {"2": "success"}
    assert one(salonix, CLEAR, "2").results == {"2": "noop"}
    state = """SELECT u.is_active AND l.resolved_at IS NOT NULL AND l.resolved_by_id = 1
               FROM ops_accountlockout l JOIN users_customuser u ON u.id = l.user_id WHERE l.id = 2"""
    assert query(salonix.database.owner, state) == [True]
    assert query(salonix.database.owner, AUDITED.format(key="'note'")) == ["clear_lockout asked by phone"]
    (noted,) = events()
    assert (noted.action, noted.figures) == ("clear_lockout", {"lockout": 2, "result": "success"})
    assert metrics() == [
        'ops_lockouts_cleared_total{result="noop",system="salonix"} 1.0',
        'ops_lockouts_cleared_total{result="success",system="salonix"} 1.0',
    ]


@pytest.mark.parametrize("actor", ["ops.support", "", "OPS.ADMIN"])
def test_only_an_ops_admin_of_the_folder_clears_lockouts(salonix: Deployed, actor: str) -> None:
    require_ops_admin(salonix.system, "ops.admin")
    with pytest.raises(RefusedError, match=r"support\.lockouts\.ops_admin"):
        require_ops_admin(salonix.system, actor)


def test_an_alert_is_resolved_once(salonix: Deployed) -> None:
    assert one(salonix, RESOLVE, "3").results == {"3": "success"}
    assert one(salonix, RESOLVE, "3").results == {"3": "noop"}
    assert query(salonix.database.owner, AUDITED.format(key="'alert_id'")) == ["resolve_alert 3"]
    assert [(event.action, event.figures) for event in events()] == [
        ("resolve_alert", {"alert": 3, "result": "success"})
    ]


def test_the_api_really_sends_and_says_what_did_not_work(salonix: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(path: str, body: dict[str, Any]) -> int:
        return 202 if body["notification_log_id"] % 2 else 200

    with ops_console(answer) as console:
        monkeypatch.setenv("SALONIX_API_URL", console.url)
        chosen, outcome, report = batch(salonix, wanted=Wanted.AUTO, limit=6)
    odd = [identifier for identifier in chosen.ids if int(identifier) % 2]
    assert outcome.results == {identifier: "failed" if identifier in odd else "success" for identifier in chosen.ids}
    assert [body for _, body, _ in console.calls] == [{"notification_log_id": int(each)} for each in chosen.ids]
    assert {header for _, _, header in console.calls} == {f"Bearer {TOKEN}"}
    assert [finding.name for finding in report.findings if finding.required and not finding.passed] == [
        f"notification {identifier} was sent again" for identifier in odd
    ]
    assert TOKEN not in report.model_dump_json()
    assert {event.figures["result"] for event in events()} == {"success", "failed"}


@pytest.mark.parametrize(("status", "tried"), [(500, 1), (403, 1), (404, 3)])
def test_one_strange_answer_stops_nothing_and_an_api_that_is_down_or_says_no_stops_the_rest(
    salonix: Deployed, monkeypatch: pytest.MonkeyPatch, status: int, tried: int
) -> None:
    with ops_console(lambda *_: status) as console:
        monkeypatch.setenv("SALONIX_API_URL", console.url)
        _, outcome, report = batch(salonix, wanted=Wanted.API, limit=3)
    assert (len(console.calls), len(outcome.problems), outcome.not_tried) == (tried, tried, 3 - tried)
    assert f"the API answered {status}" in str(report.findings[0].evidence)
    assert events() == []


def test_an_answer_that_was_lost_is_looked_up_in_the_database(
    salonix: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(path: str, body: dict[str, Any]) -> None:
        with psycopg.connect(salonix.database.owner) as connection:
            connection.execute(
                """UPDATE notifications_notificationlog SET status = 'sent', metadata = '{"ops_resends": 1}'
                   WHERE id = %s""",
                [body["notification_log_id"]],
            )

    with ops_console(answer) as console:
        monkeypatch.setenv("SALONIX_API_URL", console.url)
        assert one(salonix, RESEND, FAILED, wanted=Wanted.API).results == {FAILED: "success"}


def test_a_call_of_which_nobody_knows_is_settled_or_given_up_by_the_next_run(
    salonix: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ops_console(lambda *_: None) as console:
        monkeypatch.setenv("SALONIX_API_URL", console.url)
        outcome = one(salonix, RESEND, FAILED, wanted=Wanted.API)
        assert "no answer came" in outcome.problems[FAILED]
        assert len(unsettled(RESEND)) == 1
        console.answer = lambda *_: 200
        assert one(salonix, RESEND, FAILED, wanted=Wanted.API).results == {FAILED: "success"}
    assert unsettled(RESEND) == []
    assert [line.rpartition(" ")[2] for line in metrics()] == ["1.0"]


def unsettled(kind: Kind) -> list[Any]:
    with open_ledger() as ledger:
        return IntentLog(ledger, system="salonix", job=kind.job, step="desk", run_id="asks").unsettled()


@pytest.mark.parametrize("moment", ["before the commit", "after the commit"])
def test_a_run_that_is_killed_does_nothing_twice_and_forgets_nothing(salonix: Deployed, moment: str) -> None:
    worker = FORK.Process(target=_killed, args=(salonix, moment))
    worker.start()
    worker.join(60)
    assert worker.exitcode == 9
    (left,) = unsettled(CLEAR)
    assert left.keys[0] == {"id": 1, "open": True}
    outcome = one(salonix, CLEAR, "1")
    done_before = moment == "after the commit"
    assert outcome.results == {"1": "noop" if done_before else "success"}
    assert outcome.settled_earlier == int(done_before)
    assert [event.action for event in events()] == ["clear_lockout"]
    assert query(salonix.database.owner, AUDITED.format(key="'x'")) == ["clear_lockout "]


def _killed(place: Deployed, moment: str) -> None:
    def die(*_: Any) -> Any:
        os._exit(9)

    with pytest.MonkeyPatch.context() as patch:
        if moment == "before the commit":
            patch.setattr(desk.ChangeSession, "execute", die)
        else:
            patch.setattr(desk.IntentLog, "settle", die)
        one(place, CLEAR, "1")


def test_a_lock_that_another_holds_is_reported_and_nothing_is_changed(salonix: Deployed) -> None:
    database = salonix.system.database.model_copy(update={"lock_timeout_seconds": 1})
    impatient = Deployed(salonix.system.model_copy(update={"database": database}), salonix.database, salonix.home)
    with psycopg.connect(salonix.database.owner) as other:
        other.execute("SELECT 1 FROM ops_opsalert WHERE id = 3 FOR UPDATE")
        outcome = one(impatient, RESOLVE, "3")
    assert "another session holds the lock" in outcome.problems["3"]
    assert one(salonix, RESOLVE, "3").results == {"3": "success"}


def test_a_statement_that_does_not_do_its_work_is_undone(salonix: Deployed) -> None:
    way = way_of(salonix.system, RESOLVE)
    wrong = SqlFile(
        Path("sql/alerts.resolve.sql"), "UPDATE ops_opsalert SET message = 'x' WHERE id = CAST(:id AS bigint)"
    )
    lazy = type(way)(read=way.read, statement=wrong, call=None, api=None)
    chosen = choose_one(salonix.system, RESOLVE, "3", way=lazy)
    outcome = carry_out(salonix.system, chosen, way=lazy, context=context(RESOLVE))
    assert "alerts.resolve.sql changed nothing that" in outcome.problems["3"]
    assert query(salonix.database.owner, "SELECT message FROM ops_opsalert WHERE id = 3") == ["Alerta 3"]
    assert unsettled(RESOLVE) == []


def test_a_system_that_offers_nothing_says_so(deployed: Deploy) -> None:
    point = deployed("point").system
    for kind in (RESEND, CLEAR, RESOLVE):
        with pytest.raises(ConfigurationError, match=f"point does not offer {kind.job}"):
            way_of(point, kind)


def test_an_api_that_cannot_be_reached_or_knows_the_login_not_begins_nothing(
    salonix: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALONIX_API_URL", "http://127.0.0.1:1")
    with pytest.raises(SystemUnavailableError, match="cannot be reached"):
        one(salonix, RESEND, FAILED, wanted=Wanted.API)
    with ops_console(lambda *_: 200) as console:
        monkeypatch.setenv("SALONIX_API_URL", console.url)
        monkeypatch.setenv("SALONIX_OPS_PASSWORD", "wrong")
        with pytest.raises(RefusedError, match="may not do this") as refused:
            one(salonix, RESEND, FAILED, wanted=Wanted.API)
    assert "wrong" not in str(refused.value)
    monkeypatch.setenv("SALONIX_API_URL", "no address")
    with pytest.raises((ConfigurationError, SystemUnavailableError)):
        one(salonix, RESEND, FAILED, wanted=Wanted.API)


def test_candidates_that_may_not_be_sent_again_break_the_contract(
    salonix: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "SELECT id, channel, status, 0 AS resends FROM notifications_notificationlog ORDER BY id LIMIT :limit"
    monkeypatch.setattr(
        "sereno.support.choosing.find_sql", lambda *_: SqlFile(Path("sql/notifications.candidates.sql"), text)
    )
    with pytest.raises(ContractError, match="which are neither failed nor pending"):
        choose_batch(salonix.system, BatchFilter())
