"""The rules of maintenance: what is asked for, what is old, how large a batch is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from sereno.errors import ConfigurationError, ContractError, RefusedError
from sereno.ledger.chain import subject_of
from sereno.maintenance.actions import purge_action, with_effect
from sereno.maintenance.cutoff import comparable, cutoff_of
from sereno.maintenance.sizing import MOST_ROWS, most_rows, next_rows
from sereno.maintenance.statements import GRAIN_ROWS
from sereno.maintenance.wishes import Part, wishes_of
from sereno.reports.model import Effect
from sereno.systems.model import System
from sereno.systems.sections.maintenance import Purge

NOW = datetime(2026, 3, 31, 0, 30, tzinfo=UTC)
LISBON = ZoneInfo("Europe/Lisbon")


def purge(**changes: Any) -> Purge:
    return Purge.model_validate({"name": "logs", "table": "log", "key": "id", "older_than": "at", **changes})


def system(*names: str, idle: bool = True) -> System:
    return System.model_validate(
        {
            "name": "a",
            "title": "A",
            "timezone": "Europe/Lisbon",
            "database": {"url": "${A_URL}"},
            "maintenance": {"idle_clients": {"idle_days": 40}} if idle else {},
            "purges": [purge(name=name).model_dump() for name in names],
        }
    )


def test_the_form_wins_over_the_file_and_the_file_over_the_defaults() -> None:
    wishes = wishes_of(system("logs"), now=NOW, idle_limit=7, max_delete=9)
    assert (wishes.idle_days, wishes.idle_limit) == (40, 7)
    assert [(each.retain_days, each.max_delete) for each in wishes.purges] == [(90, 9)]
    assert wishes.idle_cutoff == NOW - timedelta(days=40)


@pytest.mark.parametrize(
    ("asked", "idle", "purges"),
    [
        ({}, True, ["logs", "mails"]),
        ({"part": Part.IDLE_CLIENTS}, True, []),
        ({"part": Part.PURGES}, False, ["logs", "mails"]),
        ({"purges": ["mails"]}, False, ["mails"]),
    ],
)
def test_both_parts_or_each_alone(asked: dict[str, Any], idle: bool, purges: list[str]) -> None:
    wishes = wishes_of(system("logs", "mails"), now=NOW, **asked)
    assert (wishes.idle_days is not None, [each.name for each in wishes.purges]) == (idle, purges)


def test_what_is_not_there_cannot_be_asked_for() -> None:
    with pytest.raises(ConfigurationError, match=r"no purge 'log'; its system\.yaml knows: logs"):
        wishes_of(system("logs"), now=NOW, purges=["log"])
    with pytest.raises(ConfigurationError, match="nothing to do"):
        wishes_of(system("logs", idle=False), now=NOW, part=Part.IDLE_CLIENTS)


def test_one_retention_is_for_one_purge() -> None:
    assert wishes_of(system("logs"), now=NOW, retain_days=3).purges[0].retain_days == 3
    with pytest.raises(RefusedError, match="would replace the retention of 2 purges"):
        wishes_of(system("logs", "mails"), now=NOW, retain_days=3)


def test_days_are_counted_back_in_hours_over_a_change_of_the_clock() -> None:
    assert cutoff_of(purge(retain_days=3), now=NOW) == datetime(2026, 3, 28, 0, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("changes", "column_type", "value", "sent_as"),
    [
        ({}, "timestamp with time zone", NOW, "timestamp with time zone"),
        ({}, "timestamp without time zone", datetime(2026, 3, 31, 0, 30), "timestamp without time zone"),
        (
            {"without_zone": "system"},
            "timestamp without time zone",
            datetime(2026, 3, 31, 1, 30),
            "timestamp without time zone",
        ),
        ({}, "date", date(2026, 3, 31), "date"),
        ({"epoch": "seconds"}, "bigint", 1_774_917_000, "bigint"),
        ({"epoch": "milliseconds"}, "bigint", 1_774_917_000_000, "bigint"),
    ],
)
def test_the_cutoff_compares_with_the_column(
    changes: dict[str, Any], column_type: str, value: object, sent_as: str
) -> None:
    assert comparable(purge(**changes), NOW, column_type=column_type, zone=LISBON) == (value, sent_as)


@pytest.mark.parametrize(
    ("changes", "column_type"),
    [({}, "text"), ({}, "bigint"), ({"epoch": "seconds"}, "date"), ({}, "time without time zone")],
)
def test_a_column_that_does_not_say_how_old_a_row_is_is_refused(changes: dict[str, Any], column_type: str) -> None:
    with pytest.raises(ContractError, match="does not say how old a row is"):
        comparable(purge(**changes), NOW, column_type=column_type, zone=LISBON)


@pytest.mark.parametrize(
    ("rows", "seconds", "expected"),
    [(1_000, 0.1, 2_500), (1_000, 0.2, 1_250), (1_000, 0.25, 1_000), (4_000, 2.0, 500), (1_000, 0.0, 10_000)],
)
def test_a_batch_takes_the_time_that_it_should(rows: int, seconds: float, expected: int) -> None:
    assert next_rows(rows, seconds=seconds, target_seconds=0.25) == expected


def test_a_batch_is_neither_empty_nor_without_bound() -> None:
    assert next_rows(GRAIN_ROWS, seconds=100, target_seconds=0.01) == GRAIN_ROWS
    assert next_rows(MOST_ROWS, seconds=0.001, target_seconds=10) == MOST_ROWS
    assert most_rows(1_000_000, archive=True) == GRAIN_ROWS
    assert most_rows(1_000_000, archive=False) == MOST_ROWS
    assert most_rows(0, archive=True) == MOST_ROWS


def test_actions_are_called_as_the_runbook_calls_them() -> None:
    assert purge_action(purge(name="api_logs")) == "PURGE_API_LOGS"
    assert purge_action(purge(name="api-logs")) == "PURGE_API_LOGS"
    assert with_effect("DEACTIVATE_IDLE_CLIENTS", Effect.DRY_RUN) == "PREVIEW_DEACTIVATE_IDLE_CLIENTS"
    assert (subject_of("maintenance"), subject_of("backup")) == ("API_MAINTENANCE", "BACKUP")


@pytest.mark.parametrize(
    "changes",
    [
        {"retain_days": 0},
        {"retain_days": 3_651},
        {"max_delete": 50_001},
        {"max_delete": -1},
        {"key": []},
        {"key": ["a", "a"]},
        {"key": ["a", "b"], "set_null": [{"table": "t", "column": "c"}]},
        {"archive": True, "drop_partitions": 1},
        {"table": "a.b.c"},
        {"table": ""},
    ],
)
def test_a_purge_out_of_bounds_or_that_contradicts_itself_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        purge(**changes)


def test_two_purges_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="two purges are called"):
        system("api_logs", "api-logs")
