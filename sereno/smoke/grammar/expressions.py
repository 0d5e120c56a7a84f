"""Expressions, read: a query, filters, and for an assertion a predicate."""

from __future__ import annotations

from dataclasses import dataclass

from sereno.smoke.grammar.json_paths import JsonPath
from sereno.smoke.grammar.values import Value


@dataclass(frozen=True, slots=True)
class Query:
    """What of an answer is looked at. `argument` is a header's name, a column, or a JSONPath."""

    name: str
    argument: str | None = None
    path: JsonPath | None = None
    """The JSONPath, compiled."""
    singular: bool = True
    """Whether it gives one value; a JSONPath with wildcards or filters gives a list."""


@dataclass(frozen=True, slots=True)
class Filter:
    """What is made of the value before it is judged or kept."""

    name: str
    operands: tuple[Value, ...] = ()


@dataclass(frozen=True, slots=True)
class Predicate:
    """What has to be true. `inner` is what `every` asks of each item."""

    name: str
    operands: tuple[Value, ...] = ()
    negated: bool = False
    or_empty: bool = False
    inner: Predicate | None = None


@dataclass(frozen=True, slots=True)
class Extraction:
    """A value of an answer: what a capture keeps."""

    text: str
    query: Query
    filters: tuple[Filter, ...] = ()


@dataclass(frozen=True, slots=True)
class Assertion:
    """A statement about an answer."""

    text: str
    query: Query
    filters: tuple[Filter, ...]
    predicate: Predicate
