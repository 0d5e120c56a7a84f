"""What goes wrong with a connection becomes a sentence of Sereno's that shows neither passwords nor rows."""

from __future__ import annotations

import psycopg
import pytest
from psycopg import errors as pg

from sereno.database.connection import COPY_SETTINGS, PINNED, connect, translate, translated
from sereno.errors import ConfigurationError, ContractError, RefusedError, StorageError, SystemUnavailableError


@pytest.mark.parametrize(
    "url",
    [
        "postgresql+psycopg://u:hunter2@h/d",
        "postgresql://u:hunter2/x@h/d",
        "postgresql://u:p@hunter2@h/d",
        "postgresql://u:hunter2%zz@h/d",
        "postgresql://u:hunter2@[::1/d",
        "postgresql://h/d?hunter2=x",
        "postgresql://h:hunter2/d",
        "postgresql://h/d?connect_timeout=hunter2",
        "host=h password='hunter2",
        "hunter2",
    ],
)
def test_a_url_that_cannot_be_read_is_not_shown(url: str) -> None:
    with pytest.raises(ConfigurationError, match="a libpq URL is postgresql://") as caught:
        connect(url, purpose="test")
    assert "hunter2" not in str(caught.value)


def test_a_server_that_does_not_answer_may_be_tried_again() -> None:
    with pytest.raises(SystemUnavailableError, match=r"while connecting to the database: .*refused") as caught:
        connect("postgresql://u:hunter2@127.0.0.1:1/d", purpose="test")
    assert caught.value.permanent is False
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (pg.InvalidPassword("x"), ConfigurationError),
        (pg.InvalidCatalogName("x"), ConfigurationError),
        (pg.InsufficientPrivilege('query would be affected by row-level security policy for table "x"'), RefusedError),
        (pg.InsufficientPrivilege("permission denied for table x"), ContractError),
        (pg.DiskFull("x"), StorageError),
        (pg.LockNotAvailable("x"), SystemUnavailableError),
        (pg.QueryCanceled("x"), SystemUnavailableError),
        (pg.DeadlockDetected("x"), SystemUnavailableError),
        (pg.AdminShutdown("x"), SystemUnavailableError),
        (pg.TooManyConnections("x"), SystemUnavailableError),
        (pg.IdleInTransactionSessionTimeout("x"), SystemUnavailableError),
        (pg.UndefinedTable("x"), ContractError),
        (pg.ReadOnlySqlTransaction("x"), ContractError),
        (psycopg.OperationalError("server closed the connection"), SystemUnavailableError),
        (psycopg.OperationalError("FATAL: password authentication failed for user"), ConfigurationError),
        (psycopg.ProgrammingError("query parameter missing: n"), ConfigurationError),
        (psycopg.DataError("timestamp too large"), ContractError),
    ],
)
def test_each_kind_of_error_has_its_own_meaning(error: psycopg.Error, kind: type[Exception]) -> None:
    translated_error = translate(error, "looking")
    assert type(translated_error) is kind
    assert str(translated_error).startswith("while looking: ")


def test_the_drivers_error_is_no_context_of_ours() -> None:
    with pytest.raises(ContractError) as caught, translated("looking"):
        raise pg.UndefinedTable("secret detail")
    assert caught.value.__suppress_context__


def test_bulk_copies_pin_what_every_session_pins() -> None:
    assert PINNED.items() <= COPY_SETTINGS.items()
    assert PINNED["row_security"] == PINNED["synchronize_seqscans"] == "off"
