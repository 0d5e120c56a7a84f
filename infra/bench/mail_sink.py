"""An SMTP server that takes every mail and writes its Message-ID to a file: what the bench delivers to.

`python -m infra.bench.mail_sink FILE` prints its port and runs until it is terminated. It is a process of its own, so
that what it costs is not counted to whoever delivers.
"""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from aiosmtpd.smtp import SMTP, Envelope

_HEADER = b"message-id:"


@dataclass(frozen=True)
class MailSink:
    """A sink that runs."""

    port: int
    file: Path

    def seen(self) -> Counter[str]:
        """How often each Message-ID came."""
        return Counter(self.file.read_text().split())


@contextmanager
def mail_sink(file: Path) -> Iterator[MailSink]:
    """A sink that writes to `file`, emptied first."""
    file.write_text("")
    command = [sys.executable, "-m", __name__, str(file)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield MailSink(int(process.stdout.readline()), file)
        finally:
            process.terminate()


class _Handler:
    def __init__(self, file: TextIO) -> None:
        self._file = file

    async def handle_DATA(self, server: Any, session: Any, envelope: Envelope) -> str:  # noqa: ARG002, N802 (aiosmtpd's)
        content = envelope.content if isinstance(envelope.content, bytes) else b""
        line = next(line for line in content.splitlines() if line.lower().startswith(_HEADER))
        self._file.write(f"{line[len(_HEADER) :].decode().strip()}\n")
        self._file.flush()
        return "250 OK"


async def _serve(file: TextIO) -> None:
    loop = asyncio.get_running_loop()
    handler = _Handler(file)
    server = await loop.create_server(lambda: SMTP(handler, loop=loop), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    with Path(sys.argv[1]).open("a") as opened:
        asyncio.run(_serve(opened))
