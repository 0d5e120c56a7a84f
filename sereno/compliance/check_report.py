"""What the job `compliance_check` reports: every control as a finding, on the day on which it stops to hold."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sereno.compliance.content import Content
from sereno.compliance.control import Judged, Outcome
from sereno.reports.build import human_count
from sereno.reports.model import Draft, Finding, ReportTable
from sereno.systems.sections.compliance import Severity

_REQUIRED = frozenset({Severity.HIGH, Severity.CRITICAL})


def check_report(content: Content, sent: Sequence[Finding] = ()) -> Draft:
    """The report: a control of high severity that failed fails the run; one without data is told.

    Args:
        content: what was seen and how it was judged.
        sent: what became of reports that waited for the officer.
    """
    return Draft(
        headline=headline_of(content),
        figures=figures_of(content),
        findings=(*findings_of(content), *sent),
        tables=(score_table(content),),
    )


def headline_of(content: Content) -> str:
    """The score, and what is wrong, in one sentence."""
    failed = [each for each in content.controls if each.outcome is Outcome.FAILED]
    open_ = [each for each in content.controls if each.outcome in (Outcome.NO_DATA, Outcome.MANUAL)]
    said = f"{content.title}: compliance score {content.score.value} of 100"
    if content.trend:
        moved = content.score.value - content.trend[-1].value
        said += f" ({moved:+d} since {content.trend[-1].until})"
    said += f", {content.score.passed} of {human_count(content.score.controls, 'control')} passed"
    if failed:
        said += f", failed: {', '.join(each.title or words(each.name) for each in failed)}"
    return said + (f"; {len(open_)} without data or by hand" if open_ else "")


def figures_of(content: Content) -> dict[str, int | str | None]:
    """The score, and how the controls were judged."""
    counts = {outcome: sum(each.outcome is outcome for each in content.controls) for outcome in Outcome}
    return {
        "score": content.score.value,
        "score_bounded": "yes" if content.score.bounded else "no",
        "controls": content.score.controls,
        **{f"controls_{outcome.value.replace('-', '_')}": number for outcome, number in counts.items()},
        "period_since": content.period.since.isoformat(),
        "period_until": content.period.until.isoformat(),
        "requests_overdue": content.requests.overdue if content.requests else None,
        "breaches_overdue": content.breaches.overdue if content.breaches else None,
    }


def findings_of(content: Content) -> Iterator[Finding]:
    """A finding for each control; one without data, or done by hand, did not pass and is not required."""
    for each in content.controls:
        evidence = ", ".join(f"{words(name)} {value}" for name, value in each.figures.items() if value is not None)
        yield Finding(
            name=each.title or words(each.name),
            passed=each.passed,
            required=each.outcome is Outcome.FAILED and each.severity in _REQUIRED,
            evidence=f"{each.outcome.value}: {each.reason or evidence}" if not each.passed else evidence,
        )


def score_table(content: Content) -> ReportTable:
    """What would raise the score most."""
    titles = {each.name: _titled(each) for each in content.controls}
    rows = tuple((titles[each.control], f"{each.score}") for each in content.score.raises)
    return ReportTable(title="What would raise the score most", columns=("control", "score then"), rows=rows)


def words(name: str) -> str:
    """A name as words."""
    return name.replace("_", " ")


def _titled(control: Judged) -> str:
    return f"{control.title or words(control.name)} ({control.severity.value}, weight {control.weight})"
