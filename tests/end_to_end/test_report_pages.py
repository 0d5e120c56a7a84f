"""The HTML report in a real browser."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from sereno.reports import (
    AuditReference,
    Effect,
    Finding,
    Report,
    ReportFile,
    ReportTable,
    headline,
    render_page,
    tally,
)
from sereno.reports.charts import line_chart

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
START = datetime(2026, 11, 3, 2, 15, 4, tzinfo=UTC)

pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine to open the page with")


def report() -> Report:
    findings = (
        Finding(name="rows of public.users", passed=True, evidence="214 of 214"),
        Finding(name="W" * 300, passed=False, evidence="x" * 10_000),
        Finding(
            name="<script>alert(1)</script>", passed=False, evidence="<img src=http://127.0.0.1:9/x onerror=alert(2)>"
        ),
        Finding(name="time agreed \u202e", passed=False, required=False, evidence="שלום " * 200),
    )
    return Report(
        job="restore-drill",
        system="point",
        effect=Effect.LIVE,
        result=tally(findings),
        headline=headline(findings, "35 tables restored"),
        started_at=START,
        finished_at=START + timedelta(seconds=252),
        figures={"archive_bytes": 468_220_113, "rows": 6_728_113, "version": "v" * 200},
        findings=findings,
        files=(ReportFile(name="archive", path=f"s3://backups/{'x' * 400}", sha256="9f86d081" * 8, bytes=10**9),),
        flow_run_id="0198f0a2-6f0e-7c31-9d6e-0d2a5f7e8c11",
        audit=AuditReference(sequence=1042, hash="2c26b46b" * 8),
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: Path = tmp_path_factory.mktemp("pages") / "report.html"
    charts = {"Recovery time": line_chart("Recovery time", [("2026-11-03", 42.0)], "seconds")}
    table = ReportTable(title="Every backup", columns=("backup",) * 9, rows=(("20261124T030000Z-full-1f3a5c7e",) * 9,))
    path.write_bytes(render_page(report(), charts=charts, tables=[table]))
    return path.as_uri()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1100, "height": 800})
    yield opened
    opened.close()


def test_the_headline_and_the_verdict_are_seen_at_once(page: Page, address: str) -> None:
    page.goto(address)
    assert page.locator("h1").inner_text().startswith("2 of 4 checks failed: WWW")
    assert page.locator(".verdict").inner_text().endswith("Failed")
    box = page.locator("h1").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] < 800
    assert page.title() == "✗ Failed: restore-drill of point"


def test_the_page_asks_for_nothing_and_reports_no_error(page: Page, address: str) -> None:
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("console", lambda message: complaints.append(message.text))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on("dialog", lambda dialog: complaints.append(dialog.message))
    page.goto(address, wait_until="networkidle")
    assert [url for url in requests if not url.startswith("data:")] == [address]
    assert complaints == []


def test_failed_findings_come_first_and_passed_ones_open_on_a_click(page: Page, address: str) -> None:
    page.goto(address)
    passed = page.get_by_text("214 of 214")
    assert page.locator(".findings li").first.get_attribute("class") == "failed"
    assert not passed.is_visible()
    page.get_by_text("1 check passed").click()
    assert passed.is_visible()


def test_passed_findings_open_with_the_keyboard(page: Page, address: str) -> None:
    page.goto(address)
    page.locator("summary").focus()
    page.keyboard.press("Enter")
    assert page.get_by_text("214 of 214").is_visible()


@pytest.mark.parametrize("width", [320, 390, 1100])
def test_nothing_runs_over_the_edge_of_the_screen(page: Page, address: str, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(address)
    page.locator("summary").click()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    over = (
        "[...document.querySelectorAll('body *')].filter(e => !e.closest('table'))"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).length"
    )
    assert page.evaluate(over) == 0


def test_charts_are_drawn(page: Page, address: str) -> None:
    page.goto(address)
    assert page.locator(".charts img").evaluate("image => image.complete && image.naturalWidth") == 720


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_stands_out_from_its_background(page: Page, address: str, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    page.goto(address)
    assert page.evaluate(CONTRAST) >= 4.5


CONTRAST = """() => {
  const parts = colour => colour.match(/[\\d.]+/g).slice(0, 3).map(Number);
  const light = colour => {
    const [r, g, b] = parts(colour).map(c => (c /= 255) <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = element => {
    for (; element; element = element.parentElement) {
      const colour = getComputedStyle(element).backgroundColor;
      if (!colour.startsWith('rgba(0, 0, 0, 0')) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  return Math.min(...[...document.querySelectorAll('main *')].filter(e => e.innerText).map(e => {
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
  }));
}"""
