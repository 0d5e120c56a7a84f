"""A data map against the live schema: what is missing, what is gone, and who cannot be found."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase

from sereno.compliance.datamap.catalog import Catalog, CatalogColumn
from sereno.compliance.datamap.model import DataMap
from sereno.compliance.datamap.personal import looks_like
from sereno.reports.model import Finding

_MOST_NAMED = 40


def check_data_map(map_: DataMap, catalog: Catalog) -> tuple[Finding, ...]:
    """A finding for each thing that has to be true of a map; the last one is for people's eyes and not required."""
    lost = unreachable(map_, catalog)
    round_ = cycles(map_, catalog)
    return (
        _finding("every mapped table and column is there", gone(map_, catalog), "correct or remove them"),
        _finding("every edge leads to a column", astray(map_, catalog), "correct or remove them"),
        _finding(
            "every column that looks personal is mapped",
            [str(column) for column in unmapped(map_, catalog)],
            "map them, or name them under not_personal",
        ),
        _finding("a person is found in every table", lost, "give them person or edges that lead there", required=False),
        Finding(
            name="edges that lead round are walked once",
            passed=True,
            required=False,
            evidence="; ".join(" → ".join(each) for each in round_[:_MOST_NAMED]) or "there are none",
        ),
    )


def gone(map_: DataMap, catalog: Catalog) -> list[str]:
    """What the map names and the schema does not have, such as `users` or `users.email`."""
    found = []
    for mapped in map_.tables:
        columns = catalog.tables.get(catalog.named(mapped.table))
        if columns is None:
            found.append(mapped.table)
            continue
        named = (*mapped.columns, *mapped.edges, *(name for name in (mapped.person, mapped.age_column) if name))
        found += [f"{mapped.table}.{name}" for name in dict.fromkeys(named) if name not in columns]
    return found


def astray(map_: DataMap, catalog: Catalog) -> list[str]:
    """Edges to a table or column that is not there."""
    found = []
    for mapped in map_.tables:
        for column, target in mapped.edges.items():
            table, _, name = target.rpartition(".")
            if name not in catalog.tables.get(catalog.named(table), {}):
                found.append(f"{mapped.table}.{column} → {target}")
    return found


def unmapped(map_: DataMap, catalog: Catalog) -> list[CatalogColumn]:
    """Columns that look personal and stand neither in a table of the map nor under `not_personal`."""
    mapped = {(catalog.named(each.table), name) for each in map_.tables for name in (*each.columns, *each.edges)}
    exact = {name for name in map_.not_personal if not any(letter in name for letter in "*?[")}
    patterns = [name for name in map_.not_personal if name not in exact]
    return [
        column
        for column in catalog.columns
        if (column.table, column.name) not in mapped
        and looks_like(column) is not None
        and str(column) not in exact
        and not any(fnmatchcase(str(column), pattern) for pattern in patterns)
    ]


def unreachable(map_: DataMap, catalog: Catalog) -> list[str]:
    """Tables of the map in which no person can be found, neither by a column nor along the edges."""
    edges = _edges(map_, catalog)
    reached = {catalog.named(each.table) for each in map_.tables if each.person}
    waiting = list(reached)
    while waiting:
        target = waiting.pop()
        for table in edges.get(target, ()):
            if table not in reached:
                reached.add(table)
                waiting.append(table)
    return [each.table for each in map_.tables if catalog.named(each.table) not in reached]


def cycles(map_: DataMap, catalog: Catalog) -> list[tuple[str, ...]]:
    """Edges that lead back to where they began: each round once, its first table also at its end."""
    onwards: dict[str, list[str]] = {}
    for target, tables in _edges(map_, catalog).items():
        for table in tables:
            onwards.setdefault(table, []).append(target)
    found: list[tuple[str, ...]] = []
    done: set[str] = set()
    for start in sorted(onwards):
        path: list[str] = []
        waiting: list[Iterator[str]] = [iter([start])]
        while waiting:
            table = next(waiting[-1], "")
            if not table:
                waiting.pop()
                if path:
                    done.add(path.pop())
            elif table in path:
                found.append((*path[path.index(table) :], table))
            elif table not in done:
                path.append(table)
                waiting.append(iter(sorted(onwards.get(table, ()))))
    return found


def _edges(map_: DataMap, catalog: Catalog) -> dict[str, list[str]]:
    """The tables that lead to a table, by it."""
    found: dict[str, list[str]] = {}
    for mapped in map_.tables:
        for target in mapped.edges.values():
            found.setdefault(catalog.named(target.rpartition(".")[0]), []).append(catalog.named(mapped.table))
    return found


def _finding(name: str, missing: Sequence[str], advice: str, *, required: bool = True) -> Finding:
    more = f" and {len(missing) - _MOST_NAMED:,} more" if len(missing) > _MOST_NAMED else ""
    evidence = f"{len(missing):,} not: {', '.join(missing[:_MOST_NAMED])}{more} → {advice}" if missing else ""
    return Finding(name=name, passed=not missing, required=required, evidence=evidence)
