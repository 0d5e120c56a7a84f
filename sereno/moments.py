"""Times as people write them: ISO 8601, in the system's zone where they name none."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sereno.errors import ConfigurationError

_DAY_LENGTH = len("2026-11-23")


def moment_of(text: str, zone: ZoneInfo, *, name: str) -> datetime:
    """The moment that `text` means; a day alone is none, since it would mean its beginning to some, its end to others.

    Args:
        text: ISO 8601.
        zone: taken where `text` names none.
        name: what the caller calls the value.

    Raises:
        ConfigurationError: it is no time, or the clock showed it twice or never on the day of a change.
    """
    moment = _parsed(text.strip())
    if moment is None:
        raise ConfigurationError(
            f"{name}={text[:80]!r} is no time; write one such as 2026-11-23T02:00:00 or 2026-11-23T02:00:00Z"
        )
    if moment.tzinfo is not None:
        return moment
    earlier, later = (moment.replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    if earlier.utcoffset() == later.utcoffset():
        return earlier
    happened = earlier.astimezone(UTC).astimezone(zone).replace(tzinfo=None) == moment
    why = "twice" if happened else "never"
    raise ConfigurationError(
        f"the clocks of {zone.key} showed {text} {why}, as they were changed then; write it with its offset: "
        f"{earlier.isoformat()} or {later.isoformat()}"
    )


def period_of(since: str, until: str, zone: ZoneInfo) -> tuple[datetime | None, datetime | None]:
    """The period from `date_from` (included) to `date_to` (a time is not included, a day is, to its end), in UTC.

    Args:
        since: a time or a day; empty for no bound.
        until: likewise.
        zone: taken where they name none; its days are meant.

    Raises:
        ConfigurationError: one is neither, lies out of reach, or the clocks make it ambiguous; or they are the wrong
            way round.
    """
    begin = _bound(since, zone, name="date_from", days_later=0)
    end = _bound(until, zone, name="date_to", days_later=1)
    if begin and end and begin >= end:
        raise ConfigurationError(f"date_from={since} is not before date_to={until}")
    return begin, end


def _bound(text: str, zone: ZoneInfo, *, name: str, days_later: int) -> datetime | None:
    if not text.strip():
        return None
    try:
        day = _day(text.strip())
        if day is None:
            return moment_of(text, zone, name=name).astimezone(UTC)
        return datetime.combine(day + timedelta(days=days_later), time(), zone).astimezone(UTC)
    except OverflowError:
        raise ConfigurationError(f"{name}={text[:80]!r} lies outside the years 1 to 9999 of UTC") from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if len(text) == _DAY_LENGTH else None
    except ValueError:
        return None


def _parsed(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text) if len(text) > _DAY_LENGTH else None
    except ValueError:
        return None
