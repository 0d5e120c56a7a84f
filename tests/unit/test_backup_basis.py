"""What an increment cannot build on: each reason in words, and nothing where the parent will do."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from sereno.backup.basis import obstacle
from sereno.backup.manifest import Manifest, Origin
from sereno.backup.snapshot import LockedSnapshot
from sereno.database.connection import COPY_SETTINGS

ORIGIN = Origin(
    system="point",
    database="point",
    database_oid=5,
    server_version="15.18",
    server_version_number=150018,
    system_identifier=7,
    timeline=1,
    encoding="UTF8",
    locale="C",
)
NOW = 5_000_000_000


def problem(*, now: int = NOW, origin: Origin = ORIGIN, before: Origin = ORIGIN, **snapshot: Any) -> str | None:
    known = {"watermark": NOW - 10, "flushed": True, "session": dict(COPY_SETTINGS), **snapshot}
    parent = SimpleNamespace(origin=before, snapshot=SimpleNamespace(**known))
    return obstacle(cast(Manifest, parent), cast(LockedSnapshot, SimpleNamespace(next_transaction=now)), origin)


def other(**changes: Any) -> Origin:
    return ORIGIN.model_copy(update=changes)


def test_a_parent_of_the_same_database_and_of_today_will_do() -> None:
    assert problem() is None


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({"before": other(system_identifier=8)}, "of another database"),
        ({"before": other(database_oid=6)}, "of another database"),
        ({"origin": other(timeline=2)}, "recovered or failed over since (timeline 1 then, 2 now)"),
        ({"origin": other(system_identifier=None)}, "does not tell its system identifier"),
        ({"origin": other(timeline=None)}, "does not tell its system identifier and timeline"),
        ({"flushed": False}, "the WAL was not on disk up to its snapshot"),
        ({"session": {**COPY_SETTINGS, "TimeZone": "Europe/Lisbon"}}, "other session settings"),
        ({"watermark": NOW - 2**31}, "more than 2^31 transactions"),
    ],
)
def test_any_other_parent_is_refused_with_the_reason(changed: dict[str, Any], why: str) -> None:
    assert why in (problem(**changed) or "")


def test_the_distance_of_transactions_is_exact() -> None:
    assert problem(watermark=NOW - 2**31 + 1) is None
    assert problem(watermark=NOW - 2**31) is not None
