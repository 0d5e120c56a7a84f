"""What the cases of a run share, and what is known of one of them so far."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sereno.smoke.answers import Answer
from sereno.smoke.grammar import Context
from sereno.smoke.http_client import HttpClient
from sereno.smoke.logins import Logins
from sereno.smoke.pacing import Sleep
from sereno.smoke.plan import Case
from sereno.smoke.request import Request
from sereno.smoke.target import Target


@dataclass(kw_only=True)
class Surroundings:
    """What the cases of a run share."""

    client: HttpClient
    logins: Logins
    target: Target
    sleep: Sleep
    headers: Mapping[str, str]
    context: Context
    captures: dict[str, Any] = field(default_factory=dict)
    started: float = field(default_factory=time.perf_counter)

    def variables(self, case: Case) -> dict[str, Any]:
        """What `case` may refer to."""
        return {**self.context.variables, **self.captures, **case.variables}


@dataclass
class Seen:
    """What is known of a case so far."""

    case: Case
    request: Request | None = None
    answer: Answer | None = None
    tries: int = 0
    unreachable: bool = False
    wrong: list[str] = field(default_factory=list)
    held: int = 0
    notes: list[str] = field(default_factory=list)
    measured: list[float] = field(default_factory=list)

    def judged(self, text: str, passed: bool, evidence: str = "") -> None:
        told = f"{text}: {evidence}" if evidence else text
        if not passed:
            self.wrong.append(told)
        else:
            self.held += 1
            self.notes += [told] if evidence else []
