"""Who is calling: login for a bearer token, and the role that a path asks for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hmac import compare_digest
from secrets import token_urlsafe
from time import monotonic
from typing import Annotated, Any, Literal, TypeAlias

from fastapi import APIRouter, Depends, Header, HTTPException, Request
from pydantic import BaseModel, Field

from infra.demo.api.database import Database, Row

TOKEN_SECONDS = 3600
ROLES = ("admin", "staff", "readonly")
Role: TypeAlias = Literal["admin", "staff", "readonly"]

router = APIRouter(prefix="/api/auth", tags=["auth"])


@dataclass(frozen=True)
class Caller:
    """The user behind a token."""

    id: int
    email: str
    role: str


class Gate:
    """The tokens that are valid, in memory: a restart of the API ends every session."""

    def __init__(self, password: str) -> None:
        """Let in whoever knows the demo's password."""
        self._password = password
        self._sessions: dict[str, tuple[Caller, float]] = {}

    def opens_to(self, password: str) -> bool:
        """Whether the password is right, in a time that does not tell how nearly."""
        return compare_digest(password.encode(), self._password.encode())

    def issue(self, caller: Caller) -> str:
        """A new token."""
        now = monotonic()
        self._sessions = {token: session for token, session in self._sessions.items() if session[1] > now}
        token = token_urlsafe(32)
        self._sessions[token] = (caller, now + TOKEN_SECONDS)
        return token

    def caller_of(self, token: str) -> Caller | None:
        """Who holds the token; None when it is unknown or has expired."""
        caller, until = self._sessions.get(token, (None, 0.0))
        return caller if until > monotonic() else None


def _caller(request: Request, authorization: Annotated[str, Header()] = "") -> Caller:
    scheme, _, token = authorization.partition(" ")
    gate: Gate = request.app.state.gate
    caller = gate.caller_of(token.strip()) if scheme.lower() == "bearer" else None
    if caller is None:
        raise HTTPException(401, "a valid bearer token is needed", headers={"WWW-Authenticate": "Bearer"})
    return caller


AnyCaller = Annotated[Caller, Depends(_caller)]


def _only(*roles: Role) -> Callable[[Caller], Caller]:
    def check(caller: AnyCaller) -> Caller:
        if caller.role not in roles:
            raise HTTPException(403, f"this needs the role {' or '.join(roles)}")
        return caller

    return check


Admin = Annotated[Caller, Depends(_only("admin"))]
Operator = Annotated[Caller, Depends(_only("admin", "staff"))]


class Credentials(BaseModel):
    """What a login takes."""

    email: str = Field(min_length=3, max_length=254)
    password: str = Field(min_length=1, max_length=200)


@router.post("/login")
async def login(credentials: Credentials, request: Request, database: Database) -> dict[str, Any]:
    """A bearer token for one of the operators; 401 for everybody else."""
    gate: Gate = request.app.state.gate
    user: Row | None = await database.row(
        "SELECT id, email, role::text FROM users WHERE lower(email) = lower($1) AND is_active AND tenant_id IS NULL",
        credentials.email,
    )
    if not gate.opens_to(credentials.password) or user is None:
        raise HTTPException(401, "wrong e-mail address or password", headers={"WWW-Authenticate": "Bearer"})
    await database.row("UPDATE users SET last_login_at = now() WHERE id = $1", user["id"])
    return {
        "access": gate.issue(Caller(**user)),
        "token_type": "bearer",
        "expires_in": TOKEN_SECONDS,
        "user": user,
    }


@router.get("/me")
async def me(caller: AnyCaller) -> Caller:
    """Who the token belongs to."""
    return caller
