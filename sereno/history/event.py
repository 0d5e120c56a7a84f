"""One event of a history, whoever wrote it down."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

COLUMNS = ("id", "timestamp", "user", "action", "model", "object_id", "payload")
"""What an event says, in the order in which files show it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryEvent:
    """What somebody did to something. `id` and `object_id` are whatever keys the source has."""

    id: int | str
    timestamp: datetime
    user: str
    action: str
    model: str
    object_id: int | str
    payload: Any
    """What JSON can hold."""

    def as_json(self, zone: tzinfo) -> dict[str, Any]:
        """The event for programs; its time in `zone`, with the offset."""
        said = {name: getattr(self, name) for name in COLUMNS}
        return {**said, "timestamp": self.timestamp.astimezone(zone).isoformat()}

    def cells(self, zone: tzinfo) -> tuple[int | str, ...]:
        """The event as a row of a table, in the order of COLUMNS."""
        said = self.as_json(zone)
        payload = said["payload"]
        said["payload"] = "" if payload is None else payload if isinstance(payload, str) else _compact(payload)
        return tuple(said[name] for name in COLUMNS)


def key(value: Any) -> int | str:
    """A key as JSON holds it: integers as they are, everything else (a uuid) as text; nothing as an empty text."""
    if value is None:
        return ""
    return value if isinstance(value, int) and not isinstance(value, bool) else str(value)


def _compact(payload: Any) -> str:
    return json.dumps(payload, ensure_ascii=False, separators=(",", ":"), default=str)
