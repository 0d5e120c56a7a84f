"""What every rendering for people shares: legible text, the facts, the figures and the order of findings."""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal

from sereno.reports.build import human_bytes, human_count, human_seconds
from sereno.reports.model import Effect, Figure, Finding, Report, Result

MARKS = {Result.PASSED: "✓", Result.FAILED: "✗", Result.REFUSED: "⊘"}

EFFECTS = {
    Effect.READ: "read: nothing could be changed",
    Effect.DRY_RUN: "dry run: nothing was changed",
    Effect.LIVE: "live: changes were allowed",
}

_DIRECTION_CONTROLS = frozenset(map(chr, (*range(0x202A, 0x202F), *range(0x2066, 0x206A))))
_LARGEST_MEASURE = 10**18
_NEVER_TEXT = frozenset("\ufffe\uffff\u2028\u2029")


def legible(text: str) -> str:
    r"""`text` with every character that draws nothing, reorders others or breaks XML written as `\x00` or `\u202e`.

    Line breaks (as `\n`) and tabs stay; so do marks that right-to-left scripts and emoji need.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_legible_character, text.replace("\r\n", "\n")))


def facts(report: Report) -> list[tuple[str, str]]:
    """Label and value of what one asks first about a run, in the order in which one asks."""
    lines = [
        ("System", report.system),
        ("Job", report.job),
        ("Effect", effect(report)),
        ("Took", human_seconds(report.seconds)),
        ("When", when(report.started_at, report.finished_at)),
    ]
    if report.flow_run_id:
        lines.append(("Flow run", report.flow_run_id))
    return lines


def effect(report: Report) -> str:
    """What the run could do to the system; one that was refused does not claim to have done it."""
    return f"{report.effect.value}, but refused" if report.result is Result.REFUSED else EFFECTS[report.effect]


def when(started_at: datetime, finished_at: datetime) -> str:
    """The period in words, in the time zone of its start: `Tuesday 3 November 2026, 02:15:04 to 02:19:16 UTC`."""
    end = finished_at.astimezone(started_at.tzinfo)
    zone = started_at.strftime("UTC%z").replace("+0000", "")
    if end.replace(microsecond=0) == started_at.replace(microsecond=0):
        return f"{_day(started_at)}, {started_at:%H:%M:%S} {zone}"
    until = f"{end:%H:%M:%S}" if end.date() == started_at.date() else f"{_day(end)}, {end:%H:%M:%S}"
    return f"{_day(started_at)}, {started_at:%H:%M:%S} to {until} {zone}"


def figures(report: Report) -> list[tuple[str, str]]:
    """Label and humanised value of every figure; the unit that a key ends with goes to the value."""
    return [figure(key, value) for key, value in report.figures.items()]


def figure(key: str, value: Figure) -> tuple[str, str]:
    """One figure: `("archive_bytes", 1200)` reads `("Archive", "1.2 kB")`; an ISO time under `..._at` is spelt out.

    A Decimal under a name that ends with three letters is money: `("revenue_eur", Decimal("88"))` reads `88.00 EUR`.
    """
    words = key.replace("_", " ").strip()
    words = words[:1].upper() + words[1:]
    if isinstance(value, bool):
        return words, "yes" if value else "no"
    if value is None:
        return words, "none"
    if isinstance(value, str):
        return words, _moment(value) if key.endswith("_at") else value
    if isinstance(value, int) and abs(value) > _LARGEST_MEASURE:
        return words, human_count(value)
    if not math.isfinite(value):
        return words, "not a number"
    label, _, unit = words.rpartition(" ")
    match unit.lower():
        case "bytes":
            return label or words, human_bytes(value)
        case "seconds":
            return label or words, human_seconds(value)
        case "percent":
            return label or words, f"{plain_number(value)} %"
        case currency if isinstance(value, Decimal) and re.fullmatch("[a-z]{3}", currency):
            return label or words, f"{value:,.2f} {currency.upper()}"
        case _:
            return words, plain_number(value)


def plain_number(value: int | float | Decimal) -> str:
    """`4,813`, `99.95` or `2.1e-09`: at most three decimals, none of them idle."""
    if isinstance(value, int):
        return human_count(value)
    magnitude = abs(float(value))
    if magnitude and not 0.0005 <= magnitude < 1e18:
        return f"{value:.3g}"
    return f"{value:,.3f}".rstrip("0").rstrip(".")


def failed_first(findings: Sequence[Finding]) -> tuple[list[Finding], list[Finding]]:
    """The findings that did not pass, required ones first, and those that passed; each in the report's order."""
    missed = sorted((finding for finding in findings if not finding.passed), key=lambda finding: not finding.required)
    return missed, [finding for finding in findings if finding.passed]


def _legible_character(character: str) -> str:
    if character in "\n\t":
        return character
    if unicodedata.category(character) == "Cc":
        return f"\\x{ord(character):02x}"
    if character in _DIRECTION_CONTROLS or character in _NEVER_TEXT:
        return f"\\u{ord(character):04x}"
    return character


def _moment(text: str) -> str:
    """An ISO time with its zone in words; any other text as it is."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    return when(moment, moment) if moment.tzinfo else text


def _day(moment: datetime) -> str:
    return f"{moment:%A} {moment.day} {moment:%B %Y}"
