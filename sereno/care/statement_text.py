"""The text of somebody's statement without the values in it: those may be personal, or a password."""

from __future__ import annotations

import re

from sereno.reports.build import shortened
from sereno.systems.sql_tokens import SqlTextError, Token, tokens

LONGEST = 300  # characters
_POSITIONAL = re.compile(r"\$\d+")
_LIST = re.compile(r"\?(?:\s*,\s*\?)+")


def normalised(text: str) -> str:
    """`text` on one line with `?` for every value and without comments, at most 300 characters.

    The server cuts long texts anywhere; from a quote that is not closed on, nothing is shown.
    """
    pieces: list[str] = []
    try:
        pieces.extend(map(_shown, tokens(_POSITIONAL.sub("?", text))))
    except SqlTextError:
        pieces.append(" …")
    return shortened(_LIST.sub("?, …", " ".join("".join(pieces).split())), LONGEST)


def _shown(token: Token) -> str:
    if token.kind == "comment":
        return " "
    if token.kind == "quoted":
        return token.text if token.text.startswith('"') else "?"
    return "?" if token.text[0].isdigit() else token.text
