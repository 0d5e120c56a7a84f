"""Tables, sequences and roles as SQL text that psql reads, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from psycopg import sql

from sereno.backup.chain import TableLevel
from sereno.backup.copying import RAW
from sereno.backup.manifest import Manifest, Table
from sereno.backup.read_back import checked_frames
from sereno.database.connection import PINNED, UNHURRIED
from sereno.progress import Meter
from sereno.reports.presentation import legible
from sereno.restore.changes import Frames, Step, counted, steps

_SETTINGS = {
    **{name: PINNED[name] for name in ("client_encoding", "DateStyle", "IntervalStyle", "lc_monetary", "row_security")},
    **UNHURRIED,
    "TimeZone": "UTC",
    "standard_conforming_strings": "on",
}
"""What the meaning of the rows' text depends on; every server since 9.6 knows all of it."""


def table_sql(levels: Sequence[TableLevel], manifest: Manifest, *, meter: Meter) -> Iterator[bytes]:
    """A script that fills one table, in one transaction: the rows of its whole backup, then what increments changed.

    Args:
        levels: the table from the newest backup that holds it whole on.
        manifest: of the backup that is exported.
        meter: told of bytes of COPY text.

    Raises:
        IntegrityError: an object is not what its manifest says.
    """
    whole, *increments = levels
    into = levels[-1].table
    frames = counted(checked_frames, meter.add, into.label)
    about = (
        f"{into.label}: {into.rows} rows of backup {manifest.id} of {manifest.origin.system}. Personal data in clear."
    )
    yield from _head(about, encoding=manifest.origin.encoding)
    yield b"BEGIN;\n"
    yield from _as_sql(_filling(whole, into, frames))
    for level in increments:
        yield f"-- What changed until {level.backup.manifest.id}\n".encode()
        for step in steps(level, into=into, frames=frames):
            yield from _as_sql(step)
    yield b"COMMIT;\n"


def sequences_sql(manifest: Manifest) -> Iterator[bytes]:
    """A script that sets every sequence that is there to where it stood."""
    yield from _head(f"Where the sequences stood in backup {manifest.id}")
    setting = sql.SQL("SELECT pg_catalog.setval(s, {}, {}) FROM pg_catalog.to_regclass({}) AS s WHERE s IS NOT NULL;\n")
    for sequence in manifest.sequences:
        name = sql.Identifier(sequence.schema_name, sequence.name).as_string()
        yield setting.format(sequence.last_value, sequence.is_called, name).as_string().encode()


def roles_sql(manifest: Manifest) -> Iterator[bytes]:
    """A script that makes the roles that own things or hold grants and are missing, without login."""
    yield from _head(f"The roles that backup {manifest.id} speaks of")
    missing = sql.SQL("BEGIN IF NOT EXISTS (SELECT FROM pg_catalog.pg_roles WHERE rolname = {}) THEN {}; END IF; END")
    for role in manifest.roles:
        create = sql.SQL("CREATE ROLE {} NOLOGIN").format(sql.Identifier(role))
        body = missing.format(sql.Literal(role), create).as_string()
        yield sql.SQL("DO {};\n").format(sql.Literal(body)).as_string().encode()


def _filling(level: TableLevel, into: Table, frames: Frames) -> Step:
    columns = sql.SQL(", ").join(map(sql.Identifier, level.table.copied_columns))
    listed = sql.SQL("({})").format(columns) if level.table.copied_columns else sql.SQL("")
    copy = sql.SQL("COPY {} {} FROM STDIN").format(sql.Identifier(into.schema_name, into.name), listed)
    return Step(copy, (frame for part in level.table.parts for frame in frames(level.backup, part)))


def _as_sql(step: Step) -> Iterator[bytes]:
    yield step.statement.as_string().encode() + b";\n"
    if step.rows is not None:
        yield from step.rows
        yield b"\\.\n"


def _head(about: str, *, encoding: str = "") -> Iterator[bytes]:
    """What a script is, and how its session has to be set for rows of a database of `encoding`."""
    yield f"-- {' '.join(legible(about).split())}\n".encode()
    yield b"\\set ON_ERROR_STOP on\n"
    settings = {**_SETTINGS, **({"client_encoding": RAW} if encoding == RAW else {})}
    for name, value in settings.items():
        yield sql.SQL("SET {} = {};\n").format(sql.SQL(name), value).as_string().encode()
    yield b"SET search_path = '';\n"
