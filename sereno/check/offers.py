"""Which jobs a system offers, and which SQL files those jobs need: a row for each job whose section may be absent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from sereno.support.kinds import KINDS, Kind
from sereno.systems.model import System


@dataclass(frozen=True, slots=True)
class Offer:
    """A job, and whether a system offers it."""

    job: str
    offered: Callable[[System], bool]
    needed_files: Callable[[System], tuple[str, ...]] = lambda _: ()
    """The SQL files, without `.sql`, that the job cannot do without where it is offered."""


def _has_backups(system: System) -> bool:
    return system.backup is not None


def _migrates(system: System) -> bool:
    return system.migrations is not None and _has_backups(system)


def _offers(kind: Kind, system: System) -> bool:
    return kind.part(system) is not None


def _files_of(kind: Kind, system: System) -> tuple[str, ...]:
    return kind.files(system)


def _has_maintenance(system: System) -> bool:
    return system.maintenance.idle_clients is not None or bool(system.purges)


def _files_of_maintenance(system: System) -> tuple[str, ...]:
    return ("idle_clients.candidates", "idle_clients.deactivate") if system.maintenance.idle_clients else ()


def _latency_queries(system: System) -> tuple[str, ...]:
    latencies = system.checks.latency if system.checks else ()
    return tuple(dict.fromkeys(f"latency.{each.query}" for each in latencies))


def _has_trials(system: System) -> bool:
    return system.trials is not None


def _trial_files(system: System) -> tuple[str, ...]:
    outcomes = system.trials.outcomes if system.trials else ()
    return ("trials.accounts", *(f"trials.{outcome}" for outcome in outcomes))


OFFERS: tuple[Offer, ...] = (
    Offer("backup", _has_backups),
    Offer("restore", _has_backups),
    Offer("verify_backups", _has_backups),
    Offer("restore_drill", _has_backups),
    Offer("prune", _has_backups),
    Offer("history", lambda _: True),
    Offer("audit_search", lambda _: True),
    Offer("migrate", _migrates, lambda _: ("migrations.version",)),
    *(Offer(kind.job, partial(_offers, kind), partial(_files_of, kind)) for kind in KINDS),
    Offer("maintenance", _has_maintenance, _files_of_maintenance),
    Offer("load_check", lambda system: system.load_check is not None),
    Offer("trial_expiry", _has_trials, _trial_files),
    Offer("business_overview", lambda system: system.overview is not None),
    Offer("compliance_check", lambda system: system.compliance is not None),
    Offer("compliance_report", lambda system: system.compliance is not None),
    Offer("audit_verify", lambda _: True),
    Offer("database_care", lambda _: True),
    Offer("data_checks", lambda system: system.checks is not None, _latency_queries),
)


def offered_jobs(system: System) -> tuple[str, ...]:
    """The jobs whose section the system has."""
    return tuple(offer.job for offer in OFFERS if offer.offered(system))


def needed_files(system: System) -> dict[str, str]:
    """The SQL files, without `.sql`, that the jobs of `system` cannot do without, each with the job that needs it."""
    return {stem: offer.job for offer in OFFERS if offer.offered(system) for stem in offer.needed_files(system)}
