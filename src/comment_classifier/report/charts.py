"""Bar charts as PNG and SVG, in the manner of the report: horizontal, largest on top."""

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from comment_classifier.files import whole_file
from comment_classifier.report.figures import Figures

_COLOUR = "#2f6f9f"
_OTHER = "#9aa5ad"
_WIDTH = 9.0  # inches


def write_charts(folder: Path, figures: list[Figures]) -> None:
    """Write ``<question>.png`` and ``<question>.svg`` for every question."""
    _write(folder, {shown.question: partial(_chart, shown) for shown in figures})


def write_comparison_charts(folder: Path, compared: dict[str, pd.DataFrame]) -> None:
    """Write ``comparison_<question>.png`` and ``.svg``: two waves side by side, changes starred."""
    notes = (
        "★ は、標本のゆれと機械の誤りを見込んでも変わったといえる区分(全区分を同時に見て 95%)。",
        "一つの回答を複数の区分に数える。件数は機械による分類(未確認)。",
    )
    drawings = {}
    for name, frame in compared.items():
        earlier, later = (f"{frame.attrs[n]:,}" for n in ("first_n", "second_n"))
        legend = f"灰：前の回(回答数 n＝{earlier})　青：今の回(n＝{later})　単位：回答数に対する %"
        drawings[f"comparison_{name}"] = partial(_pairs, frame, legend, notes)
    _write(folder, drawings)


def write_published_charts(folder: Path, compared: dict[str, pd.DataFrame]) -> None:
    """Write ``published_<question>.png`` and ``.svg``: a wave beside published figures."""
    notes = (
        "公表値は件数のみで回答数が示されていないため、全言及に占める割合で並べる。差の検定はできない。",
        "今の回の件数は機械による分類(未確認)。",
    )
    drawings = {}
    for name, frame in compared.items():
        legend = f"灰：{frame.attrs['reference']}の公表値　青：今の回　単位：全言及に占める %"
        drawings[f"published_{name}"] = partial(_pairs, frame, legend, notes)
    _write(folder, drawings)


def _write(folder: Path, drawings: Mapping[str, Callable[[], Any]]) -> None:
    import matplotlib as mpl

    style: Any = {
        "font.family": _japanese_font(),
        "svg.hashsalt": "comment-classifier",
        "svg.fonttype": "path",
        "axes.unicode_minus": False,
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


def _pairs(frame: pd.DataFrame, legend: str, notes: tuple[str, ...]) -> Any:
    from matplotlib.figure import Figure

    n = len(frame)
    height = 2.0 + 0.6 * n
    chart = Figure(figsize=(_WIDTH, height))
    widest = max(len(label) for label in frame["label"])
    left = min(0.5, 0.04 + 0.0175 * widest)
    axes = chart.add_axes((left, 0.75 / height, 0.95 - left, 0.6 * n / height))
    largest = max(1.0, float(frame[["first", "second"]].max(axis=None)))
    for column, offset, colour in (("first", -0.2, _OTHER), ("second", 0.2, _COLOUR)):
        places = [y + offset for y in range(n)]
        axes.barh(places, frame[column], height=0.36, color=colour)
        for y, share, changed in zip(places, frame[column], frame["changed"], strict=True):
            star = " ★" if changed and column == "second" else ""
            axes.text(share + largest * 0.012, y, f"{share:.1f}{star}", va="center", ha="left", fontsize=10)
    axes.set_yticks(range(n), frame["label"], fontsize=11)
    axes.invert_yaxis()
    axes.set_xlim(0, largest * 1.15)
    axes.xaxis.set_visible(False)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    base = f"対象：{frame.attrs['base']}　" if frame.attrs["base"] else ""
    chart.text(0.02, 1 - 0.34 / height, frame.attrs["title"], fontsize=15, va="center")
    chart.text(0.02, 1 - 0.74 / height, f"{base}{legend}", fontsize=9.5, va="center", color="#444444")
    for line, note in enumerate(notes):
        chart.text(
            0.02, (0.44 - 0.24 * line) / height, f"※ {note}", fontsize=8.5, va="center", color="#444444"
        )
    return chart


def _chart(figures: Figures) -> Any:
    from matplotlib.figure import Figure

    n = len(figures.bars)
    height = 1.25 + 0.25 * len(figures.notes) + 0.42 * n
    chart = Figure(figsize=(_WIDTH, height))
    widest = max((len(bar.label) for bar in figures.bars), default=8)
    left = min(0.5, 0.04 + 0.0175 * widest)
    axes = chart.add_axes((left, (0.25 + 0.25 * len(figures.notes)) / height, 0.95 - left, 0.42 * n / height))
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
    axes.set_yticks(positions, [b.label for b in figures.bars], fontsize=11)
    axes.invert_yaxis()
    axes.set_xlim(0, max(1, largest) * (1.25 if figures.random_n else 1.1))
    axes.xaxis.set_visible(False)
    axes.tick_params(axis="y", length=0)
    for side in ("top", "right", "bottom"):
        axes.spines[side].set_visible(False)
    chart.text(0.02, 1 - 0.34 / height, figures.title, fontsize=15, va="center")
    chart.text(0.02, 1 - 0.72 / height, figures.base_line, fontsize=9.5, va="center", color="#444444")
    for line, note in enumerate(figures.notes):
        chart.text(
            0.02,
            (0.24 * (len(figures.notes) - line) - 0.04) / height,
            f"※ {note}",
            fontsize=8.5,
            va="center",
            color="#444444",
        )
    return chart


def _japanese_font() -> str:
    # The font comes with a package, so that charts look the same on every machine; importing
    # that package would change matplotlib's settings for the caller, so only its file is used.
    from importlib.util import find_spec

    from matplotlib import font_manager

    spec = find_spec("matplotlib_fontja")
    assert spec is not None and spec.origin is not None
    file = next(Path(spec.origin).parent.rglob("ipaexg.ttf"))
    font_manager.fontManager.addfont(str(file))
    return str(font_manager.FontProperties(fname=str(file)).get_name())
