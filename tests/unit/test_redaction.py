"""No secret that this process has resolved leaves it, in whatever form text carries it."""

from __future__ import annotations

import io
import json
import logging
import time
from collections import namedtuple
from collections.abc import Iterator
from html import escape
from urllib.parse import quote, quote_plus

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sereno import redaction
from sereno.redaction import MASK, SHORTEST, install, redact, redact_value, remember

SECRETS = st.text(st.characters(exclude_characters="*", exclude_categories=["Cs"]), min_size=SHORTEST, max_size=40)
SEVERAL_PER_TEST = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(redaction, "_known", ())


@SEVERAL_PER_TEST
@given(SECRETS, st.text(), st.text())
def test_a_known_secret_is_masked_wherever_it_stands(secret: str, before: str, after: str) -> None:
    remember(secret)
    assert secret not in redact(before + secret + after)


@SEVERAL_PER_TEST
@given(SECRETS)
def test_a_known_secret_is_masked_in_every_form_that_text_gives_it(secret: str) -> None:
    remember(secret)
    for form in (
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        quote(secret, safe=""),
        quote_plus(secret),
        escape(secret),
    ):
        assert redact(f"<{form}>") == f"<{MASK}>"


@SEVERAL_PER_TEST
@given(SECRETS, st.lists(st.text(), max_size=3))
def test_masking_twice_changes_nothing_more(secret: str, texts: list[str]) -> None:
    remember(secret)
    once = redact(" ".join([*texts, secret]))
    assert redact(once) == once


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://sereno:hunter2!@db/point",
        "postgresql://sereno:hunter2%21@db/point",
        "postgresql://db/point?user=sereno&password=hunter2%21",
        "postgresql://db/point?sslpassword=hunter2!&x=y",
        "host=db password=hunter2! user=sereno",
        "host=db password = 'hunter2!' user=sereno",
    ],
)
def test_the_password_inside_a_url_is_known_by_itself(url: str) -> None:
    remember(url)
    assert redact("the password is hunter2! indeed") == "the password is *** indeed"
    assert redact(f"connecting to {url} failed") == f"connecting to {MASK} failed"


def test_a_quoted_password_with_escapes_is_known_as_it_is_meant() -> None:
    remember(r"password='it\'s \\ here'")
    assert redact(r"it's \ here") == MASK


def test_a_password_with_characters_that_belong_escaped_is_known_whole() -> None:
    remember("postgresql://u:pa/ss@wo@rd@db/point")
    assert redact("pa/ss@wo@rd") == MASK


def test_each_line_of_a_key_file_is_known_but_not_its_frame() -> None:
    key = "-----BEGIN KEY-----\nMIIEvgIBADANBgkqhkiG\n  9w0BAQEFAASCBKgw  \nab\n-----END KEY-----"
    remember(key)
    assert redact("bad line MIIEvgIBADANBgkqhkiG") == "bad line ***"
    assert redact("bad line 9w0BAQEFAASCBKgw") == "bad line ***"
    assert redact("ab -----BEGIN KEY-----") == "ab -----BEGIN KEY-----"
    assert redact(json.dumps({"key": key})) == '{"key": "***"}'


@pytest.mark.parametrize("secret", ["", "a", "abc", "   a   "])
def test_a_very_short_secret_does_not_blacken_ordinary_words(secret: str) -> None:
    remember(secret)
    assert redact("a cab, abc and abacus") == "a cab, abc and abacus"


def test_a_very_short_password_is_masked_by_its_place() -> None:
    remember("postgresql://u:pw@db/point")
    assert redact("postgresql://u:pw@other/point with pw=1") == "postgresql://u:***@other/point with pw=1"


@pytest.mark.parametrize("text", ["'token: ***' next", '"password=***" next', "token=***"])
def test_what_is_masked_already_keeps_the_quotation_marks_around_it(text: str) -> None:
    assert redact(text) == text


def test_the_longer_of_two_secrets_is_masked_whole() -> None:
    remember("correct horse")
    remember("correct horse battery")
    assert redact("correct horse battery staple") == "*** staple"


@pytest.mark.parametrize(
    ("text", "masked"),
    [
        ("postgresql://u:hunter2@h/d", "postgresql://u:***@h/d"),
        ("https://u:hun:ter2@h/d?x=1", "https://u:***@h/d?x=1"),
        ("amqp://:hunter2@h", "amqp://:***@h"),
        ("http://h:8000/a?mail=x@y", "http://h:8000/a?mail=x@y"),
        ("host=h password=hunter2 user=u", "host=h password=*** user=u"),
        ("password = 'hunter 2' x", "password = *** x"),
        ("PGPASSWORD=hunter2", "PGPASSWORD=***"),
        ("POINT_DB_PASSWORD=hunter2 x", "POINT_DB_PASSWORD=*** x"),
        ("AWS_SECRET_ACCESS_KEY=hunter2", "AWS_SECRET_ACCESS_KEY=***"),
        ('{"password": "hun\\"ter2", "a": 1}', '{"password": ***, "a": 1}'),
        ("{'access_token': 'hunter2', 'a': 1}", "{'access_token': ***, 'a': 1}"),
        ('{"apiKey":"hunter2"}', '{"apiKey":***}'),
        ("?token=hunter2&a=b", "?token=***&a=b"),
        ("Authorization: Bearer abc.def-ghi", "Authorization: Bearer ***"),
        ("authorization: basic dXNlcjpwYXNz", "authorization: basic ***"),
        ("Authorization: Token 9944b09199c62bcf9418ad846dd0e4bbdfc6ee4b", "Authorization: Token ***"),
        ("passphrase=hunter2", "passphrase=***"),
        ('{"access": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl"}', '{"access": "***"}'),
        ("'passphrase': 'hunter2'", "'passphrase': ***"),
        ("backup.passphrase: expected a reference", "backup.passphrase: expected a reference"),
        ("the token expired yesterday", "the token expired yesterday"),
        ("password authentication failed for user u", "password authentication failed for user u"),
        ("the secret ${POINT_PASSWORD} is not set", "the secret ${POINT_PASSWORD} is not set"),
        ("at 12:30 by a@b.c, see http://h/d", "at 12:30 by a@b.c, see http://h/d"),
    ],
)
def test_unknown_secrets_are_masked_by_their_shape(text: str, masked: str) -> None:
    assert redact(text) == masked


@pytest.mark.parametrize(
    "piece",
    [*"a\\@: ", "a.", "a://", "://x:", "://x:y", "password", "password=", "password='", 'token"', "token ", "bearer "],
)
def test_long_text_takes_time_in_proportion_to_its_length(piece: str) -> None:
    remember("correct horse battery staple")
    text = piece * (300_000 // len(piece))
    started = time.process_time()
    redact(text)
    assert time.process_time() - started < 10, "seconds of this process alone; in proportion it takes less than one"


def test_values_inside_values_are_masked() -> None:
    remember("hunter2!")
    Pair = namedtuple("Pair", "left right")
    value = {"hunter2!": ["hunter2!", ("x", 1, None), {"hunter2!"}], "pair": Pair("hunter2!", 2)}
    assert redact_value(value) == {MASK: [MASK, ("x", 1, None), {MASK}], "pair": Pair(MASK, 2)}


@pytest.fixture
def log() -> Iterator[tuple[logging.Logger, io.StringIO]]:
    factory = logging.getLogRecordFactory()
    install()
    install()
    stream = io.StringIO()
    logger = logging.Logger("redacted")
    logger.addHandler(logging.StreamHandler(stream))
    yield logger, stream
    logging.setLogRecordFactory(factory)


def test_log_records_are_masked_before_any_handler_sees_them(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = log
    remember("hunter2!")
    logger.error("with %s and %d", "hunter2!", 1)
    logger.error("with %(a)s", {"a": "hunter2!"})
    assert stream.getvalue() == "with *** and 1\nwith ***\n"


def test_tracebacks_and_stacks_in_the_log_are_masked(log: tuple[logging.Logger, io.StringIO]) -> None:
    logger, stream = log
    remember("hunter2!")
    try:
        raise ValueError("with hunter2!")
    except ValueError:
        logger.exception("failed", stack_info=True)
    assert "ValueError: with ***" in stream.getvalue()
    assert "hunter2!" not in stream.getvalue()


def test_a_log_call_whose_arguments_do_not_fit_shows_no_secret(
    log: tuple[logging.Logger, io.StringIO], capsys: pytest.CaptureFixture[str]
) -> None:
    logger, stream = log
    remember("hunter2!")
    secret = "hunter2!"
    logger.error("with %d", secret)
    logger.error("with %(b)s", {"a": secret})
    written = stream.getvalue() + "".join(line for line in capsys.readouterr().err.splitlines() if "Arguments" in line)
    assert "hunter2!" not in written
