"""Making right answers wrong."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from stand_ins.server import Call, Fault, Reply


def meant(pattern: str, call: Call) -> bool:
    query = "&".join(f"{name}={value}" for name, value in call.query.items())
    return re.search(pattern, f"{call.method} {call.path}?{query}") is not None


def status(code: int, pattern: str) -> Fault:
    """Another status, with the same body."""
    return lambda call, reply: replace(reply, status=code) if meant(pattern, call) else reply


def changed(pattern: str, change: Callable[[Any], Any]) -> Fault:
    """Other JSON in good answers; `change` alters it, or returns another one."""

    def fault(call: Call, reply: Reply) -> Reply:
        if not meant(pattern, call) or reply.status >= 300 or reply.content is not None:
            return reply
        data = copy.deepcopy(reply.json)
        other = change(data)
        return reply.with_json(data if other is None else other)

    return fault


def other(pattern: str, reply: Reply) -> Fault:
    """Another answer altogether."""
    return lambda call, right_one: reply if meant(pattern, call) else right_one


def open_to_all(pattern: str) -> Fault:
    """No guard: what is refused is answered with 200."""
    return lambda call, reply: Reply(json={}) if meant(pattern, call) and reply.status in (401, 403) else reply


def setting(*path: str | int, to: Any) -> Callable[[Any], None]:
    def change(data: Any) -> None:
        for key in path[:-1]:
            data = data[key]
        data[path[-1]] = to

    return change
