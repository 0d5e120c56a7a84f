"""What goes to stdout: text and tables for people, JSON for programs; no secret and no control character in either."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from sereno.redaction import redact, redact_value
from sereno.reports import ReportFormat, render
from sereno.reports.model import Finding, Report
from sereno.reports.presentation import effect, failed_first, figures, legible

_UNBOUNDED = 100_000  # columns, where no terminal limits them
_VERDICTS = {"passed": "green", "failed": "bold red", "warning": "yellow"}


def print_text(text: str) -> None:
    """Print lines as they are, on a terminal or not."""
    sys.stdout.write(f"{_clean(text)}\n")


def print_json(value: Any) -> None:
    """Print `value` as JSON."""
    _print_bytes(json.dumps(redact_value(value), indent=2).encode())


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, numbers: Sequence[str] = ()) -> None:
    """Print a table; columns named in `numbers` are aligned to the right. Nothing is ever cut off."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        table.add_column(column, justify="right" if column in numbers else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(_clean(cell), style=_VERDICTS.get(cell, "")) for cell in row))
    _print_table(table)


def print_report(report: Report, *, as_json: bool) -> None:
    """Print what a job reports: the headline, then findings (those that failed first) and figures."""
    if as_json:
        _print_bytes(render(report, ReportFormat.JSON))
        return
    print_text(report.headline)
    missed, passed = failed_first(report.findings)
    if report.findings:
        print_text("")
        print_table(("state", "check", "what was seen"), (_row(finding) for finding in (*missed, *passed)))
    print_text("")
    facts = [("Effect", effect(report)), *figures(report)]
    if report.flow_run_id:
        facts.append(("Flow run", report.flow_run_id))
    if report.audit:
        facts.append(("Audit event", f"{report.audit.sequence} {report.audit.hash}"))
    print_facts([*facts, *(("File", file.path) for file in report.files)])


def print_facts(facts: Iterable[tuple[str, str]]) -> None:
    """Print labels and values below one another."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(overflow="fold")
    for label, value in facts:
        table.add_row(Text(_clean(label), style="dim"), Text(_clean(value)))
    _print_table(table)


def _row(finding: Finding) -> tuple[str, str, str]:
    verdict = "passed" if finding.passed else "failed" if finding.required else "warning"
    return verdict, finding.name, finding.evidence


def _print_table(table: Table) -> None:
    if sys.stdout.isatty():
        Console(file=sys.stdout, highlight=False).print(table)
        return
    plain = io.StringIO()
    Console(file=plain, width=_UNBOUNDED, color_system=None, force_terminal=False).print(table)
    sys.stdout.write("".join(f"{line.rstrip()}\n" for line in plain.getvalue().splitlines()))


def _print_bytes(text: bytes) -> None:
    """JSON is UTF-8, whatever the terminal speaks."""
    sys.stdout.flush()
    sys.stdout.buffer.write(text.rstrip(b"\n") + b"\n")


def _clean(text: str) -> str:
    return legible(redact(text))
