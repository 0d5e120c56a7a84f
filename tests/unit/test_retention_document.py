"""The example of docs/retention.md is what the rules say."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from sereno.backup.keep import CalendarEntry, DatedBackup, Rule
from sereno.backup.manifest import BackupKind
from sereno.backup.retention import calendar
from sereno.systems.sections.retention import Retention
from unit.retention_case import LISBON, policy, taken

DOCUMENT = (Path(__file__).parents[2] / "docs" / "retention.md").read_text(encoding="utf-8")
SUNDAY = 6


def line(entry: CalendarEntry) -> str:
    reasons = ["parent" if reason.rule is Rule.PARENT else reason.text for reason in entry.reasons]
    backup = entry.backup
    return f"| {backup.taken_at:%a %d %b} | {backup.kind} | {entry.until(LISBON)} | {', '.join(reasons)} |"


def test_the_example_is_computed() -> None:
    backups: list[DatedBackup] = []
    night, now = datetime(2026, 8, 30, 2, tzinfo=LISBON), datetime(2026, 11, 23, 3, 30, tzinfo=UTC)
    while night <= now:
        full = night.weekday() == SUNDAY
        backups.append(taken(night) if full else taken(night, BackupKind.INCREMENTAL, backups[-1]))
        night += timedelta(days=1)
    keep = policy(keep_last=2, daily=7, weekly=4, monthly=3, minimum=2)
    stays = [line(entry) for entry in calendar(backups, keep=keep, now=now) if entry.stays]
    assert f"after {len(backups)} backups, {len(stays)} stay" in DOCUMENT
    assert [row for row in DOCUMENT.splitlines() if " Sep |" in row or " Oct |" in row or " Nov |" in row] == stays


def test_the_defaults_are_those_that_it_shows() -> None:
    shown = {line.partition("#")[0].strip() for line in DOCUMENT.splitlines()}
    assert {f"{name}: {value}" for name, value in Retention().model_dump(exclude={"holds"}).items()} <= shown
