"""Text into expressions."""

from __future__ import annotations

from sereno.smoke.grammar.cursor import Cursor
from sereno.smoke.grammar.expressions import Assertion, Extraction, Filter, Predicate, Query
from sereno.smoke.grammar.filters import FILTERS
from sereno.smoke.grammar.predicates import PREDICATES
from sereno.smoke.grammar.queries import parse_query
from sereno.smoke.grammar.vacuous import why_vacuous
from sereno.smoke.grammar.values import is_number
from sereno.smoke.near import near

OR_EMPTY = "orEmpty"


def parse_assertion(text: str) -> Assertion:
    """`$.results count <= 5` and the like.

    Raises:
        GrammarError: it cannot be read, always holds, or never holds.
    """
    cursor = Cursor(text)
    query, filters = _query_and_filters(cursor)
    start = cursor.at
    predicate = _predicate(cursor)
    _require_end(cursor)
    assertion = Assertion(text, query, filters, predicate)
    if query.name == "duration" and not filters and any(map(is_number, predicate.operands)):
        cursor.fail("a duration needs its unit, such as 300ms or 2s", at=start)
    if reason := why_vacuous(assertion):
        cursor.fail(reason, at=start)
    return assertion


def parse_extraction(text: str) -> Extraction:
    """`$.access` or `header Location regex /([0-9]+)$/`: a query with filters and no predicate.

    Raises:
        GrammarError: it cannot be read.
    """
    cursor = Cursor(text)
    query, filters = _query_and_filters(cursor)
    if not cursor.ended:
        word = cursor.peek()
        if word == "not" or word in PREDICATES:
            cursor.fail("a value is taken here, so there is nothing to judge; leave the predicate out")
        cursor.fail(f"there is no filter {word!r}{near(word, FILTERS)}")
    return Extraction(text, query, filters)


def _query_and_filters(cursor: Cursor) -> tuple[Query, tuple[Filter, ...]]:
    query = parse_query(cursor)
    filters: list[Filter] = []
    while not cursor.ended and cursor.peek() in FILTERS:
        name = cursor.word()
        filters.append(Filter(name, tuple(read(cursor) for read in FILTERS[name].operands)))
    return query, tuple(filters)


def _predicate(cursor: Cursor) -> Predicate:
    negated = not cursor.ended and cursor.peek() == "not"
    if negated:
        cursor.word()
    start = cursor.at
    if cursor.ended:
        cursor.fail("expected a predicate such as == 200, contains text, or exists; found nothing")
    name = cursor.word()
    if name not in PREDICATES:
        cursor.fail(f"there is no filter or predicate {name!r}{near(name, (*FILTERS, *PREDICATES))}", at=start)
    if name == "every" and (cursor.peek() == "every" or negated):
        cursor.fail("every stands once, and not behind not", at=start)
    inner = _predicate(cursor) if name == "every" else None
    operands = tuple(read(cursor) for read in PREDICATES[name].operands)
    or_empty = PREDICATES[name].of_items and not cursor.ended and cursor.peek() == OR_EMPTY
    if or_empty:
        cursor.word()
    return Predicate(name, operands, negated, or_empty, inner)


def _require_end(cursor: Cursor) -> None:
    if not cursor.ended:
        cursor.fail(f"expected nothing more, found {cursor.peek()!r}; text with blanks stands in quotation marks")
