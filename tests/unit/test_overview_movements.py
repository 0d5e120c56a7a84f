"""Who came, grew, shrank and went: the movements sum up to what the revenue changed by."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sereno.overview.movements import added, conversion_percent, movements
from sereno.overview.snapshot import Kind, Movements
from sereno.overview.tenants import digest

PRICES = {"basic": Decimal("29.00"), "standard": Decimal("59.00"), "pro": Decimal("99.00"), "enterprise": None}
DAY = date(2026, 11, 20)


def moved(before: dict[str, str], after: dict[str, str], **prices: dict[str, Decimal | None]) -> Movements:
    return movements(
        before, after, then=prices.get("then", PRICES), now=prices.get("now", PRICES), since=date(2026, 11, 19)
    )


def told(found: Movements) -> dict[str, tuple[int, str]]:
    return {kind.value: (each.tenants, str(each.amount)) for kind, each in found.by_kind.items() if each.tenants}


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ({}, {"a": "p basic"}, {"new": (1, "29.00")}),
        ({"a": "t pro"}, {"a": "p pro"}, {"new": (1, "99.00")}),
        ({"a": "p basic"}, {"a": "p pro"}, {"expansion": (1, "70.00")}),
        ({"a": "p pro"}, {"a": "p standard"}, {"contraction": (1, "-40.00")}),
        ({"a": "p pro"}, {}, {"churn": (1, "-99.00")}),
        ({"a": "p pro"}, {"a": "t pro"}, {"churn": (1, "-99.00")}),
        ({"a": "p basic"}, {"a": "p basic"}, {}),
        ({"a": "p enterprise"}, {"a": "p enterprise"}, {}),
        ({}, {"a": "p enterprise"}, {"new": (1, "0.00")}),
        ({"a": "p enterprise"}, {"a": "p pro"}, {"repriced": (1, "99.00")}),
        ({"a": "p basic"}, {"a": "p enterprise"}, {"repriced": (1, "-29.00")}),
        ({"a": "t basic"}, {"a": "t pro"}, {}),
    ],
)
def test_a_tenant_moves_in_one_way_at_most(
    before: dict[str, str], after: dict[str, str], expected: dict[str, tuple[int, str]]
) -> None:
    assert told(moved(before, after)) == expected


def test_a_new_price_moves_those_who_stay_and_is_no_expansion() -> None:
    dearer = {**PRICES, "basic": Decimal("31.50")}
    found = moved(
        {"a": "p basic", "b": "p basic", "c": "p pro"}, {"a": "p basic", "b": "p basic", "c": "p pro"}, now=dearer
    )
    assert told(found) == {"repriced": (2, "5.00")}


def test_trials_that_end_convert_or_lapse_and_others_do_not_count() -> None:
    before = {"a": "t basic", "b": "t basic", "c": "t basic", "d": "t basic", "e": "p basic"}
    found = moved(before, {"a": "p basic", "b": "p pro", "d": "t basic"})
    assert (found.converted, found.lapsed) == (2, 1)
    assert conversion_percent(found) == Decimal("66.7")
    assert conversion_percent(moved({}, {})) is None


def test_changes_of_plan_are_counted_without_naming_anybody() -> None:
    tenant = digest("salon-7@example.com")
    found = moved({tenant: "p basic"}, {tenant: "p pro"})
    assert found.plan_changes == {"basic → pro": 1}
    assert tenant not in found.model_dump_json()
    assert len(tenant) == 16


def test_a_plan_may_have_a_space_in_its_name() -> None:
    prices: dict[str, Decimal | None] = {"pro plus": Decimal("120.00"), "pro": Decimal("99.00")}
    assert told(moved({"a": "p pro"}, {"a": "p pro plus"}, then=prices, now=prices)) == {"expansion": (1, "21.00")}


holdings = st.dictionaries(
    st.integers(0, 20).map(str), st.builds("{} {}".format, st.sampled_from("pt"), st.sampled_from([*PRICES, "other"]))
)
tables = st.dictionaries(st.sampled_from([*PRICES, "other"]), st.none() | st.decimals(0, 999, places=2))


@given(holdings, holdings, tables, tables)
def test_the_movements_sum_up_to_the_change_of_the_revenue(
    before: dict[str, str], after: dict[str, str], then: dict[str, Decimal | None], now: dict[str, Decimal | None]
) -> None:
    def revenue(held: dict[str, str], prices: dict[str, Decimal | None]) -> Decimal:
        plans = [holding[2:] for holding in held.values() if holding.startswith("p ")]
        return sum((prices.get(plan) or Decimal() for plan in plans), Decimal())

    found = moved(before, after, then=then, now=now)
    total = sum((each.amount for each in found.by_kind.values()), Decimal())
    assert total == revenue(after, now) - revenue(before, then)
    assert found.by_kind[Kind.NEW].amount >= 0 >= found.by_kind[Kind.CHURN].amount


def test_days_add_up_to_a_period() -> None:
    first = moved({}, {"a": "p basic", "b": "t pro"})
    second = moved({"a": "p basic", "b": "t pro"}, {"a": "p pro", "b": "p pro"})
    both = added([first, second])
    assert both
    assert told(both) == {"new": (2, "128.00"), "expansion": (1, "70.00")}
    assert (both.plan_changes, both.converted) == ({"basic → pro": 1}, 1)
    assert added([]) is None
