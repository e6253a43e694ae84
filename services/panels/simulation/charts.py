"""Charts as plain SVG: no script, no style sheet; a title and what it shows for whoever does not see it.

The same figures make the same bytes, and stand in a table under each chart. Colours are those of Okabe and
Ito, which people with any colour vision tell apart, darker where they would be faint on white; lines differ by their
dashes too, and each is named.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from math import ceil, log10

WIDTH = 480
_LEFT, _RIGHT, _TOP, _HEIGHT = 50, 10, 34, 200
_INK, _GREY = "#0b0c0c", "#b1b4b6"
_COLOURS = ("#0072B2", "#C75300", "#00785A", "#A23B72", "#6B5600", "#0b0c0c")
_DASHES = ("", "8 4", "2 3", "10 3 2 3", "1 4", "14 4")
_LINE, _BAR = 20, 18
_WORDS = 150  # as wide as the words behind a bar may be
_MOST_STEPS = 5


@dataclass(frozen=True, slots=True)
class Series:
    """A line: its name and its points, (day, value)."""

    name: str
    points: Sequence[tuple[int, float]]


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its name, its length and the words behind it; bars of the same ``kind`` have one colour."""

    name: str
    value: float
    words: str
    kind: int = 0


def lines(key: str, title: str, said: str, unit: str, series: Sequence[Series]) -> str:
    """Values over time. ``key`` names the chart in its page, ``said`` is what it shows in words."""
    series = [each for each in series if each.points]
    days = [day for each in series for day, _ in each.points] or [1, 2]
    first, last = min(days), max(max(days), min(days) + 1)
    top = rounded_up(max((value for each in series for _, value in each.points), default=1))
    across, up = (WIDTH - _LEFT - _RIGHT) / (last - first), _HEIGHT / top

    def place(day: int, value: float) -> str:
        return f"{_LEFT + (day - first) * across:.1f},{_TOP + _HEIGHT - value * up:.1f}"

    parts = [*_steps(top, up), *_days(first, last, across), _text(4, _TOP - 18, unit)]
    for number, each in enumerate(series):
        points = " ".join(place(day, value) for day, value in each.points)
        parts.append(f'<polyline points="{points}" {_stroke(number)}/>')
    parts += _key([each.name for each in series], _TOP + _HEIGHT + 40)
    return _drawn(key, title, said, _TOP + _HEIGHT + 48 + _LINE * len(series), parts)


def bars(key: str, title: str, said: str, rows: Sequence[Bar], kinds: Sequence[str] = ()) -> str:
    """Lengths, one under the other, each with its name over it."""
    most = max((bar.value for bar in rows), default=1) or 1
    room = WIDTH - 8 - _WORDS
    parts, down = [], 4
    for number, bar in enumerate(rows):
        if not number or rows[number - 1].name != bar.name:
            parts.append(_text(4, down + 12, bar.name))
            down += _LINE
        long = max(1.0, bar.value / most * room)
        colour = _COLOURS[bar.kind % len(_COLOURS)]
        parts.append(f'<rect x="4" y="{down}" width="{long:.1f}" height="{_BAR - 4}" fill="{colour}"/>')
        parts.append(_text(8 + long, down + 12, bar.words))
        down += _BAR
        if number + 1 == len(rows) or rows[number + 1].name != bar.name:
            down += 8
    for number, kind in enumerate(kinds):
        parts.append(f'<rect x="4" y="{down}" width="14" height="14" fill="{_COLOURS[number]}"/>')
        parts.append(_text(24, down + 12, kind))
        down += _LINE
    return _drawn(key, title, said, down + 4, parts)


def rounded_up(value: float) -> float:
    """The next round number to end an axis with."""
    if value <= 0:
        return 1
    step = 10 ** (ceil(log10(value)) - 1)
    return float(next(step * n for n in (1, 2, 3, 4, 5, 6, 8, 10) if step * n >= value - 1e-9))


def _steps(top: float, up: float) -> list[str]:
    parts = []
    for n in range(_MOST_STEPS + 1):
        value = top * n / _MOST_STEPS
        y = _TOP + _HEIGHT - value * up
        parts.append(
            f'<line x1="{_LEFT}" x2="{WIDTH - _RIGHT}" y1="{y:.1f}" y2="{y:.1f}" stroke="{_GREY}" stroke-width="1"/>'
        )
        parts.append(_text(_LEFT - 6, y + 4, f"{value:,.4g}", "end"))
    return parts


def _days(first: int, last: int, across: float) -> list[str]:
    """Where each quarter begins; of a longer time each half-year, or each year."""
    every = 3 if last - first <= 400 else 6 if last - first <= 1000 else 12
    day, parts = date.fromordinal(first), []
    for year in range(day.year, date.fromordinal(last).year + 1):
        for month in range(1, 13, every):
            begins = date(year, month, 1).toordinal()
            if first <= begins <= last - 10 * every:
                x = _LEFT + (begins - first) * across
                words = f"{date(year, month, 1):%b %Y}" if every < 12 else str(year)
                parts.append(
                    f'<line x1="{x:.1f}" x2="{x:.1f}" y1="{_TOP + _HEIGHT}" y2="{_TOP + _HEIGHT + 5}" stroke="{_INK}"/>'
                )
                parts.append(_text(x, _TOP + _HEIGHT + 18, words))
    return parts


def _key(names: Sequence[str], down: int) -> list[str]:
    parts = []
    for number, name in enumerate(names):
        y = down + _LINE * number
        parts.append(f'<line x1="{_LEFT}" x2="{_LEFT + 40}" y1="{y}" y2="{y}" {_stroke(number)}/>')
        parts.append(_text(_LEFT + 48, y + 4, name))
    return parts


def _stroke(number: int) -> str:
    dashes = _DASHES[number % len(_DASHES)]
    dashed = f' stroke-dasharray="{dashes}"' if dashes else ""
    return f'fill="none" stroke="{_COLOURS[number % len(_COLOURS)]}" stroke-width="2.5"{dashed}'


def _text(x: float, y: float, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(words)}</text>'


def _drawn(key: str, title: str, said: str, height: int, parts: Sequence[str]) -> str:
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" role="img" aria-labelledby="{key}-title {key}-desc" '
        f'viewBox="0 0 {WIDTH} {height}" width="100%" font-family="Helvetica Neue, Arial, sans-serif" font-size="13" '
        f'fill="{_INK}">\n<title id="{key}-title">{escape(title)}</title>\n'
        f'<desc id="{key}-desc">{escape(said)}</desc>\n' + "\n".join(parts) + "\n</svg>\n"
    )
