"""Which job this process is carrying out; known to every step of it."""

from contextvars import ContextVar

from sereno.reports.model import JobContext

_current: ContextVar[JobContext] = ContextVar("job")


def enter_job(context: JobContext) -> None:
    """From here on this is the job that runs."""
    _current.set(context)


def current_job() -> JobContext:
    """The job that runs."""
    return _current.get()
