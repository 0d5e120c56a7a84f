"""What the ledger keeps of a support operation: a figure in its intent, and an audit event beside it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import cast

from sqlalchemy.orm import Session

from sereno import audit
from sereno.intents import Figures, Intent, Keys
from sereno.reports.model import Effect, Figure, JobContext, Result
from sereno.support.kinds import NOOP, SUCCESS, Key, Kind

SEPARATOR = "/"


def key_in(keys: Keys) -> Key:
    """The one key of an intent of the desk."""
    return cast("Key", keys[0])


def figures_of(kind: Kind, key: Key, result: str) -> dict[str, int]:
    """One more of this result: `{"sms/success": 1}`, or `{"success": 1}` where nothing else tells results apart."""
    label = kind.label(key)
    return {f"{label}{SEPARATOR}{result}" if label else result: 1}


def result_in(figures: Figures) -> str:
    """The result of an intent that was settled."""
    return next(iter(figures)).rpartition(SEPARATOR)[2]


def written_down(kind: Kind, context: JobContext) -> Callable[[Session, Intent, Figures], None]:
    """Writes the audit event that belongs to a settlement; of what changed nothing there is none."""
    actor, source = audit.actor_of_process()

    def write(session: Session, intent: Intent, figures: Figures) -> None:
        key, result = key_in(intent.keys), result_in(figures)
        if result == NOOP:
            return
        said: dict[str, Figure] = {kind.noun: cast("int | str", key["id"]), "result": result}
        if label := kind.label(key):
            said["channel"] = label
        event = audit.Event(
            time=datetime.now(UTC),
            system=context.system,
            job=kind.job,
            action=kind.action,
            actor=actor,
            actor_source=source,
            effect=Effect.LIVE,
            result=Result.PASSED if result == SUCCESS else Result.FAILED,
            flow_run_id=context.flow_run_id,
            figures=said,
        )
        audit.append_within(session, event)

    return write
