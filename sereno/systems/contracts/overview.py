"""The SQL files of `business_overview`. Each is optional: what a system's tables do not tell is left out."""

from __future__ import annotations

from sereno.systems.contracts.contract import Contract, Family, SqlKind

_JOB = "business_overview"
_COUNT = frozenset({Family.INTEGER, Family.NUMERIC})
_TEXT = frozenset({Family.TEXT})
_YES_OR_NO = frozenset({Family.BOOLEAN})
_SCOPE = frozenset({"scope"})

TENANTS = Contract(
    stem="overview.tenants",
    kind=SqlKind.QUERY,
    job=_JOB,
    description="Every tenant in one row: its plan, and whether it is active, pays, or is on trial.",
    parameters={"scope": Family.TEXT},
    optional_parameters=_SCOPE,
    columns={
        "tenant": frozenset({Family.INTEGER, Family.TEXT, Family.UUID}),
        "plan": _TEXT,
        "active": _YES_OR_NO,
        "paying": _YES_OR_NO,
        "trialing": _YES_OR_NO,
    },
    optional_columns={"trial_ends_at": frozenset({Family.TIMESTAMP})},
)
ALERTS = Contract(
    stem="overview.alerts",
    kind=SqlKind.QUERY,
    job=_JOB,
    description="How many alerts are open, by severity.",
    parameters={"scope": Family.TEXT},
    optional_parameters=_SCOPE,
    columns={"severity": _TEXT, "open": _COUNT},
)
NOTIFICATIONS = Contract(
    stem="overview.notifications",
    kind=SqlKind.QUERY,
    job=_JOB,
    description="How many notifications reached people, by channel and day of the system's zone.",
    parameters={"since": Family.TIMESTAMP, "now": Family.TIMESTAMP, "scope": Family.TEXT},
    optional_parameters=_SCOPE,
    columns={"day": frozenset({Family.DATE}), "channel": _TEXT, "sent": _COUNT},
)
API = Contract(
    stem="overview.api",
    kind=SqlKind.QUERY,
    job=_JOB,
    description="Requests and errors after :since and up to :now, in one row.",
    parameters={"since": Family.TIMESTAMP, "now": Family.TIMESTAMP, "scope": Family.TEXT},
    optional_parameters=_SCOPE,
    columns={"requests": _COUNT, "errors": _COUNT},
)
CLIENTS = Contract(
    stem="overview.clients",
    kind=SqlKind.QUERY,
    job=_JOB,
    description="How many API clients are in use, and how many have not called since :idle_since, in one row.",
    parameters={"idle_since": Family.TIMESTAMP, "scope": Family.TEXT},
    optional_parameters=_SCOPE,
    columns={"in_use": _COUNT, "idle": _COUNT},
)

CONTRACTS = (TENANTS, ALERTS, NOTIFICATIONS, API, CLIENTS)
