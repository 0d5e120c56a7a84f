"""The passphrases of a system: what opens its backups, in which order they are tried, and which slots new ones get.

A derivation costs 0.14 s, so a label says which secret is worth trying first: slots called `recovery` are for the
recovery passphrase, all others for the present one and those before it. That is a hint and no more: what does not open
by it is tried with everything. A secret is resolved when its turn comes, so one that is missing here matters only where
nothing before it opened.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from sereno.backup.keys import DataKey, KeyFile, KeySlot
from sereno.errors import ConfigurationError, IntegrityError, MissingSecretError, WrongPassphraseError
from sereno.systems.secrets import Secret
from sereno.systems.sections.backup import Backup

MAIN_SLOT = "passphrase"
RECOVERY_SLOT = "recovery"


class Role(StrEnum):
    """What a passphrase is to a system."""

    CURRENT = "current"
    PREVIOUS = "previous"
    RECOVERY = "recovery"


@dataclass(frozen=True)
class Passphrases:
    """References to everything that may open a backup."""

    current: Secret
    previous: tuple[Secret, ...] = ()
    recovery: Secret | None = None

    @classmethod
    def of(cls, section: Backup) -> Passphrases:
        """The passphrases that a system's file refers to."""
        return cls(
            current=section.passphrase, previous=section.previous_passphrases, recovery=section.recovery_passphrase
        )

    def for_new_backups(self) -> dict[str, str]:
        """The passphrase of every slot that a new backup gets, by the slot's label.

        Raises:
            MissingSecretError: one is not to be had here; a backup that lacks a slot would be found out too late.
            ConfigurationError: the recovery passphrase is no other than the passphrase.
        """
        slots = {MAIN_SLOT: self.current.resolve()}
        if self.recovery:
            slots[RECOVERY_SLOT] = self._recovery(self.recovery)
            if slots[RECOVERY_SLOT] == slots[MAIN_SLOT]:
                raise ConfigurationError(
                    "backup.recovery_passphrase is the same as backup.passphrase, so it recovers nothing; "
                    "take another one and keep it elsewhere"
                )
        return slots

    def unlock(self, keys: KeyFile, *, where: str) -> DataKey:
        """The data key, from the first slot that one of the passphrases opens.

        Args:
            keys: the slots.
            where: what messages call them.

        Raises:
            MissingSecretError: the present passphrase is not to be had here, and no other one opens a slot.
            WrongPassphraseError: the slots are intact and none opens.
            IntegrityError: none opens, and at least one of them is damaged.
        """
        missing: dict[str, MissingSecretError] = {}
        for _, secret, slots in self._attempts(keys):
            try:
                passphrase = secret.resolve()
            except MissingSecretError as error:
                missing[secret.text] = error
                continue
            for slot in slots:
                if key := keys.opened(slot, passphrase):
                    return key
        if self.current.text in missing:
            raise missing[self.current.text]
        damaged = [slot.label for slot in keys.slots if not keys.is_intact(slot)]
        if damaged:
            raise IntegrityError(f"{where} is damaged: the key slot {damaged[0]!r} is not what was written")
        alone = not self.previous and not self.recovery
        tried = "the passphrase opens none" if alone else "no passphrase that is known here opens one"
        raise WrongPassphraseError(
            f"{where} is intact, but {tried} of its {len(keys.slots)} key slots"
            + "".join(f"; {error}" for error in missing.values())
        )

    def opener(self, keys: KeyFile, slot: KeySlot) -> Role | None:
        """Which of the passphrases that are to be had here opens `slot`; None when none does."""
        for role, secret, slots in self._attempts(keys):
            if slot not in slots:
                continue
            try:
                passphrase = secret.resolve()
            except MissingSecretError:
                continue
            if keys.opened(slot, passphrase):
                return role
        return None

    def _attempts(self, keys: KeyFile) -> Iterator[tuple[Role, Secret, list[KeySlot]]]:
        """Every passphrase with the slots that its label says are its own, then with the others."""
        known = [(Role.CURRENT, self.current), *((Role.PREVIOUS, secret) for secret in self.previous)]
        known += [(Role.RECOVERY, self.recovery)] if self.recovery else []
        for own in (True, False):
            for role, secret in known:
                recovers = role is Role.RECOVERY
                slots = [slot for slot in keys.slots if (is_for_recovery(slot) == recovers) is own]
                if slots:
                    yield role, secret, slots

    def _recovery(self, secret: Secret) -> str:
        try:
            return secret.resolve()
        except MissingSecretError as error:
            raise MissingSecretError(
                f"{error}; backup.recovery_passphrase asks for it, and no backup is taken without its recovery slot"
            ) from None


def is_for_recovery(slot: KeySlot) -> bool:
    """Whether a slot is called one for the recovery passphrase."""
    return slot.label == RECOVERY_SLOT
