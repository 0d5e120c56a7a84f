"""The overviews of the demo and of the five shipped systems, by their own files, on databases with their tables."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from infra.demo.system import DemoSystem
from integration.conftest import REFERENCE
from integration.five_systems import NAMES, Deploy, FiveSystems, in_place
from sereno.check.offers import offered_jobs
from sereno.check.online import checked_databases
from sereno.errors import ConfigurationError, RefusedError, SystemUnavailableError
from sereno.ledger import open_ledger
from sereno.ledger.overview_snapshots import holdings_before, newest_overview, snapshots
from sereno.overview import looking
from sereno.overview.history import History, remember
from sereno.overview.looking import Seen
from sereno.overview.report import overview_report
from sereno.overview.snapshot import ALL, Clients, Snapshot
from sereno.reports.build import tally
from sereno.reports.model import Draft, Result
from sereno.settings import Settings
from sereno.systems.loader import load_system
from sereno.systems.model import System

DAY = timedelta(days=1)


def look(system: System, *, now: datetime = REFERENCE, scope: str = ALL) -> Seen:
    """Everything, as the job's steps look at it."""
    return Seen(
        now=now,
        scope=scope,
        tenants=looking.look_at_tenants(system, scope=scope, now=now),
        alerts=looking.look_at_alerts(system, scope=scope),
        notifications=looking.look_at_notifications(system, scope=scope, now=now),
        api=looking.look_at_api(system, scope=scope, now=now),
        clients=looking.look_at_clients(system, scope=scope, now=now),
    )


def taken(system: System, **given: object) -> tuple[Snapshot, History, Draft]:
    """A look that is kept, as the job does it."""
    seen = look(system, **given)  # type: ignore[arg-type]
    history = remember(system, seen)
    return history.today, history, overview_report(system, seen, history)


@pytest.fixture
def salons(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> System:
    """The demo system as it is shipped, with a ledger of its own."""
    (tmp_path / "demo").mkdir()
    (tmp_path / "demo" / "secrets").symlink_to(demo.folder / "secrets")
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    return load_system("demo")


def test_the_demo_is_told_in_full(salons: System) -> None:
    today, _, draft = taken(salons)
    assert today.tenants
    assert (today.tenants.active, today.tenants.paying, today.tenants.trialing) == (22, 7, 9)
    assert today.tenants.trials_overdue == 6, "three ended, three end this very moment"
    assert today.tenants.trials_ending <= 3
    assert today.revenue == sum((plan.price or Decimal()) * plan.paying for plan in today.tenants.plans.values())
    assert today.notifications
    assert len(today.notifications) == 7
    assert today.api
    assert today.api.day.requests <= today.api.week.requests
    assert today.clients
    assert today.clients.idle > 0
    with psycopg.connect(salons.database.url.resolve()) as database:  # other tests resolve some
        (unresolved,) = database.execute("SELECT count(*) FROM ops_alerts WHERE resolved_at IS NULL").fetchone() or ()
    assert today.alerts == unresolved > 0
    assert tally(draft.findings) is Result.PASSED, draft.findings


def test_one_tenant_is_told_apart_and_keeps_days_of_its_own(salons: System) -> None:
    today, _, draft = taken(salons, scope="7")
    assert today.tenants
    assert (today.tenants.active, today.tenants.paying) == (1, 1)
    assert draft.headline.startswith("Demo salons, tenant 7: 1 active tenant")
    with open_ledger() as ledger:
        assert newest_overview(ledger, "demo") is None, "metrics are about all of them"
    with pytest.raises(RefusedError, match="no tenant 'nobody'"):
        look(salons, scope="nobody")


def test_a_database_that_does_not_answer_ends_the_job_and_keeps_no_day(
    salons: System, monkeypatch: pytest.MonkeyPatch
) -> None:
    looking.reach(salons, scope=ALL)
    for scope in ("", "a\nb", "x" * 201):
        with pytest.raises(RefusedError, match="scope is a tenant's id"):
            looking.reach(salons, scope=scope)
    with pytest.raises(ConfigurationError, match="demo has no section overview"):
        looking.reach(salons.model_copy(update={"overview": None}), scope=ALL)
    monkeypatch.setenv("NOBODY_LISTENS", "postgresql://nobody@127.0.0.1:1/nothing?connect_timeout=2")
    nowhere = {**salons.model_dump(), "database": {"url": "${NOBODY_LISTENS}"}}
    with pytest.raises(SystemUnavailableError):
        looking.reach(System.model_validate(nowhere), scope=ALL)


@pytest.mark.parametrize("name", NAMES)
def test_every_system_is_told_as_far_as_its_tables_go(five_systems: FiveSystems, tmp_path: Path, name: str) -> None:
    with in_place(five_systems.shared(name), tmp_path) as deployed:
        assert "business_overview" in offered_jobs(deployed.system)
        found = [each for each in checked_databases(deployed.system, Settings()) if "/overview." in each.name]
        assert [each for each in found if not each.passed] == []
        today, history, draft = taken(deployed.system)
        assert tally(draft.findings) is Result.PASSED, draft.findings
        assert "example" not in draft.model_dump_json(), "no address of a person"
        again = remember(deployed.system, look(deployed.system))
        assert again.snapshots == history.snapshots, "the same day once"
    tenants = today.tenants
    told = {key for key, value in today if value is not None} - {"day", "taken_at", "currency", "movements"}
    everything = {"tenants", "open_alerts", "notifications", "api", "clients"}
    assert (
        told
        == {
            "atendechat": everything - {"open_alerts"},
            "exitus": {"tenants"},
            "fvstudios": everything,
            "point": {"notifications", "api", "clients"},
            "salonix": everything - {"api", "clients"},
        }[name]
    )
    if tenants:
        assert (tenants.active, tenants.paying, tenants.trialing, tenants.trials_ending, tenants.trials_overdue) == {
            "atendechat": (13, 4, 7, 3, 3),
            "exitus": (2, 2, 0, 0, 0),
            "fvstudios": (3, 3, 0, 0, 0),
            "salonix": (11, 2, 8, 3, 3),
        }[name]


def test_salonix_earns_what_its_console_says_without_the_trials(five_systems: FiveSystems, tmp_path: Path) -> None:
    with in_place(five_systems.shared("salonix"), tmp_path) as deployed:
        today, _, draft = taken(deployed.system)
    assert today.revenue == Decimal("158.00"), "one standard and one pro"
    assert today.alerts == 10
    (priced,) = [each for each in draft.findings if each.name == "every plan has a price"]
    assert priced.evidence.startswith("not counted: enterprise: 0 paying, 2 on trial")


def test_points_clients_are_in_use_or_idle_by_their_calls(five_systems: FiveSystems, tmp_path: Path) -> None:
    with in_place(five_systems.shared("point"), tmp_path) as deployed:
        today, _, _ = taken(deployed.system)
        assert today.clients == Clients(in_use=11, idle=19), "client 15 says otherwise, client 30 is a minute old"
        with pytest.raises(RefusedError, match="cannot be told by tenant"):
            look(deployed.system, scope="1")


def test_what_cannot_tell_tenants_apart_is_left_out_for_one(five_systems: FiveSystems, tmp_path: Path) -> None:
    with in_place(five_systems.shared("atendechat"), tmp_path) as deployed:
        with psycopg.connect(deployed.database.reader) as reader:
            (company,) = reader.execute('SELECT min(id) FROM "Company"').fetchone() or ("",)
        seen = look(deployed.system, scope=company)
    assert list(seen.missing) == ["alerts", "notifications"]
    assert seen.whole


def test_a_part_that_breaks_is_told_and_replaces_no_whole_day(deployed: Deploy) -> None:
    place = deployed("salonix")
    first, _, _ = taken(place.system)
    with psycopg.connect(place.database.owner, autocommit=True) as owner:
        owner.execute("ALTER TABLE ops_opsalert RENAME TO gone")
    _, history, draft = taken(place.system)
    assert history.today.open_alerts is None
    assert tally(draft.findings) is Result.FAILED
    with open_ledger() as ledger:
        assert snapshots(ledger, "salonix", scope=ALL, since=first.day, before=first.day + DAY) == [first]


def test_days_become_movements_and_trends(deployed: Deploy) -> None:
    place = deployed("salonix")
    system = place.system
    taken(system, now=REFERENCE - 2 * DAY)
    with psycopg.connect(place.database.owner, autocommit=True) as owner:
        # tenant 7 becomes a customer of another plan than it tried, 9 goes to a dearer plan, 10 goes, 5 lapses
        owner.execute("UPDATE users_tenant SET plan_tier = 'basic' WHERE id = 7")
        owner.execute("UPDATE users_tenant SET plan_tier = 'pro' WHERE id = 9")
        owner.execute("UPDATE users_userfeatureflags SET pro_status = 'active' WHERE user_id = 35")
        owner.execute("UPDATE users_userfeatureflags SET pro_status = 'canceled' WHERE user_id IN (50, 25)")
    today, history, draft = taken(system)
    assert today.movements
    told = {kind.value: str(each.amount) for kind, each in today.movements.by_kind.items() if each.tenants}
    assert told == {"new": "29.00", "expansion": "40.00", "churn": "-99.00"}
    assert (today.movements.converted, today.movements.lapsed) == (1, 1)
    assert today.movements.plan_changes == {"standard → pro": 1}
    assert len(history.snapshots) == 2
    assert "(-30.00 in 2 days)" in draft.headline
    assert remember(system, look(system)).today.movements == today.movements, "compared with the day before"
    assert draft.figures["trial_conversion_30_days_percent"] == Decimal("50.0")
    with open_ledger() as ledger:
        record = newest_overview(ledger, "salonix")
        assert record
        assert record.revenue == {"basic": Decimal("29.00"), "standard": Decimal(0), "pro": Decimal("99.00")}
        remember(system, look(system, now=REFERENCE + DAY))
        kept = holdings_before(ledger, "salonix", scope=ALL, day=REFERENCE.date())
    assert kept is None, "what tenants had is kept for the newest two days"


def test_notifications_count_on_the_systems_own_days_of_23_and_of_25_hours(deployed: Deploy) -> None:
    place = deployed("salonix")
    sent = {
        "2026-03-22T23:59:59Z": None,  # before the seven days
        "2026-03-23T00:00:00Z": "2026-03-23",
        "2026-03-28T23:59:59Z": "2026-03-28",
        "2026-03-29T00:30:00Z": "2026-03-29",  # half an hour before the clock goes forward
        "2026-03-29T22:59:59Z": "2026-03-29",
        "2026-03-29T23:00:00Z": None,  # the next day has begun
        "2026-10-18T22:59:59Z": None,
        "2026-10-18T23:00:00Z": "2026-10-19",
        "2026-10-24T22:59:59Z": "2026-10-24",
        "2026-10-24T23:00:00Z": "2026-10-25",  # the day on which the clock goes back
        "2026-10-25T23:59:59Z": "2026-10-25",
    }
    with psycopg.connect(place.database.owner, autocommit=True) as owner:
        owner.execute("DELETE FROM ops_opsalert")
        owner.execute("DELETE FROM notifications_notificationlog WHERE id > %s", [len(sent)])
        for number, moment in enumerate(sent, 1):
            owner.execute(
                "UPDATE notifications_notificationlog SET status = 'sent', created_at = %s WHERE id = %s",
                [moment, number],
            )
    found: set[str] = set()
    for now in ("2026-03-29T22:59:59+00:00", "2026-10-25T23:59:59+00:00"):
        seen = looking.look_at_notifications(place.system, scope=ALL, now=datetime.fromisoformat(now))
        assert isinstance(seen, dict)
        assert len(seen) == 7
        assert sum(sum(each.values()) for each in seen.values()) == 4
        found |= {day.isoformat() for day, channels in seen.items() if channels}
    assert found == {day for day in sent.values() if day}
