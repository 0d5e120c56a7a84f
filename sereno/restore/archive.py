"""The archives of pg_dump inside a backup: fetching one, choosing entries, running pg_restore."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Literal

from psycopg.conninfo import conninfo_to_dict, make_conninfo

from sereno.backup.manifest import StoredObject
from sereno.backup.place import OpenBackup
from sereno.postgres.binaries import PostgresBinaries
from sereno.postgres.programs import HiddenFile, hidden_file, libpq_environment, run_program

_ENTRY = re.compile(r"(?P<id>\d+); (?P<catalog>\d+) (?P<oid>\d+) (?P<rest>.*)\Z")
_DEPENDS = re.compile(r";\s*depends on:(?P<ids>[\d\s]*)\Z")
_CLASS = 1259  # the oid of pg_class: the entry is a table, a view, an index or a sequence
_SESSION = {"maintenance_work_mem": "256MB"}
_TRANSACTION_TIMEOUT = b"\nSET transaction_timeout ="
_TRANSACTION_TIMEOUT_SINCE = 17
_HEAD_BYTES = 65_536

Section = Literal["pre-data", "data", "post-data"]


@dataclass(frozen=True)
class Entry:
    """One line of an archive's table of contents, with the ids of the entries that it depends on."""

    id: int
    line: str
    relation: int | None
    kind: str
    needs: frozenset[int]


@contextmanager
def fetched(backup: OpenBackup, entry: StoredObject) -> Iterator[HiddenFile]:
    """The archive as a file, gone when the block ends."""
    with hidden_file() as archive:
        archive.file.writelines(backup.frames(entry))
        archive.file.flush()
        yield archive


def read_contents(archive: HiddenFile, binaries: PostgresBinaries) -> tuple[Entry, ...]:
    """The archive's table of contents."""
    output = bytearray()
    command = (binaries.program("pg_restore"), "--list", "--verbose", archive)
    run_program(command, environment=libpq_environment(""), receive=output.extend)
    return tuple(_entries(output.decode("utf-8", "surrogateescape").split("\n")))


def without_tables(entries: Iterable[Entry], unwanted: Collection[int]) -> list[Entry]:
    """The entries that can be restored when the tables with the oids `unwanted` are not there.

    Whatever depends on such a table goes too (indexes, views, foreign keys from and to it), and so do its sequences;
    but a table that a wanted one inherits from stays, since the wanted one cannot be made without it.
    """
    known = {entry.id: entry for entry in entries}
    tables = (entry for entry in known.values() if entry.relation is not None and entry.kind.startswith("TABLE "))
    wanted = {entry.id for entry in tables if entry.relation not in unwanted}
    ancestors = _closure(wanted, lambda entry: entry.needs, known)
    gone = {entry.id for entry in known.values() if entry.relation in unwanted and entry.id not in ancestors}
    needed_by: dict[int, set[int]] = {}
    for entry in known.values():
        for need in entry.needs:
            needed_by.setdefault(need, set()).add(entry.id)
    gone = _closure(gone, lambda entry: needed_by.get(entry.id, set()), known)
    owned = {
        need for number in gone if known[number].kind.startswith("SEQUENCE OWNED BY") for need in known[number].needs
    }
    gone |= {number for number in owned if number in known and known[number].kind.startswith("SEQUENCE ")}
    return [entry for entry in known.values() if entry.id not in gone]


def restore_section(
    archive: HiddenFile,
    section: Section,
    *,
    url: str,
    server: int,
    binaries: PostgresBinaries,
    entries: Iterable[Entry] | None = None,
    keep_owners: bool,
    jobs: int = 1,
) -> None:
    """Restore one section.

    Args:
        archive: a custom-format archive.
        section: which part of it.
        url: the target.
        server: the target's major version.
        binaries: pg_restore at least as new as the pg_dump that wrote the archive, and psql of the same version.
        entries: only these; None for all.
        keep_owners: give objects their owners and grants, as only a superuser can.
        jobs: how many connections build indexes and constraints.
    """
    options = [f"--section={section}", *(() if keep_owners else ("--no-owner", "--no-privileges"))]
    database = make_conninfo("", dbname=str(conninfo_to_dict(url).get("dbname") or ""))
    environment = libpq_environment(url, _SESSION)
    pg_restore = binaries.program("pg_restore")
    with _listed(entries) as chosen:
        if server >= _TRANSACTION_TIMEOUT_SINCE or binaries.major < _TRANSACTION_TIMEOUT_SINCE:
            direct = ("--exit-on-error", "--no-password", f"--jobs={jobs}", f"--dbname={database}")
            run_program((pg_restore, *options, *direct, *chosen, archive), environment=environment)
            return
        with hidden_file() as script:
            run_program((pg_restore, *options, *chosen, "--file", script, archive), environment=environment)
            _unset_transaction_timeout(script)
            psql = (binaries.program("psql"), "--no-psqlrc", "--quiet", "--no-password", "--set=ON_ERROR_STOP=1")
            run_program((*psql, f"--dbname={database}", "--file", script), environment=environment)


@contextmanager
def _listed(entries: Iterable[Entry] | None) -> Iterator[tuple[str | HiddenFile, ...]]:
    """The options that choose `entries`."""
    if entries is None:
        yield ()
        return
    with hidden_file() as chosen:
        chosen.file.writelines(f"{entry.line}\n".encode("utf-8", "surrogateescape") for entry in entries)
        chosen.file.flush()
        yield ("--use-list", chosen)


def _unset_transaction_timeout(script: HiddenFile) -> None:
    """Make a comment of the one setting of newer programs that older servers refuse."""
    head = script.file.read(_HEAD_BYTES)
    found = head.find(_TRANSACTION_TIMEOUT)
    if found >= 0:
        script.file.seek(found + 1)
        script.file.write(b"--")
        script.file.flush()


def _entries(lines: Iterable[str]) -> Iterator[Entry]:
    pending: Entry | None = None
    for line in lines:
        if pending and (depends := _DEPENDS.match(line)):
            needs = frozenset(map(int, depends["ids"].split()))
            pending = Entry(id=pending.id, line=pending.line, relation=pending.relation, kind=pending.kind, needs=needs)
        elif match := _ENTRY.match(line):
            if pending:
                yield pending
            relation = int(match["oid"]) if int(match["catalog"]) == _CLASS else None
            pending = Entry(id=int(match["id"]), line=line, relation=relation, kind=match["rest"], needs=frozenset())
    if pending:
        yield pending


def _closure(
    start: Iterable[int], neighbours: Callable[[Entry], Iterable[int]], known: Mapping[int, Entry]
) -> set[int]:
    reached = set(start)
    waiting = list(reached)
    while waiting:
        entry = known.get(waiting.pop())
        found = set(neighbours(entry)) - reached if entry else set()
        reached |= found
        waiting += found
    return reached
