"""Workers of the tests' own: the stack would notice the death of its."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from dataclasses import dataclass

from end_to_end.local_stack import ROOT, LocalStack, environment
from infra.local.environment import HEARTBEAT_SECONDS
from waiting import until

_QUEUE = "own"


@dataclass(frozen=True)
class CarriedRun:
    """A run, the worker that carries it out, and its flow process."""

    run_id: str
    worker: subprocess.Popen[bytes]
    flow_process: int

    def kill_worker(self, number: signal.Signals) -> None:
        """Send the worker a signal that ends it, and wait until it is gone."""
        self.worker.send_signal(number)
        self.worker.wait(120)


def run_on_own_worker(stack: LocalStack, deployment: str) -> CarriedRun:
    """A run of `deployment` on a worker of our own; the stack's is made to look away until it has begun."""
    others = stack.child("prefect worker")
    os.kill(others, signal.SIGSTOP)
    try:
        run_id = stack.create_run(deployment, work_queue_name=_QUEUE)
        worker = _start_worker(stack)
        return CarriedRun(run_id, worker, stack.flow_process(run_id))
    finally:
        os.kill(others, signal.SIGCONT)


def let_heartbeat_arrive(stack: LocalStack, run: CarriedRun) -> None:
    """Wait until the server has seen a first heartbeat of `run`."""
    sought = {"event": {"name": ["prefect.flow-run.heartbeat"]}, "resource": {"id": [f"prefect.flow-run.{run.run_id}"]}}
    stack.until_state(run.run_id, "Running")
    until(lambda: stack.ask("/events/filter", {"filter": sought})["events"], seconds=240)


def _start_worker(stack: LocalStack) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "sereno", "--work-queue", _QUEUE]
    more = {
        "PREFECT_API_URL": stack.api_url,
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        "PREFECT_LOGGING_EXTRA_LOGGERS": "sereno",
    }
    return subprocess.Popen(command, cwd=ROOT, env=environment(stack.home, **more), stdout=subprocess.DEVNULL)
