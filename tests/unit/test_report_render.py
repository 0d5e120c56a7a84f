from __future__ import annotations

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import pytest

from sereno.redaction import remember
from sereno.reports import Effect, Finding, Report, ReportFormat, Result, file_name, redacted, render, render_markdown
from sereno.reports.charts import bar_chart
from sereno.reports.to_csv import neutralised
from sereno.reports.to_markdown import escaped, verdict_line
from sereno.reports.to_pdf import _DRAWABLE, drawable

START = datetime(2026, 11, 3, 2, 15, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _forgetful_redactor(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test makes the redactor remember is forgotten after it."""
    monkeypatch.setattr("sereno.redaction._known", ())


def report(*findings: Finding, result: Result = Result.PASSED, system: str = "point", headline: str = "fine") -> Report:
    return Report(
        job="backup",
        system=system,
        effect=Effect.LIVE,
        result=result,
        headline=headline,
        started_at=START,
        finished_at=START + timedelta(seconds=2),
        findings=findings,
    )


def test_importing_reports_loads_no_heavy_library() -> None:
    code = "import sereno.reports, sys; print({'typst', 'xlsxwriter', 'jinja2', 'prefect'} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_a_file_is_named_after_system_job_and_start() -> None:
    assert file_name(report(), ReportFormat.JUNIT) == "point-backup-20261103T021504Z.junit.xml"


@pytest.mark.parametrize("system", ["../../etc", "a/b\\c:d", "\x00", "", "x" * 5_000, ".", "ñandú"])
def test_a_file_name_stays_in_its_folder_whatever_the_system_is_called(system: str) -> None:
    name = file_name(report(system=system), ReportFormat.HTML)
    assert name.isascii()
    assert not set(name) & set("/\\:\x00")
    assert not name.startswith((".", "-"))
    assert len(name) < 160


def test_a_secret_that_equals_a_constant_does_not_make_a_report_invalid() -> None:
    remember("refused")
    remember("sereno.report/1")
    assert redacted(report(result=Result.REFUSED)).result is Result.REFUSED


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\n=1", "＝1"])  # noqa: RUF001
def test_a_cell_that_would_run_gets_an_apostrophe(cell: str) -> None:
    assert neutralised(cell) == f"'{cell}"


@pytest.mark.parametrize("cell", ["", "a=1", "rows - 3", "'=1", " 5"])
def test_other_cells_stay_as_they_are(cell: str) -> None:
    assert neutralised(cell) == cell


def test_markdown_cannot_be_brought_in_by_a_text() -> None:
    assert escaped("a|b `c`\n# d <img> ![e](https://f) *g*") == (
        "a\\|b \\`c\\` \\# d &lt;img&gt; \\!\\[e\\](https:\\/\\/f) \\*g\\*"
    )


def test_markdown_shows_a_bounded_number_of_findings_and_says_how_many_more() -> None:
    text = render_markdown(report(*[Finding(name=f"check {number}", passed=True) for number in range(5_000)]))
    assert text.count("- ✅ **check ") == 100
    assert "…and 4,900 more" in text


def test_markdown_shows_the_charts_it_is_given() -> None:
    text = render_markdown(report(), charts={"Sizes of tables": bar_chart("Sizes", [("a", 1)], "rows")})
    assert "![Sizes of tables](data:image/svg+xml;base64," in text


def test_markdown_tells_what_failed_before_charts_and_figures_and_what_passed_last() -> None:
    findings = [
        Finding(name="fine", passed=True, evidence="214 of 214"),
        Finding(name="lost", passed=False, evidence="3 of 4"),
        Finding(name="nice", passed=False, required=False),
    ]
    told = report(*findings, result=Result.FAILED).model_copy(update={"figures": {"rows": 4}})
    text = render_markdown(told, charts={"chart": "<svg/>"})
    parts = (
        "## ❌ Failed: fine",
        "### 2 of 3 checks did not pass",
        "- ❌ **lost**: 3 of 4",
        "- ⚠️ **nice** (optional)\n",
        "![chart]",
        "| Rows | 4 |",
        "### 1 check passed",
        "- ✅ **fine**: 214 of 214",
    )
    assert [part for part in parts if part not in text] == []
    assert sorted(parts, key=text.index) == list(parts)


def test_a_line_for_lists_of_reports_says_verdict_effect_and_duration() -> None:
    assert verdict_line(report(result=Result.REFUSED)) == "⛔ Refused · live · 2.0 s"


def test_a_refused_run_is_an_error_in_junit_and_never_an_empty_suite() -> None:
    xml = render(report(result=Result.REFUSED, headline="held by another run"), ReportFormat.JUNIT).decode()
    assert 'tests="1" failures="0" errors="1"' in xml
    assert '<error message="held by another run" type="refused">' in xml


def test_findings_of_the_same_name_stay_apart_in_junit() -> None:
    xml = render(report(*[Finding(name="same", passed=True)] * 2), ReportFormat.JUNIT).decode()
    assert 'name="same"' in xml
    assert 'name="same (2)"' in xml


def test_an_optional_finding_that_did_not_pass_is_skipped_in_junit() -> None:
    finding = Finding(name="time agreed", passed=False, required=False, evidence="4 min")
    xml = render(report(finding), ReportFormat.JUNIT).decode()
    assert 'skipped="1"' in xml
    assert '<skipped message="not required, did not pass: 4 min" />' in xml


def test_what_the_fonts_of_the_pdf_lack_is_spelt_out() -> None:
    assert drawable("año 😀 \u05d0 e\u0301") == "año <U+1F600> <U+05D0> é"


def test_every_character_called_drawable_is_drawn() -> None:
    everything = "".join(chr(code) for first, last in _DRAWABLE for code in range(first, last + 1))
    finding = Finding(name=everything, passed=True, required=False, evidence=everything)
    everywhere = report(finding, system=everything, headline=everything)
    assert render(everywhere, ReportFormat.PDF).startswith(b"%PDF-")
