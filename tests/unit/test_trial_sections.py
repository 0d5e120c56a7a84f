"""The sections `trials`, `messages` and `prices`, and what `sereno check` says of templates."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import Any

import pytest

from sereno.check.messages import checked_messages
from sereno.errors import ConfigurationError, StorageError
from sereno.messages.recipients import recipient_key
from sereno.settings import Settings
from sereno.systems.loader import load_system
from sereno.systems.sections.prices import Prices
from sereno.systems.sections.trials import Outcome, TrialHold, Trials

SYSTEM = """name: point
title: Point
timezone: Europe/Lisbon
database: {url: "${POINT_URL}"}
"""
MESSAGES = "messages: {sender: 'P <p@x.example>', channels: [{name: a, folder: b}]}\n"
TRIALS = "trials: {statuses: {trialing: [trialing]}, reminders_days: [1, 0], reactivate: false}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "point" / "messages").mkdir(parents=True)
    (tmp_path / "point" / "system.yaml").write_text(SYSTEM + MESSAGES + TRIALS)
    return tmp_path / "point"


def findings(folder: Path) -> dict[str, tuple[bool, str]]:
    settings = Settings(systems_dir=folder.parent)
    checked = checked_messages(load_system("point", settings), settings)
    return {finding.name: (finding.passed, finding.evidence) for finding in checked}


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [
        ({"statuses": {"trialing": ["a"], "ended": ["a"]}}, "the status 'a' stands twice"),
        ({"reminders_days": [1, 1]}, "different numbers of days"),
        ({"reminders_days": [400]}, "different numbers of days"),
        ({"local_hour": 24}, "less than or equal to 23"),
        ({"times_without_zone": "Mars"}, "no time zone"),
        ({"at_end": "delete"}, "expire"),
    ],
)
def test_a_policy_that_makes_no_sense_is_refused(wrong: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        Trials.model_validate({"statuses": {"trialing": ["trialing"]}, **wrong})


@pytest.mark.parametrize("named", [{}, {"account": "1", "tenant": "2"}])
def test_a_hold_names_an_account_or_a_tenant(named: dict[str, str]) -> None:
    with pytest.raises(ValueError, match="either an account or a tenant"):
        TrialHold.model_validate({"reason": "x", **named})


def test_the_statements_that_a_policy_needs() -> None:
    policy = Trials.model_validate(
        {"statuses": {"trialing": ["t"]}, "at_end": "nothing", "at_end_by_plan": {"a": "suspend", "b": "downgrade"}}
    )
    assert policy.outcomes == (Outcome.SUSPEND, Outcome.DOWNGRADE, Outcome.REACTIVATE)


def test_a_price_is_a_decimal_and_a_missing_one_is_none() -> None:
    prices = Prices.model_validate_json('{"currency": "EUR", "monthly": {"basic": "29.10"}}', strict=True)
    assert str(prices.of("basic")) == "29.10 EUR"
    assert prices.of("pro") is None
    with pytest.raises(ValueError, match="2 decimal places"):
        Prices.model_validate({"currency": "EUR", "monthly": {"basic": "29.105"}})


def test_trials_that_write_to_people_need_messages(folder: Path) -> None:
    (folder / "system.yaml").write_text(SYSTEM + TRIALS)
    with pytest.raises(ConfigurationError, match="give a section messages"):
        load_system("point", Settings(systems_dir=folder.parent))
    (folder / "system.yaml").write_text(SYSTEM + TRIALS.replace("[1, 0]", "[]"))
    assert load_system("point", Settings(systems_dir=folder.parent)).trials


def test_a_missing_a_wrong_and_a_strange_template_are_found(folder: Path) -> None:
    (folder / "messages" / "last_day.en.md").write_text("Subject: a\n\n{{ nme }}\n")
    (folder / "messages" / "7_days_before.en.md").write_text("Subject: a\n\nb\n")
    found = findings(folder)
    missing = found["messages/ has a template in en for all that is told"]
    assert (missing[0], "1_day_before.en.md" in missing[1]) == (False, True)
    assert found["messages/last_day.*.md can be filled"][0] is False
    assert "'nme' is undefined" in found["messages/last_day.*.md can be filled"][1]
    assert "7_days_before.*.md" in found["every file in messages/ is used"][1]


def test_templates_that_are_right_pass(folder: Path) -> None:
    for name in ("last_day.en.md", "last_day.pt.md", "1_day_before.en.md"):
        text = "{{ ends_on | day }}{% if price %}{{ price | money }}{% endif %}\n"
        text = f"Subject: {{{{ name }}}} {{{{ days_left | in_days }}}}\n\n{text}"
        (folder / "messages" / name).write_text(text)
    assert all(passed for passed, _ in findings(folder).values())


def test_a_system_that_writes_to_nobody_needs_no_templates(folder: Path) -> None:
    (folder / "system.yaml").write_text(SYSTEM)
    assert findings(folder) == {}


def test_the_key_of_the_digests_is_made_once_for_its_owner_alone(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path)
    key = recipient_key(settings)
    file = tmp_path / "keys" / "recipients"
    assert (recipient_key(settings), len(key)) == (key, 32)
    assert stat.S_IMODE(os.stat(file).st_mode) == 0o600
    assert [path.name for path in file.parent.iterdir()] == ["recipients"]
    file.write_text("short")
    with pytest.raises(StorageError, match="holds no key"):
        recipient_key(settings)
