"""The environment of everything that the local stack starts."""

from __future__ import annotations

import os
from pathlib import Path

from infra.local.ports import LOOPBACK
from sereno.settings import Settings

HEARTBEAT_SECONDS = 30
_LEFT_OUT = ("PREFECT_", "PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP")


def stack_environment(settings: Settings, *, port: int, reports_url: str) -> dict[str, str]:
    """What server, worker and flow processes see.

    It is the caller's own environment without its settings of Prefect and of the Python path, and with ours: a server
    on the loopback address whose state lies in SERENO_HOME, that calls nobody, and flows whose heartbeat is noticed.

    Args:
        settings: where SERENO_HOME and the systems are.
        port: where the Prefect server listens.
        reports_url: where the folder of reports is served, unless the settings name another place.
    """
    home = settings.home_path / "prefect"
    api_url = f"http://{LOOPBACK}:{port}/api"
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith(_LEFT_OUT)},
        **_without_proxy(),
        **sereno_environment(settings),
        "SERENO_REPORTS_URL": settings.reports_url or reports_url,
        "PREFECT_HOME": str(home),
        "PREFECT_API_URL": api_url,
        "PREFECT_API_SSL_CERT_FILE": str(home / "authority.pem"),
        "PREFECT_UI_API_URL": api_url,
        "PREFECT_UI_STATIC_DIRECTORY": str(home / "ui"),
        "PREFECT_SERVER_API_HOST": LOOPBACK,
        "PREFECT_SERVER_API_PORT": str(port),
        "PREFECT_SERVER_ALLOW_EPHEMERAL_MODE": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_UI_V2_ENABLED": "false",
        "DO_NOT_TRACK": "1",
        "PREFECT_FLOWS_HEARTBEAT_FREQUENCY": str(HEARTBEAT_SECONDS),
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "PREFECT_LOGGING_EXTRA_LOGGERS": "sereno",
        "PREFECT_LOGGING_COLORS": "false",
        "PREFECT_CLI_COLORS": "false",
        "PREFECT_CLI_PROMPT": "false",
    }


def sereno_environment(settings: Settings) -> dict[str, str]:
    """What a process needs to see the same SERENO_HOME and systems, wherever it is started."""
    return {"SERENO_HOME": str(settings.home_path), "SERENO_SYSTEMS_DIR": str(settings.systems_path)}


def adopt(environment: dict[str, str]) -> None:
    """Make `environment` this process's own; before Prefect is imported, which reads its settings then."""
    os.environ.clear()
    os.environ.update(environment)


def logs_folder(settings: Settings) -> Path:
    """Where the stack's logs go."""
    return settings.home_path / "logs"


def _without_proxy() -> dict[str, str]:
    """Proxy settings under which the loopback address is called directly."""
    others = [host for name in ("no_proxy", "NO_PROXY") for host in os.environ.get(name, "").split(",") if host]
    hosts = ",".join(dict.fromkeys([*others, LOOPBACK, "localhost"]))
    return {"no_proxy": hosts, "NO_PROXY": hosts}
