"""Every SQL file that a job may ask of a system."""

from __future__ import annotations

from sereno.systems.contracts import (
    audit,
    backup,
    checks,
    compliance,
    drill,
    history,
    maintenance,
    migrations,
    overview,
    smoke,
    support,
    trials,
)
from sereno.systems.contracts.contract import Contract

CONTRACTS: tuple[Contract, ...] = (
    *audit.CONTRACTS,
    *backup.CONTRACTS,
    *checks.CONTRACTS,
    *drill.CONTRACTS,
    *maintenance.CONTRACTS,
    *smoke.CONTRACTS,
    *trials.CONTRACTS,
    *history.CONTRACTS,
    *support.CONTRACTS,
    *migrations.CONTRACTS,
    *overview.CONTRACTS,
    *compliance.CONTRACTS,
)


def contract_of(stem: str) -> Contract | None:
    """The contract of the file `<stem>.sql`; None when no job asks for such a file."""
    return next((found for contract in CONTRACTS if (found := contract.of(stem))), None)
