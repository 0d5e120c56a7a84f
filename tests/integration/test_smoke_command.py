"""`sereno smoke` as a pipeline runs it: exit codes, files, annotations, nothing heavy, and no secret anywhere."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias
from urllib.parse import quote
from xml.etree import ElementTree

import pytest

from infra.demo.system import DemoSystem
from integration.hostile_server import HostileServer, hostile_server
from integration.smoke_case import demo_home
from sereno import redaction
from sereno.cli import main
from sereno.reports.model import Report
from waiting import until

Captured: TypeAlias = pytest.CaptureFixture[str]
SECRETS = {
    "SMOKE_PASSWORD": "correct-horse/battery&staple",
    "SMOKE_KEY": "key-4711-of-the-header",
    "SMOKE_BASIC": "basic-pass-word-99",
}
SYSTEM = "name: point\ntitle: Point\ntimezone: UTC\ndatabase: {url: '${POINT_URL}'}\n"
SUITES = """
base_url: AT
headers: {X-Api-Key: "${SMOKE_KEY}"}
logins:
  admin:
    username: maria
    password: ${SMOKE_PASSWORD}
    request: {post: /login, json: {user: "{{username}}", password: "{{password}}"}, token: $.access}
  basic: {send: basic, username: maria, password: "${SMOKE_BASIC}"}
suites:
  good:
    description: All is well.
    without_database: it is only a test
    checks:
      - {name: well, get: /ok, login: admin, expect: [status == 200, $.status == ok]}
  bad:
    description: Everything is told, and no secret in it.
    without_database: it is only a test
    checks:
      - {name: captured, get: /secret, expect: [status == 200], capture: {key: {value: $.key, secret: true}}}
      - {name: in the URL, get: "/echo?token={{key}}&x={{key}}", login: admin, expect: [$.path == ok]}
      - name: in a header
        get: /echo
        login: basic
        headers: {X-Other: "{{key}}"}
        expect: ["$.headers['x-other'] == no"]
      - name: in the body
        post: /echo
        effect: read
        login: admin
        json: {password: "{{key}}", nested: ["{{key}}"]}
        expect:
          - $.body == no
          - body matches /nothing/
          - $.headers.authorization == no
          - $.headers['x-api-key'] == no
      - {name: by role, get: /ok, roles: {admin: 200, anonymous: 401}}
      - {name: no answer, get: "/drop/{{key}}", expect: [status == 200]}
"""


@pytest.fixture(scope="module")
def server() -> Iterator[HostileServer]:
    with hostile_server() as server:
        yield server


@pytest.fixture
def systems(server: HostileServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "systems" / "point"
    folder.mkdir(parents=True)
    (folder / "system.yaml").write_text(SYSTEM)
    (folder / "smoke.yaml").write_text(SUITES.replace("base_url: AT", f"base_url: {server.url}"))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "systems"))
    monkeypatch.setenv("SERENO_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(redaction, "_known", ())  # what other tests called a secret may be a word here
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    for name in ("BASE_URL", "TOKEN", "USERNAME", "PASSWORD", "GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    server.asked.clear()
    return folder


def forms(secret: str) -> set[str]:
    return {secret, quote(secret, safe=""), quote(secret), base64.b64encode(secret.encode()).decode()}


def test_nothing_that_is_printed_or_written_holds_a_secret(
    systems: Path, server: HostileServer, tmp_path: Path, capsys: Captured, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(out / "summary.md"))
    names = ["r.json", "r.csv", "r.md", "r.pdf", "r.xlsx"]
    more = [word for name in names for word in ("--report", str(out / name))]
    words = ["smoke", "point", "--suite", "bad", "--junit", str(out / "j.xml"), "--html", str(out / "h.html"), *more]
    assert main(words) == 1
    assert main([*words[:4], "--json"]) == 1
    captured = capsys.readouterr()
    assert "::error file=" in captured.out
    assert len(list(out.iterdir())) == 8
    assert all("Who may do what" in (out / name).read_text() for name in ("summary.md", "h.html"))
    assert any("correct-horse" in each.body.decode() for each in server.asked), "the secrets were really sent"
    secrets = {
        *SECRETS.values(),
        "captured-secret-0815",
        "k" * 24,
        base64.b64encode(b"maria:basic-pass-word-99").decode(),
    }
    written = [captured.out, captured.err, *(path.read_bytes().decode("latin-1") for path in out.iterdir())]
    for secret in {form for each in secrets for form in forms(each)}:
        assert not any(secret in text for text in written), secret
    assert "curl -i" in written[0]


def test_each_case_is_a_test_case_with_its_time_file_line_and_properties(systems: Path, tmp_path: Path) -> None:
    assert main(["smoke", "point", "--junit", str(tmp_path / "any name")]) == 0
    (case,) = ElementTree.parse(tmp_path / "any name").iter("testcase")
    assert case.get("name") == "well"
    assert float(case.get("time", "0")) > 0
    assert str(case.get("file")).endswith("point/smoke.yaml")
    assert case.get("line") == "15"
    properties = {each.get("name"): each.get("value") for each in case.iter("property")}
    assert properties["outcome"] == "passed"
    assert properties["login"] == "admin"


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["--suite", "god"], 2, "did you mean good?"),
        (["--live"], 3, "confirm_live=YES"),
        (["--live", "--confirm-live", "yes"], 3, "confirm_live=YES"),
        (["--base-url", "http://evil.example"], 3, "may not be sent to evil.example"),
        (["--base-url", "nonsense"], 2, "is no base URL"),
        (["--idle-days", "3"], 2, "there is no variable 'idle_days'"),
        (["--set", "idle"], 2, "write name=value"),
        (["--junit", "/nowhere/smoke.xml"], 2, "its folder does not exist"),
        (["--report", "smoke.unknown"], 2, "says no format"),
    ],
)
def test_what_cannot_be_done_ends_in_one_sentence_before_anything_is_asked(
    words: list[str], code: int, said: str, systems: Path, server: HostileServer, capsys: Captured
) -> None:
    assert main(["smoke", "point", *words]) == code
    captured = capsys.readouterr()
    assert said in captured.err
    assert captured.out == ""
    assert server.asked == []


def test_the_runbooks_variables_say_where_and_who(
    systems: Path, server: HostileServer, monkeypatch: pytest.MonkeyPatch, capsys: Captured
) -> None:
    text = (systems / "smoke.yaml").read_text()
    (systems / "smoke.yaml").write_text(text.replace(server.url, "${POINT_BASE_URL}"))
    assert main(["smoke", "point"]) == 2
    assert "${POINT_BASE_URL} is not set" in capsys.readouterr().err
    monkeypatch.setenv("BASE_URL", server.url)
    monkeypatch.setenv("TOKEN", "token-of-the-pipeline")
    assert main(["smoke", "point"]) == 0
    assert [each.headers["authorization"] for each in server.asked] == ["Bearer token-of-the-pipeline"]


def test_without_a_server_neither_prefect_nor_sqlalchemy_is_imported_also_for_a_fingerprint_of_the_database(
    demo: DemoSystem, demo_api: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    demo_home(demo, demo_api, tmp_path, monkeypatch)
    script = (
        "import sys; from sereno.cli import main; code = main(['smoke', 'demo']);"
        "heavy = {'prefect', 'sqlalchemy', 'alembic', 'boto3', 'typst'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else code)"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    ended: Any = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    assert ended.stdout.startswith("daily of demo: all 29 checks passed in ")
    assert not list(tmp_path.glob("*.sqlite*")), "no ledger was made"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_pipeline_that_is_stopped_still_cleans_up(systems: Path, server: HostileServer, number: int) -> None:
    (systems / "smoke.yaml").write_text(
        f"base_url: {server.url}\ntimeout_seconds: 60\nsuites:\n  live:\n    description: For a test.\n"
        "    without_database: it is only a test\n    checks:\n"
        "      - {name: make, post: /secret, effect: live, expect: [status == 200], capture: {user: $.id}}\n"
        "      - {name: hang, get: /half-open, expect: [status == 200]}\n"
        '      - {name: undo, delete: "/users/{{user}}", effect: live, cleanup: true}\n'
    )
    command = [sys.executable, "-m", "sereno", "smoke", "point", "--live", "--confirm-live", "YES"]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as process:
        until(lambda: "/half-open" in server.paths() or process.poll() is not None, seconds=60)
        process.send_signal(number)
        _, told = process.communicate(timeout=60)
    assert process.returncode == 130, told
    assert server.paths() == ["/secret", "/half-open", "/users/7"]


def test_a_database_that_is_down_fails_the_demos_suite_where_a_static_health_answer_would_not(
    systems: Path, server: HostileServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsysbinary: Any
) -> None:
    """The hostile server answers every path as the demo's API would with a static health endpoint."""
    root = Path(__file__).parents[2] / "deployments" / "demo"
    (systems.parent / "demo").mkdir()
    for name in ("system.yaml", "smoke.yaml"):
        (systems.parent / "demo" / name).write_bytes((root / name).read_bytes())
    (tmp_path / "home" / "demo").mkdir(parents=True)
    (tmp_path / "home" / "demo" / "api-url").write_text(server.url)
    assert main(["smoke", "demo", "--suite", "quick", "--json"]) == 1
    report = Report.model_validate_json(capsysbinary.readouterr().out)
    assert [(each.name, each.passed) for each in report.findings] == [
        ("the process lives", True),
        ("the database answers", False),
    ]
