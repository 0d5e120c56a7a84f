"""Who asks: logins are made once, renewed once, and sent to no host but the system's."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from integration.hostile_server import HostileServer, hostile_server
from integration.smoke_runs import LOGIN, asking, result_of, run_of
from sereno import redaction
from sereno.errors import ConfigurationError, RefusedError
from sereno.smoke.outcome import Outcome
from sereno.smoke.wishes import Credentials


@pytest.fixture(scope="module")
def module_server() -> Iterator[HostileServer]:
    with hostile_server() as server:
        yield server


@pytest.fixture
def server(module_server: HostileServer, monkeypatch: pytest.MonkeyPatch) -> HostileServer:
    monkeypatch.setenv("SMOKE_PASSWORD", "correct-horse")
    monkeypatch.setattr(redaction, "_known", ())  # what other tests called a secret may be a word here
    module_server.asked.clear()
    module_server.tries.clear()
    return module_server


def test_redirects_are_followed_only_where_a_check_says_so_and_credentials_stay_with_their_host(
    server: HostileServer,
) -> None:
    follow = "follow_redirects: 2, login: admin,"
    result = result_of(asking("/moved-away", "$.status == ok", more=follow), server.url, head=LOGIN)
    assert result.outcome is Outcome.PASSED, result.evidence
    assert [("authorization" in each.headers, each.path) for each in server.asked] == [
        (False, "/login"),
        (True, "/moved-away"),
        (False, "/ok"),
    ]
    posted = "{name: a, post: /kept-away, effect: read, text: t, follow_redirects: 1, expect: [status == 200]}"
    assert result_of(posted, server.url).evidence == "a redirect would take the body to another host"
    assert "found 302" in result_of(asking("/circle", more="follow_redirects: 3,"), server.url).evidence


def test_a_login_is_made_once_a_run_and_once_more_after_a_401(server: HostileServer) -> None:
    checks = "\n".join(f"{{name: c{n}, get: /second-token, login: admin, expect: [status == 200]}}" for n in range(3))
    run = run_of(checks, server.url, head=LOGIN)
    assert all(result.passed for result in run.results)
    assert server.paths().count("/login") == 2


def test_a_login_that_fails_is_not_tried_again_and_names_no_password(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMOKE_PASSWORD", "wrong-horse")
    head = LOGIN.replace("/login", "/html")
    checks = "\n".join(f"{{name: c{n}, get: /ok, login: admin, expect: [status == 200]}}" for n in range(2))
    run = run_of(checks, server.url, head=head)
    assert [result.outcome for result in run.results] == [Outcome.FAILED, Outcome.FAILED]
    assert "the login admin gave no token at $.access: the body is no JSON" in run.results[0].evidence
    assert server.paths() == ["/html"]
    assert "wrong-horse" not in repr(run)


def test_the_callers_credentials_replace_those_of_the_operator(server: HostileServer) -> None:
    check = "{name: a, get: /ok, login: admin, expect: [status == 200]}"
    run = run_of(check, server.url, head=LOGIN, credentials=Credentials(token="given-by-the-caller"))
    assert [each.headers["authorization"] for each in server.asked] == ["Bearer given-by-the-caller"]
    assert run.notes == ("the login admin used the credentials that the caller gave",)
    assert "given-by-the-caller" not in repr(run)


def test_the_files_headers_stand_in_every_request_and_their_secrets_go_to_the_systems_hosts_alone(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SMOKE_KEY", "key-of-the-gateway")
    elsewhere = server.url.replace("127.0.0.1", "example.invalid")
    head = f"headers: {{X-Key: '${{SMOKE_KEY}}'}}\nfingerprints: {{same: {{get: /ok, values: {{n: $.n}}}}}}\n{LOGIN}"
    checks = (
        "{name: preview, post: /ok, effect: dry-run, login: admin, expect: [status == 200]}\n"
        f"{{name: elsewhere, get: '{elsewhere}/ok', expect: [status == 200]}}"
    )
    run = run_of(checks, server.url, head=head, suite="fingerprints: [same]")
    assert [result.outcome.value for result in run.results] == ["passed", "failed"], run.results
    assert "the secrets of its headers are not sent there" in run.results[1].evidence
    assert server.paths() == ["/ok", "/login", "/ok", "/ok"]
    assert {each.headers["x-key"] for each in server.asked} == {"key-of-the-gateway"}


def test_logins_go_to_no_host_that_the_file_does_not_name() -> None:
    check = "{name: a, get: /ok, login: admin, expect: [status == 200]}"
    with pytest.raises(RefusedError, match=r"may not be sent to evil\.example"):
        run_of(check, "https://evil.example", head=LOGIN)
    for wrong in ("ftp://a", "https://user:secret@a", "https://a/?x=1", "https://", "http://a b"):
        with pytest.raises(ConfigurationError) as refused:
            run_of(check, wrong, head=LOGIN)
        assert "secret" not in str(refused.value)


def test_checks_that_lack_their_login_do_not_count_as_a_system_that_is_down(
    server: HostileServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = LOGIN.replace("/login", "/echo")
    checks = "\n".join(f"{{name: c{n}, get: /ok, login: admin, expect: [status == 200]}}" for n in range(3))
    run = run_of(f"{checks}\n{{name: open, get: /ok, expect: [status == 200]}}", server.url, head=head)
    assert [result.outcome.value for result in run.results] == ["failed", "failed", "failed", "passed"]
    assert "was refused with status 500" in run.results[0].evidence
