"""Going through the rows that were chosen: one that fails does not stop the rest, unless the system itself is gone."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from sereno.errors import ConfigurationError, RefusedError, SerenoError
from sereno.progress import Progress, silent
from sereno.reports.model import JobContext
from sereno.support.choosing import Chosen
from sereno.support.desk import at_desk
from sereno.support.kinds import Kind
from sereno.support.way import Way
from sereno.systems.model import System


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What became of each row."""

    results: dict[str, str] = field(default_factory=dict)
    """By id: `success`, `failed` or `noop`."""
    problems: dict[str, str] = field(default_factory=dict)
    """By id: why it could not be done."""
    not_tried: int = 0
    settled_earlier: int = 0
    """Of killed runs: what they had done and could not write down."""

    def count(self, result: str) -> int:
        """How many ended so."""
        return Counter(self.results.values())[result]


def require_ops_admin(system: System, actor: str) -> None:
    """See that `actor` may clear lockouts.

    Raises:
        RefusedError: the folder does not list this actor.
        ConfigurationError: the system does not offer it at all.
    """
    lockouts = system.support.lockouts
    if lockouts is None:
        raise ConfigurationError(
            f"{system.name} does not offer clear_lockout: its system.yaml says nothing of support.lockouts"
        )
    if actor not in lockouts.ops_admin:
        raise RefusedError(
            f"{actor} may not clear lockouts of {system.name}: support.lockouts.ops_admin in its file does not list "
            "this actor; SERENO_ACTOR says who is acting"
        )


def carry_out(
    system: System, chosen: Chosen, *, way: Way, context: JobContext, note: str = "", progress: Progress = silent
) -> Outcome:
    """Carry out the operation for every row of `chosen`.

    Args:
        system: whose rows.
        chosen: which.
        way: how.
        context: the run, for the ledger.
        note: the operator's, for the system.
        progress: told after each row.

    Raises:
        SerenoError: nothing could be begun; what was begun is in the outcome.
    """
    outcome = Outcome()
    kind: Kind = chosen.kind
    with at_desk(system, kind, way=way, context=context, note=note) as desk:
        outcome.settled_earlier = len(desk.settle_earlier().settled)
        for number, identifier in enumerate(chosen.ids, start=1):
            try:
                outcome.results[identifier] = desk.do(identifier)
            except SerenoError as error:
                outcome.problems[identifier] = str(error)
                if not error.permanent or isinstance(error, RefusedError) or way.statement:
                    outcome.not_tried = len(chosen.ids) - number
                    break
            progress(done=number, total=len(chosen.ids), what=f"{kind.noun} {identifier}")
    return outcome
