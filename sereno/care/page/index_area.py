"""The part of the page about indexes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sereno.care.indexes import Index, UnindexedKey, doubles, unused
from sereno.care.looking import Unseen
from sereno.care.page.area import Area, Judged, size, table, unseen, without
from sereno.care.server import Server
from sereno.reports.build import human_count, human_seconds
from sereno.systems.sections.care import Care

_MEBIBYTE = 1024**2
_DAY_SECONDS = 86_400
_LISTED = 30


def area(
    indexes: Sequence[Index] | Unseen, unindexed: Sequence[UnindexedKey] | Unseen, server: Server, care: Care
) -> Area:
    """The findings about every index, and about foreign keys that have none."""
    if isinstance(indexes, Unseen):
        return unseen("indexes", indexes)
    wanted = [each for each in indexes if each.name not in care.accepted_indexes]
    idle = unused(wanted, at_least_bytes=care.unused_index_mebibytes * _MEBIBYTE)
    judges = server.counted_seconds >= care.unused_index_days * _DAY_SECONDS
    double = [(each, other) for each, other in doubles(indexes) if each.name not in care.accepted_indexes]
    found = [
        *_broken(indexes, care),
        _idle(idle if judges else [], server, care, judged=judges),
        without(
            [f"{each.name} ({size(each.bytes)}): {other.name} covers it" for each, other in double],
            "no index is double",
            trouble=("double index", "double indexes"),
            advice="each costs time at every write: drop it, or name it under care.accepted_indexes",
            required=False,
        ),
    ]
    rows = [*_rows(indexes, idle if judges else [], double, care)]
    keys = _key_area(unindexed, care)
    return Area(
        judged=[*found, *keys.judged],
        figures={
            "indexes": len(indexes),
            "size_of_indexes_bytes": sum(each.bytes or 0 for each in indexes),
            "invalid_indexes": sum(_is_invalid(each) for each in indexes),
        },
        tables=[*table("Indexes to look at", ("index", "of", "size", "why"), rows[:_LISTED]), *keys.tables],
    )


def is_bloated(each: Index, care: Care) -> bool:
    """Whether rebuilding it would give back enough to be worth it."""
    return (each.empty_bytes or 0) >= care.bloat_mebibytes * _MEBIBYTE and each.empty_percent > care.bloat_percent


def _is_invalid(each: Index) -> bool:
    return not each.is_valid and not each.being_built and not each.is_of_partitions


def _broken(indexes: Sequence[Index], care: Care) -> Iterator[Judged]:
    yield without(
        [f"{each.name} of {each.table_name}: {_what_to_do(each)}" for each in indexes if _is_invalid(each)],
        "every index is valid",
        trouble=("invalid index", "invalid indexes"),
        advice="an invalid one helps no query, keeps no rule, and costs time at every write",
        required=True,
    )
    yield without(
        [
            f"{each.name}: about {size(each.empty_bytes)} of {size(each.bytes)}"
            for each in indexes
            if is_bloated(each, care)
        ],
        f"no index is more than {care.bloat_percent} % empty space, by estimate",
        trouble=("swollen index", "swollen indexes"),
        advice="run this job with reindex=[INDEX]",
        required=False,
    )


def _what_to_do(each: Index) -> str:
    if each.is_leftover:
        return f"left by a rebuild that was interrupted; DROP INDEX CONCURRENTLY {each.name}"
    why = " (where rows are double: mend those first)" if each.is_unique else ""
    return f"run this job with reindex=[{each.name}]{why}"


def _idle(idle: Sequence[Index], server: Server, care: Care, *, judged: bool) -> Judged:
    counted = f"the server has counted for {human_seconds(server.counted_seconds)}"
    if not judged:
        otherwise = f"not judged: {counted}, and care.unused_index_days asks for {care.unused_index_days}"
    else:
        otherwise = counted
    return without(
        [f"{each.name} ({size(each.bytes)})" for each in idle],
        "every larger index is used",
        trouble=("unused index", "unused indexes"),
        advice=f"{counted}; see whether a replica or a monthly report needs them before you drop one",
        required=False,
        otherwise=otherwise,
    )


def _rows(
    indexes: Sequence[Index], idle: Sequence[Index], double: Sequence[tuple[Index, Index]], care: Care
) -> Iterator[tuple[str, ...]]:
    for each in indexes:
        if _is_invalid(each):
            yield each.name, each.table_name, size(each.bytes), f"invalid: {_what_to_do(each)}"
        elif not each.is_valid and each.being_built:
            yield each.name, each.table_name, size(each.bytes), "is being built just now"
    for each, other in double:
        yield each.name, each.table_name, size(each.bytes), f"double: {other.name} covers it"
    for each in idle:
        yield each.name, each.table_name, size(each.bytes), "unused since the server counts"
    for each in indexes:
        if is_bloated(each, care):
            yield each.name, each.table_name, size(each.bytes), f"about {each.empty_percent:.0f} % empty"


def _key_area(unindexed: Sequence[UnindexedKey] | Unseen, care: Care) -> Area:
    if isinstance(unindexed, Unseen):
        return unseen("foreign keys", unindexed)
    large = [each for each in unindexed if (each.rows or 0) >= care.unindexed_rows]
    judged = without(
        [f"{each.table_name} ({each.columns}), which refers to {each.parent}" for each in large],
        f"foreign keys of tables of {human_count(care.unindexed_rows)} rows and more have an index",
        trouble=("foreign key without an index", "foreign keys without an index"),
        advice="without it, deleting or renumbering a parent reads the whole table: CREATE INDEX CONCURRENTLY",
        required=False,
        otherwise=f"{human_count(len(unindexed))} of smaller tables have none" if unindexed else "",
    )
    rows = ((each.table_name, each.columns, each.parent, human_count(each.rows or 0)) for each in large[:_LISTED])
    columns = ("table", "columns", "refer to", "rows")
    return Area(judged=[judged], tables=table("Foreign keys without an index", columns, rows))
