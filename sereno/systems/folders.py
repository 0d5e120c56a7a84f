"""The folders of the systems: which there are, and reading their files without trusting what lies there."""

from __future__ import annotations

import re
from difflib import get_close_matches
from pathlib import Path

from sereno.errors import ConfigurationError
from sereno.settings import Settings, load_settings, project_root
from sereno.systems.sections.fields import NAME_PATTERN

SYSTEM_FILE = "system.yaml"


def shown(path: Path) -> str:
    """`path` as messages show it: relative to the project's root where it lies inside."""
    try:
        return str(path.relative_to(project_root()))
    except ValueError:
        return str(path)


def candidate_folders(settings: Settings | None = None) -> tuple[Path, ...]:
    """Every folder that holds a `system.yaml`, whatever its name, sorted by name.

    Raises:
        ConfigurationError: the folder of systems does not exist or cannot be listed.
    """
    root = (settings or load_settings()).systems_path
    if not root.is_dir():
        raise ConfigurationError(
            f"the folder of systems {shown(root)} does not exist; create it or set SERENO_SYSTEMS_DIR"
        )
    try:
        return tuple(sorted(folder for folder in root.iterdir() if (folder / SYSTEM_FILE).exists()))
    except OSError as error:
        raise ConfigurationError(f"the folder of systems {shown(root)} cannot be listed: {error.strerror}") from None


def system_names(settings: Settings | None = None) -> tuple[str, ...]:
    """The names of the systems there are, sorted; folders with another kind of name are left out.

    Raises:
        ConfigurationError: the folder of systems does not exist or cannot be listed.
    """
    return tuple(folder.name for folder in candidate_folders(settings) if is_name(folder.name))


def misnamed(settings: Settings | None = None) -> tuple[str, ...]:
    """What is wrong with each folder that holds a `system.yaml` and cannot be the name of a system.

    Raises:
        ConfigurationError: the folder of systems does not exist or cannot be listed.
    """
    return tuple(
        f"{shown(folder)} cannot be the name of a system; rename it, such as {_tame(folder.name)}"
        for folder in candidate_folders(settings)
        if not is_name(folder.name)
    )


def is_name(text: str) -> bool:
    """Whether `text` can be the name of a system."""
    return re.fullmatch(NAME_PATTERN, text) is not None and not text.endswith("\n")


def system_folder(name: str, settings: Settings | None = None) -> Path:
    """The folder of the system called `name`.

    Raises:
        ConfigurationError: the name is none, there is no such system, or its folder is a link that leads elsewhere.
    """
    settings = settings or load_settings()
    names = system_names(settings)
    if not is_name(name):
        raise ConfigurationError(
            f"{name[:80]!r} cannot be the name of a system: lower-case letters, digits, - and _, a letter first"
        )
    if name not in names:
        close = get_close_matches(name, names, n=1)
        there_are = f"there are: {', '.join(names)}" if names else f"there are none in {shown(settings.systems_path)}"
        raise ConfigurationError(
            f"there is no system {name!r}; " + (f"did you mean {close[0]!r}? " if close else "") + there_are
        )
    folder = settings.systems_path / name
    if folder.resolve() != settings.systems_path.resolve() / name:
        raise ConfigurationError(
            f"{shown(folder)} is a link that leads elsewhere; a system's folder must be a real one"
        )
    return folder


def read_text(path: Path, *, folder: Path, largest_bytes: int) -> str:
    """The text of `path`, a regular UTF-8 file of at most `largest_bytes` that lies inside `folder`.

    Raises:
        ConfigurationError: it is missing, leaves the folder, is too large, or is no text.
    """
    where = shown(path)
    if not path.resolve().is_relative_to(folder.resolve()):
        raise ConfigurationError(f"{where} is a link that leaves its system's folder")
    if path.exists() and not path.is_file():
        raise ConfigurationError(f"{where} is no regular file")
    try:
        with path.open("rb") as file:
            content = file.read(largest_bytes + 1)
    except FileNotFoundError:
        raise ConfigurationError(f"{where} does not exist") from None
    except OSError as error:
        raise ConfigurationError(f"{where} cannot be read: {error.strerror}") from None
    if len(content) > largest_bytes:
        raise ConfigurationError(f"{where} is larger than {largest_bytes:,} bytes")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigurationError(f"{where}:{line}: is not UTF-8 text") from None
    if "\0" in text:
        raise ConfigurationError(
            f"{where}:{text[: text.index(chr(0))].count(chr(10)) + 1}: holds bytes that are no text"
        )
    return text


def _tame(name: str) -> str:
    tame = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in name.lower()).strip("-")
    return tame if is_name(tame) else "my-system"
