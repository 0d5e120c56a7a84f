"""`sereno keys`: what it shows, what it asks for before it changes anything, and the trace that it leaves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.databases import database
from integration.rotation_case import SECRETS, STORES, digests, edit_keys, system_with, write_folder
from sereno import audit
from sereno.backup import copies, write
from sereno.cli import main
from sereno.exclusion import exclusive
from sereno.ledger import open_ledger
from sereno.reports.model import Report

Captured = pytest.CaptureFixture[str]


@pytest.fixture(scope="module")
def source(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script="CREATE TABLE t (id int PRIMARY KEY)") as url:
        yield url


@pytest.fixture
def home(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Two stores with a backup under the old passphrase, and a system's file that names a new one and a recovery."""
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    for name, text in SECRETS.items():
        monkeypatch.setenv(name, text)
    for name in STORES:
        (tmp_path / name).mkdir()
    old = system_with(source, passphrase="OLD")
    write.write(old)
    copies.copy_to_store(old, "vault")
    write_folder(
        system_with(source, passphrase="NEW", previous=("OLD",), recovery="RECOVERY"), tmp_path / "deployments"
    )
    return tmp_path


def report_of(capsys: Captured) -> Report:
    captured = capsys.readouterr()
    assert not any(secret in captured.out + captured.err for secret in SECRETS.values())
    return Report.model_validate_json(captured.out)


def events() -> list[tuple[str, str, str]]:
    with open_ledger() as ledger:
        return [(event.action, event.effect, event.result) for event in audit.events(ledger, "awkward")]


def slots(capsys: Captured) -> list[tuple[str, str | None]]:
    assert main(["keys", "list", "awkward", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    return [(slot["label"], slot["opens_with"]) for backup in listed["backups"] for slot in backup["slots"]]


def test_without_confirmation_it_is_a_dry_run_that_leaves_its_trace(home: Path, capsys: Captured) -> None:
    before = digests(home, of_keys=True)
    assert main(["keys", "rotate", "awkward", "--json"]) == 0
    report = report_of(capsys)
    assert (report.job, report.effect, report.result) == ("rotate_keys", "dry-run", "passed")
    assert report.figures == {"backups": 2, "to_rotate": 2, "already_right": 0, "failed": 0}
    assert "--confirm-live YES" in report.headline
    assert digests(home, of_keys=True) == before
    assert events() == [("PREVIEW_ROTATE_KEYS", "dry-run", "passed")]


def test_confirmed_it_rotates_and_the_list_shows_it(home: Path, capsys: Captured) -> None:
    assert slots(capsys) == [("passphrase", "previous")] * 2
    assert main(["keys", "rotate", "awkward", "--confirm-live", "YES", "--json"]) == 0
    report = report_of(capsys)
    assert (report.effect, report.figures["rotated"]) == ("live", 2)
    assert report.audit
    assert events() == [("RUN_ROTATE_KEYS", "live", "passed")]
    assert slots(capsys) == [("passphrase", "current"), ("recovery", "recovery")] * 2
    assert main(["keys", "rotate", "awkward", "--confirm-live", "YES"]) == 0
    printed = capsys.readouterr().out
    assert "every one has the key slots that it should have" in printed
    assert "Already right  2" in printed


@pytest.mark.parametrize("word", ["yes", "Y", "true", "YES "])
def test_another_word_is_no_confirmation(word: str, home: Path, capsys: Captured) -> None:
    before = digests(home, of_keys=True)
    assert main(["keys", "rotate", "awkward", "--confirm-live", word, "--json"]) == 3
    assert report_of(capsys).result == "refused"
    assert digests(home, of_keys=True) == before
    assert events() == [("RUN_ROTATE_KEYS", "live", "refused")]


def test_one_backup_that_fails_makes_it_one_and_does_not_stop_the_rest(home: Path, capsys: Captured) -> None:
    (backup,) = (path.name for path in (home / "vault" / "awkward").iterdir())
    edit_keys(home, backup, lambda said: said["slots"][0].update(wrapped="AAAA"))
    assert main(["keys", "rotate", "awkward", "--confirm-live", "YES", "--json", "--report", f"{home}/keys.xml"]) == 1
    report = report_of(capsys)
    assert (report.figures["rotated"], report.figures["failed"]) == (1, 1)
    assert [finding.passed for finding in report.findings] == [False, True]
    assert 'failures="1"' in (home / "keys.xml").read_text()
    assert events() == [("RUN_ROTATE_KEYS", "live", "failed")]
    assert main(["keys", "list", "awkward"]) == 1
    captured = capsys.readouterr()
    assert "vault" in captured.out
    assert "is damaged" in captured.err


@pytest.mark.parametrize("job", ["backup", "prune"])
def test_nothing_is_rotated_while_backups_are_written_or_deleted(job: str, home: Path, capsys: Captured) -> None:
    before = digests(home, of_keys=True)
    with exclusive(system="awkward", job=job, run="backup awkward full"):
        assert main(["keys", "rotate", "awkward", "--confirm-live", "YES", "--json"]) == 3
    assert f"{job} of awkward is already running: run backup awkward full" in report_of(capsys).headline
    assert digests(home, of_keys=True) == before


def test_a_missing_passphrase_is_named_and_ends_with_two(
    home: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("NEW")
    assert main(["keys", "rotate", "awkward", "--json"]) == 2
    assert "${NEW} is not set" in report_of(capsys).headline


def test_a_missing_recovery_passphrase_makes_a_backup_fail_the_check_and_a_missing_previous_one_does_not(
    home: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OLD")
    assert main(["check", "awkward"]) == 0
    assert "did not pass: secret of backup.previous_passphrases[0]" in capsys.readouterr().out
    monkeypatch.delenv("RECOVERY")
    assert main(["check", "awkward"]) == 1
    assert "secret of backup.recovery_passphrase" in capsys.readouterr().out.splitlines()[0]


def test_the_list_says_what_no_known_passphrase_opens(
    home: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OLD")
    assert main(["keys", "list", "awkward"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("0 of 2 backups of awkward open with the present passphrase; nothing that is known here")
    assert printed.count("none known") == 2


def test_a_store_that_is_not_there_is_said_and_hides_no_other(home: Path, capsys: Captured) -> None:
    shutil.rmtree(home / "vault")
    assert main(["keys", "list", "awkward"]) == 1
    captured = capsys.readouterr()
    assert "local" in captured.out
    assert "vault" in captured.err


def test_interrupted_it_says_so_and_leaves_its_trace(
    home: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*args: Any, **kwargs: Any) -> Any:
        raise KeyboardInterrupt

    monkeypatch.setattr("sereno.cli.key_rotation.rotate", interrupted)
    assert main(["keys", "rotate", "awkward", "--confirm-live", "YES", "--json"]) == 130
    assert "run it again" in report_of(capsys).headline
    assert events() == [("RUN_ROTATE_KEYS", "live", "failed")]
