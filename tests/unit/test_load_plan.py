"""What a load check may be sent to, and how much."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from sereno.errors import ConfigurationError, MissingSecretError, RefusedError
from sereno.load.load import Load, load_of
from sereno.load.plan import is_loopback, plan_load
from sereno.redaction import redact
from sereno.systems.model import System

LOAD = Load(requests=100)
SECTION: dict[str, Any] = {
    "targets": [
        {"name": "staging", "base_url": "https://Staging.salon.example/base/"},
        {"name": "live", "base_url": "${SALON_URL}"},
    ],
    "hosts": ["salon.example", "api.salon.example:8443"],
    "endpoints": [
        {"name": "health", "path": "/health"},
        {
            "name": "dashboard",
            "path": "/dashboard?day=1",
            "headers": [{"name": "Authorization", "value": "Bearer ${SALON_TOKEN}"}],
            "thresholds": ["p95 < 300ms"],
            "expected_statuses": [200],
        },
        {"name": "preview", "path": "/preview", "method": "POST", "json_body": '{"dry_run": true}'},
    ],
}


def system(section: dict[str, Any] | None = None) -> System:
    data = {"name": "salon", "title": "Salon", "timezone": "UTC", "database": {"url": "${SALON_DATABASE_URL}"}}
    return System.model_validate({**data, "load_check": SECTION if section is None else section})


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALON_URL", "https://live.salon.example")
    monkeypatch.setenv("SALON_TOKEN", "secret-token-1234")


def test_the_first_target_and_endpoint_are_meant_where_none_is_named() -> None:
    plan = plan_load(system(), load=LOAD)
    assert (plan.target.name, plan.endpoint.name) == ("staging", "health")
    assert [each.text for each in plan.thresholds] == ["errors == 0"]
    place, request = plan.wire()
    assert (place.host, place.port, place.tls is not None) == ("staging.salon.example", 443, True)
    assert request.content.startswith(b"GET /base/health HTTP/1.1\r\nHost: staging.salon.example\r\n")


def test_secrets_of_headers_are_in_the_request_alone() -> None:
    plan = plan_load(system(), load=LOAD, endpoint="dashboard", target="live", thresholds=["p99 < 1s"])
    assert [each.text for each in plan.thresholds] == ["p95 < 300ms", "p99 < 1s", "errors == 0"]
    _, request = plan.wire()
    assert b"\r\nAuthorization: Bearer secret-token-1234\r\n" in request.content
    assert "secret-token-1234" not in f"{plan} {plan.what} {plan.profile} {request}"
    assert plan.what == "GET /dashboard of https://live.salon.example"


def test_a_body_is_sent_as_json() -> None:
    _, request = plan_load(system(), load=LOAD, endpoint="preview").wire()
    assert request.content.endswith(b'Content-Length: 17\r\n\r\n{"dry_run": true}') or (
        b"Content-Type: application/json" in request.content and request.content.endswith(b'{"dry_run": true}')
    )
    assert not request.may_be_repeated


@pytest.mark.parametrize(
    "target",
    [
        "https://salon.example",
        "http://SALON.example:9000/v2",
        "https://api.salon.example:8443",
        "https://staging.salon.example:444",
        "https://live.salon.example",
        "http://127.0.0.1:8321",
        "http://127.9.9.9",
        "http://[::1]:8321",
        "http://localhost:8321",
    ],
)
def test_hosts_of_the_system_and_this_machine_may_be_named(target: str) -> None:
    assert plan_load(system(), load=LOAD, target=target).base_url.lower() == target.lower()


@pytest.mark.parametrize(
    "target",
    [
        "https://example.org",
        "https://api.salon.example",
        "https://evil-salon.example",
        "https://salon.example.evil.example",
        "http://192.0.2.7",
        "http://10.0.0.1",
        "http://localhost.evil.example",
        "http://127.0.0.1.evil.example",
        "http://0x7f.1",
        "http://[::ffff:192.0.2.1]",
    ],
)
def test_every_other_host_is_refused(target: str) -> None:
    with pytest.raises(RefusedError, match="is no host of salon, so no load is sent to it"):
        plan_load(system(), load=LOAD, target=target)


@pytest.mark.parametrize(
    "target",
    [
        "ftp://salon.example",
        "https://",
        "https://user:password-1@salon.example",
        "https://salon.example?x=1",
        "https://salon.example#x",
        "https://salon.example:0",
        "https://salon.example:99999",
        "https://salon.example/a b",
    ],
)
def test_what_is_no_base_url_is_refused_and_not_repeated(target: str) -> None:
    with pytest.raises(ConfigurationError, match="is no base URL") as caught:
        plan_load(system(), load=LOAD, target=target)
    assert "password-1" not in str(caught.value)


def test_unknown_names_are_told_with_those_there_are() -> None:
    with pytest.raises(ConfigurationError, match=r"no endpoint 'x'.*health, dashboard, preview"):
        plan_load(system(), load=LOAD, endpoint="x")
    with pytest.raises(ConfigurationError, match=r"no target 'prod'.*staging, live"):
        plan_load(system(), load=LOAD, target="prod")
    with pytest.raises(ConfigurationError, match="p98"):
        plan_load(system(), load=LOAD, thresholds=["p98 < 1s"])


def test_without_the_section_there_is_no_load_check() -> None:
    bare = System.model_validate({**system().model_dump(), "load_check": None})
    with pytest.raises(ConfigurationError, match="no section `load_check`"):
        plan_load(bare, load=LOAD)


def test_a_url_is_told_from_the_declared_target_of_its_host() -> None:
    by_name = plan_load(system(), load=LOAD, target="staging")
    by_url = plan_load(system(), load=LOAD, target="https://staging.salon.example:444")
    assert (by_name.target.name, by_url.target.name) == ("staging", "staging.salon.example:444")
    assert by_name.profile != by_url.profile


def test_a_header_that_is_no_secret_may_be_shown() -> None:
    headers = [{"name": "Accept", "value": "text/x-salon-note"}]
    plan = plan_load(system({**SECTION, "endpoints": [{"name": "x", "path": "/", "headers": headers}]}), load=LOAD)
    assert b"\r\nAccept: text/x-salon-note\r\n" in plan.wire()[1].content
    assert plan.wire()[1].content.count(b"Accept:") == 1
    assert redact("text/x-salon-note") == "text/x-salon-note"


def test_a_missing_secret_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SALON_TOKEN")
    with pytest.raises(MissingSecretError, match="SALON_TOKEN"):
        plan_load(system(), load=LOAD, endpoint="dashboard").wire()


def test_a_secret_cannot_smuggle_a_header_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SALON_TOKEN", "x\r\nX-Evil: 1")
    with pytest.raises(ConfigurationError, match="line feed"):
        plan_load(system(), load=LOAD, endpoint="dashboard").wire()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"headers": [{"name": "Authorization", "value": "Bearer abc"}]}, "is a secret: write a reference"),
        ({"headers": [{"name": "Host", "value": "x"}]}, "set by the client itself"),
        ({"headers": [{"name": "a b", "value": "x"}]}, "should match pattern"),
        ({"thresholds": ["p95 < 3"]}, "needs a unit"),
        ({"json_body": "{"}, "is no JSON"),
        ({"json_body": '{"a": "${T}"}'}, "a secret stands in a header"),
        ({"path": "/a?token=${file:t}"}, "a secret stands in a header"),
        ({"path": "health"}, "should match pattern"),
        ({"path": "/a b"}, "should match pattern"),
        ({"method": "TRACE"}, "Input should be"),
        ({"expected_statuses": [99]}, "greater than or equal to 100"),
    ],
)
def test_mistakes_in_the_section_are_told(change: dict[str, Any], said: str) -> None:
    endpoint = {"name": "health", "path": "/health", **change}
    with pytest.raises(ValidationError, match=said):
        system({**SECTION, "endpoints": [endpoint]})


def test_two_of_one_name_are_refused() -> None:
    with pytest.raises(ValidationError, match="two are called 'health'"):
        system({**SECTION, "endpoints": [SECTION["endpoints"][0]] * 2})


@pytest.mark.parametrize(
    ("host", "expected"),
    [("127.0.0.1", True), ("::1", True), ("LOCALHOST", True), ("0.0.0.0", False), ("example.org", False)],
)
def test_loopback_is_known_by_its_address(host: str, expected: bool) -> None:
    assert is_loopback(host) is expected


def test_a_load_has_an_end_and_one_meaning() -> None:
    nothing: dict[str, Any] = {"requests": None, "rate": None, "duration_seconds": None}
    assert load_of(**nothing).requests == 100
    assert load_of(**{**nothing, "rate": 5.0, "duration_seconds": 3.0}).scheduled == 15
    for wrong in (
        {"rate": 5.0},
        {"rate": 5.0, "duration_seconds": 1.0, "requests": 5},
        {"rate": 5e4, "duration_seconds": 3e3},
    ):
        with pytest.raises(ConfigurationError):
            load_of(**{**nothing, **wrong})
    with pytest.raises(ConfigurationError, match="no end"):
        Load()


@pytest.mark.parametrize(
    ("load", "words"),
    [
        (Load(requests=1000, concurrency=50), "1,000 requests over 50 connections"),
        (Load(rate=20, duration_seconds=60, concurrency=1), "20 requests a second for 60 s over at most 1 connection"),
        (Load(requests=5, duration_seconds=2.5), "5 requests for at most 2.5 s over 10 connections"),
        (Load(duration_seconds=9), "requests for 9 s over 10 connections"),
    ],
)
def test_a_load_is_told_in_words(load: Load, words: str) -> None:
    assert str(load) == words


def test_an_authorities_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    target = {"name": "staging", "base_url": "https://salon.example", "ca_bundle": str(tmp_path / "no.pem")}
    plan = plan_load(system({**SECTION, "targets": [target]}), load=LOAD)
    with pytest.raises(ConfigurationError, match=r"no\.pem cannot be read"):
        plan.wire()
