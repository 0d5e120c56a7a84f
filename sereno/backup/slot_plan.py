"""Which key slots a backup should have, beside those that it has: what a rotation keeps, adds and drops."""

from __future__ import annotations

from dataclasses import dataclass

from sereno.backup import keys as key_slots
from sereno.backup.keys import SLOTS_AT_MOST, DataKey, KeyFile, KeySlot
from sereno.backup.passphrases import MAIN_SLOT, RECOVERY_SLOT, Passphrases, is_for_recovery
from sereno.errors import ConfigurationError, IntegrityError, MissingSecretError
from sereno.systems.secrets import Secret


@dataclass(frozen=True)
class WantedSlots:
    """The slots that every backup should have: their passphrases by label, and why one cannot be had here."""

    known: dict[str, str]
    missing: dict[str, str]

    @classmethod
    def of(cls, passphrases: Passphrases) -> WantedSlots:
        """What a system's backups should open with.

        Raises:
            MissingSecretError: the present passphrase is not to be had here.
            ConfigurationError: another one is the same as the present one.
        """
        known: dict[str, str] = {MAIN_SLOT: passphrases.current.resolve()}
        missing: dict[str, str] = {}
        if passphrases.recovery:
            try:
                known[RECOVERY_SLOT] = passphrases.recovery.resolve()
            except MissingSecretError as error:
                missing[RECOVERY_SLOT] = str(error)
        if known.get(RECOVERY_SLOT) == known[MAIN_SLOT]:
            raise ConfigurationError("backup.recovery_passphrase is the same as backup.passphrase; take another one")
        for place, secret in enumerate(passphrases.previous):
            if _resolved(secret) == known[MAIN_SLOT]:
                name = f"backup.previous_passphrases[{place}]"
                raise ConfigurationError(f"{name} is the same as backup.passphrase, so nothing would be revoked")
        return cls(known=known, missing=missing)


@dataclass(frozen=True)
class SlotPlan:
    """What becomes of the slots of one backup. `lacking` says why a slot is missing that cannot be added here."""

    keys: KeyFile
    kept: tuple[KeySlot, ...]
    dropped: tuple[KeySlot, ...]
    added: tuple[str, ...]
    unproven: bool
    lacking: str

    @property
    def changes_nothing(self) -> bool:
        """Whether the backup has the slots that it should have, and no other."""
        return not self.added and not self.dropped

    def carried_out(self, key: DataKey, wanted: WantedSlots) -> KeyFile:
        """The key file as it should be. Its bytes were read again, and every passphrase that is known here opens it.

        Raises:
            IntegrityError: one does not.
        """
        slots = (*self.kept, *(key.wrap(wanted.known[label], label=label) for label in self.added))
        changed = KeyFile(
            identity=self.keys.identity,
            revision=self.keys.revision + 1,
            slots=tuple(sorted(slots, key=is_for_recovery)),
        )
        read = KeyFile.parse(changed.to_bytes(), where="the new keys.json")
        for label, passphrase in wanted.known.items():
            opened = [read.opened(slot, passphrase) for slot in read.slots if slot.label == label]
            if not any(found and found.same_as(key) for found in opened):
                raise IntegrityError(f"the new key slot {label!r} does not open; keys.json was left as it is")
        return changed


def plan_slots(keys: KeyFile, wanted: WantedSlots) -> SlotPlan:
    """Compare the slots of a backup with those that it should have.

    Slots for a passphrase that cannot be had here are kept where they are intact, since nobody here can tell which of
    them opens; where there is none, none can be added.

    Raises:
        IntegrityError: there are so many of those that no other slot finds room.
    """
    good = {label: _good_slot(keys, label, passphrase) for label, passphrase in wanted.known.items()}
    unproven = {at for at, slot in enumerate(keys.slots) if slot.label in wanted.missing and keys.is_intact(slot)}
    if len(unproven) + len(wanted.known) > SLOTS_AT_MOST:
        raise IntegrityError(
            f"it has {len(unproven)} recovery slots, which leaves no room for another; "
            "rotate where the recovery passphrase is to be had"
        )
    kept = unproven.union(at for at in good.values() if at is not None)
    return SlotPlan(
        keys=keys,
        kept=tuple(slot for at, slot in enumerate(keys.slots) if at in kept),
        dropped=tuple(slot for at, slot in enumerate(keys.slots) if at not in kept),
        added=tuple(label for label, at in good.items() if at is None),
        unproven=bool(unproven),
        lacking="" if unproven else "; ".join(wanted.missing.values()),
    )


def _good_slot(keys: KeyFile, label: str, passphrase: str) -> int | None:
    """Which slot can stay as the one called `label`."""
    for at, slot in enumerate(keys.slots):
        strong = slot.label == label and slot.iterations >= key_slots.ITERATIONS and keys.is_intact(slot)
        if strong and keys.opened(slot, passphrase):
            return at
    return None


def _resolved(secret: Secret) -> str | None:
    try:
        return secret.resolve()
    except MissingSecretError:
        return None
