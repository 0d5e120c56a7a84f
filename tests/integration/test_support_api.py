"""Support operations through a system's own API: one that is down, strange, silent, or knows the login not."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest

from integration.five_systems import Deploy, Deployed
from integration.support_case import FAILED, TOKEN, batch, events, metrics, one, ops_console, unsettled
from sereno.errors import ConfigurationError, RefusedError, SystemUnavailableError
from sereno.support.kinds import RESEND
from sereno.support.way import Wanted


@pytest.fixture
def salonix(deployed: Deploy, monkeypatch: pytest.MonkeyPatch) -> Deployed:
    monkeypatch.setenv("SERENO_ACTOR", "ops.admin")
    return deployed("salonix")


def test_the_api_really_sends_and_says_what_did_not_work(salonix: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(path: str, body: dict[str, Any]) -> int:
        return 202 if body["notification_log_id"] % 2 else 200

    with ops_console(answer) as console:
        monkeypatch.setenv("SALONIX_BASE_URL", console.url)
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
        monkeypatch.setenv("SALONIX_BASE_URL", console.url)
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
        monkeypatch.setenv("SALONIX_BASE_URL", console.url)
        assert one(salonix, RESEND, FAILED, wanted=Wanted.API).results == {FAILED: "success"}


def test_a_call_of_which_nobody_knows_is_settled_or_given_up_by_the_next_run(
    salonix: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    with ops_console(lambda *_: None) as console:
        monkeypatch.setenv("SALONIX_BASE_URL", console.url)
        outcome = one(salonix, RESEND, FAILED, wanted=Wanted.API)
        assert "no answer came" in outcome.problems[FAILED]
        assert len(unsettled(RESEND)) == 1
        console.answer = lambda *_: 200
        assert one(salonix, RESEND, FAILED, wanted=Wanted.API).results == {FAILED: "success"}
    assert unsettled(RESEND) == []
    assert [line.rpartition(" ")[2] for line in metrics()] == ["1.0"]


def test_an_api_that_cannot_be_reached_or_knows_the_login_not_begins_nothing(
    salonix: Deployed, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SALONIX_BASE_URL", "http://127.0.0.1:1")
    with pytest.raises(SystemUnavailableError, match="cannot be reached"):
        one(salonix, RESEND, FAILED, wanted=Wanted.API)
    with ops_console(lambda *_: 200) as console:
        monkeypatch.setenv("SALONIX_BASE_URL", console.url)
        monkeypatch.setenv("SALONIX_OPS_SUPPORT_PASSWORD", "wrong")
        with pytest.raises(RefusedError, match="may not do this") as refused:
            one(salonix, RESEND, FAILED, wanted=Wanted.API)
    assert "wrong" not in str(refused.value)
    monkeypatch.setenv("SALONIX_BASE_URL", "no address")
    with pytest.raises((ConfigurationError, SystemUnavailableError)):
        one(salonix, RESEND, FAILED, wanted=Wanted.API)
