"""The moment before which rows are old, as a value of the column that says how old a row is."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sereno.errors import ContractError
from sereno.systems.sections.maintenance import Purge

_WITH_ZONE = "timestamp with time zone"
_WITHOUT_ZONE = "timestamp without time zone"
_NUMBERS = frozenset({"bigint", "integer", "numeric"})


def cutoff_of(purge: Purge, *, now: datetime) -> datetime:
    """Rows from before this moment are old."""
    return now.astimezone(UTC) - timedelta(days=purge.retain_days)


def comparable(
    purge: Purge, cutoff: datetime, *, column_type: str, zone: ZoneInfo
) -> tuple[datetime | date | int, str]:
    """`cutoff` as a value that compares with the purge's column, and the SQL type to send it as.

    Args:
        purge: whose column.
        cutoff: the moment.
        column_type: the column's type as `format_type` says it, without its precision.
        zone: the system's time zone.

    Raises:
        ContractError: a column of that type does not say how old a row is.
    """
    local = cutoff.astimezone(zone if purge.without_zone == "system" else UTC)
    if column_type in _NUMBERS and purge.epoch:
        seconds = int(cutoff.timestamp())
        return (seconds * 1000 if purge.epoch == "milliseconds" else seconds), "bigint"
    if purge.epoch is None and column_type == _WITH_ZONE:
        return cutoff, _WITH_ZONE
    if purge.epoch is None and column_type == _WITHOUT_ZONE:
        return local.replace(tzinfo=None), _WITHOUT_ZONE
    if purge.epoch is None and column_type == "date":
        return local.date(), "date"
    hint = "say epoch: seconds or milliseconds" if column_type in _NUMBERS else "name a timestamp or a date"
    raise ContractError(
        f"purges[{purge.name}]: {purge.older_than} of {purge.table} is {column_type}, which does not say how old a "
        f"row is; {hint}"
    )
