"""The one redactor: no secret reaches a log line, an artifact, a report, a state message or an exception text.

It knows every secret that this process resolved (`remember`), in the forms in which text carries it (percent-encoded,
JSON, HTML, line by line), and the shapes in which unknown ones travel: passwords in URLs, `password=` in connection
strings, JSON members, bearer, basic and token credentials, JSON Web Tokens. Its time grows with the length of the
text, never faster.
"""

from __future__ import annotations

import json
import logging
import re
import threading
import traceback
from collections.abc import Iterator
from html import escape
from typing import Any
from urllib.parse import quote, quote_plus, unquote, unquote_plus

MASK = "***"
SHORTEST = 4
"""Characters; a shorter secret is masked only where its place gives it away, else ordinary words would be blackened."""
_SHORTEST_LINE = 8  # of a secret of several lines, such as a key file

_lock = threading.Lock()
_known: tuple[str, ...] = ()

_NAMES = "password|passwd|pgpassword|secret|token|api_?key|access_?key"
_PASSWORD_INSIDE = (
    re.compile(r"://[^\s:/@]*:(?P<value>[^\s?#]+)@"),
    re.compile(r"[?&](?:ssl)?password=(?P<value>[^\s&]+)", re.IGNORECASE),
    re.compile(r"\b(?:ssl)?password\s*=\s*(?:'(?P<quoted>(?:[^'\\]|\\.)*)'|(?P<value>[^\s&']+))", re.IGNORECASE),
)
_NOT_MASKED = r"(?!\*{3}(?:['\"\s]|\Z))"  # what is masked already may stand in a shell's quotation marks, which stay
_SHAPES = tuple(
    (re.compile(shape, re.IGNORECASE), rf"\g<keep>{MASK}")
    for shape in (
        r"(?P<keep>://[^\s:/@]{0,128}:)(?!\d{1,5}[/?#])[^\s\"'<>,]{1,256}(?=@)",
        rf"(?P<keep>(?:{_NAMES})[\"']?\s{{0,8}}[=:]\s{{0,8}}){_NOT_MASKED}(?:'[^']*'|\"(?:[^\"\\]|\\.)*\"|[^\s,;&)}}\]]+)",
        r"(?P<keep>\bpassphrase(?:\s?=\s?|[\"']\s?[=:]\s?))(?:'[^']*'|\"(?:[^\"\\]|\\.)*\"|[^\s,;&)}\]]+)",
        r"(?P<keep>\b(?:bearer|basic)\s{1,8})[A-Za-z0-9._~+/=\-]{8,}",
        r"(?P<keep>\btoken\s{1,8})[A-Za-z0-9._~+/=\-]{20,}",
        r"(?P<keep>)\beyJ[A-Za-z0-9_\-]{8,300}\.[A-Za-z0-9_\-.]{8,}",
    )
)
_GIVEAWAYS = ("://", "passw", "passphrase", "secret", "token", "key", "bearer", "basic", "eyj")
"""Of these every shape holds one. Most texts hold none of them, and are spared the shapes."""


def remember(secret: str) -> None:
    """Never let `secret` be written again, nor the password inside it when it is a URL, nor their other forms."""
    global _known
    values = {form for value in (secret, *_passwords_inside(secret)) for form in _forms(value)}
    with _lock:
        known = values.union(_known)
        _known = tuple(sorted((value for value in known if len(value) >= SHORTEST), key=len, reverse=True))


def redact(text: str) -> str:
    """`text` with every known secret and every secret-shaped part replaced by `***`."""
    if is_clean(text):
        return text
    for secret in _known:
        text = text.replace(secret, MASK)
    for shape, replacement in _SHAPES:
        text = shape.sub(replacement, text)
    return text


def is_clean(text: str) -> bool:
    """Whether nothing in `text` could be a secret, seen quickly; `redact` leaves such a text as it is.

    It can be asked of JSON too: known secrets are known in that form as well.
    """
    folded = text.casefold()
    for word in _GIVEAWAYS:
        if word in folded:
            return False
    return not any(secret in text for secret in _known)


def redact_value(value: Any) -> Any:
    """`value` with every string inside its dicts, lists, tuples and sets redacted."""
    if isinstance(value, str):
        return redact(value)
    if value is None or isinstance(value, int | float):
        return value
    if isinstance(value, dict):
        return {redact_value(key): redact_value(item) for key, item in value.items()}
    if isinstance(value, tuple) and hasattr(value, "_make"):
        return value._make(redact_value(item) for item in value)
    if isinstance(value, list | tuple | set | frozenset):
        return type(value)(redact_value(item) for item in value)
    return value


def install() -> None:
    """Make every log record of this process pass through the redactor before any handler sees it."""
    make_record = logging.getLogRecordFactory()
    if getattr(make_record, "redacts", False):
        return

    def redacted_record(*args: Any, **kwargs: Any) -> logging.LogRecord:
        record = make_record(*args, **kwargs)
        try:
            record.msg, record.args = redact(record.getMessage()), None
        except Exception:  # whatever a caller's arguments raise when they are formatted
            record.msg, record.args = redact(str(record.msg)), redact_value(record.args)
        if record.exc_info and record.exc_info[0] is not None:
            record.exc_text = redact("".join(traceback.format_exception(*record.exc_info))).rstrip()
            record.exc_info = None  # a handler that formats it anew would write what was just masked
        if record.stack_info:
            record.stack_info = redact(record.stack_info)
        return record

    redacted_record.redacts = True  # type: ignore[attr-defined]
    logging.setLogRecordFactory(redacted_record)


def _passwords_inside(secret: str) -> Iterator[str]:
    for shape in _PASSWORD_INSIDE:
        for match in shape.finditer(secret):
            found = match.groupdict()
            if found["value"]:
                yield from (found["value"], unquote(found["value"]), unquote_plus(found["value"]))
            elif found.get("quoted"):
                yield from (found["quoted"], re.sub(r"\\(.)", r"\1", found["quoted"]))


def _forms(secret: str) -> Iterator[str]:
    yield from (secret, secret.strip(), escape(secret))
    yield from (quote(secret, safe="", errors="replace"), quote(secret, errors="replace"))
    yield quote_plus(secret, errors="replace")  # half a character cannot be quoted
    yield from (json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1], repr(secret)[1:-1])
    yield secret.replace("\\", r"\\").replace("'", r"\'")  # as libpq connection strings quote it
    lines = [line.strip() for line in secret.splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= _SHORTEST_LINE and not line.startswith("-----"))
