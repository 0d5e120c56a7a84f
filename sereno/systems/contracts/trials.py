"""The SQL files of `trial_expiry`."""

from __future__ import annotations

from sereno.systems.contracts.contract import Contract, Family, SqlKind

_JOB = "trial_expiry"
_TEXT = frozenset({Family.TEXT})
_WORDS = {
    "expire": "Ends the access of accounts whose trial is over.",
    "suspend": "Suspends accounts whose trial is over.",
    "downgrade": "Moves accounts whose trial is over to a plan that costs nothing.",
    "reactivate": "Opens accounts again for which a payment arrived after the end.",
}

ACCOUNTS = Contract(
    stem="trials.accounts",
    kind=SqlKind.QUERY,
    job=_JOB,
    description="The accounts that are or were on trial, one row each.",
    parameters={"now": Family.TIMESTAMP},
    columns={
        "id": frozenset({Family.INTEGER, Family.TEXT, Family.UUID}),
        "tenant": frozenset({Family.ANY}),
        "contact": _TEXT,
        "locale": _TEXT,
        "plan": _TEXT,
        "status": _TEXT,
        "trial_ends_at": frozenset({Family.TIMESTAMP}),
        "timezone": _TEXT,
    },
    optional_columns={
        "name": _TEXT,
        "contact_verified": frozenset({Family.BOOLEAN}),
        "phone": _TEXT,
        "phone_verified": frozenset({Family.BOOLEAN}),
        "channels": frozenset({Family.ARRAY}),
        "paid": frozenset({Family.BOOLEAN}),
        "active": frozenset({Family.BOOLEAN}),
    },
)

CONTRACTS = (
    ACCOUNTS,
    *(
        Contract(
            stem=f"trials.{outcome}",
            kind=SqlKind.STATEMENT,
            job=_JOB,
            description=words,
            parameters={"ids": Family.ARRAY, "now": Family.TIMESTAMP},
        )
        for outcome, words in _WORDS.items()
    ),
)
