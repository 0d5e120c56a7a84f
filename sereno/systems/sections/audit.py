"""The section `audit`: what the actions of the system's own audit table mean."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field, model_validator

from sereno.systems.part import Part


class EventKind(StrEnum):
    """What somebody did, in the words of an auditor, whatever the system calls the action."""

    LOGIN = "login"
    """A login or logout, also one that failed."""
    DATA_CHANGE = "data-change"
    """Data that somebody works with was changed."""
    DATA_ACCESS = "data-access"
    """Sensitive data, or a critical file, was looked at or taken out."""
    PERMISSION_CHANGE = "permission-change"
    """What somebody may do was changed: roles, keys, lockouts, passwords."""
    BACKUP = "backup"
    """A backup was taken, proven, restored or deleted."""
    CONFIGURATION_CHANGE = "configuration-change"
    """How the system works was changed."""
    OTHER = "other"
    """Whatever no rule names."""


class KindRule(Part):
    """Which events are of one kind: those of one of the actions, of one of the models, or of both."""

    kind: EventKind = Field(examples=["login"])
    """The kind."""
    actions: tuple[str, ...] = Field(default=(), max_length=200, examples=[["LOGIN", "LOGOUT"]])
    """The column `action`, exactly. Default: any."""
    models: tuple[str, ...] = Field(default=(), max_length=200, examples=[["users", "roles"]])
    """The column `model`, exactly. Default: any."""

    @model_validator(mode="after")
    def _says_which(self) -> KindRule:
        if not self.actions and not self.models:
            raise ValueError("a rule needs actions or models; what no rule names is of the kind other anyway")
        return self


class Audit(Part):
    """How `audit_search` and the compliance report read what `sql/history.rows.sql` gives."""

    kinds: tuple[KindRule, ...] = Field(
        default=(), max_length=100, examples=[[{"kind": "login", "actions": ["LOGIN", "LOGOUT"]}]]
    )
    """The first rule that fits an event decides. Default: every event is of the kind `other`."""
