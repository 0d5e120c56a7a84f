"""Support operations on Salonix: by statement and by API, twice, killed in the middle, with a dead or strange API."""

from __future__ import annotations

import multiprocessing
import os
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration.five_systems import Deploy, Deployed
from integration.restoring import query
from integration.support_case import (
    AUDITED,
    FAILED,
    PENDING,
    SENT,
    batch,
    context,
    events,
    metrics,
    notification,
    one,
    unsettled,
)
from sereno.database.sessions import ChangeSession
from sereno.errors import ConfigurationError, ContractError, RefusedError
from sereno.intents import IntentLog
from sereno.reports.model import Result
from sereno.support.choosing import BatchFilter, choose_batch, choose_one
from sereno.support.kinds import CLEAR, RESEND, RESOLVE
from sereno.support.report import preview_report
from sereno.support.way import Wanted, way_of
from sereno.support.work import carry_out, require_ops_admin
from sereno.systems.sql_file import SqlFile

FORK = multiprocessing.get_context("fork")


@pytest.fixture
def salonix(deployed: Deploy, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    monkeypatch.setenv("SERENO_ACTOR", "ops.admin")
    return deployed("salonix")


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
        with pytest.raises(
            ConfigurationError, match=r"has no notification|is no id of a notification|which notification\?"
        ):
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
            patch.setattr(ChangeSession, "execute", die)
        else:
            patch.setattr(IntentLog, "settle", die)
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


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (
            "SELECT id, channel, status, 0 AS resends FROM {} ORDER BY id LIMIT :limit",
            "which are neither failed nor pending",
        ),
        ("SELECT id, channel, status, 0 AS resends FROM {} WHERE status = 'failed'", "in spite of :limit"),
        ("SELECT id, channel, status FROM {} LIMIT :limit", "gives no column resends"),
        ("SELECT id, channel, status, metadata AS resends FROM {} LIMIT :limit", "column resends of notification"),
        ("DELETE FROM {} RETURNING id", "syntax error"),
        ("WITH gone AS (UPDATE {} SET status = 'sent' RETURNING *) SELECT * FROM gone", "data-modifying|WITH"),
        ("SELECT 1 AS id; COMMIT; DELETE FROM {}", "multiple|syntax"),
    ],
)
def test_candidates_that_write_or_are_something_else_break_the_contract(
    salonix: Deployed, monkeypatch: pytest.MonkeyPatch, text: str, complaint: str
) -> None:
    sql = SqlFile(Path("sql/notifications.candidates.sql"), text.format("notifications_notificationlog"))
    monkeypatch.setattr("sereno.support.choosing.find_sql", lambda *_: sql)
    with pytest.raises(ContractError, match=complaint) as refused:
        choose_batch(salonix.system, BatchFilter())
    assert "notifications.candidates.sql" in str(refused.value)
    assert query(salonix.database.owner, "SELECT count(*) FROM notifications_notificationlog") == [1500]
