"""Where people reach the files of reports, when SERENO_REPORTS_URL says where the folder of reports is served."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from urllib.parse import quote

from sereno.settings import Settings


def links_to(paths: Iterable[Path], settings: Settings) -> dict[str, str]:
    """The addresses of those `paths` that lie below SERENO_HOME/reports, by path; none without SERENO_REPORTS_URL."""
    if not settings.reports_url:
        return {}
    folder, address = settings.home_path / "reports", settings.reports_url.rstrip("/")
    return {
        str(path): f"{address}/{quote(str(path.relative_to(folder)))}" for path in paths if path.is_relative_to(folder)
    }
