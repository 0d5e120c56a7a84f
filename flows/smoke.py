"""The job `smoke`."""

from sereno.reports.model import Report
from sereno.smoke.report.draft import smoke_draft
from tasks.job import job
from tasks.publish import publish
from tasks.run_context import current_job
from tasks.smoke import plan_suite, remember_results, run_suite
from tasks.systems import exclusive, load_system


@job(run_name="smoke {system} {suite}")
async def smoke(
    system: str,
    suite: str = "",
    base_url: str = "",
    live: bool = False,
    confirm_live: str = "",
    insecure: bool = False,
    values: dict[str, str] = {},  # noqa: B006 (Prefect reads the form's default from it; it is never changed)
) -> Report:
    """Run a smoke suite: ask the system's API what the runbook asks every morning, and judge the answers.

    When: every morning, after a deployment, and whenever somebody says that something does not work.

    What it changes: nothing in the system, and a dry run of the system's own that changed something fails. A live run
    also makes the checks that change something, and undoes what they made. The ledger remembers how each check went.

    When it fails: a finding names the check, what was expected and what was found, and the request as a `curl` command
    with its secrets masked. Everything failing at once means that the system is down, or that the login is wrong. A
    check that is slower than before, or answers in another shape, fails no run, and is worth a look before it does.

    Args:
        system: The system's name: a folder below `deployments/`.
        suite: Which suite of its smoke.yaml; the first one where it is empty.
        base_url: Where the API is, instead of what the file says; on a host that belongs to the system.
        live: Also make the checks that change something.
        confirm_live: `YES` to really do it, together with `live`.
        insecure: Do not verify the server's certificate.
        values: Variables of the suites that have another value in this run, such as `retain_days`.
    """
    source = await load_system(system)
    plan = await plan_suite(system, suite=suite, base_url=base_url, live=live, insecure=insecure, values=values)
    async with exclusive(source, "smoke"):
        run = await run_suite(plan)
        past = await remember_results(run, flow_run_id=current_job().flow_run_id)
    return await publish(smoke_draft(run, past))
