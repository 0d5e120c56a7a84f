"""Every renderer against the same hostile reports."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import zipfile
import zlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from html.parser import HTMLParser
from xml.etree import ElementTree

import openpyxl
import pytest

from sereno.redaction import remember
from sereno.reports import (
    AuditReference,
    Effect,
    Figure,
    Finding,
    Report,
    ReportFile,
    ReportFormat,
    file_name,
    redacted,
    render,
    tally,
)
from sereno.reports.presentation import failed_first

SECRET = "correct-horse-9417-battery"
START = datetime(2026, 11, 3, 2, 15, 4, tzinfo=UTC)
CONTROLS = "".join(map(chr, (*range(32), *range(0x7F, 0xA0), 0xFFFE, 0xFFFF, 0x2028, 0x202E, 0x2066)))
TEXTS = {
    "plain": "rows of public.users",
    "empty": "",
    "markup": "<script>alert(1)</script><img src=x onerror=alert(2)> & </td> ]]> --> {{ 7*7 }} {% raw %} ${x} #x *b*",
    "pipes": "a|b||c\\|d `e` [f](http://g) ![h](http://i)\n\n# j\n---\n<details>",
    "right to left": "\u202eevil\u202c שלום \u200f العربية 42 \u2067x\u2069",
    "emoji": "👩\u200d🔧 🇪🇸 ✅ e\u0301 0\u064b \U0010fffd \ue000 \ud800 中文",
    "control characters": f"a{CONTROLS}b\r\nc\rd\x00",
    "long": "W" * 10_000,
    "long words": "word " * 2_000,
    "formula": '=HYPERLINK("http://x","y")',
    "minus": "-1+1|cmd",
    "link": "https://example.org/ mailto:a@example.org internal:'Findings'!A1",
    "typst": '#sys.version #read("/etc/passwd") $ x $ \\ @label <label> //c /*d*/ ~',
    "secret": f"postgresql://u:{SECRET}@h/db {SECRET}",
}


def report(text: str, findings: tuple[Finding, ...] | None = None, figures: dict[str, Figure] | None = None) -> Report:
    made = (
        Finding(name=text, passed=False, evidence=text),
        Finding(name=text, passed=True, evidence=text),
        Finding(name=text, passed=False, required=False, evidence=text),
    )
    checked = made if findings is None else findings
    return Report(
        job=text,
        system=text,
        effect=Effect.LIVE,
        result=tally(checked),
        headline=text,
        started_at=START,
        finished_at=START + timedelta(seconds=252.4),
        figures={f"{text}_bytes": 12, "text": text} if figures is None else figures,
        findings=checked,
        files=(ReportFile(name=text, path=text, sha256="9f86d081" * 8, bytes=10**12),),
        flow_run_id=text,
        audit=AuditReference(sequence=7, hash="2c26b46b" * 8),
    )


REPORTS = {name: report(text) for name, text in TEXTS.items()} | {
    "no findings": report("quiet", findings=(), figures={}),
    "a thousand findings": report(
        "busy", findings=tuple(Finding(name=f"check {n}", passed=n % 9 > 0, evidence=f"{n} rows") for n in range(1_000))
    ),
    "odd figures": report(
        "odd",
        figures={
            "nothing": None,
            "yes": True,
            "unknown": float("nan"),
            "endless_bytes": float("inf"),
            "exact": Decimal("12.50"),
            "vast": Decimal("1E+9999"),
            "long_seconds": 10**30,
            "": "nameless",
        },
    ),
}


@pytest.fixture(autouse=True)
def _a_known_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sereno.redaction._known", ())
    remember(SECRET)


def read_json(content: bytes) -> str:
    json.loads(content)
    return content.decode()


def read_xml(content: bytes) -> str:
    return "\n".join([*(element.text or "" for element in ElementTree.fromstring(content).iter()), content.decode()])


class Page(HTMLParser):
    """Collects what a page holds: its tags, its attributes, its text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.texts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        self.texts.append(data)


def page_of(content: bytes) -> Page:
    page = Page()
    page.feed(content.decode())
    page.close()
    return page


def read_html(content: bytes) -> str:
    return "".join(page_of(content).texts) + content.decode()


def read_csv(content: bytes) -> str:
    return "\n".join(cell for row in csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")) for cell in row)


def read_xlsx(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return "\n".join(archive.read(name).decode() for name in archive.namelist())


def read_pdf(content: bytes) -> str:
    """All streams unpacked and, where the machine can, the text as a reader sees it."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", content, re.DOTALL)
    raw = content + b"".join(_unpacked(stream) for stream in streams)
    text = b""
    if shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", "-", "-"], input=content, capture_output=True, check=True).stdout
    return raw.decode("latin-1") + text.decode()


def _unpacked(stream: bytes) -> bytes:
    try:
        return zlib.decompress(stream)
    except zlib.error:
        return stream


READERS: dict[ReportFormat, Callable[[bytes], str]] = {
    ReportFormat.JSON: read_json,
    ReportFormat.JUNIT: read_xml,
    ReportFormat.HTML: read_html,
    ReportFormat.CSV: read_csv,
    ReportFormat.XLSX: read_xlsx,
    ReportFormat.PDF: read_pdf,
    ReportFormat.MARKDOWN: bytes.decode,
}
EVERY_FORMAT = pytest.mark.parametrize("report_format", ReportFormat)
EVERY_REPORT = pytest.mark.parametrize("name", REPORTS)


@EVERY_FORMAT
@EVERY_REPORT
def test_every_format_renders_every_report_twice_to_the_same_bytes(name: str, report_format: ReportFormat) -> None:
    first = render(REPORTS[name], report_format)
    assert first == render(REPORTS[name], report_format)
    assert READERS[report_format](first)


@EVERY_FORMAT
def test_a_known_secret_is_in_no_rendering_and_in_no_file_name(report_format: ReportFormat) -> None:
    told = READERS[report_format](render(REPORTS["secret"], report_format))
    assert SECRET not in told
    assert SECRET not in re.sub(r"[\s\u200b]+", "", told)
    assert "battery" not in file_name(REPORTS["secret"], report_format)


@EVERY_FORMAT
def test_every_finding_of_a_usual_report_can_be_found_again(report_format: ReportFormat) -> None:
    if report_format is ReportFormat.PDF and not shutil.which("pdftotext"):
        pytest.skip("no pdftotext on this machine to read the PDF with")
    findings = tuple(Finding(name=f"check{n}", passed=n > 3, evidence=f"seen{n}") for n in range(60))
    told = READERS[report_format](render(report("usual", findings=findings), report_format))
    assert all(finding.name in told and finding.evidence in told for finding in findings)


@EVERY_REPORT
def test_json_is_exactly_the_models_dump(name: str) -> None:
    content = render(REPORTS[name], ReportFormat.JSON)
    assert json.loads(content) == json.loads(redacted(REPORTS[name]).model_dump_json())
    assert list(json.loads(content)) == [field.alias or key for key, field in Report.model_fields.items()]


@EVERY_REPORT
def test_junit_has_a_case_per_finding_and_counts_that_agree(name: str) -> None:
    root = ElementTree.fromstring(render(REPORTS[name], ReportFormat.JUNIT))
    suite = root[0]
    findings = REPORTS[name].findings
    cases = suite.findall("testcase")
    assert len(cases) == max(len(findings), 1) == int(suite.attrib["tests"])
    assert len({case.attrib["name"] for case in cases}) == len(cases)
    assert len(suite.findall("testcase/failure")) == int(suite.attrib["failures"])
    assert int(suite.attrib["failures"]) == sum(finding.required and not finding.passed for finding in findings)
    assert [element.tag for element in suite][:1] == ["properties"]


@EVERY_REPORT
def test_html_holds_nothing_that_runs_or_fetches(name: str) -> None:
    page = page_of(render(REPORTS[name], ReportFormat.HTML))
    assert not {"script", "img", "iframe", "object", "form", "a", "base"} & set(page.tags)
    assert not [key for key, _ in page.attributes if key.startswith("on") or key in ("src", "style", "action")]
    assert [value for key, value in page.attributes if key == "href"] == ["data:,"]
    assert "h1" in page.tags


@EVERY_REPORT
def test_csv_rows_match_the_findings_and_no_cell_is_a_formula(name: str) -> None:
    content = render(REPORTS[name], ReportFormat.CSV).decode("utf-8-sig")
    rows = list(csv.reader(io.StringIO(content, newline="")))
    assert len(rows) == 1 + len(REPORTS[name].findings)
    assert {len(row) for row in rows} == {8}
    assert not [cell for row in rows for cell in row if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]


@EVERY_REPORT
def test_the_workbook_opens_and_holds_no_formula_and_no_link(name: str) -> None:
    book = openpyxl.load_workbook(io.BytesIO(render(REPORTS[name], ReportFormat.XLSX)))
    assert book.sheetnames == ["Report", "Findings"]
    assert book["Findings"].max_row == 1 + len(REPORTS[name].findings)
    cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row]
    assert not [cell for cell in cells if cell.data_type == "f" or cell.hyperlink]
    assert book.properties.created == REPORTS[name].finished_at.replace(tzinfo=None, microsecond=0)


def test_the_workbook_keeps_figures_as_numbers_and_says_where_it_cut() -> None:
    long = report("x" * 40_000, figures={"rows": 6_728_113, "ratio": Decimal("4.5"), "fine": True})
    sheet = openpyxl.load_workbook(io.BytesIO(render(long, ReportFormat.XLSX)))["Report"]
    values = {row[0].value: row[1].value for row in sheet.iter_rows()}
    assert (values["rows"], values["ratio"], values["fine"]) == (6_728_113, 4.5, True)
    assert str(values["system"]).endswith("… cut: 40,000 characters in all")


@EVERY_REPORT
def test_the_pdf_is_archivable_and_complete(name: str) -> None:
    content = render(REPORTS[name], ReportFormat.PDF)
    assert content.startswith(b"%PDF-")
    assert content.rstrip().endswith(b"%%EOF")
    told = read_pdf(content)
    assert re.search(r"pdfaid:part(>|=\")2", told)
    assert re.search(r"pdfuaid:part(>|=\")1", told)


@EVERY_REPORT
def test_markdown_is_bounded_and_its_table_and_lists_hold_together(name: str) -> None:
    text = render(REPORTS[name], ReportFormat.MARKDOWN).decode()
    assert len(text) < 120_000
    rows = [re.sub(r"\\.", "", line) for line in text.splitlines() if line.startswith("|")]
    assert {row.count("|") for row in rows} <= {3}
    lists = (*failed_first(REPORTS[name].findings), REPORTS[name].files)
    assert text.count("\n- ") == sum(min(len(items), 100) for items in lists)
    assert not re.findall(r"<[^>]*>", text)
    assert "](" not in re.sub(r"\\.", "", text)
