"""`sereno metrics serve`."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import start_http_server

from sereno.cli.output import print_text
from sereno.errors import EXIT_DONE, ConfigurationError
from sereno.measuring import measures_now
from sereno.metrics import registry_of


def serve_metrics(port: int, address: str) -> int:
    """Answer until the process is interrupted.

    Raises:
        ConfigurationError: nothing can listen there.
    """
    with served(port, address) as url:
        print_text(f"metrics at {url}; Ctrl-C to stop")
        threading.Event().wait()
    return EXIT_DONE


@contextmanager
def served(port: int, address: str) -> Iterator[str]:
    """A server in the background, and its URL.

    Raises:
        ConfigurationError: nothing can listen there.
    """
    try:
        server, thread = start_http_server(port, address, registry_of(measures_now))
    except OSError as error:
        raise ConfigurationError(
            f"nothing can listen on {address} port {port}: {error.strerror or error}; give another --port or --address"
        ) from None
    try:
        host = f"[{address}]" if ":" in address else address
        yield f"http://{host}:{server.server_port}/metrics"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
