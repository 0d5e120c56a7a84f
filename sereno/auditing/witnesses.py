"""What the world outside the ledger remembers of an audit chain: noted heads, and the manifests of backups."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sereno.audit import Anchor
from sereno.auditing.noted_heads import noted_in_store
from sereno.backup.place import BackupPlace
from sereno.errors import SerenoError
from sereno.reports.build import human_count
from sereno.reports.model import Finding
from sereno.settings import load_settings
from sereno.systems.model import System

_NEWEST_HEADS = 30
_NEWEST_MANIFESTS = 5


@dataclass(frozen=True, kw_only=True)
class Witnesses:
    """The anchors that were found, and a finding for each store that was asked."""

    anchors: tuple[Anchor, ...]
    findings: tuple[Finding, ...]


def ask_witnesses(system: System, *, full: bool) -> Witnesses:
    """What the stores of `system` know of its audit chain.

    Args:
        system: whose chain.
        full: ask all of them, instead of the newest thirty heads and five manifests of each store.
    """
    anchors: list[Anchor] = []
    findings: list[Finding] = []
    for place in BackupPlace.all_of(system, load_settings()) if system.backup else ():
        name = f"what store {place.store.name} remembers of the chain can be read"
        try:
            found = [*_heads(place, full=full), *_manifests(place, full=full)]
        except SerenoError as error:
            findings.append(Finding(name=name, passed=False, evidence=str(error)))
            continue
        anchors += found
        findings.append(Finding(name=name, passed=True, evidence=human_count(len(found), "anchor")))
    return Witnesses(anchors=tuple(anchors), findings=tuple(findings))


def _heads(place: BackupPlace, *, full: bool) -> Iterator[Anchor]:
    yield from noted_in_store(place.store, place.system, at_most=None if full else _NEWEST_HEADS)


def _manifests(place: BackupPlace, *, full: bool) -> Iterator[Anchor]:
    identifiers = place.identifiers()
    for identifier in identifiers if full else identifiers[-_NEWEST_MANIFESTS:]:
        head = place.manifest(identifier).audit_head
        if head is not None:
            source = f"the manifest of backup {identifier} in store {place.store.name}"
            yield Anchor(sequence=head.sequence, hash=head.hash, source=source)
