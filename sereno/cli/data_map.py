"""`sereno datamap check` and `sereno datamap draft`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sereno.cli.output import print_text
from sereno.cli.report_files import hand_over, require_places
from sereno.cli.reporting import read_report
from sereno.compliance.datamap.catalog import read_catalog
from sereno.compliance.datamap.checking import check_data_map
from sereno.compliance.datamap.drafting import draft
from sereno.compliance.datamap.reading import DATA_MAP_FILE, read_data_map
from sereno.errors import EXIT_DONE, ConfigurationError
from sereno.reports.build import headline, human_count
from sereno.systems.loader import load_system


def print_check(name: str, *, as_json: bool, reports: Sequence[Path]) -> int:
    """Compare the map of the system `name` with its schema, print the report, write it to `reports`; the exit code.

    Raises:
        ConfigurationError: there is no such system, or it has no map or a wrong one.
        SerenoError: the database cannot be asked.
    """
    require_places(reports)
    started_at = datetime.now(UTC)
    system = load_system(name)
    map_ = read_data_map(name)
    if map_ is None:
        raise ConfigurationError(f"{name} has no {DATA_MAP_FILE}; `sereno datamap draft {name}` proposes one")
    catalog = read_catalog(system)
    findings = check_data_map(map_, catalog)
    fits = (
        f"the data map of {name} says what its schema says: personal data in {human_count(len(map_.tables), 'table')}"
    )
    report = read_report(
        job="datamap_check",
        system=name,
        started_at=started_at,
        headline=headline(findings, f"{fits} of {len(catalog.tables):,}"),
        findings=findings,
        figures={"mapped_tables": len(map_.tables), "tables": len(catalog.tables), "activities": len(map_.activities)},
    )
    return hand_over(report, as_json=as_json, files=reports)


def write_draft(name: str, to: Path | None) -> int:
    """Print the proposal for the system `name`, or write it to the new file `to`; the exit code.

    Raises:
        ConfigurationError: there is no such system, its map is wrong, or `to` cannot be written or is there already.
        SerenoError: the database cannot be asked.
    """
    system = load_system(name)
    text = draft(read_data_map(name), read_catalog(system))
    if to is None:
        sys.stdout.write(text)
        return EXIT_DONE
    try:
        with to.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise ConfigurationError(f"{to} is there already; name a new file, compare, and move it yourself") from None
    except OSError as error:
        raise ConfigurationError(f"{to} cannot be written: {error.strerror}") from None
    print_text(f"proposed in {to}; read every line before it becomes {DATA_MAP_FILE}")
    return EXIT_DONE
