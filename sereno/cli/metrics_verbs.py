"""The verbs below `sereno metrics`: signatures and help texts."""

from __future__ import annotations

from typing import Annotated

from cyclopts import App, Group, Parameter
from cyclopts.validators import Number

PORT = 9775


def verbs(group: Group) -> App:
    """The command `metrics`, which the help shows in `group`."""
    app = App(name="metrics", group=group, help="Let Prometheus ask for the metrics of every system.")
    app.command(serve)
    return app


def serve(
    *, port: Annotated[int, Parameter(validator=Number(gte=0, lt=2**16))] = PORT, address: str = "127.0.0.1"
) -> int:
    """Answer Prometheus until Ctrl-C; every answer is read from the ledger.

    There is no login: leave it on this machine, or put your own proxy before it.
    The same metrics lie as text files in SERENO_HOME/metrics, for the textfile
    collector of a node exporter; each run writes those of its system.

      sereno metrics serve --port 9775

    Args:
        port: Where it listens; 9775 unless said, and 0 for any that is free.
        address: On which address; this machine only unless said.
    """
    from sereno.cli.metrics_server import serve_metrics

    return serve_metrics(port, address)
