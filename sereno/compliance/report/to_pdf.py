"""A page as an archivable, accessible PDF (PDF/A-2b and PDF/UA-1), set by typst; equal pages give equal bytes."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from sereno.compliance.report.page import Page
from sereno.reports.to_pdf import drawable_value

_TEMPLATE = Path(__file__).parent / "templates" / "compliance.typ"


def render(page: Page, *, generated_at: datetime) -> bytes:
    """The PDF; `generated_at` is its creation date."""
    import typst

    created = generated_at.astimezone(UTC)
    data = _plain(asdict(page)) | {"date": [created.year, created.month, created.day]}
    return typst.compile(
        _template(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"page": json.dumps(drawable_value(data))},
        pdf_standards=["a-2b", "ua-1"],
        timestamp=int(created.timestamp()),
    )


@cache
def _template() -> bytes:
    return _TEMPLATE.read_bytes()


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, frozenset):
        return sorted(value)
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value
