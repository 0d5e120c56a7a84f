"""Reports as files of the caller's choice, whose names say the format: what `--report` and `report render` do."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sereno.cli.failures import complain
from sereno.cli.jobs import quoted
from sereno.cli.output import print_report
from sereno.cli.reporting import exit_code
from sereno.errors import EXIT_DONE, EXIT_FAILED, ConfigurationError, StorageError
from sereno.regular_files import read_regular
from sereno.reports import ReportFormat, render, render_page
from sereno.reports.model import Report, ReportTable
from sereno.whole_files import write_whole

REPORT_AT_MOST_BYTES = 64 * 1024 * 1024


def require_places(files: Iterable[Path]) -> None:
    """See, before anything runs, that a report can be written to each of `files`.

    Raises:
        ConfigurationError: the name of one says no format, its folder does not exist or may not be written, or it is a
            folder itself.
    """
    for path in files:
        _format(path)
        require_folder(path)


def require_folder(path: Path) -> None:
    """See, before anything runs, that a file can be written to `path`.

    Raises:
        ConfigurationError: its folder does not exist or may not be written, or it is a folder itself.
    """
    try:
        problem = _obstacle(path)
    except OSError as error:
        problem = error.strerror
    if problem:
        raise ConfigurationError(f"the report {quoted(str(path))} cannot be written there: {problem}")


def hand_over(report: Report, *, as_json: bool, files: Iterable[Path], code: int | None = None) -> int:
    """Print `report`, write it to `files` and return the exit code: `code`, or the one that belongs to the report.

    A file that cannot be written turns 0 into 1.
    """
    print_report(report, as_json=as_json)
    code = exit_code(report) if code is None else code
    return max(code, write_files(report, files))


def write_as(
    report: Report, path: Path, as_format: ReportFormat, *, charts: Mapping[str, str], tables: Sequence[ReportTable]
) -> int:
    """Write `report` to `path`, a page with `charts` and `tables`; the exit code. A failure is complained about."""
    try:
        page = as_format is ReportFormat.HTML
        write_whole(path, render_page(report, charts=charts, tables=tables) if page else render(report, as_format))
    except StorageError as error:
        complain(str(error))
        return EXIT_FAILED
    return EXIT_DONE


def write_files(report: Report, files: Iterable[Path]) -> int:
    """Write `report` to each of `files`; the exit code. One that fails is complained about and hides no other."""
    code = EXIT_DONE
    for path in files:
        try:
            write_whole(path, render(report, _format(path)))
        except StorageError as error:
            complain(str(error))
            code = EXIT_FAILED
    return code


def read_report_file(path: Path) -> Report:
    """The report that was kept as JSON at `path`.

    Raises:
        ConfigurationError: it cannot be read, is no regular file, is larger than 64 MiB, or is no report.
    """
    content = read_regular(path, at_most=REPORT_AT_MOST_BYTES, shown=quoted(str(path)))
    try:
        return Report.model_validate_json(content)
    except ValueError:
        raise ConfigurationError(f"{quoted(str(path))} is no report as JSON") from None


def _obstacle(path: Path) -> str | None:
    if not path.parent.is_dir():
        return "its folder does not exist"
    if path.is_dir():
        return "it is a folder itself"
    return None if os.access(path.parent, os.W_OK | os.X_OK) else "its folder may not be written"


def _format(path: Path) -> ReportFormat:
    found = ReportFormat.of_file(path)
    if found is None:
        known = ", ".join(f".{each.suffix.rpartition('.')[2]}" for each in ReportFormat)
        raise ConfigurationError(f"the name of the report {quoted(str(path))} says no format: it may end with {known}")
    return found
