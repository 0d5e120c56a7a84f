from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from prometheus_client.exposition import generate_latest
from prometheus_client.parser import text_string_to_metric_families

from sereno.metrics import DeliveryCount, Measures, OverviewRecord, RunRecord, exposition, registry_of
from sereno.reports import Effect, Result

LABELS = ("system", "job", "effect", "result")
NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


def run(result: Result, *, minutes: int = 0, effect: Effect = Effect.LIVE, system: str = "point") -> RunRecord:
    moment = NOON + timedelta(minutes=minutes)
    return RunRecord(
        system=system, job="purge", effect=effect, result=result, finished_at=moment, seconds=minutes + 0.5
    )


def samples(*runs: RunRecord) -> dict[tuple[str, ...], float]:
    families = text_string_to_metric_families(exposition(runs).decode())
    return {
        (sample.name.removeprefix("sereno_job_"), *(sample.labels[name] for name in LABELS if name in sample.labels)): (
            sample.value
        )
        for family in families
        for sample in family.samples
    }


def test_no_runs_give_no_samples() -> None:
    assert samples() == {}


def test_runs_are_counted_by_system_job_effect_and_result() -> None:
    found = samples(run(Result.PASSED), run(Result.PASSED), run(Result.FAILED), run(Result.PASSED, system="other"))
    counted = {labels[1:]: value for labels, value in found.items() if labels[0] == "runs_total"}
    assert counted == {
        ("point", "purge", "live", "passed"): 2,
        ("point", "purge", "live", "failed"): 1,
        ("other", "purge", "live", "passed"): 1,
    }


def test_the_last_run_and_the_last_success_are_told_apart_in_any_order() -> None:
    found = samples(run(Result.FAILED, minutes=9), run(Result.PASSED, minutes=5), run(Result.PASSED, minutes=1))
    labels = ("point", "purge", "live")
    assert found["last_finished_timestamp_seconds", *labels] == (NOON + timedelta(minutes=9)).timestamp()
    assert found["last_success_timestamp_seconds", *labels] == (NOON + timedelta(minutes=5)).timestamp()
    assert found["last_duration_seconds", *labels] == 9.5


def test_a_dry_run_that_passes_does_not_hide_a_live_run_that_does_not() -> None:
    found = samples(run(Result.FAILED), run(Result.REFUSED, minutes=1), run(Result.PASSED, effect=Effect.DRY_RUN))
    assert ("last_success_timestamp_seconds", "point", "purge", "live") not in found
    assert ("last_success_timestamp_seconds", "point", "purge", "dry-run") in found


def test_a_record_may_stand_for_several_runs() -> None:
    assert (
        samples(replace(run(Result.PASSED), runs=7), run(Result.PASSED))[
            "runs_total", "point", "purge", "live", "passed"
        ]
        == 8
    )


def test_labels_are_escaped() -> None:
    hostile = 'a"b\\c\nd'
    assert ("runs_total", hostile, "purge", "live", "passed") in samples(run(Result.PASSED, system=hostile))


def test_attempts_to_deliver_are_counted_by_channel_and_result() -> None:
    counts = [
        DeliveryCount(system="point", channel="email", result="delivered", attempts=7),
        DeliveryCount(system="point", channel="email", result="refused", attempts=2),
    ]
    text = exposition([], counts).decode()
    assert 'sereno_message_deliveries_total{channel="email",result="delivered",system="point"} 7.0' in text
    assert 'sereno_message_deliveries_total{channel="email",result="refused",system="point"} 2.0' in text


def overview(system: str, **given: object) -> OverviewRecord:
    unknown: dict[str, object] = {
        "currency": None,
        "active_tenants": None,
        "trials_ending": None,
        "open_alerts": None,
        "revenue": {},
    }
    return OverviewRecord(system=system, taken_at=NOON, **{**unknown, **given})  # type: ignore[arg-type]


def test_an_overview_is_told_in_gauges_as_far_as_it_is_known() -> None:
    salon = overview(
        "salon",
        currency="EUR",
        active_tenants=41,
        trials_ending=0,
        open_alerts=4,
        revenue={"pro": Decimal("198.00"), "basic": Decimal("29.00")},
    )
    text = exposition([], overviews=[salon, overview("point", open_alerts=1)]).decode()
    found = {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    assert found == {
        ("sereno_active_tenants", "salon"): 41,
        ("sereno_trials_ending", "salon"): 0,
        ("sereno_open_alerts", "salon"): 4,
        ("sereno_open_alerts", "point"): 1,
        ("sereno_monthly_revenue", "EUR", "pro", "salon"): 198,
        ("sereno_monthly_revenue", "EUR", "basic", "salon"): 29,
        ("sereno_overview_timestamp_seconds", "salon"): NOON.timestamp(),
        ("sereno_overview_timestamp_seconds", "point"): NOON.timestamp(),
    }


def test_a_registry_asks_anew_each_time() -> None:
    answers = iter([Measures(ledger_readable=False), Measures(runs=[run(Result.PASSED)], ledger_readable=True)])
    registry = registry_of(lambda: next(answers))
    assert b"sereno_ledger_readable 0.0" in generate_latest(registry)
    second = generate_latest(registry)
    assert b"sereno_ledger_readable 1.0" in second
    assert b"sereno_job_runs_total" in second
