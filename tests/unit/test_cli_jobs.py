"""Jobs are files of `flows/`, and their parameters are `name=value`; nothing else gets through."""

from __future__ import annotations

from pathlib import Path

import pytest

from sereno.cli.jobs import job_names, read_value, require_job, split_values
from sereno.errors import ConfigurationError


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    for name in ("backup.py", "restore.py", "__init__.py", "__main__.py", "notes.txt"):
        (tmp_path / name).touch()
    return tmp_path


def test_jobs_are_the_stems_of_the_files(flows: Path) -> None:
    assert job_names(flows) == ("backup", "restore")


@pytest.mark.parametrize(
    "name", ["", "__main__", "__init__", "../backup", "./backup", "backup.py", "backup\n", "backup\0", "b" * 10_000]
)
def test_whatever_is_no_job_is_refused_and_answered_with_the_list(name: str, flows: Path) -> None:
    with pytest.raises(ConfigurationError, match="there are: backup, restore") as caught:
        require_job(name, flows)
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_a_misspelt_job_is_recognised(flows: Path) -> None:
    with pytest.raises(ConfigurationError, match="did you mean 'restore'"):
        require_job("resotre", flows)


def test_a_value_is_everything_behind_the_first_equals_sign() -> None:
    assert split_values(["a=", "b=c=d", "e=line\nbreak", "f= x "]) == {
        "a": "",
        "b": "c=d",
        "e": "line\nbreak",
        "f": " x ",
    }


@pytest.mark.parametrize("word", ["", "kind", "=full", "a b=c", "a\n=c", "--kind=full", "../x=1", "k" * 10_000])
def test_a_word_without_a_name_is_refused(word: str) -> None:
    with pytest.raises(ConfigurationError, match="write name=value") as caught:
        split_values([word])
    assert len(str(caught.value)) < 300
    assert "\n" not in str(caught.value)


def test_a_parameter_may_be_given_once() -> None:
    with pytest.raises(ConfigurationError, match="kind is given twice"):
        split_values(["kind=full", "kind=full"])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("no", "no"),
        ("12", 12),
        ("1.5", 1.5),
        ("null", None),
        ("public.users", "public.users"),
        ("[public.users, public.plans]", ["public.users", "public.plans"]),
        ("2026-11-23", "2026-11-23"),
    ],
)
def test_values_are_read_as_yaml(text: str, value: object) -> None:
    assert read_value(text, name="x") == value


@pytest.mark.parametrize("text", ["", "[a", "!!python/object/apply:os.system [id]", "a: b: c", "\x00", "[" * 2_000])
def test_a_value_that_is_no_yaml_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(ConfigurationError, match="the value of tables"):
        read_value(text, name="tables")


def test_a_value_cannot_grow_without_bounds() -> None:
    bomb = "[&a [1,1,1,1,1,1,1,1,1], " + ", ".join(
        f"&{new} [{', '.join([f'*{old}'] * 9)}]" for old, new in zip("abcdefg", "bcdefgh", strict=True)
    )
    with pytest.raises(ConfigurationError, match="values"):
        read_value(bomb + "]", name="tables")
