"""Which of a system's backups is meant: the newest that a system can be rebuilt from, or the one as of a time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sereno import moments
from sereno.backup.manifest import LINKS, BackupKind

AHEAD_AT_MOST = timedelta(days=1)
"""How far the time in an id may be ahead of the clock. Ids sort as the backups were taken, so one that follows another
within the same second, or after the clock was set back, is given a time that is yet to come."""

_TIME_LENGTH = len("20261123T020000Z")
_RANDOM_LENGTH = len("-1f3a5c7e")


def kind_in(identifier: str) -> BackupKind:
    """The kind that stands in a backup's id, such as `20261123T020000Z-full-1f3a5c7e`.

    Raises:
        ValueError: it names no kind that this version knows.
    """
    return BackupKind(identifier[_TIME_LENGTH + 1 : -_RANDOM_LENGTH])


def newest(identifiers: Sequence[str]) -> str:
    """The newest backup that holds everything: of kind full or incremental, and only without one of any kind.

    Args:
        identifiers: backups, oldest first; at least one.
    """
    links = [identifier for identifier in identifiers if _is_link(identifier)]
    return (links or identifiers)[-1]


def newest_as_of(moment: datetime, identifiers: Sequence[str], *, taken_at: Callable[[str], datetime]) -> str | None:
    """The newest backup that shows a moment at or before `moment`, chosen as by `newest`; None when there is none.

    Args:
        moment: with a time zone.
        identifiers: backups, oldest first.
        taken_at: the moment that a backup shows. Asked of few: of none whose id is far ahead of `moment`.
    """
    begun = [identifier for identifier in identifiers if _time_in(identifier) - moment <= 2 * AHEAD_AT_MOST]
    early = [identifier for identifier in begun if _is_link(identifier)]
    for candidates in (early, begun):
        for identifier in reversed(candidates):
            if taken_at(identifier) <= moment:
                return identifier
    return None


def moment_of(text: str, zone: ZoneInfo) -> datetime:
    """What `as_of` means: ISO 8601, in the system's zone when it names none.

    Raises:
        ConfigurationError: it is no time, or the clock showed it twice or never on the day of a change.
    """
    return moments.moment_of(text, zone, name="as_of")


def _is_link(identifier: str) -> bool:
    try:
        return kind_in(identifier) in LINKS
    except ValueError:
        return False


def _time_in(identifier: str) -> datetime:
    return datetime.strptime(identifier[:_TIME_LENGTH], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
