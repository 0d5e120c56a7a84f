"""The filters: what is made of a value before it is judged or kept."""

from __future__ import annotations

import base64
import hashlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TypeAlias

from sereno.smoke.grammar.cursor import Cursor
from sereno.smoke.grammar.operands import pattern_operand, text_operand, whole_operand
from sereno.smoke.grammar.problems import Unfit
from sereno.smoke.grammar.queries import found_in, parse_json_path
from sereno.smoke.grammar.values import MISSING, Duration, Value, is_number, kind_of

Apply: TypeAlias = Callable[..., Value]


@dataclass(frozen=True, slots=True)
class FilterKind:
    """A filter: how its operands are read, what it takes, and what it does."""

    apply: Apply
    takes: str = ""
    operands: tuple[Callable[[Cursor], Value], ...] = ()
    needs_now: bool = False


def _count(value: Value) -> Value:
    return len(value)


def _nth(value: Value, place: int) -> Value:
    return value[place] if place < len(value) else MISSING


def _numbers(value: Value) -> list[float]:
    for item in value:
        if not is_number(item):
            raise Unfit(f"an item is {kind_of(item)}, no number")
    return list(value)


def _distinct(value: Value) -> Value:
    seen: dict[str, Value] = {}
    for item in value:
        seen.setdefault(json.dumps(item, sort_keys=True, default=str), item)
    return list(seen.values())


def _to_number(value: Value) -> Value:
    if is_number(value):
        return value
    try:
        number = float(value)
    except (TypeError, ValueError):
        raise Unfit(f"{kind_of(value)} that is no number") from None
    if not math.isfinite(number):
        raise Unfit("text that is no finite number")
    return int(number) if number.is_integer() else number


def moment(value: Value) -> datetime:
    """A time as ISO 8601 or HTTP write it; without a zone it is UTC.

    Raises:
        Unfit: it is none.
    """
    if not isinstance(value, str):
        raise Unfit(f"{kind_of(value)}, no time")
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        try:
            time = datetime.strptime(value, "%a, %d %b %Y %H:%M:%S GMT")
        except ValueError:
            raise Unfit("text that is no time such as 2026-11-25T02:00:00Z") from None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def _age(value: Value, now: datetime) -> Value:
    return Duration((now - moment(value)).total_seconds())


def _without(value: Value, key: str) -> Value:
    if isinstance(value, dict):
        return {name: _without(item, key) for name, item in value.items() if name != key}
    return [_without(item, key) for item in value] if isinstance(value, list) else value


def _regex(value: Value, pattern: Value) -> Value:
    match = pattern.search(value)
    if not match:
        return MISSING
    return match[1] if match.re.groups else match[0]


def _parsed(value: Value) -> Value:
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        raise Unfit("text that is no JSON") from None


def _decoded(value: Value) -> Value:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError:
        raise Unfit("text that is no base64") from None


def _bytes(value: Value) -> bytes:
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


def _text_of(value: Value) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


FILTERS: Mapping[str, FilterKind] = MappingProxyType(
    {
        "count": FilterKind(_count, takes="a list, an object, text or bytes"),
        "first": FilterKind(lambda value: _nth(value, 0), takes="a list"),
        "last": FilterKind(lambda value: value[-1] if value else MISSING, takes="a list"),
        "nth": FilterKind(_nth, takes="a list", operands=(whole_operand,)),
        "keys": FilterKind(list, takes="an object"),
        "values": FilterKind(lambda value: list(value.values()), takes="an object"),
        "sum": FilterKind(lambda value: math.fsum(_numbers(value)), takes="a list"),
        "min": FilterKind(lambda value: min(_numbers(value), default=MISSING), takes="a list"),
        "max": FilterKind(lambda value: max(_numbers(value), default=MISSING), takes="a list"),
        "distinct": FilterKind(_distinct, takes="a list"),
        "without": FilterKind(_without, takes="a list or an object", operands=(text_operand,)),
        "jsonpath": FilterKind(lambda value, query: found_in(query, value), operands=(parse_json_path,)),
        "toNumber": FilterKind(_to_number),
        "toText": FilterKind(_text_of),
        "json": FilterKind(_parsed, takes="text or bytes"),
        "age": FilterKind(_age, takes="text", needs_now=True),
        "lower": FilterKind(str.lower, takes="text"),
        "upper": FilterKind(str.upper, takes="text"),
        "trim": FilterKind(str.strip, takes="text"),
        "split": FilterKind(lambda value, by: value.split(by), takes="text", operands=(text_operand,)),
        "replace": FilterKind(str.replace, takes="text", operands=(text_operand, text_operand)),
        "regex": FilterKind(_regex, takes="text", operands=(pattern_operand,)),
        "base64Decode": FilterKind(_decoded, takes="text"),
        "sha256": FilterKind(lambda value: hashlib.sha256(_bytes(value)).hexdigest(), takes="text or bytes"),
    }
)


def filtered(value: Value, name: str, operands: tuple[Value, ...], *, now: datetime) -> Value:
    """What the filter `name` makes of `value`; what is missing stays missing.

    Raises:
        Unfit: the value is not of a kind that the filter takes.
    """
    if value is MISSING:
        return MISSING
    kind = FILTERS[name]
    if kind.takes and not any(kind_of(value) == each for each in kind.takes.replace(" or ", ", ").split(", ")):
        raise Unfit(f"{name} takes {kind.takes}, and this is {kind_of(value)}")
    try:
        return kind.apply(value, *operands, *((now,) if kind.needs_now else ()))
    except (TypeError, ValueError, OverflowError, RecursionError) as error:
        raise Unfit(f"{name} cannot be done with {kind_of(value)}: {type(error).__name__}") from None
