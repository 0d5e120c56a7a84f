"""Migrations by the commands of the shipped folders: real Alembic, and Django's way of listing and going back."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from prefect.client.schemas.objects import State
from prefect.settings import PREFECT_API_URL, temporary_settings

from flows.migrate import migrate
from integration.five_systems import Deploy, Deployed
from integration.migration_case import AT_FIRST, NEWEST, NEXT, alembic_in_a_container, manage_py
from integration.restoring import query
from sereno import audit
from sereno.backup.place import BackupPlace
from sereno.commands import CommandError
from sereno.errors import ConfigurationError
from sereno.exclusion import exclusive
from sereno.ledger import open_ledger
from sereno.migrate import work
from sereno.migrate.plan import MigrationWay
from sereno.migrate.report import migration_report
from sereno.reports.model import Report
from sereno.systems.model import System

LIVE: dict[str, Any] = {"dry_run": False, "confirm_live": "YES"}
VERSION = "SELECT version_num FROM alembic_version"


@pytest.fixture
def exitus(deployed: Deploy) -> Deployed:
    return deployed("exitus")


@pytest.fixture
def server(api_url: str) -> Iterator[None]:
    with temporary_settings({PREFECT_API_URL: api_url}):
        yield


async def carried_out(**parameters: Any) -> tuple[State[Any], Report]:
    state: State[Any] = await migrate(system="exitus", **parameters, return_state=True)
    ended: Any = await state.aresult(raise_on_failure=False)
    return state, ended if isinstance(ended, Report) else ended.report


async def test_the_way_there_and_back(
    exitus: Deployed, server: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    owner = exitus.database.owner
    alembic_in_a_container(tmp_path, monkeypatch, url=owner)
    _, preview = await carried_out()
    assert preview.headline == (
        f"would apply 2 migrations to exitus ({AT_FIRST}) after a backup. "
        "To do it: sereno run migrate exitus dry_run=false confirm_live=YES"
    )
    assert query(owner, VERSION) == [AT_FIRST]
    assert BackupPlace.of(exitus.system).identifiers() == []
    with exclusive(system="exitus", job="backup", run="calm-otter"):
        refused, _ = await carried_out(**LIVE)
    assert refused.name == "Refused", "a migration has the system to itself"

    state, live = await carried_out(**LIVE)
    assert state.name == "Completed", state.message
    assert query(owner, VERSION) == [NEWEST]
    (backup,) = BackupPlace.of(exitus.system).identifiers()
    assert (live.figures["version_before"], live.figures["version_after"]) == (AT_FIRST, NEWEST)
    assert live.figures["backup"] == backup
    assert live.headline.endswith(f"The way back: sereno run migrate exitus direction=downgrade to={AT_FIRST}")
    assert live.figures["restore"] == f"sereno run restore exitus backup={backup} target=original"
    again, nothing = await carried_out(**LIVE)
    assert (again.name, nothing.headline) == ("Completed", f"nothing to do: exitus is at {NEWEST}")

    back: dict[str, Any] = {"direction": "downgrade", "to": NEXT}
    unapproved, _ = await carried_out(**back, **LIVE)
    assert unapproved.name == "Refused"
    _, asked = await carried_out(**back)
    approval = asked.figures["approval"]
    assert asked.headline.endswith(
        f"sereno run migrate exitus direction=downgrade to={NEXT} approval={approval} dry_run=false confirm_live=YES"
    )
    other, _ = await carried_out(direction="downgrade", to=AT_FIRST, approval=approval, **LIVE)
    assert other.name == "Refused", "the approval is for another version"
    done, _ = await carried_out(**back, approval=approval, **LIVE)
    assert done.name == "Completed", done.message
    assert query(owner, VERSION) == [NEXT]
    with open_ledger() as ledger:
        actions = [event.action for event in audit.events(ledger, "exitus")]
    assert (actions.count("PREVIEW_MIGRATE"), actions.count("RUN_MIGRATE")) == (2, 6)


def test_a_migration_that_fails_tells_its_last_lines_without_rows_and_the_way_back(
    exitus: Deployed, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    alembic_in_a_container(
        tmp_path, monkeypatch, url=exitus.database.owner, newest="ALTER TABLE usuario ADD UNIQUE (role)"
    )
    plan = work.plan_migration(exitus.system, direction=MigrationWay.UPGRADE, to="")
    assert plan.before.pending == (NEWEST, NEXT)
    migrated = work.migrate(exitus.system, plan)
    report = migration_report(exitus.system, plan, "20261126T000000Z-full-00000000", migrated)
    assert "ended with 1" in migrated.problem
    assert "could not create unique index" in migrated.problem
    assert "DETAIL" not in migrated.problem
    assert report.headline.startswith("2 of 2 checks failed: the upgrade command ended well")
    assert report.headline.endswith(
        "The way back: sereno run restore exitus backup=20261126T000000Z-full-00000000 target=original"
    )
    assert query(exitus.database.owner, VERSION) == [AT_FIRST], "Alembic undid both in one transaction"


@pytest.mark.parametrize(
    ("name", "newest", "back"),
    [("salonix", "ops.0004_notes", "ops.0003_lockouts"), ("point", "core.0032_origin", "core.0031_auditlog")],
)
def test_django_lists_by_app_and_goes_back_by_app(
    deployed: Deploy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, newest: str, back: str
) -> None:
    place = deployed(name)
    folder = manage_py(tmp_path, monkeypatch, url=place.database.owner)
    system = with_migrations(place.system, folder=folder)
    plan = work.plan_migration(system, direction=MigrationWay.UPGRADE, to="")
    assert plan.before.pending == (newest,)
    migrated = work.migrate(system, plan)
    assert migrated.after
    assert newest in migrated.after.versions
    report = migration_report(system, plan, "a-backup", migrated)
    assert report.figures["way_back"] == f"sereno run migrate {name} direction=downgrade to={back}"
    undo = work.plan_migration(system, direction=MigrationWay.DOWNGRADE, to=back)
    undone = work.migrate(system, undo)
    assert undone.after == plan.before


def with_migrations(system: System, **changes: Any) -> System:
    assert system.migrations
    return system.model_copy(update={"migrations": system.migrations.model_copy(update=changes)})


SAY = ("{python}", "-c")


def test_a_listing_cannot_write(exitus: Deployed, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOOL_DATABASE_URL", exitus.database.owner)
    connect = "import os, psycopg; psycopg.connect(os.environ['TOOL_DATABASE_URL'], autocommit=True)"
    writes = f"{connect}.execute('DELETE FROM alembic_version')"
    with pytest.raises(CommandError, match="cannot execute DELETE in a read-only transaction"):
        work.plan_migration(
            with_migrations(exitus.system, pending=(*SAY, writes)), direction=MigrationWay.UPGRADE, to=""
        )


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"pending": ("no-such-program",)}, "`no-such-program` cannot be run: No such file"),
        (
            {"pending": (*SAY, "raise SystemExit('the database of ana@salon.example is away')")},
            r"ended with 1: .*\*\*\*",
        ),
        (
            {"pending": (*SAY, "import time; print('busy', flush=True); time.sleep(60)"), "timeout_seconds": 1},
            "and was ended: busy",
        ),
        ({"folder": Path("/no/such/folder")}, "cannot be run"),
    ],
)
def test_a_listing_that_does_not_work_stops_everything(
    exitus: Deployed, changes: dict[str, Any], complaint: str
) -> None:
    system = with_migrations(exitus.system, **{"pending": (*SAY, ""), **changes})
    with pytest.raises(CommandError, match=complaint):
        work.plan_migration(system, direction=MigrationWay.UPGRADE, to="")


def test_a_command_that_never_ends_is_ended_and_the_version_is_looked_at(exitus: Deployed) -> None:
    endless = (*SAY, "import time; print('step 1', flush=True); time.sleep(60)")
    listing = (*SAY, "print('v077')")
    system = with_migrations(exitus.system, pending=listing, upgrade=endless, timeout_seconds=1)
    plan = work.plan_migration(with_migrations(system, timeout_seconds=60), direction=MigrationWay.UPGRADE, to="")
    migrated = work.migrate(system, plan)
    assert "did not end within 1 s" in migrated.problem
    assert sys.executable not in str(exitus.system.migrations)


def test_a_system_without_the_section_says_so(deployed: Deploy) -> None:
    with pytest.raises(ConfigurationError, match="fvstudios does not offer migrate"):
        work.plan_migration(deployed("fvstudios").system, direction=MigrationWay.UPGRADE, to="")
