"""Ports on the loopback address."""

from __future__ import annotations

import socket

from sereno.errors import RefusedError

PREFECT_PORT = 4200
"""Where the Prefect server of the local stack listens, unless it is told otherwise."""
LOOPBACK = "127.0.0.1"
_TRIED = 100


def free_port(preferred: int) -> int:
    """`preferred`, or the next port after it that nobody listens on.

    Raises:
        RefusedError: a hundred ports in a row are taken.
    """
    for port in range(preferred, min(preferred + _TRIED, 65_536)):
        if is_free(port):
            return port
    raise RefusedError(f"the ports from {preferred} on are all in use; choose another with --port")


def is_free(port: int) -> bool:
    """Whether a server could listen on `port` of the loopback address now."""
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True
