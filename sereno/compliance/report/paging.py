"""A sealed report as a page in its language."""

from __future__ import annotations

from sereno.compliance.content import Content, SealedReport
from sereno.compliance.control import Outcome
from sereno.compliance.report.page import Page, Share
from sereno.compliance.report.sections import TONES, Sections, shown
from sereno.compliance.report.texts import Texts

_MOST_RAISES = 6
_MOST_TREND = 12
_MOST_NAMES = 6


def page_of(sealed: SealedReport) -> Page:
    """What the reader sees."""
    content = sealed.content
    say = Texts(content.language)
    sections = Sections(sealed, say)
    names = {each.name: sections.name_of(each) for each in content.controls}
    return Page(
        language=content.language.value,
        title=f"{say('title')}: {shown(content.title, 200)}",
        headline=headline_of(content, say, names),
        tone=_tone(content),
        score=content.score.value,
        score_words=(say("score"), say("score.of")),
        notes=(say("bounded", value=content.score.value),) if content.score.bounded else (),
        facts=_facts(content, say, sections),
        shares=_shares(content, say),
        shares_title=say("shares"),
        trend=(
            *((each.until.isoformat(), each.value) for each in content.trend[-_MOST_TREND + 1 :]),
            (content.period.until.isoformat(), content.score.value),
        ),
        trend_title=say("trend"),
        raises=tuple((names[each.control], each.score) for each in content.score.raises[:_MOST_RAISES]),
        raises_title=say("raises"),
        contents_title=say("contents"),
        sections=tuple(sections.all()),
        footer=say("footer", schema=content.schema_),
        paging=say("page"),
    )


def headline_of(content: Content, say: Texts, names: dict[str, str]) -> str:
    """The score, how it moved, and what is wrong, in one sentence."""
    score = content.score
    failed = [names[each.name] for each in content.controls if each.outcome is Outcome.FAILED]
    open_ = sum(each.outcome in (Outcome.NO_DATA, Outcome.MANUAL) for each in content.controls)
    said = say("headline", value=score.value, passed=score.passed, controls=score.controls)
    if content.trend:
        moved = f"{score.value - content.trend[-1].value:+d}"
        said += say("headline.moved", moved=moved, until=content.trend[-1].until.isoformat())
    if failed:
        more = f" (+{len(failed) - _MOST_NAMES})" if len(failed) > _MOST_NAMES else ""
        said += say("headline.failed", names=", ".join(failed[:_MOST_NAMES]) + more)
    return said + (say("headline.open", number=open_) if open_ else "")


def _tone(content: Content) -> str:
    outcomes = {each.outcome for each in content.controls}
    if Outcome.FAILED in outcomes:
        return "failed"
    return "passed" if outcomes == {Outcome.PASSED} else "open"


def _facts(content: Content, say: Texts, sections: Sections) -> tuple[tuple[str, str], ...]:
    since, until = content.period.since.isoformat(), content.period.until.isoformat()
    facts = (
        (say("fact.system"), shown(content.title)),
        (say("fact.controller"), shown(content.controller)),
        (say("fact.period"), say("period", since=since, until=until)),
        (say("fact.laws"), ", ".join(say(f"law.{law.value}") for law in content.laws)),
        (say("fact.generated"), f"{sections.moment(content.generated_at)} ({content.timezone})"),
    )
    return tuple(fact for fact in facts if fact[1])


def _shares(content: Content, say: Texts) -> tuple[Share, ...]:
    weights = {
        outcome: sum(each.weight for each in content.controls if each.outcome is outcome)
        for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.NO_DATA, Outcome.MANUAL)
    }
    return tuple(
        Share(label=say(f"outcome.{outcome.value}"), tone=TONES[outcome], weight=weight)
        for outcome, weight in weights.items()
        if weight
    )
