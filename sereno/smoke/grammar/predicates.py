"""The predicates: what has to be true of a value."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType
from typing import TypeAlias

from sereno.smoke.grammar.cursor import Cursor
from sereno.smoke.grammar.filters import moment
from sereno.smoke.grammar.operands import (
    list_operand,
    number_operand,
    operand,
    pattern_operand,
    text_operand,
)
from sereno.smoke.grammar.problems import Unfit
from sereno.smoke.grammar.values import Duration, Value, is_number, kind_of, shown

Holds: TypeAlias = Callable[..., bool]
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class PredicateKind:
    """A predicate: whether it holds, how its operands are read, and whether it judges the items of a list."""

    holds: Holds
    operands: tuple[Callable[[Cursor], Value], ...] = ()
    of_items: bool = False


def equal(one: Value, other: Value) -> bool:
    """Equality as JSON has it: true is not 1, and 1 is 1.0."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(equal, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(equal(one[key], other[key]) for key in one)
    return bool(one == other)


def _ordered(one: Value, other: Value) -> tuple[Value, Value]:
    """Both, where they can be put in order.

    Raises:
        Unfit: they cannot.
    """
    both = (is_number(one) and is_number(other)) or (isinstance(one, str) and isinstance(other, str))
    if not both and not (isinstance(one, Duration) and isinstance(other, Duration)):
        raise Unfit(f"{shown(one)} is {kind_of(one)} and cannot be compared with {shown(other)}")
    return one, other


def _compared(compare: Callable[[Value, Value], bool]) -> Holds:
    return lambda value, other: compare(*_ordered(value, other))


def _between(value: Value, low: Value, high: Value) -> bool:
    _ordered(value, low), _ordered(value, high)
    return bool(low <= value <= high)


def _same_kind(value: Value, part: Value, what: str) -> tuple[Value, Value]:
    if isinstance(value, bytes) and isinstance(part, str):
        return value, part.encode()
    if isinstance(value, str) and isinstance(part, bytes):
        return value.encode(), part
    if type(value) is not type(part) or not isinstance(value, str | bytes):
        raise Unfit(f"{what} takes text or bytes, and this is {kind_of(value)}")
    return value, part


def _starts(value: Value, start: Value) -> bool:
    whole, part = _same_kind(value, start, "startsWith")
    return bool(whole.startswith(part))


def _ends(value: Value, end: Value) -> bool:
    whole, part = _same_kind(value, end, "endsWith")
    return bool(whole.endswith(part))


def _contains(value: Value, item: Value) -> bool:
    if isinstance(value, list):
        return any(equal(each, item) for each in value)
    if isinstance(value, dict):
        return isinstance(item, str) and item in value
    whole, part = _same_kind(value, item if isinstance(item, bytes) else str(item), "contains")
    return part in whole


def _matches(value: Value, pattern: re.Pattern[str]) -> bool:
    if not isinstance(value, str):
        raise Unfit(f"matches takes text, and this is {kind_of(value)}")
    return pattern.search(value) is not None


def _in(value: Value, items: Value) -> bool:
    return isinstance(items, list) and any(equal(value, each) for each in items)


def _empty(value: Value) -> bool:
    if not isinstance(value, str | bytes | list | dict):
        raise Unfit(f"isEmpty takes a list, an object, text or bytes, and this is {kind_of(value)}")
    return not value


def _is_time(value: Value) -> bool:
    try:
        moment(value)
    except Unfit:
        return False
    return True


def items_of(value: Value, name: str) -> list[Value]:
    """The items that a predicate about items judges.

    Raises:
        Unfit: it is no list, or there is nothing to judge in it.
    """
    if not isinstance(value, list):
        raise Unfit(f"{name} takes a list, and this is {kind_of(value)}")
    if not value:
        raise Unfit("the list is empty, so there is nothing to judge (write orEmpty behind it to allow that)")
    return value


def _sorted(value: Value, direction: Value) -> bool:
    pairs = list(pairwise(items_of(value, "sorted")))
    if direction == "asc":
        return all(_ordered(one, other)[0] <= other for one, other in pairs)
    return all(_ordered(one, other)[0] >= other for one, other in pairs)


def _unique(value: Value) -> bool:
    items = items_of(value, "unique")
    return len({json.dumps(each, sort_keys=True, default=repr) for each in items}) == len(items)


def _direction(cursor: Cursor) -> Value:
    start, word = cursor.at, cursor.word()
    if word not in {"asc", "desc"}:
        cursor.fail("expected asc or desc", at=start)
    return word


def _second_bound(cursor: Cursor) -> Value:
    start = cursor.at
    if cursor.word() != "and":
        cursor.fail("expected `and` between the two bounds", at=start)
    return number_operand(cursor)


def _is(*types: type) -> PredicateKind:
    """Of one of `types`; true and false are of none but bool."""
    return PredicateKind(lambda value: isinstance(value, types) and (bool in types or not isinstance(value, bool)))


def _every(value: Value) -> bool:  # judged item by item, as `judging` does
    return bool(items_of(value, "every"))


PREDICATES: Mapping[str, PredicateKind] = MappingProxyType(
    {
        "==": PredicateKind(equal, (operand,)),
        "!=": PredicateKind(lambda value, other: not equal(value, other), (operand,)),
        ">": PredicateKind(_compared(lambda one, other: one > other), (number_operand,)),
        ">=": PredicateKind(_compared(lambda one, other: one >= other), (number_operand,)),
        "<": PredicateKind(_compared(lambda one, other: one < other), (number_operand,)),
        "<=": PredicateKind(_compared(lambda one, other: one <= other), (number_operand,)),
        "between": PredicateKind(_between, (number_operand, _second_bound)),
        "in": PredicateKind(_in, (list_operand,)),
        "contains": PredicateKind(_contains, (operand,)),
        "startsWith": PredicateKind(_starts, (text_operand,)),
        "endsWith": PredicateKind(_ends, (text_operand,)),
        "matches": PredicateKind(_matches, (pattern_operand,)),
        "exists": PredicateKind(lambda value: value != []),
        "isEmpty": PredicateKind(_empty),
        "isBoolean": _is(bool),
        "isInteger": _is(int),
        "isNumber": _is(int, float),
        "isText": _is(str),
        "isList": _is(list),
        "isObject": _is(dict),
        "isNull": PredicateKind(lambda value: value is None),
        "isTime": PredicateKind(_is_time),
        "isUuid": PredicateKind(lambda value: isinstance(value, str) and _UUID.fullmatch(value) is not None),
        "sorted": PredicateKind(_sorted, (_direction,), of_items=True),
        "unique": PredicateKind(_unique, of_items=True),
        "every": PredicateKind(_every, of_items=True),
    }
)
