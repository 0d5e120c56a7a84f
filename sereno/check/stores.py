"""Can each store be written to now? One tiny object is written, read and deleted in each."""

from __future__ import annotations

from collections.abc import Iterator

from sereno.check.statements import without
from sereno.errors import SerenoError
from sereno.reports.build import human_bytes
from sereno.reports.model import Finding
from sereno.settings import Settings
from sereno.stores import open_store
from sereno.systems.model import System
from sereno.systems.sections.stores import FolderStore, S3Store


def checked_stores(system: System, settings: Settings) -> list[Finding]:
    """One finding per store, and a warning where one behaves otherwise than a store should."""
    sections = system.backup.stores if system.backup else ()
    return [finding for section in sections for finding in _checked(section, settings)]


def _checked(section: FolderStore | S3Store, settings: Settings) -> Iterator[Finding]:
    name = f"store {section.name} can be written to"
    try:
        state = open_store(section, settings).probe()
    except SerenoError as error:
        yield Finding(name=name, passed=False, evidence=str(error))
        return
    free = f"; {human_bytes(state.free_bytes)} are free" if state.free_bytes is not None else ""
    yield Finding(name=name, passed=True, evidence=f"{state.place}: an object was written, read and deleted{free}")
    if state.warnings:
        yield without(state.warnings, f"store {section.name} does all that it should", advice="see docs/stores.md")
