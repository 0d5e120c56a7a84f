"""Health: one answer that says the process lives, one that says the database does too."""

from __future__ import annotations

from fastapi import APIRouter

from infra.demo.api.database import Database

router = APIRouter(prefix="/health", tags=["health"])


@router.get("")
async def alive() -> dict[str, str]:
    """Static: touches nothing."""
    return {"status": "ok", "service": "demo-salons"}


@router.get("/ready")
async def ready(database: Database) -> dict[str, str]:
    """Asks the database; 503 when it does not answer."""
    await database.value("SELECT 1")
    return {"status": "ok", "database": "ok"}
