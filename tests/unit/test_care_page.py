"""Parts of the page about a database that no test can wait for: ids that run out, cold memory, forgotten slots."""

from __future__ import annotations

from typing import Any

import pytest

from sereno.care.looking import Unseen
from sereno.care.page import connections, health, index_area, statement_area, storage
from sereno.care.page.area import Area
from sereno.care.server import IDS, Holder, Server
from sereno.care.sessions import Session, Sessions
from sereno.ledger.care_readings import CareReading
from sereno.reports.model import Finding
from sereno.systems.sections.care import Care
from unit.seen_case import LISBON, NOW, index, table

CARE = Care()
HOUR = 3_600.0


def server(**changes: Any) -> Server:
    given: dict[str, Any] = {
        "version": "18.1", "database": "salon", "identity": "1 1", "role": "reader", "sees_everything": True,
        "up_seconds": 9e6, "database_bytes": 10**9, "connections_allowed": 100, "transaction_ids": 100,
        "multixact_ids": 0, "counted_since": None, "counted_seconds": 9e6, "deadlocks": 0, "temp_bytes": 0,
        "heap_hit": 99_000, "heap_read": 1_000, "index_hit": 0, "index_read": 0,
    }  # fmt: skip
    return Server(**{**given, **changes})


def finding(area: Area, words: str) -> Finding:
    (found,) = [each.finding for each in area.judged if words in each.finding.name]
    return found


def of_server(**changes: Any) -> Area:
    tables = [table("public.old", 1, transaction_ids=9), table("public.young", 1, transaction_ids=1)]
    return health.server_area(server(**changes), tables, CARE)


@pytest.mark.parametrize(("used", "passed"), [(IDS // 5, True), (IDS // 5 + 30_000_000, False)])
@pytest.mark.parametrize("counter", ["transaction_ids", "multixact_ids"])
def test_ids_that_run_out_cannot_wait(counter: str, used: int, passed: bool) -> None:
    found = finding(of_server(**{counter: used}), "transaction ids")
    assert (found.passed, found.required) == (passed, True)
    assert "the oldest rows are in public.old, public.young" in found.evidence


@pytest.mark.parametrize(
    ("hit", "read", "passed", "evidence"),
    [
        (95_000, 5_000, True, "95.0 % of 100,000"),
        (94_000, 6_000, False, "94.0 % of 100,000\n→ queries read too much"),
        (1, 99, True, "1.0 % of 100; too few to judge"),
        (0, 0, True, "none was asked for yet; too few to judge"),
    ],
)
def test_blocks_from_disk_are_for_a_quiet_hour(hit: int, read: int, passed: bool, evidence: str) -> None:
    found = finding(of_server(heap_hit=hit, heap_read=read), "table blocks")
    assert (found.passed, found.required) == (passed, False)
    assert found.evidence.startswith(evidence)


def holder(what: str, **given: Any) -> Holder:
    return Holder(**{"what": what, "seconds": None, "ids": None, "kept_bytes": None, **given})


@pytest.mark.parametrize(
    ("kept", "passed"),
    [
        (holder("prepared transaction x", seconds=HOUR), True),
        (holder("prepared transaction x", seconds=HOUR + 1), False),
        (holder("replication slot standby", kept_bytes=10**9), True),
        (holder("replication slot standby", kept_bytes=10**10), False),
        (holder("replication slot without a consumer gone"), False),
    ],
)
def test_what_keeps_old_rows_for_ever_cannot_wait(kept: Holder, passed: bool) -> None:
    found = finding(of_server(holders=(kept,)), "forgotten prepared transaction")
    assert (found.passed, found.required) == (passed, True)
    assert passed or kept.what in found.evidence


def test_the_last_connection_that_may_be_taken_is_the_one_at_the_bound() -> None:
    about: dict[str, Any] = dict.fromkeys(("role", "state", "transaction_seconds", "query_seconds", "state_seconds"))
    one = Session(pid=1, application="", here=False, started_at=NOW, query="", **about)
    for others, passed in ((79, True), (80, False)):
        area = connections.area(Sessions(sessions=(one,) * others, waits=()), server(), CARE)
        assert finding(area, "connections are taken").passed is passed


def test_an_index_that_is_being_built_is_not_broken() -> None:
    built = index("public.new", "1", is_valid=False, being_built=True)
    area = index_area.area([built], (), server(), CARE)
    assert finding(area, "every index is valid").passed
    assert area.tables[0].rows == (("public.new", "public.t", "100 MB", "is being built just now"),)


def test_each_part_that_cannot_be_looked_at_is_a_required_finding() -> None:
    reading = CareReading(
        taken_at=NOW, database="1 1", database_bytes=1, tables={}, statements=None, counted_since=None
    )
    unseen = Unseen("canceling statement due to lock timeout")
    areas = [
        connections.area(unseen, server(), CARE),
        health.sequences_area(unseen, CARE),
        health.settings_area(unseen, server(), CARE),
        storage.area(unseen, [reading], None, CARE, LISBON),
        index_area.area(unseen, unseen, server(), CARE),
        statement_area.area(unseen, reading, None, CARE, LISBON),
    ]
    for area in areas:
        (judged,) = area.judged
        assert (judged.finding.passed, judged.finding.required) == (False, True)
        assert "lock timeout" in judged.finding.evidence
        assert not area.figures, "nothing is taken for zero"
