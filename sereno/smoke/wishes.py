"""What a run is asked for, besides what stands in the file: suite, base URL, live, credentials and variables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sereno import redaction
from sereno.errors import ConfigurationError
from sereno.smoke.near import near
from sereno.smoke.suite.file import SmokeFile, Suite
from sereno.smoke.suite.part import Scalar


@dataclass(frozen=True)
class Credentials:
    """Credentials of the caller, which replace those of the operator's login; known to the redactor from the start."""

    token: str = field(default="", repr=False)
    username: str = ""
    password: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        """Never let them be shown."""
        for secret in (self.token, self.password):
            if secret:
                redaction.remember(secret)

    def __bool__(self) -> bool:
        return bool(self.token or (self.username and self.password))


@dataclass(frozen=True, kw_only=True)
class Wishes:
    """What a run is asked for."""

    suite: str = ""
    """Which suite; the first one where it is empty."""
    base_url: str = ""
    """Instead of the file's."""
    live: bool = False
    insecure: bool = False
    """Whether the server's certificate is not verified."""
    values: Mapping[str, str] = field(default_factory=dict)
    """Variables that have another value in this run, as text."""
    credentials: Credentials = Credentials()


def chosen_suite(file: SmokeFile, name: str) -> tuple[str, Suite]:
    """The suite called `name`, or the first.

    Raises:
        ConfigurationError: there is none of that name.
    """
    name = name or next(iter(file.suites))
    if name not in file.suites:
        raise ConfigurationError(f"there is no suite {name[:80]!r}{near(name, file.suites)}")
    return name, file.suites[name]


def variables_of_run(file: SmokeFile, values: Mapping[str, str]) -> dict[str, Scalar]:
    """The file's variables, with those of `values` in their place, of the same kind.

    Raises:
        ConfigurationError: a variable is not one of the file's, or its value is of another kind.
    """
    variables = dict(file.variables)
    for name, text in values.items():
        if name not in variables:
            there = f"; there are {', '.join(variables)}" if variables else "; its suites have none"
            raise ConfigurationError(f"there is no variable {name[:80]!r} in smoke.yaml{there}")
        variables[name] = _read(name, text, like=variables[name])
    return variables


def _read(name: str, text: str, *, like: Scalar) -> Scalar:
    try:
        if isinstance(like, bool):
            return {"true": True, "false": False}[text.lower()]
        return type(like)(text)
    except (KeyError, ValueError):
        kind = {bool: "true or false", int: "a whole number", float: "a number"}.get(type(like), "text")
        raise ConfigurationError(f"the variable {name} is {kind}, not {text[:80]!r}") from None
