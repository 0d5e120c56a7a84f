"""`sereno audit`: events are listed, the chain is verified, and anchors are found in whatever file carries them."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sereno import audit
from sereno.cli import main
from sereno.cli.anchors import read_anchors
from sereno.errors import ConfigurationError
from sereno.ledger import open_ledger
from sereno.reports.model import AuditReference, Effect, Report, Result

STARTED = datetime(2026, 11, 23, 2, tzinfo=UTC)
HASH = "ab" * 32
SYSTEM = "name: point\ntitle: Point\ntimezone: America/Sao_Paulo\ndatabase: {url: '${POINT_DATABASE_URL}'}\n"
Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "prefect.yaml").touch()
    (tmp_path / "deployments" / "point").mkdir(parents=True)
    (tmp_path / "deployments" / "point" / "system.yaml").write_text(SYSTEM)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SERENO_HOME", str(tmp_path / "home"))
    return tmp_path


@pytest.fixture
def chain(project: Path) -> AuditReference:
    """Three events of `point`; the last one's reference."""
    events = [
        audit.Event(
            system="point",
            job="backup",
            action=action,
            effect=Effect.READ,
            result=Result.PASSED,
            actor="ana",
            actor_source="login",
            time=STARTED + timedelta(hours=hours),
        )
        for hours, action in enumerate(["RUN_BACKUP", "PREVIEW_RESTORE", "RUN_BACKUP"])
    ]
    with open_ledger() as ledger:
        return audit.append(ledger, *events)


def written(folder: Path, content: Any) -> Path:
    path = folder / "anchors"
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def listed(words: str, capsys: Captured) -> list[int]:
    assert main(["audit", "list", "point", *words.split(), "--json"]) == 0
    listed = json.loads(capsys.readouterr().out)
    assert set(listed) == {"schema", "system", "events"}
    return [event["sequence"] for event in listed["events"]]


@pytest.mark.parametrize(
    ("words", "sequences"),
    [
        ("", [3, 2, 1]),
        ("--action RUN_BACKUP", [3, 1]),
        ("--limit 1", [3]),
        ("--limit 1 --offset 2", [1]),
        ("--since 2026-11-23T00:00:00", [3, 2]),  # three hours behind UTC, so this is 03:00 there
        ("--until 2026-11-23T00:00:00", [1]),
        ("--since 2026-11-23T04:00:00+00:00", [3]),
        ("--since 2026-11-24", []),
    ],
)
def test_events_are_listed_newest_first_in_the_time_zone_of_the_system(
    words: str, sequences: list[int], chain: AuditReference, capsys: Captured
) -> None:
    assert listed(words, capsys) == sequences


@pytest.mark.parametrize(
    "words",
    [
        "--since 0001-01-01T00:00:00+23:59",
        "--until 9999-12-31T23:59:59-23:00",
        "--until 9999-12-31T23:59:59",  # in the time zone of the system
    ],
)
def test_a_time_that_utc_does_not_know_is_a_mistake(words: str, chain: AuditReference, capsys: Captured) -> None:
    assert main(["audit", "list", "point", *words.split()]) == 2
    captured = capsys.readouterr()
    assert captured.out == ""
    assert "lies outside the years 1 to 9999 of UTC" in captured.err


def test_the_list_for_people_shows_local_times(chain: AuditReference, capsys: Captured) -> None:
    assert main(["audit", "list", "point"]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("3 events shown; the audit chain of point ends with event 3\n")
    assert "2026-11-22 23:00:00 -03" in printed


def test_a_whole_chain_passes_and_says_what_it_was_not_compared_with(chain: AuditReference, capsys: Captured) -> None:
    assert main(["audit", "verify", "point", "--json"]) == 0
    report = Report.model_validate_json(capsys.readouterr().out)
    assert (report.job, report.effect, report.figures["events"]) == ("audit_verify", "read", 3)
    assert report.figures["head_hash"] == chain.hash
    assert "--against" in report.findings[0].evidence


def test_a_chain_that_was_cut_behind_an_anchor_fails(chain: AuditReference, project: Path, capsys: Captured) -> None:
    path = written(project, [{"sequence": 4, "hash": HASH}])
    assert main(["audit", "verify", "point", "--against", str(path)]) == 1
    assert "cut off" in capsys.readouterr().out.splitlines()[0]


def test_several_files_can_be_compared_with(chain: AuditReference, project: Path, capsys: Captured) -> None:
    path = str(written(project, [chain.model_dump()]))
    assert main(["audit", "verify", "point", "--against", path, "--against", path, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["figures"]["anchors"] == 2


def test_the_chain_of_a_system_whose_folder_is_gone_can_still_be_read(
    chain: AuditReference, project: Path, capsys: Captured
) -> None:
    (project / "deployments" / "point" / "system.yaml").unlink()
    assert main(["audit", "verify", "point"]) == 0
    capsys.readouterr()
    assert listed("", capsys) == [3, 2, 1]


def test_a_name_without_a_system_and_without_a_chain_is_a_mistake(capsys: Captured) -> None:
    assert main(["audit", "verify", "piont"]) == 2
    assert "did you mean 'point'?" in capsys.readouterr().err


@pytest.mark.parametrize(
    "content",
    [
        [{"sequence": 7, "hash": HASH}],
        {"schema": "sereno.report/1", "system": "point", "audit": {"sequence": 7, "hash": HASH}},
        f'{{"origin": {{"system": "point"}}, "audit_head": {{"sequence": 7, "hash": "{HASH}"}}}}\n{{"seal": ""}}\n',
    ],
    ids=["list", "report", "manifest"],
)
def test_an_anchor_is_found_in_a_list_a_report_and_a_manifest(content: Any, tmp_path: Path) -> None:
    (anchor,) = read_anchors(written(tmp_path, content), system="point")
    assert (anchor.sequence, anchor.hash, anchor.source) == (7, HASH, "anchors")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "is no JSON"),
        ("\x00\x01", "is no JSON"),
        ("[" * 100_000, "is no JSON"),
        ({}, "holds no anchors"),
        ("12", "holds no anchors"),
        ([], "holds no anchor:"),
        ([{"sequence": 0, "hash": HASH}], "holds no anchors"),
        ([{"sequence": 1, "hash": "' OR 1=1"}], "holds no anchors"),
        ({"system": "point", "audit": None}, "holds no anchor:"),
        ({"system": "till", "audit": {"sequence": 7, "hash": HASH}}, "is about the system 'till'"),
        ({"origin": {"system": "till"}, "audit_head": None}, "is about the system 'till'"),
    ],
)
def test_a_file_without_anchors_of_the_system_is_refused_with_the_reason(
    content: Any, why: str, tmp_path: Path
) -> None:
    with pytest.raises(ConfigurationError, match=why):
        read_anchors(written(tmp_path, content), system="point")


@pytest.mark.parametrize("name", ["missing", ".", "a\0b"])
def test_a_file_that_cannot_be_read_is_a_mistake(name: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read"):
        read_anchors(tmp_path / name, system="point")


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(ConfigurationError, match="cannot be read: it is no regular file"):
        read_anchors(tmp_path / "pipe", system="point")
