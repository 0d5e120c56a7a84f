"""What GitHub Actions shows: an annotation at the line of each check that failed, and a summary of the step."""

from __future__ import annotations

from collections.abc import Iterator

from sereno.redaction import redact
from sereno.reports.model import Report
from sereno.reports.presentation import legible

MOST_ANNOTATIONS = 10
"""GitHub shows no more of a step."""


def workflow_commands(report: Report) -> Iterator[str]:
    """A workflow command for each finding that did not pass: an error where it was required, else a warning."""
    missed = [each for each in report.findings if not each.passed and "file" in each.properties]
    for finding in sorted(missed, key=lambda each: not each.required)[:MOST_ANNOTATIONS]:
        level = "error" if finding.required else "warning"
        place = f"file={_property(finding.properties['file'])},line={_property(finding.properties.get('line', '1'))}"
        yield f"::{level} {place},title={_property(finding.name)}::{_message(finding.evidence or 'did not pass')}"


def _message(text: str) -> str:
    clean = legible(redact(text))
    return clean.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _message(text).replace(":", "%3A").replace(",", "%2C")
