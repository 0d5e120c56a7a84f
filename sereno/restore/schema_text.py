"""A schema as pg_dump writes it, object by object and in no order, so that two of them can be compared."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sereno.backup.schema_dump import Dumper, schema_lines
from sereno.database.connection import connect, translated
from sereno.postgres.binaries import PostgresBinaries
from sereno.postgres.programs import HiddenFile, hidden_file
from sereno.reports.build import shortened

_PURPOSE = "restore proof"
_HEADER = "-- Name: "
_AS_THEY_COME = "SET default_"
"""What pg_dump writes only where it changes, so that it depends on the order of the objects."""
_LONGEST = 200  # characters of a line that is shown


@dataclass(frozen=True)
class SchemaText:
    """The lines of a schema's SQL, each with the object that it is of; the order of objects is not part of it."""

    lines: Counter[tuple[str, str]]

    @classmethod
    def of(cls, lines: Iterable[str]) -> SchemaText:
        """Of the SQL's lines, without those that differ from dump to dump."""
        return cls(Counter(_with_objects(lines)))

    @property
    def objects(self) -> SchemaText:
        """The list of the objects alone: kind, name, schema and owner of each."""
        return SchemaText(Counter({key: count for key, count in self.lines.items() if key[1].startswith(_HEADER)}))

    def differences(self, restored: SchemaText) -> list[str]:
        """In which lines a restored database differs, each as a sentence; empty when it does not."""
        missing, more = self.lines - restored.lines, restored.lines - self.lines
        return [
            *(f"only in the backup: {shortened(line, _LONGEST)}" for _, line in missing.elements()),
            *(f"only in the restored database: {shortened(line, _LONGEST)}" for _, line in more.elements()),
        ]


def archived_schema(archive: HiddenFile, *, binaries: PostgresBinaries, owners: bool) -> SchemaText:
    """The schema in an archive of pg_dump."""
    return SchemaText.of(line.decode(errors="replace") for line in schema_lines(archive, binaries, owners=owners))


def dumped_schema(url: str, *, binaries: PostgresBinaries, owners: bool) -> SchemaText:
    """The schema of a database as it is now."""
    with connect(url, purpose=_PURPOSE) as connection, translated("dumping the schema again"):
        row = connection.execute("SELECT pg_catalog.pg_export_snapshot()").fetchone()
        dumper = Dumper(url=url, binaries=binaries, snapshot=str(row and row[0]), lock_timeout_seconds=30)
        with hidden_file() as archive:
            dumper.schema(archive)
            return archived_schema(archive, binaries=binaries, owners=owners)


def _with_objects(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    found: set[str] = set()
    where = ""
    for line in (each.rstrip().removesuffix(",") for each in lines):  # the last of a list has no comma
        if line.startswith(_HEADER):
            where = line
        if not line.startswith(_AS_THEY_COME):
            yield where, line
        elif line not in found:
            found.add(line)
            yield "", line
