"""How controls are judged: values in, an outcome out, at the edges."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from sereno.compliance import judging, own_judging
from sereno.compliance.asking import Answer, ask_own
from sereno.compliance.catalogue import CATALOGUE
from sereno.compliance.control import Outcome
from sereno.compliance.datamap.model import DataMap
from sereno.compliance.period import bounds, last_days, period_between
from sereno.compliance.score import score_of
from sereno.errors import ConfigurationError, SystemUnavailableError
from sereno.systems.model import System
from sereno.systems.sections.compliance import Compliance, Law, ManualControl, OwnControl, Severity

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
SECTION = Compliance()
SYSTEM = System.model_validate(
    {
        "name": "salon",
        "title": "Salon",
        "timezone": "Europe/Lisbon",
        "database": {"url": "${NOWHERE}"},
        "backup": {"stores": [{"name": "near", "folder": "a"}, {"name": "far", "folder": "b"}], "passphrase": "${P}"},
    }
)
SECOND = timedelta(seconds=1)


def answer(*rows: dict[str, Any]) -> Answer:
    return ask_own("test", "a question", lambda: rows)


def silent() -> Answer:
    def fail() -> Sequence[dict[str, Any]]:
        raise SystemUnavailableError("it took too long")

    return ask_own("test", "a question", fail)


@pytest.mark.parametrize(
    ("people", "covered", "outcome"),
    [(3, 3, Outcome.PASSED), (3, 2, Outcome.FAILED), (0, 0, Outcome.NO_DATA), (None, None, Outcome.NO_DATA)],
)
def test_everybody_has_to_be_reached_and_nobody_is_no_data(people: Any, covered: Any, outcome: Outcome) -> None:
    judge = judging.share("consent_coverage", SECTION, "covered")
    found = judging.by_answer(
        "consent_coverage", SECTION, answer({"people": people, "covered": covered}), judge, file="f"
    )
    assert found.outcome is outcome


def test_what_was_not_answered_is_no_data_and_says_why() -> None:
    judge = judging.failed_logins(SECTION)
    missing = judging.by_answer("failed_logins", SECTION, None, judge, file="compliance.logins")
    failed = judging.by_answer("failed_logins", SECTION, silent(), judge, file="compliance.logins")
    wrong = judging.by_answer("failed_logins", SECTION, answer({"attempts": 1}), judge, file="compliance.logins")
    nothing = judging.by_answer("failed_logins", SECTION, answer(), judge, file="compliance.logins")
    assert [each.outcome for each in (missing, failed, wrong, nothing)] == [Outcome.NO_DATA] * 4
    assert missing.reason == "there is no sql/compliance.logins.sql"
    assert failed.reason == "it took too long"
    assert "does not give what its contract says" in wrong.reason
    assert score_of([missing, failed, wrong, nothing]).value == 0


@pytest.mark.parametrize(("failed", "outcome"), [(20, Outcome.PASSED), (21, Outcome.FAILED)])
def test_so_many_logins_of_a_hundred_may_fail(failed: int, outcome: Outcome) -> None:
    found = judging.failed_logins(SECTION)(answer({"attempts": 100, "failed": failed}))
    assert (found.outcome, found.figures["percent"]) == (outcome, failed)
    assert judging.failed_logins(SECTION)(answer({"attempts": 0, "failed": 0})).outcome is Outcome.PASSED


def request(days: float, answered_after: float | None = None, due_after: float | None = None) -> dict[str, Any]:
    received = datetime(2026, 11, 1, 12, tzinfo=UTC)
    return {
        "reference": 1,
        "kind": "access",
        "received_at": received,
        "answered_at": None if answered_after is None else received + timedelta(days=answered_after),
        "due_at": None if due_after is None else received + timedelta(days=due_after),
    }


def test_a_request_is_overdue_one_second_after_the_last_day_of_the_law() -> None:
    end = datetime(2026, 11, 17, tzinfo=SYSTEM.zone)  # the sixteenth is the fifteenth day after the first
    for now, overdue in ((end, 0), (end + SECOND, 1)):
        clocks = judging.request_clocks(SYSTEM, SECTION, now)([request(0)])
        assert (clocks.overdue, clocks.received, clocks.answered) == (overdue, 1, 0)
        assert clocks.open_clocks[0].due_at == end


def test_an_answer_that_came_too_late_stays_overdue_and_an_earlier_deadline_of_the_system_counts() -> None:
    clocks = judging.request_clocks(SYSTEM, SECTION, NOW)
    late, in_time, own = request(0, 17), request(0, 10), request(0, 10, 5)
    assert [clocks([each]).overdue for each in (late, in_time, own)] == [1, 0, 1]
    assert clocks([request(0, 10, 300)]).overdue == 0
    gdpr = Compliance(laws=(Law.GDPR,))
    assert judging.request_clocks(SYSTEM, gdpr, NOW)([request(0, 17)]).overdue == 0


def test_a_time_without_a_zone_is_one_of_the_systems() -> None:
    naive = {**request(0), "received_at": datetime(2026, 11, 1, 0, 0, 1)}
    assert (
        judging.request_clocks(SYSTEM, SECTION, NOW)([naive]).open_clocks[0].due_at.isoformat()
        == "2026-11-17T00:00:00+00:00"
    )
    found = judging.by_answer(
        "requests_in_time",
        SECTION,
        answer({**request(0), "received_at": "yesterday"}),
        judging.in_time(
            "requests_in_time", SECTION, judging.request_clocks(SYSTEM, SECTION, NOW), words=("received", "answered")
        ),
        file="compliance.requests",
    )
    assert "a time was expected, not str" in found.reason


def test_a_control_of_the_folders_own_needs_something_that_was_checked() -> None:
    own = OwnControl(name="cameras", title="Cameras", weight=7, severity=Severity.HIGH)
    outcomes = {
        (checked, failed): judging.own_control(own, answer({"checked": checked, "failed": failed})).outcome
        for checked, failed in ((3, 0), (3, 1), (0, 0))
    }
    assert outcomes == {(3, 0): Outcome.PASSED, (3, 1): Outcome.FAILED, (0, 0): Outcome.NO_DATA}
    assert judging.own_control(own, None).reason == "there is no sql/compliance.control.cameras.sql"
    assert judging.own_control(own, silent()).reason == "it took too long"
    manual = judging.manual_control(ManualControl(name="read", title="Read", what="read them"))
    assert (manual.outcome, manual.passed, manual.reason) == (Outcome.MANUAL, False, "read them")


def backup(store: str, *, hours: float, whole_days: float | None = 0, drilled_days: float | None = 0) -> dict[str, Any]:
    def ago(days: float | None) -> datetime | None:
        return None if days is None else NOW - timedelta(days=days)

    taken = NOW - timedelta(hours=hours)
    return {
        "store": store,
        "kind": "full",
        "taken_at": taken,
        "whole_at": ago(whole_days),
        "drilled_at": ago(drilled_days),
    }


def backups(*rows: dict[str, Any]) -> dict[str, Outcome]:
    keys = answer(
        {"store": "near", "backups": 1, "newest_intact": True}, {"store": "far", "backups": 0, "newest_intact": False}
    )
    found = own_judging.judge_backups(SYSTEM, SECTION, answer(*rows), keys, now=NOW)
    return {each.name.removeprefix("backups_"): each.outcome for each in found}


def test_every_store_needs_a_backup_that_is_new_enough_and_was_read() -> None:
    good = [backup("near", hours=25), backup("far", hours=25)]
    assert set(backups(*good).values()) == {Outcome.PASSED}
    assert backups(good[0])["taken"] is Outcome.FAILED
    late = {**good[1], "taken_at": NOW - timedelta(hours=26) - SECOND}
    assert backups(good[0], late)["taken"] is Outcome.FAILED
    assert backups(good[0], backup("far", hours=1, whole_days=None))["verified"] is Outcome.FAILED
    assert backups(good[0], backup("far", hours=1, whole_days=8.1))["verified"] is Outcome.FAILED
    undrilled = [backup(store, hours=1, drilled_days=None) for store in ("near", "far")]
    assert backups(*undrilled)["drilled"] is Outcome.FAILED
    assert backups(*undrilled, backup("near", hours=900, drilled_days=35))["drilled"] is Outcome.PASSED


def test_a_system_without_backups_has_no_data_about_them_and_a_silent_store_neither() -> None:
    bare = SYSTEM.model_copy(update={"backup": None})
    found = [
        *own_judging.judge_backups(bare, SECTION, answer(), answer(), now=NOW),
        *own_judging.judge_backups(SYSTEM, SECTION, silent(), answer(), now=NOW),
    ]
    assert [each.outcome for each in found] == [Outcome.NO_DATA] * 8


MAP = DataMap.model_validate(
    {
        "activities": [
            {"name": "a", "title": "A", "purpose": "p", "gdpr": "consent", "lgpd": "consent", "subjects": ["s"]}
        ],
        "tables": [
            {
                "table": "logs",
                "activities": ["a"],
                "columns": {"ip": "online-identifier"},
                "age_column": "at",
                "retention_days": 30,
            }
        ],
    }
)


@pytest.mark.parametrize(
    ("oldest", "outcome"),
    [
        (None, Outcome.PASSED),
        (NOW - timedelta(days=31) + SECOND, Outcome.PASSED),
        (NOW - timedelta(days=31), Outcome.FAILED),
        ((NOW - timedelta(days=31)).replace(tzinfo=None), Outcome.FAILED),
        ((NOW - timedelta(days=30)).date(), Outcome.PASSED),
        ((NOW - timedelta(days=31)).date(), Outcome.FAILED),
    ],
)
def test_no_row_may_be_older_than_its_policy(oldest: Any, outcome: Outcome) -> None:
    found = own_judging.judge_retention(SECTION, MAP, {"logs": answer({"oldest": oldest})}, now=NOW)
    assert found.outcome is outcome


def test_a_table_that_cannot_be_read_is_no_data_for_retention() -> None:
    assert own_judging.judge_retention(SECTION, MAP, {"logs": silent()}, now=NOW).outcome is Outcome.NO_DATA
    assert own_judging.judge_retention(SECTION, None, {}, now=NOW).reason == "there is no data_map.yaml"


def test_row_level_security_needs_to_be_on_and_to_have_a_policy() -> None:
    rows = [{"name": "a", "enabled": True, "policies": 1}, {"name": "b", "enabled": True, "policies": 0}]
    assert own_judging.judge_row_security(SECTION, answer(rows[0])).outcome is Outcome.PASSED
    open_ = own_judging.judge_row_security(SECTION, answer(*rows))
    assert (open_.outcome, open_.figures["first_without"]) == (Outcome.FAILED, "b")


def test_a_broken_chain_fails_and_one_that_cannot_be_read_is_no_data() -> None:
    whole = {"events": 5, "anchors": 1, "broken": None}
    assert own_judging.judge_chain(SECTION, answer(whole)).outcome is Outcome.PASSED
    assert own_judging.judge_chain(SECTION, answer({**whole, "broken": 3})).figures["first_broken"] == 3
    assert own_judging.judge_chain(SECTION, silent()).outcome is Outcome.NO_DATA


def test_the_folder_weighs_a_control_and_its_severity() -> None:
    section = Compliance.model_validate({"controls": {"failed_logins": {"weight": 9, "severity": "critical"}}})
    found = judging.failed_logins(section)(answer({"attempts": 1, "failed": 1}))
    assert (found.weight, found.severity) == (9, Severity.CRITICAL)


def test_names_of_the_catalogue_are_unique() -> None:
    assert len({control.name for control in CATALOGUE}) == len(CATALOGUE)


ZONE = SYSTEM.zone


@pytest.mark.parametrize(
    ("since", "until", "days"),
    [
        ("", "", ("2026-10-01", "2026-10-31")),
        ("2026-09-01", "", ("2026-09-01", "2026-09-30")),
        ("2026-11-01", "", ("2026-11-01", "2026-11-20")),
        ("", "2026-02-10", ("2026-02-01", "2026-02-10")),
        ("2024-02-29", "2024-02-29", ("2024-02-29", "2024-02-29")),
        ("2016-11-21", "2026-11-20", ("2016-11-21", "2026-11-20")),
    ],
)
def test_periods_are_whole_days_and_without_words_the_month_before(
    since: str, until: str, days: tuple[str, str]
) -> None:
    period = period_between(since, until, now=NOW, zone=ZONE)
    assert (period.since.isoformat(), period.until.isoformat()) == days


@pytest.mark.parametrize(
    ("since", "until", "said"),
    [
        ("2026-11-21", "", "lies in the future: today is 2026-11-20"),
        ("2026-11-01", "2026-11-21", "lies in the future"),
        ("2026-10-31", "2026-10-01", "date_from=2026-10-31 is after date_to=2026-10-01"),
        ("2016-11-01", "2026-11-20", "longer than ten years"),
        ("last month", "", "is no day; write one such as 2026-10-31"),
        ("2026-02-30", "", "is no day"),
    ],
)
def test_a_period_that_makes_no_sense_is_one_sentence(since: str, until: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        period_between(since, until, now=NOW, zone=ZONE)


def test_the_bounds_of_a_period_follow_the_clocks_of_the_system() -> None:
    begin, end = bounds(period_between("2026-10-01", "2026-10-31", now=NOW, zone=ZONE), ZONE)
    assert (begin.astimezone(UTC).isoformat(), end.astimezone(UTC).isoformat()) == (
        "2026-09-30T23:00:00+00:00",
        "2026-11-01T00:00:00+00:00",
    )
    assert last_days(30, now=NOW, zone=ZONE).since.isoformat() == "2026-10-22"
