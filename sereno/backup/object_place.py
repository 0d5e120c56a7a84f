"""Sealing objects of the backup under way into its folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sereno.backup.copying import Copying, CopySession, copying_of
from sereno.backup.keys import DataKey
from sereno.backup.objects import ObjectWriter
from sereno.stores import Store


@dataclass(frozen=True)
class ObjectPlace:
    """Where objects of the backup under way go."""

    store: Store
    folder: str
    key: DataKey
    copied: Callable[[int, str], None]
    """Told of each piece of plaintext: its size in bytes, and the label of the table or volume."""

    async def copy(self, copying: Copying, session: CopySession, *, name: str, label: str) -> dict[str, Any]:
        """Copy what `copying` gives into the object `name`; the fields that its manifest entry needs."""
        creation = self.store.create(f"{self.folder}/{name}")
        sink = await session.in_thread(creation.__enter__)
        try:
            writer = ObjectWriter(sink, key=self.key, name=name)

            def receive(data: bytes) -> None:
                writer.write(data)
                self.copied(len(data), label)

            with copying_of(label):
                rows = await copying(session, receive)
            figures = await session.in_thread(writer.close)
        except BaseException as error:
            creation.__exit__(type(error), error, error.__traceback__)
            raise
        await session.in_thread(creation.__exit__, None, None, None)
        return {"name": name, "rows": rows, **vars(figures)}

    @contextmanager
    def writing(self, name: str) -> Iterator[ObjectWriter]:
        """The object `name`, to be written and closed in the block."""
        with self.store.create(f"{self.folder}/{name}") as sink:
            yield ObjectWriter(sink, key=self.key, name=name)
