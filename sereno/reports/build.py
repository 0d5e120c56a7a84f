"""Pure helpers with which flows put a report together: the tally, the headline, figures as people read them."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from sereno.reports.model import Finding, Result

Number = int | float | Decimal

_NAMED = 3
_LONGEST_NAME = 80
_BYTE_UNITS = ("B", "kB", "MB", "GB", "TB", "PB", "EB")


def tally(findings: Sequence[Finding]) -> Result:
    """Failed when a required finding did not pass, else passed; no findings pass."""
    return Result.FAILED if any(finding.required and not finding.passed for finding in findings) else Result.PASSED


def headline(findings: Sequence[Finding], passed: str) -> str:
    """One sentence: `passed` when every required finding held, else how many of all did not and which.

    Optional findings that did not pass are named in either case, so that nothing is hidden.
    """
    required = [finding for finding in findings if finding.required and not finding.passed]
    optional = [finding for finding in findings if not finding.required and not finding.passed]
    sentence = passed
    if required:
        sentence = f"{human_count(len(required))} of {human_count(len(findings), 'check')} failed: {_names(required)}"
    if optional:
        missed = f"{human_count(len(optional), 'optional check')} did not pass: {_names(optional)}"
        sentence = f"{sentence.rstrip('.')}; {missed}"
    return sentence


def human_count(number: int, noun: str = "", plural: str = "") -> str:
    """`4,813` or, with a noun, `1 check` and `4,813 checks`; `plural` where an s is not enough."""
    if not noun:
        return f"{number:,}"
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def human_bytes(number: Number) -> str:
    """A size in decimal units: `0 B`, `999 B`, `1.0 kB`, `12.3 MB`, `468 MB`."""
    size = float(number)
    unit = _BYTE_UNITS[0]
    for unit in _BYTE_UNITS:
        if abs(size) < 999.5:
            break
        if unit != _BYTE_UNITS[-1]:
            size /= 1000
    decimals = 1 if unit != "B" and abs(size) < 99.95 else 0
    return f"{size:,.{decimals}f} {unit}"


def human_seconds(seconds: Number) -> str:
    """A duration in its two largest units: `3 ms`, `4.2 s`, `4 min 12 s`, `2 h 5 min`, `3 d 1 h`."""
    value = float(seconds)
    if value < 0:
        return f"-{human_seconds(-value)}"
    if value < 0.9995:
        return f"{value * 1000:.0f} ms" if value >= 0.001 or value == 0 else "under 1 ms"
    if value < 9.95:
        return f"{value:.1f} s"
    whole = round(value)
    for size, unit, below, part in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if whole >= size:
            rest = whole % size // below
            return f"{whole // size:,} {unit} {rest} {part}" if rest else f"{whole // size:,} {unit}"
    return f"{whole} s"


def shortened(text: str, longest: int) -> str:
    """`text` on one line, cut to at most `longest` characters with an ellipsis as the last of them."""
    line = " ".join(text.split())
    return line if len(line) <= longest else f"{line[: longest - 1].rstrip()}…"


def _names(findings: Sequence[Finding]) -> str:
    named = ", ".join(shortened(finding.name, _LONGEST_NAME) for finding in findings[:_NAMED])
    more = len(findings) - _NAMED
    return f"{named} and {human_count(more)} more" if more > 0 else named
