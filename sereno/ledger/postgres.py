"""The ledger in PostgreSQL: `SERENO_LEDGER_URL`."""

from __future__ import annotations

from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import Engine, create_engine

from sereno import redaction
from sereno.database.connection import connect, translated
from sereno.errors import ConfigurationError

_SCHEMES = ("postgresql", "postgres", "postgresql+psycopg")


def libpq_url(url: str) -> str:
    """`url` as libpq reads it, with the name of SQLAlchemy's driver taken off; from here on the redactor knows it.

    Raises:
        ConfigurationError: it is no URL of PostgreSQL.
    """
    redaction.remember(url)
    scheme, separator, rest = url.strip().partition("://")
    if not separator or scheme.lower() not in _SCHEMES:
        raise ConfigurationError(
            "SERENO_LEDGER_URL is no PostgreSQL URL such as postgresql://user:password@host:5432/sereno; "
            "leave it unset for a SQLite file in SERENO_HOME"
        )
    return f"postgresql://{rest}"


def place_of(url: str) -> str:
    """What messages call the database of `url`: its name and host, nothing else.

    Raises:
        ConfigurationError: libpq cannot read it.
    """
    with translated("reading SERENO_LEDGER_URL"):
        parts = conninfo_to_dict(url)
    return f"{parts.get('dbname') or 'PostgreSQL'} on {parts.get('host') or 'this machine'}"


def postgres_engine(url: str) -> Engine:
    """An engine whose sessions are opened as every other session of Sereno is; nothing is opened yet."""
    return create_engine(
        "postgresql+psycopg://",
        creator=lambda: connect(url, purpose="ledger", read_only=False),
        isolation_level="READ COMMITTED",  # a writer that waited for its turn has to see what came before it
        pool_pre_ping=True,  # a run may hold its ledger for hours, in which the server restarts
    )
