"""The application: its parts, its connections, and what a caller sees when the database is gone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import asyncpg
from fastapi import FastAPI, Request
from fastapi.responses import JSONResponse

from infra.demo.api import access, alerts, health, history, lists, maintenance, overview, summary, support, users
from infra.demo.api.database import open_pool
from infra.demo.api.secrets import Secrets

_DATABASE_GONE = (
    OSError,
    asyncpg.PostgresConnectionError,
    asyncpg.InterfaceError,
    asyncpg.CannotConnectNowError,
    asyncpg.AdminShutdownError,
    asyncpg.CrashShutdownError,
)


def create_app(secrets: Secrets) -> FastAPI:
    """The API on the database that `secrets` names; connections are opened when they are first needed."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        async with open_pool(secrets.database_url) as pool:
            app.state.pool = pool
            yield

    app = FastAPI(title="Demo salons", lifespan=lifespan)
    app.state.gate = access.Gate(secrets.admin_password)
    for part in (health, access, users, lists, summary, maintenance, history, overview, alerts, support):
        app.include_router(part.router)
    for gone in _DATABASE_GONE:
        app.add_exception_handler(gone, _unavailable)
    return app


async def _unavailable(_request: Request, _error: Exception) -> JSONResponse:
    return JSONResponse({"detail": "the database does not answer"}, status_code=503)
