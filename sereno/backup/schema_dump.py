"""The schema, and large objects where there are any, as archives of pg_dump taken in the backup's snapshot."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sereno.postgres.binaries import PostgresBinaries
from sereno.postgres.programs import HiddenFile, hidden_file, libpq_environment, run_program

_SESSION = {"TimeZone": "UTC"}
_CHANGES_FROM_DUMP_TO_DUMP = re.compile(
    rb"(--( Dumped (from|by) .*)?|\\(un)?restrict .*|SET transaction_timeout = .*|)\s*\Z"
)
_LITERAL = rb"E?'(?:[^']|'')*'::character varying"
_CAST_AS_A_WHOLE = re.compile(rb"\(ARRAY\[(?P<literals>%(one)s(?:, %(one)s)*)\]\)::text\[\]" % {b"one": _LITERAL})


@dataclass(frozen=True)
class Dumper:
    """pg_dump on an exported snapshot. Archives are not compressed: the object that they become is."""

    url: str
    binaries: PostgresBinaries
    snapshot: str
    lock_timeout_seconds: int

    def schema(self, archive: HiddenFile) -> None:
        """Write a custom-format archive of everything but rows: pre-data and post-data."""
        self._dump(archive, "--section=pre-data", "--section=post-data")

    def large_objects(self, archive: HiddenFile) -> None:
        """Write a custom-format archive of the large objects alone."""
        self._dump(archive, "--section=data", "-b", "--exclude-table-data=*.*")

    def _dump(self, archive: HiddenFile, *selection: str) -> None:
        command: tuple[str | Path | HiddenFile, ...] = (
            self.binaries.program("pg_dump"),
            "--format=custom",
            "--compress=0",
            f"--snapshot={self.snapshot}",
            f"--lock-wait-timeout={self.lock_timeout_seconds * 1000}",
            "--no-password",
            *selection,
            "--file",
            archive,
        )
        run_program(command, environment=libpq_environment(self.url, _SESSION))


def schema_digest(archive: HiddenFile, *, binaries: PostgresBinaries) -> str:
    """A digest of the schema that `archive` holds: the same for the same schema, whoever dumped it and when.

    It is SHA-256 over `schema_lines`.
    """
    digest = hashlib.sha256()
    for line in schema_lines(archive, binaries):
        digest.update(line)
    return digest.hexdigest()


def schema_lines(archive: HiddenFile, binaries: PostgresBinaries, *, owners: bool = True) -> Iterator[bytes]:
    """The archive's SQL line by line, without the lines that differ from dump to dump.

    What PostgreSQL writes in one way of a schema as it was made, and in another of the same schema restored, is always
    given in the second way: `code IN ('a', 'b')` of a varchar casts its list at first as a whole, later each literal.

    Args:
        archive: a custom-format archive.
        binaries: pg_restore at least as new as the pg_dump that wrote it.
        owners: with who owns what, and the grants.
    """
    options = () if owners else ("--no-owner", "--no-privileges")
    with hidden_file() as script:
        command = (binaries.program("pg_restore"), *options, "--file", script, archive)
        run_program(command, environment=libpq_environment(""))
        for line in script.file:
            if not _CHANGES_FROM_DUMP_TO_DUMP.match(line):
                yield _CAST_AS_A_WHOLE.sub(_each_cast, line)


def _each_cast(match: re.Match[bytes]) -> bytes:
    return b"ARRAY[%s]" % re.sub(_LITERAL, rb"(\g<0>)::text", match["literals"])
