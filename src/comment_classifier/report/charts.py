"""Bar charts as PNG and SVG, in the manner of the report: horizontal, largest on top."""

import unicodedata
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from pathlib import Path
from typing import Any

from comment_classifier.cells import excel_text
from comment_classifier.files import whole_file
from comment_classifier.report.figures import ComparisonFigures, Figures, Pair

_COLOUR = "#2f6f9f"
_OTHER = "#9aa5ad"
_WIDTH = 9.0  # inches
_NOTE_WIDTH = 68  # characters


def write_charts(folder: Path, figures: list[Figures]) -> None:
    """Write ``<question>.png`` and ``<question>.svg`` for every question."""
    _write(folder, {shown.question: partial(_chart, shown) for shown in figures})


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
        "font.family": _japanese_font(),
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
    from matplotlib.figure import Figure

    n = len(figures.pairs)
    notes = [line for note in figures.notes for line in _wrapped(f"※ {note}")]
    below = 0.25 + 0.24 * len(notes)
    height = 1.25 + below + 0.6 * n
    chart = Figure(figsize=(_WIDTH, height))
    left = _left_of([pair.label for pair in figures.pairs])
    axes = chart.add_axes((left, below / height, 0.95 - left, 0.6 * n / height))
    shares = [(pair.first or 0.0, pair.second) for pair in figures.pairs]
    largest = max(1.0, max(map(max, shares)))
    for wave, (offset, colour) in enumerate(((-0.2, _OTHER), (0.2, _COLOUR))):
        axes.barh([y + offset for y in range(n)], [s[wave] for s in shares], height=0.36, color=colour)
        for y, pair in enumerate(figures.pairs):
            share = shares[y][wave]
            said = f"{share:.1f}" + (f"   {_said_difference(pair)}" if wave and figures.tested else "")
            axes.text(share + largest * 0.012, y + offset, said, va="center", ha="left", fontsize=10)
    axes.set_xlim(0, largest * (1.5 if figures.tested else 1.15))
    _plain(axes, [pair.label for pair in figures.pairs])
    legend = f"灰：{figures.names[0]}　青：{figures.names[1]}　{figures.base_line}"
    _around(chart, height, figures.title, legend, notes)
    return chart


def _said_difference(pair: Pair) -> str:
    if pair.difference is None:
        return "差は判定できない"
    return f"差 {pair.difference:+.1f} ({pair.low:+.1f}～{pair.high:+.1f}){' ★' if pair.changed else ''}"


def _chart(figures: Figures) -> Any:
    from matplotlib.figure import Figure

    n = len(figures.bars)
    notes = [line for note in figures.notes for line in _wrapped(f"※ {note}")]
    below = 0.25 + 0.24 * len(notes)
    height = 1.0 + below + 0.42 * n
    chart = Figure(figsize=(_WIDTH, height))
    left = _left_of([bar.label for bar in figures.bars])
    axes = chart.add_axes((left, below / height, 0.95 - left, 0.42 * n / height))
    positions = range(n)
    axes.barh(positions, [b.count for b in figures.bars], height=0.66, color=[_COLOUR] * (n - 1) + [_OTHER])
    largest = max((max(b.count, b.high or 0) for b in figures.bars), default=0)
    for y, bar in zip(positions, figures.bars, strict=True):
        end = bar.count
        if bar.low is not None and bar.high is not None:
            axes.plot([bar.low, bar.high], [y, y], color="#222222", linewidth=1.4, marker="|", markersize=9)
            end = max(end, bar.high)
        label = f"{bar.count:,}" + (f"  ({bar.interval})" if bar.interval else "")
        axes.text(end + largest * 0.012, y, label, va="center", ha="left", fontsize=11)
    axes.set_xlim(0, max(1, largest) * (1.25 if figures.random_n else 1.1))
    _plain(axes, [bar.label for bar in figures.bars])
    _around(chart, height, figures.title, figures.base_line, notes)
    return chart


def _left_of(labels: list[str]) -> float:
    return min(0.5, 0.04 + 0.0175 * max(map(len, labels), default=8))


def _plain(axes: Any, labels: list[str]) -> None:
    """Leave only the labels and the line that the bars stand on, the first on top."""
    axes.set_yticks(range(len(labels)), map(_printable, labels), fontsize=11)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.xaxis.set_visible(False)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)


def _around(chart: Any, height: float, title: str, line: str, notes: list[str]) -> None:
    """Write the title and a line above, the notes below."""
    chart.text(0.02, 1 - 0.34 / height, _printable(title), fontsize=15, va="center")
    chart.text(0.02, 1 - 0.72 / height, _printable(line), fontsize=9.5, va="center", color="#444444")
    for number, note in enumerate(notes):
        at = (0.24 * (len(notes) - number) - 0.04) / height
        chart.text(0.02, at, _printable(note), fontsize=8.5, va="center", color="#444444")


def _printable(text: str) -> str:
    """Return a text as the charts can draw it: 〓 for a letter that the font lacks."""
    composed = unicodedata.normalize("NFC", excel_text(text))
    shown = (char for char in composed if unicodedata.category(char) not in ("Cf", "Mn", "Cc"))
    return "".join(char if ord(char) in _letters() or char.isspace() else "〓" for char in shown)


def _wrapped(note: str) -> list[str]:
    lines = [note[i : i + _NOTE_WIDTH] for i in range(0, len(note), _NOTE_WIDTH)]
    return [lines[0], *(f"　{line}" for line in lines[1:])]


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    from matplotlib.font_manager import get_font

    return frozenset(get_font(str(_font_file())).get_charmap())


def _font_file() -> Path:
    # The font comes with a package, so that charts look the same on every machine; importing
    # that package would change matplotlib's settings for the caller, so only its file is used.
    from importlib.util import find_spec

    spec = find_spec("matplotlib_fontja")
    assert spec is not None and spec.origin is not None
    return next(Path(spec.origin).parent.rglob("ipaexg.ttf"))


def _japanese_font() -> str:
    from matplotlib import font_manager

    file = _font_file()
    font_manager.fontManager.addfont(str(file))
    return str(font_manager.FontProperties(fname=str(file)).get_name())
