"""A purge on a real server: which rows go, in what order, and what stays."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from integration.databases import PASSPHRASE, database
from integration.maintenance_case import LOGS, OLD, TABLES, YOUNG, purged, rows, system_with


@pytest.fixture(autouse=True)
def systems(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SERENO_HOME", str(tmp_path))
    monkeypatch.setenv("SERENO_SYSTEMS_DIR", str(tmp_path / "deployments"))
    monkeypatch.setenv("TEST_PASSPHRASE", PASSPHRASE)
    (tmp_path / "backups").mkdir()
    return tmp_path / "deployments"


@pytest.fixture
def url(demo: Any) -> Iterator[str]:
    with database(str(demo.superuser_url), script=TABLES) as made:
        yield made


def test_old_rows_go_and_young_ones_stay(url: str, systems: Path) -> None:
    outcome = purged(system_with(url, systems, LOGS))
    assert (outcome.deleted, outcome.remaining, outcome.wrong) == (OLD, 0, "")
    assert rows(url, "SELECT count(*), min(id) FROM log") == [(YOUNG, OLD + 1)]


def test_at_most_so_many_go_the_lowest_keys_first(url: str, systems: Path) -> None:
    outcome = purged(system_with(url, systems, LOGS), max_delete=300)
    assert (outcome.deleted, outcome.remaining) == (300, 400)
    assert rows(url, "SELECT min(id), count(*) FROM log") == [(301, 700)]
