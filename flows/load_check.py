"""The job `load_check`."""

from typing import Annotated

from pydantic import Field

from sereno.load.load import MOST_CONNECTIONS, MOST_REQUESTS, load_of
from sereno.load.report import load_preview, load_report
from sereno.reports.model import Report
from tasks.job import job
from tasks.load_check import apply_load, plan_load, probe, remember_load
from tasks.publish import publish
from tasks.systems import exclusive, load_system


@job(run_name="load check {system}")
async def load_check(
    system: str,
    endpoint: str = "",
    target: str = "",
    requests: Annotated[int, Field(ge=1, le=MOST_REQUESTS)] | None = None,
    concurrency: Annotated[int, Field(ge=1, le=MOST_CONNECTIONS)] = 10,
    rate: Annotated[float, Field(gt=0, le=50_000)] | None = None,
    duration_seconds: Annotated[float, Field(gt=0, le=3_600)] | None = None,
    warmup_requests: Annotated[int, Field(ge=0, le=100_000)] = 10,
    timeout_seconds: Annotated[float, Field(gt=0, le=300)] = 30.0,
    thresholds: Annotated[list[str], Field(max_length=20)] = [],  # noqa: B006 (Prefect shows it in the form)
    abort_error_percent: Annotated[float, Field(ge=0, le=100)] = 50.0,
    accept_baseline: bool = False,
    insecure: bool = False,
    dry_run: bool = True,
    confirm_live: str = "",
) -> Report:
    """Put one endpoint of a system under load, and say what it bears and how it answers under it.

    When: before a release that may have made it slower, before an expected rush, and every week with a small load, so
    that there is a history. By hand first as a dry run, which sends a single request and says what it would do.

    What it changes: what the endpoint changes, as often as it is sent. A live run keeps the system's server busy, and
    its users wait meanwhile: choose a quiet hour or a staging target. It is sent only to hosts that the system's file
    names under `load_check`, and to this machine. A run that fails more than `abort_error_percent` of its requests is
    cut short.

    When it fails: a finding names the threshold that did not hold, or the comparison with the accepted run. See which
    second it began in, and the database's slowest statements in the same window. Errors by kind tell a server that is
    down from one that is slow. When the client was the limit, the figures say little: run it from another machine or
    with less load.

    Args:
        system: The system's name: a folder below `deployments/`.
        endpoint: A name under `load_check.endpoints` of the system's file; empty for the first one.
        target: A name under `load_check.targets`, or the URL of one of the system's hosts; empty for the first one.
        requests: How many requests are sent, each as soon as one of the callers has its answer. 100 where nothing else
            bounds the load.
        concurrency: How many callers there are, or, with a rate, how many connections at most.
        rate: Send so many requests a second instead, whatever becomes of those before; their latency counts from the
            moment at which each was due.
        duration_seconds: For how long; needed with a rate.
        warmup_requests: Sent before, and not counted.
        timeout_seconds: How long one answer is waited for.
        thresholds: What has to hold besides what the system's file says, such as `p95 < 300ms` or `error_rate < 1%`.
        abort_error_percent: Stop when more than this share of the last five seconds' requests failed.
        accept_baseline: Compare later runs of the same load with this one.
        insecure: Accept any certificate.
        dry_run: Say what would be sent, and send one request.
        confirm_live: `YES` to really do it, together with `dry_run` off.
    """
    source = await load_system(system)
    load = load_of(
        requests=requests,
        concurrency=concurrency,
        rate=rate,
        duration_seconds=duration_seconds,
        warmup_requests=warmup_requests,
        timeout_seconds=timeout_seconds,
        abort_error_percent=abort_error_percent,
    )
    async with exclusive(source, "load_check"):
        plan = await plan_load(
            source, load=load, endpoint=endpoint, target=target, thresholds=thresholds, insecure=insecure
        )
        first = await probe(plan)
        if dry_run or first.recorder.failed:
            return await publish(load_preview(plan, first))
        outcome = await apply_load(source, plan)
        history = await remember_load(source, outcome, accept=accept_baseline)
    return await publish(load_report(source, outcome, history))
