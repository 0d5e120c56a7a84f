"""What the support operations report: counts, ids of rows, and how to go on; nothing that names a person."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sereno.reports.build import headline, human_count
from sereno.reports.model import Draft, Figure, Finding, ReportTable
from sereno.support.choosing import Chosen
from sereno.support.kinds import FAILED, NOOP, RESEND, SUCCESS, Kind
from sereno.support.way import Way
from sereno.support.work import Outcome

_DONE = {"resend_notification": "sent again", "clear_lockout": "cleared", "resolve_alert": "resolved"}


def preview_report(system: str, chosen: Chosen, way: Way) -> Draft:
    """The report of a dry run."""
    kind, number = chosen.kind, len(chosen.open)
    nothing = len(chosen.subjects) - number
    sentence = f"would have {human_count(number, kind.noun)} of {system} {_done(kind, way)}"
    if nothing:
        sentence += f"; with {human_count(nothing)} there is nothing to do"
    if chosen.more:
        sentence += "; more are left for another run"
    figures: dict[str, Figure] = {"candidates": number, "noop": nothing}
    return Draft(
        headline=headline(findings := _about_sending(kind, way), f"{sentence}; dry_run off and confirm_live=YES do it"),
        figures=figures,
        findings=findings,
        tables=_by_channel(chosen, {}),
    )


def outcome_report(system: str, chosen: Chosen, way: Way, outcome: Outcome) -> Draft:
    """The report of a live run."""
    kind = chosen.kind
    success, noop = outcome.count(SUCCESS), outcome.count(NOOP)
    sentence = f"{human_count(success, kind.noun)} of {system} {_done(kind, way)}"
    if noop:
        sentence += f"; with {human_count(noop)} there was nothing to do"
    if chosen.more:
        sentence += "; more are left for another run"
    findings = (*_failed(kind, outcome), *_about_sending(kind, way), *_earlier(kind, outcome))
    figures: dict[str, Figure] = {
        "success": success,
        "noop": noop,
        "failed": outcome.count(FAILED) + len(outcome.problems),
        "not_tried": outcome.not_tried,
    }
    return Draft(
        headline=headline(findings, sentence),
        figures=figures,
        findings=findings,
        tables=_by_channel(chosen, outcome.results),
    )


def _done(kind: Kind, way: Way) -> str:
    return "marked as sent" if kind is RESEND and not way.sends else _DONE[kind.action]


def _failed(kind: Kind, outcome: Outcome) -> Iterable[Finding]:
    for identifier, result in outcome.results.items():
        if result == FAILED:
            evidence = "the system says that it did not work"
            yield Finding(name=f"{kind.noun} {identifier} was {_DONE[kind.action]}", passed=False, evidence=evidence)
    for identifier, problem in outcome.problems.items():
        yield Finding(name=f"{kind.noun} {identifier} was {_DONE[kind.action]}", passed=False, evidence=problem)
    if outcome.not_tried:
        rest = human_count(outcome.not_tried, kind.noun)
        yield Finding(name="every one was tried", passed=False, evidence=f"{rest} not tried after that")


def _about_sending(kind: Kind, way: Way) -> tuple[Finding, ...]:
    if kind is not RESEND:
        return ()
    evidence = "by the system's API"
    if not way.sends:
        evidence = (
            "the statement only marks them as sent, for those that were sent by other means: Sereno has no sender, and "
            "the system's file describes no API for this (support.notifications.call), or another way was asked for"
        )
    return (Finding(name="notifications are really sent", passed=way.sends, required=False, evidence=evidence),)


def _earlier(kind: Kind, outcome: Outcome) -> tuple[Finding, ...]:
    if not outcome.settled_earlier:
        return ()
    evidence = f"{human_count(outcome.settled_earlier, kind.noun)}: done before, written down now"
    return (Finding(name="what killed runs had done is written down", passed=True, evidence=evidence),)


def _by_channel(chosen: Chosen, results: dict[str, str]) -> tuple[ReportTable, ...]:
    if chosen.kind is not RESEND:
        return ()
    counts = Counter(
        (str(subject["channel"]), results.get(identifier, "not tried" if results else subject["status"]))
        for identifier, subject in zip(chosen.ids, chosen.subjects, strict=True)
    )
    rows = tuple((channel, state, f"{number:,}") for (channel, state), number in sorted(counts.items()))
    return (ReportTable(title="Notifications by channel", columns=("channel", "state", "notifications"), rows=rows),)
