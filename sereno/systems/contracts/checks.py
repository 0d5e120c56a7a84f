"""The SQL files of `data_checks`."""

from sereno.systems.contracts.contract import Contract, SqlKind

CHECK_QUERIES = Contract(
    stem="check.*",
    kind=SqlKind.QUERY,
    job="data_checks",
    description="Returns no row where the data is right; else offenders, the key of each in the first column.",
    any_columns=True,
)
LATENCY_QUERIES = Contract(
    stem="latency.*",
    kind=SqlKind.QUERY,
    job="data_checks",
    description="A query that may not take long; checks.latency says how long.",
    any_columns=True,
)

CONTRACTS = (CHECK_QUERIES, LATENCY_QUERIES)
