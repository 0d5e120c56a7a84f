"""Exclusion: a job of a system excludes its own kind, and some have the whole system to themselves."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager

from sereno.errors import ConfigurationError
from sereno.ledger.holders import Holder
from sereno.ledger.ledger import Ledger, open_ledger
from sereno.ledger.lock_files import held_in_files
from sereno.settings import Settings, load_settings
from sereno.systems.folders import is_name

FOLDER_NAME = "locks"


@contextmanager
def exclusive(
    where: Settings | Ledger | None = None, *, system: str, job: str, run: str, alone: bool = False
) -> Iterator[None]:
    """Hold `job` of `system` for the time of the block; given back when the process ends, however it ends.

    Locks are files in SERENO_HOME where the ledger is one too, else locks in the ledger's PostgreSQL.

    Args:
        where: the settings that say where locks are, or a ledger opened by them; default: this process's settings.
        system: the system's name.
        job: the job's name.
        run: what the run is called; shown to whoever is refused meanwhile.
        alone: exclude every other job of the system, as restoring over it, migrating and erasing do.

    Raises:
        RefusedError: another run holds it; the message names that run, its process and since when.
        ConfigurationError: `system` or `job` is no name, or the ledger's URL is wrong.
        StorageError: the folder of the locks cannot be used.
        SystemUnavailableError: the ledger's server does not answer.
    """
    for name in (system, job):
        if not is_name(name):
            raise ConfigurationError(f"{name[:80]!r} is no name: lower-case letters, digits, - and _, a letter first")
    settings = where.settings if isinstance(where, Ledger) else where or load_settings()
    with _held(settings, system=system, holder=Holder.of_this_process(job=job, run=run, alone=alone)):
        yield


def _held(settings: Settings, *, system: str, holder: Holder) -> AbstractContextManager[None]:
    if not settings.ledger_url:
        return held_in_files(settings.home_path / FOLDER_NAME / system, system=system, holder=holder)
    from sereno.ledger.advisory_locks import held_in_database
    from sereno.ledger.postgres import libpq_url

    open_ledger(settings).close()  # its table of holders has to be there
    return held_in_database(libpq_url(settings.ledger_url), system=system, holder=holder)
