"""Sending the load and measuring what comes back, on an event loop of its own."""

from __future__ import annotations

import asyncio
import gc
import math
import socket
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from sereno.load.connection import Slot
from sereno.load.failures import NOT_SENT, kind_of
from sereno.load.load import Load
from sereno.load.pace import Closed, Open, Pace
from sereno.load.precise_clock import precise_loop
from sereno.load.recorder import Recorder
from sereno.load.request import Place, Request
from sereno.load.watch import ClientState, Watch
from sereno.progress import Progress, silent

_LOOK_EVERY = 0.1  # seconds
_WINDOW = 50  # looks: the error rate of the last five seconds decides
_FEWEST_ENDED = 20
_PAUSE_AFTER_REFUSAL = 0.02  # seconds


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """What was measured. `aborted` says why the load was cut short; empty when it was not."""

    recorder: Recorder
    client: ClientState
    aborted: str = ""


def measure(place: Place, request: Request, load: Load, *, progress: Progress = silent) -> Measurement:
    """Send the load; blocks until the last request has ended. Redirects are not followed.

    Args:
        place: the server.
        request: what is sent, always the same.
        load: how much of it.
        progress: told several times a second.
    """
    with asyncio.Runner(loop_factory=precise_loop) as runner, _without_pauses():
        return runner.run(_measured(place, request, load, progress))


async def _measured(place: Place, request: Request, load: Load, progress: Progress) -> Measurement:
    loop = asyncio.get_running_loop()
    try:
        addresses = await _addresses(place)
    except (OSError, UnicodeError) as error:
        recorder = Recorder(request, loop.time())
        recorder.failure(kind_of(error), now=loop.time())
        recorder.finish(loop.time())
        nothing = ClientState(cpu_percent=0.0, lag_p99_seconds=0.0, lag_largest_seconds=0.0)
        return Measurement(recorder=recorder, client=nothing, aborted=kind_of(error))
    sending = _Sending(place, addresses, request, load, progress)
    watch = Watch()
    try:
        if load.warmup_requests:
            await sending.run(Closed(load.warmup_requests), Recorder(request, loop.time()))
        if not sending.aborted:
            recorder = Recorder(request, loop.time())
            watch.start()
            await sending.run(_pace(load, recorder.started), recorder)
        return Measurement(recorder=sending.recorder, client=watch.stop(), aborted=sending.aborted)
    finally:
        sending.close()
        await asyncio.sleep(0)


def _pace(load: Load, now: float) -> Pace:
    if load.rate is None:
        until = math.inf if load.duration_seconds is None else now + load.duration_seconds
        return Closed(load.requests, until)
    return Open(now, load.rate, load.scheduled)


async def _addresses(place: Place) -> list[str]:
    found = await asyncio.get_running_loop().getaddrinfo(place.host, place.port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(address[0]) for *_, address in found))


@contextmanager
def _without_pauses() -> Iterator[None]:
    """Keep the garbage collector from walking through everything that was there before."""
    others = gc.get_freeze_count()  # of a process that has frozen what it keeps, and wants it to stay so
    gc.freeze()
    try:
        yield
    finally:
        if not others:
            gc.unfreeze()


class _Sending:
    """Hands requests to slots. It is the slots' dispatcher."""

    def __init__(self, place: Place, addresses: list[str], request: Request, load: Load, progress: Progress) -> None:
        self._load = load
        self._progress = progress
        self._loop = asyncio.get_running_loop()
        self._slots = [
            Slot(self, place=place, addresses=addresses, request=request, patience_seconds=load.timeout_seconds)
            for _ in range(load.concurrency)
        ]
        self._idle: list[Slot] = []
        self._timer: asyncio.TimerHandle | None = None
        self.aborted = ""

    async def run(self, pace: Pace, recorder: Recorder) -> None:
        """Send what `pace` gives, until all of it has ended or the error rate is too high."""
        self.recorder, self._pace = recorder, pace
        self._idle = list(reversed(self._slots))
        self._done = asyncio.Event()
        self._recent: deque[tuple[int, int]] = deque([(0, 0)], maxlen=_WINDOW)
        looking = self._loop.create_task(self._look())
        self._serve()
        try:
            await self._done.wait()
        finally:
            looking.cancel()
            self._stop_timer()
        recorder.finish(self._loop.time())

    def close(self) -> None:
        for slot in self._slots:
            slot.close()

    def answered(self, slot: Slot, *, status: int, body_bytes: int, now: float) -> None:
        """Record it, and go on with the slot."""
        self.recorder.answer(due=slot.due, now=now, status=status, body_bytes=body_bytes)
        due = None if self._done.is_set() else self._pace.take(now)
        if due is None:
            self._rest(slot)
        else:
            slot.take(due, now)

    def failed(self, slot: Slot, kind: str, *, waited: bool = False, connecting: bool = False) -> None:
        """Record it, and go on with the slot; not at once where no connection could be made."""
        self.recorder.failure(kind, now=self._loop.time(), due=slot.due if waited else None)
        if connecting:
            self._loop.call_later(_PAUSE_AFTER_REFUSAL, self._rest, slot)
        else:
            self._rest(slot)

    def repeated(self) -> None:
        """Count it."""
        self.recorder.repeated += 1

    def _rest(self, slot: Slot) -> None:
        self._idle.append(slot)
        self._serve()

    def _serve(self) -> None:
        """Give what is due to slots that are idle, and come back when the next one is due."""
        self._stop_timer()
        if self._done.is_set():
            return
        now = self._loop.time()
        while self._idle and (due := self._pace.take(now)) is not None:
            self._idle.pop().take(due, now)
        if self._pace.over and len(self._idle) == len(self._slots):
            self._done.set()
        elif self._idle and math.isfinite(due_at := self._pace.next_due()):
            self._timer = self._loop.call_at(due_at, self._serve)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def _look(self) -> None:
        """From time to time: what is overdue, whether it makes sense to go on, how far it is."""
        while not self._done.is_set():
            await asyncio.sleep(_LOOK_EVERY)
            now = self._loop.time()
            for slot in self._slots:
                if slot.busy and now > slot.deadline:
                    slot.overdue()
            recorder = self.recorder
            self._recent.append((recorder.ended, recorder.failed))
            self._show(now)
            if reason := self._reason_to_stop():
                self.aborted = reason
                self._done.set()
            elif now > recorder.started + self._load.longest_seconds:
                self._leave_unanswered(now)

    def _reason_to_stop(self) -> str:
        ended, failed = (newest - oldest for newest, oldest in zip(self._recent[-1], self._recent[0], strict=True))
        if ended < min(_FEWEST_ENDED, self._load.scheduled or _FEWEST_ENDED):
            return ""
        if 100 * failed <= self._load.abort_error_percent * ended:
            return ""
        common, _ = self.recorder.errors.most_common(1)[0]
        return f"{100 * failed / ended:.0f} % of the last {ended:,} requests failed, most of them with: {common}"

    def _leave_unanswered(self, now: float) -> None:
        """Time is over: what waits for an answer, or for a connection, has waited in vain."""
        for due in self._pace.untaken(now):
            self.recorder.failure(NOT_SENT, now=now, due=due)
        self._done.set()
        for slot in self._slots:
            if slot.busy:
                slot.overdue()

    def _show(self, now: float) -> None:
        recorder, load = self.recorder, self._load
        rate = recorder.ended / max(now - recorder.started, 1e-9)
        what = f"{recorder.ended:,} requests, {rate:,.0f} a second, {recorder.failed:,} failed"
        self._progress(done=recorder.ended, total=max(load.scheduled, recorder.ended), what=what)
