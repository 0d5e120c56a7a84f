"""What the support operations have in common, and in what they differ, as data and rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from pydantic import JsonValue

from sereno.errors import ConfigurationError, ContractError
from sereno.systems.model import System
from sereno.systems.sections.support import Alerts, Lockouts, Notifications

Subject: TypeAlias = Mapping[str, Any]
"""A row that is acted on, as its reading query gives it."""
Key: TypeAlias = Mapping[str, JsonValue]
"""What the ledger notes of it before it is acted on."""

SUCCESS, FAILED, NOOP = "success", "failed", "noop"
_SENT = frozenset({"sent", "delivered", "read"})
_MAY_BE_SENT_AGAIN = frozenset({"failed", "pending"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """One support operation on one row."""

    job: str
    action: str
    """What audit trails call it."""
    noun: str
    """What it is about."""
    part: Callable[[System], Notifications | Lockouts | Alerts | None]
    read: str
    """The file that reads a row, without `.sql`."""
    change: str
    """The file that changes it."""
    more_files: tuple[str, ...] = ()
    columns: Mapping[str, type]
    """What the reading queries give, besides `id`."""
    is_open: Callable[[Subject], bool]
    """Whether there is something to do."""
    result: Callable[[Key, Subject], str | None]
    """What was done to an open row since the key was noted; None when nothing was."""
    label: Callable[[Key], str] = lambda _: ""
    """What results are counted by, besides."""

    def files(self, system: System) -> tuple[str, ...]:
        """The SQL files, without `.sql`, that the operation cannot do without."""
        part = self.part(system)
        if part is None:
            return ()
        return (*self.more_files, self.read, *(() if part.call else (self.change,)))

    def require(self, system: System) -> Notifications | Lockouts | Alerts:
        """The section of the operation.

        Raises:
            ConfigurationError: the system does not offer it.
        """
        part = self.part(system)
        if part is None:
            raise ConfigurationError(
                f"{system.name} does not offer {self.job}: its system.yaml says nothing of support.{self.noun}s"
            )
        return part

    def checked(self, rows: Iterable[Subject], *, where: str) -> tuple[Subject, ...]:
        """`rows`, when they are what the operation needs.

        Args:
            rows: what a query gave.
            where: its file.

        Raises:
            ContractError: a column is missing, or a value is of another type.
        """
        found = tuple(rows)
        for row in found:
            if missing := [name for name in ("id", *self.columns) if name not in row]:
                raise ContractError(f"{where}: gives no column {missing[0]}")
            for name, kind in self.columns.items():
                if not isinstance(row[name], kind):
                    raise ContractError(f"{where}: column {name} of {self.noun} {row['id']} is no {kind.__name__}")
        return found

    def key(self, subject: Subject) -> dict[str, JsonValue]:
        """What the ledger notes of a row: ids and counts, nothing that names a person."""
        said = {name: subject[name] for name in ("channel", "resends") if name in subject}
        return {**said, "id": key_of(subject), "open": self.is_open(subject)}

    def learnt(self, key: Key, subject: Subject) -> str | None:
        """What was done to the row of `key`, which stands as `subject` now; None when nothing was."""
        return self.result(key, subject) if key["open"] else NOOP


def key_of(subject: Subject) -> int | str:
    """The row's id as JSON holds it."""
    identifier = subject["id"]
    return identifier if isinstance(identifier, int) else str(identifier)


def _resent(key: Key, subject: Subject) -> str | None:
    if int(subject["resends"]) <= int(str(key["resends"])):
        return None
    return SUCCESS if subject["status"] in _SENT else FAILED


def _resolved(key: Key, subject: Subject) -> str | None:  # noqa: ARG001 (a rule of the same form)
    return SUCCESS if subject["resolved"] else None


RESEND = Kind(
    job="resend_notifications",
    action="resend_notification",
    noun="notification",
    part=lambda system: system.support.notifications,
    read="notifications.read",
    change="notifications.mark_sent",
    more_files=("notifications.candidates",),
    columns={"channel": str, "status": str, "resends": int},
    is_open=lambda subject: subject["status"] in _MAY_BE_SENT_AGAIN,
    result=_resent,
    label=lambda key: str(key["channel"]),
)
CLEAR = Kind(
    job="clear_lockout",
    action="clear_lockout",
    noun="lockout",
    part=lambda system: system.support.lockouts,
    read="lockouts.read",
    change="lockouts.clear",
    columns={"resolved": bool},
    is_open=lambda subject: not subject["resolved"],
    result=_resolved,
)
RESOLVE = Kind(
    job="resolve_alert",
    action="resolve_alert",
    noun="alert",
    part=lambda system: system.support.alerts,
    read="alerts.read",
    change="alerts.resolve",
    columns={"resolved": bool},
    is_open=lambda subject: not subject["resolved"],
    result=_resolved,
)
KINDS = (RESEND, CLEAR, RESOLVE)
