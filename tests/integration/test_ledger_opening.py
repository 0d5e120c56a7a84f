from __future__ import annotations

import fcntl
import multiprocessing
import os
import sqlite3
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg
import pytest
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import insert, text

from sereno import ledger as ledger_package
from sereno import redaction
from sereno.errors import ConfigurationError, IntegrityError, SerenoError, StorageError, SystemUnavailableError
from sereno.ledger import Ledger, open_ledger
from sereno.ledger.migrations import REVISION, VERSION_TABLE
from sereno.ledger.models import Base, CursorRow
from sereno.settings import Settings

FORK = multiprocessing.get_context("fork")


@pytest.fixture(scope="module", autouse=True)
def _new_ledgers_like_the_first() -> None:
    """Here they are made step by step."""


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    if request.param == "sqlite":
        return Settings(home=tmp_path / "home")
    return Settings(home=tmp_path / "home", ledger_url=request.getfixturevalue("scratch_database"))


def test_the_newest_migration_is_the_one_that_opening_expects() -> None:
    config = Config()
    config.set_main_option("script_location", str(Path(ledger_package.__file__).parent / "migrations"))
    assert ScriptDirectory.from_config(config).get_heads() == [REVISION]


def test_the_migrations_make_what_the_models_say(settings: Settings) -> None:
    with open_ledger(settings) as ledger, ledger.reading() as session:
        context = MigrationContext.configure(session.connection(), opts={"version_table": VERSION_TABLE})
        assert compare_metadata(context, Base.metadata) == []


def test_many_processes_may_open_a_new_ledger_at_once(settings: Settings) -> None:
    answers, together = FORK.SimpleQueue(), FORK.Barrier(8)

    def open_it() -> None:
        try:
            together.wait(20)
            with open_ledger(settings) as ledger, ledger.reading() as session:
                answers.put(session.scalar(text(f"SELECT count(*) FROM {VERSION_TABLE}")))
        except BaseException as error:
            answers.put(repr(error))

    processes = [FORK.Process(target=open_it, daemon=True) for _ in range(8)]
    for process in processes:
        process.start()
    assert [answers.get() for _ in processes] == [1] * 8


def test_a_new_file_is_made_by_one_process_at_a_time(tmp_path: Path) -> None:
    """Two that switch a new file to write-ahead logging at once fail now and then, in spite of the timeout."""
    opening = threading.Thread(target=lambda: open_ledger(Settings(home=tmp_path)).close())
    with (tmp_path / "ledger.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        opening.start()
        opening.join(0.2)
        assert not (tmp_path / "ledger.db").exists()
    opening.join(300)
    assert (tmp_path / "ledger.db").exists()


def test_opening_a_current_ledger_is_quick_and_loads_no_alembic(tmp_path: Path) -> None:
    open_ledger(Settings(home=tmp_path)).close()
    seconds = []
    for _ in range(20):
        begun = time.process_time()
        open_ledger(Settings(home=tmp_path)).close()
        seconds.append(time.process_time() - begun)
    assert min(seconds) < 0.02
    code = (
        "import sys; from sereno.ledger import open_ledger; open_ledger().close();"
        "print(sorted({'alembic', 'psycopg'} & set(sys.modules)))"
    )
    environment = {**os.environ, "SERENO_HOME": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_the_file_is_for_its_owner_alone_and_survives_a_loss_of_power(tmp_path: Path) -> None:
    home = tmp_path / "new" / "home"
    with open_ledger(Settings(home=home)) as ledger, ledger.writing() as session:
        assert session.scalar(text("PRAGMA journal_mode")) == "wal"
        assert session.scalar(text("PRAGMA synchronous")) == 2
        assert session.scalar(text("PRAGMA busy_timeout")) == 60_000
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert stat.S_IMODE((home / "ledger.db").stat().st_mode) == 0o600


def test_what_a_block_wrote_is_kept_at_its_end_and_undone_when_it_raises(settings: Settings) -> None:
    def write(ledger: Ledger, name: str, *, fail: bool = False) -> None:
        with ledger.writing() as session:
            values = {"system": "demo", "job": "purge", "step": "logs", "value": "1", "updated_at": "now"}
            session.execute(insert(CursorRow).values(name=name, **values))
            if fail:
                raise ZeroDivisionError

    with open_ledger(settings) as ledger:
        write(ledger, "kept")
        with pytest.raises(ZeroDivisionError):
            write(ledger, "undone", fail=True)
        with ledger.reading() as session:
            assert session.scalars(text("SELECT name FROM sereno_cursors")).all() == ["kept"]


def test_a_ledger_of_a_newer_version_is_refused_and_left_as_it_is(settings: Settings) -> None:
    with open_ledger(settings) as ledger, ledger.writing() as session:
        session.execute(text(f"UPDATE {VERSION_TABLE} SET version_num = '0999'"))
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"was written by a newer Sereno \(its schema is 0999"):
            open_ledger(settings)


def test_a_migration_that_is_interrupted_leaves_nothing(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("alembic.op.create_index", interrupted)
        with pytest.raises(KeyboardInterrupt):
            open_ledger(settings)
    with open_ledger(settings) as ledger, ledger.reading() as session:
        assert session.scalar(text(f"SELECT version_num FROM {VERSION_TABLE}")) == REVISION


@pytest.mark.parametrize("spoilt", ["home", "ledger.db"])
def test_a_place_that_cannot_be_written_is_an_error_that_names_it(tmp_path: Path, spoilt: str) -> None:
    home = tmp_path / "home"
    if spoilt == "home":
        home.write_text("a file in the folder's place")
    else:
        (home / "ledger.db").mkdir(parents=True)
    with pytest.raises(StorageError, match=f"the ledger {home}/ledger.db cannot be used"):
        open_ledger(Settings(home=home))


def test_a_file_that_is_no_ledger_is_reported_and_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "ledger.db").write_text("no database at all, but longer than the header of one" * 100)
    with pytest.raises(IntegrityError, match="is damaged"):
        open_ledger(Settings(home=tmp_path))
    assert (tmp_path / "ledger.db").read_text().startswith("no database")


def test_a_writer_that_waited_too_long_is_told_to_try_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_ledger(Settings(home=tmp_path)).close()
    monkeypatch.setattr("sereno.ledger.sqlite._PRAGMAS", ("busy_timeout=10", "journal_mode=WAL"))
    with open_ledger(Settings(home=tmp_path)) as ledger:
        other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(SystemUnavailableError, match="is busy"), ledger.writing() as session:
            session.execute(text("SELECT 1"))
        with ledger.reading() as session:
            assert session.scalar(text("SELECT 1")) == 1
        other.close()


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("mysql://user@here/name", ConfigurationError),
        ("postgresql+asyncpg://user@here/name", ConfigurationError),
        ("just a word", ConfigurationError),
        ("postgresql://user:s3cret-s3cret@here:port/name", ConfigurationError),
        ("postgresql://user:s3cret-s3cret@127.0.0.1:1/name", SystemUnavailableError),
        ("postgresql+psycopg://user:s3cret-s3cret@127.0.0.1:1/name", SystemUnavailableError),
    ],
)
def test_a_wrong_url_and_a_server_that_is_down_are_told_in_one_line_without_the_password(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, url: str, kind: type[SerenoError]
) -> None:
    monkeypatch.setattr(redaction, "_known", ())
    with pytest.raises(kind) as failed:
        open_ledger(Settings(home=tmp_path, ledger_url=url))
    assert type(failed.value) is kind
    assert "s3cret" not in str(failed.value)
    assert "\n" not in str(failed.value)


def test_a_database_that_does_not_exist_is_named(scratch_database: str, tmp_path: Path) -> None:
    name = psycopg.conninfo.conninfo_to_dict(scratch_database)["dbname"]
    with pytest.raises(ConfigurationError, match="nowhere"):
        open_ledger(Settings(home=tmp_path, ledger_url=scratch_database.replace(f"/{name}", "/nowhere")))


def test_a_server_that_restarted_meanwhile_is_found_again(scratch_database: str, tmp_path: Path) -> None:
    with open_ledger(Settings(home=tmp_path, ledger_url=scratch_database)) as ledger:
        with ledger.reading() as session:
            backend = session.scalar(text("SELECT pg_backend_pid()"))
        with psycopg.connect(scratch_database) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [backend])
        with ledger.writing() as session:
            assert session.scalar(text("SELECT count(*) FROM sereno_cursors")) == 0


def test_a_session_that_is_lost_in_the_middle_may_be_tried_again(scratch_database: str, tmp_path: Path) -> None:
    def lose(ledger: Ledger) -> None:
        with ledger.writing() as session, psycopg.connect(scratch_database) as other:
            other.execute("SELECT pg_terminate_backend(%s)", [session.scalar(text("SELECT pg_backend_pid()"))])
            session.execute(text("SELECT 1"))

    with (
        open_ledger(Settings(home=tmp_path, ledger_url=scratch_database)) as ledger,
        pytest.raises(SystemUnavailableError, match="while using the ledger"),
    ):
        lose(ledger)


def test_a_reader_on_postgresql_cannot_write(scratch_database: str, tmp_path: Path) -> None:
    with (
        open_ledger(Settings(home=tmp_path, ledger_url=scratch_database)) as ledger,
        pytest.raises(SerenoError, match="read-only"),
        ledger.reading() as session,
    ):
        session.execute(text("DELETE FROM sereno_cursors"))
