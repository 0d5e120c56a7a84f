"""One connection of the load check, and the slot that opens one after the other and has one request under way."""

from __future__ import annotations

import asyncio
import ssl
from typing import Protocol, cast

from sereno.load.answer import AnswerReader, BodyTooLargeError, NotHttpError
from sereno.load.failures import CLOSED_BEFORE, CLOSED_WITHIN, NO_CONNECTION_IN_TIME, TIMED_OUT, kind_of
from sereno.load.request import Place, Request


class Dispatcher(Protocol):
    """Who gives requests to slots, and is told what came of them."""

    def answered(self, slot: Slot, *, status: int, body_bytes: int, now: float) -> None:
        """The request of `slot` has a complete answer."""

    def failed(self, slot: Slot, kind: str, *, waited: bool = False, connecting: bool = False) -> None:
        """It has none, and never will."""

    def repeated(self) -> None:
        """It is sent again, on another connection."""


class _Connection(asyncio.Protocol):
    """Tells its slot what arrives. A slot that is done with it sets `owner` to None, and hears no more of it."""

    __slots__ = ("owner", "reader", "transport", "used")

    def __init__(self, owner: Slot, *, largest_body: int) -> None:
        self.owner: Slot | None = owner
        self.reader = AnswerReader(largest_body=largest_body)
        self.transport: asyncio.Transport | None = None
        self.used = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        if self.owner is not None:
            self.owner.arrived(self, data)

    def eof_received(self) -> None:
        if self.owner is not None and self.reader.closed():
            self.owner.complete(self)

    def connection_lost(self, exc: Exception | None) -> None:
        if self.owner is not None:
            self.owner.lost(self, exc)

    def drop(self) -> None:
        """Close it without a word."""
        self.owner = None
        if self.transport is not None:
            self.transport.abort()


class Slot:
    """At most one connection, and at most one request under way on it."""

    __slots__ = (
        "_addresses",
        "_again",
        "_connecting",
        "_connection",
        "_dispatcher",
        "_loop",
        "_patience",
        "_place",
        "_request",
        "busy",
        "deadline",
        "due",
    )

    def __init__(
        self, dispatcher: Dispatcher, *, place: Place, addresses: list[str], request: Request, patience_seconds: float
    ) -> None:
        """Serve `dispatcher`; nothing is opened yet."""
        self._dispatcher = dispatcher
        self._place = place
        self._addresses = addresses
        self._request = request
        self._patience = patience_seconds
        self._loop = asyncio.get_running_loop()
        self._connection: _Connection | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._again = False
        self.busy = False
        self.due = 0.0
        self.deadline = 0.0

    def take(self, due: float, now: float) -> None:
        """Send the request that is or was due at `due`; only for a slot that is not busy."""
        self.busy, self._again = True, False
        self.due, self.deadline = due, now + self._patience
        connection = self._connection
        if connection is None or connection.transport is None or connection.transport.is_closing():
            self._connect()
        else:
            connection.reader.expect(without_body=self._request.without_body)
            connection.transport.write(self._request.content)

    def arrived(self, connection: _Connection, data: bytes) -> None:
        """Something came on the connection."""
        if not self.busy:
            self._drop()
            return
        try:
            complete = connection.reader.feed(data)
        except (NotHttpError, BodyTooLargeError) as error:
            self._give_up(kind_of(error))
            return
        if complete:
            self.complete(connection)

    def complete(self, connection: _Connection) -> None:
        """The answer is there."""
        reader, now = connection.reader, self._loop.time()
        connection.used = True
        self.busy = False
        if not reader.keeps_alive:
            self._drop()
        head = reader.head
        self._dispatcher.answered(self, status=head.status if head else 0, body_bytes=reader.body_bytes, now=now)

    def lost(self, connection: _Connection, error: Exception | None) -> None:
        """The connection is gone. A request that met a connection which was just being closed is sent once more."""
        self._connection = None
        if not self.busy:
            return
        begun = connection.reader.begun
        if connection.used and not begun and not self._again and self._request.may_be_repeated:
            self._again = True
            self._dispatcher.repeated()
            self._connect()
            return
        closed = CLOSED_WITHIN if begun else CLOSED_BEFORE
        self._give_up(kind_of(error) if error else closed)

    def overdue(self) -> None:
        """The answer did not come in time."""
        kind = NO_CONNECTION_IN_TIME if self._connecting else TIMED_OUT
        self._give_up(kind, waited=True, connecting=self._connecting is not None)

    def close(self) -> None:
        """Close the connection; nothing is told to the dispatcher any more."""
        self.busy = False
        self._drop()

    def _connect(self) -> None:
        self._connecting = self._loop.create_task(self._opened())

    async def _opened(self) -> None:
        place, error = self._place, OSError()
        for address in list(self._addresses):
            try:
                _, connection = await self._loop.create_connection(
                    lambda: _Connection(self, largest_body=self._request.largest_body),
                    address,
                    place.port,
                    ssl=place.tls,
                    server_hostname=place.host if place.tls else None,
                )
            except (OSError, ssl.SSLError) as refused:
                error = refused
                continue
            self._addresses[:] = [address]  # the others did not answer, or were not needed
            self._connecting, self._connection = None, connection
            if not self.busy or connection.transport is None:
                self._drop()
                return
            connection.reader.expect(without_body=self._request.without_body)
            connection.transport.write(self._request.content)
            return
        self._connecting = None
        self._give_up(kind_of(error), connecting=True)

    def _give_up(self, kind: str, *, waited: bool = False, connecting: bool = False) -> None:
        self.busy = False
        self._drop()
        self._dispatcher.failed(self, kind, waited=waited, connecting=connecting)

    def _drop(self) -> None:
        if self._connecting is not None:
            self._connecting.cancel()
            self._connecting = None
        if self._connection is not None:
            self._connection.drop()
            self._connection = None
