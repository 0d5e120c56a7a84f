"""SQL of a folder that would write: refused in a dry run of maintenance, whichever way it tries, and named."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from integration.databases import PASSPHRASE, database
from integration.maintenance_case import LOGS, NOW, OLD, TABLES, YOUNG, rows, system_with
from sereno.errors import SerenoError
from sereno.maintenance.idle import find_idle
from sereno.maintenance.plan import plan_purge
from sereno.maintenance.wishes import wishes_of

FUNCTIONS = """
CREATE SEQUENCE numbers;
CREATE FUNCTION wiped() RETURNS bigint LANGUAGE sql AS 'DELETE FROM log; SELECT 1::bigint';
"""


@pytest.fixture(autouse=True)
def systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    return tmp_path / "deployments"


@pytest.fixture(scope="module")
def url(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script=TABLES + FUNCTIONS) as made:
        yield made


WAYS_TO_WRITE = {
    "two statements": "SELECT 1 AS id; DELETE FROM log",
    "commit and begin": "COMMIT; BEGIN READ WRITE; DELETE FROM log; COMMIT",
    "read write": "SET TRANSACTION READ WRITE",
    "a delete": "DELETE FROM log RETURNING id",
    "a delete in a CTE": "WITH gone AS (DELETE FROM log RETURNING id) SELECT id FROM gone",
    "into a table": "SELECT id INTO copied FROM log",
    "copy": "COPY log TO PROGRAM 'true'",
    "do": "DO $$ BEGIN DELETE FROM log; END $$",
    "call": "CALL wipe()",
    "a function": "SELECT wiped() AS id",
    "nextval": "SELECT nextval('numbers') AS id",
    "for update": "SELECT id FROM log FOR UPDATE",
    "lock": "LOCK TABLE log IN ACCESS EXCLUSIVE MODE",
    "analyze": "ANALYZE log",
    "explain analyze": "EXPLAIN ANALYZE DELETE FROM log",
    "out of its parentheses": "SELECT id FROM log) q WHERE true) OR EXISTS (SELECT FROM (SELECT 1 AS id",
}


@pytest.mark.parametrize("stem", ["idle_clients.candidates", "purge_only.logs", "purge_hold.logs"])
@pytest.mark.parametrize("way", WAYS_TO_WRITE)
def test_sql_that_writes_is_refused_in_a_dry_run_and_named(url: str, systems: Path, stem: str, way: str) -> None:
    system = system_with(url, systems, LOGS, idle=True, sql={stem: WAYS_TO_WRITE[way]})
    dry_run: Callable[[], object] = partial(find_idle, system, wishes_of(system, now=NOW))
    if stem != "idle_clients.candidates":
        dry_run = partial(plan_purge, system, system.purges[0], now=NOW, live=False)
    with pytest.raises(SerenoError, match=rf"sql/{stem}\.sql"):
        dry_run()
    assert rows(url, "SELECT count(*), (SELECT last_value FROM numbers) FROM log") == [(OLD + YOUNG, 1)]
