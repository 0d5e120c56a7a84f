"""Operands: numbers, durations, sizes, text, bytes, lists, patterns and `{{names}}`."""

from __future__ import annotations

import json
import re

from sereno.smoke.grammar.cursor import Cursor
from sereno.smoke.grammar.problems import GrammarError
from sereno.smoke.grammar.values import Duration, Reference, Value, is_number

_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,17})(?:\.[0-9]{1,17})?(?:[eE][-+]?[0-9]{1,3})?")
_MEASURE = re.compile(rf"(?P<number>{_NUMBER.pattern})(?P<unit>ms|s|min|h|d|B|kB|MB|GB)?\Z")
_REFERENCE = re.compile(r"\{\{\s*([A-Za-z_]\w{0,62})\s*\}\}")
_QUOTED = re.compile(r"'([^']*)'")
_SLASHED = re.compile(r"/((?:[^/\\]|\\.)+)/(?=[ \t]|\Z)")
_HEX = re.compile(r"(?:[0-9a-fA-F]{2})+\Z")
_SECONDS = {"ms": 0.001, "s": 1, "min": 60, "h": 3_600, "d": 86_400}
_BYTES = {"B": 1, "kB": 1_000, "MB": 1_000_000, "GB": 1_000_000_000}
_CONSTANTS: dict[str, Value] = {"true": True, "false": False, "null": None}
_LONGEST_PATTERN = 500


def operand(cursor: Cursor) -> Value:
    """The operand that stands here.

    Raises:
        GrammarError: none stands here, or it is not closed.
    """
    if cursor.ended:
        cursor.fail('expected a value here, such as 200, 300ms, text, "some text" or {{name}}')
    here = cursor.text[cursor.at]
    if here == '"':
        return _string(cursor)
    if here == "'":
        return _single_quoted(cursor)
    if here == "[":
        return _list(cursor)
    if found := cursor.pattern(_REFERENCE):
        cursor.skip()
        return Reference(found[1])
    start, word = cursor.at, cursor.word()
    if word == "hex":
        return _hex(cursor)
    if word in _CONSTANTS:
        return _CONSTANTS[word]
    if found := _MEASURE.match(word):
        return _measure(found)
    if word in {",", "]"}:
        cursor.fail(f"expected a value, found {word}", at=start)
    return word


def text_operand(cursor: Cursor) -> Value:
    """An operand that is text, bytes or a reference; a number is taken as it is written."""
    start = cursor.at
    written = cursor.peek()
    value = operand(cursor)
    if isinstance(value, list):
        cursor.fail("expected text", at=start)
    return value if isinstance(value, str | bytes | Reference) else written


def number_operand(cursor: Cursor) -> Value:
    """A number, a duration, text that sorts (such as an ISO time), or a reference."""
    start = cursor.at
    value = operand(cursor)
    if not is_number(value) and not isinstance(value, str | Duration | Reference):
        cursor.fail("expected a number or a duration such as 300ms", at=start)
    return value


def list_operand(cursor: Cursor) -> Value:
    """A list or a reference."""
    start = cursor.at
    value = operand(cursor)
    if not isinstance(value, list | Reference):
        cursor.fail("expected a list such as [200, 204]", at=start)
    return value


def whole_operand(cursor: Cursor) -> Value:
    """A whole number of at least zero."""
    start = cursor.at
    value = operand(cursor)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        cursor.fail("expected a whole number such as 0 or 2", at=start)
    return value


def pattern_operand(cursor: Cursor) -> Value:
    """A regular expression, as `/.../` or as text."""
    start = cursor.at
    if cursor.text[start : start + 1] == "/":
        found = cursor.pattern(_SLASHED)
        if not found:
            cursor.fail("the pattern is not closed by a / (one inside it is written \\/)", at=start)
        written = found[1]
        cursor.skip()
    else:
        value = text_operand(cursor)
        if not isinstance(value, str):
            cursor.fail("expected a pattern such as /^[0-9]+$/", at=start)
        written = value
    if len(written) > _LONGEST_PATTERN:
        cursor.fail(f"a pattern has at most {_LONGEST_PATTERN} characters", at=start)
    try:
        return re.compile(written)
    except (re.error, RecursionError, OverflowError) as error:
        cursor.fail(f"no regular expression: {error}", at=start)


def _string(cursor: Cursor) -> str:
    start = cursor.at
    try:
        value, end = json.JSONDecoder().raw_decode(cursor.text, start)
    except ValueError:
        cursor.fail('the text is not closed by " or holds a wrong escape', at=start)
    cursor.at = end
    cursor.skip()
    return str(value)


def _single_quoted(cursor: Cursor) -> str:
    found = cursor.pattern(_QUOTED)
    if not found:
        cursor.fail("the text is not closed by '")
    cursor.skip()
    return found[1]


def _list(cursor: Cursor) -> list[Value]:
    start = cursor.at
    cursor.take(1)
    items: list[Value] = []
    while not cursor.ended and cursor.text[cursor.at] != "]":
        try:
            items.append(operand(cursor))
        except RecursionError:
            cursor.fail("lists inside lists too deep", at=start)
        if cursor.text[cursor.at : cursor.at + 1] == ",":
            cursor.take(1)
        elif cursor.text[cursor.at : cursor.at + 1] != "]":
            break
    if cursor.ended or cursor.text[cursor.at] != "]":
        raise GrammarError("expected , or ] here", text=cursor.text, column=cursor.at)
    cursor.take(1)
    return items


def _hex(cursor: Cursor) -> bytes:
    start, digits = cursor.at, cursor.word()
    if not _HEX.match(digits):
        cursor.fail("expected pairs of hexadecimal digits such as 504b0304", at=start)
    return bytes.fromhex(digits)


def _measure(found: re.Match[str]) -> Value:
    written, unit = found["number"], found["unit"]
    number = float(written) if set(written) & set(".eE") else int(written)
    if unit in _SECONDS:
        return Duration(number * _SECONDS[unit])
    return number * _BYTES[unit] if unit else number
