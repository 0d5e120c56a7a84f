"""Migration tools for tests: Alembic behind the words `podman exec ... flask db`, and a `manage.py` as Django's is."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

_ENV = """
import os
from alembic import context
from sqlalchemy import create_engine
if context.is_offline_mode():
    raise SystemExit("offline")
from psycopg import connect
engine = create_engine("postgresql+psycopg://", creator=lambda: connect(os.environ["TOOL_DATABASE_URL"]))
with engine.connect() as connection:
    context.configure(connection=connection)
    with context.begin_transaction():
        context.run_migrations()
"""
_REVISION = """
from alembic import op
revision, down_revision = {revision!r}, {down!r}
def upgrade():
    op.execute({up!r})
def downgrade():
    op.execute({undo!r})
"""
_PODMAN = """#!{python}
import sys
from alembic.config import main
words = sys.argv[1:]
assert words[:4] == ["exec", "--workdir", "/app", "exitus-backend"] and words[4:6] == ["flask", "db"], words
main(["-c", {ini!r}, *words[6:], *(["head"] if words[6:] == ["upgrade"] else [])])
"""
_MANAGE = """
import os, sys
import psycopg
KNOWN = [("users", "0001_initial"), ("ops", "0003_lockouts"), ("ops", "0004_notes"),
         ("integraciones", "0004_capabilities"), ("core", "0031_auditlog"), ("core", "0032_origin")]
INSERT = "INSERT INTO django_migrations (app, name, applied) VALUES (%s, %s, now())"
with psycopg.connect(os.environ["TOOL_DATABASE_URL"]) as connection:
    applied = set(connection.execute("SELECT app, name FROM django_migrations").fetchall())
    apps = {app for app, _ in applied}
    known = [one for one in KNOWN if one[0] in apps]
    if sys.argv[1] == "showmigrations":
        for app, name in known:
            print(f"[{'X' if (app, name) in applied else ' '}]  {app}.{name}")
    elif len(sys.argv) == 3:
        for app, name in known:
            if (app, name) not in applied:
                connection.execute(INSERT, [app, name])
                print(f"  Applying {app}.{name}... OK")
    else:
        app, target = sys.argv[3:]
        for other, name in known:
            if other == app and (target == "zero" or name > target):
                connection.execute("DELETE FROM django_migrations WHERE app = %s AND name = %s", [app, name])
"""
_CREATE = "CREATE TABLE origin_of_rows (id int PRIMARY KEY); GRANT SELECT ON origin_of_rows TO exitus_reader"
AT_FIRST, NEXT, NEWEST = "20260214_v076", "20260301_v077", "20260315_v078"


def alembic_in_a_container(folder: Path, environment: pytest.MonkeyPatch, *, url: str, newest: str = "") -> None:
    """Put a `podman` on the path that runs Alembic; `newest` is what its last migration executes."""
    scripts = folder / "alembic"
    (scripts / "versions").mkdir(parents=True)
    (scripts / "env.py").write_text(_ENV)
    newest = newest or "ALTER TABLE origin_of_rows ADD note text"
    for revision, down, up, undo in (
        (AT_FIRST, None, "SELECT 1", "SELECT 1"),
        (NEXT, AT_FIRST, _CREATE, "DROP TABLE origin_of_rows"),
        (NEWEST, NEXT, newest, "ALTER TABLE origin_of_rows DROP COLUMN note"),
    ):
        text = _REVISION.format(revision=revision, down=down, up=up, undo=undo)
        (scripts / "versions" / f"{revision}.py").write_text(text)
    ini = folder / "alembic.ini"
    ini.write_text(f"[alembic]\nscript_location = {scripts}\n")
    on_path(folder, environment, "podman", _PODMAN.format(python=sys.executable, ini=str(ini)), url=url)


def manage_py(folder: Path, environment: pytest.MonkeyPatch, *, url: str) -> Path:
    """A folder with a `manage.py`, and `python` on the path."""
    (folder / "manage.py").write_text(_MANAGE)
    on_path(folder, environment, "python", f'#!/bin/sh\nexec {sys.executable} "$@"\n', url=url)
    return folder


def on_path(folder: Path, environment: pytest.MonkeyPatch, name: str, text: str, *, url: str) -> None:
    """A program `name`, found before any other, that reaches the database as its owner."""
    (folder / "bin").mkdir(exist_ok=True)
    program = folder / "bin" / name
    program.write_text(text)
    program.chmod(0o755)
    environment.setenv("PATH", str(folder / "bin"), prepend=":")
    environment.setenv("TOOL_DATABASE_URL", url)
