"""Archives: rows that a purge deleted, as gzip NDJSON in a store, from which they can be brought back.

`archives/SYSTEM/ID/part-NUMBER-TOKEN-SHA256.ndjson.gz`: each part holds the rows of one batch. Its first line says of
which table and columns they are; each further one is an object of column and value, where every value is the text that
PostgreSQL writes it as, or null. The digest in the name is that of the object's bytes. A part is written before its
rows are deleted, in the same transaction: one whose transaction was never committed holds rows that are still there.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import re
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from sereno.errors import ConfigurationError, IntegrityError, RefusedError
from sereno.maintenance.plan import PurgePlan
from sereno.settings import Settings
from sereno.stores import Store, StoredFile, open_store
from sereno.systems.model import System

FOLDER = "archives"
SCHEMA = "sereno.archive/1"
PART_AT_MOST_BYTES = 512 * 1024 * 1024
_PART = re.compile(r"^part-(?P<number>\d{5,})-[0-9a-f]{8}-(?P<sha256>[0-9a-f]{64})\.ndjson\.gz$")
_IDENTIFIER = re.compile(r"^\d{8}T\d{6}Z-[a-z][a-z0-9_-]*-[0-9a-z]{1,8}$")


class PartHeader(BaseModel):
    """The first line of a part."""

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    schema_: str = Field(default=SCHEMA, alias="schema", pattern=r"^sereno\.archive/1$")
    system: str
    purge: str
    table_schema: str
    table: str
    columns: dict[str, str]
    """Each column's name and type."""
    keys: tuple[str, ...]
    """The columns of the key."""
    cutoff: str
    rows: int


@dataclass(frozen=True, slots=True)
class Part:
    """What one part holds: each row as a JSON object of column and text."""

    header: PartHeader
    rows: tuple[str, ...]


def archive_store(system: System, settings: Settings | None = None) -> Store:
    """The store of a system's archives: the first one of its backups.

    Raises:
        ConfigurationError: the system has no section `backup`.
    """
    if system.backup is None:
        raise ConfigurationError(f"{system.name} has no section `backup` whose first store archives could go to")
    return open_store(system.backup.stores[0], settings)


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """What a run archived of one purge."""

    system: str
    id: str
    store: Store
    header: PartHeader | None = None

    @classmethod
    def of(cls, system: System, plan: PurgePlan, run_id: str) -> Self:
        """The archive of a run; its parts are written one by one."""
        table = plan.table
        header = PartHeader(
            system=system.name,
            purge=plan.name,
            table_schema=table.schema,
            table=table.name,
            columns={column.name: column.type for column in table.columns if not column.generated},
            keys=plan.purge.keys,
            cutoff=plan.cutoff.isoformat(),
            rows=0,
        )
        short = re.sub(r"[^0-9a-z]", "", run_id.lower())[:8] or "0"
        identifier = f"{plan.now:%Y%m%dT%H%M%SZ}-{plan.name}-{short}"
        return cls(system=system.name, id=identifier, store=archive_store(system), header=header)

    @classmethod
    def found(cls, system: System, identifier: str, settings: Settings | None = None) -> Self:
        """The archive called `identifier`.

        Raises:
            RefusedError: there is none.
        """
        store = archive_store(system, settings)
        archive = cls(system=system.name, id=identifier, store=store)
        if not _IDENTIFIER.match(identifier) or not archive.parts():
            newest = ", ".join(archive_ids(store, system.name)[-3:]) or "none"
            raise RefusedError(f"{system.name} has no archive {identifier[:80]!r}; the newest are: {newest}")
        return archive

    @property
    def folder(self) -> str:
        """Where its parts lie in the store."""
        return f"{FOLDER}/{self.system}/{self.id}"

    def write_part(self, number: int, rows: Sequence[str]) -> str:
        """Write the rows of one batch, durably; the object's name.

        Raises:
            StorageError: the store cannot take it.
        """
        assert self.header is not None
        header = self.header.model_copy(update={"rows": len(rows)})
        text = "\n".join([header.model_dump_json(by_alias=True), *rows]) + "\n"
        data = gzip.compress(text.encode(), compresslevel=6, mtime=0)
        name = f"part-{number:05}-{secrets.token_hex(4)}-{hashlib.sha256(data).hexdigest()}.ndjson.gz"
        path = f"{self.folder}/{name}"
        with self.store.create(path) as sink:
            sink.write(data)
        return path

    def parts(self) -> list[StoredFile]:
        """Its parts, in the order in which they were written."""
        return [file for file in self.store.files(self.folder) if _PART.match(file.name.rpartition("/")[2])]

    def require_no_gap(self) -> None:
        """See that no part between others is missing; a number may stand twice, when a batch was tried again.

        Raises:
            IntegrityError: one is.
        """
        names = [_PART.match(file.name.rpartition("/")[2]) for file in self.parts()]
        numbers = {int(name["number"]) for name in names if name}
        missing = sorted(set(range(1, max(numbers, default=0) + 1)) - numbers)
        if missing:
            raise IntegrityError(f"{self.folder} lacks part {missing[0]}, so its rows would not come back whole")

    def read_part(self, file: StoredFile) -> Part:
        """One part, when its bytes are those that were written.

        Raises:
            IntegrityError: they are not.
        """
        matched = _PART.match(file.name.rpartition("/")[2])
        assert matched is not None
        data = self.store.read(file.name, at_most=PART_AT_MOST_BYTES)
        if hashlib.sha256(data).hexdigest() != matched["sha256"]:
            raise IntegrityError(f"{file.name} is not what was written: its SHA-256 is another than its name says")
        try:
            first, *rows = gzip.decompress(data).decode().removesuffix("\n").split("\n")
            header = PartHeader.model_validate_json(first)
            for row in rows:
                _require_row(json.loads(row), header)
        except (OSError, EOFError, ValueError, ValidationError) as error:
            raise IntegrityError(f"{file.name} cannot be read as a part of an archive: {error}") from None
        if len(rows) != header.rows or header.system != self.system:
            raise IntegrityError(f"{file.name} holds {len(rows):,} rows of {header.system}, not what it says itself")
        return Part(header, tuple(rows))


def archive_ids(store: Store, system: str) -> list[str]:
    """The archives of a system, oldest first."""
    return sorted(name for name in store.folders(f"{FOLDER}/{system}") if _IDENTIFIER.match(name))


def archives_of(system: System, settings: Settings | None = None) -> Iterator[Archive]:
    """The archives of a system, oldest first.

    Raises:
        ConfigurationError: the system has no store.
        StorageError: the store cannot be read.
    """
    store = archive_store(system, settings)
    for identifier in archive_ids(store, system.name):
        yield Archive(system=system.name, id=identifier, store=store)


def _require_row(row: Any, header: PartHeader) -> None:
    if not isinstance(row, dict) or set(row) != set(header.columns):
        raise ValueError("a row has other columns than the part says")
