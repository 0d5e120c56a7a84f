"""Which job this process is carrying out, and how far its report has come; known to every step of it."""

from contextvars import ContextVar
from dataclasses import dataclass

from sereno.reports.model import JobContext, Report


@dataclass
class JobRun:
    """A run of a job. It has one report: composed once, then sealed once."""

    context: JobContext
    composed: Report | None = None
    sealed: Report | None = None


_current: ContextVar[JobRun] = ContextVar("run")


def enter_job(context: JobContext) -> None:
    """From here on this is the job that runs."""
    _current.set(JobRun(context))


def current_run() -> JobRun:
    """The run of the job that runs."""
    return _current.get()


def current_job() -> JobContext:
    """The job that runs."""
    return current_run().context
