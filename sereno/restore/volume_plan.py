"""Which volumes a restore brings back, and where each of them goes."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sereno.errors import ConfigurationError, RefusedError
from sereno.restore.chosen import PlannedVolume, RestorePlan
from sereno.restore.target import declared_target
from sereno.restore.volume_rooms import require_place
from sereno.restore.way import Way
from sereno.settings import load_settings
from sereno.systems.model import System
from sereno.systems.sections.restore import ORIGINAL, SCRATCH


def planned_volumes(system: System, plan: RestorePlan) -> RestorePlan:
    """The plan with every volume of the backup, each in its place.

    Raises:
        RefusedError: a volume cannot go to its place; or volumes alone are asked for, and there are none.
        ConfigurationError: the system's file does not say where a volume of the original is.
    """
    entries = plan.manifest.volumes
    if plan.way is Way.FILES and not entries:
        raise RefusedError(f"backup {plan.backup} holds no volumes")
    if plan.target == SCRATCH:
        return replace(plan, volumes=tuple(PlannedVolume(entry) for entry in entries))
    if plan.target == ORIGINAL:
        volumes = tuple(PlannedVolume(entry, _path(system, entry.name), replaces=True) for entry in entries)
    else:
        folder = declared_target(system, plan.target).volumes_folder
        if folder is None:
            return _without(plan)
        home = load_settings().home_path
        volumes = tuple(PlannedVolume(entry, home / folder / entry.name) for entry in entries)
    for volume in volumes:
        require_place(volume)
    return replace(plan, volumes=volumes)


def _without(plan: RestorePlan) -> RestorePlan:
    if plan.way is Way.FILES:
        raise ConfigurationError(f"the target {plan.target} has no volumes_folder in the system's system.yaml")
    return replace(plan, volumes_left_out=tuple(entry.name for entry in plan.manifest.volumes))


def _path(system: System, name: str) -> Path:
    """Where a volume of the system is now, whatever links lead there."""
    for section in system.volumes:
        if section.name == name:
            return (load_settings().home_path / section.path).resolve()
    raise ConfigurationError(
        f"the backup holds a volume {name}, of which the system.yaml of {system.name} does not say where it belongs; "
        "name it there under volumes, or restore with volumes=without"
    )
