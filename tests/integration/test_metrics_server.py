"""`sereno metrics serve` answers Prometheus from the ledger."""

from __future__ import annotations

import socket
from datetime import UTC, date, datetime
from pathlib import Path

import httpx
import pytest

from sereno.cli import main
from sereno.cli.metrics_server import served
from sereno.ledger import open_ledger
from sereno.ledger.overview_snapshots import note_snapshot
from sereno.overview.snapshot import ALL, Snapshot

NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "systems" / "salon").mkdir(parents=True)
    (tmp_path / "systems" / "salon" / "system.yaml").write_text("name: salon\n")
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "systems"))
    monkeypatch.setenv("SERENO_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def asked(url: str) -> str:
    with httpx.Client(trust_env=False, timeout=30) as client:
        return client.get(url).raise_for_status().text


def test_each_answer_is_read_anew_and_the_port_is_on_this_machine() -> None:
    with served(0, "127.0.0.1") as url:
        assert url.startswith("http://127.0.0.1:")
        assert "sereno_open_alerts" not in asked(url)
        noted = Snapshot(day=date(2026, 11, 20), taken_at=NOON, currency=None, open_alerts={"critical": 3})
        with open_ledger() as ledger:
            note_snapshot(ledger, "salon", noted, scope=ALL, holdings=None)
        text = asked(url)
    assert 'sereno_open_alerts{system="salon"} 3.0' in text
    assert "sereno_ledger_readable 1.0" in text


def test_a_ledger_that_cannot_be_read_is_told_and_ends_nothing(home: Path) -> None:
    home.mkdir()
    with served(0, "127.0.0.1") as url:
        assert "sereno_ledger_readable 1.0" in asked(url)
        for file in home.glob("ledger*"):
            file.unlink()
        (home / "ledger.db").write_bytes(b"no database at all, but long enough to be taken for one" * 100)
        assert "sereno_ledger_readable 0.0" in asked(url)


def test_a_port_that_is_taken_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert main(["metrics", "serve", "--port", str(taken.getsockname()[1])]) == 2
    assert "nothing can listen on 127.0.0.1 port" in capsys.readouterr().err
