"""A report as JSON: exactly its model, keys in the model's order, indented, one line break at the end."""

from __future__ import annotations

from sereno.reports.model import Report


def render(report: Report) -> bytes:
    """UTF-8 JSON. Decimals are strings; figures that are no number are null."""
    return report.model_dump_json(indent=2).encode() + b"\n"
