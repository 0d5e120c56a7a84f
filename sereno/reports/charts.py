"""Small charts as SVG text, drawn without a library: bars to compare things, a line to follow one thing over time.

Each sits on a card of its own that follows the reader's colour scheme, so it can be read on any background. As the
interface strips inline SVG, an artifact shows them as images (`markdown_image`).
"""

from __future__ import annotations

import base64
import math
import re
from collections.abc import Sequence
from xml.sax.saxutils import escape

from sereno.redaction import redact
from sereno.reports.build import human_bytes, human_seconds, shortened
from sereno.reports.presentation import legible, plain_number

_WIDTH = 720
_PADDING = 20
_TITLE_HEIGHT = 52
_ROW_HEIGHT = 28
_MOST_BARS = 30
_SPAN_HEIGHT = 20
_MOST_SPANS = 80
_LABEL_CHARACTERS = 42
_CHARACTER_WIDTH = 7.5
_PLOT_HEIGHT = 170
_CURRENCY = re.compile("[A-Z]{3}")

_STYLE = (
    ":root{--card:#fff;--edge:#d8dee4;--text:#1b1f24;--quiet:#57606a;--ink:#2563c9;--track:#eef1f5}"
    "@media(prefers-color-scheme:dark){"
    ":root{--card:#171b22;--edge:#2d343e;--text:#e6e9ee;--quiet:#9aa4b1;--ink:#6ea8fe;--track:#242a33}}"
    "text{font:13px system-ui,-apple-system,'Segoe UI',Roboto,sans-serif;fill:var(--text)}"
    ".title{font-size:15px;font-weight:600}.quiet{fill:var(--quiet)}.end{text-anchor:end}.middle{text-anchor:middle}"
    ".card{fill:var(--card);stroke:var(--edge)}.track{fill:var(--track)}.ink{fill:var(--ink)}.wrong{fill:#d1383d}"
    ".grid{stroke:var(--edge)}.line{fill:none;stroke:var(--ink);stroke-width:2;stroke-linejoin:round}"
    ".area{fill:var(--ink);opacity:.12}"
)


def bar_chart(title: str, values: Sequence[tuple[str, float]], unit: str) -> str:
    """Horizontal bars from zero, in the order given: label, bar, value. A negative or unknown value has no bar.

    `unit` is `bytes`, `seconds`, a currency such as `EUR`, or a word put after the number.
    At most 30 are drawn; a line says how many are not.
    """
    shown = values[:_MOST_BARS]
    labels = [_text(label, _LABEL_CHARACTERS) for label, _ in shown]
    amounts = [_amount(value, unit) for _, value in shown]
    left = _PADDING + _CHARACTER_WIDTH * max((len(label) for label in labels), default=0) + 12
    right = _WIDTH - _PADDING - _CHARACTER_WIDTH * max((len(amount) for amount in amounts), default=0) - 12
    largest = max((value for _, value in shown if math.isfinite(value)), default=0)
    parts = []
    for index, (label, amount, (_, value)) in enumerate(zip(labels, amounts, shown, strict=True)):
        top = _TITLE_HEIGHT + index * _ROW_HEIGHT
        length = (right - left) * (value / largest) if math.isfinite(value) and value > 0 else 0
        parts += [
            f'<text class="quiet end" x="{left - 12:.1f}" y="{top + 15}">{label}</text>',
            f'<rect class="track" x="{left:.1f}" y="{top + 2}" width="{right - left:.1f}" height="16" rx="3"/>',
            f'<text class="end" x="{_WIDTH - _PADDING}" y="{top + 15}">{amount}</text>',
        ]
        if length:
            width = max(length, 2)
            parts.append(f'<rect class="ink" x="{left:.1f}" y="{top + 2}" width="{width:.1f}" height="16" rx="3"/>')
    height = _TITLE_HEIGHT + max(len(shown), 1) * _ROW_HEIGHT
    if len(values) > len(shown):
        more = f"and {len(values) - len(shown):,} more"
        parts.append(f'<text class="quiet" x="{left:.1f}" y="{height + 14}">{more}</text>')
        height += _ROW_HEIGHT
    return _card(title, values, unit, parts, height + 8)


def line_chart(title: str, values: Sequence[tuple[str, float]], unit: str) -> str:
    """A line over `values` at equal distances, from zero up, oldest first; the last value is written out.

    Values below zero are drawn at zero, and where one is not a number the line is broken. `unit` as in `bar_chart`.
    """
    known = [value for _, value in values if math.isfinite(value)]
    ceiling = _ceiling(max(known, default=0))
    ticks = [(share, _amount(ceiling * share, unit)) for share in (0, 0.5, 1)]
    left = _PADDING + _CHARACTER_WIDTH * max(len(label) for _, label in ticks) + 10
    right, bottom = _WIDTH - _PADDING - 8, _TITLE_HEIGHT + _PLOT_HEIGHT
    parts = []
    for share, label in ticks:
        y = bottom - _PLOT_HEIGHT * share
        parts.append(f'<line class="grid" x1="{left:.1f}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}"/>')
        parts.append(f'<text class="quiet end" x="{left - 10:.1f}" y="{y + 4:.1f}">{label}</text>')
    step = (right - left) / max(len(values) - 1, 1)
    points = [
        (left + index * step, bottom - _PLOT_HEIGHT * (max(value, 0) / ceiling)) if math.isfinite(value) else None
        for index, (_, value) in enumerate(values)
    ]
    parts += _line(points, bottom) + _under(values, left, right, bottom)
    if points and points[-1]:
        x, y = points[-1]
        parts.append(f'<circle class="ink" cx="{x:.1f}" cy="{y:.1f}" r="4"/>')
        parts.append(f'<text class="end" x="{x + 4:.1f}" y="{y - 9:.1f}">{_amount(values[-1][1], unit)}</text>')
    return _card(title, values, unit, parts, bottom + 36)


def span_chart(title: str, spans: Sequence[tuple[str, float, float, bool]]) -> str:
    """What happened when: for each label a bar from its start, so many seconds long, marked where it went wrong.

    Args:
        title: what is shown.
        spans: label, seconds from the beginning to the start, seconds it took, and whether it went well.
    """
    shown = spans[:_MOST_SPANS]
    end = max((start + length for _, start, length, _ in spans), default=0) or 1.0
    labels = [_text(label, _LABEL_CHARACTERS) for label, *_ in shown]
    left = _PADDING + _CHARACTER_WIDTH * max((len(label) for label in labels), default=0) + 12
    right = _WIDTH - _PADDING - 70
    parts = []
    for index, (label, (_, start, length, well)) in enumerate(zip(labels, shown, strict=True)):
        top = _TITLE_HEIGHT + index * _SPAN_HEIGHT
        x, width = left + (right - left) * start / end, max((right - left) * length / end, 2)
        kind = "ink" if well else "wrong"
        parts += [
            f'<text class="quiet end" x="{left - 12:.1f}" y="{top + 12}">{label}</text>',
            f'<rect class="track" x="{left:.1f}" y="{top + 2}" width="{right - left:.1f}" height="12" rx="2"/>',
            f'<rect class="{kind}" x="{x:.1f}" y="{top + 2}" width="{width:.1f}" height="12" rx="2"/>',
            f'<text class="end" x="{_WIDTH - _PADDING}" y="{top + 12}">{_amount(length, "seconds")}</text>',
        ]
    height = _TITLE_HEIGHT + max(len(shown), 1) * _SPAN_HEIGHT
    if len(spans) > len(shown):
        parts.append(
            f'<text class="quiet" x="{left:.1f}" y="{height + 14}">and {len(spans) - len(shown):,} more</text>'
        )
        height += _SPAN_HEIGHT
    told = [(label, length) for label, _, length, _ in spans]
    return _card(title, told, "seconds", parts, height + 8)


def markdown_image(svg: str, alternative: str) -> str:
    """`svg` as a Markdown image that carries its own data; `alternative` is read out in its place."""
    safe = shortened(redact(alternative), 300)
    words = "".join(character if character.isalnum() or character in " .,:;%/+-" else " " for character in safe)
    return f"![{words}]({image_address(svg)})"


def image_address(svg: str) -> str:
    """`svg` as an address that carries it."""
    return f"data:image/svg+xml;base64,{base64.b64encode(svg.encode()).decode()}"


def _line(points: Sequence[tuple[float, float] | None], bottom: float) -> list[str]:
    parts, stretch = [], list[tuple[float, float]]()
    for point in [*points, None]:
        if point:
            stretch.append(point)
        elif stretch:
            path = " ".join(f"{x:.1f},{y:.1f}" for x, y in stretch)
            around = f"{stretch[0][0]:.1f},{bottom} {path} {stretch[-1][0]:.1f},{bottom}"
            parts += [f'<polygon class="area" points="{around}"/>', f'<polyline class="line" points="{path}"/>']
            stretch = []
    return parts


def _under(values: Sequence[tuple[str, float]], left: float, right: float, bottom: float) -> list[str]:
    if not values:
        return []
    y = f'y="{bottom + 20}"'
    parts = [f'<text class="quiet" x="{left:.1f}" {y}>{_text(values[0][0], 24)}</text>']
    if len(values) > 2:
        middle = (len(values) - 1) // 2
        x = left + (right - left) * middle / (len(values) - 1)
        parts.append(f'<text class="quiet middle" x="{x:.1f}" {y}>{_text(values[middle][0], 24)}</text>')
    if len(values) > 1:
        parts.append(f'<text class="quiet end" x="{right}" {y}>{_text(values[-1][0], 24)}</text>')
    return parts


def _card(title: str, values: Sequence[tuple[str, float]], unit: str, parts: list[str], height: float) -> str:
    if not values:
        height = _TITLE_HEIGHT + 2 * _PADDING
        parts = [f'<text class="quiet" x="{_PADDING}" y="{_TITLE_HEIGHT + 12}">No data yet</text>']
    told = "; ".join(f"{_text(label, 80)}: {_amount(value, unit)}" for label, value in values[:_MOST_BARS])
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height:.0f}" '
        f'viewBox="0 0 {_WIDTH} {height:.0f}" role="img" aria-labelledby="title description">'
        f'<title id="title">{_text(title, 200)}</title><desc id="description">{told or "No data yet"}</desc>'
        f"<style>{_STYLE}</style>"
        f'<rect class="card" x="0.5" y="0.5" width="{_WIDTH - 1}" height="{height - 1:.0f}" rx="10"/>'
        f'<text class="title" x="{_PADDING}" y="32">{_text(title, 80)}</text>{"".join(parts)}</svg>'
    )


def _ceiling(largest: float) -> float:
    """The first round number at or above `largest`; 1 when there is nothing to show."""
    if largest < 1e-300:
        return 1.0
    magnitude = 10.0 ** math.floor(math.log10(largest))
    return next(magnitude * step for step in (1, 2, 4, 5, 8, 10) if magnitude * step >= largest * 0.999999)


def _amount(value: float, unit: str) -> str:
    if not math.isfinite(value):
        return "unknown"
    if unit == "bytes":
        return human_bytes(value)
    if unit == "seconds":
        return human_seconds(value)
    if _CURRENCY.fullmatch(unit):
        return f"{value:,.2f} {unit}"
    return f"{plain_number(value)} {_text(unit, 20)}".rstrip()


def _text(text: str, longest: int) -> str:
    return escape(shortened(legible(redact(text)), longest))
