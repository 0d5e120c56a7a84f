"""Copying rows and keys in bulk: one snapshot, several connections, compression and encryption off the event loop.

asyncpg hands over COPY data in the chunks in which it came from the socket; psycopg hands Python one object per row
and costs more than twice the CPU. A value of n bytes needs about four times n while it passes.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import TypeVar
from urllib.parse import quote, urlencode

import asyncpg
import psycopg
from psycopg.conninfo import conninfo_to_dict

from sereno.database.connection import COPY_SETTINGS, UNHURRIED, WITHOUT_TRANSACTION_TIMEOUT, translated
from sereno.errors import SystemUnavailableError

CHUNK_BYTES = 1024 * 1024
RAW = "SQL_ASCII"
"""The encoding of databases whose bytes have no known meaning; they are copied as they are."""
_ONE_PROCESS = {"max_parallel_workers_per_gather": "0"}  # several processes give rows in any order

T = TypeVar("T")
Receive = Callable[[bytes], None]


class CopySession:
    """A connection that sees the shared snapshot and copies out of it."""

    def __init__(self, connection: asyncpg.Connection, executor: ThreadPoolExecutor) -> None:
        """Copy through `connection`; what arrives is handled in `executor`, one chunk at a time."""
        self._connection = connection
        self._executor = executor
        self._encoding = RAW if connection.get_settings().server_encoding == RAW else None

    async def copy(self, query: str, receive: Receive) -> int:
        """Run `COPY (query) TO STDOUT`; the number of rows.

        `receive` is called in a thread with chunks of about 1 MiB, in order, while the next one is being fetched.
        """
        copying = partial(self._connection.copy_from_query, query, encoding=self._encoding)
        return await self._received(copying, receive)

    async def copy_table(self, schema_name: str, name: str, columns: Sequence[str], receive: Receive) -> int:
        """Copy a whole table, without those that inherit from it, in physical order; a query may choose an index."""
        copying = partial(
            self._connection.copy_from_table,
            name,
            schema_name=schema_name,
            columns=list(columns) or None,
            encoding=self._encoding,
        )
        return await self._received(copying, receive)

    async def _received(self, copying: Callable[..., Awaitable[str]], receive: Receive) -> int:
        chunks: list[bytes] = []
        size = 0
        handling: asyncio.Future[None] | None = None

        async def take(data: bytes) -> None:
            nonlocal chunks, size, handling
            chunks.append(data)
            size += len(data)
            if size >= CHUNK_BYTES:
                full, chunks, size = b"".join(chunks), [], 0
                if handling is not None:
                    await handling
                handling = asyncio.ensure_future(self.in_thread(receive, full))

        try:
            status = await copying(output=take)
        except BaseException:
            await self.in_thread(bool)  # whose turn comes when the thread no longer writes what the caller will close
            raise
        if handling is not None:
            await handling
        if chunks:
            await self.in_thread(receive, b"".join(chunks))
        return int(str(status).rsplit(" ", 1)[-1])

    async def value(self, query: str) -> str:
        """The one text that `query` gives."""
        return str(await self._connection.fetchval(query))

    async def in_thread(self, function: Callable[..., T], *arguments: object) -> T:
        """Call something that blocks, in the thread in which this session's chunks are handled."""
        return await asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)


Work = Callable[[CopySession], Awaitable[None]]
Copying = Callable[[CopySession, Receive], Awaitable[int]]


def copying_rows(schema_name: str, name: str, columns: Sequence[str], *, condition: str = "") -> Copying:
    """A function that copies the rows of one table alone, or those that `condition` (a WHERE clause) chooses.

    All rows, and runs of pages, come in physical order.
    """
    if not condition:
        return lambda session, receive: session.copy_table(schema_name, name, columns, receive)
    listed = ", ".join(map(quoted, columns))
    query = f"SELECT {listed} FROM ONLY {quoted(schema_name, name)} {condition}"
    return lambda session, receive: session.copy(query, receive)


def in_order(condition: str | None) -> str:
    """The `condition` of an extension's table with the physical order, which an index may spoil."""
    return f"{condition} ORDER BY ctid" if condition else ""


def copy_in_parallel(url: str, *, snapshot: str | None, connections: int, purpose: str, work: Sequence[Work]) -> None:
    """Do every piece of `work` once, the first ones first, over several connections that share `snapshot`.

    Raises:
        SerenoError: the first failure; the other connections are ended at once.
    """
    with copying_of("rows"):
        asyncio.run(
            _copy_all(url, snapshot=snapshot, connections=min(connections, len(work)), purpose=purpose, work=work)
        )


async def _copy_all(url: str, *, snapshot: str | None, connections: int, purpose: str, work: Sequence[Work]) -> None:
    waiting = deque(work)

    async def worker() -> None:
        async with _session(url, snapshot=snapshot, purpose=purpose) as session:
            while waiting:
                await waiting.popleft()(session)

    try:
        async with asyncio.TaskGroup() as group:
            for _ in range(connections):
                group.create_task(worker())
    except BaseExceptionGroup as failures:
        raise _first(failures) from None


@asynccontextmanager
async def _session(url: str, *, snapshot: str | None, purpose: str) -> AsyncIterator[CopySession]:
    connection = await _connect(url, purpose=purpose)
    try:
        await connection.execute(WITHOUT_TRANSACTION_TIMEOUT)
        await connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if snapshot is not None:
            await connection.execute(f"SET TRANSACTION SNAPSHOT '{snapshot}'")
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="seal") as executor:
            yield CopySession(connection, executor)
        await connection.close(timeout=10)
    finally:
        connection.terminate()  # after a failure: an orderly close hangs when a callback raised in the middle of a COPY


async def _connect(url: str, *, purpose: str) -> asyncpg.Connection:
    settings = {**COPY_SETTINGS, **UNHURRIED, **_ONE_PROCESS, "default_transaction_read_only": "on"}
    return await asyncpg.connect(
        asyncpg_dsn(url),
        timeout=10,
        statement_cache_size=0,
        server_settings={**settings, "application_name": f"sereno {purpose}"[:63]},
    )


def asyncpg_dsn(url: str) -> str:
    """`url`, in whatever form libpq reads, in the form that asyncpg reads."""
    with translated("reading the database URL"):
        known = conninfo_to_dict(url)
    parameters = {key: str(value) for key, value in known.items() if value is not None and key in _ASYNCPG_KEYS}
    return "postgresql://?" + urlencode(parameters, quote_via=quote)


_ASYNCPG_KEYS = frozenset(
    {
        "host",
        "port",
        "user",
        "password",
        "dbname",
        "sslmode",
        "sslcert",
        "sslkey",
        "sslrootcert",
        "sslcrl",
        "passfile",
        "options",
    }
)


@contextmanager
def copying_of(what: str) -> Iterator[None]:
    """Turn asyncpg's errors into Sereno's, through psycopg's of the same SQLSTATE; they say that `what` was copied."""
    with translated(f"copying {what}"):
        try:
            yield
        except asyncpg.PostgresError as error:
            raise _same_in_psycopg(error) from None
        except (asyncpg.InterfaceError, ssl.SSLError, ConnectionError, TimeoutError) as error:
            raise SystemUnavailableError(
                f"while copying {what}: the connection broke: {error or type(error).__name__}"
            ) from None


def _same_in_psycopg(error: asyncpg.PostgresError) -> psycopg.Error:
    try:
        return psycopg.errors.lookup(error.sqlstate)(str(error))
    except KeyError:
        return psycopg.DatabaseError(str(error))


def _first(failures: BaseExceptionGroup[BaseException]) -> BaseException:
    error: BaseException = failures
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def quoted(*parts: str) -> str:
    """An SQL identifier such as `"public"."User"`."""
    return ".".join('"' + part.replace('"', '""') + '"' for part in parts)


def count_query(schema_name: str, name: str) -> str:
    """How many rows a table has, without those of tables that inherit from it."""
    return f"SELECT pg_catalog.count(*)::pg_catalog.text FROM ONLY {quoted(schema_name, name)}"


def digest_query(schema_name: str, name: str, columns: Sequence[str] | None = None) -> str:
    """A digest of a table's content that does not depend on the order of its rows.

    Of their text, since a record's own hash changes with the oids of enums; the text that the server itself gives to a
    row, whatever its columns are called and whichever casts somebody made.

    Args:
        schema_name: the table's schema.
        name: the table's name.
        columns: in this order; default is all of them in their own.
    """
    table = f"ONLY {quoted(schema_name, name)}"
    rows = table if columns is None else f"(SELECT {', '.join(map(quoted, columns))} FROM {table})"
    row = "pg_catalog.textin(pg_catalog.record_out(t.*))"
    digest = f"coalesce(pg_catalog.sum(pg_catalog.hashtextextended({row}, 0)::pg_catalog.numeric), 0)"
    return f"SELECT {digest}::pg_catalog.text FROM {rows} AS t"


def changed_condition(watermark: int) -> str:
    """The rows that transactions from `watermark` (64 bits) on wrote; exact within 2^31 transactions."""
    number = max(watermark % 2**32, 3)  # the three lowest numbers stand for something else
    return f"pg_catalog.age(xmin) <= (SELECT pg_catalog.age('{number}'::pg_catalog.xid))"


def pages_condition(first: int, end: int | None) -> str:
    """The rows on the pages from `first` up to, not including, `end`; None means to the end."""
    upper = f" AND ctid < '({end},0)'::pg_catalog.tid" if end is not None else ""
    return f"ctid >= '({first},0)'::pg_catalog.tid{upper}"
