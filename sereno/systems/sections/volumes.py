"""The section `volumes`."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field

from sereno.systems.part import Part
from sereno.systems.sections.fields import FilePath, Name

Pattern = Annotated[str, Field(min_length=1, max_length=1000)]


class Volume(Part):
    """A directory that is part of the system, such as that of uploaded files."""

    name: Name = Field(examples=["media"])
    """What it is called in backups, where it is found again by this name."""
    path: FilePath = Field(examples=["/srv/point/media"])
    """The directory; it must exist. A relative one is taken from SERENO_HOME."""
    exclude: tuple[Pattern, ...] = Field(default=(), max_length=100, examples=[["/cache", "*.tmp", "thumbnails/*.jpg"]])
    """What is left out, with all that is in it: patterns of the last parts of a path, or, with a leading slash, of the
    whole path from the directory on. `*` and `?` stand for letters of one part."""


def _named_apart(volumes: tuple[Volume, ...]) -> tuple[Volume, ...]:
    names = [volume.name for volume in volumes]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"two volumes are called {name!r}; each needs a name of its own")
    return volumes


Volumes = Annotated[tuple[Volume, ...], AfterValidator(_named_apart)]
