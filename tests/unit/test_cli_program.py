"""The command line explains itself, understands its arguments, and answers nonsense with one sentence."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sereno import __version__
from sereno.cli import main

VERBS = ("audit", "backups", "check", "demo", "deploy", "keys", "metrics", "report", "run", "schema", "up", "version")
HEAVY = ("prefect", "sqlalchemy", "psycopg", "boto3", "asyncpg", "pydantic", "httpx")

Captured = pytest.CaptureFixture[str]


def one_sentence(capsys: Captured) -> str:
    """What stands on stderr, which has to be one line of ours; nothing stands on stdout."""
    captured = capsys.readouterr()
    assert captured.out == ""
    assert captured.err.startswith("sereno: ")
    assert captured.err.count("\n") == 1
    return captured.err.removeprefix("sereno: ").rstrip("\n")


@pytest.mark.parametrize("words", [[], ["--help"], ["-h"]])
def test_without_a_verb_the_help_names_every_verb(words: list[str], capsys: Captured) -> None:
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert all(f"│ {verb} " in shown for verb in VERBS)
    assert "Exit codes: 0 done" in shown


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_has_a_help_that_fits_a_terminal(verb: str, capsys: Captured) -> None:
    assert main([verb, "--help"]) == 0
    shown = capsys.readouterr().out
    assert f"Usage: sereno {verb}" in shown
    assert max(map(len, shown.splitlines())) <= 80


@pytest.mark.parametrize(
    "verb",
    [
        "check",
        "run",
        "schema",
        "backups verify",
        "backups export",
        "keys rotate",
        "audit list",
        "audit verify",
        "metrics serve",
        "report render",
    ],
)
def test_a_help_shows_an_example(verb: str, capsys: Captured) -> None:
    assert main([*verb.split(), "--help"]) == 0
    assert f"\n  sereno {verb} " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "meant"),
    [
        (["chekc"], '"check"'),
        (["backups", "lsit"], '"list"'),
        (["audit", "verfy", "demo"], '"verify"'),
        (["check", "--onlin"], "--online"),
        (["audit", "verify", "demo", "--agianst", "x"], "--against"),
        (["run", "backpu", "demo"], "'backup'"),
    ],
)
def test_a_slip_of_the_keyboard_is_answered_with_what_was_meant(words: list[str], meant: str, capsys: Captured) -> None:
    assert main(words) == 2
    assert f"did you mean {meant}?" in one_sentence(capsys).lower()


@pytest.mark.parametrize(
    ("words", "part"),
    [
        (["run"], "JOB"),
        (["run", "backup"], "SYSTEM"),
        (["backups", "list"], "SYSTEM"),
        (["schema", "demo"], '"system", "smoke"'),
        (["schema", "smoke", "demo"], "more than this command takes: 'demo'"),
        (["check", "--json=perhaps"], "--json"),
        (["audit", "list", "demo", "--limit", "0"], "--limit"),
        (["audit", "list", "demo", "--since", "yesterday"], "--since"),
        (["up", "--port", "http"], "--port"),
    ],
)
def test_missing_surplus_and_wrong_arguments_are_named_with_the_help_to_read(
    words: list[str], part: str, capsys: Captured
) -> None:
    assert main(words) == 2
    sentence = one_sentence(capsys)
    assert part in sentence
    assert sentence.endswith(" --help`)")


def test_the_version_can_be_asked_for_in_both_ways(capsys: Captured) -> None:
    assert main(["version"]) == main(["--version"]) == 0
    assert capsys.readouterr().out == f"sereno {__version__}\n{__version__}\n"


def test_a_very_long_word_is_not_repeated_in_full(capsys: Captured) -> None:
    assert main(["x" * 100_000]) == 2
    assert len(one_sentence(capsys)) < 1_000


def test_control_characters_of_an_argument_do_not_reach_the_terminal(capsys: Captured) -> None:
    assert main(["\x1b]0;owned\x07\x1b[2J"]) == 2
    assert "\x1b" not in one_sentence(capsys)


def test_the_help_imports_nothing_heavy() -> None:
    script = (
        "import sys; from sereno.cli import main; code = main(['--help'])\n"
        f"sys.stderr.write(' '.join(name for name in {HEAVY!r} if name in sys.modules))\n"
        "sys.exit(code)"
    )
    root = Path(__file__).resolve().parents[2]
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, cwd=root, check=True)
    assert ended.stderr == ""
    assert "Usage: sereno" in ended.stdout


def test_no_verb_imports_prefect() -> None:
    names = [f"sereno.cli.{path.stem}" for path in Path(main.__code__.co_filename).parent.glob("[a-z]*.py")]
    script = (
        f"import importlib, sys; [importlib.import_module(n) for n in {names!r}]; sys.exit('prefect' in sys.modules)"
    )
    root = Path(__file__).resolve().parents[2]
    assert len(names) > 10
    assert subprocess.run([sys.executable, "-c", script], cwd=root, check=False).returncode == 0
