"""`sereno smoke`: the verb's signature and help text."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

from cyclopts import Parameter

from sereno.cli.verbs import AsJson, Confirmation, Reports

Number: TypeAlias = Annotated[int | None, Parameter(show_default=False)]
Secretly: TypeAlias = Annotated[str, Parameter(show_default=False)]
Sets: TypeAlias = Annotated[tuple[str, ...], Parameter(name="--set", consume_multiple=False)]


def smoke(
    system: str,
    /,
    *,
    suite: str = "",
    base_url: str = "",
    live: bool = False,
    confirm_live: Confirmation = "",
    insecure: bool = False,
    idle_days: Number = None,
    idle_limit: Number = None,
    retain_days: Number = None,
    max_delete: Number = None,
    sets: Sets = (),
    token: Secretly = "",
    username: Secretly = "",
    password: Secretly = "",
    junit: Path | None = None,
    html: Path | None = None,
    reports: Reports = (),
    as_json: AsJson = False,
) -> int:
    """Run a smoke suite of a system: does its API answer as it should?

    Without PREFECT_API_URL the suite runs here and now, and needs no server and
    no database. With it, the run stands in that server's history, and is
    compared with the runs before it.

      sereno smoke point
      sereno smoke point --suite quick --base-url https://staging.point.example
      sereno smoke point --live --confirm-live YES --retain-days 90
      sereno smoke point --junit smoke.xml --html smoke.html

    BASE_URL, TOKEN, USERNAME and PASSWORD in the environment say the same as
    the flags; USERNAME counts only together with PASSWORD. Nothing but the
    live checks of a suite changes anything, and these are left out unless the
    run is live and confirmed.

    Args:
        system: The system's name.
        suite: Which suite of its smoke.yaml; the first one when it is left out.
        base_url: Where the API is, instead of what the file says.
        live: Also make the checks that change something.
        confirm_live: YES, together with --live.
        insecure: Do not verify the server's certificate.
        idle_days: The variable idle_days of the suites.
        idle_limit: The variable idle_limit.
        retain_days: The variable retain_days.
        max_delete: The variable max_delete.
        sets: Another variable as NAME=VALUE; can be given several times.
        token: The operator's token.
        username: The operator's name.
        password: The operator's password.
        junit: Also write JUnit XML to this file.
        html: Also write an HTML page with a waterfall to this file.
        reports: Also write the report to these files.
        as_json: Print the report as JSON and nothing else.
    """
    from sereno.cli.smoking import formats_of, run_smoke, wishes_of

    numbers = {"idle_days": idle_days, "idle_limit": idle_limit, "retain_days": retain_days, "max_delete": max_delete}
    wishes = wishes_of(
        suite=suite,
        base_url=base_url,
        live=live,
        insecure=insecure,
        values={name: str(value) for name, value in numbers.items() if value is not None},
        sets=sets,
        given={"TOKEN": token, "USERNAME": username, "PASSWORD": password},
    )
    files = formats_of(junit, html, reports)
    return run_smoke(system, wishes=wishes, confirm_live=confirm_live, files=files, as_json=as_json)
