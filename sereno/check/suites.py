"""Are the smoke suites right, and are their secrets and SQL files there?"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from sereno.check.statements import stated
from sereno.errors import SerenoError
from sereno.reports.build import human_count
from sereno.reports.model import Finding
from sereno.settings import Settings
from sereno.smoke.suite.file import SmokeFile
from sereno.smoke.suite.reading import SMOKE_FILE, has_suites, read_suites
from sereno.systems.secrets import Secret
from sereno.systems.sql_folder import find_sql


def checked_suites(name: str, settings: Settings) -> list[Finding]:
    """Nothing where the system called `name` has no smoke.yaml; else whether it is right, and what it refers to."""
    if not has_suites(name, settings):
        return []
    try:
        file = read_suites(name, settings).file
    except SerenoError as error:
        return [Finding(name=f"{SMOKE_FILE} is right", passed=False, evidence=str(error))]
    checks = sum(len(suite.checks) for suite in file.suites.values())
    told = f"{human_count(len(file.suites), 'suite')}, {human_count(checks, 'check')}"
    findings = [Finding(name=f"{SMOKE_FILE} is right", passed=True, evidence=told)]
    findings += [
        stated(f"secret of {SMOKE_FILE}: {place}", partial(_resolved, secret), required=False)
        for place, secret in _secrets(file)
    ]
    for fingerprint in file.fingerprints.values():
        if fingerprint.sql is not None and find_sql(name, f"fingerprint.{fingerprint.sql}", settings) is None:
            missing = f"sql/fingerprint.{fingerprint.sql}.sql is there"
            findings.append(Finding(name=missing, passed=False, evidence="needed by smoke"))
    return findings


def _secrets(file: SmokeFile) -> Iterator[tuple[str, Secret]]:
    for name, login in file.logins.items():
        for key, secret in (("token", login.token), ("username", login.user), ("password", login.password)):
            if secret is not None:
                yield f"logins.{name}.{key}", secret


def _resolved(secret: Secret) -> str:
    secret.resolve()
    return ", ".join(f"${{{reference}}}" for reference in secret.references) or "written out"
