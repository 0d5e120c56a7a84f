"""The foreign keys that a restore of some tables leaves out, because the other table is not restored."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sereno.backup.manifest import Manifest, Relation
from sereno.restore.archive import Entry, without_tables

_KIND = "FK CONSTRAINT "


@dataclass(frozen=True)
class LeftOutKey:
    """A foreign key of `table` that refers to `other`; all are labels, and `missing` is the one not restored."""

    name: str
    table: str
    other: str
    missing: str


def left_out_keys(entries: Sequence[Entry], manifest: Manifest, unwanted: Collection[int]) -> tuple[LeftOutKey, ...]:
    """The foreign keys of an archive that only one side of is restored, when the tables `unwanted` are not.

    Args:
        entries: the whole table of contents.
        manifest: names the tables and roles that the entries speak of.
        unwanted: oids of tables.
    """
    kept = {entry.id for entry in without_tables(entries, unwanted)}
    relations = {each.oid: each for each in (*manifest.tables, *manifest.partitioned, *manifest.left_out)}
    tables = {
        entry.id: relations[entry.relation]
        for entry in entries
        if entry.kind.startswith("TABLE ") and entry.relation in relations
    }
    gone = (entry for entry in entries if entry.kind.startswith(_KIND) and entry.id not in kept)
    return tuple(key for entry in gone for key in _key(entry, tables, kept=kept, roles=manifest.roles))


def _key(
    entry: Entry, tables: Mapping[int, Relation], *, kept: Collection[int], roles: Sequence[str]
) -> Iterator[LeftOutKey]:
    """The foreign key of one entry; none when neither of its tables is restored."""
    sides = {need: tables[need] for need in entry.needs if need in tables}
    owning = [side for side in sides.values() if entry.kind.startswith(_prefix(side))]
    missing = [side for need, side in sides.items() if need not in kept]
    if owning and 0 < len(missing) < len(sides):
        table = max(owning, key=lambda side: len(side.name))
        other = next(side for side in sides.values() if side is not table)
        name = _without_owner(entry.kind.removeprefix(_prefix(table)), roles)
        yield LeftOutKey(name=name, table=table.label, other=other.label, missing=missing[0].label)


def _prefix(table: Relation) -> str:
    return f"{_KIND}{table.schema_name} {table.name} "


def _without_owner(text: str, roles: Sequence[str]) -> str:
    owners = [role for role in roles if text.endswith(f" {role}")]
    return text.removesuffix(f" {max(owners, key=len)}") if owners else text.rpartition(" ")[0]
