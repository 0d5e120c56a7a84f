"""The messages of a live run: first written down with the steps that they tell, then delivered from the outbox."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from sereno.errors import ConfigurationError
from sereno.ledger import open_ledger
from sereno.messages.deliveries import Deliveries
from sereno.messages.delivery import Delivery
from sereno.messages.outbox import Outbox
from sereno.messages.recipients import recipient_key
from sereno.messages.template import Templates
from sereno.progress import Progress, silent
from sereno.systems.model import System
from sereno.systems.secrets import Secret
from sereno.trials.accounts import Accounts
from sereno.trials.composing import TrialComposer
from sereno.trials.notice import JOB
from sereno.trials.notices import tell
from sereno.trials.planned import TrialPlan
from sereno.trials.schedule import step_name


def _now() -> datetime:
    return datetime.now(UTC)


def write_notices(system: System, plan: TrialPlan, *, run_id: str | None = None) -> int:
    """Write down the steps of `plan` and put their messages into the outbox; how many were new.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    with open_ledger() as ledger:
        notices = [planned.notice for planned in plan.notices]
        return tell(ledger, system.name, notices, now=plan.now, run_id=run_id)


def deliver_messages(
    system: System, *, max_messages: int, clock: Callable[[], datetime] = _now, progress: Progress = silent
) -> Deliveries:
    """Deliver what is due of the outbox, also what earlier runs left there.

    Args:
        system: whose.
        max_messages: at most so many in this run.
        clock: what time it is.
        progress: told of messages.

    Raises:
        SerenoError: the ledger or the system cannot be read, or a template is wrong.
    """
    if system.messages is None:
        return Deliveries()
    templates = Templates(system.name, fallback_locale=system.messages.fallback_locale)
    composer = TrialComposer(system, Accounts(system), templates, clock)
    with open_ledger() as ledger:
        outbox = Outbox(ledger, system=system.name, job=JOB)
        delivery = Delivery(outbox, system.messages, composer, key=recipient_key(), clock=clock)
        return delivery.deliver(at_most=max_messages, progress=progress)


def require_words(system: System, *, live: bool) -> None:
    """See that all that the policy tells can be told, before anything is changed.

    Args:
        system: whose policy.
        live: also see that the secrets of the channels are there.

    Raises:
        ConfigurationError: a template is missing in the fallback language.
        MissingSecretError: a secret of a channel is missing.
    """
    if system.messages is None:
        return
    secrets = [value for channel in system.messages.channels for _, value in channel if isinstance(value, Secret)]
    for secret in secrets if live else ():
        secret.resolve()
    templates = Templates(system.name, fallback_locale=system.messages.fallback_locale)
    missing = templates.missing(topics_of(system))
    if missing:
        raise ConfigurationError(f"there is no {missing[0]}; every message needs it, as the language to fall back on")


def topics_of(system: System) -> tuple[str, ...]:
    """Every topic that the policy of `system` tells: its steps and the changes that it announces."""
    if system.trials is None:
        return ()
    return (*map(step_name, system.trials.reminders_days), *(outcome.value for outcome in system.trials.announce))
