"""One demo system for all integration tests, and fresh databases on its server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from contract.format_case import FEWEST
from infra.demo.seed import DATABASE, OWNER
from infra.demo.system import DemoSystem
from integration import new_ledgers
from integration.five_systems import Deploy, FiveSystems, deploying
from integration.prefect_server import prefect_home, prefect_server
from sereno.backup import keys
from sereno.ledger import ledger

REFERENCE = datetime(2026, 11, 20, 12, tzinfo=UTC)
"""What is "now" in the rows of the demo system."""
WITHOUT_SAFETY = {
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_prepared_transactions": "10",
}


@pytest.fixture(scope="module", autouse=True)
def _keys_with_few_iterations() -> Iterator[None]:
    """Backups whose key takes a sixth of the time to wrap and to unwrap; `test_demo.py` sees the usual number.

    It ends with the module, for tests of other folders can follow in the same process.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(keys, "ITERATIONS", FEWEST)
        yield


@pytest.fixture(scope="module", autouse=True)
def _new_ledgers_like_the_first() -> Iterator[None]:
    """Hundreds of tests begin with a ledger of their own; `test_ledger_opening.py` has each made as in production."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ledger, "upgrade", new_ledgers.upgrade)
        yield


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[DemoSystem]:
    """The demo system with its database running; its home is `demo.folder.parent`."""
    system = DemoSystem(tmp_path_factory.mktemp("home"), scale=0.02, reference=REFERENCE, settings=WITHOUT_SAFETY)
    system.start_database()
    yield system
    system.remove()


@pytest.fixture(scope="session")
def demo_api(demo: DemoSystem) -> str:
    """The base URL of the demo system's API."""
    return demo.start_api()


@pytest.fixture(scope="session")
def api_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a Prefect server that runs."""
    with prefect_server(prefect_home(tmp_path_factory.mktemp("prefect"), tmp_path_factory)) as url:
        yield url


@pytest.fixture(scope="session")
def five_systems(demo: DemoSystem) -> FiveSystems:
    """The databases of the five systems, on the demo's server."""
    return FiveSystems(demo.superuser_url)


@pytest.fixture
def deployed(five_systems: FiveSystems, tmp_path: Path) -> Iterator[Deploy]:
    """Gives systems private databases for one test, with the environment to which their folders refer."""
    with deploying(five_systems, tmp_path) as deploy:
        yield deploy


@pytest.fixture
def scratch_database(demo: DemoSystem) -> Iterator[str]:
    """The owner's URL of an empty database on the demo's server; it is dropped afterwards."""
    name = f"scratch_{uuid4().hex[:12]}"
    with psycopg.connect(demo.superuser_url, autocommit=True) as connection:
        identifiers = {"name": sql.Identifier(name), "owner": sql.Identifier(OWNER)}
        connection.execute(sql.SQL("CREATE DATABASE {name} OWNER {owner}").format(**identifiers))
        yield demo.url.replace(f"/{DATABASE}?", f"/{name}?")
        connection.execute(sql.SQL("DROP DATABASE {name} WITH (FORCE)").format(**identifiers))
