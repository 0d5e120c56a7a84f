"""Is there a template for everything that jobs tell, and can each be filled? Nothing is sent."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import partial

from sereno.check.statements import stated, without
from sereno.errors import SerenoError
from sereno.messages.template import Templates
from sereno.reports.model import Finding
from sereno.settings import Settings
from sereno.systems.model import System
from sereno.trials.account import Account, State
from sereno.trials.composing import values_of
from sereno.trials.telling import topics_of


def checked_messages(system: System, settings: Settings) -> list[Finding]:
    """The findings about `messages/`; none where the system writes to nobody."""
    if system.messages is None:
        return []
    try:
        return list(_checked(system, settings, system.messages.fallback_locale))
    except (SerenoError, OSError) as error:
        return [Finding(name="messages/ can be read", passed=False, evidence=str(error))]


def _checked(system: System, settings: Settings, fallback: str) -> Iterator[Finding]:
    templates = Templates(system.name, fallback_locale=fallback, settings=settings)
    wanted, there = topics_of(system), templates.topics()
    name = f"messages/ has a template in {fallback} for all that is told"
    yield without(templates.missing(wanted), name, advice="people whose language has none get that one", required=True)
    for topic in wanted:
        if topic in there:
            yield stated(
                f"messages/{topic}.*.md can be filled", partial(_filled, templates, system, topic, there[topic])
            )
    strange = [*templates.strangers(), *(f"{topic}.*.md" for topic in there if topic not in wanted)]
    yield without(strange, "every file in messages/ is used", advice="nothing is told by them")


def _filled(templates: Templates, system: System, topic: str, locales: tuple[str, ...]) -> str:
    now = datetime.now(UTC)
    sample = Account(
        key=1,
        tenant="sample",
        name="Sample & Co.",
        plan="sample",
        status="sample",
        state=State.TRIALING,
        ends_at=now + timedelta(days=3),
        zone=system.zone,
    )
    for locale in locales:
        templates.render(topic, locale, values_of(sample, system, now))
    return ", ".join(locales)
