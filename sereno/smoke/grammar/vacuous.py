"""Assertions that say nothing: they hold for every answer, or for none. They are refused when a suite is read.

The list stands in docs/smoke.md too; a test compares the two.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from sereno.smoke.grammar.expressions import Assertion, Predicate
from sereno.smoke.grammar.values import Duration, Reference, Value, is_number

_ALWAYS_THERE = frozenset({"status", "duration", "body", "bytes", "url", "redirects"})
_COUNTS = frozenset({"csv.rows", "xlsx.rows"})
_LISTS = frozenset({"csv.columns", "csv.column", "xlsx.columns", "xlsx.column", "xlsx.sheets", "redirects"})
_MAKES: Mapping[str, str] = MappingProxyType(
    {
        "count": "isInteger isNumber",
        "keys": "isList",
        "values": "isList",
        "split": "isList",
        "distinct": "isList",
        "sum": "isNumber",
        "toNumber": "isNumber",
        **dict.fromkeys(("toText", "lower", "upper", "trim", "replace", "sha256"), "isText"),
    }
)
_IS: Mapping[str, str] = MappingProxyType(
    {
        "status": "isInteger isNumber",
        "body": "isText",
        "url": "isText",
        "header": "isText",
        "cookie": "isText",
        **dict.fromkeys(_COUNTS, "isInteger isNumber"),
        **dict.fromkeys(_LISTS, "isList"),
    }
)
_SAMPLES = ("", "\0", "zq}7 ~ü", "0")
ALWAYS, NEVER = "it always holds", "it can never hold"


def why_vacuous(assertion: Assertion) -> str | None:
    """Why `assertion` says nothing; None when it says something."""
    predicate = assertion.predicate.inner or assertion.predicate
    for verdict in _verdicts(assertion, predicate):
        if verdict is not None:
            holds = verdict is not predicate.negated
            return f"this assert says nothing: {ALWAYS if holds else NEVER}"
    if assertion.query.name == "status" and (predicate.name == "!=" or (predicate.name == "==" and predicate.negated)):
        return "this assert says next to nothing: nearly every status is another one; say which it is"
    return None


def _verdicts(assertion: Assertion, predicate: Predicate) -> Iterator[bool | None]:
    """Rule by rule, what the predicate gives for every answer there can be; None when it depends."""
    yield _of_existence(assertion, predicate)
    yield _of_type(assertion, predicate)
    yield _of_bounds(assertion, predicate)
    yield _of_emptiness(predicate)
    yield _of_order(predicate)


def _of_existence(assertion: Assertion, predicate: Predicate) -> bool | None:
    plain = assertion.query.name in _ALWAYS_THERE and not assertion.filters
    return True if predicate.name == "exists" and plain and assertion.query.name != "redirects" else None


def _of_type(assertion: Assertion, predicate: Predicate) -> bool | None:
    if assertion.predicate.inner or not predicate.name.startswith("is") or predicate.name == "isEmpty":
        return None
    if assertion.filters:
        made = _MAKES.get(assertion.filters[-1].name, "")
    elif assertion.query.name == "$" and not assertion.query.singular:
        made = "isList"
    else:
        made = _IS.get(assertion.query.name, "")
    return True if predicate.name in made.split() else None


def _of_bounds(assertion: Assertion, predicate: Predicate) -> bool | None:
    if assertion.predicate.inner:
        return None
    bounds = _bounds(assertion)
    if bounds is None or any(isinstance(each, Reference | str) for each in predicate.operands):
        return None
    low, high = bounds
    numbers = [each.seconds if isinstance(each, Duration) else each for each in predicate.operands]
    if predicate.name == "in":
        inside = (
            [each for each in numbers[0] if is_number(each) and low <= each <= high]
            if isinstance(numbers[0], list)
            else [0]
        )
        return None if inside else False
    if not all(map(is_number, numbers)):
        return None
    return _by_bounds(predicate.name, numbers, low, high)


def _by_bounds(name: str, numbers: list[float], low: float, high: float) -> bool | None:
    """What a comparison gives for every value from `low` to `high`; None when it depends."""
    number = numbers[0] if numbers else 0
    truths: Mapping[str, tuple[bool, bool]] = {
        ">": (low > number, high <= number),
        ">=": (low >= number, high < number),
        "<": (high < number, low >= number),
        "<=": (high <= number, low > number),
        "==": (False, not low <= number <= high),
        "!=": (not low <= number <= high, False),
    }
    always, never = truths.get(name, (False, False))
    if name == "between":
        second = numbers[1]
        always, never = number <= low and second >= high, second < low or number > high
    return True if always else False if never else None


def _bounds(assertion: Assertion) -> tuple[float, float] | None:
    if assertion.filters:
        return (0, float("inf")) if assertion.filters[-1].name == "count" else None
    if assertion.query.name in _COUNTS:
        return 0, float("inf")
    return {"status": (100.0, 599.0), "duration": (1e-9, float("inf"))}.get(assertion.query.name)


def _of_emptiness(predicate: Predicate) -> bool | None:
    operand: Value = predicate.operands[0] if predicate.operands else None
    if predicate.name in {"contains", "startsWith", "endsWith"} and operand in ("", b""):
        return True
    if predicate.name == "in" and operand == []:
        return False
    if predicate.name == "matches" and isinstance(operand, re.Pattern):
        return True if all(operand.search(sample) for sample in _SAMPLES) else None
    return None


def _of_order(predicate: Predicate) -> bool | None:
    if predicate.name != "between" or not all(map(is_number, predicate.operands)):
        return None
    return False if predicate.operands[0] > predicate.operands[1] else None
