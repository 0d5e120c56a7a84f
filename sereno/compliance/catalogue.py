"""The controls that Sereno brings: what each weighs, and how bad it is when it fails, unless a folder differs."""

from __future__ import annotations

from dataclasses import dataclass

from sereno.compliance.control import Judged, Outcome
from sereno.compliance.evidence import Evidence
from sereno.systems.sections.compliance import Compliance, Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Control:
    """A control before it is judged."""

    name: str
    weight: int
    severity: Severity


CATALOGUE: tuple[Control, ...] = tuple(
    Control(name=name, weight=weight, severity=severity)
    for name, weight, severity in (
        ("audit_chain_intact", 10, Severity.CRITICAL),
        ("backups_taken", 10, Severity.CRITICAL),
        ("backups_encrypted", 5, Severity.HIGH),
        ("backups_verified", 5, Severity.HIGH),
        ("backups_drilled", 5, Severity.MEDIUM),
        ("breaches_notified_in_time", 10, Severity.CRITICAL),
        ("requests_in_time", 10, Severity.CRITICAL),
        ("consent_coverage", 8, Severity.HIGH),
        ("consents_in_use", 8, Severity.HIGH),
        ("policies_accepted", 5, Severity.MEDIUM),
        ("retention_kept", 8, Severity.HIGH),
        ("row_security_in_force", 5, Severity.HIGH),
        ("access_reviewed", 5, Severity.MEDIUM),
        ("failed_logins", 3, Severity.LOW),
        ("data_map_true", 5, Severity.MEDIUM),
    )
)
"""In the order in which a report shows them. docs/compliance.md says how each is judged; a test holds it to that."""
_BY_NAME = {control.name: control for control in CATALOGUE}


def is_left_out(name: str, section: Compliance) -> bool:
    """Whether the folder says that the control says nothing for this system."""
    wish = section.controls.get(name)
    return wish is not None and wish.leave_out is not None


def judged(
    name: str,
    section: Compliance,
    *,
    passed: bool,
    evidence: tuple[Evidence, ...],
    figures: dict[str, int | str | None] | None = None,
) -> Judged:
    """A control that was answered."""
    outcome = Outcome.PASSED if passed else Outcome.FAILED
    return _weighed(name, section, outcome=outcome, evidence=evidence, figures=figures or {}, reason="")


def without_data(name: str, section: Compliance, reason: str, evidence: tuple[Evidence, ...] = ()) -> Judged:
    """A control that nothing answers, and why."""
    return _weighed(name, section, outcome=Outcome.NO_DATA, evidence=evidence, figures={}, reason=reason)


def _weighed(
    name: str,
    section: Compliance,
    *,
    outcome: Outcome,
    evidence: tuple[Evidence, ...],
    figures: dict[str, int | str | None],
    reason: str,
) -> Judged:
    control, wish = _BY_NAME[name], section.controls.get(name)
    return Judged(
        name=name,
        weight=(wish.weight if wish else None) or control.weight,
        severity=(wish.severity if wish else None) or control.severity,
        outcome=outcome,
        evidence=evidence,
        figures={**figures},
        reason=reason,
    )
