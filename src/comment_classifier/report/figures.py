"""The figures of a report, computed once from the counts and shown by page, workbook and charts."""

from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from comment_classifier.counting import bars
from comment_classifier.duplicates import largest_groups
from comment_classifier.results import QuestionResult

_QUOTED = 24  # characters


@dataclass(frozen=True)
class Bar:
    """One bar: a category, its mentions, their share of the answers in percent.

    ``low`` and ``high`` are the ends of the 95 % interval, None without a random sample.
    """

    category: str
    label: str
    count: int
    share: float
    distinct: int = 0
    low: int | None = None
    high: int | None = None

    @property
    def interval(self) -> str:
        """The interval in words, blank if there is none."""
        return "" if self.low is None else f"{self.low:,}～{self.high:,}"


@dataclass(frozen=True)
class Figures:
    """What is shown of one question.

    ``base`` says who was asked; ``base_n`` is the number of answers, ``none_n`` of rows without
    one, ``review_n`` of answers that a person should look at, ``read_n`` and ``random_n`` of comments
    that a person has read, and of those the random sample, ``distinct_n`` of different texts among the
    answers, ``copies`` the wordings that came most often. ``bars`` are in the order of the chart.
    """

    question: str
    title: str
    text: str
    base: str
    base_n: int
    none_n: int
    review_n: int
    read_n: int
    random_n: int
    distinct_n: int
    copies: tuple[tuple[str, int], ...]
    hand_only: tuple[str, ...]
    doubtful: tuple[str, ...]
    bars: tuple[Bar, ...]

    @property
    def base_line(self) -> str:
        """Who was asked, how many answered, and the unit."""
        who = f"対象：{self.base}　" if self.base else ""
        return f"{who}回答数 n＝{self.base_n:,}(空欄・記載なし {self.none_n:,} 件を除く)　単位：件"

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said beside every chart."""
        said = ["一つの回答を複数の区分に数えるため、合計は回答数と一致しない。"]
        if self.random_n:
            said.append(
                f"無作為に選んだ {self.random_n:,} 件を人が読み、残りを推定した件数。線は 95% 区間"
                f"(このファイルの真の件数が入る範囲)。読んだ回答は計 {self.read_n:,} 件。"
            )
        elif self.read_n:
            said.append(f"人が読んだ {self.read_n:,} 件のほかは機械による分類(未確認)。区間は示せない。")
        else:
            said.append(
                f"件数は機械による分類(未確認)。うち {self.review_n:,} 件は判断に迷った回答(要確認)。"
            )
        if self.copies:
            quoted = "、".join(f"「{_shortened(text)}」{n:,} 件" for text, n in self.copies)
            said.append(f"異なる文面は {self.distinct_n:,} 件。同じ文面の多いもの：{quoted}。")
        if self.hand_only:
            said.append(f"{'、'.join(self.hand_only)}は例が少なく機械は判断しない。人が数えた分のみ。")
        if self.doubtful:
            said.append(f"{'、'.join(self.doubtful)}は二通りの推定が食い違う。さらに読むことを勧める。")
        return tuple(said)


def question_figures(result: QuestionResult) -> Figures:
    """Gather the figures of a question."""
    book, counts = result.asked.codebook, result.counts
    shown = bars(counts, book)
    none = result.coded[book.none].to_numpy(bool)
    answered = result.groups[~none]
    text = next((q.text for q in book.questions if q.id == result.asked.question), "")
    return Figures(
        question=result.asked.question,
        title=result.asked.title,
        text=text or result.asked.column,
        base=result.asked.base,
        base_n=counts.attrs["base_n"],
        none_n=int(counts.loc[book.none, "count"]),
        review_n=int(result.coded["review"].sum()),
        read_n=counts.attrs["read_n"],
        random_n=counts.attrs["random_n"],
        distinct_n=len(set(answered[answered >= 0].tolist())),
        copies=tuple(largest_groups(result.coded["text"].tolist(), np.where(none, -1, result.groups))),
        hand_only=tuple(map(book.label, counts.attrs["hand_only"])),
        doubtful=tuple(map(book.label, counts.attrs["doubtful"])),
        bars=tuple(_bar(row) for row in shown.itertuples(name=None)),
    )


def _bar(row: tuple[Any, ...]) -> Bar:
    category, label, count, share, low, high, _, distinct = row
    bounds = [None if pd.isna(bound) else int(bound) for bound in (low, high)]
    return Bar(str(category), label, int(count), float(share), int(distinct), *bounds)


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else f"{line[:_QUOTED]}…"
