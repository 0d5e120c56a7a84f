"""The templates of a system: `messages/TOPIC.LOCALE.md`, Markdown after a first line `Subject: ...`, with Jinja inside.

A template comes from a folder that is trusted less than the code, so it runs in a sandbox; and what fills it comes from
people, so no value can bring markup, links, HTML or header lines of its own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markdown_it import MarkdownIt

from sereno.errors import ConfigurationError
from sereno.messages import wording
from sereno.settings import Settings
from sereno.systems.folders import read_text, shown, system_folder

FOLDER = "messages"
LARGEST_BYTES = 64 * 1024
LONGEST_SUBJECT = 200
_NAME = re.compile(r"(?P<topic>[a-z0-9][a-z0-9_]*)\.(?P<locale>[a-z]{2,3}(?:-[a-z0-9]{2,8})?)\.md")
_MARKDOWN = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~&:/@])")
_LINK = re.compile(r"\[([^\]\n]+)\]\(([^)\n]+)\)")
_EMPHASIS = re.compile(r"\*\*([^*\n]+)\*\*")
_TO_HTML = MarkdownIt("commonmark", {"html": False})
_PAGE = (
    '<!doctype html><html lang="{locale}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width"><title>{subject}</title></head>'
    '<body style="margin:0;background:#f4f5f7"><div style="max-width:34rem;margin:0 auto;padding:2rem 1.5rem;'
    "background:#fff;color:#1b1f24;font:16px/1.55 system-ui,-apple-system,'Segoe UI',Roboto,sans-serif\">"
    "{body}</div></body></html>\n"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rendered:
    """A template filled for one recipient."""

    subject: str
    text: str
    html: str
    locale: str


class Templates:
    """The templates of one system."""

    def __init__(self, system: str, *, fallback_locale: str, settings: Settings | None = None) -> None:
        """Look into the folder of `system`.

        Args:
            system: the system's name.
            fallback_locale: whose template is taken where there is none in a recipient's own language.
            settings: where systems are; default: this process's.

        Raises:
            ConfigurationError: there is no such system.
        """
        self._system_folder = system_folder(system, settings)
        self.folder = self._system_folder / FOLDER
        self.fallback_locale = fallback_locale
        self._sources = lru_cache(maxsize=256)(self._source)

    def topics(self) -> dict[str, tuple[str, ...]]:
        """The locales of each topic that has a template, sorted."""
        found: dict[str, list[str]] = {}
        for path in sorted(self.folder.iterdir()) if self.folder.is_dir() else ():
            if name := _NAME.fullmatch(path.name):
                found.setdefault(name["topic"], []).append(name["locale"])
        return {topic: tuple(locales) for topic, locales in found.items()}

    def strangers(self) -> tuple[str, ...]:
        """What lies in the folder and is called like no template."""
        paths = sorted(self.folder.iterdir()) if self.folder.is_dir() else ()
        return tuple(path.name for path in paths if not _NAME.fullmatch(path.name) and not path.name.startswith("."))

    def missing(self, topics: Iterable[str]) -> tuple[str, ...]:
        """The files that those of `topics` lack which have no template in the fallback language."""
        paths = [self.folder / f"{topic}.{self.fallback_locale}.md" for topic in topics]
        return tuple(shown(path) for path in paths if not path.is_file())

    def render(self, topic: str, locale: str, values: Mapping[str, Any]) -> Rendered:
        """The template of `topic` in the nearest language to `locale`, filled with `values`.

        Raises:
            ConfigurationError: there is none even in the fallback language, or it is wrong; says file and line.
        """
        for tried in _nearest(locale, self.fallback_locale):
            path = self.folder / f"{topic}.{tried}.md"
            if path.exists():
                return self._filled(path, tried, values)
        raise ConfigurationError(f"there is no {shown(self.folder / f'{topic}.{self.fallback_locale}.md')}")

    def _filled(self, path: Path, locale: str, values: Mapping[str, Any]) -> Rendered:
        source = self._sources(path)
        try:
            subject = " ".join(source.subject.render(values).split())[:LONGEST_SUBJECT]
            text, marked = source.text.render(values), source.marked.render(values)
        except TemplateError as error:
            raise _wrong(path, error) from None
        except (TypeError, ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise ConfigurationError(f"{shown(path)}: cannot be filled: {error}") from None
        page = _PAGE.format(locale=locale, subject=_html(subject), body=_TO_HTML.render(marked))
        return Rendered(subject=subject, text=text.strip() + "\n", html=page, locale=locale)

    def _source(self, path: Path) -> _Source:
        text = read_text(path, folder=self._system_folder, largest_bytes=LARGEST_BYTES)
        first, _, body = text.partition("\n")
        if not first.startswith("Subject: ") or not body.strip():
            raise ConfigurationError(f"{shown(path)}:1: expected a line `Subject: ...`, an empty line and a text")
        locale = path.name.split(".")[1]
        try:
            return _Source(
                subject=_environment(locale, _one_line).from_string(first.removeprefix("Subject: ")),
                text=_environment(locale, _one_line).from_string(_EMPHASIS.sub(r"\1", _LINK.sub(r"\1: \2", body))),
                marked=_environment(locale, _shielded).from_string(body),
            )
        except TemplateError as error:
            raise _wrong(path, error) from None


@dataclass(frozen=True, slots=True)
class _Source:
    """One template, ready to be filled: its subject, and its body as plain text and as Markdown."""

    subject: Template
    text: Template
    marked: Template


def _wrong(path: Path, error: TemplateError) -> ConfigurationError:
    line = getattr(error, "lineno", None)
    return ConfigurationError(f"{shown(path)}{f':{line}' if line else ''}: {error.message or type(error).__name__}")


def _environment(locale: str, shield: Callable[[Any], str]) -> ImmutableSandboxedEnvironment:
    environment = ImmutableSandboxedEnvironment(undefined=StrictUndefined, finalize=shield, trim_blocks=True)
    environment.globals.clear()
    environment.filters = {
        "day": lambda value: wording.day(value, locale),
        "in_days": lambda value: wording.in_days(value, locale),
        "money": lambda value: wording.money(value, locale),
    }
    return environment


def _nearest(locale: str, fallback: str) -> tuple[str, ...]:
    own = locale.strip().replace("_", "-").lower()
    return tuple(dict.fromkeys(each for each in (own, wording.language(own), fallback) if _is_locale(each)))


def _is_locale(text: str) -> bool:
    return re.fullmatch(r"[a-z]{2,3}(-[a-z0-9]{2,8})?", text) is not None


def _one_line(value: Any) -> str:
    """A value of a template as plain words: no control characters, no line of its own."""
    if isinstance(value, Undefined):
        return str(value)  # raises what says which name is missing
    return "".join(letter if letter.isprintable() else " " for letter in str(value))


def _shielded(value: Any) -> str:
    """A value in which nothing is Markdown any more."""
    return _MARKDOWN.sub(r"\\\1", _one_line(value))


def _html(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
