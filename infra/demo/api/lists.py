"""Plain lists that every caller may read: tenants, subscriptions, bookings."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter

from infra.demo.api.access import AnyCaller
from infra.demo.api.database import Database
from infra.demo.api.paging import PageQuery, page

router = APIRouter(prefix="/api", tags=["lists"])


@router.get("/tenants")
async def list_tenants(_: AnyCaller, database: Database, paging: PageQuery) -> dict[str, Any]:
    """The salons."""
    query = """SELECT t.id, slug, name, p.code AS plan, currency::text, timezone, is_active, created_at
               FROM tenants t JOIN plans p ON p.id = plan_id"""
    columns = {"id": "t.id", "slug": "slug", "name": "name", "created_at": "created_at"}
    return await page(database, query, paging=paging, columns=columns)


@router.get("/subscriptions")
async def list_subscriptions(_: AnyCaller, database: Database, paging: PageQuery) -> dict[str, Any]:
    """What the salons pay for, and until when they may try."""
    query = "SELECT id, tenant_id, plan_id, status::text, trial_ends_at, current_period_end FROM subscriptions"
    columns = {"id": "id", "trial_ends_at": "trial_ends_at", "status": "status"}
    return await page(database, query, paging=paging, columns=columns)


@router.get("/bookings")
async def list_bookings(_: AnyCaller, database: Database, paging: PageQuery) -> dict[str, Any]:
    """The appointments."""
    query = "SELECT id, tenant_id, customer_id, service_id, starts_at, status FROM bookings"
    return await page(database, query, paging=paging, columns={"id": "id", "starts_at": "starts_at"})
