"""The queries: what of an answer an expression looks at."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from sereno.smoke.grammar.cursor import Cursor
from sereno.smoke.grammar.expressions import Query
from sereno.smoke.grammar.json_paths import compile_path
from sereno.smoke.grammar.operands import text_operand
from sereno.smoke.grammar.values import MISSING, Duration, Value
from sereno.smoke.near import near

if TYPE_CHECKING:
    from sereno.smoke.answers import Answer

ARGUMENTS: Mapping[str, str] = MappingProxyType({"header": "Content-Type", "cookie": "session"})
"""The queries with a name behind them, each with an example."""
COLUMNS = frozenset({"csv.column", "xlsx.column"})
CERTIFICATE = ("daysLeft", "issuer", "subject")
PLAIN = ("status", "duration", "body", "bytes", "url", "redirects", "csv.rows", "csv.columns", "csv.column")
SHEETS = ("xlsx.rows", "xlsx.columns", "xlsx.column", "xlsx.sheets")
NAMES = (*PLAIN, *SHEETS, *ARGUMENTS, "certificate")


def parse_query(cursor: Cursor) -> Query:
    """The query at the beginning of an expression.

    Raises:
        GrammarError: there is no such query, it lacks its argument, or its JSONPath is none.
    """
    start = cursor.at
    if cursor.text[start] == "$":
        return _json_query(cursor)
    name = cursor.word()
    if name not in NAMES:
        cursor.fail(f"there is no query {name!r}{near(name, NAMES)}; a JSONPath begins with $", at=start)
    if name in ARGUMENTS or name in COLUMNS:
        argument = text_operand(cursor)
        if not isinstance(argument, str):
            cursor.fail(f"{name} needs a name behind it, such as {ARGUMENTS.get(name, 'id')}", at=start)
        return Query(name, argument)
    if name == "certificate":
        at, part = cursor.at, cursor.word()
        if part not in CERTIFICATE:
            cursor.fail(f"expected one of {', '.join(CERTIFICATE)}", at=at)
        return Query(name, part)
    return Query(name)


def parse_json_path(cursor: Cursor) -> Query:
    """A JSONPath, for `$...` queries and the filter `jsonpath`."""
    if cursor.ended or cursor.text[cursor.at] != "$":
        cursor.fail("expected a JSONPath, which begins with $")
    return _json_query(cursor)


def found(query: Query, answer: Answer) -> Value:
    """What `query` finds in `answer`; MISSING when it finds nothing.

    Raises:
        Unfit: the answer is not of the kind that the query asks about.
    """
    match query.name:
        case "$":
            return found_in(query, answer.json)
        case "status":
            return answer.status
        case "duration":
            return Duration(answer.seconds)
        case "body":
            return answer.text
        case "bytes":
            return answer.body
        case "url":
            return answer.url
        case "redirects":
            return list(answer.redirects)
        case "header":
            return answer.header(query.argument or "") or MISSING
        case "cookie":
            return answer.cookies.get(query.argument or "", MISSING)
        case "certificate":
            return answer.of_certificate(query.argument or "")
    sheet = answer.csv if query.name.startswith("csv.") else answer.xlsx
    match query.name.partition(".")[2]:
        case "rows":
            return len(sheet.rows)
        case "columns":
            return list(sheet.columns)
        case "sheets":
            return list(sheet.sheets)
    return sheet.column(query.argument or "")


def found_in(query: Query, data: Value) -> Value:
    """What a JSONPath finds in `data`: one value or MISSING where it is singular, else a list.

    Raises:
        Unfit: the data is nested too deeply for it.
    """
    return query.path.find(data) if query.path is not None else MISSING


def _json_query(cursor: Cursor) -> Query:
    start, text = cursor.at, cursor.path()
    try:
        path = compile_path(text)
    except ValueError as error:
        cursor.fail(f"no JSONPath by RFC 9535: {error}", at=start)
    return Query("$", text, path, singular=path.singular)
