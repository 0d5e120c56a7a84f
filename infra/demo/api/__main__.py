"""Serve the API on the socket that the parent process opened; secrets come from files, never from the command line.

`DEMO_SECRETS` names the folder of the secrets, `DEMO_SOCKET` the number of the inherited listening socket.
"""

from __future__ import annotations

import os
import socket
from pathlib import Path

import uvicorn

from infra.demo.api.app import create_app
from infra.demo.api.secrets import read_secrets


def main() -> None:
    """Serve until SIGTERM."""
    app = create_app(read_secrets(Path(os.environ["DEMO_SECRETS"])))
    listener = socket.socket(fileno=int(os.environ["DEMO_SOCKET"]))
    config = uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=5)
    uvicorn.Server(config).run(sockets=[listener])


if __name__ == "__main__":
    main()
