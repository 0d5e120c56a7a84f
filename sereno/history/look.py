"""What `history` does: a page, or an export, of one source, for the job and for the command line."""

from __future__ import annotations

import hashlib
import json
import secrets
from datetime import UTC, datetime
from pathlib import Path

from sereno.errors import ConfigurationError, StorageError
from sereno.history.export import report_file, write_export
from sereno.history.page import Page
from sereno.history.query import Origin
from sereno.history.report import export_report, page_report
from sereno.history.source import look, opened
from sereno.history.wish import Wish
from sereno.redaction import redact_value
from sereno.reports.model import Draft
from sereno.settings import load_settings
from sereno.systems.model import System
from sereno.whole_files import write_whole

EXPORTS = "exports"
"""The folder of exports in SERENO_HOME, which only its owner may enter."""


def page_of(system: System, wish: Wish) -> Page:
    """The page that `wish` asks for.

    Raises:
        SerenoError: the source cannot be read, or the page would be too large.
    """
    with opened(system, wish.origin) as source:
        return look(source, wish.query, origin=wish.origin, totals=wish.totals)


def look_into(system: System, wish: Wish) -> Draft:
    """Write what `wish` asks for to a file, and report where it is and how much it was.

    Raises:
        SerenoError: the source cannot be read, or the file not be written.
    """
    if wish.export:
        return export(system, wish, new_path(system, wish.origin, wish.export.value))
    page = page_of(system, wish)
    path = new_path(system, wish.origin, "json")
    data = json.dumps(redact_value(page.as_json(system.name, system.zone)), indent=2, default=str).encode()
    write_whole(path, data, mode=0o600)
    return page_report(system.name, page, report_file(path, hashlib.sha256(data).hexdigest()))


def export(system: System, wish: Wish, path: Path) -> Draft:
    """Write every event that `wish` asks for to `path`.

    Raises:
        ConfigurationError: `wish` names no format.
        SerenoError: the source cannot be read, or the file not be written.
    """
    if wish.export is None:
        raise ConfigurationError("an export is csv or xlsx")
    with opened(system, wish.origin) as source:
        rows, digest = write_export(path, source.events(wish.query), form=wish.export, zone=system.zone)
    return export_report(system.name, wish.origin, rows, report_file(path, digest))


def new_path(system: System, origin: Origin, suffix: str) -> Path:
    """A name in the folder of exports that no file has yet; the folder is made.

    Raises:
        StorageError: the folder cannot be made.
    """
    folder = load_settings().home_path / EXPORTS
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise StorageError(f"the folder {folder} cannot be used: {error.strerror}") from None
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    return folder / f"{system.name}-history-{origin}-{stamp}-{secrets.token_hex(3)}.{suffix}"
