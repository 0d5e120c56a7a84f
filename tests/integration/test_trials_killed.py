"""A live run that is killed: what it told and did is told and done once, and the next run goes on."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from infra.demo.system import DemoSystem
from integration.trial_case import TrialCase, trial_case
from receivers import MailServer, mail_server
from sereno.ledger import open_ledger
from sereno.ledger.models import IntentRow, MessageRow, TrialNoticeRow
from sereno.systems.model import System

FORK = multiprocessing.get_context("fork")
REMINDED, EXPIRED = 30, 30


@pytest.fixture
def case(demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[TrialCase]:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "systems"))
    with trial_case(demo.superuser_url, tmp_path) as made:
        for key in range(1, REMINDED + 1):
            made.add(key, ends=timedelta(days=7))
        for key in range(REMINDED + 1, REMINDED + EXPIRED + 1):
            made.add(key, ends=-timedelta(hours=12))
        yield made


def killed_at(case: TrialCase, system: System, *, mails: MailServer, at_mail: int | None, after: float) -> None:
    """A live run in a process of its own that is killed with SIGKILL: as a mail arrives, or after so many seconds."""
    child = FORK.Process(target=_live, args=(case, system))
    arrived = threading.Event()
    before = len(mails.mails)

    def answer(mail: EmailMessage) -> str:
        if at_mail is not None and len(mails.mails) - before + 1 >= at_mail:
            mails.mails.append(mail)  # taken, and the process dies before it can write that down
            os.kill(child.pid or 0, signal.SIGKILL)
            arrived.set()
            return "451 too late"
        return "250 OK"

    mails.answer_to_data = answer
    child.start()
    if at_mail is None:
        child.join(after)
        if child.pid and child.is_alive():
            os.kill(child.pid, signal.SIGKILL)
    child.join(60)
    mails.answer_to_data = lambda mail: "250 OK"
    assert child.exitcode in {0, -signal.SIGKILL}


def _live(case: TrialCase, system: System) -> None:
    case.live(system)
    os._exit(0)


def killed_often(case: TrialCase, *, times: int, seed: int) -> None:
    chance = random.Random(seed)
    with mail_server() as mails:
        channel = {"name": "email", "smtp_host": "127.0.0.1", "smtp_port": mails.port, "security": "none"}
        system = case.describe(messages={"channels": [channel]}, announce=["expire"])
        for number in range(times):
            at_mail = chance.randint(1, 10) if number % 2 else None
            killed_at(case, system, mails=mails, at_mail=at_mail, after=chance.uniform(0.02, 0.6))
        case.live(system)
        seen = Counter(mails.identifiers)
    with open_ledger() as ledger, ledger.reading() as session:
        notices = [(row.account, row.step) for row in session.query(TrialNoticeRow)]
        messages = {f"<{row.id}@salon.example>": row.state for row in session.query(MessageRow)}
        intents = Counter(row.state for row in session.query(IntentRow))
    told = {(str(key), "7_days_before") for key in range(1, REMINDED + 1)}
    told |= {(str(key), "expire") for key in range(REMINDED + 1, REMINDED + EXPIRED + 1)}
    assert sorted(notices) == sorted(told), seed
    assert set(messages.values()) == {"delivered"}, seed
    assert seen.keys() == messages.keys(), seed
    assert sum(seen.values()) - len(seen) <= times, f"{seed}: a kill brings at most the one message in flight again"
    assert set(case.values("changes").values()) == {0, 1}, seed
    assert Counter(case.values("status").values()) == {"trialing": REMINDED, "expired": EXPIRED}
    assert intents["open"] == 0


def test_a_run_that_is_killed_again_and_again_tells_and_does_everything_once(case: TrialCase) -> None:
    killed_often(case, times=5, seed=random.randrange(2**32))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(4))
def test_a_run_that_is_killed_at_many_points_tells_and_does_everything_once(case: TrialCase, seed: int) -> None:
    killed_often(case, times=25, seed=seed)
