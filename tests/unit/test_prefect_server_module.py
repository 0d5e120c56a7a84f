"""The server of the local stack: what is garbage is let go of in a thread of its own, not where it serves."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SERVED = """
import gc, sys, threading, time
from infra.local import prefect_server

class Cursor:
    def __init__(self):
        self.itself = self
    def __del__(self):
        collected.append(threading.current_thread() is threading.main_thread())

def serve(module, *, run_name):
    for _ in range(100_000):  # enough for the collector to come by itself, if it did
        Cursor()
    assert collected == [], "nothing is collected between requests"
    while not collected:
        time.sleep(0.01)
    print(module, *sys.argv, set(collected))

collected = []
prefect_server._EVERY_SECONDS = 0.5
prefect_server.runpy.run_module = serve
prefect_server.main()
"""


def test_garbage_is_collected_in_a_thread_of_its_own() -> None:
    command = [sys.executable, "-c", SERVED, "--port", "1"]
    done = subprocess.run(
        command, cwd=Path(__file__).parents[2], capture_output=True, text=True, check=False, timeout=60
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["prefect", "prefect", "server", "start", "--port", "1", "{False}"]
