"""An account on trial, as a row of the system's query gives it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, TypeAlias
from uuid import UUID
from zoneinfo import ZoneInfo

from sereno.systems.sections.trials import Trials

Key: TypeAlias = int | str | UUID
"""An account's id as the system's own type, which its statements are given."""


class State(StrEnum):
    """What the system's word for the status means."""

    TRIALING = "trialing"
    CONVERTED = "converted"
    ENDED = "ended"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One account. Its addresses are shown nowhere, not even where the account is printed."""

    key: Key
    tenant: str
    plan: str
    status: str
    state: State
    ends_at: datetime | None
    """In UTC; None when the system says nothing."""
    zone: ZoneInfo
    zone_known: bool = True
    """Whether `zone` is the account's own; else it is the system's, because its own is no zone."""
    locale: str = ""
    addresses: Mapping[str, str] = field(default_factory=dict, repr=False)
    """Those that may be written to, by kind: `email`, `phone`."""
    name: str = field(default="", repr=False)
    """What messages call it; the tenant where the query does not tell."""
    channels: tuple[str, ...] = ()
    """The account's own order of channels; empty means the system's."""
    paid: bool = False
    """Whether a payment covers the present moment."""
    active: bool | None = None
    """Whether the account still has access; None when the query does not tell."""

    @property
    def id(self) -> str:
        """The account's id as reports and the ledger write it."""
        return str(self.key)


class AccountReader:
    """Makes accounts of the rows of one query."""

    def __init__(self, columns: Sequence[str], policy: Trials, *, zone: ZoneInfo) -> None:
        """Know where each column stands.

        Args:
            columns: the names of the query's columns.
            policy: the section `trials`.
            zone: the system's own, for accounts without one.
        """
        self.at = {name: index for index, name in enumerate(columns)}
        self._policy = policy
        self._zone = zone
        self._naive = ZoneInfo(policy.times_without_zone)
        self.states = states_of(policy)

    def account(self, row: Sequence[Any]) -> Account:
        """The account that `row` describes."""
        own = _zone(row[self.at["timezone"]])
        status = str(row[self.at["status"]] or "")
        tenant = str(row[self.at["tenant"]] if row[self.at["tenant"]] is not None else "")
        return Account(
            key=row[self.at["id"]],
            tenant=tenant,
            name=str(self._optional(row, "name") or tenant),
            plan=str(row[self.at["plan"]] or ""),
            status=status,
            state=self.states.get(status, State.UNKNOWN),
            ends_at=self.moment(row[self.at["trial_ends_at"]]),
            zone=own or self._zone,
            zone_known=own is not None,
            locale=str(row[self.at["locale"]] or ""),
            addresses=dict(self._addresses(row)),
            channels=tuple(str(each) for each in self._optional(row, "channels") or () if each),
            paid=bool(self._optional(row, "paid")),
            active=self._optional(row, "active"),
        )

    def moment(self, time: datetime | None) -> datetime | None:
        """`time` in UTC; one without a zone is meant in the zone that the policy names."""
        if time is None:
            return None
        try:
            return (time if time.tzinfo else time.replace(tzinfo=self._naive)).astimezone(UTC)
        except OverflowError:  # the edges of the calendar: a trial that never ends, or never was
            return None

    def _addresses(self, row: Sequence[Any]) -> Sequence[tuple[str, str]]:
        found = []
        for kind, column in (("email", "contact"), ("phone", "phone")):
            address = str(self._optional(row, column) or "").strip()
            verified = (
                self._optional(row, f"{column}_verified", default=True) or not self._policy.verified_contacts_only
            )
            if address and verified:
                found.append((kind, address))
        return found

    def _optional(self, row: Sequence[Any], column: str, *, default: Any = None) -> Any:
        index = self.at.get(column)
        return default if index is None else row[index]


def states_of(policy: Trials) -> dict[str, State]:
    """The meaning of each of the system's words."""
    words = policy.statuses
    meanings = ((State.TRIALING, words.trialing), (State.CONVERTED, words.converted), (State.ENDED, words.ended))
    return {word: state for state, its in meanings for word in its}


@lru_cache(maxsize=1_024)
def _zone(name: str | None) -> ZoneInfo | None:
    """The zone called `name`; None when there is none of that name."""
    try:
        return ZoneInfo(name.strip()) if name and name.strip() else None
    except (ValueError, OSError, LookupError):  # a path, a folder of the database, an unknown name
        return None
