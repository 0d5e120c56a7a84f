"""Every test runs with a SERENO_HOME and a PREFECT_HOME of its own session, and without the developer's settings."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from infra.local.authority import write_authority

if TYPE_CHECKING:
    from faulty_proxy import FaultyProxy
    from s3_server import S3Server

_KEPT = {"SERENO_PG_BIN"}
_MEMORY = Path("/dev/shm")
_ROOMY_BYTES = 6_000_000_000
_COLLECT_AFTER = 50_000


def _isolate() -> None:
    """Before anything is imported that reads its settings at import, as Prefect does."""
    _work_in_memory()
    folder = Path(tempfile.mkdtemp(prefix="sereno-tests-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    authority = folder / "authority.pem"
    write_authority(authority)
    for name in [name for name in os.environ if name.startswith(("PREFECT_", "SERENO_")) and name not in _KEPT]:
        del os.environ[name]
    os.environ.update(
        SERENO_HOME=str(folder / "sereno"),
        PREFECT_HOME=str(folder / "prefect"),
        PREFECT_SERVER_ANALYTICS_ENABLED="false",
        DO_NOT_TRACK="1",
        SSL_CERT_FILE=str(authority),
        PREFECT_API_SSL_CERT_FILE=str(authority),
    )


def _work_in_memory() -> None:
    """Keep temporary files in memory, where that has room for them; TMPDIR, when it is set, says otherwise.

    Servers make and drop databases of 300 files each by the hundred. On ext4, which does not give a deleted file's
    inode away for a while and looks through all that it keeps back, making one then takes ten times as long.
    All of it goes at the end; `--basetemp=FOLDER` keeps what tests left that failed.
    """
    if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ROOMY_BYTES:
        folder = tempfile.mkdtemp(prefix="sereno-tests-", dir=_MEMORY)
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        os.chmod(folder, 0o1777)  # the account of the PostgreSQL servers works in it too
        os.environ["TMPDIR"] = tempfile.tempdir = folder


_isolate()
gc.set_threshold(_COLLECT_AFTER)
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a background job of a shell; processes would inherit it
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long a machine takes proves nothing.
settings.register_profile("sereno", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sereno")


@pytest.hookimpl(wrapper=True)  # so that it comes before the hook of pytest-xdist, which reads the marks
def pytest_collection_modifyitems(items: list[pytest.Item]) -> Iterator[None]:
    """Where several processes share the work, a file stays in one, and so do all files about the one running stack.

    Those take longest, so they come first; what is begun last is short.
    """
    for item in items:
        item.add_marker(pytest.mark.xdist_group("stack" if _about_the_stack(item) else item.path.stem))
    items.sort(key=lambda item: not _about_the_stack(item))
    yield


def pytest_collection_finish() -> None:
    """All that was loaded stays; a test that collects garbage need not look through it."""
    gc.collect()
    gc.freeze()


def _about_the_stack(item: pytest.Item) -> bool:
    return item.path.parent.name == "end_to_end" and "home" in getattr(item, "fixturenames", ())


@pytest.fixture(autouse=True)
def _secrets_of_this_test_alone() -> Iterator[None]:
    """What a test let the redactor remember, such as the password `admin`, blackens nothing in the next one."""
    from sereno import redaction

    known = redaction._known
    yield
    redaction._known = known


@pytest.fixture(scope="module")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """A real S3 server, up in a second; ended with the module, for once it has worked it is never quite idle again."""
    from s3_server import S3Server

    server = S3Server(tmp_path_factory.mktemp("s3"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture
def proxy(s3_server: S3Server) -> Iterator[FaultyProxy]:
    """A proxy before the S3 server, which breaks the requests that it is told to break."""
    from faulty_proxy import FaultyProxy

    with FaultyProxy(s3_server.endpoint_url).running() as proxy:
        yield proxy
