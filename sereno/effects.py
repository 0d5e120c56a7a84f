"""What a run may change, and the guard in front of every live run."""

from __future__ import annotations

from sereno.errors import RefusedError
from sereno.reports.model import Effect

CONFIRM_WORD = "YES"


def effect_of(*, dry_run: bool | None, confirm_live: str = "") -> Effect:
    """The effect that a run with these parameters has.

    Args:
        dry_run: None for jobs that only read.
        confirm_live: has to be `YES`, exactly, for a live run.

    Raises:
        RefusedError: the run would be live and is not confirmed.
    """
    if dry_run is None:
        return Effect.READ
    if dry_run:
        return Effect.DRY_RUN
    if confirm_live != CONFIRM_WORD:
        raise RefusedError(
            f"a live run needs confirm_live={CONFIRM_WORD} as well as dry_run=false"
            + (f" (confirm_live was {confirm_live!r})" if confirm_live else "")
            + "; nothing was opened or changed"
        )
    return Effect.LIVE


def effect_of_live(*, live: bool, confirm_live: str = "") -> Effect:
    """The effect of a run that is asked to be `live` in one word, as smoke suites are; else a dry run.

    Raises:
        RefusedError: the run would be live and is not confirmed.
    """
    if live and confirm_live != CONFIRM_WORD:
        raise RefusedError(
            f"a live run needs confirm_live={CONFIRM_WORD} as well as live; nothing was opened or changed"
        )
    return Effect.LIVE if live else Effect.DRY_RUN
