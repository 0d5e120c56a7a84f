"""What a store can do. Names are relative paths with `/`, such as `demo/20261123T020000Z-full-1f3a/manifest.jsonl`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Protocol


class Sink(Protocol):
    """Where the bytes of one object go."""

    def write(self, data: bytes, /) -> object:
        """Take all of `data`."""


class Source(Protocol):
    """Where the bytes of one object come from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; fewer only at the end."""


class Store(Protocol):
    """A place for backups. Objects are written once, whole or not at all, and never changed.

    Every method raises StorageError in one clear sentence when the store cannot do what is asked.
    """

    @property
    def name(self) -> str:
        """What reports call the store."""

    def create(self, name: str) -> AbstractContextManager[Sink]:
        """Write a new object. It exists, durably, when the block ends; an error in the block leaves nothing.

        Raises:
            StorageError: an object of that name exists already.
        """

    def open(self, name: str) -> AbstractContextManager[Source]:
        """Read an object from its beginning."""

    def read(self, name: str, *, at_most: int) -> bytes:
        """A whole small object; one of more than `at_most` bytes is refused."""

    def size(self, name: str) -> int:
        """The object's size in bytes."""

    def exists(self, name: str) -> bool:
        """Whether a complete object of that name is there."""

    def folders(self, prefix: str) -> Iterator[str]:
        """The names of the folders right below `prefix`, sorted, without their path."""

    def delete_folder(self, prefix: str) -> int:
        """Delete everything below `prefix`, unfinished objects included; the number of objects deleted."""
