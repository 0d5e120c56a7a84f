"""The desk: where support operations are carried out, one row at a time, each under an intent of its own.

By statement, reading, changing and reading again are one transaction. By API, the row is read before the call, and an
answer that was lost is looked up in the database. Either way a run that is killed leaves an open intent, which the next
run settles or abandons after looking at the row; audit event and counters are written with the settlement.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime

from sereno import audit
from sereno.database.sessions import ChangeSession, changing
from sereno.errors import ConfigurationError, ContractError, SystemUnavailableError
from sereno.intents import Figures, IntentLog, Keys, Resumed, carry_out, resume
from sereno.ledger import open_ledger
from sereno.reports.model import JobContext
from sereno.support.api import ApiSession, UncertainError, logged_in
from sereno.support.events import figures_of, key_in, result_in, written_down
from sereno.support.kinds import NOOP, Key, Kind, Subject
from sereno.support.turn import take_turn
from sereno.support.way import Way
from sereno.systems.model import System

_STEP = "desk"


class Desk:
    """Carries out one kind of operation. Made by `at_desk`."""

    def __init__(
        self,
        system: System,
        kind: Kind,
        *,
        way: Way,
        log: IntentLog,
        session: ChangeSession,
        api: ApiSession | None,
        note: str,
    ) -> None:
        """Change `system` through `session`, or through `api` where `way` has a call."""
        self._system = system
        self._kind = kind
        self._way = way
        self._log = log
        self._session = session
        self._api = api
        self._note = note
        self._uncertain = False

    def settle_earlier(self) -> Resumed:
        """Learn what became of what killed runs left open.

        Raises:
            SerenoError: the system or the ledger does not answer.
        """
        return resume(self._log, self._what_was_done)

    def do(self, identifier: str) -> str:
        """Carry it out for one row; `success`, `failed` or, where there was nothing to do, `noop`.

        Raises:
            ConfigurationError: there is no such row.
            SerenoError: it could not be done, or nobody knows whether it was; see `carry_out`.
        """
        with self._session.transaction():
            subject = self._standing(self._session, identifier)
        if subject is None:
            raise ConfigurationError(f"{self._system.name} has no {self._kind.noun} {identifier!r}")
        self._uncertain = False
        return result_in(carry_out(self._log, [self._kind.key(subject)], self._commit, self._what_was_done))

    def _commit(self, keys: Keys) -> Figures:
        key = key_in(keys)
        return figures_of(self._kind, key, self._by_call(key) if self._api else self._by_statement(key))

    def _by_statement(self, key: Key) -> str:
        assert self._way.statement
        with self._session.transaction():
            take_turn(self._session, system=self._system.name, job=self._kind.job)
            if not self._is_open(self._session, key):
                return NOOP
            actor, _ = audit.actor_of_process()
            given = {"id": str(key["id"]), "now": datetime.now(UTC), "actor": actor, "note": self._note}
            self._session.execute(self._way.statement, given)
            subject = self._standing(self._session, str(key["id"]))
            result = self._kind.learnt(key, subject) if subject else None
            if result is None:
                raise ContractError(
                    f"{self._way.statement.where} changed nothing that {self._way.read.where} shows of "
                    f"{self._kind.noun} {key['id']}; it was undone"
                )
        return result

    def _by_call(self, key: Key) -> str:
        assert self._api
        assert self._way.call
        with self._session.transaction():
            if not self._is_open(self._session, key):
                return NOOP
        try:
            identifier = key["id"] if isinstance(key["id"], int) else str(key["id"])
            return self._api.carry_out(self._way.call, identifier=identifier, note=self._note)
        except UncertainError:
            self._uncertain = True
            raise

    def _what_was_done(self, keys: Keys) -> Figures | None:
        """What a transaction or a call did that may have been committed, asked in a session of its own."""
        key = key_in(keys)
        with changing(self._system, purpose=f"{self._kind.job}: ask") as session, session.transaction():
            take_turn(session, system=self._system.name, job=self._kind.job)
            subject = self._standing(session, str(key["id"]))
        result = self._kind.learnt(key, subject) if subject else None
        if result is None and self._uncertain:
            raise SystemUnavailableError(f"the call about {self._kind.noun} {key['id']} may still be under way")
        return None if result is None else figures_of(self._kind, key, result)

    def _is_open(self, session: ChangeSession, key: Key) -> bool:
        subject = self._standing(session, str(key["id"]))
        return bool(key["open"]) and subject is not None and self._kind.is_open(subject)

    def _standing(self, session: ChangeSession, identifier: str) -> Subject | None:
        rows = self._kind.checked(session.returned(self._way.read, {"id": identifier}), where=self._way.read.where)
        if len(rows) > 1:
            raise ContractError(f"{self._way.read.where}: gives {len(rows)} rows for one id")
        return rows[0] if rows else None


@contextmanager
def at_desk(system: System, kind: Kind, *, way: Way, context: JobContext, note: str = "") -> Iterator[Desk]:
    """A desk for `kind`, while the block runs; to be used while holding the exclusion of the job.

    Raises:
        SerenoError: the system, its API or the ledger cannot be reached.
    """
    with ExitStack() as stack:
        ledger = stack.enter_context(open_ledger())
        api = stack.enter_context(logged_in(way.api)) if way.api else None
        session = stack.enter_context(changing(system, purpose=kind.job))
        log = IntentLog(
            ledger,
            system=system.name,
            job=kind.job,
            step=_STEP,
            run_id=context.flow_run_id or context.run_name,
            settled_with=written_down(kind, context),
        )
        yield Desk(system, kind, way=way, log=log, session=session, api=api, note=note)
