"""A purge on a real server: which rows go, in what order, and what stays."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import psycopg
import pytest

from integration import maintenance_case
from integration.databases import database
from integration.maintenance_case import LOGS, NOW, OLD, TABLES, YOUNG, purged, rows, system_with
from integration.system_folders import own_home
from sereno.errors import ContractError
from sereno.maintenance.advice import advice_on
from sereno.maintenance.plan import plan_purge

# a table for each kind of key and of time: five old rows, of 91 days, and five of 89 days
KINDS: dict[str, tuple[str, str, str]] = {
    "bigint": ("id bigint PRIMARY KEY, at timestamptz", "i, {at}", "id"),
    "uuid": ("id uuid PRIMARY KEY, at timestamptz", "md5(i::text)::uuid, {at}", "id"),
    "text": ("id text PRIMARY KEY, at timestamptz", "'k\"''{{,}} \\' || i, {at}", "id"),
    "camel": ('"Id" text PRIMARY KEY, "createdAt" timestamp(3)', "'é' || i, {at} AT TIME ZONE 'UTC'", "Id"),
    "pair": ("a int, b text, at timestamptz, PRIMARY KEY (a, b)", "i % 2, 'b' || i, {at}", "a b"),
    "date": ("id int PRIMARY KEY, at date", "i, ({at} AT TIME ZONE 'UTC')::date", "id"),
    "seconds": ("id int PRIMARY KEY, at bigint", "i, extract(epoch FROM {at})::bigint", "id"),
    "milliseconds": ("id int PRIMARY KEY, at bigint", "i, extract(epoch FROM {at})::bigint * 1000", "id"),
}
AT = "(timestamptz '2026-11-20 12:00+00' - (CASE WHEN i <= 5 THEN 91 ELSE 89 END) * interval '1 day')"


@pytest.fixture(autouse=True)
def systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    return own_home(tmp_path, monkeypatch)


@pytest.fixture
def make(demo: Any) -> Iterator[Callable[[str], str]]:
    with ExitStack() as made:
        yield lambda script: made.enter_context(database(str(demo.superuser_url), script=script))


@pytest.fixture
def url(make: Callable[[str], str]) -> str:
    return make(TABLES)


def test_old_rows_go_and_young_ones_stay(url: str, systems: Path) -> None:
    outcome = purged(system_with(url, systems, LOGS))
    assert (outcome.deleted, outcome.remaining, outcome.wrong) == (OLD, 0, "")
    assert rows(url, "SELECT count(*), min(id) FROM log") == [(YOUNG, OLD + 1)]


def test_at_most_so_many_go_the_lowest_keys_first(url: str, systems: Path) -> None:
    outcome = purged(system_with(url, systems, LOGS), max_delete=300)
    assert (outcome.deleted, outcome.remaining) == (300, 400)
    assert rows(url, "SELECT min(id), count(*) FROM log") == [(301, 700)]


def test_young_rows_between_old_ones_stay(make: Callable[[str], str], systems: Path) -> None:
    url = make(TABLES + "UPDATE log SET at = timestamptz '2026-11-19' WHERE id % 3 = 0")
    assert purged(system_with(url, systems, LOGS)).deleted == OLD - OLD // 3
    assert rows(url, f"SELECT count(*) FROM log WHERE id <= {OLD}") == [(OLD // 3,)]


def test_what_is_held_stays_and_only_what_is_asked_for_goes(url: str, systems: Path) -> None:
    sql = {
        "purge_only.logs": "SELECT id FROM log WHERE level = 'info'; -- with a remark",
        "purge_hold.logs": "SELECT l.id FROM log l WHERE l.client_id = 3",
    }
    system = system_with(url, systems, LOGS, sql=sql)
    planned = plan_purge(system, system.purges[0], now=NOW, live=False).rows
    assert purged(system).deleted == planned == 560
    left = f"SELECT count(*) FILTER (WHERE level = 'error'), count(*) FROM log WHERE id <= {OLD}"
    assert rows(url, left) == [(70, 140)]


def test_a_row_that_is_held_after_the_plan_stays(url: str, systems: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def planned(*args: Any, **kwargs: Any) -> Any:
        made = plan_purge(*args, **kwargs)
        rows_changed(url, "UPDATE log SET level = 'held' WHERE id = 5")
        return made

    monkeypatch.setattr(maintenance_case, "plan_purge", planned)
    system = system_with(url, systems, LOGS, sql={"purge_hold.logs": "SELECT id FROM log WHERE level = 'held'"})
    assert purged(system).deleted == OLD - 1
    assert rows(url, "SELECT min(id) FROM log") == [(5,)]


def rows_changed(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement.encode())


@pytest.mark.parametrize("archive", [False, True])
def test_any_key_and_any_time_will_do(make: Callable[[str], str], systems: Path, archive: bool) -> None:
    script = "".join(
        f"CREATE TABLE {name} ({columns}); "
        f"INSERT INTO {name} SELECT {values.format(at=AT)} FROM generate_series(1, 10) i; "
        for name, (columns, values, _) in KINDS.items()
    )
    url = make(script)
    purges = [
        {
            "name": name,
            "table": name,
            "key": keys.split() if " " in keys else keys,
            "older_than": "createdAt" if name == "camel" else "at",
            "archive": archive,
            **({"epoch": name} if name in ("seconds", "milliseconds") else {}),
        }
        for name, (_, _, keys) in KINDS.items()
    ]
    system = system_with(url, systems, *purges)
    for name in KINDS:
        assert purged(system, name=name).deleted == 5, name
        assert rows(url, f"SELECT count(*) FROM {name}") == [(5,)], name


def test_a_time_without_zone_can_be_the_systems(make: Callable[[str], str], systems: Path) -> None:
    table = "CREATE TABLE t (id int PRIMARY KEY, at timestamp); "
    url = make(table + "INSERT INTO t VALUES (1, '2026-08-22 12:30'), (2, '2026-08-22 13:30')")
    purge = {"name": "t", "table": "t", "key": "id", "older_than": "at"}
    utc = system_with(url, systems, purge)
    assert plan_purge(utc, utc.purges[0], now=NOW, live=False).candidates == 0  # before 12:00
    local = system_with(url, systems, {**purge, "without_zone": "system"})
    assert plan_purge(local, local.purges[0], now=NOW, live=False).candidates == 1  # before 13:00 in Lisbon


REFERENCES = """
CREATE TABLE alert (id int PRIMARY KEY, log_id bigint REFERENCES log DEFERRABLE INITIALLY DEFERRED);
INSERT INTO alert SELECT i, i * 100 FROM generate_series(1, 10) i;
"""


def test_references_are_set_to_null_first(make: Callable[[str], str], systems: Path) -> None:
    url = make(TABLES + REFERENCES)
    system = system_with(url, systems, {**LOGS, "set_null": [{"table": "alert", "column": "log_id"}]})
    assert purged(system).deleted == OLD
    assert rows(url, "SELECT count(*), count(log_id) FROM alert") == [(10, 3)]


def test_without_that_a_referenced_row_fails_its_batch_and_the_dry_run_says_so(
    make: Callable[[str], str], systems: Path
) -> None:
    url = make(TABLES + REFERENCES)
    system = system_with(url, systems, LOGS)
    advice = {each.name: each for each in advice_on(plan_purge(system, system.purges[0], now=NOW, live=False), None)}
    assert "public.alert.log_id" in advice["purge logs: no other table keeps its rows"].evidence
    assert "reads all of public.alert.log_id" in advice["purge logs: references to its rows are indexed"].evidence
    with pytest.raises(ContractError, match="violates foreign key constraint"):
        purged(system)
    assert rows(url, "SELECT count(*) FROM log") == [(OLD + YOUNG,)]


def test_the_dry_run_names_a_missing_index_and_tables_that_cascade(make: Callable[[str], str], systems: Path) -> None:
    url = make(TABLES + "CREATE TABLE note (id int PRIMARY KEY, log_id bigint REFERENCES log ON DELETE CASCADE)")
    system = system_with(url, systems, LOGS)
    plan = plan_purge(system, system.purges[0], now=NOW, live=False)
    advice = {each.name: each for each in advice_on(plan, None)}
    assert not advice["purge logs: an index leads with at"].passed
    assert "CREATE INDEX" in advice["purge logs: an index leads with at"].evidence
    assert "public.note.log_id" in advice["purge logs: tables that cascade"].evidence
    assert 20 < plan.row_bytes < 200


PARTITIONED = """
CREATE TABLE event (id bigint, at timestamptz, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE event_june PARTITION OF event FOR VALUES FROM ('2026-06-01 00:00+00') TO ('2026-07-01 00:00+00');
CREATE TABLE event_july PARTITION OF event FOR VALUES FROM ('2026-07-01 00:00+00') TO ('2026-08-01 00:00+00');
CREATE TABLE event_august PARTITION OF event FOR VALUES FROM ('2026-08-01 00:00+00') TO ('2026-09-01 00:00+00');
CREATE TABLE event_rest PARTITION OF event DEFAULT;
INSERT INTO event SELECT i, timestamptz '2026-06-01 06:00+00' + i * interval '1 day' FROM generate_series(0, 150) i;
"""
EVENTS = {"name": "events", "table": "event", "key": ["id", "at"], "older_than": "at", "drop_partitions": 2}


def test_whole_partitions_are_dropped_and_the_rest_row_by_row(make: Callable[[str], str], systems: Path) -> None:
    url = make(PARTITIONED)
    system = system_with(url, systems, EVENTS)
    plan = plan_purge(system, system.purges[0], now=NOW, live=False)
    assert [str(each) for each in plan.partitions] == ["public.event_june", "public.event_july"]
    outcome = purged(system, name="events")
    assert (outcome.deleted, outcome.progress.partitions) == (plan.rows, 2)
    left = "SELECT min(at) >= '2026-08-22 12:00+00', to_regclass('event_june') IS NULL FROM event"
    assert rows(url, left) == [(True, True)]


def test_a_partition_with_a_held_row_is_not_dropped(make: Callable[[str], str], systems: Path) -> None:
    url = make(PARTITIONED)
    hold = {"purge_hold.events": "SELECT id, at FROM event WHERE id = 3"}
    outcome = purged(system_with(url, systems, EVENTS, sql=hold), name="events")
    assert (outcome.progress.partitions, outcome.deleted) == (1, 82)
    assert rows(url, "SELECT id FROM event_june") == [(3,)]


def test_dropping_partitions_needs_a_table_that_is_partitioned_by_that_column(url: str, systems: Path) -> None:
    system = system_with(url, systems, {**LOGS, "drop_partitions": 1})
    with pytest.raises(ContractError, match="to be partitioned by range of at"):
        plan_purge(system, system.purges[0], now=NOW, live=False)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"key": "number"}, "has no column number"),
        ({"key": "note"}, r"\(note\) is no key of log"),
        ({"table": "logs"}, "there is no table logs"),
        ({"table": "elsewhere.log"}, "there is no table elsewhere.log"),
        ({"older_than": "note"}, "note of log is text, which does not say how old a row is"),
        ({"older_than": "client_id"}, "say epoch"),
        ({"epoch": "seconds"}, "does not say how old"),
    ],
)
def test_a_purge_that_does_not_fit_its_table_is_refused(
    url: str, systems: Path, change: dict[str, Any], message: str
) -> None:
    system = system_with(url, systems, {**LOGS, **change})
    with pytest.raises(ContractError, match=message):
        plan_purge(system, system.purges[0], now=NOW, live=False)
