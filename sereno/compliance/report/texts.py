"""The words of a report in its language. A word that is missing shows its key: a test holds the languages together."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from sereno.systems.sections.compliance import Language

_FOLDER = Path(__file__).parent / "texts"
_TOKEN = re.compile(r"(?:basis|category|role|origin|kind|result)\.[a-z-]+")
_REASON = "reason."


class Texts:
    """The texts of one language, by keys such as `section.controls`."""

    def __init__(self, language: Language) -> None:
        """Read them."""
        self.language = language
        self.all: Mapping[str, str] = _texts(language)
        self._reasons = [
            (re.compile(re.escape(key.removeprefix(_REASON)).replace(r"\{\}", r"([\w.*<>-]+)")), said)
            for key, said in self.all.items()
            if key.startswith(_REASON)
        ]

    def __call__(self, key: str, /, **values: Any) -> str:
        """The text of `key` with `values` in their places; what is a number has the language's separators."""
        said = self.all.get(key, key)
        return said.format(**{name: self.number(each) for name, each in values.items()}) if values else said

    def number(self, value: Any) -> str:
        """A whole number with the language's separators; anything else as text."""
        if isinstance(value, int) and not isinstance(value, bool):
            return f"{value:,}".replace(",", self.all["thousands"])
        return str(value)

    def cell(self, text: str) -> str:
        """A cell of a register: its parts that are keys, such as `category.contact`, in words."""
        return "; ".join(self(part) if _TOKEN.fullmatch(part) else part for part in text.split("; "))

    def reason(self, text: str) -> str:
        """Why there is no data. Sereno's usual reasons have a translation; what a database said stays as it said it."""
        for pattern, said in self._reasons:
            if found := pattern.fullmatch(text):
                return said.replace("{}", found[1]) if found.groups() else said
        return text


@cache
def _texts(language: Language) -> Mapping[str, str]:
    return dict(_flat(json.loads((_FOLDER / f"{language.value}.json").read_text("utf-8"))))


def _flat(texts: Mapping[str, Any], above: str = "") -> Iterator[tuple[str, str]]:
    for key, value in texts.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{above}{key}.")
        else:
            yield above + key, value
