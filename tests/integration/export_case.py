"""For the tests of exported files: loading them by the commands that lie beside them, and what a database holds."""

from __future__ import annotations

import os
import re
import subprocess
import textwrap
from collections.abc import Mapping
from pathlib import Path

import psycopg
from psycopg import sql

from sereno.postgres.binaries import PostgresBinaries, find_binaries

OBJECTS = {
    "columns": """SELECT (attrelid::regclass, attnum, attname, atttypid::regtype, attgenerated, attidentity)::text
        FROM pg_attribute WHERE attrelid >= 16384 AND attnum > 0 AND NOT attisdropped
        AND attrelid NOT IN (SELECT oid FROM pg_class WHERE relnamespace = 'pg_toast'::regnamespace)""",
    "defaults": "SELECT (adrelid::regclass, adnum, pg_get_expr(adbin, adrelid))::text FROM pg_attrdef",
    "constraints": """SELECT (conrelid::regclass, conname, pg_get_constraintdef(oid), convalidated)::text
        FROM pg_constraint WHERE conrelid >= 16384""",
    "indexes": "SELECT indexdef FROM pg_indexes WHERE schemaname NOT IN ('pg_catalog', 'information_schema')",
    "triggers": "SELECT (tgrelid::regclass, tgname)::text FROM pg_trigger WHERE NOT tgisinternal",
    "views": "SELECT (schemaname, viewname, definition)::text FROM pg_views WHERE schemaname = 'public'",
    "sequences": "SELECT (schemaname, sequencename, last_value)::text FROM pg_sequences",
    "large objects": "SELECT (oid, lo_get(oid))::text FROM pg_largeobject_metadata",
    "owners": """SELECT (oid::regclass, relowner::regrole, relacl)::text FROM pg_class
        WHERE oid >= 16384 AND relnamespace <> 'pg_toast'::regnamespace""",
}
RELATIONS = """
SELECT n.nspname, c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""


def contents(url: str, *, owners: bool = True) -> dict[str, list[str]]:
    """The rows of every table and materialized view of a database, and what else there is, sorted."""
    with psycopg.connect(url, options="-c TimeZone=UTC -c extra_float_digits=3") as connection:
        found = {
            what: sorted(row[0] for row in connection.execute(query.encode()))
            for what, query in OBJECTS.items()
            if owners or what != "owners"
        }
        for schema, name in connection.execute(RELATIONS.encode()).fetchall():
            query = sql.SQL("SELECT t::text FROM ONLY {} AS t").format(sql.Identifier(schema, name))
            found[f"rows of {schema}.{name}"] = sorted(row[0] for row in connection.execute(query))
    return found


def readme_commands(folder: Path) -> str:
    """The commands of README.txt: its indented lines."""
    lines = [line for line in (folder / "README.txt").read_text().splitlines() if line.startswith("    ")]
    return textwrap.dedent("\n".join(lines)) + "\n"


def run_shell(
    script: str, variables: Mapping[str, str], *, folder: Path, binaries: PostgresBinaries | None = None, path: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run a script in a shell, with the programs of `binaries` and `variables`, and without those of this process."""
    programs = binaries or find_binaries("psql", "pg_restore")
    found = os.pathsep.join(filter(None, (path, str(programs.folder), os.environ["PATH"])))
    kept = {name: value for name, value in os.environ.items() if not re.match(r"PG|PYTHON", name)}
    environment = {**kept, "PATH": found, "LC_ALL": "C.UTF-8", **variables}
    return subprocess.run(
        ["sh", "-c", script], cwd=folder, env=environment, check=False, capture_output=True, text=True, timeout=120
    )


def loaded(folder: Path, url: str, *, binaries: PostgresBinaries | None = None) -> None:
    """Bring exported files back by their own commands."""
    ended = run_shell(readme_commands(folder), {"TARGET": url}, folder=folder, binaries=binaries)
    assert not ended.returncode, ended.stderr
    assert not ended.stderr
