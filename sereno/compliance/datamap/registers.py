"""What the law wants to be kept as registers, from the data map: processing, sharing, and how long rows may stay."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sereno.compliance.datamap.model import Activity, DataMap, MappedTable, RecipientRole


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessingRecord:
    """An activity as GDPR art. 30 and LGPD art. 37 want it recorded."""

    activity: str
    purpose: str
    gdpr: str
    lgpd: str
    subjects: tuple[str, ...]
    categories: tuple[str, ...]
    recipients: tuple[str, ...]
    transfers: tuple[str, ...]
    """Recipients with a safeguard, since they are outside."""
    retention: tuple[str, ...]
    """Days by table, such as `page_views: 90`; tables without a bound are left out."""
    measures: tuple[str, ...]
    tables: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SharingRecord:
    """Somebody who is given data, and which."""

    recipient: str
    role: RecipientRole
    country: str
    safeguard: str
    activities: tuple[str, ...]
    categories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionRule:
    """A table whose rows have to be gone after some days."""

    table: str
    age_column: str
    days: int


def record_of_processing(map_: DataMap) -> tuple[ProcessingRecord, ...]:
    """A record for each activity, in the order of the map."""
    return tuple(_record(map_, activity) for activity in map_.activities)


def sharing_register(map_: DataMap) -> tuple[SharingRecord, ...]:
    """A record for each recipient, by name; one with several roles, places or safeguards has several."""
    found: dict[tuple[str, RecipientRole, str, str], list[Activity]] = {}
    for activity in map_.activities:
        for each in activity.recipients:
            found.setdefault((each.name, each.role, each.country, each.safeguard or ""), []).append(activity)
    return tuple(
        SharingRecord(
            recipient=name,
            role=role,
            country=country,
            safeguard=safeguard,
            activities=tuple(activity.title for activity in activities),
            categories=_categories(table for activity in activities for table in _tables(map_, activity)),
        )
        for (name, role, country, safeguard), activities in sorted(found.items())
    )


def retention_rules(map_: DataMap) -> tuple[RetentionRule, ...]:
    """The tables whose rows have to go, in the order of the map."""
    return tuple(
        RetentionRule(table=mapped.table, age_column=mapped.age_column, days=mapped.retention_days)
        for mapped in map_.tables
        if mapped.retention_days is not None and mapped.age_column is not None
    )


def _record(map_: DataMap, activity: Activity) -> ProcessingRecord:
    tables = tuple(_tables(map_, activity))
    return ProcessingRecord(
        activity=activity.title,
        purpose=activity.purpose,
        gdpr=activity.gdpr.value,
        lgpd=activity.lgpd.value,
        subjects=activity.subjects,
        categories=_categories(tables),
        recipients=tuple(f"{each.name} ({each.country})" for each in activity.recipients),
        transfers=tuple(
            f"{each.name} ({each.country}): {each.safeguard}" for each in activity.recipients if each.safeguard
        ),
        retention=tuple(f"{each.table}: {each.retention_days}" for each in tables if each.retention_days),
        measures=activity.measures,
        tables=tuple(each.table for each in tables),
    )


def _tables(map_: DataMap, activity: Activity) -> Iterator[MappedTable]:
    return (mapped for mapped in map_.tables if activity.name in mapped.activities)


def _categories(tables: Iterable[MappedTable]) -> tuple[str, ...]:
    return tuple(sorted({category.value for table in tables for category in table.columns.values()}))
