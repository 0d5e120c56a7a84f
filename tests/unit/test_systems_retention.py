"""The section `backup.retention`: what may stand in it, and what a mistake reads like."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from sereno.errors import ConfigurationError
from sereno.settings import Settings
from sereno.systems.loader import load_system
from sereno.systems.model import System
from sereno.systems.sections.retention import Hold, Retention

HEAD = """\
name: point
title: Point integrations
timezone: Europe/Lisbon
database: {url: "${POINT_DATABASE_URL}"}
backup:
  stores: [{name: local, folder: backups}]
  passphrase: ${POINT_BACKUP_PASSPHRASE}
"""
DAY = date(2026, 3, 1)


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for folder in ("flows", "deployments/point"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "prefect.yaml").touch()
    monkeypatch.chdir(tmp_path)


def retention(section: str) -> Retention:
    Path("deployments/point/system.yaml").write_text(f"{HEAD}{section}")
    system = load_system("point", Settings())
    assert system.backup
    assert System.model_validate(system.model_dump()) == system
    return system.backup.retention


def problem(section: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        retention(f"  retention: {section}")
    return str(caught.value).partition("backup.retention.")[2]


def test_without_a_section_the_rules_keep_years() -> None:
    assert retention("") == Retention(
        keep_last=3, within_days=3, daily=14, weekly=8, monthly=12, yearly=3, minimum=2, holds=()
    )


def test_dates_of_a_hold_need_no_quotes() -> None:
    (hold,) = retention("  retention: {holds: [{reason: audit, from: 2026-03-01, until: 2026-03-31}]}").holds
    assert (hold.first_day, hold.last_day) == (DAY, date(2026, 3, 31))


@pytest.mark.parametrize(
    ("section", "sentence"),
    [
        ("{minimum: 0}", "minimum: expected an integer from 1 to 1,000, found '0'"),
        ("{daily: -1}", "daily: expected an integer from 0 to 1,000, found '-1'"),
        ("{within_days: 36501}", "within_days: expected an integer from 0 to 36,500, found '36501'"),
        ("{weekly: many}", "weekly: expected an integer from 0 to 1,000, found 'many'"),
        ("{dayly: 3}", "dayly: is not known here; did you mean daily?"),
        ("{holds: [{from: 2026-03-01}]}", "holds[0].reason: is missing; expected text of 1 to 200 characters"),
        ("{holds: [{reason: x}]}", "holds[0]: a hold names either a backup or days: from, until, before"),
        ("{holds: [{reason: x, from: 1 March}]}", "holds[0].from: expected a date like 2026-01-31, found '1 March'"),
        ("{holds: [{reason: x, from: 2026-02-30}]}", "holds[0].from: expected a date like 2026-01-31"),
        (
            "{holds: [{reason: x, until: 2026-03-01, before: 2026-03-01}]}",
            "holds[0]: until and before mean the same end of a hold; give one of them",
        ),
        ("{holds: [{reason: x, from: 2026-03-02, until: 2026-03-01}]}", "holds[0]: this hold ends before it begins"),
        ("{holds: [{reason: x, from: 2026-03-02, before: 2026-03-02}]}", "holds[0]: this hold ends before it begins"),
        (
            "{holds: [{reason: x, backup: newest}]}",
            "holds[0].backup: expected text like 20261123T020000Z-full-1f3a5c7e",
        ),
        (
            "{holds: [{reason: x, backup: 20261123T020000Z-full-1f3a5c7e, from: 2026-03-02}]}",
            "holds[0]: a hold names either a backup or days: from, until, before",
        ),
    ],
)
def test_a_mistake_is_one_sentence(section: str, sentence: str) -> None:
    assert problem(section).startswith(sentence)


def test_a_hold_of_a_backup_covers_no_other() -> None:
    hold = Hold.model_validate({"reason": "x", "backup": "20261123T020000Z-full-1f3a5c7e"})
    assert hold.covers("20261123T020000Z-full-1f3a5c7e", day=DAY)
    assert not hold.covers("20261123T020000Z-full-1f3a5c7f", day=DAY)


@pytest.mark.parametrize(
    ("days", "before", "on", "after"),
    [
        ({"from": DAY}, False, True, True),
        ({"until": DAY}, True, True, False),
        ({"before": DAY}, True, False, False),
        ({"from": DAY, "until": DAY}, False, True, False),
    ],
)
def test_a_hold_of_days_covers_whole_days(days: dict[str, date], before: bool, on: bool, after: bool) -> None:
    hold = Hold.model_validate({"reason": "x", **days})
    asked = (date(2026, 2, 28), DAY, date(2026, 3, 2))
    assert tuple(hold.covers("any", day=day) for day in asked) == (before, on, after)
