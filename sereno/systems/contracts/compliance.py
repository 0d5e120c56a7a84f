"""The SQL files of the compliance jobs. Each is optional, and each gives counts and keys, never a name of a person."""

from __future__ import annotations

from sereno.systems.contracts.contract import Contract, Family, SqlKind

_JOB = "compliance_report"
_COUNT = frozenset({Family.INTEGER, Family.NUMERIC})
_TEXT = frozenset({Family.TEXT})
_KEY = frozenset({Family.INTEGER, Family.TEXT, Family.UUID})
_TIME = frozenset({Family.TIMESTAMP})
_PERIOD = {"since": Family.TIMESTAMP, "until": Family.TIMESTAMP}
_NOW = {"now": Family.TIMESTAMP}

CONSENTS = Contract(
    stem="compliance.consents",
    kind=SqlKind.QUERY,
    job=_JOB,
    description="Consents by purpose and legal basis as they stand at :now; `in_use_without` are used though over.",
    parameters=_NOW,
    optional_parameters=frozenset(_NOW),
    columns={
        "purpose": _TEXT,
        "legal_basis": _TEXT,
        "people": _COUNT,
        "active": _COUNT,
        "withdrawn": _COUNT,
        "expired": _COUNT,
        "in_use_without": _COUNT,
    },
)
COVERAGE = Contract(
    stem="compliance.coverage",
    kind=SqlKind.QUERY,
    job=_JOB,
    description="How many people need a consent, and how many of them gave one that holds at :now, in one row.",
    parameters=_NOW,
    optional_parameters=frozenset(_NOW),
    columns={"people": _COUNT, "covered": _COUNT},
)
POLICIES = Contract(
    stem="compliance.policies",
    kind=SqlKind.QUERY,
    job=_JOB,
    description="How many people have to accept the policies, and how many did, in one row.",
    parameters=_NOW,
    optional_parameters=frozenset(_NOW),
    columns={"people": _COUNT, "accepted": _COUNT},
)
REQUESTS = Contract(
    stem="compliance.requests",
    kind=SqlKind.QUERY,
    job=_JOB,
    description="Requests of people that came in or were open between :since and :until; `reference` is their key.",
    parameters=_PERIOD,
    columns={"reference": _KEY, "kind": _TEXT, "received_at": _TIME, "answered_at": _TIME},
    optional_columns={"due_at": _TIME},
)
BREACHES = Contract(
    stem="compliance.breaches",
    kind=SqlKind.QUERY,
    job=_JOB,
    description="Breaches that became known or were not notified between :since and :until.",
    parameters=_PERIOD,
    columns={"reference": _KEY, "kind": _TEXT, "known_at": _TIME, "notified_at": _TIME},
)
ACCESS = Contract(
    stem="compliance.access",
    kind=SqlKind.QUERY,
    job=_JOB,
    description="Roles with the rights of an administrator: how many hold each, and how many not since :dormant_since.",
    parameters={"dormant_since": Family.TIMESTAMP},
    columns={"role": _TEXT, "holders": _COUNT, "dormant": _COUNT},
)
LOGINS = Contract(
    stem="compliance.logins",
    kind=SqlKind.QUERY,
    job=_JOB,
    description="Logins between :since and :until, and how many of them failed, in one row.",
    parameters=_PERIOD,
    columns={"attempts": _COUNT, "failed": _COUNT},
)
CONTROL = Contract(
    stem="compliance.control.*",
    kind=SqlKind.QUERY,
    job=_JOB,
    description="A control of the system's own: how many things were checked, and how many of them failed, in one row.",
    parameters={**_PERIOD, **_NOW},
    optional_parameters=frozenset({**_PERIOD, **_NOW}),
    columns={"checked": _COUNT, "failed": _COUNT},
)

CONTRACTS = (CONSENTS, COVERAGE, POLICIES, REQUESTS, BREACHES, ACCESS, LOGINS, CONTROL)
