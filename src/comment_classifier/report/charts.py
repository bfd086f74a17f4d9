"""Charts as PNG and SVG, in the manner of the report: bars, bands and pies, all places in inches."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from itertools import accumulate
from math import cos, pi, sin, sqrt
from pathlib import Path
from typing import Any

from comment_classifier.crosstab import SMALL
from comment_classifier.files import whole_file
from comment_classifier.report.colours import BAR, FEW, INK, OTHER, drawn_as, shades
from comment_classifier.report.figures import (
    ClosedFigures,
    ComparisonFigures,
    Figures,
    Pair,
    SurveyFigures,
    TimeFigures,
    TimeRow,
)
from comment_classifier.report.lettering import broken, inches, japanese_font, printable, spread
from comment_classifier.rounding import short

_QUIET = "#444444"
_LEADER = "#777777"
_WIDTH = 9.0  # inches, of the chart
_LEFT, _RIGHT = 0.18, 8.82
_BAR_END = 8.55
_LONGEST_LABEL = 3.9  # inches, of a line beside a bar
_PITCH = 0.42  # from bar to bar
_BAND = 0.72
_RADIUS = 1.35
_NARROW = 0.09  # of a pie, too narrow for a label
_MOST_SAID = 4  # sentences above a chart
_GAP = 0.22  # from one label outside of a pie to the next

_Line = tuple[str, float]  # a text and its size in points
_Legend = list[tuple[str, float, float, list[str]]]  # colour, place and lines


def write_charts(folder: Path, figures: SurveyFigures) -> None:
    """Write ``<question>.png`` and ``.svg``, and ``<question>_time`` where answers say the time saved."""
    drawings: dict[str, Callable[[], Any]] = {}
    for shown in figures.questions:
        if isinstance(shown, ClosedFigures):
            drawings[shown.question] = partial(_CLOSED[drawn_as(shown)], shown)
            continue
        drawings[shown.question] = partial(_chart, shown)
        if shown.times is not None and shown.times.rows[-1].with_day:
            drawings[f"{shown.question}_time"] = partial(_time_chart, shown, shown.times)
    _write(folder, drawings)


def write_comparison_charts(folder: Path, prefix: str, figures: list[ComparisonFigures]) -> None:
    """Write ``<prefix>_<question>.png`` and ``.svg`` where both waves have values."""
    drawings = {
        f"{prefix}_{shown.question}": partial(_pairs, shown)
        for shown in figures
        if all(pair.first is not None for pair in shown.pairs)
    }
    _write(folder, drawings)


def _write(folder: Path, drawings: Mapping[str, Callable[[], Any]]) -> None:
    import matplotlib as mpl

    style: Any = {
        "font.family": japanese_font(),
        "svg.hashsalt": "comment-classifier",
        "svg.fonttype": "path",
        "axes.unicode_minus": False,
        "text.parse_math": False,  # "$100～$200" is no formula
    }
    formats: dict[str, dict[str, Any]] = {
        ".png": {"dpi": 160, "metadata": {"Software": None}},
        ".svg": {"metadata": {"Date": None}},
    }
    with mpl.rc_context(style):
        for name, draw in drawings.items():
            chart = draw()
            for suffix, options in formats.items():
                with whole_file(folder / f"{name}{suffix}") as temporary:
                    chart.savefig(temporary, facecolor="white", **options)


def _pairs(figures: ComparisonFigures) -> Any:
    legend = f"灰：{figures.names[0]}　青：{figures.names[1]}　{figures.base_line}"
    labels = [pair.label for pair in figures.pairs]
    sentences = figures.sentences if len(figures.sentences) <= _MOST_SAID else ()
    chart, axes = _bar_page(figures.title, [legend, *sentences], figures.notes, labels, pitch=0.6)
    ends: list[float] = []
    said: list[str] = []
    for wave, (offset, colour) in enumerate(((-0.2, OTHER), (0.2, BAR))):
        shares = [pair.second if wave else pair.first or 0.0 for pair in figures.pairs]
        axes.barh([y + offset for y in range(len(labels))], shares, height=0.36, color=colour)
        ends += shares
        said += [
            f"{share:.1f}" + (f"   {_said_difference(pair)}" if wave and figures.tested else "")
            for share, pair in zip(shares, figures.pairs, strict=True)
        ]
    places = [y + offset for offset in (-0.2, 0.2) for y in range(len(labels))]
    _values(axes, places, ends, said, size=10)
    return chart


def _said_difference(pair: Pair) -> str:
    if pair.difference is None:
        return "差は判定できない"
    return f"差 {pair.difference:+.1f} ({pair.low:+.1f}～{pair.high:+.1f}){' ★' if pair.changed else ''}"


def _chart(figures: Figures) -> Any:
    n = len(figures.bars)
    lines = [figures.base_line, figures.sentence]
    chart, axes = _bar_page(figures.title, lines, figures.notes, [bar.label for bar in figures.bars])
    axes.barh(range(n), [b.count for b in figures.bars], height=0.66, color=[BAR] * (n - 1) + [OTHER])
    for y, bar in enumerate(figures.bars):
        if bar.ends:
            axes.plot(bar.ends, [y, y], color=INK, linewidth=1.4, marker="|", markersize=9)
    ends = [float(max(bar.count, bar.high or 0)) for bar in figures.bars]
    said = [f"{bar.count:,}" + (f"  ({bar.interval})" if bar.interval else "") for bar in figures.bars]
    _values(axes, range(n), ends, said)
    return chart


def _time_chart(figures: Figures, times: TimeFigures) -> Any:
    rows = _timed(figures, times)
    all_ = rows[-1]
    base_line = (
        f"時間を書いた回答 {all_.with_time:,} 件のうち、1日あたりに直せた回答 n＝{all_.with_day:,}"
        "　単位：分(1日あたりの中央値)"
    )
    few = any(row.with_day < SMALL for row in rows)
    notes = [*times.notes, *([f"薄い棒は回答が {SMALL} 件未満の区分。参考にとどめる。"] if few else [])]
    title, labels = f"{figures.title}：1日あたりの短縮時間", [row.label for row in rows]
    chart, axes = _bar_page(title, [base_line, times.sentence], notes, labels)
    ends = [_minutes(row) for row in rows]
    colours = [FEW if row.with_day < SMALL else OTHER if row is all_ else BAR for row in rows]
    axes.barh(range(len(rows)), ends, height=0.66, color=colours)
    said = [f"{short(_minutes(row))} 分  (n＝{row.with_day:,})" for row in rows]
    _values(axes, range(len(rows)), ends, said)
    return chart


def _timed(figures: Figures, times: TimeFigures) -> list[TimeRow]:
    """Return the rows with minutes a day, in the order of the question's own chart, all comments last."""
    # Not by their medians: one answer of 300 minutes would stand on top.
    *categories, all_ = times.rows
    order = {bar.label: place for place, bar in enumerate(figures.bars)}
    timed = [row for row in categories if row.with_day]
    return [*sorted(timed, key=lambda row: order.get(row.label, len(order))), all_]


def _minutes(row: TimeRow) -> float:
    return row.median_day or 0.0


def _closed_bars(figures: ClosedFigures) -> Any:
    n, lines = len(figures.choices), [figures.base_line, figures.sentence]
    chart, axes = _bar_page(figures.title, lines, figures.notes, [c.label for c in figures.choices])
    shares = [choice.share if figures.base_n else 0.0 for choice in figures.choices]
    axes.barh(range(n), shares, height=0.66, color=BAR)
    said = [f"{share:.1f} %" if figures.base_n else "–" for share in shares]
    _values(axes, range(n), shares, said)
    return chart


def _band(figures: ClosedFigures) -> Any:
    colours, n = shades(len(figures.choices)), figures.base_n
    said = [f"{choice.share:.1f} %" for choice in figures.choices]
    widths = [(_RIGHT - _LEFT) * choice.count / n for choice in figures.choices]
    starts = [_LEFT, *(_LEFT + reached for reached in accumulate(widths))]
    inside = [inches(text, 11) + 0.16 <= width for text, width in zip(said, widths, strict=True)]
    outside = [i for i, fits in enumerate(inside) if not fits and widths[i]]
    top = 0.5 if outside else 0.1
    legend, deep = _legend(figures, colours, _LEFT, flowing=True)
    chart, axes = _page(
        figures.title, [figures.base_line, figures.sentence], figures.notes, top + _BAND + 0.3 + deep
    )
    for i, (colour, ink) in enumerate(colours):
        _box(axes, starts[i], top, widths[i], _BAND, colour)
        if inside[i]:
            _text(axes, starts[i] + widths[i] / 2, top + _BAND / 2, said[i], 11, ink, "center")
    middles = [starts[i] + widths[i] / 2 for i in outside]
    gap = max((inches(said[i], 11) for i in outside), default=0.0) + 0.1
    for i, middle, x in zip(
        outside, middles, spread(middles, gap, _LEFT + gap / 2, _RIGHT - gap / 2), strict=True
    ):
        axes.plot([middle, middle, x], [top + 0.06, top - 0.04, top - 0.22], color=_LEADER, linewidth=0.8)
        _text(axes, x, top - 0.34, said[i], 11, INK, "center")
    _draw_legend(axes, legend, top + _BAND + 0.3)
    return chart


def _pie(figures: ClosedFigures) -> Any:
    colours, n = shades(len(figures.choices)), figures.base_n
    turned = [0.0, *accumulate(choice.count / n for choice in figures.choices)]
    slices = [(i, turned[i], turned[i + 1]) for i, choice in enumerate(figures.choices) if choice.count]
    narrow = [its for its in slices if its[2] - its[1] < _NARROW]
    legend, deep = _legend(figures, colours, 4.75, flowing=False)
    body = max(2 * _RADIUS + (0.9 if narrow else 0.3), deep + 0.2)
    lines = [figures.base_line, figures.sentence]
    chart, axes = _page(figures.title, lines, figures.notes, body)
    middle = (2.3, body / 2)
    for i, begin, end in slices:
        said = "" if (i, begin, end) in narrow else f"{figures.choices[i].share:.1f} %"
        _slice(axes, middle, (begin, end), colours[i], said)
    _beside_pie(axes, middle, [(b + e, f"{figures.choices[i].share:.1f} %") for i, b, e in narrow], body)
    _draw_legend(axes, legend, (body - deep) / 2)
    return chart


def _slice(
    axes: Any, middle: tuple[float, float], ends: tuple[float, float], colours: tuple[str, str], said: str
) -> None:
    """Draw a slice between two parts of the turn, which is clockwise and begins at 12 o'clock."""
    from matplotlib.patches import Wedge

    (x, y), (begin, end), (colour, ink) = middle, ends, colours
    edge = 1.0 if end - begin > 0.01 else 0.0
    # The axis of y points down, so that angles run clockwise.
    turn = (360 * begin - 90, 360 * end - 90)
    axes.add_patch(Wedge(middle, _RADIUS, *turn, facecolor=colour, edgecolor="white", linewidth=edge))
    angle, away = pi * (begin + end - 0.5), 0.0 if end - begin == 1 else 0.62 * _RADIUS
    _text(axes, x + away * cos(angle), y + away * sin(angle), said, 11, ink, "center")


def _beside_pie(
    axes: Any, middle: tuple[float, float], labels: Sequence[tuple[float, str]], body: float
) -> None:
    """Write the labels that have no room in their slices; each stands at a part of the half turn."""
    angles = [(pi * (part - 0.5), said) for part, said in labels]
    for side in (-1, 1):
        _beside_half(axes, middle, [its for its in angles if (cos(its[0]) >= 0) == (side > 0)], side, body)


def _beside_half(
    axes: Any, middle: tuple[float, float], labels: list[tuple[float, str]], side: int, body: float
) -> None:
    """Write labels around one half of a pie, none over the other, with lines to their slices."""
    x, y = middle
    labels = sorted(labels, key=lambda its: sin(its[0]))
    around = _RADIUS + 0.24
    places = spread([y + around * sin(angle) for angle, _ in labels], _GAP, 0.1, body - 0.1)
    for (angle, said), at in zip(labels, places, strict=True):
        beside = x + side * (sqrt(max(0.0, around**2 - (at - y) ** 2)) + 0.08)
        edge = [(x + r * cos(angle), y + r * sin(angle)) for r in (_RADIUS - 0.05, _RADIUS + 0.08)]
        points = [*edge, (beside, at)]
        axes.plot([p[0] for p in points], [p[1] for p in points], color=_LEADER, linewidth=0.8)
        _text(axes, beside + side * 0.05, at, said, 11, INK, "left" if side > 0 else "right")


_CLOSED: dict[str, Callable[[ClosedFigures], Any]] = {"bar": _closed_bars, "band": _band, "pie": _pie}


def _legend(
    figures: ClosedFigures, colours: list[tuple[str, str]], left: float, flowing: bool
) -> tuple[_Legend, float]:
    """Place a legend: flowing in rows, or one choice below the other; return it and how deep it is."""
    placed: _Legend = []
    x, y, rows = left, 0.0, 1
    for (colour, _), choice in zip(colours, figures.choices, strict=True):
        lines = broken(f"{choice.label} ({choice.count:,} 人)", 10.5, _RIGHT - left - 0.3)
        wide = 0.3 + max(inches(line, 10.5) for line in lines)
        if placed and (not flowing or x + wide > _RIGHT or len(lines) > 1 or rows > 1):
            x, y = left, y + 0.22 * rows + 0.08
            rows = 1
        placed.append((colour, x, y, lines))
        x, rows = x + wide + 0.3, max(rows, len(lines))
    return placed, y + 0.22 * rows


def _draw_legend(axes: Any, legend: _Legend, top: float) -> None:
    for colour, x, y, lines in legend:
        _box(axes, x, top + y + 0.03, 0.2, 0.16, colour)
        for number, line in enumerate(lines):
            _text(axes, x + 0.3, top + y + 0.22 * number + 0.11, line, 10.5, INK, "left")


def _box(axes: Any, x: float, y: float, width: float, height: float, colour: str) -> None:
    from matplotlib.patches import Rectangle

    edge = 1.0 if width > 0.06 else 0.0  # that a narrow one is not all edge
    axes.add_patch(Rectangle((x, y), width, height, facecolor=colour, edgecolor="white", linewidth=edge))


def _text(axes: Any, x: float, y: float, text: str, size: float, colour: str, align: str) -> None:
    axes.text(x, y, printable(text), fontsize=size, color=colour, ha=align, va="center")


def _bar_page(
    title: str, lines: Sequence[str], notes: Sequence[str], labels: Sequence[str], pitch: float = _PITCH
) -> tuple[Any, Any]:
    """Begin a chart of bars: a page, and axes with the labels alone, the first on top."""
    wrapped = [broken(label, 11, _LONGEST_LABEL) for label in labels]
    pitch = max(pitch, 0.12 + 0.2 * max(map(len, wrapped), default=1))
    left = 0.36 + max((inches(line, 11) for its in wrapped for line in its), default=1.0)
    body = pitch * len(labels)
    chart, page = _page(title, lines, notes, body)
    box = page.get_position()
    axes = chart.add_axes((left / _WIDTH, box.y0, (_BAR_END - left) / _WIDTH, box.height))
    axes.set_yticks(range(len(labels)), ["\n".join(its) for its in wrapped], fontsize=11)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.xaxis.set_visible(False)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    return chart, axes


def _values(
    axes: Any, places: Sequence[float], ends: Sequence[float], said: Sequence[str], size: float = 11
) -> None:
    """Write what each bar says behind its end, and leave as much room as the texts need."""
    room = axes.get_position().width * _WIDTH
    lowest, largest = min([0.0, *ends]), max([0.0, *ends])
    span = (largest - lowest) or 1.0
    for end, text in zip(ends, said, strict=True):
        reach = max(end, 0.0) - lowest  # the text of a bar to the left stands at the line of zero
        needed = room - 0.12 - inches(text, size)
        span = max(span, reach * room / needed)
    for y, end, text in zip(places, ends, said, strict=True):
        axes.text(max(end, 0.0) + 0.08 * span / room, y, text, va="center", ha="left", fontsize=size)
    axes.set_xlim(lowest, lowest + span)
    if lowest < 0:
        axes.axvline(0, color=INK, linewidth=0.8)


def _page(title: str, lines: Sequence[str], notes: Sequence[str], body: float) -> tuple[Any, Any]:
    """Begin a chart: title and lines above, notes below, and axes between them.

    The axes take the whole width and measure inches, from the left and downwards; nothing is drawn of them.
    """
    from matplotlib.figure import Figure

    titles: list[_Line] = [(line, 15.0) for line in broken(title, 15, _RIGHT - _LEFT)]
    above = [*titles, *((line, 9.5) for said in lines if said for line in broken(said, 9.5, _RIGHT - _LEFT))]
    below = [line for note in notes for line in _note(note)]
    top = 0.42 + sum(0.34 if size > 10 else 0.24 for _, size in above)
    foot = 0.25 + 0.24 * len(below)
    height = top + body + foot
    chart = Figure(figsize=(_WIDTH, height))
    y = 0.17
    for number, (line, size) in enumerate(above):
        y += 0.09 if number == len(titles) else 0.0
        step = 0.34 if size > 10 else 0.24
        colour = "#000000" if size > 10 else _QUIET
        chart.text(
            _LEFT / _WIDTH, 1 - (y + step / 2) / height, line, fontsize=size, va="center", color=colour
        )
        y += step
    for number, line in enumerate(below):
        at = (0.24 * (len(below) - number) - 0.04) / height
        chart.text(_LEFT / _WIDTH, at, line, fontsize=8.5, va="center", color=_QUIET)
    axes = chart.add_axes((0, foot / height, 1, body / height))
    axes.set(xlim=(0, _WIDTH), ylim=(body, 0))
    axes.axis("off")
    return chart, axes


def _note(note: str) -> list[str]:
    first, *others = broken(f"※ {note}", 8.5, _RIGHT - _LEFT - 0.15)
    return [first, *(f"　{line}" for line in others)]
