"""Is the data map right, and does it fit the live schema?"""

from __future__ import annotations

from sereno.compliance.datamap.catalog import read_catalog
from sereno.compliance.datamap.checking import check_data_map
from sereno.compliance.datamap.reading import DATA_MAP_FILE, read_data_map
from sereno.errors import SerenoError
from sereno.reports.build import human_count
from sereno.reports.model import Finding
from sereno.settings import Settings
from sereno.systems.model import System


def checked_data_map(name: str, settings: Settings) -> list[Finding]:
    """Nothing where the system called `name` has no data_map.yaml; else whether it is right."""
    what = f"{DATA_MAP_FILE} is right"
    try:
        map_ = read_data_map(name, settings)
    except SerenoError as error:
        return [Finding(name=what, passed=False, evidence=str(error))]
    if map_ is None:
        return []
    told = f"{human_count(len(map_.tables), 'table')}, {len(map_.activities):,} activities"
    return [Finding(name=what, passed=True, evidence=told)]


def checked_against_schema(system: System, settings: Settings) -> list[Finding]:
    """Whether the map, where there is a right one, and the live schema say the same."""
    try:
        map_ = read_data_map(system.name, settings)
    except SerenoError:
        return []  # said by `checked_data_map`
    if map_ is None:
        return []
    try:
        findings = check_data_map(map_, read_catalog(system))
    except SerenoError as error:
        return [Finding(name=f"{DATA_MAP_FILE} fits the database", passed=False, evidence=str(error))]
    return [finding.model_copy(update={"name": f"{DATA_MAP_FILE}: {finding.name}"}) for finding in findings]
