"""What the ledger knows of the backups that are listed: when each was last read whole, and last drilled."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sereno.cli.failures import complain
from sereno.errors import SerenoError
from sereno.ledger import open_ledger
from sereno.ledger.proofs import LastReading, last_passed_drills, last_readings


@dataclass(frozen=True)
class Proofs:
    """Last readings and drills of the backups in one store, by id. Without a ledger nothing is known."""

    read: Mapping[str, LastReading]
    drilled: Mapping[str, datetime]

    def verified_at(self, backup: str) -> datetime | None:
        """When the backup was last read and found whole."""
        return self.read[backup].whole_at if backup in self.read else None

    def damaged(self, backup: str) -> bool:
        """Whether something was wrong with the backup when it was last read."""
        return backup in self.read and self.read[backup].damaged


def known_proofs(system: str, store: str) -> Proofs:
    """What is known of the backups of `system` in `store`; a ledger that cannot be read is complained about."""
    try:
        with open_ledger() as ledger:
            read, drilled = last_readings(ledger, system), last_passed_drills(ledger, system)
    except SerenoError as error:
        complain(f"when backups were verified and drilled is not known: {error}")
        return Proofs({}, {})
    return Proofs({backup: reading for (place, backup), reading in read.items() if place == store}, drilled)
