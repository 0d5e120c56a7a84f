"""`sereno backups` and `sereno check --online` with real backups of the demo system."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.demo.system import DemoSystem
from sereno.backup import write
from sereno.backup.manifest import BackupKind
from sereno.cli import main
from sereno.reports.model import Report
from sereno.systems.loader import load_system

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def home(demo: DemoSystem, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(demo.folder.parent))
    (demo.folder / "api-url").write_text("http://127.0.0.1:9")  # as the local stack does; nobody listens there
    return demo.folder.parent


@pytest.fixture(scope="module")
def backups(demo: DemoSystem) -> list[str]:
    """The ids of two backups of the demo system, oldest first."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SERENO_HOME", str(demo.folder.parent))
        system = load_system("demo")
        return sorted(write.write(system).id for _ in range(2))


@pytest.fixture
def without_passphrase(home: Path) -> Iterator[None]:
    secret = home / "demo" / "secrets" / "backup_passphrase"
    hidden = secret.rename(secret.with_suffix(".hidden"))
    yield
    hidden.rename(secret)


def folder_of(home: Path, identifier: str) -> Path:
    return home / "demo" / "backups" / "demo" / identifier


def test_check_online_finds_the_demo_system_ready(capsys: Captured) -> None:
    assert main(["check", "demo", "--online"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("demo is ready\n")
    assert "database.read_url connects" in printed


def test_check_online_says_that_a_database_is_down(demo: DemoSystem, home: Path, capsys: Captured) -> None:
    secret = home / "demo" / "secrets" / "database_read_url"
    url = secret.read_text()
    secret.write_text("postgresql://salon_reader:hunter2-hunter2@127.0.0.1:9/salon")
    try:
        assert main(["check", "demo", "--online", "--json"]) == 1
    finally:
        secret.write_text(url)
    printed = capsys.readouterr().out
    failed = [finding.name for finding in Report.model_validate_json(printed).findings if not finding.passed]
    assert failed == ["database.read_url connects"]
    assert "hunter2" not in printed


@pytest.mark.usefixtures("without_passphrase")
def test_the_list_needs_no_passphrase_and_shows_every_backup(backups: list[str], capsys: Captured) -> None:
    assert main(["backups", "list", "demo"]) == 0
    first, _, header, *rows = capsys.readouterr().out.splitlines()
    assert first.startswith("demo has 2 backups in store local")
    columns = ("id", "kind", "parent", "taken at", "rows", "size", "stored", "ratio", "stays until about")
    assert re.split(r"\s{2,}", header) == [*columns, "last verified", "last drilled"]
    assert [row.split()[0] for row in rows] == backups
    assert all(row.endswith("never") for row in rows)


def test_the_list_as_json_has_sizes_and_rows(backups: list[str], capsys: Captured) -> None:
    assert main(["backups", "list", "demo", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert set(listed) == {"schema", "system", "store", "backups", "unreadable"}
    assert [backup["id"] for backup in listed["backups"]] == backups
    assert all(
        backup["rows"] > 1_000 and backup["plain_bytes"] > backup["stored_bytes"] > 0 for backup in listed["backups"]
    )


def test_the_list_tells_what_an_increment_rests_on_and_until_when_each_backup_stays(
    demo: DemoSystem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    (tmp_path / "demo" / "backups").mkdir(parents=True)
    (tmp_path / "demo" / "secrets").symlink_to(demo.folder / "secrets")
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    system = load_system("demo")
    full = write.write(system).id
    write.write(system, BackupKind.INCREMENTAL)
    assert main(["backups", "list", "demo", "--json"]) == 0
    first, second = json.loads(capsys.readouterr().out)["backups"]
    assert (first["parent"], second["parent"]) == (None, full)
    assert first["stays"] is True
    assert {"last", "daily", "yearly", "minimum"} <= set(second["kept_by"])
    assert "parent" in first["kept_by"]
    assert first["expires_at"] >= second["expires_at"] > second["taken_at"]
    monkeypatch.setenv("BACKUP_RETENTION_DAYS", "two weeks")
    assert main(["backups", "list", "demo"]) == 2
    assert capsys.readouterr().err.startswith("sereno: BACKUP_RETENTION_DAYS is 'two weeks'; expected")


@pytest.mark.usefixtures("without_passphrase")
def test_show_tells_what_the_newest_backup_holds_and_that_nobody_vouches_for_it(
    backups: list[str], capsys: Captured
) -> None:
    assert main(["backups", "show", "demo"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith(f"{backups[-1]} of demo: ")
    assert f"`sereno backups verify demo {backups[-1]}` proves" in printed.splitlines()[0]
    assert "\npublic.LegacyImport " in printed


def test_show_as_json_is_the_whole_manifest(backups: list[str], capsys: Captured) -> None:
    assert main(["backups", "show", "demo", backups[0], "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert set(shown) == {"schema", "system", "store", "authenticated", "manifest"}
    assert shown["authenticated"] is False
    assert shown["manifest"]["id"] == backups[0]


@pytest.mark.parametrize(("which", "count"), [((), 2), (("all",), 2), (("latest",), 1)])
def test_verify_reads_the_backups_asked_for(
    which: tuple[str, ...], count: int, backups: list[str], capsys: Captured
) -> None:
    assert main(["backups", "verify", "demo", *which, "--json"]) == 0
    captured = capsys.readouterr()
    report = Report.model_validate_json(captured.out)
    assert (report.job, report.effect, report.figures["backups"]) == ("verify_backups", "read", count)
    assert backups[-1] in report.findings[-1].name
    assert captured.err == ""


def test_verify_names_the_damaged_object_and_still_reads_the_other_backup(
    backups: list[str], home: Path, capsys: Captured
) -> None:
    path = max(folder_of(home, backups[0]).rglob("*"), key=lambda path: path.stat().st_size * path.is_file())
    content = path.read_bytes()
    path.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    try:
        assert main(["backups", "verify", "demo", "--json"]) == 1
    finally:
        path.write_bytes(content)
    damaged, whole = Report.model_validate_json(capsys.readouterr().out).findings
    assert not damaged.passed
    assert path.name in damaged.evidence
    assert whole.passed


def test_the_list_remembers_what_verify_found(backups: list[str], home: Path, capsys: Captured) -> None:
    manifest = folder_of(home, backups[0]) / "manifest.jsonl"
    content = manifest.read_bytes()
    manifest.write_bytes(content.replace(b'"rows":', b'"rows": ', 1))
    assert main(["backups", "verify", "demo"]) == 1
    capsys.readouterr()
    assert main(["backups", "list", "demo"]) == 0
    *_, damaged, whole = capsys.readouterr().out.splitlines()
    manifest.write_bytes(content)
    assert damaged.split()[-2:] == ["damaged", "never"]
    assert whole.split()[-4] != "never"
    assert main(["backups", "verify", "demo"]) == 0
    capsys.readouterr()
    assert main(["backups", "list", "demo", "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)["backups"]
    assert [(one["damaged"], bool(one["verified_at"]), one["drilled_at"]) for one in listed] == [
        (False, True, None)
    ] * 2


def test_a_damaged_manifest_hides_no_other_backup(backups: list[str], home: Path, capsys: Captured) -> None:
    manifest = folder_of(home, backups[0]) / "manifest.jsonl"
    content = manifest.read_bytes()
    manifest.write_bytes(b"{}\n")
    try:
        assert main(["backups", "list", "demo"]) == 1
    finally:
        manifest.write_bytes(content)
    captured = capsys.readouterr()
    assert "1 backup in store local" in captured.out
    assert backups[1] in captured.out
    assert backups[0] in captured.err


@pytest.mark.parametrize("time", ["9999-12-31T23:59:59-23:00", "0001-01-01T00:00:00+23:00"])
def test_a_forged_time_that_no_calendar_holds_is_shown_as_it_is(
    time: str, backups: list[str], home: Path, capsys: Captured
) -> None:
    manifest = folder_of(home, backups[0]) / "manifest.jsonl"
    content = manifest.read_bytes()
    forged = json.loads(content.partition(b"\n")[0])
    forged["snapshot"]["taken_at"] = forged["finished_at"] = time
    manifest.write_text(json.dumps(forged))
    try:
        assert main(["backups", "list", "demo"]) == 0
        assert main(["backups", "show", "demo", backups[0]]) == 0
    finally:
        manifest.write_bytes(content)
    printed = capsys.readouterr().out
    assert printed.count(time) == 3
    assert backups[1] in printed


@pytest.mark.usefixtures("without_passphrase")
def test_verify_without_the_passphrase_names_what_is_missing(backups: list[str], capsys: Captured) -> None:
    assert main(["backups", "verify", "demo"]) == 2
    assert "backup_passphrase" in capsys.readouterr().err


def test_verify_with_a_wrong_passphrase_does_not_speak_of_damage(
    backups: list[str], home: Path, capsys: Captured
) -> None:
    secret = home / "demo" / "secrets" / "backup_passphrase"
    passphrase = secret.read_text()
    secret.write_text("open sesame")
    try:
        assert main(["backups", "verify", "demo", "latest"]) == 1
    finally:
        secret.write_text(passphrase)
    assert "is intact, but the passphrase opens none" in capsys.readouterr().out


@pytest.mark.parametrize("verb", ["show", "verify"])
@pytest.mark.parametrize(
    ("identifier", "code"),
    [
        *((name, 2) for name in ("", "..", "../x", "/etc", "latest\n", "x" * 100_000)),
        ("20261123T020000Z-full-1f3a5c7e", 3),
    ],
)
def test_what_is_no_backup_id_is_a_mistake_and_one_of_no_backup_is_refused(
    verb: str, identifier: str, code: int, backups: list[str], capsys: Captured
) -> None:
    assert main(["backups", verb, "demo", "--", identifier]) == code
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.count("\n") == 1


def test_a_system_that_has_no_backup_yet_is_told_how_to_take_one(
    home: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: Captured
) -> None:
    (tmp_path / "demo" / "backups").mkdir(parents=True)
    (tmp_path / "demo" / "secrets").symlink_to(home / "demo" / "secrets")
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    assert main(["backups", "list", "demo"]) == 0
    assert main(["backups", "verify", "demo"]) == 3
    captured = capsys.readouterr()
    assert "`sereno run backup demo`" in captured.out
    assert "`sereno run backup demo`" in captured.err
