"""The colours of a report, the same in page, charts, workbook and slides; which of them choices take."""

from comment_classifier.report.figures import ClosedFigures

BAR = "#2F6F9F"
UNDER_LINE = "#9CC3E0"  # a bar on which the line of its interval is seen
FEW = "#BFD7E8"  # a bar of few answers
OTHER = "#9AA5AD"  # 「その他」, all answers, the earlier wave
HEAD = "#E3ECF2"  # of a table
INK = "#222222"
FAINT = "#57606A"

# One hue from dark to light, the lightness (CIELAB) 22, 31, ... 88: also on a grey printer no two are alike.
_SHADES = ("#11384F", "#214E6A", "#346585", "#4B7DA0", "#6495BA", "#80AED2", "#9FC7E8", "#BFE1FE")
_DARK = 4  # of them take white letters


def drawn_as(figures: ClosedFigures) -> str:
    """Return ``band``, ``pie`` or ``bar``: bars where there are more choices than shades, or no answer."""
    return figures.chart if figures.base_n and len(figures.choices) <= len(_SHADES) else "bar"


def shades(n: int) -> list[tuple[str, str]]:
    """Return the colours of n choices, at most eight, from dark to light, each with that of letters on it."""
    first, last = max(0, _DARK - n), len(_SHADES) - 1
    places = [first + i * (last - first) / max(1, n - 1) for i in range(n)]
    return [(_shade(place), "#FFFFFF" if place < _DARK - 0.5 else INK) for place in places]


def _shade(place: float) -> str:
    """Return the colour at a place, between two shades too, so that the steps are even for every n."""
    below = min(int(place), len(_SHADES) - 2)
    pairs = zip(*(bytes.fromhex(shade[1:]) for shade in _SHADES[below : below + 2]), strict=True)
    return "#" + "".join(f"{round(one + (two - one) * (place - below)):02X}" for one, two in pairs)
