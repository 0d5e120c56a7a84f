"""What `sereno keys rotate` reports."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sereno.backup.passphrases import MAIN_SLOT, RECOVERY_SLOT
from sereno.backup.rotation import KeyRotation, Outcome
from sereno.backup.slot_plan import SlotPlan
from sereno.reports.build import headline, human_count
from sereno.reports.model import Draft, Finding

_NAMES = {MAIN_SLOT: "the passphrase", RECOVERY_SLOT: "the recovery passphrase"}


def rotation_report(system: str, rotations: Sequence[KeyRotation], *, live: bool) -> Draft:
    """The report of a rotation, or of a dry run of one."""
    findings = tuple(map(_finding, rotations))
    count = Counter(rotation.outcome for rotation in rotations)
    changed = count[Outcome.ROTATED] if live else count[Outcome.DUE]
    sentence = _sentence(system, len(rotations), changed, live=live)
    figures = {
        "backups": sum(1 for rotation in rotations if rotation.backup),
        "rotated" if live else "to_rotate": changed,
        "already_right": count[Outcome.RIGHT],
        "failed": sum(1 for finding in findings if not finding.passed),
    }
    return Draft(headline=headline(findings, sentence), figures=figures, findings=findings)


def _sentence(system: str, total: int, changed: int, *, live: bool) -> str:
    backups = human_count(total, "backup")
    if not total:
        return f"{system} has no backups yet, so there is nothing to rotate"
    if not changed:
        return f"{backups} of {system}: every one has the key slots that it should have, and no other"
    if not live:
        return f"would rotate the keys of {changed:,} of {backups} of {system}; run again with --confirm-live YES"
    return f"rotated the keys of {changed:,} of {backups} of {system}; each opens with the present passphrase"


def _finding(rotation: KeyRotation) -> Finding:
    name = f"keys of {rotation.backup} in {rotation.store}" if rotation.backup else f"store {rotation.store}"
    plan = rotation.plan
    if plan is None:
        return Finding(name=name, passed=False, evidence=rotation.problem)
    remarks = [rotation.outcome.value, *_changes(plan)]
    if plan.unproven:
        remarks.append("the recovery slot stays, unproven, as the recovery passphrase is not to be had here")
    if plan.lacking:
        remarks.append(f"it has no recovery slot: {plan.lacking}")
    return Finding(name=name, passed=not plan.lacking, evidence="; ".join(remarks))


def _changes(plan: SlotPlan) -> list[str]:
    if plan.changes_nothing:
        return []
    added = " and ".join(_NAMES[label] for label in plan.added)
    dropped = ", ".join(repr(slot.label) for slot in plan.dropped)
    return [
        f"key file {plan.keys.revision} becomes {plan.keys.revision + 1}",
        *([f"a slot for {added} comes"] if added else []),
        *([f"{human_count(len(plan.dropped), 'slot')} ({dropped}) {_go(len(plan.dropped))}"] if dropped else []),
    ]


def _go(number: int) -> str:
    return "goes" if number == 1 else "go"
