"""Charts and tables beside a report: on its page and in its artifact, and nothing in them runs or fetches."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from sereno.redaction import remember
from sereno.reports import Effect, Report, ReportTable, Result, render_markdown, render_page
from sereno.reports.charts import line_chart

START = datetime(2026, 11, 3, 2, 15, 4, tzinfo=UTC)
REPORT = Report(
    job="restore_drill",
    system="point",
    effect=Effect.LIVE,
    result=Result.PASSED,
    headline="yes",
    started_at=START,
    finished_at=START + timedelta(seconds=2),
)
TABLE = ReportTable(title="Every backup", columns=("backup", "size"), rows=(("a", "1 kB"), ("b", "2 kB")))
HOSTILE = ['<script>alert(1)</script>"&', "a|b\n\n# c", "[x](http://host)", "\u202eevil", "a\x00b", "{{ 7*7 }}"]


@pytest.fixture(autouse=True)
def _forgetful_redactor(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sereno.redaction._known", ())


def page(table: ReportTable = TABLE, chart: str = "The trend") -> str:
    charts = {chart: line_chart("Trend", [("a", 1)], "seconds")}
    return render_page(REPORT, charts=charts, tables=[table]).decode()


def markdown(table: ReportTable = TABLE) -> str:
    return render_markdown(REPORT, tables=[table])


def test_a_page_shows_charts_as_images_that_it_carries_itself_and_tables_with_headings() -> None:
    text = page()
    assert re.findall(r"<img [^>]*>", text) == re.findall(
        r'<img alt="The trend" src="data:image/svg\+xml;base64,[\w+/=]+">', text
    )
    assert text.count("<th scope=") == 2
    assert '<td dir="auto">2 kB</td>' in text


def test_an_artifact_shows_tables_below_the_findings() -> None:
    assert "### Every backup\n\n| backup | size |\n| :-- | :-- |\n| a | 1 kB |\n| b | 2 kB |" in markdown()


@pytest.mark.parametrize("text", HOSTILE)
def test_no_text_of_a_table_or_chart_is_more_than_text(text: str) -> None:
    table = ReportTable(title=text, columns=(text,), rows=((text,),))
    shown = page(table, chart=text)
    assert "<script" not in shown
    assert "\x00" not in shown
    assert "\u202e" not in shown
    assert "49" not in re.sub(r"base64,[\w+/=]+", "", shown.partition("<main>")[2])
    plain = re.sub(r"\\.", "", markdown(table))
    assert {line.count("|") for line in plain.splitlines() if line.startswith("| ")} == {2}
    assert "](" not in plain
    assert "<script" not in plain


def test_a_secret_in_a_table_is_masked() -> None:
    remember("correct-horse-9417-battery")
    table = ReportTable(title="x", columns=("x",), rows=(("correct-horse-9417-battery",),))
    assert "9417" not in page(table)
    assert "9417" not in markdown(table)


def test_an_artifact_shows_a_bounded_number_of_rows_and_says_how_many_more() -> None:
    long = ReportTable(title="x", columns=("x",), rows=tuple((str(number),) for number in range(250)))
    assert "and 150 more" in markdown(long)
    assert page(long).count("<tr>") == 251
