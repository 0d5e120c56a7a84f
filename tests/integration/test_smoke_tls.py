"""Certificates of the server and of the client."""

from __future__ import annotations

from pathlib import Path

import pytest

from integration.hostile_server import hostile_server, make_certificate
from integration.smoke_runs import asking, result_of
from sereno.errors import ConfigurationError
from sereno.settings import Settings
from sereno.smoke.outcome import Outcome
from sereno.smoke.running import run_plan
from unit.smoke_case import plan_of, suite_of


def test_a_certificate_is_verified_unless_it_is_said_otherwise_and_by_a_ca_of_ones_own(tmp_path: Path) -> None:
    check = asking("/ok", "$.status == ok", "certificate daysLeft between 29 and 31")
    settings = Settings(home=tmp_path)
    with hostile_server(make_certificate(tmp_path / "server.pem")) as server:
        file = suite_of(check, head="ca_file: server.pem")
        assert "is not trusted" in result_of(check, server.url).evidence
        assert result_of(check, server.url, insecure=True).passed
        (trusted,) = run_plan(plan_of(file, base_url=server.url), settings=settings).results
    assert trusted.passed, trusted.evidence


def test_an_expired_certificate_is_named_as_such(tmp_path: Path) -> None:
    certificate = make_certificate(tmp_path / "server.pem", expired=True)
    with hostile_server(certificate) as server:
        file = suite_of(asking("/ok"), head="ca_file: server.pem")
        (result,) = run_plan(plan_of(file, base_url=server.url), settings=Settings(home=tmp_path)).results
    assert "certificate has expired" in result.evidence


def test_a_certificate_file_that_is_none_is_a_mistake_of_the_file(tmp_path: Path) -> None:
    file = suite_of(asking("/ok"), head="ca_file: nothing.pem")
    with pytest.raises(ConfigurationError, match=r"nothing\.pem"):
        run_plan(plan_of(file, base_url="https://localhost:1"), settings=Settings(home=tmp_path))


def test_a_client_certificate_is_shown_where_the_file_names_one(tmp_path: Path) -> None:
    settings, head = Settings(home=tmp_path), "ca_file: server.pem"
    own = make_certificate(tmp_path / "client.pem")
    with hostile_server(make_certificate(tmp_path / "server.pem"), clients=own) as server:
        without, shown = (
            run_plan(plan_of(suite_of(asking("/ok"), head=more), base_url=server.url), settings=settings).results[0]
            for more in (head, f"{head}\nclient_certificate: client.pem")
        )
    assert without.outcome is Outcome.FAILED
    assert without.status is None
    assert shown.passed, shown.evidence
