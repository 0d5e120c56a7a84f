"""The report in every format and language: words for all of it, equal bytes, and no harm by hostile text."""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path
from shutil import which
from typing import Any

import pytest

from sereno.compliance.content import SealedReport
from sereno.compliance.report.files import rendered
from sereno.compliance.report.page import Page
from sereno.compliance.report.paging import page_of
from sereno.compliance.report.texts import Texts
from sereno.systems.sections.compliance import Language
from unit.compliance_content import content, sealed

HOSTILE = {
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)> #h[x] $x^2$ *a* `b` @c {{ 7*7 }} {value} =1+1",
    "right to left": "\u202eevil\u202c שלום עולם مرحبا بالعالم",
    "emoji": "👩‍👩‍👧‍👦 🇵🇹 ✅ é̂̃",
    "long": "0123456789" * 1_000,
    "long words": "wort " * 2_000,
    "control": "a\x00b\x1b[31m\x07\u2028c\ud800d",
    "formula": '=HYPERLINK("http://x","y")',
}
KEY = re.compile(
    r"\b(?:section|lead|column|figure|outcome|severity|control|basis|category|role|origin|kind|result|part|source)\.[a-z_-]+"
)


def texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif is_dataclass(value) and not isinstance(value, type):
        for field in fields(value):
            if field.name != "key":
                yield from texts(getattr(value, field.name))
    elif isinstance(value, tuple | list | frozenset):
        for each in value:
            yield from texts(each)


def by_kind(report: SealedReport) -> dict[str, bytes]:
    return {name.rpartition(".")[2]: content for name, content in rendered(report).items()}


@pytest.mark.parametrize("language", list(Language))
def test_every_language_has_every_text_with_the_same_places(language: Language) -> None:
    english, other = Texts(Language.ENGLISH).all, Texts(language).all
    assert other.keys() == english.keys()
    places = re.compile(r"\{\w*\}")
    wrong = [key for key in english if sorted(places.findall(english[key])) != sorted(places.findall(other[key]))]
    assert wrong == []


@pytest.mark.parametrize("language", list(Language))
def test_everything_that_a_report_says_has_a_word(language: Language) -> None:
    page = page_of(sealed(language=language))
    assert isinstance(page, Page)
    assert sorted({found for text in texts(page) for found in KEY.findall(text) if "sql" not in text}) == []


@pytest.mark.parametrize("language", [Language.PORTUGUESE, Language.SPANISH])
def test_no_english_word_is_left(language: Language) -> None:
    pages = {each: page_of(sealed(language=each)) for each in (Language.ENGLISH, language)}
    english, other = ({section.title for section in page.sections} for page in pages.values())
    assert english & other == set()
    assert pages[language].language == language.value


def test_the_usual_reasons_are_translated_and_what_a_database_says_stays() -> None:
    say = Texts(Language.PORTUGUESE)
    assert say.reason("there is no sql/compliance.control.cameras.sql") == "não há sql/compliance.control.cameras.sql"
    assert say.reason("there is no backup") == "não há cópia de segurança"
    assert say.reason("canceling statement due to statement timeout") == "canceling statement due to statement timeout"


def test_numbers_are_written_as_the_language_writes_them() -> None:
    assert [Texts(each).number(1_234_567) for each in (Language.ENGLISH, Language.SPANISH)] == [
        "1,234,567",
        "1.234.567",
    ]


@pytest.mark.parametrize("language", list(Language))
def test_equal_reports_give_equal_bytes(language: Language) -> None:
    report = sealed(language=language)
    again = SealedReport.model_validate_json(report.model_dump_json())
    assert again == report
    assert again.content.parts() == report.content.parts()
    assert rendered(again) == rendered(report)


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE.keys())
def test_hostile_text_breaks_no_format_and_becomes_no_code(text: str) -> None:
    files = by_kind(sealed(text.encode("utf-8", "backslashreplace").decode()))
    assert files["pdf"].startswith(b"%PDF-")
    page = files["html"].decode()
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "\u202e" not in page
    assert len(page) < 400_000
    with zipfile.ZipFile(io.BytesIO(files["xlsx"])) as book:
        assert book.testzip() is None
        sheets = [book.read(name).decode() for name in book.namelist() if "worksheets/sheet" in name]
    assert not any("<f>" in sheet or "<hyperlink" in sheet for sheet in sheets)
    assert json.loads(files["json"])["content"]["schema"] == "sereno.compliance-report/1"


def test_the_pdf_says_what_it_is_and_carries_the_seal(tmp_path: Path) -> None:
    pdf = by_kind(sealed())["pdf"]
    assert b"pdfaid:part" in pdf
    assert b"pdfuaid:part" in pdf
    if which("pdftotext") is None:
        pytest.skip("pdftotext is not installed")
    (tmp_path / "report.pdf").write_bytes(pdf)
    text = subprocess.run(
        ["pdftotext", "-layout", tmp_path / "report.pdf", "-"], capture_output=True, text=True, check=True
    ).stdout
    assert "ab" * 32 in text.replace("\n", "").replace(" ", "")
    assert "What would raise the score most" in text
    assert "page 1 of" in text


def test_the_page_asks_for_nothing_and_links_controls_to_their_evidence() -> None:
    page = by_kind(sealed())["html"].decode()
    assert re.findall(r'(?:src|href)="(?!data:|#)[^"]*"', page) == []
    linked = set(re.findall(r'href="#(E\d+)"', page))
    assert len(linked) >= 15
    assert all(f'id="{each}"' in page for each in linked)


def test_the_workbook_has_a_sheet_of_its_own_for_each_part_and_numbers_as_numbers() -> None:
    for language in Language:
        with zipfile.ZipFile(io.BytesIO(by_kind(sealed(language=language))["xlsx"])) as book:
            names = re.findall(r'<sheet name="([^"]*)"', book.read("xl/workbook.xml").decode())
        assert len(names) == len(set(names)) >= 12


def test_the_parts_are_named_and_differ_where_the_report_does() -> None:
    parts = content().parts()
    assert {"controls", "tables"}.isdisjoint(parts)
    assert {"score", "consents", "requests", "gaps", "table.processing", "control.requests_in_time"} <= parts.keys()
    other = content(title="another").parts()
    assert [name for name in parts if parts[name] != other[name]] == ["title"]
