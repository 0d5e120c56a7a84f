"""What came of the requests: counted as they end, in memory that does not grow with their number."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sereno.load.failures import unexpected_status
from sereno.load.histogram import Histogram
from sereno.load.request import Request


@dataclass(frozen=True, kw_only=True, slots=True)
class Second:
    """One second of the run; latencies in seconds, NaN where nothing was answered."""

    second: int
    ended: int
    errors: int
    p50: float
    p95: float
    largest: float


@dataclass
class Recorder:
    """The outcomes of one run. Every request ends as exactly one `answer` or `failure`."""

    request: Request
    started: float
    """On the event loop's clock."""
    latencies: Histogram = field(default_factory=Histogram)
    """From the moment at which a request was due to the end of its answer; requests that timed out count too."""
    statuses: Counter[int] = field(default_factory=Counter)
    errors: Counter[str] = field(default_factory=Counter)
    seconds: list[Second] = field(default_factory=list)
    ended: int = 0
    body_bytes: int = 0
    repeated: int = 0
    """Requests that were sent again, since the server had closed an idle connection just then."""
    failed: int = 0
    finished: float = 0.0
    _second: int = 0
    _second_ended: int = 0
    _second_failed: int = 0
    _of_second: Histogram = field(default_factory=Histogram)

    def answer(self, *, due: float, now: float, status: int, body_bytes: int) -> None:
        """A complete answer to what was due at `due`."""
        if (second := int(now - self.started)) != self._second:
            self._turn_to(second)
        self.ended += 1
        self._second_ended += 1
        self.body_bytes += body_bytes
        self.statuses[status] += 1
        self.latencies.record(now - due)
        self._of_second.record(now - due)
        if not self.request.expects(status):
            self._fail(unexpected_status(status))

    def failure(self, kind: str, *, now: float, due: float | None = None) -> None:
        """No usable answer. With `due`, how long it was waited for counts among the latencies."""
        if (second := int(now - self.started)) != self._second:
            self._turn_to(second)
        self.ended += 1
        self._second_ended += 1
        if due is not None:
            self.latencies.record(now - due)
            self._of_second.record(now - due)
        self._fail(kind)

    def finish(self, now: float) -> None:
        """Nothing comes any more."""
        self.finished = now
        if self._second_ended:
            self._close_second()

    @property
    def wall_seconds(self) -> float:
        """How long it took."""
        return max(self.finished - self.started, 1e-9)

    @property
    def error_percent(self) -> float:
        """How many of a hundred requests had no usable answer."""
        return 100 * self.failed / self.ended if self.ended else 0.0

    @property
    def answered_per_second(self) -> float:
        """Requests with a complete answer of an expected status, a second."""
        return (self.ended - self.failed) / self.wall_seconds

    def _fail(self, kind: str) -> None:
        self.failed += 1
        self._second_failed += 1
        self.errors[kind] += 1

    def _turn_to(self, second: int) -> None:
        self._close_second()
        self.seconds += [_silent(empty) for empty in range(self._second + 1, second)]
        self._second = second

    def _close_second(self) -> None:
        kept = self._of_second
        self.seconds.append(
            Second(
                second=self._second,
                ended=self._second_ended,
                errors=self._second_failed,
                p50=kept.percentile(50),
                p95=kept.percentile(95),
                largest=kept.largest if kept.count else float("nan"),
            )
        )
        kept.clear()
        self._second_ended = self._second_failed = 0


def _silent(second: int) -> Second:
    nothing = float("nan")
    return Second(second=second, ended=0, errors=0, p50=nothing, p95=nothing, largest=nothing)
