"""Secrets are references until an adapter needs them, and printing one shows references only."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import BaseModel, ValidationError

from sereno import redaction
from sereno.errors import MissingSecretError
from sereno.systems.secrets import Secret
from sereno.systems.sections.backup import Backup
from sereno.systems.sections.database import Database


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "flows").mkdir()
    (tmp_path / "prefect.yaml").touch()
    (tmp_path / ".sereno").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(redaction, "_known", ())
    monkeypatch.delenv("SERENO_HOME", raising=False)
    return tmp_path


def test_a_variable_is_resolved_and_then_known_to_the_redactor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POINT_PASSWORD", "correct horse")
    secret = Secret("postgresql://sereno:${POINT_PASSWORD}@db/point")
    assert redaction.redact("correct horse") == "correct horse"
    assert secret.resolve() == "postgresql://sereno:correct horse@db/point"
    assert redaction.redact("it is correct horse") == "it is ***"


def test_a_variable_may_stand_in_the_projects_env_file(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / ".env").write_text("FROM_ENV_FILE=from the file\n")
    assert Secret("${FROM_ENV_FILE}").resolve() == "from the file"
    monkeypatch.setenv("FROM_ENV_FILE", "from the environment")
    assert Secret("${FROM_ENV_FILE}").resolve() == "from the environment"


def test_a_file_is_read_without_the_white_space_around_it(project: Path) -> None:
    (project / "key").write_text("  opens the backups\n\n")
    assert Secret(f"${{file:{project / 'key'}}}").resolve() == "opens the backups"


def test_a_relative_file_is_taken_from_the_home(project: Path) -> None:
    (project / ".sereno" / "key").write_text("in the home")
    assert Secret("${file:key}").resolve() == "in the home"


@pytest.mark.parametrize("value", [None, ""])
def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch, value: str | None) -> None:
    monkeypatch.delenv("POINT_PASSWORD", raising=False)
    if value is not None:
        monkeypatch.setenv("POINT_PASSWORD", value)
    with pytest.raises(MissingSecretError, match=r"the secret \$\{POINT_PASSWORD\} is not set"):
        Secret("${POINT_PASSWORD}").resolve()


@pytest.mark.parametrize(
    ("content", "reason"),
    [(None, "No such file"), (b" \n", "is empty"), (b"\xff\xfe", "not UTF-8 text"), (b"x" * 70_000, "is larger than")],
)
def test_a_file_that_is_no_secret_is_named(project: Path, content: bytes | None, reason: str) -> None:
    path = project / "key"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(MissingSecretError, match=rf"{path}.*{reason}"):
        Secret(f"${{file:{path}}}").resolve()


def test_a_folder_is_no_secret(project: Path) -> None:
    with pytest.raises(MissingSecretError, match="no regular file"):
        Secret(f"${{file:{project}}}").resolve()


def test_a_path_that_is_no_path_is_no_secret() -> None:
    with pytest.raises(MissingSecretError, match="cannot be read"):
        Secret("${file:a\0b}").resolve()


@pytest.mark.parametrize("text", ["${}x${a b}", "${1}", "${a-b}", "${POINT:-default}"])
def test_a_malformed_reference_is_refused_without_showing_it(text: str) -> None:
    with pytest.raises(ValueError, match="reference inside is malformed") as caught:
        Secret(text)
    assert text not in str(caught.value)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("${POINT_DATABASE_URL}", "${POINT_DATABASE_URL}"),
        ("postgresql://u:${PW}@h/d", "postgresql://u:${PW}@h/d"),
        ("postgresql://u:hunter2@${HOST}/d", "***"),
        ("host=${HOST} password=hunter2", "***"),
        ("hunter2", "***"),
    ],
)
def test_printing_shows_references_and_nothing_else(text: str, shown: str) -> None:
    assert repr(Secret(text)) == str(Secret(text)) == f"{Secret(text)}" == shown


@pytest.mark.parametrize(
    ("url", "holds"),
    [
        ("${URL}", False),
        ("postgresql://h/d", False),
        ("postgresql://u@h:5432/d", False),
        ("postgresql://u:@h/d", False),
        ("postgresql://u:${PW}@h/d", False),
        ("postgresql://${USER}:${PW}@[::1]:5432/d", False),
        ("postgresql://h/d?password=${PW}&a=b", False),
        ("host=h password=${PW} user=u", False),
        ("host=h password= '${PW}'", False),
        ("postgresql://u:x@h/d", True),
        ("postgresql://u:a/b@h/d", True),
        ("postgresql://u:a@b@h/d", True),
        ("postgresql://u:${PW}x@h/d", True),
        ("postgresql://u:[@h/d", True),
        ("postgresql://h/d?password=x", True),
        ("postgresql://h/d?sslpassword=x", True),
        ("host=h password = 'a b'", True),
    ],
)
def test_a_password_in_the_text_itself_is_found(url: str, holds: bool) -> None:
    assert Secret(url).holds_password is holds
    if holds:
        with pytest.raises(ValidationError, match="a password belongs outside the file"):
            Database(url=Secret(url))
    else:
        assert Database(url=Secret(url)).url == Secret(url)


def test_a_passphrase_is_a_reference_or_refused() -> None:
    with pytest.raises(ValidationError, match="as a reference only"):
        Backup.model_validate({"stores": [{"name": "local", "folder": "x"}], "passphrase": "hunter2"})


def test_a_secret_is_written_with_its_references() -> None:
    class Holder(BaseModel):
        secret: Secret

    holder = Holder.model_validate({"secret": "${PW}"})
    assert holder.model_dump() == {"secret": "${PW}"}
    assert Holder.model_validate_json(holder.model_dump_json()) == holder
    assert {holder.secret, Secret("${PW}")} == {Secret("${PW}")}
