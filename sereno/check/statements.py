"""Turning a check that may fail into a finding, so that one bad item hides none of the others."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from sereno.errors import SerenoError
from sereno.reports.model import Finding


def stated(name: str, check: Callable[[], str], *, required: bool = True) -> Finding:
    """Run `check`: what it returns is the evidence, a SerenoError is why the statement does not hold."""
    try:
        return Finding(name=name, passed=True, required=required, evidence=check())
    except SerenoError as error:
        return Finding(name=name, passed=False, required=required, evidence=str(error))


def without(offenders: Sequence[str], name: str, *, advice: str, required: bool = False) -> Finding:
    """A finding that holds when there are no `offenders`; else it names each and says what to do."""
    evidence = f"{', '.join(offenders)}; {advice}" if offenders else ""
    return Finding(name=name, passed=not offenders, required=required, evidence=evidence)
