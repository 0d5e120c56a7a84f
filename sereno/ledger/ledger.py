"""Opening the ledger, and its transactions."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Self

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from sereno.ledger import sqlite
from sereno.ledger.failures import translated
from sereno.ledger.migrate import is_current, upgrade
from sereno.settings import Settings, load_settings


class Ledger:
    """An open ledger. Its transactions may be used from several threads, each its own; not across a fork."""

    def __init__(self, engine: Engine, *, settings: Settings, place: str) -> None:
        """Wrap `engine`; `settings` say where it is, `place` is what messages call it."""
        self.settings = settings
        self.place = place
        self._engine = engine
        self._readers = sessionmaker(engine.execution_options(postgresql_readonly=True))
        self._writers = sessionmaker(engine.execution_options(**{sqlite.WRITES: True}), expire_on_commit=False)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A transaction that sees one state of the ledger and changes nothing; what is written in it is lost.

        Raises:
            SerenoError: the ledger cannot be read; see `sereno.ledger.failures`.
        """
        with translated(self.place), self._readers() as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A transaction that is committed at the end of the block, and undone when the block raises.

        On SQLite writers wait for one another, up to a minute.

        Raises:
            SerenoError: the ledger cannot be written; see `sereno.ledger.failures`.
        """
        with translated(self.place), self._writers.begin() as session:
            yield session

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def __enter__(self) -> Self:
        """The ledger itself."""
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Close it."""
        self.close()


def open_ledger(settings: Settings | None = None) -> Ledger:
    """Open the ledger of `settings`, made and brought up to date where that is needed.

    It is a SQLite file in SERENO_HOME (made with rights for its owner alone), or the PostgreSQL database of
    SERENO_LEDGER_URL. Use it as a context manager.

    Raises:
        ConfigurationError: the URL is wrong, or the ledger was written by a newer version of Sereno.
        StorageError: the file cannot be used.
        SystemUnavailableError: the server does not answer.
        IntegrityError: the file is damaged.
    """
    settings = settings or load_settings()
    if settings.ledger_url:
        from sereno.ledger import postgres

        url = postgres.libpq_url(settings.ledger_url)
        place = postgres.place_of(url)
        return _current(postgres.postgres_engine(url), settings=settings, place=place, alone=nullcontext(), new=False)
    path = settings.home_path / sqlite.FILE_NAME
    new = sqlite.is_new(path)
    return _current(sqlite.sqlite_engine(path), settings=settings, place=str(path), alone=sqlite.made(path), new=new)


def _current(
    engine: Engine, *, settings: Settings, place: str, alone: AbstractContextManager[None], new: bool
) -> Ledger:
    try:
        with translated(place):
            if new or not _is_current(engine):
                with alone, engine.execution_options(**{sqlite.WRITES: True}).begin() as connection:
                    upgrade(connection, place=place)
    except BaseException:
        engine.dispose()
        raise
    return Ledger(engine, settings=settings, place=place)


def _is_current(engine: Engine) -> bool:
    with engine.connect() as connection:
        return is_current(connection)
