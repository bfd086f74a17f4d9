"""What the commands print: counts as bars, comparisons, progress."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import pandas as pd

    from comment_classifier.results import ClosedResult, QuestionResult, SurveyResult


def print_counts(survey: "SurveyResult") -> None:
    """Print the counts of each question as bars, and the estimates."""
    from comment_classifier.report.figures import estimate_figures
    from comment_classifier.results import QuestionResult

    console = open_console()
    for result in survey.in_order:
        if isinstance(result, QuestionResult):
            _print_question(console, result)
        else:
            _print_closed(console, result)
    for its in map(estimate_figures, survey.estimates):
        console.print(f"\n{its.title}", style="bold")
        interval = f"({its.interval})" if its.interval else ""
        console.print(f"{its.value}{interval}　試算：前提は報告書に示す")


def _print_closed(console: Any, result: "ClosedResult") -> None:
    from rich.table import Table

    from comment_classifier.report.figures import closed_figures

    shown = closed_figures(result)
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="left", no_wrap=True)
    for choice in shown.choices:
        share = f"{choice.share:.1f} %" if shown.base_n else "–"
        table.add_row(choice.label, f"{'■' * round(20 * choice.count / (shown.base_n or 1))} {share}")
    console.print(f"\n{shown.title}", style="bold")
    console.print(shown.base_line)
    console.print(table)
    for note in shown.notes:
        console.print(f"※ {note}")


def _print_question(console: Any, result: "QuestionResult") -> None:
    from rich.table import Table

    from comment_classifier.counting import bars

    shown = bars(result.counts, result.asked.codebook)
    base = f"対象：{result.asked.base}　" if result.asked.base else ""
    table = Table(box=None, show_header=False, padding=(0, 1))
    table.add_column(justify="right", no_wrap=True)
    table.add_column(justify="left", no_wrap=True)
    largest = max(int(shown["count"].max()), 1)
    for _, row in shown.iterrows():
        interval = "" if row["low"] != row["low"] else f" ({row['low']:,.0f}～{row['high']:,.0f})"
        table.add_row(row["label"], "■" * round(16 * row["count"] / largest) + f" {row['count']:,}{interval}")
    console.print(f"\n{result.asked.title}", style="bold")
    base_n = result.counts.attrs["base_n"]
    read_n = result.counts.attrs["random_n"]
    sure = f"無作為の {read_n:,} 件を読んで推定(95% 区間)" if read_n else "未確認"
    console.print(f"{base}回答数 n＝{base_n:,}　単位：件(一つの回答を複数の区分に数える)　{sure}")
    console.print(table)


def print_comparison(compared: "dict[str, pd.DataFrame]") -> None:
    """Print two waves side by side."""
    from rich.table import Table

    from comment_classifier.report.figures import comparison_figures

    console = open_console()
    for question, frame in compared.items():
        shown = comparison_figures(question, frame)
        console.print(f"\n{shown.title}", style="bold")
        console.print(shown.base_line)
        table = Table(box=None, padding=(0, 1))
        last = ("差", "95% 区間", "") if shown.tested else ("順位",)
        for name in ("区分", *shown.names, *last):
            table.add_column(name, justify="left" if name == "区分" else "right", no_wrap=True)
        for pair in shown.pairs:
            first = "値は未公表" if pair.first is None else f"{pair.first:.1f}"
            if pair.ranks:
                between = [f"{pair.ranks[0]} → {pair.ranks[1]}"]
            elif pair.difference is None:
                between = ["–", "判定できない", ""]
            else:
                interval = f"{pair.low:+.1f}～{pair.high:+.1f}"
                between = [f"{pair.difference:+.1f}", interval, "★" if pair.changed else ""]
            table.add_row(pair.label, first, f"{pair.second:.1f}", *between)
        console.print(table)
        for sentence in shown.sentences:
            console.print(sentence)
        for note in shown.notes:
            console.print(f"※ {note}")


def open_console() -> Any:
    """Return a console that writes Japanese wherever the output goes."""
    from rich.console import Console

    # Wide when the output goes to a file or another program, so that no label is cut.
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)


@contextmanager
def show_progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show a bar on a terminal; yield what moves it."""
    if not sys.stderr.isatty():
        yield lambda step, done, of: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda step, done, of: bar.update(task, description=step, completed=done, total=of)
