"""`sereno check`: is everything there that the jobs of a system need? No row is read or changed in any database."""

from __future__ import annotations

from sereno.check.data_map import checked_against_schema, checked_data_map
from sereno.check.messages import checked_messages
from sereno.check.offers import offered_jobs
from sereno.check.offline import checked_file, checked_secrets, checked_sql_files
from sereno.check.online import checked_databases, checked_targets
from sereno.check.purges import checked_purge_files, checked_purges
from sereno.check.stores import checked_stores
from sereno.check.suites import checked_suites
from sereno.check.volumes import checked_volumes
from sereno.reports.model import Finding
from sereno.settings import Settings, load_settings
from sereno.systems.folders import system_folder

__all__ = ["SET_UP", "check_system", "offered_jobs"]


SET_UP = "is set up here"
"""The finding in place of secrets and connections, where a system that was not asked for by name has no database."""


def check_system(name: str, *, online: bool, settings: Settings | None = None, wherever: bool = True) -> list[Finding]:
    """Every statement about the system called `name` that was checked; one bad item hides none of the others.

    Args:
        name: the system.
        online: also connect to its databases, compare rights and SQL files with them, try its stores with an object
            that is deleted again, and see that its volumes can be read.
        settings: where things are; default is this process's.
        wherever: also when the system is not set up on this machine, which is when its `database.url` cannot be
            resolved; otherwise a remark says so in place of its secrets and connections.

    Raises:
        ConfigurationError: there is no such system.
    """
    settings = settings or load_settings()
    system_folder(name, settings)
    system, findings = checked_file(name, settings)
    findings += checked_sql_files(name, system, settings)
    if system is None:
        return findings
    suites = checked_suites(name, settings)
    jobs = (*offered_jobs(system), *(["smoke"] if suites else []))
    findings.append(Finding(name="jobs offered", passed=True, required=False, evidence=", ".join(jobs) or "none"))
    findings += checked_purge_files(system, settings)
    findings += checked_data_map(name, settings)
    if not wherever and (missing := system.database.url.missing()):
        evidence = f"{', '.join(missing)}; `sereno check {name}` says all that is missing"
        return [*findings, Finding(name=SET_UP, passed=False, required=False, evidence=evidence)]
    findings += checked_messages(system, settings)
    findings += checked_secrets(system)
    findings += suites
    if online:
        databases = checked_databases(system, settings)
        findings += databases
        if all(finding.passed for finding in databases if finding.name.endswith(" connects")):
            findings += checked_purges(system)
            findings += checked_against_schema(system, settings)
        findings += checked_targets(system)
        findings += checked_stores(system, settings)
        findings += checked_volumes(system, settings)
    return findings
