"""``report.html``: one file without script and without any request, from the templates beside it."""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import pandas as pd

from comment_classifier.explaining import explain_many
from comment_classifier.files import whole_file
from comment_classifier.report.figures import Bar, ComparisonFigures, Figures, sample_note
from comment_classifier.report.marks import Segment, marked
from comment_classifier.results import QuestionResult
from comment_classifier.survey import Survey

MOST_COMMENTS = 500  # behind one bar; a browser should not have to bear more


@dataclass(frozen=True)
class ShownComment:
    """A comment behind a bar: the row's name, its segments, its other categories, the review mark."""

    row: str
    segments: list[Segment]
    others: list[str]
    review: bool


def write_page(
    path: Path,
    table: pd.DataFrame,
    survey: Survey,
    results: list[QuestionResult],
    figures: list[Figures],
    n: int,
) -> None:
    """Write the report page of n rows, of which those of the table are shown."""
    names = _row_names(table, survey)
    sections = [
        {
            "figures": shown,
            "largest": max((max(bar.count, bar.high or 0) for bar in shown.bars), default=0) or 1,
            "comments": {bar.category: _comments(result, bar, names) for bar in shown.bars},
            "crosses": {name: _by_group(cross) for name, cross in result.crosses.items()},
            "themes": result.themes,
            "definitions": {c.id: c.definition for c in result.asked.codebook.categories},
        }
        for result, shown in zip(results, figures, strict=True)
    ]
    shown = {
        "sections": sections,
        "rows": n,
        "sample": len(table),
        "sample_note": sample_note(len(table), n),
        "most": MOST_COMMENTS,
    }
    _render(path, "report.html.j2", survey.title, shown)


def write_comparison_page(path: Path, title: str, figures: list[ComparisonFigures]) -> None:
    """Write the page of two waves."""
    _render(path, "comparison.html.j2", title, {"figures": figures})


def _render(path: Path, template: str, title: str, shown: dict[str, Any]) -> None:
    html = templates().get_template(template).render(title=title, **shown)
    with whole_file(path) as temporary:
        temporary.write_text(html, encoding="utf-8", newline="\n")


def _by_group(cross: pd.DataFrame) -> list[tuple[str, pd.DataFrame]]:
    # "count" is the name of a method of the rows that a template walks through.
    return list(cross.rename(columns={"count": "n"}).groupby("group", sort=False))


def _row_names(table: pd.DataFrame, survey: Survey) -> list[str]:
    if survey.id_column and survey.id_column in table.columns:
        return [str(name) for name in table[survey.id_column]]
    return [f"{number + 1} 行目" for number in table.index]


def _comments(result: QuestionResult, bar: Bar, names: list[str]) -> list[ShownComment]:
    book, coded = result.asked.codebook, result.shown
    rows = coded.index[coded[bar.category]][:MOST_COMMENTS].tolist()
    learned = bar.category in book.learned
    texts = [coded.at[i, "text"] for i in rows] if learned else []
    why = explain_many(result.fitted, texts, [(bar.category,)] * len(texts)) or [{}] * len(rows)
    return [
        ShownComment(
            row=names[i],
            segments=marked(coded.at[i, "text"], explanation.get(bar.category)),
            others=[book.label(label) for label in coded.at[i, "labels"] if label != bar.category],
            review=bool(coded.at[i, "review"]),
        )
        for i, explanation in zip(rows, why, strict=True)
    ]


@lru_cache(maxsize=4)
def templates(*folders: Path) -> Any:
    """Return the environment of the report's templates, and of those in further folders."""
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([*folders, Path(__file__).parent / "templates"]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
