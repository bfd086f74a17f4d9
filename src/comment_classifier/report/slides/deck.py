"""The presentation that slides are added to: its size, font and layouts, and its bytes."""

from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from pptx import Presentation
from pptx.opc.constants import RELATIONSHIP_TYPE
from pptx.opc.oxml import serialize_part_xml
from pptx.oxml import parse_xml
from pptx.oxml.ns import qn
from pptx.util import Pt

from comment_classifier.report.office import CREATED, FONT
from comment_classifier.report.slides.layout import BOTTOM, HEIGHT, INNER, MARGIN, TOP, WIDTH, one_line


def new_deck(title: str) -> Any:
    """Make a presentation of 16:9 in our font, with the layouts that staff add slides by."""
    deck: Any = Presentation()
    _widen(deck)
    _style_master(deck.slide_master)
    theme = deck.slide_master.part.part_related_by(RELATIONSHIP_TYPE.THEME)
    theme.blob = _with_our_font(theme.blob)
    package = deck.part.package
    for name, its in list(package._rels.items()):
        if its.reltype == RELATIONSHIP_TYPE.THUMBNAIL:  # of another presentation
            package.drop_rel(name)
    core = deck.core_properties
    core.title, core.author, core.last_modified_by, core.comments = one_line(title)[:255], "", "", ""
    core.created = core.modified = CREATED
    return deck


def packed(deck: Any) -> bytes:
    """Return a presentation as bytes that do not hold the time they were made at."""
    made, again = BytesIO(), BytesIO()
    deck.save(made)
    with ZipFile(made) as source, ZipFile(again, "w") as target:
        for name in source.namelist():
            entry = ZipInfo(name)  # of 1980
            entry.compress_type, entry.create_system = ZIP_DEFLATED, 0  # on every system
            target.writestr(entry, source.read(name))
    return again.getvalue()


def _widen(deck: Any) -> None:
    """Make the slides, and what stands on their layouts, as wide as ours."""
    wider = WIDTH * Pt(1) / deck.slide_width
    deck.slide_width, deck.slide_height = Pt(WIDTH), Pt(HEIGHT)
    for part in (deck.slide_master, *deck.slide_layouts):
        for place in part.shapes._spTree.xpath(".//a:xfrm/*[self::a:off or self::a:ext]"):
            for name in {"x", "cx"} & set(place.attrib):
                place.set(name, str(round(int(place.get(name)) * wider)))


def _style_master(master: Any) -> None:
    """Put titles at the top left, and the slide's number below what we write."""
    (style,) = master._element.xpath("./p:txStyles/p:titleStyle/a:lvl1pPr")
    style.set("algn", "l")
    style.find(qn("a:defRPr")).set("sz", "2400")
    title, number = master.placeholders[0], master.placeholders[4]
    title.left, title.top, title.width, title.height = map(Pt, (MARGIN, TOP, INNER, 40))
    below = (WIDTH - MARGIN - 60, BOTTOM + 2, 60, 24)
    number.left, number.top, number.width, number.height = map(Pt, below)


def _with_our_font(theme: bytes) -> bytes:
    root = parse_xml(theme)
    for face in (*root.iter(qn("a:majorFont")), *root.iter(qn("a:minorFont"))):
        for name in ("a:latin", "a:ea"):
            face.find(qn(name)).set("typeface", FONT)
    made: bytes = serialize_part_xml(root)
    return made
