"""The letters of a chart: which of them its font has, how long a text is, where it breaks and stands."""

import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from math import inf
from pathlib import Path
from typing import Any

from comment_classifier.cells import excel_text

# What a line is not broken in: a number with its unit; and brackets stay with what they hold.
_PIECE = re.compile(r"[「(（]*(?:[0-9A-Za-z.,+=-]+(?: ?[%件人分])?|.)[、。」)）～]*", re.DOTALL)


def broken(text: str, size: float, width: float) -> list[str]:
    """Break a text, as it can be drawn, into lines of at most a width in inches."""
    lines = [""]
    for piece in _PIECE.findall(printable(" ".join(text.splitlines()))):
        # A piece longer than a line is cut anywhere.
        for part in [piece] if inches(piece, size) <= width else piece:
            if lines[-1] and inches(lines[-1] + part, size) > width:
                lines.append("")
            lines[-1] += part
    return [line.strip() for line in lines]


def inches(text: str, size: float) -> float:
    """Return how long a text is in letters of a size in points."""
    return sum(map(_ems, printable(text))) * size / 72


def printable(text: str) -> str:
    """Return a text as the charts can draw it: 〓 for a letter that the font lacks."""
    composed = unicodedata.normalize("NFC", excel_text(text))
    shown = (char for char in composed if unicodedata.category(char) not in ("Cf", "Mn", "Cc"))
    return "".join(char if ord(char) in _letters() or char.isspace() else "〓" for char in shown)


def japanese_font() -> str:
    """Return the name of the font, made known to matplotlib."""
    from matplotlib import font_manager

    file = _font_file()
    font_manager.fontManager.addfont(str(file))
    return str(font_manager.FontProperties(fname=str(file)).get_name())


def spread(wanted: Sequence[float], gap: float, low: float = -inf, high: float = inf) -> list[float]:
    """Move ascending positions apart to at least a gap, as little as that takes, and within low..high."""
    blocks: list[tuple[float, int]] = []  # positions less their gaps that have come to one, and how many
    for k, position in enumerate(wanted):
        value, n = position - k * gap, 1
        while blocks and blocks[-1][0] >= value:
            before, m = blocks.pop()
            value, n = (before * m + value * n) / (m + n), m + n
        blocks.append((value, n))
    last = high - gap * (len(wanted) - 1)
    values = [max(low, min(value, last)) for value, n in blocks for _ in range(n)]
    return [value + k * gap for k, value in enumerate(values)]


@lru_cache(maxsize=4096)
def _ems(letter: str) -> float:
    """Return how far a letter moves the pen, in the size of the letters."""
    font = _font()
    font.set_size(100, 72)
    return float(font.load_char(ord(letter)).linearHoriAdvance) / 65536 / 100


@lru_cache(maxsize=1)
def _letters() -> frozenset[int]:
    return frozenset(_font().get_charmap())


def _font() -> Any:
    from matplotlib.font_manager import get_font

    return get_font(str(_font_file()))


@lru_cache(maxsize=1)
def _font_file() -> Path:
    # The font comes with a package, so that charts look the same on every machine; importing
    # that package would change matplotlib's settings for the caller, so only its file is used.
    from importlib.util import find_spec

    spec = find_spec("matplotlib_fontja")
    assert spec is not None and spec.origin is not None
    return next(Path(spec.origin).parent.rglob("ipaexg.ttf"))
