"""`sereno report verify`."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sereno.cli.report_files import hand_over, require_places
from sereno.cli.reporting import read_report
from sereno.compliance.report.verifying import verify_report
from sereno.reports.build import headline


def print_proof(path: Path, *, as_json: bool, reports: Sequence[Path]) -> int:
    """Check the compliance report at `path`, print what was found, and write it to `reports`.

    Raises:
        ConfigurationError: the file is no compliance report, or one of `reports` cannot be written.
    """
    require_places(reports)
    started_at = datetime.now(UTC)
    checked = verify_report(path)
    report = read_report(
        job="report_verify",
        system=checked.system or "unknown",
        started_at=started_at,
        headline=headline(checked.findings, f"{path.name} is what was written, and the history behind it holds"),
        findings=checked.findings,
        figures={"checks": len(checked.findings)},
    )
    return hand_over(report, as_json=as_json, files=reports)
