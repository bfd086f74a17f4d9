"""The figures of a report, computed once from the counts and shown by page, workbook and charts."""

from dataclasses import dataclass
from typing import Any

import pandas as pd

from comment_classifier.counting import FEWEST_READ, bars
from comment_classifier.survey import SurveyQuestion

_QUOTED = 24  # characters


@dataclass(frozen=True)
class Bar:
    """One bar: a category, its mentions, their share of the answers in percent.

    ``low`` and ``high`` are the ends of the 95 % interval, None without a random sample; ``read`` is
    how many of the read comments state it, ``distinct`` how many different texts do.
    """

    category: str
    label: str
    count: int
    share: float
    distinct: int = 0
    low: int | None = None
    high: int | None = None
    read: int = 0

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
            said.append(
                f"人が読んだ {self.read_n:,} 件のほかは機械による分類(未確認)。区間は、無作為に "
                f"{FEWEST_READ} 件を読むと示せる。"
            )
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


def question_figures(asked: SurveyQuestion, counts: pd.DataFrame) -> Figures:
    """Gather the figures of a question from its counts."""
    book = asked.codebook
    shown = bars(counts, book)
    text = next((q.text for q in book.questions if q.id == asked.question), "")
    return Figures(
        question=asked.question,
        title=asked.title,
        text=text or asked.column,
        base=asked.base,
        base_n=counts.attrs["base_n"],
        none_n=int(counts.loc[book.none, "count"]),
        review_n=counts.attrs["review_n"],
        read_n=counts.attrs["read_n"],
        random_n=counts.attrs["random_n"],
        distinct_n=counts.attrs["distinct_n"],
        copies=tuple(counts.attrs["copies"]),
        hand_only=tuple(map(book.label, counts.attrs["hand_only"])),
        doubtful=tuple(map(book.label, counts.attrs["doubtful"])),
        bars=tuple(_bar(row) for row in shown.itertuples(name=None)),
    )


def _bar(row: tuple[Any, ...]) -> Bar:
    category, label, count, share, low, high, read, distinct = row
    return Bar(
        category=str(category),
        label=label,
        count=int(count),
        share=float(share),
        distinct=int(distinct),
        low=None if pd.isna(low) else int(low),
        high=None if pd.isna(high) else int(high),
        read=int(read),
    )


@dataclass(frozen=True)
class Pair:
    """A category in two waves: percent, and what lies between.

    ``first`` is None where only an order was published; ``difference``, ``low`` and ``high`` are points,
    None where no difference can be told.
    """

    label: str
    first: float | None
    second: float
    ranks: tuple[int, int] | None = None
    distinct: tuple[int, int] | None = None
    difference: float | None = None
    low: float | None = None
    high: float | None = None
    changed: bool = False

    @property
    def largest(self) -> float:
        """The longer of the two bars."""
        return max(self.first or 0.0, self.second)


@dataclass(frozen=True)
class ComparisonFigures:
    """What is shown of one question in two waves.

    ``names`` are those of the earlier and the later one; ``base_line`` says who was asked, how many
    answered, and the unit; ``tested`` whether differences have an interval.
    """

    question: str
    title: str
    names: tuple[str, str]
    base_line: str
    tested: bool
    notes: tuple[str, ...]
    pairs: tuple[Pair, ...]


def comparison_figures(question: str, frame: pd.DataFrame) -> ComparisonFigures:
    """Gather the figures of a question in two waves, or in one beside published figures."""
    said = frame.attrs
    tested = "reference" not in said
    who = f"対象：{said['base']}　" if said["base"] else ""
    if tested:
        names = ("前の回", "今の回")
        n = f"回答数 前の回 n＝{said['first_n']:,}、今の回 n＝{said['second_n']:,}"
        base_line = f"{who}{n}　単位：回答数に対する %"
    else:
        names = (f"{said['reference']}の公表値", "今の回")
        base_line = f"{who}単位：全言及に占める %"
    return ComparisonFigures(
        question=question,
        title=said["title"],
        names=names,
        base_line=base_line,
        tested=tested,
        notes=_tested_notes(said) if tested else _published_notes(said),
        pairs=tuple(_pair(row, tested) for row in frame.to_dict("records")),
    )


def _pair(row: dict[Any, Any], tested: bool) -> Pair:
    known = {
        name: None if pd.isna(row[name]) else float(row[name])
        for name in ("first", "second", "difference", "low", "high")
        if name in row
    }
    second = known["second"] or 0.0
    if not tested:
        ranks = (int(row["first_rank"]), int(row["second_rank"]))
        return Pair(row["label"], known["first"], second, ranks)
    return Pair(
        label=row["label"],
        first=known["first"] or 0.0,
        second=second,
        distinct=(int(row["first_distinct"]), int(row["second_distinct"])),
        difference=known["difference"],
        low=known["low"],
        high=known["high"],
        changed=bool(row["changed"]),
    )


def _tested_notes(said: dict[Any, Any]) -> tuple[str, ...]:
    read = [said["first_read"], said["second_read"]]
    notes = [
        "★ は、標本のゆれと機械の誤りを見込んでも変わったといえる区分(全区分を同時に見て 95%)。",
        "一つの回答を複数の区分に数える。",
    ]
    if all(read):
        notes.append(f"無作為に前の回 {read[0]:,} 件、今の回 {read[1]:,} 件を人が読み、残りを推定した割合。")
    else:
        waves = "、".join(name for name, n in zip(("前の回", "今の回"), read, strict=True) if not n)
        notes.append(
            f"{waves}は機械による分類(未確認)。差の区間は、機械の誤り方が学習時の書き手の間でのように"
            "しか変わらないとみたもの。確かめるには無作為に読む。"
        )
    shares = [
        f"{name} {u['share']:.1%}" for name, u in zip(("前の回", "今の回"), said["unknown"], strict=True)
    ]
    words = "、".join(said["unknown"][1]["words"]) or "なし"
    notes.append(f"機械が学習していない語の割合：{'、'.join(shares)}(今の回に多い語：{words})。")
    return tuple(notes)


def _published_notes(said: dict[Any, Any]) -> tuple[str, ...]:
    sure = "無作為に読んだ標本から推定した件数" if said["second_read"] else "機械による分類(未確認)"
    return (
        "公表値は回答数が示されていないため、全言及に占める割合で並べる。差の検定はできない。",
        f"一つの回答を複数の区分に数える。今の回の件数は{sure}。",
    )


def sample_note(shown: int, n: int) -> str:
    """Say that only some comments of a large file are shown."""
    return (
        f"回答の一覧は、全 {n:,} 行から無作為に選んだ {shown:,} 行です。件数はすべての行によるものです。"
        "すべての行は comments.csv(クラスターで分類したときは comments フォルダー)にあります。"
    )


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _QUOTED else f"{line[:_QUOTED]}…"
