"""The word that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches


def near(word: str, known: Iterable[str]) -> str:
    """`; did you mean isBoolean?`, or what there is where nothing is near."""
    names = list(known)
    by_small = {name.lower(): name for name in names}
    close = get_close_matches(word[:60].lower(), by_small, n=1)
    return f"; did you mean {by_small[close[0]]}?" if close else f"; there are {', '.join(names)}"
