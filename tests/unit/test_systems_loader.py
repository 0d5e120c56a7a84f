"""A system's folder is read strictly, and every mistake is named by file, line and key."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from sereno.errors import ConfigurationError
from sereno.settings import Settings
from sereno.systems.folders import misnamed
from sereno.systems.loader import load_system, system_names
from sereno.systems.sections.stores import FolderStore

RIGHT = """\
name: {name}
title: Point integrations
timezone: Europe/Lisbon
database:
  url: ${{POINT_DATABASE_URL}}
backup:
  stores:
    - name: local
      folder: backups
  passphrase: ${{POINT_BACKUP_PASSPHRASE}}
  connections: 2
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "prefect.yaml").touch()
    (tmp_path / "deployments").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(project: Path) -> Callable[..., Path]:
    def write_system(name: str, text: str | bytes | None = None) -> Path:
        folder = project / "deployments" / name
        folder.mkdir(exist_ok=True)
        content = RIGHT.format(name=name) if text is None else text
        (folder / "system.yaml").write_bytes(content.encode() if isinstance(content, str) else content)
        return folder

    return write_system


def problems(name: str = "point") -> list[str]:
    with pytest.raises(ConfigurationError) as caught:
        load_system(name, Settings())
    return str(caught.value).splitlines()


def test_a_right_file_becomes_a_system(write: Callable[..., Path]) -> None:
    write("point")
    system = load_system("point", Settings())
    assert (system.name, system.timezone) == ("point", "Europe/Lisbon")
    assert system.backup is not None
    assert system.backup.stores == (FolderStore(name="local", folder=Path("backups")),)
    assert system.database.statement_timeout_seconds == 300


def test_systems_are_listed_in_order_of_their_names(write: Callable[..., Path], project: Path) -> None:
    write("salonix")
    write("exitus")
    (project / "deployments" / "no_system").mkdir()
    (project / "deployments" / "system.schema.json").touch()
    assert system_names(Settings()) == ("exitus", "salonix")


def test_every_problem_is_listed_with_file_line_and_key(write: Callable[..., Path]) -> None:
    text = RIGHT.format(name="point").replace("connections: 2", "connections: two").replace("title: Point", "titel: P")
    write("point", text + "restore: {conections: 3}\n")
    assert problems() == [
        "deployments/point/system.yaml:1: title: is missing; expected text of 1 to 200 characters",
        "deployments/point/system.yaml:2: titel: is not known here; did you mean title?",
        "deployments/point/system.yaml:11: backup.connections: expected an integer from 1 to 16, found 'two'",
        "deployments/point/system.yaml:12: restore.conections: is not known here; did you mean connections?",
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("connections: 2", "connections: 17", "11: backup.connections: expected an integer from 1 to 16, found '17'"),
        ("connections: 2", "connections: 0", "11: backup.connections: expected an integer from 1 to 16, found '0'"),
        ("connections: 2", "connections: '2'", "11: backup.connections: expected an integer from 1 to 16, found '2'"),
        (
            "connections: 2",
            "connections: true",
            "11: backup.connections: expected an integer from 1 to 16, found 'true'",
        ),
        ("connections: 2", "connections: 02:30", "expected an integer from 1 to 16, found '02:30'"),
        ("connections: 2", "connections: 010", "expected an integer from 1 to 16, found '010'"),
        ("connections: 2", "connections:", "11: backup.connections: expected an integer from 1 to 16, found nothing"),
        ("connections: 2", "connections: [2]", "expected an integer from 1 to 16, found a list of 1 items"),
        (
            "connections: 2",
            "connections: 2\n  connections: 3",
            "12: backup.connections: stands twice; first in line 11",
        ),
        ("name: local", "name: Local", "8: backup.stores[0].name: expected text like local, matching ^[a-z]"),
        ("Europe/Lisbon", "Europe/Lisboa", "3: timezone: 'Europe/Lisboa' is no time zone of the IANA database"),
        ("Europe/Lisbon", "2024-01-01", "3: timezone: '2024-01-01' is no time zone"),
        ("name: point", "name: Point", "1: name: expected text like point, matching"),
        ("name: point", "name: other", "1: name: expected 'point' as its folder deployments/point, found 'other'"),
        ("title: Point", "1: Point", "2: 1: is not known here; known keys: name, title, timezone, database"),
        ("title: Point", "[a]: Point", "2: expected a word as the key, found a list or a section"),
        ("title: Point", "<<: {title: x}\nhm: Point", "2: <<: is not known here"),
        ("title: Point integrations", "title: !!python/object:os.system x", "2: title: tags (!) are not read here"),
        (
            "title: Point integrations",
            'title: "\\ud800"',
            "2: is no valid YAML: found invalid Unicode character escape code",
        ),
        (
            "title: Point",
            "title: {{ x }}: Point",
            "2: is no valid YAML: mapping values are not allowed in this context",
        ),
        ("title: Point", "\ttitle: Point", "2: is no valid YAML: found a tab character that violates indentation"),
        ("title: Point", "---\ntitle: Point", "2: is no valid YAML: but found another document"),
    ],
)
def test_a_problem_says_where_it_is_and_what_was_expected(
    write: Callable[..., Path], old: str, new: str, expected: str
) -> None:
    text = RIGHT.format(name="point")
    assert old in text
    write("point", text.replace(old, new, 1))
    assert expected in "\n".join(problems())


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("url: ${POINT_DATABASE_URL}", "url: postgresql://u:hunter2@h/d"),
        ("url: ${POINT_DATABASE_URL}", "url: postgresql://u:hunter2@${HOST}/d"),
        ("url: ${POINT_DATABASE_URL}", "url: postgresql://u:${hunter2 }@h/d"),
        ("url: ${POINT_DATABASE_URL}", "url: postgresql://u@h/d?password=hunter2"),
        ("url: ${POINT_DATABASE_URL}", "url: host=h password=hunter2"),
        ("url: ${POINT_DATABASE_URL}", "url: [hunter2]"),
        ("url: ${POINT_DATABASE_URL}", "url: {password: hunter2}"),
        ("url: ${POINT_DATABASE_URL}", "url: *hunter2"),
        ("url: ${POINT_DATABASE_URL}", "url: 'hunter2"),
        ("url: ${POINT_DATABASE_URL}", "password: hunter2"),
        ("url: ${POINT_DATABASE_URL}", "url: !hunter2 x"),
        ("passphrase: ${POINT_BACKUP_PASSPHRASE}", "passphrase: hunter2"),
        ("passphrase: ${POINT_BACKUP_PASSPHRASE}", "passphrase: hunter2: x"),
        ("database:\n  url: ${POINT_DATABASE_URL}", "database: postgresql://u:hunter2@h/d"),
        ("database:\n  url: ${POINT_DATABASE_URL}", "database: hunter2"),
        ("connections: 2", "connections: postgresql://u:hunter2@h/d"),
    ],
)
def test_what_might_be_a_secret_is_never_shown(write: Callable[..., Path], old: str, new: str) -> None:
    text = RIGHT.format(name="point")
    assert old in text
    write("point", text.replace(old, new, 1))
    shown = "\n".join(problems())
    assert "hunter2" not in shown
    assert "deployments/point/system.yaml:" in shown


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b"", "is empty"),
        (b"# nothing\n", "is empty"),
        (b"- a\n- b\n", "expected keys such as name, title and database"),
        (b"name: \xff\xfe", "system.yaml:1: is not UTF-8 text"),
        (b"name: a\0b", "holds bytes that are no text"),
        (b"name: a\x1bb", "holds characters that are no text"),
        (bytes(range(256)), "is not UTF-8 text"),
        (b"x: " + b"a" * 200_000, "is larger than 131,072 bytes"),
        (b"[" * 2_000, "is nested more than 32 deep"),
        pytest.param(b"- " * 65_000, "is nested more than 32 deep", id="deep"),
        (b"x: " + b"[" * 40 + b"]" * 40, "is nested more than 32 deep"),
        (b"x: &x [*x]", "is nested more than 32 deep"),
        (
            b"a: &a [l,l,l,l,l,l,l,l,l,l]\n"
            + b"".join(
                f"{b}: &{b} [{','.join(['*' + a] * 10)}]\n".encode()
                for a, b in zip("abcdefgh", "bcdefghi", strict=True)
            ),
            "holds more than 20,000 values, aliases expanded",
        ),
    ],
)
def test_a_file_that_is_no_system_file_fails_with_one_short_sentence(
    write: Callable[..., Path], content: bytes, expected: str
) -> None:
    write("point", content)
    found = [problem for problem in problems() if expected in problem]
    assert len(found) == 1
    assert len(found[0]) < 200


def test_only_so_many_problems_are_shown(write: Callable[..., Path]) -> None:
    write("point", RIGHT.format(name="point") + "".join(f"unknown_{number}: 1\n" for number in range(500)))
    shown = problems()
    assert len(shown) == 51
    assert shown[-1] == "deployments/point/system.yaml: and 450 problems more"


@pytest.mark.parametrize("name", ["../point", "/etc", ".", "..", "", "Point", "a/b", "point\n", "point\0", "a" * 500])
def test_a_name_cannot_lead_to_another_folder(write: Callable[..., Path], name: str) -> None:
    write("point")
    (problem,) = problems(name)
    assert "cannot be the name of a system" in problem
    assert len(problem) < 250


def test_a_link_that_leaves_the_folder_of_systems_is_refused(write: Callable[..., Path], project: Path) -> None:
    outside = project / "outside"
    write("point").rename(outside)
    (project / "deployments" / "point").symlink_to(outside)
    assert problems() == [
        "deployments/point is a link that leads elsewhere; a system's folder must be a real one",
    ]


def test_a_system_file_that_links_out_of_its_folder_is_refused(write: Callable[..., Path], project: Path) -> None:
    file = write("point") / "system.yaml"
    file.rename(project / "outside.yaml")
    file.symlink_to(project / "outside.yaml")
    assert problems() == ["deployments/point/system.yaml is a link that leaves its system's folder"]


def test_a_folder_in_place_of_the_file_is_refused(project: Path) -> None:
    (project / "deployments" / "point" / "system.yaml").mkdir(parents=True)
    assert problems() == ["deployments/point/system.yaml is no regular file"]


def test_an_unknown_name_lists_the_systems_there_are(write: Callable[..., Path]) -> None:
    write("point")
    write("salonix")
    assert problems("pont") == ["there is no system 'pont'; did you mean 'point'? there are: point, salonix"]


def test_an_empty_folder_of_systems_is_said_to_be_empty(project: Path) -> None:
    assert problems() == ["there is no system 'point'; there are none in deployments"]


def test_a_missing_folder_of_systems_names_the_setting(project: Path) -> None:
    (project / "deployments").rmdir()
    expected = "the folder of systems deployments does not exist; create it or set SERENO_SYSTEMS_DIR"
    assert problems() == [expected]
    with pytest.raises(ConfigurationError, match="SERENO_SYSTEMS_DIR"):
        system_names(Settings())


def test_the_folder_of_systems_is_a_setting(
    write: Callable[..., Path], project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("point")
    (project / "deployments").rename(project / "elsewhere")
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(project / "elsewhere"))
    assert load_system("point").name == "point"


def test_two_folders_with_the_same_name_inside_are_both_named(write: Callable[..., Path]) -> None:
    write("point")
    write("copy", RIGHT.format(name="point"))
    with pytest.raises(ConfigurationError) as caught:
        load_system("copy", Settings())
    assert str(caught.value) == (
        "deployments/copy/system.yaml:1: name: expected 'copy' as its folder deployments/copy, found 'point'; "
        "deployments/point has the same name"
    )


def test_a_folder_that_cannot_be_the_name_of_a_system_is_named_with_a_better_one(write: Callable[..., Path]) -> None:
    write("exitus")
    write("Salonix", RIGHT.format(name="salonix"))
    write("--", RIGHT.format(name="x"))
    assert misnamed(Settings()) == (
        "deployments/-- cannot be the name of a system; rename it, such as my-system",
        "deployments/Salonix cannot be the name of a system; rename it, such as salonix",
    )
    assert system_names(Settings()) == ("exitus",)


def test_loading_systems_needs_neither_a_driver_nor_the_orchestrator() -> None:
    script = "import sys, sereno.systems.loader; print(sys.modules.keys() & {'prefect', 'psycopg', 'sqlalchemy'})"
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "set()"
