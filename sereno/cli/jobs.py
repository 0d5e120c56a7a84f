"""Which jobs there are, and the parameters that a person gives them as `name=value`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from pathlib import Path

from sereno.errors import ConfigurationError
from sereno.systems.yaml_document import Plain, read_yaml

_LONGEST_SHOWN = 80


def job_names(flows: Path) -> tuple[str, ...]:
    """The jobs of the folder `flows`: the stems of its files, sorted."""
    return tuple(sorted(path.stem for path in flows.glob("*.py") if not path.name.startswith("_")))


def require_job(name: str, flows: Path) -> str:
    """`name` when it is a job of the folder `flows`.

    Raises:
        ConfigurationError: it is none; the message lists those there are.
    """
    return require_known(name, job_names(flows), what="job")


def require_known(name: str, known: Sequence[str], *, what: str) -> str:
    """`name` when it is one of `known`.

    Raises:
        ConfigurationError: it is none; the message lists those there are and names the nearest.
    """
    if name in known:
        return name
    close = get_close_matches(name[:_LONGEST_SHOWN], known, n=1)
    meant = f"did you mean {close[0]!r}? " if close else ""
    raise ConfigurationError(f"there is no {what} {quoted(name)}; {meant}there are: {', '.join(known) or 'none'}")


def split_values(words: Iterable[str]) -> dict[str, str]:
    """`["kind=full"]` as `{"kind": "full"}`; what stands behind the first `=` is taken as it is.

    Raises:
        ConfigurationError: a word has no `=` or no name, or a name stands twice.
    """
    values: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not equals or not name.isidentifier():
            raise ConfigurationError(f"{quoted(word)} is no parameter; write name=value, such as kind=full")
        if name in values:
            raise ConfigurationError(f"the parameter {name} is given twice")
        values[name] = value
    return values


def read_value(text: str, *, name: str) -> Plain:
    """A value as YAML reads it: `true`, `12`, `[one, two]`, `null`, or text.

    Raises:
        ConfigurationError: it is no YAML, too large or too deep; the message calls it by `name`.
    """
    document = read_yaml(text, file=f"the value of {name}")
    if document.problems:
        raise ConfigurationError(f"the value of {name}: {document.problems[0].text}")
    return document.data


def quoted(text: str) -> str:
    """`text` in quotation marks, for a message; cut when it is long."""
    return repr(text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…")
