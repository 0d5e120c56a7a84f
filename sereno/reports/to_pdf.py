"""A report as an archivable, accessible PDF (PDF/A-2b and PDF/UA-1), set by typst from a template in this package.

Texts reach the template as JSON data and are never markup. Only the fonts that typst carries are used, so that the
file is the same on every machine; a character they lack would make PDF/A fail and is written as `<U+1F600>`.
"""

from __future__ import annotations

import json
import re
import unicodedata
from datetime import UTC
from functools import cache
from pathlib import Path
from typing import Any

from sereno.reports.build import human_bytes, human_count, shortened
from sereno.reports.model import Finding, Report
from sereno.reports.presentation import facts, failed_first, figures

_TEMPLATE = Path(__file__).parent / "templates" / "report.typ"

_DRAWABLE = (
    *((0x20, 0x7E), (0xA0, 0xAC), (0xAE, 0x2FF), (0x370, 0x377), (0x37A, 0x37F), (0x384, 0x38A), (0x38C, 0x38C)),
    *((0x38E, 0x3A1), (0x3A3, 0x482), (0x48A, 0x4FF), (0x1E00, 0x1EFF), (0x2010, 0x2027), (0x2030, 0x203E)),
    *((0x20A0, 0x20BF), (0x2153, 0x2184), (0x2190, 0x23FF), (0x2500, 0x25FF), (0x270C, 0x2727)),
)
"""Ranges of code points that the embedded fonts draw without combining anything; a test draws every one of them."""

_LONG_WORD = re.compile(r"\S{25,}")
_BREAKABLE = re.compile(r"[./_:\-]+(?=[^./_:\-\s])|[^./_:\-\s]{16}(?=[^./_:\-\s]{16})")
_BREAK = "\u200b"  # the template turns it into a place where a line may break and that copied text does not hold


def render(report: Report) -> bytes:
    """The PDF; its creation date is the report's, so the same report gives the same bytes."""
    import typst

    return typst.compile(
        _template(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"report": json.dumps(drawable_value(_data(report)))},
        pdf_standards=["a-2b", "ua-1"],
        timestamp=int(report.finished_at.timestamp()),
    )


def drawable(text: str) -> str:
    """`text` with characters that the fonts lack spelt out, and long words made breakable."""
    known = "".join(_drawable_character(character) for character in unicodedata.normalize("NFC", text))
    return _LONG_WORD.sub(lambda word: _BREAKABLE.sub(rf"\g<0>{_BREAK}", word.group()), known)


@cache
def _template() -> bytes:
    return _TEMPLATE.read_bytes()


def _data(report: Report) -> dict[str, Any]:
    missed, passed = failed_first(report.findings)
    finished = report.finished_at.astimezone(UTC)
    return {
        "title": f"{shortened(report.job, 80)} of {shortened(report.system, 80)}",
        "result": report.result.value,
        "headline": report.headline.strip() or report.result.value,
        "long": len(report.headline) > 300,
        "date": [finished.year, finished.month, finished.day],
        "facts": facts(report),
        "times": f"{report.started_at.isoformat()} / {report.finished_at.isoformat()}",
        "figures": figures(report),
        "checks": human_count(len(report.findings), "check"),
        "missed": [_finding(finding) for finding in missed],
        "passed": [_finding(finding) for finding in passed],
        "files": [[file.name, human_bytes(file.bytes), file.path, file.sha256] for file in report.files],
        "audit": f"event {human_count(report.audit.sequence)}, {report.audit.hash}" if report.audit else None,
        "schema": report.schema_,
    }


def _finding(finding: Finding) -> dict[str, str]:
    state = "passed" if finding.passed else "failed" if finding.required else "optional"
    return {"name": finding.name, "state": state, "evidence": finding.evidence}


def drawable_value(value: Any) -> Any:
    """`drawable` for every text in a value of JSON."""
    if isinstance(value, str):
        return drawable(value)
    if isinstance(value, dict):
        return {key: drawable_value(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [drawable_value(item) for item in value]
    return value


@cache
def _drawable_character(character: str) -> str:
    code = ord(character)
    if character == "\t":
        return " "
    if character == "\n" or any(first <= code <= last for first, last in _DRAWABLE):
        return character
    return f"<U+{code:04X}>"
