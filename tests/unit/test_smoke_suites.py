"""What a smoke.yaml may say: mistakes by line, column and key; what a run of it will do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from sereno.errors import ConfigurationError
from sereno.reports.model import Effect
from sereno.smoke.suite.reading import has_suites, read_suites
from sereno.smoke.suite.schema import smoke_schema, smoke_schema_text
from sereno.systems.yaml_document import read_yaml
from unit.smoke_case import plan_of, suite_file, suite_of

DEPLOYMENTS = Path(__file__).parents[2] / "deployments"
FILES = sorted(DEPLOYMENTS.glob("*/smoke.yaml"))
LOGIN = "logins: {admin: {token: '${T}'}}"
LIVE = '{name: make, post: /u, effect: live, expect: ["status == 201"], capture: {user: $.id}}'


def refused(checks: str, *, head: str = "", suite: str = "") -> str:
    with pytest.raises(ConfigurationError) as error:
        suite_of(checks, head=head, suite=suite)
    return str(error.value)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_every_shipped_suite_is_right_also_by_the_schema_that_editors_use(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(DEPLOYMENTS.parent)
    text = path.read_text(encoding="utf-8")
    assert text.splitlines()[0] == "# yaml-language-server: $schema=../smoke.schema.json"
    Draft202012Validator(smoke_schema()).validate(read_yaml(text, file="smoke.yaml").data)
    assert has_suites(path.parent.name)
    assert read_suites(path.parent.name).file.suites


def test_the_checked_in_schema_is_the_one_of_the_models_and_describes_every_key() -> None:
    assert (DEPLOYMENTS / "smoke.schema.json").read_text(encoding="utf-8") == smoke_schema_text(), (
        "the models have changed; run: sereno schema smoke > deployments/smoke.schema.json"
    )
    schema = smoke_schema()
    Draft202012Validator.check_schema(schema)
    for part in (schema, *schema["$defs"].values()):
        for key, value in part.get("properties", {}).items():
            assert value.get("description"), key
            assert value.get("examples") or "$ref" in json.dumps(value), key
            for example in value.get("examples", ()):
                Draft202012Validator({**value, "$defs": schema["$defs"]}).validate(example)


@pytest.mark.parametrize(
    ("checks", "said"),
    [
        ("{name: a, gte: /a, expect: ['status == 200']}", "gte: is not known here; did you mean get?"),
        ("{name: a, get: /a, post: /b, expect: ['status == 200']}", "exactly one of get, head, post"),
        ("{name: a, get: a, expect: ['status == 200']}", "expected text like /api/users"),
        ("{name: a, get: /a}", "expects nothing"),
        ("{name: a, post: /a, expect: ['status == 200']}", "a POST has to say its effect"),
        ("{name: a, get: /a, effect: live, expect: ['status == 200']}", "a GET that changes something is no check"),
        ("{name: a, post: /a, effect: read, retries: 1, expect: ['status == 200']}", "retries are for GET and HEAD"),
        ("{name: a, post: /a, effect: read, budget: best of 3 < 1s, expect: [body isEmpty]}", "nothing else is safe"),
        ("{name: a, get: /a, touches_database: true, expect: ['status == 200']}", "assert something of the content"),
        ("{name: a, get: /a, login: boss, expect: ['status == 200']}", "there is no login 'boss'"),
        ("{name: a, get: /a, roles: {boss: 200}}", "there is no login 'boss'"),
        ("{name: a, get: /a, roles: {anonymous: 99}}", "a status from 100 to 599"),
        ("{name: a, get: /a, roles: {anonymous: 401}, expect: ['status == 200']}", "the roles say the status already"),
        (
            "{name: a, get: /a, roles: {anonymous: 401}, expect: [body isEmpty]}",
            "a status below 300, and there is none",
        ),
        ("{name: a, get: '/a/{{user}}', expect: ['status == 200']}", "{{user}} has no value"),
        ("{name: a, get: /a, expect: ['$.x == {{user}}']}", "{{user}} has no value"),
        ("{name: a, get: /a, expect: ['status == 20x y']}", "expected nothing more, found 'y'"),
        ("{name: a, get: /a, needs: [b], expect: ['status == 200']}", "there is no check 'b'"),
        ("{name: a, get: /a, needs: [a], expect: ['status == 200']}", "needs itself: a → a"),
        ("{name: a, get: /a, each: [{x: 1}, {y: 1}], expect: ['status == 200']}", "every item needs the same keys"),
        ("{name: a, get: /a, each: [{x: 1}], capture: {y: $.y}, expect: ['status == 200']}", "cannot capture"),
        ("{name: a, get: /a, capture: {run: $.y}, expect: ['status == 200']}", "given by every run"),
        ("{name: a, get: /a, walk: {keys: '$.a[*]'}, expect: ['status == 200']}", "how is the next page asked for?"),
        ("{name: a, get: /a, budget: fast, expect: ['status == 200']}", "expected a budget such as"),
        ("{name: a, get: '/a?t=${T}', expect: ['status == 200']}", "it would be sent as it is written"),
        ("{name: a, post: /a, effect: read, json: {a: ['x${file:t}']}, expect: ['status == 200']}", "a secret stands"),
        ("{name: a, post: /a, effect: read, json: [{<<: {b: 1}}], expect: ['status == 200']}", "merges (<<) are not"),
        ("{name: a, get: /a, headers: {A: '${a b}'}, expect: ['status == 200']}", "a reference inside is malformed"),
        ("{name: a, get: /a, effect: maybe, expect: ['status == 200']}", "one of read, dry-run, live, found 'maybe'"),
    ],
)
def test_a_mistake_is_named_by_its_line_and_key(checks: str, said: str) -> None:
    message = refused(checks)
    assert said in message
    assert message.startswith("smoke.yaml:9:")
    assert "suites.daily.checks[0]" in message


def test_a_mistake_in_an_expression_has_its_column_and_a_caret() -> None:
    message = refused("{name: a, get: /a, expect: [status == 200, $.x cont > 1]}")
    assert message.splitlines() == [
        "smoke.yaml:9:56: suites.daily.checks[0].expect[1]: "
        "there is no filter or predicate 'cont'; did you mean count?",
        "    $.x cont > 1",
        "        ^",
    ]


def test_circles_of_needs_names_that_stand_twice_and_captures_from_later_are_named() -> None:
    first = "{name: a, get: /a, needs: [b], expect: ['status == 200']}"
    second = "{name: b, get: /b, needs: [a], expect: ['status == 200']}"
    assert "needs itself: a → b → a" in refused(f"{first}\n{second}")
    assert "'b' stands later" in refused(f"{first}\n{{name: b, get: /b, expect: ['status == 200']}}")
    twice = "{name: a, get: /a, expect: ['status == 200']}"
    assert "is the name of check 1 already" in refused(f"{twice}\n{twice}")
    uses = "{name: uses, get: '/u/{{user}}', expect: ['status == 200']}"
    assert "{{user}} is captured later" in refused(f"{uses}\n{LIVE}")


def test_a_suite_has_a_check_that_needs_the_database_or_says_why_not() -> None:
    with pytest.raises(ConfigurationError, match="no check shows that the database lives"):
        suite_file(
            "base_url: http://a\nsuites: {d: {description: d, checks: [{name: a, get: /a, expect: [body isEmpty]}]}}"
        )


@pytest.mark.parametrize(
    ("login", "said"),
    [
        ("{token: abc}", "a secret stands in a file as a reference only"),
        ("{username: a}", "username and password go together"),
        ("{send: basic}", "username and password are missing"),
        ("{username: a, password: '${P}'}", "exactly one of: token, request"),
        ("{token: '${T}', send: basic, username: a, password: '${P}'}", "exactly one of"),
    ],
)
def test_a_login_that_is_none_is_named(login: str, said: str) -> None:
    message = refused("{name: a, get: /a, expect: ['status == 200']}", head=f"logins: {{admin: {login}}}")
    assert said in message
    assert "abc" not in message


def test_checks_unfold_by_role_and_by_set_of_variables() -> None:
    file = suite_of(
        "{name: a, get: '/{{x}}', each: [{x: one}, {x: two}], roles: {admin: 200, anonymous: 401}}", head=LOGIN
    )
    plan = plan_of(file)
    assert [(case.name, case.login, case.status, case.judged) for case in plan.cases] == [
        ("a [one] as admin", "admin", 200, True),
        ("a [one] as anonymous", None, 401, False),
        ("a [two] as admin", "admin", 200, True),
        ("a [two] as anonymous", None, 401, False),
    ]


def test_each_set_of_variables_is_a_row_of_the_role_matrix() -> None:
    check = "{name: a, get: '/{{x}}', each: [{x: 1}, {x: 2}], roles: {admin: 200, anonymous: 401}}"
    assert [case.place for case in plan_of(suite_of(check, head=LOGIN)).cases] == [
        *(("a [1]", "admin"), ("a [1]", "anonymous")),
        *(("a [2]", "admin"), ("a [2]", "anonymous")),
    ]


def test_live_checks_and_what_needs_them_are_left_out_unless_the_run_is_live() -> None:
    file = suite_of(
        f"{{name: health, get: /h, expect: ['status == 200']}}\n{LIVE}\n"
        "{name: look, get: '/u/{{user}}', expect: ['status == 200']}\n"
        "{name: after, get: /a, needs: [look], expect: ['status == 200']}\n"
        "{name: gone, delete: '/u/{{user}}', effect: live, cleanup: true}"
    )
    dry, live = plan_of(file), plan_of(file, live=True)
    assert [case.name for case in dry.cases] == ["health"]
    assert dry.left_out == ("make", "look", "after", "gone")
    assert (dry.effect, live.effect) == (Effect.READ, Effect.LIVE)
    assert [case.name for case in live.cases] == ["health", "make", "look", "after", "gone"]
    assert [case.name for case in live.cleanups] == ["gone"]


def test_a_suite_of_which_nothing_is_left_without_live_checks_is_no_run_that_passed() -> None:
    checks = (
        "{name: make, post: /a, effect: live, expect: ['status == 200'], capture: {x: $.id}}\n"
        "{name: undo, delete: '/a/{{x}}', effect: live, cleanup: true}"
    )
    with pytest.raises(ConfigurationError, match="every check of the suite daily is live"):
        plan_of(suite_of(checks))
    assert plan_of(suite_of(checks), live=True).effect is Effect.LIVE


def test_neighbours_of_a_group_make_one_stage_and_watched_dry_runs_stand_alone() -> None:
    lines = [
        "{name: a, get: /a, group: g, expect: ['status == 200']}",
        "{name: b, get: /b, group: g, expect: ['status == 200']}",
        "{name: c, get: /c, expect: ['status == 200']}",
        "{name: d, post: /d, effect: dry-run, group: g, expect: ['status == 200']}",
        "{name: e, get: /e, group: g, expect: ['status == 200']}",
    ]
    head = "fingerprints: {f: {get: /f, values: {x: $.x}}}"
    plan = plan_of(suite_of("\n".join(lines), head=head, suite="fingerprints: [f]"))
    assert [[case.name for case in stage] for stage in plan.stages] == [["a", "b"], ["c"], ["d"], ["e"]]


def test_a_run_may_set_variables_of_the_file_to_values_of_the_same_kind_and_no_others() -> None:
    file = suite_of("{name: a, get: '/{{days}}', expect: ['status == 200']}", head="variables: {days: 30, word: x}")
    assert plan_of(file, values={"days": "7"}).variables == {"days": 7, "word": "x"}
    with pytest.raises(ConfigurationError, match="the variable days is a whole number, not 'seven'"):
        plan_of(file, values={"days": "seven"})
    with pytest.raises(ConfigurationError, match="there is no variable 'weeks'"):
        plan_of(file, values={"weeks": "1"})
