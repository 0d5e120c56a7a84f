"""The section `volumes` of system.yaml, and the patterns of what is left out."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sereno.systems.sections.volumes import Volume, Volumes
from sereno.volumes.walk import exclusion, shown

VOLUMES: TypeAdapter[tuple[Volume, ...]] = TypeAdapter(Volumes)
MEDIA = {"name": "media", "path": "/srv/media"}


@pytest.mark.parametrize(
    ("volumes", "complaint"),
    [
        ([MEDIA, {**MEDIA, "path": "/srv/other"}], "two volumes are called 'media'"),
        ([{**MEDIA, "name": "../media"}], "should match pattern"),
        ([{**MEDIA, "path": "/srv/\0"}], "cannot hold the character"),
        ([{**MEDIA, "exclude": [""]}], "at least 1 character"),
        ([{**MEDIA, "excludes": []}], "not permitted"),
    ],
)
def test_a_mistake_is_refused(volumes: list[dict[str, Any]], complaint: str) -> None:
    with pytest.raises(ValidationError, match=complaint):
        VOLUMES.validate_python(volumes)


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*.tmp", b"a/b.tmp", True),
        ("*.tmp", b"a.tmp/b", False),
        ("cache", b"a/cache", True),
        ("/cache", b"cache", True),
        ("/cache", b"a/cache", False),
        ("thumbnails/*.jpg", b"a/thumbnails/b.jpg", True),
        ("thumbnails/*.jpg", b"thumbnails/a/b.jpg", False),
        ("?", b"\xff", True),
        ("*", b"new\nline", True),
    ],
)
def test_a_pattern_fits_the_last_parts_or_with_a_slash_the_whole_path(pattern: str, path: bytes, fits: bool) -> None:
    assert exclusion([pattern])(path) is fits


def test_odd_names_are_shown_on_one_line() -> None:
    assert shown(b"a\nb\xff\x1b[31m") == "a\\nb\\xff\\x1b[31m"
    assert len(shown(b"x" * 5000)) == 200
