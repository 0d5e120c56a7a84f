"""The demo system's backups and tables, from outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from end_to_end.local_stack import ROOT, LocalStack, environment
from waiting import until

BULK_ROWS = 1_500_000


def listed(home: Path) -> list[str]:
    """The backups that `sereno backups list` shows."""
    command = [sys.executable, "-m", "sereno", "backups", "list", "demo", "--json"]
    done = subprocess.run(
        command, cwd=ROOT, env=environment(home), capture_output=True, text=True, timeout=60, check=True
    )
    return [str(each["id"]) for each in json.loads(done.stdout)["backups"]]


def folders(home: Path) -> set[str]:
    """The backups' folders that lie in the store, complete or not."""
    return {path.name for path in (home / "demo" / "backups" / "demo").iterdir() if path.is_dir()}


def owner_url(home: Path) -> str:
    """The libpq URL of the database's owner."""
    return (home / "demo" / "secrets" / "database_url").read_text().strip()


@contextmanager
def bulky_table(home: Path) -> Iterator[None]:
    """A table that takes a backup a while, while the block runs."""
    with psycopg.connect(owner_url(home), autocommit=True) as connection:
        connection.execute(
            f"CREATE TABLE bulk AS SELECT n, md5(n::text) AS text FROM generate_series(1, {BULK_ROWS}) AS n"
        )
        connection.execute("GRANT SELECT ON bulk TO PUBLIC")
        try:
            yield
        finally:
            connection.execute("DROP TABLE bulk")


@contextmanager
def locked_table(home: Path) -> Iterator[None]:
    """A table that nobody else may look at, while the block runs or the server does: a backup waits for it."""
    connection = psycopg.connect(owner_url(home))
    connection.execute("LOCK TABLE users IN ACCESS EXCLUSIVE MODE")
    try:
        yield
    finally:
        connection.close()


@contextmanager
def held_while_copying(stack: LocalStack) -> Iterator[str]:
    """Hold the backup of a bulky table that is about to begin in the middle of its rows, while the block runs.

    What stands still is PostgreSQL's process for one of its connections; the flow process waits for it and lives.
    Gives the folder that the backup has begun to fill.
    """
    before = folders(stack.home)
    server_process = stack.child(" COPY")
    os.kill(server_process, signal.SIGSTOP)
    try:
        yield until(lambda: next(iter(folders(stack.home) - before), ""), seconds=240, every=0.05)
    finally:
        os.kill(server_process, signal.SIGCONT)
