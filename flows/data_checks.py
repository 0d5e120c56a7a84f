"""The job `data_checks`."""

from datetime import UTC, datetime

from sereno.data_checks.report import data_checks_report
from sereno.reports.model import Report
from tasks.data_checks import (
    compare_labels,
    count_rows,
    look_for_duplicates,
    look_for_parents,
    look_for_rows,
    measure_age,
    measure_latency,
    run_queries,
)
from tasks.job import job
from tasks.publish import publish
from tasks.systems import exclusive, load_system


@job(run_name="data checks {system}")
async def data_checks(system: str) -> Report:
    """Check what has to be true of the rows of one system, as its folder declares it.

    When: every day, after a seed, a migration or a restore, and before people blame the code.

    What it changes: nothing. It reads through sessions that cannot write.

    When it fails: each finding that did not pass names what was expected, what is there, and the keys of some
    offenders; no other value of a row is shown, so look those rows up in the system. A check that could not be run says
    why: a table or a right that is missing, or a query that takes too long. The others were run all the same.

    Args:
        system: The system's name: a folder below `deployments/`.
    """
    source = await load_system(system)
    async with exclusive(source, "data_checks"):
        verdicts = [
            *await count_rows(source),
            *await compare_labels(source),
            *await look_for_rows(source),
            *await look_for_parents(source),
            *await measure_age(source, now=datetime.now(UTC)),
            *await look_for_duplicates(source),
            *await run_queries(source),
            *await measure_latency(source),
        ]
    return await publish(data_checks_report(verdicts))
