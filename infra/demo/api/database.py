"""The API's connections to its database."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager
from typing import Annotated, Any, TypeAlias

import asyncpg
from fastapi import Depends, Request

CONNECTIONS = 8
_CONNECT_SECONDS = 5
_STATEMENT_SECONDS = 30

Row: TypeAlias = dict[str, Any]


def open_pool(url: str) -> AbstractAsyncContextManager[Any]:
    """A pool of at most `CONNECTIONS` connections, of which none has to be possible yet."""
    pool: AbstractAsyncContextManager[Any] = asyncpg.create_pool(
        url,
        min_size=0,
        max_size=CONNECTIONS,
        init=_prepare,
        timeout=_CONNECT_SECONDS,
        command_timeout=_STATEMENT_SECONDS,
        server_settings={"application_name": "demo api", "timezone": "UTC"},
    )
    return pool


async def _prepare(connection: Any) -> None:
    await connection.set_type_codec("jsonb", encoder=json.dumps, decoder=json.loads, schema="pg_catalog")


class Session:
    """One transaction of one request."""

    def __init__(self, connection: Any) -> None:
        """Use an open connection inside a transaction."""
        self._connection = connection

    async def rows(self, query: str, *values: object) -> list[Row]:
        """Every row of a query, by column name."""
        return [dict(record) for record in await self._connection.fetch(query, *values)]

    async def row(self, query: str, *values: object) -> Row | None:
        """The first row of a query."""
        record = await self._connection.fetchrow(query, *values)
        return None if record is None else dict(record)

    async def value(self, query: str, *values: object) -> Any:
        """The first value of the first row."""
        return await self._connection.fetchval(query, *values)


async def _session(request: Request) -> AsyncIterator[Session]:
    async with request.app.state.pool.acquire() as connection, connection.transaction():
        yield Session(connection)


# the transaction commits before the answer is sent, so that a caller who has it sees what it did
Database = Annotated[Session, Depends(_session, scope="function")]
