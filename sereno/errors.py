"""The error tree: each error knows whether trying again can help and which exit code it ends a command with.

A message says what happened, where, and what to do, in one sentence that a stranger understands.
"""

from __future__ import annotations

from typing import ClassVar

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_USAGE = 2
EXIT_REFUSED = 3
EXIT_INTERRUPTED = 130


class SerenoError(Exception):
    """Any foreseeable failure. Shown to people as its message alone, never as a traceback."""

    permanent: ClassVar[bool] = True
    """False when the same call may succeed a moment later; the one retry policy reads this."""
    exit_code: int = EXIT_FAILED


class ConfigurationError(SerenoError):
    """A file, a setting or an argument is wrong; a person has to mend it."""

    exit_code = EXIT_USAGE


class MissingSecretError(ConfigurationError):
    """A secret is referred to and not there. The message names the reference, never a value."""


class RefusedError(SerenoError):
    """A guard said no: not confirmed, not empty, out of bounds, held by another run."""

    exit_code = EXIT_REFUSED


class SystemUnavailableError(SerenoError):
    """The other side did not answer, or asked for patience. The only kind that is retried."""

    permanent = False


class ContractError(SerenoError):
    """A SQL file, a right or an answer is not what the job's documentation asks for."""


class IntegrityError(SerenoError):
    """Bytes or records are not what was written: damaged, cut, swapped or forged."""


class WrongPassphraseError(SerenoError):
    """Nothing is damaged, but no key slot opens with the passphrase given."""


class StorageError(SerenoError):
    """A store cannot take or give what was asked: missing, read-only, full."""
