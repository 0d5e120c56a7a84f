"""Cutting SQL text into the few kinds of pieces that finding `:parameters` needs.

Follows PostgreSQL's lexical rules (with standard_conforming_strings on): strings, E-strings, quoted identifiers,
dollar quotes and nested comments are pieces of their own, in which nothing is a parameter.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal, NamedTuple, TypeAlias

Kind: TypeAlias = Literal["code", "word", "quoted", "comment", "space", "semicolon", "parameter"]

_PIECE = re.compile(
    r"""
    (?P<comment>--[^\n]*+)
  | (?P<block>/\*)
  | (?P<quoted>[eE]'(?:[^'\\]|\\.|'')*+' | '(?:[^']|'')*+' | "(?:[^"]|"")*+")
  | (?P<unclosed>[eE]?'|")
  | (?P<dollar>\$(?:[^\W\d]\w*+)?\$)
  | (?P<positional>\$\d++)
  | (?P<word>[^\W\d][\w$]*+)
  | (?P<number>\d[\w.]*+)
  | (?P<cast>::|:=)
  | (?P<parameter>:[^\W\d]\w*+)
  | (?P<psql>:['"{])
  | (?P<semicolon>;)
  | (?P<space>\s++)
  | (?P<other>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_BLOCK_EDGE = re.compile(r"/\*|\*/")


class Token(NamedTuple):
    """A piece of SQL; the pieces of a text joined give the text."""

    kind: Kind
    text: str
    line: int
    """1-based."""


class SqlTextError(ValueError):
    """Text that cannot be SQL of a system's folder. `line` is 1-based."""

    def __init__(self, line: int, reason: str) -> None:
        """Keep where and why."""
        super().__init__(reason)
        self.line = line


def tokens(text: str) -> Iterator[Token]:
    """The pieces of `text`. A colon that directly follows a value inside `[...]` is an array slice, no parameter.

    Raises:
        SqlTextError: a quote or a comment is not closed, or a parameter is written `$1`, `:'name'` or `:"name"`.
    """
    position, line, depth = 0, 1, 0
    while position < len(text):
        match = _PIECE.match(text, position)
        assert match is not None
        kind, piece = match.lastgroup or "other", match.group()
        in_slice = depth > 0 and position > 0 and (text[position - 1].isalnum() or text[position - 1] in "_])\"'")
        if kind == "block":
            piece, kind = _block_comment(text, position, line), "comment"
        elif kind == "dollar":
            piece, kind = _dollar_quoted(text, position, piece, line), "quoted"
        elif kind in {"parameter", "psql"} and in_slice:
            piece, kind = ":", "other"
        elif kind == "psql":
            raise SqlTextError(line, "write a parameter as :name, without quotes or braces")
        elif kind == "positional":
            raise SqlTextError(line, f"write a parameter as :name instead of {piece}")
        elif kind == "unclosed":
            raise SqlTextError(line, f"the quote {piece[-1]} is not closed")
        depth = max(0, depth + {"[": 1, "]": -1}.get(piece, 0))
        yield Token(_KINDS.get(kind, "code"), piece, line)
        position += len(piece)
        line += piece.count("\n")


_KINDS: dict[str, Kind] = {
    "comment": "comment",
    "quoted": "quoted",
    "word": "word",
    "parameter": "parameter",
    "semicolon": "semicolon",
    "space": "space",
}


def _block_comment(text: str, start: int, line: int) -> str:
    depth = 0
    for edge in _BLOCK_EDGE.finditer(text, start):
        depth += 1 if edge.group() == "/*" else -1
        if depth == 0:
            return text[start : edge.end()]
    raise SqlTextError(line, "the comment /* is not closed")


def _dollar_quoted(text: str, start: int, tag: str, line: int) -> str:
    end = text.find(tag, start + len(tag))
    if end < 0:
        raise SqlTextError(line, f"the quote {tag} is not closed")
    return text[start : end + len(tag)]
