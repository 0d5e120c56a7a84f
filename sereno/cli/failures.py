"""How a command ends that did not go well: one sentence on stderr and an exit code, no traceback unless asked for."""

from __future__ import annotations

import io
import os
import sys
import traceback
from collections.abc import Callable
from typing import TYPE_CHECKING, TextIO

from sereno.errors import EXIT_FAILED, EXIT_INTERRUPTED, SerenoError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

DEBUG_VARIABLE = "SERENO_DEBUG"
_LONGEST = 8_000  # characters of one message


def guarded(command: Callable[[], int]) -> int:
    """Run `command` and return its exit code; every exception becomes a sentence and the code that belongs to it."""
    _require_streams()
    try:
        code = command()
        sys.stdout.flush()
    except KeyboardInterrupt:
        complain("interrupted")
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        _abandon_stdout()
        return EXIT_FAILED
    except SerenoError as error:
        _explain()
        complain(str(error))
        return error.exit_code
    except OSError as error:
        _abandon_stdout()
        _explain()
        complain(_of_the_machine(error))
        return EXIT_FAILED
    except Exception as error:
        hint = f"set {DEBUG_VARIABLE}=1 to see where"
        complain(f"this is a defect of Sereno ({hint}): {type(error).__name__}: {error}")
        _explain()
        return EXIT_FAILED
    return code


def complain(text: str) -> None:
    """Say on stderr what went wrong, without secrets and control characters."""
    from sereno.redaction import redact
    from sereno.reports.presentation import legible

    shown = legible(redact(text).strip())
    cut = f"{shown[:_LONGEST]}…" if len(shown) > _LONGEST else shown
    sys.stderr.write(f"sereno: {cut}\n")
    sys.stderr.flush()


def _of_the_machine(error: OSError) -> str:
    if error.filename:
        return f"{error.filename}: {error.strerror}"
    if isinstance(error, FileNotFoundError):  # what asking for a working directory raises that was deleted
        return "the working directory does not exist any more; change to another one"
    return error.strerror or str(error)


def _explain() -> None:
    if os.environ.get(DEBUG_VARIABLE):
        from sereno.redaction import redact

        sys.stderr.write(redact(traceback.format_exc()))


def _require_streams() -> None:
    """A stream that the caller closed is None; one that speaks no Unicode, or loses its reader, must break nothing."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is None:
            setattr(sys, name, open(os.devnull, "w", encoding="utf-8"))  # noqa: SIM115 (lives as long as the process)
        elif stream is getattr(sys, f"__{name}__") and isinstance(stream, io.TextIOWrapper):
            setattr(sys, name, _heedless(stream))
        elif hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="backslashreplace")


class _HeedlessFile(io.FileIO):
    """What nobody reads any more goes nowhere, so that the command ends as it would have, with its own exit code."""

    def write(self, data: ReadableBuffer, /) -> int:
        try:
            return super().write(data)
        except BrokenPipeError:
            return memoryview(data).nbytes


def _heedless(stream: io.TextIOWrapper) -> TextIO:
    stream.flush()
    return io.TextIOWrapper(
        io.BufferedWriter(_HeedlessFile(stream.fileno(), "wb", closefd=False)),
        encoding=stream.encoding,
        errors="backslashreplace",
        line_buffering=stream.line_buffering or stream.write_through,
    )


def _abandon_stdout() -> None:
    """Nobody reads any more: what is still buffered goes nowhere, or Python would complain about it at its end."""
    try:
        descriptor = os.open(os.devnull, os.O_WRONLY)
        os.dup2(descriptor, sys.stdout.fileno())
        os.close(descriptor)
    except (OSError, ValueError):
        sys.stdout = open(os.devnull, "w", encoding="utf-8")  # noqa: SIM115 (lives as long as the process)
