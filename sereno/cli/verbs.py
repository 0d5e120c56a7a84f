"""The verbs' signatures and help texts; what they do is imported when they are called."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated, Literal, TypeAlias

from cyclopts import Parameter

AsJson: TypeAlias = Annotated[bool, Parameter(name="--json")]
FORMATS = ".json, .xml (JUnit), .html, .csv, .xlsx, .pdf or .md, by its name; can be given several times."
Reports: TypeAlias = Annotated[
    tuple[Path, ...],
    Parameter(name="--report", consume_multiple=False, help=f"Also write the report to this file: {FORMATS}"),
]
Confirmation: TypeAlias = Annotated[str, Parameter(name="--confirm-live")]
Port: TypeAlias = Annotated[int | None, Parameter(help="Where the server listens, if it is free.")]
Scale: TypeAlias = Annotated[float | None, Parameter(help="How much demo data; 1 is about 100,000 rows.")]


def check(system: str | None = None, /, *, online: bool = False, reports: Reports = (), as_json: AsJson = False) -> int:
    """Is everything there that a system's jobs need? Reads no row.

    One table says what is ready, what is not, and why. The exit code is 1 when
    something required is missing. Nothing is changed; --online tries each store
    with a tiny object, which it deletes again.

      sereno check                   every system: its file, SQL files, secrets
      sereno check point --online    also the real databases and stores
      sereno check --report check.xml

    Args:
        system: The system's name; all systems when it is left out.
        online: Also connect to the databases and the stores.
        reports: Also write the report to these files.
        as_json: Print the report as JSON and nothing else.
    """
    from sereno.cli.checking import print_check

    return print_check(system, online=online, as_json=as_json, reports=reports)


def schema(of: Literal["system", "smoke", "datamap"] = "system", /) -> int:
    """Print the JSON Schema of `system.yaml`, `smoke.yaml` or `data_map.yaml`.

    Editors complete and check by it: the first line of such a file points there.

      sereno schema > deployments/system.schema.json
      sereno schema smoke > deployments/smoke.schema.json
      sereno schema datamap > deployments/datamap.schema.json

    Args:
        of: Which file's.
    """
    if of == "smoke":
        from sereno.smoke.suite.schema import smoke_schema_text as schema_text
    elif of == "datamap":
        from sereno.compliance.datamap.reading import data_map_schema_text as schema_text
    else:
        from sereno.systems.schema import schema_text

    sys.stdout.write(schema_text())  # as it is: the redactor would see a passphrase in a key of that name
    return 0


def version() -> int:
    """Print the version."""
    from sereno import __version__
    from sereno.cli.output import print_text

    print_text(f"sereno {__version__}")
    return 0


def run(job: str, system: str, /, *values: str, reports: Reports = (), as_json: AsJson = False) -> int:
    """Carry out a job for a system now, and wait for its report.

    The run belongs to the server at PREFECT_API_URL. Where that is not set, the
    run gets a server of its own, which takes 20 to 30 seconds to start. The log
    goes to stderr.

      sereno run backup point
      sereno run backup point --json > report.json
      sereno run backup point --report backup.xml --report backup.pdf

    A job that changes something makes a dry run unless it is told otherwise:

      sereno run restore point
      sereno run restore point dry_run=false confirm_live=YES
      sereno run restore point target=staging 'tables=[public.users, public.plans]'

    Args:
        job: The job's name, such as `backup`; a wrong one is answered with the list.
        system: The system's name.
        values: The job's parameters as name=value; lists as name=[one, two].
        reports: Also write the report to these files.
        as_json: Print the report as JSON and nothing else.
    """
    from sereno.cli.running import run_job

    return run_job(job, system, values, as_json=as_json, reports=reports)


def deploy(system: str | None = None, /) -> int:
    """Register the jobs and schedules of prefect.yaml with the server.

    The server is the one at PREFECT_API_URL, else the one that `sereno up` runs.

    Args:
        system: Only this system's; all systems when it is left out.
    """
    from sereno.cli.processes import become_module

    become_module("infra.local", ["deploy", *([] if system is None else ["--", system])])


def demo(*, port: Port = None, scale: Scale = None) -> int:
    """See it work: start everything, run each scheduled job once, stop.

    A demo database, a Prefect server and a worker carry out the jobs of the demo
    system, and a table shows how it went. Nothing else is needed; all of it
    listens on this machine only.
    """
    from sereno.cli.processes import become_module

    become_module("infra.local", ["demo", *_stack_options(port, scale)])


def up(*, port: Port = None, scale: Scale = None) -> int:
    """Start the server, the worker and the demo system; stay until Ctrl-C."""
    from sereno.cli.processes import become_module

    become_module("infra.local", ["up", *_stack_options(port, scale)])


def _stack_options(port: int | None, scale: float | None) -> list[str]:
    return [f"--{name}={value}" for name, value in (("port", port), ("scale", scale)) if value is not None]
