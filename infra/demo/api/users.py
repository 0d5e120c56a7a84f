"""The users of the service. Admins manage them, staff sees them, a readonly user sees itself."""

from __future__ import annotations

from typing import Annotated, Any
from uuid import uuid4

from asyncpg import ForeignKeyViolationError, UniqueViolationError
from fastapi import APIRouter, HTTPException, Path
from pydantic import BaseModel, ConfigDict, Field

from infra.demo.api.access import Admin, AnyCaller, Operator, Role
from infra.demo.api.database import Database, Row
from infra.demo.api.paging import PageQuery, page

router = APIRouter(prefix="/api/users", tags=["users"])

_COLUMNS = "id, tenant_id, email, display_name, role::text, is_active, last_login_at, created_at"
_SORTED_BY = {"id": "id", "email": "email", "role": "role", "created_at": "created_at"}
_EMAIL = r"^[^@\s]+@[^@\s]+\.[^@\s]+$"
UserId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class NewUser(BaseModel):
    """A user to create."""

    model_config = ConfigDict(extra="forbid")

    email: str = Field(pattern=_EMAIL, max_length=254)
    display_name: str = Field(min_length=1, max_length=200)
    role: Role = "readonly"
    tenant_id: int | None = Field(default=None, ge=1, le=2**63 - 1)


class UserChange(BaseModel):
    """What may be changed of a user; what is left out stays."""

    model_config = ConfigDict(extra="forbid")

    display_name: str | None = Field(default=None, min_length=1, max_length=200)
    role: Role | None = None
    is_active: bool | None = None


@router.get("")
async def list_users(_: Operator, database: Database, paging: PageQuery) -> dict[str, Any]:
    """The users, page by page."""
    return await page(database, f"SELECT {_COLUMNS} FROM users", paging=paging, columns=_SORTED_BY)  # noqa: S608


@router.get("/{user_id}")
async def get_user(user_id: UserId, caller: AnyCaller, database: Database) -> Row:
    """One user; 403 for a readonly caller who asks for another one."""
    if caller.role == "readonly" and caller.id != user_id:
        raise HTTPException(403, "a readonly user sees only itself")
    return _found(await database.row(f"SELECT {_COLUMNS} FROM users WHERE id = $1", user_id))  # noqa: S608


@router.post("", status_code=201)
async def create_user(user: NewUser, _: Admin, database: Database) -> Row:
    """Create a user; 409 when the address is taken."""
    insert = f"""INSERT INTO users (tenant_id, email, display_name, role, external_id, created_at)
                 VALUES ($1, $2, $3, $4::text::user_role, $5, now()) RETURNING {_COLUMNS}"""  # noqa: S608
    try:
        return _found(await database.row(insert, user.tenant_id, user.email, user.display_name, user.role, uuid4()))
    except UniqueViolationError:
        raise HTTPException(409, "the e-mail address is taken") from None
    except ForeignKeyViolationError:
        raise HTTPException(422, "there is no such tenant") from None


@router.patch("/{user_id}")
async def change_user(user_id: UserId, change: UserChange, _: Admin, database: Database) -> Row:
    """Change a user."""
    update = f"""UPDATE users SET display_name = coalesce($2, display_name), is_active = coalesce($4, is_active),
                        role = coalesce($3::text::user_role, role)
                 WHERE id = $1 RETURNING {_COLUMNS}"""  # noqa: S608
    return _found(await database.row(update, user_id, change.display_name, change.role, change.is_active))


@router.delete("/{user_id}", status_code=204)
async def delete_user(user_id: UserId, caller: Admin, database: Database) -> None:
    """Delete a user that nothing refers to; 409 for oneself and for users with a history."""
    if caller.id == user_id:
        raise HTTPException(409, "nobody deletes itself")
    try:
        _found(await database.row("DELETE FROM users WHERE id = $1 RETURNING id", user_id))
    except ForeignKeyViolationError:
        raise HTTPException(409, "the user has a history; deactivate it instead") from None


def _found(user: Row | None) -> Row:
    if user is None:
        raise HTTPException(404, "there is no such user")
    return user
