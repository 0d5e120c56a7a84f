"""What the audit chain calls the parts of a run of `maintenance`."""

from __future__ import annotations

from sereno.reports.model import Effect
from sereno.systems.sections.maintenance import Purge

JOB = "maintenance"
IDLE_STEP = "idle_clients"
IDLE = "DEACTIVATE_IDLE_CLIENTS"


def purge_action(purge: Purge) -> str:
    """`PURGE_API_LOGS`."""
    return f"PURGE_{purge.name.upper().replace('-', '_')}"


def step_of(purge: Purge) -> str:
    """What the ledger's intents call the purge."""
    return f"purge {purge.name}"


def with_effect(action: str, effect: Effect) -> str:
    """`action`, or its twin of a dry run: `PREVIEW_PURGE_API_LOGS`."""
    return f"PREVIEW_{action}" if effect is Effect.DRY_RUN else action
