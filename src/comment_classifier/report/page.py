"""``report.html``: one file without script and without any request, from the templates beside it."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import accumulate
from math import cos, pi, sin
from pathlib import Path
from typing import Any
from unicodedata import east_asian_width

import pandas as pd

from comment_classifier.explaining import explain_many
from comment_classifier.files import whole_file
from comment_classifier.report.colours import drawn_as, shades
from comment_classifier.report.figures import (
    QUOTES_NOTE,
    Bar,
    Choice,
    ClosedFigures,
    ComparisonFigures,
    Figures,
    SurveyFigures,
    row_names,
    sample_note,
)
from comment_classifier.report.lettering import spread
from comment_classifier.report.marks import Segment, marked
from comment_classifier.report.reading import printed
from comment_classifier.results import QuestionResult, SurveyResult

MOST_COMMENTS = 500  # behind one bar; a browser should not have to bear more

_INSIDE = 11.0  # percent of a band that a label such as 12.5% takes on a narrow screen
_EDGED = 2.0  # percent; of what is narrower, a white edge would leave nothing
_RADIUS = 84.0  # of a pie, in pixels
_LINE = 20.0  # from one label beside it to the next
_COLUMNS = 24  # of its name; a full-width character takes two


@dataclass(frozen=True)
class ShownComment:
    """A comment behind a bar: the row's name, its segments, its other categories, the review mark."""

    row: str
    segments: list[Segment]
    others: list[str]
    review: bool


@dataclass(frozen=True)
class Piece:
    """A choice in a band: where it begins and how wide it is, in percent of the band.

    ``label`` is the middle of its label, which is ``inside`` the piece or beside it.
    """

    choice: Choice
    fill: str
    ink: str
    start: float
    width: float
    inside: bool
    label: float

    @property
    def edged(self) -> bool:
        """Whether it is wide enough for a white edge."""
        return self.width >= _EDGED


@dataclass(frozen=True)
class Slice:
    """A choice in a pie around (0, 0): its outline, blank if it is the whole, and its label.

    ``leader`` leads to the label at ``x``, ``y``; ``name`` is blank if it is too long for one.
    """

    choice: Choice
    fill: str
    path: str
    edged: bool
    leader: str
    x: float
    y: float
    name: str


def write_page(path: Path, table: pd.DataFrame, result: SurveyResult, figures: SurveyFigures) -> None:
    """Write the report page, with the answers of the respondents in the table."""
    names = row_names(table, result.survey.id_column)
    coded = {its.asked.question: its for its in result.questions}
    sections = [
        _closed(shown) if isinstance(shown, ClosedFigures) else _free(shown, coded[shown.question], names)
        for shown in figures.questions
    ]
    crosses = [{n: _by_group(cross) for n, cross in its.crosses.items()} for its in result.in_order]
    shown = {
        "survey": figures,
        "sections": [{**own, "crosses": its} for own, its in zip(sections, crosses, strict=True)],
        "free_n": len(result.questions),
        "sample_note": sample_note(figures.shown_n, figures.n),
        "quotes_note": QUOTES_NOTE,
        "most": MOST_COMMENTS,
        "printed": printed,
    }
    _render(path, "report.html.j2", figures.title, shown)


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


def _free(figures: Figures, result: QuestionResult, names: list[str]) -> dict[str, Any]:
    return {
        "template": "free.html.j2",
        "figures": figures,
        "largest": max((max(bar.count, bar.high or 0) for bar in figures.bars), default=0) or 1,
        "comments": {bar.category: _comments(result, bar, names) for bar in figures.bars},
        "themes": result.themes,
        "definitions": {c.id: c.definition for c in result.asked.codebook.categories},
    }


def _closed(figures: ClosedFigures) -> dict[str, Any]:
    drawn = drawn_as(figures)
    slices = pie(figures.choices) if drawn == "pie" else []
    return {
        "template": "closed.html.j2",
        "figures": figures,
        "drawn": drawn,
        "fills": [fill for fill, _ in shades(len(figures.choices))] if drawn != "bar" else [],
        "pieces": band(figures.choices) if drawn == "band" else [],
        "slices": slices,
        "radius": _RADIUS,
        "reach": max([_RADIUS + 10, *(abs(its.y) + _LINE for its in slices)]),
        "largest": max((c.share for c in figures.choices if c.count), default=1.0),
    }


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


def band(choices: Sequence[Choice]) -> list[Piece]:
    """Lay one choice behind the other; labels without room inside their pieces stand beside them."""
    total = sum(choice.count for choice in choices)
    widths = [100 * choice.count / total for choice in choices]
    starts = [end - width for end, width in zip(accumulate(widths), widths, strict=True)]
    labels = {k: starts[k] + width / 2 for k, width in enumerate(widths)}
    beside = [k for k, width in enumerate(widths) if 0 < width < _INSIDE]
    places = spread([labels[k] for k in beside], _INSIDE, _INSIDE / 2, 100 - _INSIDE / 2)
    labels |= dict(zip(beside, places, strict=True))
    return [
        Piece(choices[k], fill, ink, starts[k], widths[k], k not in beside, labels[k])
        for k, (fill, ink) in enumerate(shades(len(choices)))
        if widths[k]
    ]


def pie(choices: Sequence[Choice]) -> list[Slice]:
    """Lay choices around a circle from its top, with labels in a column on either side."""
    total = sum(choice.count for choice in choices)
    ends = [end / total for end in accumulate(choice.count for choice in choices)]
    starts = [0.0, *ends[:-1]]
    angles = {k: pi * (starts[k] + ends[k]) for k, choice in enumerate(choices) if choice.count}
    labels = _labels(angles)
    return [
        Slice(
            choice=choices[k],
            fill=shades(len(choices))[k][0],
            path=_outline(starts[k], ends[k]) if len(angles) > 1 else "",
            edged=ends[k] - starts[k] >= _EDGED / 100,
            leader=_leader(angle, *labels[k]),
            x=labels[k][0],
            y=labels[k][1],
            name=_short(choices[k].label),
        )
        for k, angle in angles.items()
    ]


def _labels(angles: dict[int, float]) -> dict[int, tuple[float, float]]:
    """Place the labels of slices whose middles are at some angles, clockwise from the top."""
    places: dict[int, tuple[float, float]] = {}
    for side, clockwise in ((1, list(angles)), (-1, list(reversed(angles)))):
        own = [k for k in clockwise if (angles[k] <= pi) == (side > 0)]
        heights = spread([-_RADIUS * cos(angles[k]) for k in own], _LINE)
        places |= {k: (side * (_RADIUS + 32), y) for k, y in zip(own, heights, strict=True)}
    return places


def _outline(start: float, end: float) -> str:
    """Draw a slice between two parts of the whole turn, clockwise from the top."""
    (x, y), (to_x, to_y) = ((_RADIUS * sin(2 * pi * at), -_RADIUS * cos(2 * pi * at)) for at in (start, end))
    large = int(end - start > 0.5)
    return f"M0 0L{x:.2f} {y:.2f}A{_RADIUS:g} {_RADIUS:g} 0 {large} 1 {to_x:.2f} {to_y:.2f}Z"


def _leader(angle: float, x: float, y: float) -> str:
    edge, out = _RADIUS - 2, _RADIUS + 8
    points = [(edge * sin(angle), -edge * cos(angle)), (out * sin(angle), -out * cos(angle)), (x * 0.97, y)]
    return " ".join(f"{a:.1f},{b:.1f}" for a, b in points)


def _short(label: str) -> str:
    """Return a label if it has room beside a pie, else nothing: the legend names it anyway."""
    columns = sum(2 if east_asian_width(char) in "FWA" else 1 for char in label)
    return label if columns <= _COLUMNS else ""


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
