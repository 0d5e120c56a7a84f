"""What became of each case."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sereno.reports.model import Effect


class Outcome(StrEnum):
    """How a case ended."""

    PASSED = "passed"
    FLAKY = "flaky"
    """It passed, but not at the first try."""
    FAILED = "failed"
    SKIPPED = "skipped"
    """It was not made, because what it needs did not pass."""


@dataclass(frozen=True, kw_only=True)
class CaseResult:
    """What became of one case; nothing of the answer's body is kept but its shape."""

    name: str
    check: str
    line: int
    outcome: Outcome
    required: bool = True
    effect: Effect = Effect.READ
    evidence: str = ""
    """What did not hold, a line each; of those that passed, what was judged."""
    method: str = ""
    url: str = ""
    login: str = ""
    status: int | None = None
    started_seconds: float = 0.0
    """After the run's start."""
    took_seconds: float = 0.0
    """All requests of the case together."""
    seconds: float | None = None
    """How long the answer took, as the budget judges it; None without an answer."""
    unreachable: bool = False
    """Whether nobody answered the request itself."""
    tries: int = 0
    curl: str = ""
    """The request as a command, where the case failed."""
    shape: Mapping[str, str] | None = None
    """The kinds of values by place in the JSON of the answer."""
    matrix: tuple[str, str] | None = None
    """Row and role, of a case of a role matrix."""
    expected_status: int | None = None

    @property
    def passed(self) -> bool:
        """Whether the answer was what it should be, at whichever try."""
        return self.outcome in (Outcome.PASSED, Outcome.FLAKY)


@dataclass(frozen=True, kw_only=True)
class SuiteRun:
    """A suite that was run."""

    system: str
    suite: str
    where: str
    """The file, such as `deployments/point/smoke.yaml`."""
    base_url: str
    effect: Effect
    started_at: datetime
    finished_at: datetime
    results: tuple[CaseResult, ...]
    left_out: tuple[str, ...] = ()
    requests: int = 0
    insecure: bool = False
    notes: tuple[str, ...] = field(default=())
    """What the reader should know, such as whose credentials were used."""
