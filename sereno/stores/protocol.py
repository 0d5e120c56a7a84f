"""What a store can do. Names are relative paths with `/`, such as `demo/20261123T020000Z-full-1f3a/manifest.jsonl`."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


class Sink(Protocol):
    """Where the bytes of one object go."""

    def write(self, data: bytes, /) -> object:
        """Take all of `data`."""


class Source(Protocol):
    """Where the bytes of one object come from."""

    def read(self, size: int, /) -> bytes:
        """At most `size` bytes; fewer only at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A complete object as a listing shows it."""

    name: str
    """Relative to the store's root, as `open` takes it."""
    bytes: int
    modified: datetime
    """When it was written, by the clock of the store; in UTC."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StoreState:
    """What a probe of a store that can be used has found."""

    place: str
    """Where the store is, for people: a path, or bucket and endpoint."""
    free_bytes: int | None
    """What still fits in; None where nobody can say."""
    warnings: tuple[str, ...] = ()
    """What the store does otherwise than it should, one sentence each."""


class Store(Protocol):
    """A place for backups. Objects are written once, whole or not at all, and never changed but by `replace`.

    Every method raises StorageError in one clear sentence when the store cannot do what is asked, and
    StoreUnavailableError, which is one, when the same call may succeed a moment later.
    """

    @property
    def name(self) -> str:
        """What reports call the store."""

    def create(self, name: str) -> AbstractContextManager[Sink]:
        """Write a new object. It exists, durably, when the block ends; an error in the block leaves nothing.

        Raises:
            StorageError: an object of that name exists already, or came to exist while the block ran.
        """

    def replace(self, name: str, data: bytes) -> None:
        """Replace a small object: readers see what was there or `data`, whole, and never anything else.

        Raises:
            StorageError: there is no object of that name.
        """

    def open(self, name: str) -> AbstractContextManager[Source]:
        """Read an object from its beginning."""

    def read(self, name: str, *, at_most: int) -> bytes:
        """A whole small object; one of more than `at_most` bytes is refused."""

    def size(self, name: str) -> int:
        """The object's size in bytes."""

    def exists(self, name: str) -> bool:
        """Whether a complete object of that name is there."""

    def files(self, prefix: str) -> Iterator[StoredFile]:
        """Every complete object below the folder `prefix`, however deep, sorted by name."""

    def folders(self, prefix: str, *, holding: Collection[str] = ()) -> Iterator[str]:
        """The names of the folders right below `prefix`, sorted, without their path.

        A folder is there as soon as something was begun in it: one that holds only unfinished objects is shown.

        Args:
            prefix: the folder above.
            holding: only folders right in which a complete object of one of these names is.
        """

    def delete_folder(self, prefix: str, *, first: str | None = None) -> int:
        """Delete everything below `prefix`, unfinished objects included; nothing is done where there is no such folder.

        Args:
            prefix: the folder.
            first: the name, below the prefix, of the object that has to be gone before any other is touched, so that
                a deletion that is cut off leaves nothing that looks whole.

        Returns:
            How many objects were deleted.
        """

    def probe(self) -> StoreState:
        """Write, list, read and delete one tiny object in the store's root.

        Raises:
            StorageError: the store cannot be written to now; the sentence says why and what to do.
        """
