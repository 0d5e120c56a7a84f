"""The ledger's memory of load checks: the runs before, the baseline, and whether this run becomes one."""

from __future__ import annotations

from dataclasses import dataclass

from sereno.ledger import open_ledger
from sereno.ledger.load_runs import LoadRun, accepted_load_run, newest_load_runs, note_load_run
from sereno.load.apply import LoadOutcome
from sereno.load.baseline import Baseline, compared, kept_figures
from sereno.load.findings import CLIENT, outcome_findings
from sereno.reports.build import tally
from sereno.reports.model import Finding, Result
from sereno.systems.model import System

_SHOWN = 30  # runs


@dataclass(frozen=True, kw_only=True)
class LoadHistory:
    """What is known of a load check once it is over. `runs` are those of the same load, oldest first, with this one."""

    findings: tuple[Finding, ...]
    runs: tuple[LoadRun, ...]
    baseline: Baseline | None


def remember(system: System, outcome: LoadOutcome, *, accept: bool, flow_run_id: str | None = None) -> LoadHistory:
    """Judge the run, against the baseline too, and write it down.

    Args:
        system: whose load check it was.
        outcome: the run.
        accept: make it the baseline, unless something other than the comparison with the old one is wrong with it.
        flow_run_id: the run's id in Prefect.

    Raises:
        SerenoError: the ledger cannot be written.
    """
    profile, figures = outcome.plan.profile, kept_figures(outcome.measurement)
    own = tuple(outcome_findings(outcome))
    reliable = all(each.passed for each in own if each.name == CLIENT)
    sound = reliable and tally(own) is Result.PASSED
    with open_ledger() as ledger:
        baseline = _baseline(system, accepted_load_run(ledger, system.name, profile))
        comparison: tuple[Finding, ...] = ()
        if baseline and not accept:
            comparison = tuple(
                compared(
                    figures,
                    baseline,
                    tolerance_percent=outcome.plan.tolerance_percent,
                    paced=outcome.plan.load.rate is not None,
                    required=reliable,
                )
            )
        findings = (*own, *comparison, *_about_acceptance(accept=accept, sound=sound, baseline=baseline))
        run = LoadRun(
            profile=profile,
            started_at=outcome.started_at,
            result=tally(findings),
            accepted=accept and sound,
            figures=figures,
            flow_run_id=flow_run_id,
        )
        note_load_run(ledger, system.name, run)
        runs = tuple(newest_load_runs(ledger, system.name, profile, at_most=_SHOWN))
    return LoadHistory(findings=findings, runs=runs, baseline=baseline)


def _about_acceptance(*, accept: bool, sound: bool, baseline: Baseline | None) -> tuple[Finding, ...]:
    if accept:
        evidence = "later runs are compared with it" if sound else "a run that failed, or measured its client, is none"
        return (Finding(name="the run is accepted as the baseline", passed=sound, evidence=evidence),)
    if baseline is None:
        evidence = "run it with accept_baseline to compare later runs with it"
        return (Finding(name="there is a baseline to compare with", passed=False, required=False, evidence=evidence),)
    return ()


def _baseline(system: System, run: LoadRun | None) -> Baseline | None:
    if run is None or run.id is None:
        return None
    day = f"{run.started_at.astimezone(system.zone):%Y-%m-%d %H:%M}"
    return Baseline(run=run.id, day=day, figures=run.figures)
