"""The kinds of events: which rule an event fits, for what Sereno did and for a system's own audit table."""

from __future__ import annotations

from collections.abc import Sequence

from sereno.systems.sections.audit import EventKind, KindRule

CONFIGURATION_CHANGED = "CONFIGURATION_CHANGED"
"""The action of the event that says that the files of a system's folder were changed."""

OWN_RULES: tuple[KindRule, ...] = (
    KindRule(kind=EventKind.CONFIGURATION_CHANGE, actions=(CONFIGURATION_CHANGED,)),
    KindRule(kind=EventKind.CONFIGURATION_CHANGE, models=("migrate",)),
    KindRule(kind=EventKind.BACKUP, models=("backup", "verify_backups", "restore", "restore_drill", "prune")),
    KindRule(kind=EventKind.PERMISSION_CHANGE, models=("clear_lockout", "rotate_keys")),
    KindRule(kind=EventKind.DATA_ACCESS, models=("history", "audit_search", "export_backup")),
    KindRule(
        kind=EventKind.DATA_CHANGE,
        models=("maintenance", "trial_expiry", "resend_notifications", "resolve_alert", "restore_archive"),
    ),
)
"""What the events of Sereno's own audit chain are; the model of an event is its job."""


def kind_of(rules: Sequence[KindRule], *, action: str, model: str) -> EventKind:
    """The kind of an event: that of the first rule which fits."""
    for rule in rules:
        if (not rule.actions or action in rule.actions) and (not rule.models or model in rule.models):
            return rule.kind
    return EventKind.OTHER
