"""``report.pptx``: a slide per question with a native, editable chart, for a city's publication."""

from pathlib import Path
from typing import Any

from comment_classifier.files import whole_file
from comment_classifier.report.colours import BAR, FAINT, drawn_as
from comment_classifier.report.figures import (
    QUOTES_NOTE,
    ClosedFigures,
    EstimateFigures,
    Figures,
    SurveyFigures,
    TimeFigures,
)
from comment_classifier.report.slides.bars import Row, bar_slides
from comment_classifier.report.slides.deck import new_deck, packed
from comment_classifier.report.slides.layout import one_line
from comment_classifier.report.slides.page import Page, Said, title_slide
from comment_classifier.report.slides.shares import band_slide, pie_slide
from comment_classifier.report.slides.tables import table_slides
from comment_classifier.rounding import half_up


def write_slides(path: Path, figures: SurveyFigures) -> None:
    """Write the slides of a survey: its questions as it asks them, then its estimates."""
    deck = new_deck(figures.title)
    title_slide(deck, figures)
    for number, shown in enumerate(figures.questions, 1):
        said = (Said(shown.base_line, (12,), FAINT), _sentence(shown.sentence))
        page = Page(f"問{number}　{shown.title}", said, shown.notes, shown.text)
        if isinstance(shown, ClosedFigures):
            _closed_slides(deck, page, shown)
        else:
            _free_slides(deck, page, shown)
    for estimate in figures.estimates:
        _estimate_slides(deck, estimate)
    with whole_file(path) as temporary:
        temporary.write_bytes(packed(deck))


def _sentence(text: str) -> Said:
    return Said(text, (18, 16, 14))


def _closed_slides(deck: Any, page: Page, shown: ClosedFigures) -> None:
    drawn = {"pie": pie_slide, "band": band_slide}.get(drawn_as(shown))
    if drawn is None or not drawn(deck, page, shown):
        rows = [Row(choice.label, choice.share) for choice in shown.choices]
        bar_slides(deck, page, rows if shown.base_n else [], "%")


def _free_slides(deck: Any, page: Page, shown: Figures) -> None:
    rows = [Row(bar.label, bar.count, bar.ends, bar is shown.bars[-1]) for bar in shown.bars]
    bar_slides(deck, page, rows if shown.base_n else [], "件")
    quoted = [
        (bar.label, f"{bar.count:,}", "\n".join(f"「{one_line(quote.text)}」" for quote in quotes))
        for bar in shown.bars
        if (quotes := shown.quotes.get(bar.category))
    ]
    if quoted:
        below = Page(f"{page.title}：代表的な回答", (), (QUOTES_NOTE,))
        table_slides(deck, below, [("区分", "件数", "回答の例"), *quoted], (210, 60, 610), {1})
    if shown.times:
        _time_slides(deck, page.title, shown.times)


def _time_slides(deck: Any, title: str, times: TimeFigures) -> None:
    head = (
        "区分",
        "回答(件)",
        "時間を書いた回答(件)",
        "1日あたりに直せた回答(件)",
        "1日あたりの中央値(分)",
        "1日あたりの合計(分)",
        "1件あたりを書いた回答(件)",
        "1件あたりの中央値(分)",
    )
    rows = [
        (
            row.label,
            f"{row.comments:,}",
            f"{row.with_time:,}",
            f"{row.with_day:,}",
            _minutes(row.median_day),
            _minutes(row.total_day),
            f"{row.with_case:,}",
            _minutes(row.median_case),
        )
        for row in times.rows
    ]
    page = Page(f"{title}：短縮された時間", (_sentence(times.sentence),), times.notes)
    table_slides(deck, page, [head, *rows], (250, *[90] * 7), set(range(1, 8)))


def _minutes(value: float | None) -> str:
    return "–" if value is None else f"{half_up(value, 1):,.10g}"


def _estimate_slides(deck: Any, shown: EstimateFigures) -> None:
    interval = f"幅：{shown.interval}" if shown.interval else ""
    exact = f"丸める前の値：{shown.exact}" if shown.exact not in shown.value else ""
    below = "　".join(filter(None, (interval, exact)))
    said = [Said(shown.value, (44, 36, 28), BAR, bold=True), *([_sentence(below)] if below else [])]
    rows = [(f.sign, f.label, f.value, f.unit, f.interval, f.source) for f in shown.factors]
    head = ("", "項", "値", "単位", "幅", "出所")
    page = Page(shown.title, tuple(said), shown.notes)
    table_slides(deck, page, [head, *rows], (30, 240, 90, 60, 140, 320), {2, 4})
