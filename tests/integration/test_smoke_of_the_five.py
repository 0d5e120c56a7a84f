"""The suites of the five systems: right answers pass, and each wrong one fails the check that is about it."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from sereno.smoke.outcome import Outcome, SuiteRun
from sereno.smoke.plan import plan_run
from sereno.smoke.running import run_plan
from sereno.smoke.suite.reading import Suites, read_document
from sereno.smoke.suite.schema import smoke_schema
from sereno.smoke.wishes import Wishes
from sereno.systems.yaml_document import read_yaml
from stand_ins import exitus, node_services, point, salonix
from stand_ins.exitus import Exitus, Frontend
from stand_ins.faults import status
from stand_ins.node_services import AtendeChat, FvStudios
from stand_ins.point import Point
from stand_ins.salonix import Salonix
from stand_ins.server import Call, Fault, Reply, StandIn, right, standing_in
from stand_ins.wrong_answers import WRONG

DEPLOYMENTS = Path(__file__).parents[2] / "deployments"
SYSTEMS: dict[str, Callable[[], StandIn]] = {
    "point": Point,
    "exitus": Exitus,
    "salonix": Salonix,
    "fvstudios": FvStudios,
    "atendechat": AtendeChat,
}
SUITES = [
    (system, suite)
    for system in SYSTEMS
    for suite in yaml.safe_load((DEPLOYMENTS / system / "smoke.yaml").read_text())["suites"]
]
SECRETS = {
    "POINT_USERNAME": "dg",
    "POINT_PASSWORD": point.USERS["dg"][0],
    "POINT_OUTSIDER_USERNAME": "caja",
    "POINT_OUTSIDER_PASSWORD": point.USERS["caja"][0],
    "EXITUS_ADMIN_PASSWORD": exitus.PASSWORDS["admin"],
    "EXITUS_USER_PASSWORD": exitus.PASSWORDS["maria.santos"],
    "SALONIX_OPS_ADMIN_EMAIL": "chief@example.com",
    "SALONIX_OPS_ADMIN_PASSWORD": salonix.LOGINS["chief@example.com"][0],
    "SALONIX_OPS_SUPPORT_EMAIL": "help@example.com",
    "SALONIX_OPS_SUPPORT_PASSWORD": salonix.LOGINS["help@example.com"][0],
    "SALONIX_TENANT_TOKEN": salonix.TENANT,
    "FVSTUDIOS_ADMIN_TOKEN": node_services.ADMIN_TOKEN,
    "ATENDECHAT_TOKEN": node_services.OWNER_TOKEN,
}


@pytest.fixture(autouse=True)
def secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)


def suites_of(system: str) -> Suites:
    """The shipped suites, with times that hold on a busy machine and without waiting for a rate."""
    text = (DEPLOYMENTS / system / "smoke.yaml").read_text(encoding="utf-8")
    text = re.sub(r"(duration|best of \d+) < \d+(ms|s)", r"\1 < 300s", text)
    text = re.sub(r"(?m)^requests_per_minute:.*$", "", text)
    text = re.sub(r"(?m)^timeout_seconds:.*$", "timeout_seconds: 300", text)
    document = read_yaml(text, file=f"{system}/smoke.yaml")
    return Suites(system=system, where="smoke.yaml", file=read_document(document, where="smoke.yaml"))


def ran(system: str, suite: str, fault: Fault = right, *, values: Mapping[str, str] | None = None) -> SuiteRun:
    with standing_in(SYSTEMS[system](), fault) as base_url:
        wishes = Wishes(suite=suite, base_url=base_url, live=True, values=values or {})
        return run_plan(plan_run(suites_of(system), wishes))


def not_passed(run: SuiteRun) -> dict[str, str]:
    return {result.check: result.evidence for result in run.results if result.outcome is not Outcome.PASSED}


@pytest.mark.parametrize(("system", "suite"), SUITES)
def test_right_answers_pass_every_check_live_ones_too(system: str, suite: str) -> None:
    if suite == "frontend":
        with standing_in(Frontend()) as frontend:
            run = ran(system, suite, values={"frontend": frontend})
    else:
        run = ran(system, suite)
    assert not_passed(run) == {}
    assert run.left_out == ()
    assert len(run.results) >= 1


@pytest.mark.parametrize("system", SYSTEMS)
def test_a_run_that_is_not_live_sends_nothing_that_changes_something(system: str) -> None:
    sent: list[Call] = []

    def listen(call: Call, reply: Reply) -> Reply:
        sent.append(call)
        return reply

    for suite in suites_of(system).file.suites:
        if suite == "frontend":
            continue
        with standing_in(SYSTEMS[system](), listen) as base_url:
            run = run_plan(plan_run(suites_of(system), Wishes(suite=suite, base_url=base_url)))
        assert not_passed(run) == {}
    writing = [call for call in sent if call.method != "GET" and "auth" not in call.path]
    assert all(
        call.told.get("dry_run") is True
        or "/0/" in call.path
        or 0 in (call.told.get("lockout_id"), call.told.get("notification_log_id"))
        or call.path == "/api/backup/recover"
        for call in writing
    ), writing


def test_the_users_suite_leaves_nobody_behind() -> None:
    system = Exitus()
    before = {name: dict(user) for name, user in system.users.items()}
    with standing_in(system) as base_url:
        run = run_plan(plan_run(suites_of("exitus"), Wishes(suite="users", base_url=base_url, live=True)))
    assert not_passed(run) == {}
    assert system.users == before


def test_a_user_is_deleted_also_where_a_check_failed() -> None:
    system = Exitus()
    before = len(system.users)
    with standing_in(system, status(403, r"PUT /api/usuarios/")) as base_url:
        run = run_plan(plan_run(suites_of("exitus"), Wishes(suite="users", base_url=base_url, live=True)))
    assert "PUT role and state, as an administrator" in not_passed(run)
    assert len(system.users) == before


def test_a_request_rate_stands_where_the_system_has_a_limit() -> None:
    chat, studios = (
        read_document(read_yaml((DEPLOYMENTS / name / "smoke.yaml").read_text(), file="smoke.yaml"), where="smoke.yaml")
        for name in ("atendechat", "fvstudios")
    )
    assert chat.requests_per_minute is not None
    assert chat.requests_per_minute < 10
    assert studios.requests_per_minute is not None
    run = ran("atendechat", "daily")
    assert run.requests <= 10, "the whole suite fits into one minute's worth"


@pytest.mark.parametrize("system", [*SYSTEMS, "demo"])
def test_the_file_is_right_by_the_schema_that_editors_use(system: str) -> None:
    text = (DEPLOYMENTS / system / "smoke.yaml").read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=../smoke.schema.json"
    Draft202012Validator(smoke_schema()).validate(yaml.safe_load(text))


@pytest.mark.parametrize("system", SYSTEMS)
def test_the_readme_says_what_the_suites_need(system: str) -> None:
    wanted = set(re.findall(r"\$\{([A-Z_]+)\}", (DEPLOYMENTS / system / "smoke.yaml").read_text()))
    readme = (DEPLOYMENTS / system / "README.md").read_text()
    assert [name for name in sorted(wanted) if name not in readme] == []


@pytest.mark.parametrize(
    ("system", "suite", "fault", "check"),
    WRONG,
    ids=[f"{system}-{number}-{check}" for number, (system, _, _, check) in enumerate(WRONG)],
)
def test_a_wrong_answer_fails_the_check_that_is_about_it(system: str, suite: str, fault: Fault, check: str) -> None:
    run = ran(system, suite, fault)
    failed = {result.check for result in run.results if result.outcome is Outcome.FAILED}
    assert check in failed, not_passed(run)


def test_a_dry_run_that_changes_something_is_a_failure() -> None:
    system = Point()

    def really(call: Call, reply: Reply) -> Reply:
        if "desactivar-inactivos" in call.path and call.authorization.endswith(point.OPERATOR):
            system.active -= 1
        return reply

    with standing_in(system, really) as base_url:
        run = run_plan(plan_run(suites_of("point"), Wishes(base_url=base_url)))
    evidence = not_passed(run)["deactivating idle clients, previewed"]
    assert "the dry run changed" in evidence
