"""Lists: limit, offset and sort order in, rows and a pagination block out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import HTTPException, Query
from pydantic import BaseModel, Field

from infra.demo.api.database import Row, Session

MOST_ROWS = 500


class Paging(BaseModel):
    """Which part of a list, in which order."""

    limit: int = Field(default=50, ge=1, le=MOST_ROWS)
    offset: int = Field(default=0, ge=0, le=2**31)
    sort_by: str = Field(default="id")
    sort_dir: Literal["asc", "desc"] = "asc"


PageQuery: TypeAlias = Annotated[Paging, Query()]


def order_by(sort_by: str, sort_dir: str, columns: Mapping[str, str]) -> str:
    """The ORDER BY clause; the first of `columns` (name in the API to SQL) breaks ties, so that pages never overlap.

    Raises:
        HTTPException: 422 for a name that is not in `columns`.
    """
    if sort_by not in columns:
        raise HTTPException(422, f"sort_by is one of {', '.join(columns)}")
    key = next(iter(columns.values()))
    return f"ORDER BY {columns[sort_by]} {sort_dir} NULLS LAST, {key} {sort_dir}"


def pagination(*, limit: int, offset: int, total: int) -> dict[str, Any]:
    """The block that says where one is and how to go on."""
    has_next, has_prev = offset + limit < total, offset > 0
    return {
        "limit": limit,
        "offset": offset,
        "has_next": has_next,
        "next_offset": offset + limit if has_next else None,
        "has_prev": has_prev,
        "prev_offset": max(0, offset - limit) if has_prev else None,
    }


async def page(database: Session, query: str, *values: object, paging: Paging, columns: Mapping[str, str]) -> Row:
    """One page of `query`, with the number of all its rows.

    Args:
        database: the session to ask.
        query: a SELECT without ORDER BY and LIMIT.
        values: its parameters.
        paging: what the caller asked for.
        columns: what may be sorted by, the unique key first.
    """
    order = order_by(paging.sort_by, paging.sort_dir, columns)
    total = await database.value(f"SELECT count(*) FROM ({query}) q", *values)  # noqa: S608
    items = await database.rows(f"{query} {order} LIMIT {paging.limit} OFFSET {paging.offset}", *values)
    return {
        "items": items,
        "total": total,
        "pagination": pagination(limit=paging.limit, offset=paging.offset, total=total),
    }
