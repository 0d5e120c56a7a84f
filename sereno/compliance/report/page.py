"""A report as its reader sees it, in one language and without a format: HTML and PDF are made of this."""

from __future__ import annotations

from dataclasses import dataclass

Fact = tuple[str, str]
"""A label and what it says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A row of a table. `tone` is `passed`, `failed`, `open` or nothing, and colours the first cell."""

    cells: tuple[str, ...]
    tone: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table. `shares` says how wide its columns are beside each other; `numbers` which stand to the right."""

    columns: tuple[str, ...]
    lines: tuple[Line, ...]
    shares: tuple[float, ...]
    numbers: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A record that is too wide for a row: a heading and what is known of it."""

    title: str
    facts: tuple[Fact, ...]
    mono: frozenset[int] = frozenset()
    """Which facts are digests or code."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of the report under a heading."""

    key: str
    title: str
    lead: str = ""
    figures: tuple[Fact, ...] = ()
    grid: Grid | None = None
    entries: tuple[Entry, ...] = ()
    empty: str = ""
    """What is said where there is neither table nor entry."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """A stretch of the bar of controls: its outcome, how it is coloured, and the weight of the controls in it."""

    label: str
    tone: str
    weight: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """The whole report."""

    language: str
    title: str
    headline: str
    tone: str
    """How the headline is coloured: `passed`, `failed` or `open`."""
    score: int
    score_words: tuple[str, str]
    """What stands before and after the score."""
    notes: tuple[str, ...]
    """Sentences below the score."""
    facts: tuple[Fact, ...]
    shares: tuple[Share, ...]
    shares_title: str
    trend: tuple[tuple[str, int], ...]
    """Scores by the last day of their period, this one last."""
    trend_title: str
    raises: tuple[tuple[str, int], ...]
    """Controls, and the score if that one alone passed."""
    raises_title: str
    contents_title: str
    sections: tuple[Section, ...]
    footer: str
    paging: str
    """`page {page} of {pages}` in the language."""
