"""What the ledger keeps of each day's business, in SQLite and in PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from sereno.ledger import Ledger, open_ledger
from sereno.ledger.overview_snapshots import (
    KEPT_DAYS,
    holdings_before,
    newest_overview,
    note_snapshot,
    snapshot_of,
    snapshots,
)
from sereno.overview.snapshot import ALL, Plan, Snapshot, Tenants
from sereno.settings import Settings

FIRST = date(2026, 11, 1)


@pytest.fixture(params=["sqlite", "postgresql"])
def ledger(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Ledger]:
    url = request.getfixturevalue("scratch_database") if request.param == "postgresql" else None
    with open_ledger(Settings(home=tmp_path / "home", ledger_url=url)) as opened:
        yield opened


def snapshot(days: int, paying: int = 1) -> Snapshot:
    plans = {"básico": Plan(paying=paying, price=Decimal("29.00")), "unknown": Plan(paying=1)}
    return Snapshot(
        day=FIRST + timedelta(days=days),
        taken_at=datetime(2026, 11, 1, 7, tzinfo=UTC) + timedelta(days=days),
        currency="EUR",
        tenants=Tenants(active=paying, trials_ending=2, trials_overdue=0, plans=plans),
        open_alerts={"critical": 1, "info": 2},
    )


def note(ledger: Ledger, days: int, paying: int = 1, *, scope: str = ALL, blind: bool = False) -> Snapshot:
    noted = snapshot(days, paying)
    held = None if blind else {f"tenant {number}": "p básico" for number in range(paying)}
    note_snapshot(ledger, "salon", noted, scope=scope, holdings=held)
    return noted


def kept(ledger: Ledger, *, scope: str = ALL) -> list[Snapshot]:
    return snapshots(ledger, "salon", scope=scope, since=FIRST, before=FIRST + timedelta(days=KEPT_DAYS * 2))


def test_a_day_is_kept_once_and_the_newest_look_at_it_counts(ledger: Ledger) -> None:
    note(ledger, 0, paying=3)
    again = note(ledger, 0, paying=5)
    assert kept(ledger) == [again]
    assert snapshot_of(ledger, "salon", scope=ALL, day=FIRST) == again
    assert snapshot_of(ledger, "salon", scope=ALL, day=FIRST + timedelta(days=1)) is None
    assert snapshot_of(ledger, "other", scope=ALL, day=FIRST) is None


def test_tenants_have_days_of_their_own(ledger: Ledger) -> None:
    everybody, one = note(ledger, 0, paying=3), note(ledger, 0, paying=1, scope="7")
    assert (kept(ledger), kept(ledger, scope="7")) == ([everybody], [one])


def test_what_tenants_had_is_kept_as_long_as_the_next_day_needs_it(ledger: Ledger) -> None:
    for days in range(3):
        note(ledger, days, paying=days + 1)
    note(ledger, 3, blind=True)
    found = holdings_before(ledger, "salon", scope=ALL, day=FIRST + timedelta(days=4))
    assert found
    assert (found[0], len(found[1])) == (snapshot(2, 3), 3), "the day that saw no tenants is passed over"
    note(ledger, 4, paying=9)
    again = holdings_before(ledger, "salon", scope=ALL, day=FIRST + timedelta(days=4))
    assert again == found, "a second run of the day compares with the same day"
    assert holdings_before(ledger, "salon", scope=ALL, day=FIRST + timedelta(days=2)) is None


def test_the_oldest_days_go(ledger: Ledger) -> None:
    note(ledger, 0)
    note(ledger, 1)
    newest = note(ledger, KEPT_DAYS + 1)
    assert [each.day for each in kept(ledger)] == [snapshot(1).day, newest.day]


def test_metrics_are_of_the_newest_day_and_of_plans_with_a_price(ledger: Ledger) -> None:
    assert newest_overview(ledger, "salon") is None
    note(ledger, 1, paying=2)
    note(ledger, 0, paying=9)
    record = newest_overview(ledger, "salon")
    assert record
    assert (record.active_tenants, record.trials_ending, record.open_alerts) == (2, 2, 3)
    assert record.revenue == {"básico": Decimal("58.00")}
