"""The job `database_care`."""

from datetime import UTC, datetime

from sereno.care.report import care_report
from sereno.errors import RefusedError
from sereno.reports.model import Report
from tasks.database_care import carry_out, look, plan_actions, remember
from tasks.job import job
from tasks.publish import publish
from tasks.systems import exclusive, load_system


@job(run_name="database care {system}")
async def database_care(
    system: str,
    vacuum: list[str] = [],  # noqa: B006 (Prefect reads the form's default from it; it is never changed)
    reindex: list[str] = [],  # noqa: B006
    end_session: str = "",
    dry_run: bool = True,
    confirm_live: str = "",
) -> Report:
    """Say on one page how a system's database is, and mend what is asked for.

    When: every day, and whenever the system is slow or hangs. A dry run is the page alone.

    What it changes: a dry run, nothing in the system. A live run does what the form asks for, and nothing else: it
    cleans tables (`VACUUM (ANALYZE)`), rebuilds indexes that the page calls invalid or swollen (`REINDEX CONCURRENTLY`;
    everybody can go on meanwhile), and ends one session, whose uncommitted work is lost. Then it looks again.

    When it fails: each finding that did not pass says what is the matter and, behind the arrow, what to do. Those that
    fail the run cannot wait: no room for connections, forgotten transactions, sessions that are held up, ids or numbers
    that run out, invalid indexes, settings that endanger the data. The optional ones are for the next quiet hour. What
    the role cannot see is said; docs/database-care.md has each finding, and how to set its threshold.

    Args:
        system: The system's name: a folder below `deployments/`.
        vacuum: Tables to clean, such as `public.bookings`.
        reindex: Indexes to rebuild, as the page names them; valid ones that are not swollen are refused.
        end_session: The session to end, as the page names it: its process and when it began.
        dry_run: Show the page and what would be done; do nothing.
        confirm_live: `YES` to really do it, together with `dry_run` off.
    """
    source = await load_system(system)
    async with exclusive(source, "database_care"):
        seen = await look(source)
        planned = await plan_actions(source, seen, vacuum=vacuum, reindex=reindex, end_session=end_session)
        if not (dry_run or planned):
            raise RefusedError("nothing was asked for: a live run needs vacuum, reindex or end_session")
        done = [] if dry_run else await carry_out(source, planned)
        seen = await look(source) if done else seen
        readings = await remember(source, seen, now=datetime.now(UTC))
    return await publish(care_report(source, seen, readings, planned=planned, done=done))
