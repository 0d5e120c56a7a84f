"""The verbs put together: what `sereno --help` shows, and one sentence for whatever cannot be understood."""

from __future__ import annotations

from collections.abc import Sequence

from cyclopts import App, CycloptsError, Group, Parameter, UnusedCliTokensError

from sereno import __version__
from sereno.cli import (
    archive_verbs,
    audit_verbs,
    backup_verbs,
    data_map_verbs,
    history_verb,
    key_verbs,
    metrics_verbs,
    report_verbs,
    smoke_verb,
    verbs,
)
from sereno.errors import EXIT_DONE, ConfigurationError

_HELP = """\
The night watchman of your systems: backup, restore and the other procedures
of the operations runbook, as jobs with a schedule, a guard and a history.

A system is a folder below `deployments/`; a job is carried out for one system.

  sereno demo                    see it work: a database, a server, real runs
  sereno check point --online    is everything ready for the system `point`?
  sereno run backup point        take a backup now
  sereno backups verify point    prove that its backups can be read
  sereno smoke point             does its API answer as it should?
"""
_EPILOGUE = """\
Exit codes: 0 done, 1 the job or a required check failed, 2 wrong usage or
configuration, 3 refused by a guard, 130 interrupted.

Settings come from the environment or from .env: SERENO_HOME (.sereno),
SERENO_SYSTEMS_DIR (deployments), SERENO_LEDGER_URL, SERENO_ACTOR. Runs go to
the Prefect server at PREFECT_API_URL. SERENO_DEBUG=1 shows tracebacks.
"""
_LONGEST = 500  # characters of a complaint about the arguments, which can be of any length

LOOK = Group.create_ordered("Look")
ACT = Group.create_ordered("Act")
SERVE = Group.create_ordered("Serve")
OTHER = Group.create_ordered("Other")


def program() -> App:
    """The command line as a cyclopts app; every verb returns its exit code."""
    app = App(
        name="sereno",
        help=_HELP,
        help_format="plaintext",
        help_epilogue=_EPILOGUE,
        version=__version__,
        default_parameter=Parameter(negative=(), show_default=False),
        suppress_keyboard_interrupt=False,
    )
    for flag in ("--help", "--version"):
        app[flag].group = (OTHER,)
    app.command(verbs.check, group=LOOK)
    app.command(backup_verbs.verbs(LOOK))
    app.command(audit_verbs.verbs(LOOK))
    app.command(history_verb.history, group=LOOK)
    app.command(archive_verbs.verbs(LOOK))
    app.command(data_map_verbs.verbs(LOOK))
    app.command(report_verbs.verbs(LOOK))
    app.command(verbs.schema, group=OTHER)
    app.command(verbs.version, group=OTHER)
    app.command(verbs.run, group=ACT)
    app.command(smoke_verb.smoke, group=ACT)
    app.command(key_verbs.verbs(ACT))
    app.command(verbs.demo, group=SERVE)
    app.command(verbs.up, group=SERVE)
    app.command(verbs.deploy, group=SERVE)
    app.command(metrics_verbs.verbs(SERVE))
    return app


def carry_out(words: Sequence[str]) -> int:
    """Carry out the command that `words` say, and return its exit code.

    Raises:
        ConfigurationError: the words make no command.
        SerenoError: whatever the verb raises.
    """
    try:
        result = program()(list(words), exit_on_error=False, print_error=False, result_action="return_value")
    except CycloptsError as error:
        raise ConfigurationError(_complaint(error)) from None
    return result if isinstance(result, int) else EXIT_DONE


def _complaint(error: CycloptsError) -> str:
    message = " ".join(str(error).split())
    if isinstance(error, UnusedCliTokensError):
        message = f"there is more than this command takes: {' '.join(map(repr, error.unused_tokens or ()))}"
    if len(message) > _LONGEST:
        message = f"{message[:_LONGEST]}…"
    return f"{message} (see `{' '.join(('sereno', *(error.command_chain or ()), '--help'))}`)"
