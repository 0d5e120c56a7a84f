"""Statements as they may be shown: without what their literals say, which may be about people."""

from __future__ import annotations

import re

from sereno.reports.build import shortened

_LONGEST = 160
_PIECE = re.compile(
    r"""
    (?P<comment>--[^\n]* | /\*.*?(?:\*/|\Z))
  | (?P<name>"(?:[^"]|"")*(?:"|\Z) | [^\W\d][\w$]*(?=[^'\w$]|\Z))
  | (?P<parameter>\$\d+)
  | (?P<literal>(?:[^\W\d]\w*)?'(?:[^'\\]|\\.|'')*(?:'|\Z) | \$(?P<tag>\w*)\$.*?(?:\$(?P=tag)\$|\Z) | \d[\w.]*)
    """,
    re.VERBOSE | re.DOTALL,
)


def without_literals(text: str) -> str:
    """`text` on one line, its strings and numbers replaced by `?`, its comments left out; a cut string has no end."""
    return shortened(_PIECE.sub(_shown, text), _LONGEST)


def _shown(piece: re.Match[str]) -> str:
    if piece["literal"] is not None:
        return "?"
    return " " if piece["comment"] is not None else piece.group()
