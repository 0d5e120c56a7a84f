"""The runbook: what a job's docstring says, for the people who look at one of its deployments."""

from __future__ import annotations

import re

_LABEL = re.compile(r"^(When|What it changes|When it fails):", re.MULTILINE)
_WRAP = re.compile(r"(?<=\S)\n(?=[^\s*-])")
_ARGUMENTS = re.compile(r"^Args:.*", re.MULTILINE | re.DOTALL)


def with_runbook(description: str, docstring: str) -> str:
    """`description` and below it the runbook in `docstring`, as Markdown; its `Args:` are in the form already."""
    runbook = _WRAP.sub(" ", _LABEL.sub(r"**\1:**", _ARGUMENTS.sub("", docstring)))
    return f"{description.strip()}\n\n{runbook.strip()}".strip()
