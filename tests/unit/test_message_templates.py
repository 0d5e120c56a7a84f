"""Templates: languages, what fills them, and what cannot be brought in by a value."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from sereno.errors import ConfigurationError
from sereno.messages import wording
from sereno.messages.template import Templates
from sereno.money import Money
from sereno.settings import Settings

SYSTEM = "name: point\ntitle: P\ntimezone: UTC\ndatabase: {url: 'postgresql://x'}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    messages = tmp_path / "point" / "messages"
    messages.mkdir(parents=True)
    (tmp_path / "point" / "system.yaml").write_text(SYSTEM)
    return messages


def templates(folder: Path) -> Templates:
    return Templates("point", fallback_locale="en", settings=Settings(systems_dir=folder.parent.parent))


def test_a_template_is_a_subject_a_text_and_a_page(folder: Path) -> None:
    (folder / "hello.en.md").write_text("Subject: Hi {{ name }}\n\n**Hello** {{ name }}\n\n[Open]({{ url }})\n")
    made = templates(folder).render("hello", "en", {"name": "Ada", "url": "https://a.example/x?y=1&z=2"})
    assert made.subject == "Hi Ada"
    assert made.text == "Hello Ada\n\nOpen: https://a.example/x?y=1&z=2\n"
    assert "<strong>Hello</strong> Ada" in made.html
    assert '<a href="https://a.example/x?y=1&amp;z=2">Open</a>' in made.html


@pytest.mark.parametrize(
    ("locale", "expected"),
    [("pt-BR", "pt-br"), ("pt_BR", "pt-br"), ("PT", "pt"), ("pt-AO", "pt"), ("fr", "en"), ("", "en"), ("../pt", "en")],
)
def test_the_nearest_language_is_taken(folder: Path, locale: str, expected: str) -> None:
    for each in ("pt", "pt-br", "en"):
        (folder / f"hello.{each}.md").write_text(f"Subject: {each}\n\n{each}\n")
    made = templates(folder).render("hello", locale, {})
    assert (made.subject, made.locale) == (expected, expected)


@pytest.mark.parametrize(
    "hostile",
    [
        "[win](https://evil.example)",
        "<img src=x onerror=alert(1)>",
        "https://evil.example",
        "![x](https://evil.example/a.png)",
        "</p><script>alert(1)</script>",
        "`code` *em* __strong__ ~~del~~",
        "{{ 7 * 7 }}",
        "a\n\n# Title\n\n- list\n",
        "&lt;b&gt;",
    ],
)
def test_a_value_brings_no_markup_of_its_own(folder: Path, hostile: str) -> None:
    (folder / "hello.en.md").write_text("Subject: Hi {{ name }}\n\nDear {{ name }}, hello\n")
    made = templates(folder).render("hello", "en", {"name": hostile})
    body = made.html.partition("<p>Dear")[2]
    assert body.count("<") == body.count("</") == 4, body  # what the page itself ends with: p, div, body, html
    assert "49" not in made.text
    assert made.text.count("\n") == 1


def test_a_value_brings_no_header_lines(folder: Path) -> None:
    (folder / "hello.en.md").write_text("Subject: Hi {{ name }}\n\nx\n")
    made = templates(folder).render("hello", "en", {"name": "a\r\nBcc: all@example.com\u2028b"})
    assert made.subject == "Hi a Bcc: all@example.com b"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("Hello\n", r"hello\.en\.md:1: expected a line `Subject"),
        ("Subject: a\n\n", r"hello\.en\.md:1: expected a line `Subject"),
        ("Subject: a\n\n{{ unknown }}\n", r"hello\.en\.md: 'unknown' is undefined"),
        ("Subject: a\n\n{% if %}\n", r"hello\.en\.md:2: "),
        ("Subject: a\n\n{{ ''.__class__.__mro__ }}\n", r"unsafe|undefined"),
        ("Subject: a\n\n{% include 'x' %}\n", r"hello\.en\.md"),
        ("Subject: a\n\n{{ name | day }}\n", r"hello\.en\.md: cannot be filled"),
    ],
)
def test_a_wrong_template_is_named_with_what_is_wrong(folder: Path, text: str, problem: str) -> None:
    (folder / "hello.en.md").write_text(text)
    with pytest.raises(ConfigurationError, match=problem):
        templates(folder).render("hello", "en", {"name": "x"})


def test_a_template_that_leads_out_of_the_folder_is_refused(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("Subject: a\n\nsecret\n")
    (folder / "hello.en.md").symlink_to(tmp_path / "secret")
    with pytest.raises(ConfigurationError, match="leaves its system's folder"):
        templates(folder).render("hello", "en", {})


def test_what_is_missing_and_what_is_strange_is_told(folder: Path) -> None:
    (folder / "hello.pt.md").write_text("Subject: a\n\nb\n")
    (folder / "Hello.txt").write_text("")
    found = templates(folder)
    assert [Path(path).name for path in found.missing(["hello", "bye"])] == ["hello.en.md", "bye.en.md"]
    assert found.strangers() == ("Hello.txt",)
    assert found.topics() == {"hello": ("pt",)}


def test_days_and_amounts_are_written_as_people_write_them() -> None:
    day, price = date(2026, 3, 9), Money(Decimal("1234.5"), "EUR")
    assert [wording.day(day, each) for each in ("pt-BR", "es", "en", "fr")] == [
        "9 de março de 2026",
        "9 de marzo de 2026",
        "9 March 2026",
        "2026-03-09",
    ]
    assert [wording.money(price, each) for each in ("pt", "en")] == ["1\u00a0234,50 EUR", "1,234.50 EUR"]
    assert [wording.in_days(each, "pt") for each in (0, 1, 5)] == ["hoje", "amanhã", "dentro de 5 dias"]


def test_money_of_two_currencies_cannot_be_added() -> None:
    assert Money(Decimal("0.10"), "EUR") * 3 + Money(Decimal("0.20"), "EUR") == Money(Decimal("0.50"), "EUR")
    with pytest.raises(ValueError, match="USD and EUR"):
        Money(Decimal(1), "USD") + Money(Decimal(1), "EUR")
