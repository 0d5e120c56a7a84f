"""The grammar of smoke suites: what is read, what is refused and where, and what holds."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sereno import redaction
from sereno.smoke.budget import parse_budget
from sereno.smoke.grammar import Extraction, GrammarError, Unfit, extract, parse_assertion, parse_extraction
from sereno.smoke.grammar.filters import FILTERS
from sereno.smoke.grammar.predicates import PREDICATES
from sereno.smoke.grammar.queries import NAMES
from unit.smoke_case import CONTEXT, answer, judged

DATA = {
    "results": [{"id": 1, "at": "2026-11-25T11:59:00Z"}, {"id": 2, "at": "2026-11-25T11:58:00Z"}],
    "has_next": True,
    "name": "maria",
    "count": 5,
    "price": "12.50",
    "empty": [],
    "none": None,
    "id": "8a6e0804-2bd0-4672-b79d-d97027f9071a",
    "a.b c": 1,
}
HOLD = [
    "status == 200",
    "status in [200, 201]",
    "status between 200 and 299",
    "$.has_next isBoolean",
    "$.results count <= 5",
    "$.results[*].at sorted desc",
    "$.results[*].id sorted asc",
    "$.results[*].id unique",
    "$.results[*].id every >= 1",
    "$.results[*].at every isTime",
    "$.results[0].at age < 5min",
    "$.results first jsonpath $.id == 1",
    "$.results nth 1 jsonpath $.id == 2",
    "$.results last jsonpath $.id == 2",
    "$.results[?@.id > 1] count == 1",
    "$.results[?@.id > 9] isEmpty",
    "$.results[*].id sum == 3",
    "$.results[*].id max == 2",
    "$.empty[*] every isText orEmpty",
    "$.empty sorted asc orEmpty",
    "$.nothing not exists",
    "$.none isNull",
    "$.none not isText",
    "$.count isInteger",
    "$.count == {{five}}",
    "$.count in [1, {{five}}]",
    "$.name == {{name}}",
    "$.name == maria",
    '$.name == "maria"',
    "$.name == 'maria'",
    "$.name matches /^m.*a$/",
    "$.name upper == MARIA",
    "$.name startsWith ma",
    "$.name not contains x",
    "$.price toNumber == 12.5",
    "$.price split . count == 2",
    "$.price replace . ',' == '12,50'",
    "$.price regex /([0-9]+)[.]/ == '12'",
    "$.name regex /m.*/ == 'maria' ",
    "$.id isUuid",
    "$.has_next == true",
    "$.has_next != 1",
    "$['a.b c'] == 1",
    "$ without results keys count == 8",
    "$ contains results",
    "$.results[*].id == {{rows}}",
    "header Content-Type contains json",
    "cookie session startsWith abc",
    "duration < 300ms",
    "duration between 1ms and 2s",
    "body contains maria",
    "bytes startsWith hex 7b22",
    "bytes count < 1MB",
    "redirects isEmpty",
]
FAIL = {
    "status == 201": "found 200",
    "$.nothing == 5": "there is nothing there",
    "$.nothing != 5": "there is nothing there",
    "$.nothing not contains x": "there is nothing there",
    "$.nothing count == 0": "there is nothing there",
    "$.empty[*] every isText": "the list is empty",
    "$.empty sorted asc": "the list is empty",
    "$.results[*].at sorted asc": "found a list of 2",
    "$.results[*].id every > 1": "item 0: found 1",
    "$.name > 5": "cannot be compared",
    "$.count == 5.5": "found 5",
    "$.count isBoolean": "found 5",
    "$.has_next isInteger": "found true",
    "$.count contains 5": "takes text or bytes",
    "$.name sum == 1": "takes a list",
    "header X-Missing == a": "there is nothing there",
    "certificate daysLeft > 15": "there is nothing there",
    "$.count == {{unknown}}": "has no value",
    "csv.rows >= 1": "no CSV",
    "xlsx.rows >= 1": "no XLSX",
}
GIVEN = answer(DATA, Content_Type="application/json", Set_Cookie="session=abc123; Path=/; HttpOnly")
WRONG = {
    "": (0, "expected a query"),
    "statu == 200": (0, "did you mean status?"),
    "status": (6, "expected a predicate"),
    "status ==": (9, "expected a value"),
    "status = 200": (7, "there is no filter or predicate"),
    "status == 200 x": (14, "expected nothing more"),
    "status is 200": (7, "there is no filter or predicate"),
    "$.results cont <= 5": (10, "did you mean count?"),
    "$.results[ == 5": (15, "ends before its ]"),
    "$.[x] == 1": (0, "no JSONPath by RFC 9535"),
    "$.x == 'a": (7, "not closed"),
    '$.x == "a': (7, "not closed"),
    "$.x in 5": (7, "expected a list"),
    "$.x in [1, 2": (12, "expected , or ]"),
    "$.x < true": (6, "expected a number"),
    "$.x matches /(/": (12, "no regular expression"),
    "$.x matches /a": (12, "not closed by a /"),
    "$.x sorted up": (11, "expected asc or desc"),
    "$.x between 1, 2": (13, "expected `and`"),
    "$.x nth -1 == 2": (8, "expected a whole number"),
    "bytes startsWith hex 5": (21, "hexadecimal"),
    "header": (6, "expected a value"),
    "certificate days > 1": (12, "expected one of daysLeft"),
    "duration < 300": (9, "needs its unit"),
    "$.x not every isText": (8, "every stands once"),
    "status == 200\nor so": (13, "one line"),
}
VACUOUS = [
    "status exists",
    "status >= 100",
    "status < 600",
    "status isInteger",
    "status == 700",
    "status in [700]",
    "status != 500",
    "status not == 500",
    "duration > 0ms",
    "duration exists",
    "body exists",
    'body contains ""',
    'body startsWith ""',
    "body matches /.*/",
    "body matches /a*/",
    "$.x count >= 0",
    "$.x count > -1",
    "$.x count < 0",
    "$.x count isNumber",
    "$.x in []",
    "$.x not in []",
    "$.x between 2 and 1",
    "$.x[*] isList",
    "$.x lower isText",
    "csv.rows >= 0",
    "header Date isText",
]


@pytest.mark.parametrize("text", HOLD)
def test_what_is_true_holds(text: str) -> None:
    judgement = judged(text, GIVEN)
    assert judgement.passed, judgement.evidence


@pytest.mark.parametrize("text", FAIL)
def test_what_is_not_true_fails_and_says_what_was_seen(text: str) -> None:
    judgement = judged(text, GIVEN)
    assert not judgement.passed
    assert FAIL[text] in judgement.evidence


@pytest.mark.parametrize("text", WRONG)
def test_what_cannot_be_read_is_refused_at_its_column(text: str) -> None:
    with pytest.raises(GrammarError) as refused:
        parse_assertion(text)
    column, message = WRONG[text]
    assert (refused.value.column, message in refused.value.message) == (column, True), refused.value.message
    assert refused.value.shown.endswith("^")


@pytest.mark.parametrize("text", VACUOUS)
def test_what_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(GrammarError, match="this assert says n"):
        parse_assertion(text)


def test_the_page_lists_what_is_refused_and_every_query_filter_and_predicate() -> None:
    page = (Path(__file__).parents[2] / "docs" / "smoke.md").read_text(encoding="utf-8")
    refused = page.partition("## Refused because it says nothing")[2]
    examples = [each for each in re.findall(r"`([^`]+)`", refused) if " " in each]
    assert len(examples) >= 15
    for example in examples:
        with pytest.raises(GrammarError):
            parse_assertion(example)
    words = set(re.findall(r"[\w.]+|[<>=!]+", page))
    assert {*NAMES, *FILTERS, *PREDICATES} <= words


@pytest.mark.parametrize("text", ["$ contains [1]", "$.list min == 0", "certificate daysLeft > 1"])
def test_an_odd_answer_fails_and_breaks_nothing(text: str) -> None:
    given = replace(answer({"a": 1, "list": [None, 1]}), certificate=b"no certificate")
    assert not judged(text, given).passed


@pytest.mark.parametrize("text", ["cookie session == x", "header Set-Cookie startsWith x"])
def test_the_value_of_a_session_is_not_shown(text: str) -> None:
    wrong = judged(text, answer({}, Set_Cookie="session=7f3a"))
    assert (wrong.passed, wrong.evidence) == (False, "found a value that is not shown")


def test_a_secret_is_masked_before_an_answer_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_known", ())
    redaction.remember("a-secret-that-is-long")
    for before in (40, 55):
        assert "a-sec" not in judged("body == x", answer(body=b"." * before + b"a-secret-that-is-long")).evidence
    page = answer(body=b"<html><body>Welcome, a user with a-secret-that-is-long")
    assert "a-sec" not in judged("$.a == x", page).evidence
    given = answer(body=b'{"access_token": "nobody-knows-this-one"}')
    assert "nobody-knows" not in judged("body == x", given).evidence


def test_a_capture_has_no_predicate() -> None:
    assert extract(parse_extraction("$.results last jsonpath $.id"), GIVEN, CONTEXT) == 2
    with pytest.raises(GrammarError, match="leave the predicate out"):
        parse_extraction("$.id exists")
    with pytest.raises(Unfit, match="nothing there"):
        extract(parse_extraction("$.unknown"), GIVEN, CONTEXT)


@pytest.mark.parametrize("text", ["best of 3 < 300ms", "p95 of 20 < 2s"])
def test_a_budget_says_how_it_is_judged(text: str) -> None:
    budget = parse_budget(text)
    measured = [0.1, *[0.2] * 18, 9.0]
    assert budget.judged(measured) == (0.1 if text.startswith("best") else 0.2)


@pytest.mark.parametrize("text", ["best of 0 < 1s", "p95 of 2 < 1s", "best of 3 < 300", "best < 1s", "best of 3 < 0ms"])
def test_a_budget_that_says_nothing_is_refused(text: str) -> None:
    with pytest.raises(GrammarError):
        parse_budget(text)


words = st.sampled_from([*NAMES, *FILTERS, *PREDICATES, "$.a[*].b", "$", "not", "orEmpty", "and", "hex", "200"])
scraps = st.lists(st.one_of(words, st.text(max_size=8), st.sampled_from(["[", "]", "{{x}}", '"', "'", "/a/", ","])))


@given(scraps)
@settings(deadline=None, max_examples=300)
def test_whatever_is_written_is_read_or_refused_at_a_column_inside_it(parts: list[str]) -> None:
    text = " ".join(parts)
    try:
        judgement = judged(text, GIVEN)
    except GrammarError as error:
        column, length = error.column, len(error.text)
    else:
        column, length = 0, len(judgement.text)
        assert isinstance(judgement.passed, bool)
    assert 0 <= column <= max(length, 1)


@given(st.integers(), st.one_of(st.text(max_size=20), st.booleans(), st.none(), st.integers(), st.lists(st.integers())))
@settings(deadline=None, max_examples=200)
def test_an_assertion_and_its_negation_never_both_hold(number: int, value: object) -> None:
    given_answer = answer({"x": value})
    for predicate in (f"== {number}", f"> {number}", "isText", "isEmpty", "contains 1", "isNull"):
        plain, turned = judged(f"$.x {predicate}", given_answer), judged(f"$.x not {predicate}", given_answer)
        assert not (plain.passed and turned.passed)


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), max_size=30))
@settings(deadline=None, max_examples=200)
def test_any_text_can_be_written_in_quotation_marks(text: str) -> None:
    import json

    written = json.dumps(text)  # as ASCII, so that whatever cannot be printed is an escape
    assert judged(f"$.x == {written}", answer({"x": text})).passed


def test_an_extraction_keeps_its_text() -> None:
    assert isinstance(parse_extraction("$.id"), Extraction)
    assert parse_extraction("header Location regex /([0-9]+)$/").text == "header Location regex /([0-9]+)$/"
