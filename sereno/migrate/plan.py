"""What a migration would do: which versions there are, what is pending, and where to go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from sereno.errors import ConfigurationError, RefusedError
from sereno.systems.model import System
from sereno.systems.sections.migrations import Migrations

JOB = "migrate"
_VERSION = re.compile(r"[A-Za-z0-9_][\w.:+-]{0,199}")


class MigrationWay(StrEnum):
    """Forward, or back."""

    UPGRADE = "upgrade"
    DOWNGRADE = "downgrade"


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationState:
    """How far a schema is."""

    versions: tuple[str, ...]
    pending: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationPlan:
    """A migration that can begin. `to` is empty for an upgrade, which applies all that is pending."""

    way: MigrationWay
    to: str
    before: MigrationState

    @property
    def nothing_to_do(self) -> bool:
        """Whether the schema is where it should be."""
        if self.way is MigrationWay.UPGRADE:
            return not self.before.pending
        return self.to in self.before.versions


def migrations_of(system: System) -> Migrations:
    """The section of the job.

    Raises:
        ConfigurationError: the system does not offer it.
    """
    if system.migrations is None or system.backup is None:
        missing = "migrations" if system.migrations is None else "backup, and one is taken before a migration"
        raise ConfigurationError(f"{system.name} does not offer migrate: its system.yaml says nothing of {missing}")
    return system.migrations


def require_target(migrations: Migrations, way: MigrationWay, to: str) -> None:
    """See that `to` fits.

    Raises:
        RefusedError: it is given for an upgrade, missing for a downgrade, or the folder knows no way back.
        ConfigurationError: it is no version.
    """
    if way is MigrationWay.UPGRADE:
        if to:
            raise RefusedError(f"to={to[:80]} is for a downgrade; an upgrade applies all that is pending")
        return
    if migrations.downgrade is None:
        raise RefusedError("the system's file has no migrations.downgrade; restore the backup taken before instead")
    if not to:
        raise RefusedError("a downgrade needs to=VERSION, the version to go back to")
    if not _VERSION.fullmatch(to) or (_by_app(migrations.downgrade) and "." not in to.strip(".")):
        example = "core.0031_auditlog" if _by_app(migrations.downgrade) else "007_add_reports"
        raise ConfigurationError(f"to={to[:80]!r} is no version such as {example}")


def downgrade_command(migrations: Migrations, to: str) -> tuple[str, ...]:
    """The command that goes back to `to`; no part of it is read by a shell."""
    app, _, name = to.partition(".")
    values = {"{version}": to, "{app}": app, "{name}": name}
    return tuple(_filled(word, values) for word in migrations.downgrade or ())


def pending_in(output: str, pattern: str) -> tuple[str, ...]:
    """The migrations that a listing calls pending, in its order."""
    found = (re.search(pattern, line) for line in output.splitlines())
    return tuple(match[1] for match in found if match)


def ways_back(system: str, migrations: Migrations, before: Sequence[str], after: Sequence[str]) -> tuple[str, ...]:
    """The commands that go back from the versions `after` to `before`; none where the folder has no downgrade."""
    if migrations.downgrade is None or set(before) == set(after):
        return ()
    if not _by_app(migrations.downgrade):
        targets = list(before) or ["base"]
    else:
        were = {version.partition(".")[0]: version for version in before}
        changed = [version.partition(".")[0] for version in after if version not in before]
        targets = [were.get(app, f"{app}.zero") for app in changed]
    return tuple(f"sereno run migrate {system} direction=downgrade to={target}" for target in targets)


def _by_app(command: Sequence[str]) -> bool:
    return any("{app}" in word for word in command)


def _filled(word: str, values: dict[str, str]) -> str:
    for placeholder, value in values.items():
        word = word.replace(placeholder, value)
    return word
