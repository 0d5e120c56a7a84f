"""Changes of how Sereno works for a system: the files of its folder, compared with those of the last look."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from sereno.audit import Event, actor_of_process, append_within
from sereno.history.kinds import CONFIGURATION_CHANGED
from sereno.ledger import open_ledger
from sereno.ledger.canonical import canonical_json
from sereno.ledger.models import CursorRow, time_text
from sereno.regular_files import read_regular
from sereno.reports.build import human_count
from sereno.reports.model import Effect, Finding, Result
from sereno.systems.folders import system_folder
from sereno.systems.model import System

JOB = "audit_verify"
_PLACE = {"job": JOB, "step": "configuration", "name": "files"}
_LARGEST_BYTES = 16_000_000
_MOST_NAMED = 20


@dataclass(frozen=True, kw_only=True)
class Changes:
    """The files that are not what they were: names relative to the system's folder, sorted."""

    files: int
    """How many there are now."""
    added: tuple[str, ...]
    changed: tuple[str, ...]
    removed: tuple[str, ...]

    @property
    def number(self) -> int:
        """How many are not what they were."""
        return len(self.added) + len(self.changed) + len(self.removed)


def note_configuration(system: System) -> Finding:
    """Look at the files of the system's folder; what changed since the last look becomes an event of the chain.

    The event names the files and the digest of all of them; who changed them is told by their version control.

    Raises:
        ConfigurationError: a file cannot be read.
        SerenoError: the ledger cannot be read or written.
    """
    files = digests(system_folder(system.name))
    with open_ledger() as ledger, ledger.writing() as session:
        before = session.get(CursorRow, {"system": system.name, **_PLACE})
        changes = compared(json.loads(before.value) if before else {}, files)
        if changes.number:
            event = _event(system.name, changes, files)
            append_within(session, event)
            at = time_text(event.time)
            session.merge(CursorRow(system=system.name, **_PLACE, value=canonical_json(files), updated_at=at))
    said = f"{human_count(changes.files, 'file')}, of which {changes.number:,} changed since the last look"
    return Finding(name="changes of configuration are noted", passed=True, evidence=f"{said}{_listed(changes)}")


def digests(folder: Path) -> dict[str, str]:
    """SHA-256, in hexadecimal, of each file in `folder`, by its name relative to it; hidden ones are left out.

    Raises:
        ConfigurationError: one cannot be read, or is no ordinary file.
    """
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_dir() or any(part.startswith(".") or part == "__pycache__" for part in name.parts):
            continue
        content = read_regular(path, at_most=_LARGEST_BYTES)
        found[str(name)] = hashlib.sha256(content).hexdigest()
    return found


def compared(before: dict[str, str], after: dict[str, str]) -> Changes:
    """What became of the files `before`."""
    return Changes(
        files=len(after),
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(name for name in after.keys() & before.keys() if after[name] != before[name])),
        removed=tuple(sorted(before.keys() - after.keys())),
    )


def _event(system: str, changes: Changes, files: dict[str, str]) -> Event:
    actor, source = actor_of_process()
    lists = {"added": changes.added, "changed": changes.changed, "removed": changes.removed}
    return Event(
        system=system,
        job=JOB,
        action=CONFIGURATION_CHANGED,
        effect=Effect.READ,
        result=Result.PASSED,
        actor=actor,
        actor_source=source,
        figures={
            "files": changes.files,
            "sha256": hashlib.sha256(canonical_json(files).encode()).hexdigest(),
            **{name: named(names) for name, names in lists.items() if names},
        },
    )


def named(names: tuple[str, ...]) -> str:
    """The first of `names`, and how many more there are."""
    more = f" and {len(names) - _MOST_NAMED:,} more" if len(names) > _MOST_NAMED else ""
    return ", ".join(names[:_MOST_NAMED]) + more


def _listed(changes: Changes) -> str:
    lists = (("added", changes.added), ("changed", changes.changed), ("removed", changes.removed))
    return "".join(f"; {word}: {named(names)}" for word, names in lists if names)
