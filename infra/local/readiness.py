"""Which systems' deployments are registered here: those whose secrets resolve. The others' runs could only fail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from infra.local.deployments import Source
from infra.local.prefect_file import PREFECT_FILE
from sereno.check.offline import required_secrets
from sereno.errors import ConfigurationError, SerenoError
from sereno.settings import Settings, project_root
from sereno.systems.loader import load_system


@dataclass(frozen=True)
class Ready:
    """What can be registered, and what is missing for the rest."""

    sources: tuple[Source, ...]
    left_out: tuple[str, ...]
    """One line per system that is not ready, such as `not deployed: point (POINT_DATABASE_URL is not set)`."""


def ready_sources(found: Sequence[Source], settings: Settings) -> Ready:
    """Divide what the prefect.yaml files deploy into what can run here and what cannot.

    The project's own file is always ready: it deploys the demo system, which brings its secrets along.
    """
    own = project_root() / PREFECT_FILE
    others = {one.system for source in found if source.path != own for one in source.deployments}
    missing = {system: words for system in sorted(others) if (words := missing_here(system, settings))}
    sources = (
        source
        if source.path == own
        else replace(source, deployments=tuple(one for one in source.deployments if one.system not in missing))
        for source in found
    )
    return Ready(
        sources=tuple(source for source in sources if source.deployments),
        left_out=tuple(f"not deployed: {system} ({words})" for system, words in missing.items()),
    )


def require_ready(chosen: Sequence[Source], settings: Settings) -> None:
    """Refuse to register deployments that were asked for by name and cannot run here.

    Raises:
        ConfigurationError: a secret is missing, or the system's file is wrong; it says which.
    """
    if left_out := ready_sources(chosen, settings).left_out:
        advice = "export what is missing or put it into .env; `sereno check` with the system's name lists all of it"
        raise ConfigurationError("\n".join(f"{line}; {advice}" for line in left_out))


def missing_here(system: str, settings: Settings) -> str:
    """What keeps the jobs of `system` from running here, in a few words; nothing when they can."""
    try:
        secrets = required_secrets(load_system(system, settings))
    except SerenoError as error:
        return str(error).splitlines()[0]
    missing = dict.fromkeys(words for secret in secrets for words in secret.missing())
    return next(iter(missing), "") + (f", and {len(missing) - 1} more" if len(missing) > 1 else "")
