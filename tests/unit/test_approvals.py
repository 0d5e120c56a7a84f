from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sereno import approvals
from sereno.approvals import Approval, Preview, differences
from sereno.errors import RefusedError
from sereno.ledger import Ledger, open_ledger
from sereno.settings import Settings

NOW = datetime(2026, 11, 23, 2, tzinfo=UTC)
DAY = timedelta(hours=24)
SECOND = timedelta(seconds=1)
PREVIEW = Preview(decides={"backup": "b", "tables": {"users": "1", "items": "2"}}, shown={"rows": 5})


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with open_ledger(Settings(home=tmp_path)) as opened:
        yield opened


def asked(ledger: Ledger, preview: Preview = PREVIEW) -> Approval:
    return approvals.ask(ledger, preview, system="point", job="restore", asked_by="maria", now=NOW, valid_for=DAY)


def use(ledger: Ledger, identifier: str, preview: Preview = PREVIEW, **other: Any) -> None:
    given: dict[str, Any] = {"system": "point", "job": "restore", "run": "run-2", "now": NOW + SECOND, **other}
    approvals.use(ledger, identifier, preview, **given)


def test_an_approval_can_be_used_once(ledger: Ledger) -> None:
    approval = asked(ledger)
    use(ledger, approval.id)
    with pytest.raises(RefusedError, match=r"was used at 2026-11-23T02:00:01\.000000Z by run run-2"):
        use(ledger, approval.id)


def test_of_many_runs_at_once_one_may_use_it(ledger: Ledger) -> None:
    approval = asked(ledger)

    def attempt(number: int) -> bool:
        try:
            use(ledger, approval.id, run=f"run-{number}")
        except RefusedError:
            return False
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(attempt, range(16))) == 1


@pytest.mark.parametrize(("after", "allowed"), [(DAY - SECOND, True), (DAY, False), (DAY + SECOND, False)])
def test_an_approval_expires_to_the_second(ledger: Ledger, after: timedelta, allowed: bool) -> None:
    approval = asked(ledger)
    if allowed:
        use(ledger, approval.id, now=NOW + after)
        return
    with pytest.raises(RefusedError, match=r"expired at 2026-11-24T02:00:00\.000000Z; look at a new dry run"):
        use(ledger, approval.id, now=NOW + after)


@pytest.mark.parametrize("other", [{"system": "salon"}, {"job": "migrate"}])
def test_an_approval_of_another_system_or_job_is_none(ledger: Ledger, other: dict[str, Any]) -> None:
    approval = asked(ledger)
    with pytest.raises(RefusedError, match="it is of restore of point"):
        use(ledger, approval.id, **other)
    use(ledger, approval.id)


def test_an_approval_that_nobody_gave_is_none(ledger: Ledger) -> None:
    with pytest.raises(RefusedError, match="approval 'abc' is none of restore of point; look at a new dry run"):
        use(ledger, "abc")


def test_what_changed_since_is_named_and_the_approval_stays_unused(ledger: Ledger) -> None:
    approval = asked(ledger)
    changed = Preview(decides={"backup": "c", "tables": {"users": "1", "items": "3"}}, shown={})
    with pytest.raises(RefusedError, match="changed since: backup, tables: items; look"):
        use(ledger, approval.id, changed)
    use(ledger, approval.id)


def test_what_is_only_shown_may_move_on(ledger: Ledger) -> None:
    approval = asked(ledger)
    use(ledger, approval.id, Preview(decides=dict(reversed(list(PREVIEW.decides.items()))), shown={"rows": 6}))


def test_what_is_new_and_what_is_gone_counts_as_different() -> None:
    assert list(differences({"a": 1, "b": {"x": 1}}, {"b": {"y": 1}, "c": 2})) == ["a", "b: x", "b: y", "c"]
