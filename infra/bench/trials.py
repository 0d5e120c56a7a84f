"""`trial_expiry`: a dry run against psql, its memory, a second run against the first, and runs that are killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing
from pathlib import Path
from sqlite3 import connect

from infra.bench.mail_sink import MailSink, mail_sink
from infra.bench.measured import Measured
from infra.bench.subject import Subject, run
from infra.bench.timing import in_turn, ratio
from infra.bench.trial_subject import QUERY, TrialSubject, dry_run, live_run, trial_subject
from sereno.systems.model import System

_KILLS = 20
_KILOBYTE, _MEGABYTE = 1024, 1_000_000


def measure_trials(subject: Subject, home: Path, *, accounts: int, rounds: int) -> list[Measured]:
    """All of it.

    Args:
        subject: a running server.
        home: a folder for ledgers and the system's folder; emptied first.
        accounts: how many there are; 2 % are due.
        rounds: how often a dry run and psql are run.
    """
    small = accounts // 10
    with trial_subject(subject, home, accounts=small) as few:
        little_memory, little_seconds = _peak(few), _seconds(few, rounds)
        killed = _killed(few, home / "mails")
    with trial_subject(subject, home, accounts=accounts) as many:
        lines = _against_psql(many, subject, rounds=rounds)
        much_memory, much_seconds = _peak(many), _seconds(many, rounds)
        lines += _twice(many, home / "mails")
    peaks = (
        f"{little_memory / _MEGABYTE:.0f} MB for {small:,} accounts, {much_memory / _MEGABYTE:.0f} MB for {accounts:,}"
    )
    times = f"{little_seconds:.2f} s for {small:,} accounts, {much_seconds:.2f} s for {accounts:,}"
    return [
        *lines,
        Measured("trials: peak of a dry run, many / few accounts", much_memory / little_memory, 1.15, peaks),
        Measured("trials: seconds an account, many / few accounts", much_seconds / little_seconds / 10, 1.25, times),
        *killed,
    ]


def _against_psql(many: TrialSubject, subject: Subject, *, rounds: int) -> list[Measured]:
    system, file = many.system(), many.home / "accounts.txt"
    psql = subject.binaries.program("psql")
    planned = dry_run(system)
    if len(planned.notices) != many.due:
        raise SystemExit(f"{len(planned.notices)} accounts are due in the bench, not {many.due}")
    samples = in_turn(
        {
            "dry run": lambda: dry_run(system),
            "psql": lambda: run(psql, many.url, "--no-psqlrc", "-At", "-c", QUERY, "-o", file),
        },
        rounds=rounds,
    )
    sent = f"{many.accounts:,} accounts, {many.due:,} due, {planned.looked_at:,} sent by the database"
    detail = f"{samples['dry run'].median:.2f} s / {samples['psql'].median:.2f} s; {sent}"
    return [Measured("trials: dry run / psql to a file", ratio(samples["dry run"], samples["psql"]), 2, detail)]


def _twice(many: TrialSubject, mails: Path) -> list[Measured]:
    many.forget()
    with mail_sink(mails) as sink:
        system = many.system(port=sink.port)
        seconds, delivered = [], []
        for _ in range(2):
            started = time.perf_counter()
            delivered.append(live_run(system))
            seconds.append(time.perf_counter() - started)
        seen = sink.seen()
    if delivered != [many.due, 0] or seen.total() != many.due:
        raise SystemExit(f"two runs delivered {delivered} messages, {seen.total()} arrived, {many.due} were due")
    speed = f"{delivered[0]:,} messages in {seconds[0]:.1f} s, then none in {seconds[1]:.1f} s"
    return [Measured("trials: second live run / first", seconds[1] / seconds[0], 0.1, speed)]


def _killed(few: TrialSubject, mails: Path) -> list[Measured]:
    """Live runs in processes of their own, killed at random moments, until one is left to end."""
    chance, fork = random.Random(), multiprocessing.get_context("fork")  # noqa: S311 (when to kill is no secret)
    few.forget()
    with mail_sink(mails) as sink:
        system = few.system(port=sink.port)
        whole = _whole_seconds(few, system)
        sink.file.write_text("")
        died = 0
        for _ in range(_KILLS):
            child = fork.Process(target=_live_and_leave, args=(system,))
            child.start()
            child.join(chance.uniform(0, whole / 12))  # so short that there is still work for the last of them
            if child.pid and child.is_alive():
                os.kill(child.pid, signal.SIGKILL)
                died += 1
            child.join()
        live_run(system)
        return _exactly_once(few, sink, died)


def _whole_seconds(few: TrialSubject, system: System) -> float:
    started = time.perf_counter()
    live_run(system)
    few.forget()
    return time.perf_counter() - started


def _live_and_leave(system: System) -> None:
    live_run(system)
    os._exit(0)


def _exactly_once(few: TrialSubject, sink: MailSink, died: int) -> list[Measured]:
    with closing(connect(few.home / "ledger.db")) as ledger:
        told = Counter(row[0] for row in ledger.execute("SELECT account FROM sereno_trial_notices"))
        states = dict(ledger.execute("SELECT state, count(*) FROM sereno_messages GROUP BY state"))
    wrong = abs(few.due - len(told)) + sum(number - 1 for number in told.values())
    wrong += abs(few.due - states.get("delivered", 0))
    seen = sink.seen()
    again = sum(number - 1 for number in seen.values())
    detail = f"{died} runs were killed; {again} of {few.due:,} messages came again, under the same id"
    return [
        Measured("trials: notices not exactly once after kills", wrong, 0, detail),
        Measured("trials: messages that came again, for each kill", again / max(1, died), 1, detail),
        Measured("trials: messages that never came after kills", few.due - len(seen), 0, detail),
    ]


def _seconds(subject: TrialSubject, rounds: int) -> float:
    system = subject.system()
    return in_turn({"dry run": lambda: dry_run(system)}, rounds=rounds)["dry run"].median


def _peak(subject: TrialSubject) -> int:
    """Bytes of a process that does a dry run and nothing else."""
    subject.system()
    command = [sys.executable, "-m", "infra.bench.trials"]
    return int(json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout))


def _measure_here() -> int:
    import tasks.trial_expiry as flow_process
    from sereno.systems.loader import load_system

    plan = dry_run(load_system("bench"))
    if plan.system != "bench" or not vars(flow_process):
        raise SystemExit("the dry run did not take place")
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _KILOBYTE


if __name__ == "__main__":
    sys.stdout.write(json.dumps(_measure_here()))
