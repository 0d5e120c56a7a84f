"""Reports for tests: one that says something in every part."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sereno.compliance.catalogue import CATALOGUE
from sereno.compliance.content import Clock, Clocks, Consents, Content, Period, SealedReport, Table, Trend
from sereno.compliance.control import Judged, Outcome
from sereno.compliance.datamap.model import Category, GdprBasis, LgpdBasis, RecipientRole
from sereno.compliance.evidence import Evidence, Source
from sereno.compliance.score import score_of
from sereno.history.query import Origin
from sereno.reports.model import AuditReference, Result
from sereno.systems.sections.audit import EventKind
from sereno.systems.sections.compliance import Language, Law, Severity

NOW = datetime(2026, 11, 1, 7, 20, tzinfo=UTC)
WORDS = (
    *("people", "covered", "accepted", "percent", "active", "withdrawn", "expired", "in_use_without", "received"),
    *(
        "answered",
        "overdue",
        "known",
        "notified",
        "administrators",
        "dormant",
        "logins",
        "failed",
        "checked",
        "backups",
    ),
    *("oldest_newest_hours", "stores", "days_since", "events", "anchors", "first_broken", "tables", "without"),
    *("first_without", "too_old", "most_days_over", "table", "statements", "untrue"),
)
"""The names of the figures by which controls are judged."""


def proof(name: str = "compliance.requests", **changes: Any) -> Evidence:
    values: dict[str, Any] = {
        "name": name,
        "source": Source.SYSTEM,
        "query": f"deployments/point/sql/{name}.sql",
        "query_sha256": "a" * 64,
        "taken_at": NOW,
        "seconds": 0.012,
        "rows": 23,
        "digest": "b" * 64,
    }
    return Evidence(**{**values, **changes})


def controls(text: str = "some text") -> tuple[Judged, ...]:
    outcomes = tuple(Outcome)
    brought = tuple(
        Judged(
            name=each.name,
            weight=each.weight,
            severity=tuple(Severity)[place % 4],
            outcome=outcomes[place % 4],
            figures={WORDS[(place * 2 + i) % len(WORDS)]: (1_234, None, Decimal("1.5"), text)[i % 4] for i in range(4)},
            reason=text if outcomes[place % 4] in (Outcome.NO_DATA, Outcome.MANUAL) else "",
            evidence=(proof(f"compliance.{each.name}", source=tuple(Source)[place % 3]),),
        )
        for place, each in enumerate(CATALOGUE)
    )
    own = Judged(name="own", title=text, weight=3, severity=Severity.LOW, outcome=Outcome.FAILED, figures={"failed": 2})
    return (*brought, own)


def content(text: str = "some text", *, language: Language = Language.ENGLISH, **changes: Any) -> Content:
    judged = controls(text)
    clock = Clock(
        reference="84e02c04", kind=text, began_at=NOW - timedelta(days=20), due_at=NOW, ended_at=None, overdue=False
    )
    late = clock.model_copy(update={"due_at": NOW - timedelta(days=5), "overdue": True})
    hours = clock.model_copy(update={"due_at": NOW + timedelta(hours=30)})
    clocks = Clocks(received=1_200, answered=1_197, overdue=1, open_clocks=(late, hours, clock))
    bases = "; ".join(f"basis.{basis.value}" for basis in (*GdprBasis, *LgpdBasis))
    processing = ("activity", "purpose", "gdpr", "lgpd", "subjects", "categories", "recipients", "transfers")
    sharing = ("recipient", "role", "country", "safeguard", "activities", "categories")
    categories = "; ".join(f"category.{each.value}" for each in Category)
    drills = tuple(("2026-10-02 03:00", "b", f"result.{each.value}", "12", "3/3") for each in Result)
    events = tuple((f"origin.{origin.value}", f"kind.{kind.value}", "3") for origin in Origin for kind in EventKind)
    values: dict[str, Any] = {
        "system": "point",
        "title": text,
        "controller": text,
        "timezone": "America/Mazatlan",
        "language": language,
        "laws": tuple(Law),
        "period": Period(since=date(2026, 10, 1), until=date(2026, 10, 31)),
        "generated_at": NOW,
        "score": score_of(judged),
        "trend": (Trend(until=date(2026, 8, 31), value=60), Trend(until=date(2026, 9, 30), value=71)),
        "controls": judged,
        "consents": (
            Consents(purpose=text, legal_basis="consent", people=9, active=5, withdrawn=2, expired=2, in_use_without=1),
        ),
        "requests": clocks,
        "breaches": clocks,
        "tables": (
            Table(
                key="processing",
                columns=(*processing, "retention", "measures"),
                rows=((text, text, bases, bases, text, categories, text, text, "t: 90", text),),
            ),
            Table(
                key="sharing",
                columns=sharing,
                rows=tuple((text, f"role.{role.value}", "PT", text, text, categories) for role in RecipientRole),
            ),
            Table(key="access_to_sensitive_data", columns=("origin", "kind", "events"), rows=events),
            Table(key="configuration_changes", columns=("time", "files", "event"), rows=(("2026", text, "7"),)),
            Table(
                key="backups",
                columns=("backup", "store", "kind", "taken", "verified", "drilled"),
                rows=((text, "s", "full", "2026", "", ""),),
            ),
            Table(key="drills", columns=("time", "backup", "result", "rows", "checks"), rows=drills),
        ),
        "gaps": {
            "control.failed_logins": text,
            "audit.system": text,
            "audit.sereno": text,
            "consents": "there is no sql/compliance.consents.sql",
            "requests": text,
            "breaches": text,
            "processing": "there is no data_map.yaml",
        },
        "evidence": (proof("ledger.backups", source=Source.LEDGER), proof("audit.system", problem=text, digest="")),
    }
    return Content(**{**values, **changes})


def sealed(text: str = "some text", *, language: Language = Language.ENGLISH, **changes: Any) -> SealedReport:
    said = content(text, language=language, **changes)
    return SealedReport(content=said, sealed=AuditReference(sequence=4_321, hash="ab" * 32))
