"""What stands on every slide: its title, what is said below it, and the notes at its foot."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

from pptx.enum.shapes import MSO_SHAPE, PP_PLACEHOLDER
from pptx.oxml.ns import qn
from pptx.util import Pt

from comment_classifier.report.colours import BAR, FAINT, INK
from comment_classifier.report.figures import Figures, SurveyFigures, free_figures
from comment_classifier.report.slides.layout import (
    BOTTOM,
    INNER,
    MARGIN,
    SMALLEST,
    TOP,
    element,
    fill,
    height_of,
    lines_of,
    one_line,
    set_text,
)

_NOT_READ_OUT = (  # a shape that is decoration
    "<a:extLst><a:ext uri='{C183D7F6-B498-43B3-948B-1728B52AA6E4}'><adec:decorative xmlns:adec="
    "'http://schemas.microsoft.com/office/drawing/2017/decorative' val='1'/></a:ext></a:extLst>"
)


@dataclass(frozen=True)
class Said:
    """A text over the width of a slide: the sizes it may have, the larger first."""

    text: str
    sizes: tuple[int, ...]
    colour: str = INK
    bold: bool = False

    @property
    def size(self) -> int:
        """The first size at which it takes no more than two lines, else the last."""
        return next((size for size in self.sizes if lines_of(self.text, INNER, size) <= 2), self.sizes[-1])

    @property
    def height(self) -> float:
        """How high it will be."""
        return height_of(self.text, INNER, self.size)


@dataclass(frozen=True)
class Page:
    """What a slide says above and below what it shows; ``asked`` is the question in full, for the speaker."""

    title: str
    said: tuple[Said, ...]
    notes: tuple[str, ...]
    asked: str = ""

    @property
    def heading(self) -> Said:
        """The title, with room for a number behind it."""
        return Said(f"{self.title}(10/10)", (24, 20, 18, 16), bold=True)

    @property
    def foot(self) -> Said:
        """The notes in small print."""
        return Said("\n".join(f"※ {one_line(note)}" for note in self.notes), (SMALLEST,), FAINT)

    @property
    def top(self) -> float:
        """Where what is said ends."""
        return TOP + self.heading.height + 14 + sum(said.height + 6 for said in self.said)

    @property
    def bottom(self) -> float:
        """Where the notes begin."""
        return BOTTOM - (self.foot.height if self.notes else 0) - 6

    @property
    def room(self) -> float:
        """How high what it shows may be."""
        return self.bottom - self.top


def add_slide(deck: Any, page: Page, number: int = 1, of: int = 1) -> Any:
    """Add a slide that says what a page does, and shows nothing yet.

    Args:
        deck: the presentation.
        page: what is said.
        number: of the slide, among those that show the same.
        of: how many these are.

    """
    slide = deck.slides.add_slide(deck.slide_layouts[5])
    _add_number(slide)
    heading, title = page.heading, slide.shapes.title
    title.left, title.top, title.width, title.height = map(Pt, (MARGIN, TOP, INNER, heading.height))
    shown = page.title if of == 1 else f"{page.title}({number}/{of})"
    set_text(title.text_frame, shown, heading.size, bold=True)
    _add_rule(slide, TOP + heading.height + 4)
    top = TOP + heading.height + 14
    for said in page.said:
        _add_text(slide, top, said)
        top += said.height + 6
    if page.notes:
        _add_text(slide, BOTTOM - page.foot.height, page.foot)
    asked = [f"設問：{page.asked}"] if page.asked else []
    _add_speaker_notes(slide, [*asked, *page.notes])
    return slide


def title_slide(deck: Any, figures: SurveyFigures) -> None:
    """Add the first slide: the survey, its respondents, and how sure the counts are."""
    slide = deck.slides.add_slide(deck.slide_layouts[0])
    title, below = slide.placeholders
    said = Said(figures.title, (40, 32, 28, 24, 20), bold=True)
    top = max(TOP, 250 - said.height)
    title.left, title.top, title.width, title.height = map(Pt, (MARGIN, top, INNER, said.height))
    set_text(title.text_frame, said.text, said.size, bold=True)
    top += said.height
    _add_rule(slide, top + 14)
    below.left, below.top, below.width, below.height = map(Pt, (MARGIN, top + 28, INNER, 90))
    sure = _certainty(free_figures(figures))
    lines = [f"回答者 n＝{figures.n:,} 人", *sure]
    set_text(below.text_frame, "\n".join(lines), 20, colour=FAINT)
    _add_speaker_notes(slide, sure)


def _certainty(free: Sequence[Figures]) -> list[str]:
    """Say how sure the counts of all free-text questions are, if there are any."""
    if not free:
        return []
    if all(shown.random_n for shown in free):
        return ["自由記述の件数は、無作為に選んだ回答を人が読み、残りを推定したもの"]
    if any(shown.read_n for shown in free):
        return ["自由記述の件数は機械による分類(未確認)を含む(設問ごとの注を参照)"]
    return ["自由記述の件数は機械による分類(未確認)"]


def _add_number(slide: Any) -> None:
    """Show the number of the slide, by the placeholder of its layout."""
    for place in slide.slide_layout.placeholders:
        if place.placeholder_format.type == PP_PLACEHOLDER.SLIDE_NUMBER:
            slide.shapes._spTree.append(deepcopy(place._element))


def _add_text(slide: Any, top: float, said: Said) -> None:
    box = slide.shapes.add_textbox(*map(Pt, (MARGIN, top, INNER, said.height)))
    set_text(box.text_frame, said.text, said.size, bold=said.bold, colour=said.colour)


def _add_rule(slide: Any, top: float) -> None:
    rule = slide.shapes.add_shape(MSO_SHAPE.RECTANGLE, *map(Pt, (MARGIN, top, INNER, 1.5)))
    fill(rule, BAR)
    rule.line.fill.background()
    rule._element.remove(rule._element.find(qn("p:style")))  # it has a shadow
    rule._element.nvSpPr.cNvPr.append(element(_NOT_READ_OUT))


def _add_speaker_notes(slide: Any, lines: Sequence[str]) -> None:
    if lines:
        set_text(slide.notes_slide.notes_text_frame, "\n".join(map(one_line, lines)), 12)
