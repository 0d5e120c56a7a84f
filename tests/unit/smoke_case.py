"""Answers and suites for tests of smoke, without a wire."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

from sereno.smoke.answers import Answer
from sereno.smoke.grammar import Context, Judgement, judge, parse_assertion
from sereno.smoke.plan import Plan, plan_run
from sereno.smoke.suite.file import SmokeFile
from sereno.smoke.suite.reading import Suites, read_document
from sereno.smoke.wishes import Wishes
from sereno.systems.yaml_document import read_yaml

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CONTEXT = Context(now=NOW, variables={"five": 5, "name": "maria", "rows": [1, 2]})


def answer(data: Any = None, *, status: int = 200, body: bytes | None = None, **headers: str) -> Answer:
    """An answer that carries `data` as JSON, or `body`; header names with `_` for `-`."""
    sent = body if body is not None else json.dumps(data).encode()
    return Answer(status, tuple((name.replace("_", "-"), value) for name, value in headers.items()), sent, seconds=0.2)


def judged(text: str, given: Answer) -> Judgement:
    """Whether the assertion `text` holds for `given`."""
    return judge(parse_assertion(text), given, CONTEXT)


def suite_file(text: str) -> SmokeFile:
    """The smoke.yaml that `text` is."""
    return read_document(read_yaml(text, file="smoke.yaml"), where="smoke.yaml")


def suite_of(checks: str, *, head: str = "", suite: str = "") -> SmokeFile:
    """A smoke.yaml with one suite of `checks`, each a line of YAML without its dash."""
    listed = "\n".join(f"      - {line.strip()}" for line in checks.strip().splitlines())
    return suite_file(
        f"base_url: http://127.0.0.1:9\n{head}\n"
        "suites:\n  daily:\n    description: For a test.\n    without_database: it is only a test\n"
        f"    {suite or 'parallel: 4'}\n    checks:\n{listed}\n"
    )


def plan_of(file: SmokeFile, **wishes: Any) -> Plan:
    """What a run of the first suite of `file` would do."""
    return plan_run(Suites(system="point", where="smoke.yaml", file=file), Wishes(**wishes))
