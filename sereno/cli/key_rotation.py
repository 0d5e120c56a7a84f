"""`sereno keys rotate`: the key slots of all backups of a system, made what its file asks for."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

from sereno.backup.rotation import rotate
from sereno.backup.rotation_report import rotation_report
from sereno.cli.acting import act
from sereno.cli.progress_bar import progress_bar
from sereno.exclusion import exclusive
from sereno.reports.model import Draft, Effect
from sereno.systems.model import System

JOB = "rotate_keys"
_KEPT_OUT = ("backup", "prune")
"""The jobs that write or delete backups."""


def rotate_keys(name: str, *, confirm_live: str, as_json: bool, reports: Sequence[Path]) -> int:
    """Rotate the keys of the system `name`, or show what that would do; the exit code. Raises as `act` does."""
    return act(JOB, name, _rotated, confirm_live=confirm_live, effect=Effect.LIVE, as_json=as_json, reports=reports)


def _rotated(system: System, live: bool) -> Draft:
    with ExitStack() as held:
        for job in _KEPT_OUT:
            held.enter_context(exclusive(system=system.name, job=job, run=f"sereno keys rotate {system.name}"))
        with progress_bar("rotating") as progress:
            rotations = rotate(system, live=live, progress=progress)
    return rotation_report(system.name, rotations, live=live)
