"""The part of the page about tables: how large they are, how they grow, what they carry along that is dead or empty."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from sereno.care.growth import Growth, growth
from sereno.care.looking import Unseen
from sereno.care.page.area import Area, Judged, size, table, unseen, without
from sereno.care.tables import Table
from sereno.ledger.care_readings import CareReading
from sereno.reports.build import human_bytes, human_count
from sereno.reports.charts import bar_chart, line_chart
from sereno.systems.sections.care import Care

_LARGEST = 15
_CHARTED = 10
_MEBIBYTE = 1024**2
_COLUMNS = ("table", "rows", "with indexes", "since the last run", "dead rows", "empty space", "last cleaned")


def area(
    tables: Sequence[Table] | Unseen,
    readings: Sequence[CareReading],
    before: CareReading | None,
    care: Care,
    zone: ZoneInfo,
) -> Area:
    """The findings about every table. `readings` end with this look's, `before` is the one to compare with."""
    if isinstance(tables, Unseen):
        return unseen("tables", tables)
    grown = growth(tables, before)
    total = sum(each.total_bytes or 0 for each in tables)
    largest = [(each.name, float(each.total_bytes or 0)) for each in tables[:_CHARTED]]
    charts = (
        {"The largest tables with their indexes": bar_chart("The largest tables", largest, "bytes")} if largest else {}
    )
    if len(trend := _trend(readings, zone)) > 1:
        charts["Size of the database at each run"] = line_chart("Size of the database at each run", trend, "bytes")
    return Area(
        judged=[
            *_judged(tables, care),
            _growing(grown, readings[-1], before, care),
        ],
        figures={
            "tables": len(tables),
            "size_of_tables_bytes": total,
            **_grown(readings[-1], before),
            "dead_rows": sum(each.dead_rows for each in tables),
            "empty_space_bytes": sum(each.empty_bytes or 0 for each in tables),
        },
        charts=charts,
        tables=table("The largest tables", _COLUMNS, (_row(each, before, zone) for each in grown[:_LARGEST])),
    )


def _judged(tables: Sequence[Table], care: Care) -> Iterator[Judged]:
    dead = [
        each
        for each in tables
        if each.dead_rows >= care.noteworthy_dead_rows and each.dead_percent > care.dead_rows_percent
    ]
    yield without(
        [f"{each.name}: {human_count(each.dead_rows)} ({each.dead_percent:.0f} %)" for each in dead],
        f"no table has more than {care.dead_rows_percent} % dead rows",
        trouble=("table full of dead rows", "tables full of dead rows"),
        advice="see what keeps autovacuum from it; or run this job with vacuum=[TABLE]",
        required=False,
    )
    swollen = [each for each in tables if is_bloated(each, care)]
    blank = [each for each in tables if each.empty_bytes is None and each.table_bytes >= _MEBIBYTE]
    yield without(
        [f"{each.name}: about {size(each.empty_bytes)} of {size(each.table_bytes)}" for each in swollen],
        f"no table is more than {care.bloat_percent} % empty space, by estimate",
        trouble=("swollen table", "swollen tables"),
        advice="VACUUM lets new rows use it; only pg_repack or VACUUM FULL (which locks everybody out) gives it back",
        required=False,
        otherwise=f"{human_count(len(blank), 'larger table')} cannot be estimated" if blank else "",
    )
    unknown = [
        each for each in tables if each.analyzed_at is None and each.rows is None and (each.table_bytes or 0) > 0
    ]
    yield without(
        [each.name for each in unknown],
        "every table has been analyzed",
        trouble=("table never analyzed", "tables never analyzed"),
        advice="without it the planner guesses; run this job with vacuum=[TABLE]",
        required=False,
    )
    off = [each for each in tables if each.autovacuum_off]
    yield without(
        [each.name for each in off],
        "autovacuum is on for every table",
        trouble=("table without autovacuum", "tables without autovacuum"),
        advice="ALTER TABLE ... RESET (autovacuum_enabled)",
        required=False,
    )
    locked = [each for each in tables if each.locked]
    if locked:
        yield without(
            [each.name for each in locked],
            "the size of every table can be seen",
            trouble=("locked table", "locked tables"),
            advice="a session has or wants them to itself: the table of who waits for whom may show it",
            required=False,
        )


def is_bloated(each: Table, care: Care) -> bool:
    """Whether so much of it is empty space that somebody should look."""
    return (each.empty_bytes or 0) >= care.bloat_mebibytes * _MEBIBYTE and each.empty_percent > care.bloat_percent


def _growing(grown: Sequence[Growth], last: CareReading, before: CareReading | None, care: Care) -> Judged:
    seconds = (last.taken_at - before.taken_at).total_seconds() if before else 0.0
    fast = [
        each
        for each in grown
        if (each.table.total_bytes or 0) >= care.growth_mebibytes * _MEBIBYTE
        and each.percent_a_day(seconds) > care.growth_percent
    ]
    return without(
        [
            f"{each.table.name}: {human_bytes(each.grown_bytes or 0)} more, now {size(each.table.total_bytes)}"
            for each in fast
        ],
        f"no large table grows by more than {care.growth_percent} % a day",
        trouble=("fast growing table", "fast growing tables"),
        advice="see what fills it, and whether a purge should empty it",
        required=False,
        otherwise="" if before else "there is no earlier run to compare with",
    )


def _grown(last: CareReading, before: CareReading | None) -> dict[str, int]:
    if before is None or before.database_bytes is None or last.database_bytes is None:
        return {}
    return {"growth_since_the_last_run_bytes": last.database_bytes - before.database_bytes}


def _trend(readings: Sequence[CareReading], zone: ZoneInfo) -> list[tuple[str, float]]:
    same = [each for each in readings if each.database == readings[-1].database and each.database_bytes is not None]
    return [(f"{each.taken_at.astimezone(zone):%Y-%m-%d %H:%M}", float(each.database_bytes or 0)) for each in same]


def _row(grown: Growth, before: CareReading | None, zone: ZoneInfo) -> tuple[str, ...]:
    each = grown.table
    if each.locked:
        since = "locked"
    elif grown.grown_bytes is None:
        since = "new" if before else "-"
    else:
        since = (
            f"{'+' if grown.grown_bytes > 0 else ''}{human_bytes(grown.grown_bytes)}" if grown.grown_bytes else "same"
        )
    return (
        each.name,
        "never analyzed" if each.rows is None else human_count(each.rows),
        f"about {size(each.total_bytes)}" if each.locked else size(each.total_bytes),
        since,
        f"{human_count(each.dead_rows)} ({each.dead_percent:.0f} %)" if each.dead_rows else "0",
        "unknown" if each.empty_bytes is None else f"{each.empty_percent:.0f} %",
        _when(max(filter(None, (each.vacuumed_at, each.analyzed_at)), default=None), zone),
    )


def _when(moment: datetime | None, zone: ZoneInfo) -> str:
    return f"{moment.astimezone(zone):%Y-%m-%d %H:%M}" if moment else "never"
