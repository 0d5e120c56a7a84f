from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from xml.etree import ElementTree

import pytest

from sereno.redaction import remember
from sereno.reports.charts import bar_chart, line_chart, markdown_image

SVG = "{http://www.w3.org/2000/svg}"
Chart = Callable[[str, Sequence[tuple[str, float]], str], str]
BOTH = pytest.mark.parametrize("chart", [bar_chart, line_chart])


@pytest.fixture(autouse=True)
def _forgetful_redactor(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test makes the redactor remember is forgotten after it."""
    monkeypatch.setattr("sereno.redaction._known", ())


@BOTH
@pytest.mark.parametrize(
    "values",
    [
        [],
        [("one", 0.0)],
        [("one", 5e-324)],
        [("big", 1e308), ("nothing", float("nan")), ("endless", float("inf")), ("below", -4.0)],
        [(f"<script>&\x00 {n}", float(n)) for n in range(2_000)],
    ],
)
def test_any_values_give_well_formed_svg_with_finite_coordinates(
    chart: Chart, values: Sequence[tuple[str, float]]
) -> None:
    root = ElementTree.fromstring(chart('Rows of <b>"tables"', values, "rows"))
    drawn = [value for element in root.iter() for name, value in element.attrib.items() if name != "class"]
    assert not any("nan" in value or "inf" in value for value in drawn)


@BOTH
def test_a_chart_tells_its_title_and_values_to_those_who_cannot_see(chart: Chart) -> None:
    root = ElementTree.fromstring(chart("Backups", [("Monday", 1_200.0), ("Tuesday", 2_000_000.0)], "bytes"))
    assert root.findtext(f"{SVG}title") == "Backups"
    assert root.findtext(f"{SVG}desc") == "Monday: 1.2 kB; Tuesday: 2.0 MB"
    assert root.get("role") == "img"


@BOTH
def test_a_secret_is_in_no_chart(chart: Chart) -> None:
    remember("chart-secret-9911")
    assert "chart-secret-9911" not in chart("of chart-secret-9911", [("chart-secret-9911", 1.0)], "chart-secret-9911")


def test_bars_are_drawn_in_proportion_and_the_rest_is_counted() -> None:
    root = ElementTree.fromstring(bar_chart("Tables", [("a", 100.0), ("b", 50.0), *[("c", 1.0)] * 40], "rows"))
    bars = [float(bar.attrib["width"]) for bar in root.iter(f"{SVG}rect") if bar.get("class") == "ink"]
    assert bars[1] == pytest.approx(bars[0] / 2, abs=0.1)
    assert len(bars) == 30
    assert "and 12 more" in [text.text for text in root.iter(f"{SVG}text")]


def test_a_line_is_broken_where_a_value_is_unknown() -> None:
    root = ElementTree.fromstring(line_chart("Lag", [("a", 1), ("b", float("nan")), ("c", 2), ("d", 3)], "seconds"))
    assert len(list(root.iter(f"{SVG}polyline"))) == 2


def test_the_image_carries_the_chart_and_cannot_leave_its_brackets() -> None:
    image = markdown_image("<svg/>", "sizes](javascript:alert(1)) <b>\n\n# x")
    words, _, data = image.removeprefix("![").partition("](data:image/svg+xml;base64,")
    assert not set(words) & set("[]()<>\n#")
    assert base64.b64decode(data.removesuffix(")")) == b"<svg/>"
