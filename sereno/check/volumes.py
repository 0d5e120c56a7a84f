"""Can each volume be read by this process, all of it? Nothing is read but names, rights and sizes."""

from __future__ import annotations

from functools import partial

from sereno.backup.volumes import list_volume
from sereno.check.statements import stated
from sereno.reports.build import human_bytes, human_count
from sereno.reports.model import Finding
from sereno.settings import Settings
from sereno.systems.model import System
from sereno.systems.sections.volumes import Volume


def checked_volumes(system: System, settings: Settings) -> list[Finding]:
    """One finding per volume."""
    return [
        stated(f"volume {section.name} can be backed up", partial(_seen, system, section, settings))
        for section in system.volumes
    ]


def _seen(system: System, section: Volume, settings: Settings) -> str:
    directory = list_volume(system, section, settings)
    seen = directory.listing
    return f"{directory.path}: {human_count(seen.files, 'file')}, {human_bytes(seen.bytes)}"
