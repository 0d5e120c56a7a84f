"""pgBackRest's full backup of the same server: two processes, encrypted. Left out where it is not installed."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import psycopg
from psycopg.conninfo import conninfo_to_dict

from infra.bench.subject import Subject, run

PROGRAM = "pgbackrest"
_STANZA = "bench"


def pgbackrest_backup(subject: Subject) -> Callable[[], object] | None:
    """A function that takes one full backup of the whole server; None where pgBackRest is not installed."""
    program = shutil.which(PROGRAM)
    if program is None:
        return None
    folder = subject.home / "pgbackrest"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    configuration = folder / "pgbackrest.conf"
    configuration.write_text(_configuration(subject, folder))
    command = (program, f"--config={configuration}", f"--stanza={_STANZA}", "--log-level-console=warn")
    run(*command, "--no-online", "stanza-create")

    def backup() -> None:
        subprocess.run([*command, "--type=full", "backup"], check=True, stdout=subprocess.DEVNULL)

    return backup


def _configuration(subject: Subject, folder: Path) -> str:
    with psycopg.connect(subject.superuser_url) as connection:
        row = connection.execute("SELECT current_setting('data_directory')").fetchone()
    address = conninfo_to_dict(subject.superuser_url)
    return f"""
[global]
repo1-path={folder}/repository
repo1-cipher-type=aes-256-cbc
repo1-cipher-pass=only-for-the-bench
repo1-retention-full=1
log-path={folder}
lock-path={folder}/lock
spool-path={folder}/spool
process-max=2
compress-type=gz
compress-level=1
start-fast=y
archive-check=n
[{_STANZA}]
pg1-path={row[0] if row else ""}
pg1-socket-path={address["host"]}
pg1-port={address["port"]}
pg1-user={address["user"]}
"""
