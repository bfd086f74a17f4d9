"""Which comments of a question are shown: by category, attribute, score, reading, copies, words."""

from dataclasses import dataclass
from urllib.parse import urlencode

import numpy as np
from werkzeug.datastructures import MultiDict

from comment_classifier.review.wave import Wave


@dataclass(frozen=True)
class Filter:
    """What was asked for; blank means all.

    ``state`` is ``review`` (要確認), ``unread``, ``read`` or ``copies`` (texts that came more than once).
    """

    category: str = ""
    by: str = ""
    value: str = ""
    low: float = 0.0
    high: float = 1.0
    state: str = ""
    search: str = ""
    page: int = 1

    @classmethod
    def of(cls, asked: "MultiDict[str, str]") -> "Filter":
        """Read a filter from an address; what cannot be read is left out."""
        by, _, value = asked.get("attribute", "").partition("=")
        return cls(
            category=asked.get("category", ""),
            by=by,
            value=value,
            low=asked.get("low", 0.0, type=float),
            high=asked.get("high", 1.0, type=float),
            state=asked.get("state", ""),
            search=asked.get("search", "").strip(),
            page=max(1, asked.get("page", 1, type=int)),
        )

    def address(self, page: int) -> str:
        """Return the filter as the query of an address, at another page."""
        said = {
            "category": self.category,
            "attribute": f"{self.by}={self.value}" if self.by else "",
            "low": f"{self.low:g}" if self.low > 0 else "",
            "high": f"{self.high:g}" if self.high < 1 else "",
            "state": self.state,
            "search": self.search,
            "page": str(page),
        }
        return urlencode({name: value for name, value in said.items() if value})


def matching(wave: Wave, question: str, wanted: Filter) -> list[int]:
    """Return the rows that a filter lets through, in the order of the file, blank comments left out."""
    asked = wave.asked[question]
    coded = asked.coded
    inside = asked.groups >= 0
    if wanted.category in asked.book.ids:
        inside &= coded[wanted.category].to_numpy(bool)
        scores = coded[f"score_{wanted.category}"].to_numpy(float)
        inside &= (scores >= wanted.low) & (scores <= wanted.high)
    table = wave.run.input_table
    if wanted.by in table.columns:
        inside &= (table[wanted.by] == wanted.value).to_numpy(bool)
    if wanted.search:
        inside &= coded["text"].str.contains(wanted.search, case=False, regex=False).to_numpy(bool)
    if wanted.state == "review":
        inside &= coded["review"].to_numpy(bool)
    elif wanted.state == "copies":
        inside &= asked.copies > 1
    elif wanted.state in ("read", "unread"):
        read = np.zeros(len(coded), bool)
        read[[d.row for d in wave.decisions.latest(question)]] = True
        inside &= read if wanted.state == "read" else ~read
    rows: list[int] = np.flatnonzero(inside).tolist()
    return rows
