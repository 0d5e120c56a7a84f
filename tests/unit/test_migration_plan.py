"""Rules of migrations: what a listing calls pending, where one may go back to, and how."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from sereno.commands import cleaned
from sereno.errors import ConfigurationError, RefusedError
from sereno.migrate.plan import MigrationWay, downgrade_command, pending_in, require_target, ways_back
from sereno.systems.sections.migrations import Migrations

UP, DOWN = MigrationWay.UPGRADE, MigrationWay.DOWNGRADE


def migrations(**changes: Any) -> Migrations:
    given = {"pending": ("list",), "upgrade": ("up",), "downgrade": ("down", "{version}"), **changes}
    return Migrations.model_validate(given)


FLASK = migrations()
DJANGO = migrations(downgrade=("manage.py", "migrate", "{app}", "{name}"))


@pytest.mark.parametrize(
    ("pattern", "listing", "pending"),
    [
        (r"^\[ \]\s+(\S+)", "[X]  a.1\n[ ]  a.2\n[ ]  b.1 (2 squashed)\n", ("a.2", "b.1")),
        (r"^\s*(\S.*?)\s*$", " one \n\n two three\r\n", ("one", "two three")),
        (r"^\[ \]\s+(\S+)", "", ()),
    ],
)
def test_pending_migrations_are_the_lines_that_match(pattern: str, listing: str, pending: tuple[str, ...]) -> None:
    assert pending_in(listing, pattern) == pending


@pytest.mark.parametrize("to", ["--sql", "-1", "a b", "a;b", "$(x)", "", "../x", "x" * 201])
def test_a_target_that_is_no_version_is_refused(to: str) -> None:
    with pytest.raises((ConfigurationError, RefusedError)):
        require_target(FLASK, DOWN, to)


def test_a_target_fits_the_way_and_the_command() -> None:
    require_target(FLASK, DOWN, "base")
    require_target(FLASK, UP, "")
    require_target(DJANGO, DOWN, "core.zero")
    with pytest.raises(ConfigurationError, match=r"such as core\.0031_auditlog"):
        require_target(DJANGO, DOWN, "core")
    with pytest.raises(RefusedError, match="is for a downgrade"):
        require_target(FLASK, UP, "base")
    with pytest.raises(RefusedError, match="restore the backup"):
        require_target(migrations(downgrade=None), DOWN, "base")


def test_the_command_gets_the_version_or_its_parts() -> None:
    assert downgrade_command(FLASK, "007_add_reports") == ("down", "007_add_reports")
    assert downgrade_command(DJANGO, "core.0031_auditlog") == ("manage.py", "migrate", "core", "0031_auditlog")


@pytest.mark.parametrize(
    ("section", "before", "after", "targets"),
    [
        (FLASK, ["v1"], ["v2"], ["v1"]),
        (FLASK, [], ["v2"], ["base"]),
        (FLASK, ["v1"], ["v1"], []),
        (DJANGO, ["a.1", "b.1"], ["a.2", "b.1", "c.1"], ["a.1", "c.zero"]),
        (migrations(downgrade=None), ["v1"], ["v2"], []),
    ],
)
def test_the_way_back_names_every_version_that_was(
    section: Migrations, before: list[str], after: list[str], targets: list[str]
) -> None:
    expected = tuple(f"sereno run migrate point direction=downgrade to={target}" for target in targets)
    assert ways_back("point", section, before, after) == expected


@pytest.mark.parametrize(
    "wrong",
    [
        {"pending_line": "("},
        {"pending_line": "a"},
        {"pending_line": "(a)(b)"},
        {"downgrade": ["down"]},
        {"upgrade": []},
    ],
)
def test_a_section_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        migrations(**wrong)


def test_what_a_command_wrote_is_kept_without_rows_and_addresses() -> None:
    lines = ("ERROR: duplicate key", "DETAIL:  Key (email)=(ana@x.pt) exists.", "[parameters: ('Ana',)]", "of ana@x.pt")
    assert cleaned("\n".join(lines)).split("\n") == ["ERROR: duplicate key", "", "", "of ***"]
