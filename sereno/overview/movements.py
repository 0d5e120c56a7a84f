"""What became of the tenants between two looks: who came, grew, shrank and went."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import Decimal

from sereno.overview.snapshot import PAYING, TRIALING, Holdings, Kind, Movement, Movements

Prices = Mapping[str, Decimal | None]
"""What each plan cost a month at that time; None, or no entry, where nobody knows."""

Moved = tuple[Kind, Decimal]


def movements(before: Holdings, after: Holdings, *, then: Prices, now: Prices, since: date) -> Movements:
    """The movements from `before`, when plans cost `then`, to `after`, when they cost `now`.

    The amounts of all kinds sum up to the difference of the two revenues.
    """
    tenants = Counter[Kind]()
    changes, trials = Counter[str](), Counter[bool]()
    total: dict[Kind, Decimal] = dict.fromkeys(Kind, Decimal("0.00"))
    for tenant in before.keys() | after.keys():
        was, has = before.get(tenant, ""), after.get(tenant, "")
        old, new = _paid_plan(was), _paid_plan(has)
        if was.startswith(TRIALING) and not has.startswith(TRIALING):
            trials[new is not None] += 1
        if old is not None and new is not None and old != new:
            changes[f"{old} → {new}"] += 1
        for kind, amount in _moved(old, new, then, now):
            tenants[kind] += 1
            total[kind] += amount
    by_kind = {kind: Movement(tenants=tenants[kind], amount=total[kind]) for kind in Kind}
    return Movements(
        since=since, by_kind=by_kind, plan_changes=dict(changes), converted=trials[True], lapsed=trials[False]
    )


def added(several: list[Movements]) -> Movements | None:
    """The movements of several days as those of one period; None without any."""
    if not several:
        return None
    changes = Counter[str]()
    for each in several:
        changes.update(each.plan_changes)
    return Movements(
        since=several[0].since,
        by_kind={
            kind: Movement(
                tenants=sum(each.by_kind[kind].tenants for each in several),
                amount=sum((each.by_kind[kind].amount for each in several), Decimal("0.00")),
            )
            for kind in Kind
        },
        plan_changes=dict(changes),
        converted=sum(each.converted for each in several),
        lapsed=sum(each.lapsed for each in several),
    )


def conversion_percent(told: Movements) -> Decimal | None:
    """How many of a hundred trials that came to an end became customers; None when none did come to one."""
    ended = told.converted + told.lapsed
    return round(Decimal(100 * told.converted) / ended, 1) if ended else None


def _moved(old: str | None, new: str | None, then: Prices, now: Prices) -> Iterator[Moved]:
    """How one tenant moved: at most one way."""
    if old is None and new is None:
        return
    before = Decimal() if old is None else then.get(old)
    after = Decimal() if new is None else now.get(new)
    difference = (after or Decimal()) - (before or Decimal())
    if old is None:
        yield Kind.NEW, difference
    elif new is None:
        yield Kind.CHURN, difference
    elif old == new or before is None or after is None:
        if before != after:
            yield Kind.REPRICED, difference
    elif difference:
        yield Kind.EXPANSION if difference > 0 else Kind.CONTRACTION, difference


def _paid_plan(holding: str) -> str | None:
    state, _, plan = holding.partition(" ")
    return plan if state == PAYING else None
