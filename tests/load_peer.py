"""An HTTP server on loopback whose answers a test writes byte by byte."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TypeAlias

from sereno.load.request import Place, Request, request_of

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@dataclass
class Exchange:
    """One request of a client, and the way back."""

    number: int
    """Of all requests to the peer, from 1."""
    of_connection: int
    """Of all requests on this connection, from 1."""
    head: bytes
    writer: asyncio.StreamWriter

    async def send(self, *pieces: bytes) -> None:
        """Write the pieces, each in a write of its own."""
        for piece in pieces:
            self.writer.write(piece)
            await self.writer.drain()
            await asyncio.sleep(0)

    def close(self) -> None:
        """Close the connection once everything is written."""
        self.writer.close()

    def reset(self) -> None:
        """Break it off."""
        self.writer.transport.abort()


Answer: TypeAlias = Callable[[Exchange], Awaitable[None]]


@dataclass
class Peer:
    """A server that runs. `heads` are the heads of all requests so far."""

    port: int
    heads: list[bytes] = field(default_factory=list)
    connections: int = 0

    @property
    def place(self) -> Place:
        """Where it is."""
        return Place(host="127.0.0.1", port=self.port)

    def request(self, **options: object) -> Request:
        """A request to it."""
        return request_of(self.place, **options)  # type: ignore[arg-type]


@contextmanager
def serving(answer: Answer | bytes, *, tls: ssl.SSLContext | None = None) -> Iterator[Peer]:
    """A peer that answers every request with the same bytes, or as a coroutine function does."""
    peer, loop, ready = Peer(0), asyncio.new_event_loop(), threading.Event()

    async def answered(exchange: Exchange) -> None:
        if isinstance(answer, bytes):
            await exchange.send(answer)
        else:
            await answer(exchange)

    async def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        peer.connections += 1
        of_connection = 0
        with suppress(asyncio.IncompleteReadError, OSError, asyncio.CancelledError):
            while not writer.transport.is_closing():
                head = await reader.readuntil(b"\r\n\r\n")
                peer.heads.append(head)
                of_connection += 1
                await answered(Exchange(len(peer.heads), of_connection, head, writer))
        writer.close()

    async def serve() -> None:
        server = await asyncio.start_server(accept, "127.0.0.1", 0, ssl=tls)
        peer.port = server.sockets[0].getsockname()[1]
        ready.set()

    def run() -> None:
        asyncio.set_event_loop(loop)
        loop.create_task(serve())
        loop.run_forever()
        for task in asyncio.all_tasks(loop):
            task.cancel()
        loop.run_until_complete(asyncio.sleep(0.01))
        loop.close()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert ready.wait(30)
    try:
        yield peer
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join(30)
