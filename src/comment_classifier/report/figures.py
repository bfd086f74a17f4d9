"""The figures of a report, computed once from the counts and shown by page, workbook and charts."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any

import pandas as pd

from comment_classifier.closed import Reach
from comment_classifier.counting import FEWEST_READ, bars
from comment_classifier.estimates import SURVEYED, Estimated
from comment_classifier.report.reading import (
    printed,
    reading_of_change,
    reading_of_counts,
    reading_of_shares,
    reading_of_times,
)
from comment_classifier.results import ClosedResult, QuestionResult, SurveyResult
from comment_classifier.rounding import percent
from comment_classifier.survey import SurveyQuestion
from comment_classifier.typical import LONGEST, SHORTEST

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
    def ends(self) -> tuple[int, int] | None:
        """The ends of the interval, None if there is none."""
        return None if self.low is None or self.high is None else (self.low, self.high)

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
    ``asked_n`` is the number of respondents who were asked and ``outside_n`` of answers of others, None
    where the survey does not tell. ``sentence`` is what the figures say. ``quotes`` are typical comments by
    category, ``times`` the time saved, None unless the survey asks for it.
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
    asked_n: int | None = None
    outside_n: int = 0
    sentence: str = ""
    quotes: "dict[str, tuple[Quote, ...]]" = field(default_factory=dict)
    times: "TimeFigures | None" = None

    @property
    def base_line(self) -> str:
        """Who was asked, how many answered, and the unit."""
        asked = "" if self.asked_n is None else f" {self.asked_n:,} 人"
        who = f"対象：{self.base}{asked}　" if self.base or asked else ""
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
        if self.outside_n:
            said.append(f"対象でない回答者の回答 {self.outside_n:,} 件を含む。")
        if self.copies:
            quoted = "、".join(f"「{_shortened(text)}」{n:,} 件" for text, n in self.copies)
            said.append(f"異なる文面は {self.distinct_n:,} 件。同じ文面の多いもの：{quoted}。")
        if self.hand_only:
            said.append(f"{'、'.join(self.hand_only)}は例が少なく機械は判断しない。人が数えた分のみ。")
        if self.doubtful:
            said.append(f"{'、'.join(self.doubtful)}は二通りの推定が食い違う。さらに読むことを勧める。")
        return tuple(said)


@dataclass(frozen=True)
class Quote:
    """A comment as it is quoted: who wrote it, and the text."""

    row: str
    text: str


@dataclass(frozen=True)
class Choice:
    """One choice: respondents, their share in percent of those who answered, and its 95 % interval."""

    label: str
    count: int
    share: float
    low: float
    high: float


@dataclass(frozen=True)
class ClosedFigures:
    """What is shown of a closed question.

    ``base`` says who was asked; ``asked_n`` is how many that were, ``base_n`` how many of them answered,
    ``outside_n`` how many others did, who are left out. ``chart`` is ``band``, ``pie`` or ``bar``;
    ``choices`` are in the order of the survey. ``sentence`` is what the figures say.
    """

    question: str
    title: str
    text: str
    base: str
    asked_n: int
    base_n: int
    outside_n: int
    several: bool
    chart: str
    choices: tuple[Choice, ...]
    sentence: str

    @property
    def base_line(self) -> str:
        """Who was asked, how many answered, and the unit."""
        missing = f"(無回答 {self.asked_n - self.base_n:,} 人を除く)" if self.asked_n > self.base_n else ""
        return f"対象：{self.base} {self.asked_n:,} 人　回答 n＝{self.base_n:,}{missing}　単位：%"

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said beside the chart."""
        said = []
        if self.several:
            said.append("複数回答。割合は回答した人に対するもので、合計は 100 % を超えることがある。")
        elif self.base_n and (total := sum(round(10 * choice.share) for choice in self.choices)) != 1000:
            said.append(f"割合は小数第2位を四捨五入したため、合計は {total / 10:.1f} % になる。")
        if self.outside_n:
            said.append(f"対象でない回答者の回答 {self.outside_n:,} 件は除いた。")
        return tuple(said)


@dataclass(frozen=True)
class TimeRow:
    """The time saved that the comments of one category name, in minutes; None where none does."""

    label: str
    comments: int
    with_time: int
    with_day: int
    median_day: float | None
    total_day: float | None
    with_case: int
    median_case: float | None


@dataclass(frozen=True)
class TimeFigures:
    """The time saved by category; the last row is of all comments."""

    sentence: str
    rows: tuple[TimeRow, ...]
    notes: tuple[str, ...] = (
        "時間は回答の文章から機械が読み取ったもの(未確認)。1日あたりの分は勤務時間で換算"
        "(1日7時間45分、週5日、月20日、年240日)。幅のある時間は中央で数える。",
        "一つの回答を複数の区分に数えるため、区分の合計は全体と一致しない。",
    )


@dataclass(frozen=True)
class FactorRow:
    """One factor of an estimate as it is printed; ``sign`` stands before it."""

    sign: str
    label: str
    value: str
    interval: str
    unit: str
    source: str


@dataclass(frozen=True)
class EstimateFigures:
    """An estimate with every assumption. ``value`` is rounded to the declared step, ``exact`` is not."""

    title: str
    value: str
    exact: str
    interval: str
    factors: tuple[FactorRow, ...]
    notes: tuple[str, ...]


def question_figures(asked: SurveyQuestion, counts: pd.DataFrame, reach: Reach | None = None) -> Figures:
    """Gather the figures of a free-text question from its counts, and whom it was asked if that is known."""
    book, base_n = asked.codebook, counts.attrs["base_n"]
    none_n = int(counts.loc[book.none, "count"])
    if reach:  # who was not asked has not left the question blank
        none_n = max(0, reach.asked - (base_n - reach.outside))
    shown = tuple(_bar(row, base_n) for row in bars(counts, book).itertuples(name=None))
    text = next((q.text for q in book.questions if q.id == asked.question), "")
    named = [(bar.label, bar.count, bar.share, bar.ends) for bar in shown[:-1]]
    return Figures(
        question=asked.question,
        title=asked.title,
        text=text or asked.column,
        base=asked.base,
        base_n=base_n,
        none_n=none_n,
        review_n=counts.attrs["review_n"],
        read_n=counts.attrs["read_n"],
        random_n=counts.attrs["random_n"],
        distinct_n=counts.attrs["distinct_n"],
        copies=tuple(counts.attrs["copies"]),
        hand_only=tuple(map(book.label, counts.attrs["hand_only"])),
        doubtful=tuple(map(book.label, counts.attrs["doubtful"])),
        bars=shown,
        asked_n=reach.asked if reach else None,
        outside_n=reach.outside if reach else 0,
        sentence=reading_of_counts(named, base_n, counts.attrs["random_n"] > 0),
    )


@dataclass(frozen=True)
class SurveyFigures:
    """What is shown of a survey of n respondents, of whom the answers of ``shown_n`` are listed.

    ``questions`` are as the survey asks them, free-text and closed; ``estimates`` follow.
    """

    title: str
    n: int
    shown_n: int
    questions: "tuple[Figures | ClosedFigures, ...]"
    estimates: "tuple[EstimateFigures, ...]"


def survey_figures(result: SurveyResult, names: Sequence[str]) -> SurveyFigures:
    """Gather the figures of a survey; ``names`` are those of the respondents that are shown."""
    questions = tuple(
        result_figures(its, names) if isinstance(its, QuestionResult) else closed_figures(its)
        for its in result.in_order
    )
    estimates = tuple(map(estimate_figures, result.estimates))
    return SurveyFigures(result.survey.title, result.n, len(names), questions, estimates)


def free_figures(figures: SurveyFigures) -> list[Figures]:
    """Return the figures of the free-text questions, as the survey asks them."""
    return [its for its in figures.questions if isinstance(its, Figures)]


def row_names(table: pd.DataFrame, id_column: str) -> list[str]:
    """Name the respondents of a table: by the column of their ids, else by their rows."""
    if id_column and id_column in table.columns:
        return [str(name) for name in table[id_column]]
    return [f"{number + 1} 行目" for number in table.index]


def result_figures(result: QuestionResult, names: Sequence[str]) -> Figures:
    """Gather all figures of a free-text question: its counts, whom it was asked, quotes, time saved.

    Args:
        result: its coding and counts.
        names: of the respondents that are shown, in the order of the comments shown.

    """
    quotes = {
        category: tuple(Quote(names[row], result.shown.at[row, "text"]) for row in rows)
        for category, rows in result.typical.items()
    }
    return replace(
        question_figures(result.asked, result.counts, result.reach),
        quotes=quotes,
        times=None if result.savings is None else _time_figures(result.savings, result.asked.base),
    )


QUOTES_NOTE = (
    f"代表的な回答は、要確認でない {SHORTEST}～{LONGEST} 字の回答のうち、個人を示す語が見つからず、"
    "同じ文面でないもの(300 件まで)から、その区分だけに当てはまる回答を先に、その区分の中心に近い順に選んだ"
    "(互いに似たものは除く)。公表の前に人が読んで確かめること。"
)


def closed_figures(result: ClosedResult) -> ClosedFigures:
    """Gather the figures of a closed question."""
    asked, table = result.asked, result.table
    choices = tuple(
        Choice(str(label), int(row["count"]), row["share"], row["low"], row["high"])
        for label, row in table.iterrows()
    )
    base_n = int(table.attrs["base_n"])
    return ClosedFigures(
        question=asked.question,
        title=asked.title,
        text=asked.columns[0] if len(asked.columns) == 1 else asked.title,
        base=asked.base,
        asked_n=int(table.attrs["asked_n"]),
        base_n=base_n,
        outside_n=int(table.attrs["outside_n"]),
        several=asked.several,
        chart=asked.chart,
        choices=choices,
        sentence=reading_of_shares([(c.label, c.count, c.share) for c in choices], base_n, asked.several),
    )


def estimate_figures(its: Estimated) -> EstimateFigures:
    """Gather the figures of an estimate."""
    unit, known, digits = its.estimate.unit, pd.notna(its.value), _digits_of(its.estimate.about)
    ends = [printed(end, digits) for end in (its.low, its.high)]
    interval = f"{'～'.join(ends)} {unit}" if known and pd.notna(its.low) else ""
    surveyed = (its.factors["kind"] == SURVEYED).any()
    notes = ["各項の積による試算。前提が変われば値も変わる。"]
    if interval:
        how = "調査による項は回答者を無作為標本とみた 95% 区間" if surveyed else ""
        ranges = its.factors.loc[its.factors["kind"] != SURVEYED, "low"].notna().any()
        assumed = "前提の項は示した下限と上限" if ranges else ""
        notes.append(f"幅は、{'、'.join(filter(None, (how, assumed)))}による。")
    elif known and surveyed:
        notes.append("回答が少ない項があり、幅は示せない。")
    return EstimateFigures(
        title=its.estimate.title,
        value=f"約 {printed(its.about, digits)} {unit}" if known else f"算出できない({_lacking(its)})",
        exact=f"{printed(its.value, digits)} {unit}" if known else "",
        interval=interval,
        factors=tuple(_factor_row(number, row) for number, row in enumerate(its.factors.to_dict("records"))),
        notes=tuple(notes),
    )


def _digits_of(step: float) -> int:
    """Return the decimals that a number rounded to a step has."""
    exponent = Decimal(repr(float(step))).normalize().as_tuple().exponent
    return max(0, -int(exponent))


def _lacking(its: Estimated) -> str:
    unknown = its.factors.loc[its.factors["value"].isna(), "label"].tolist()
    zero = its.factors.loc[its.factors["divide"] & (its.factors["value"] == 0), "label"].tolist()
    return f"{unknown[0]}：回答がない" if unknown else f"{zero[0]}：0 では割れない"


def _factor_row(number: int, row: dict[Any, Any]) -> FactorRow:
    as_share = row["kind"] == SURVEYED and not row["unit"]

    def shown(value: float) -> str:
        return f"{printed(100 * value, 1)} %" if as_share else f"{value:,.10g}"

    ranged = pd.notna(row["low"])
    return FactorRow(
        sign=("÷" if row["divide"] else "×") if number or row["divide"] else "",
        label=row["label"],
        value="–" if pd.isna(row["value"]) else shown(row["value"]),
        interval=f"{shown(row['low'])}～{shown(row['high'])}" if ranged else "",
        unit=row["unit"],
        source=row["source"],
    )


def _time_figures(savings: pd.DataFrame, base: str) -> TimeFigures:
    rows = tuple(
        TimeRow(
            label=row["label"] or "全体",
            comments=int(row["comments"]),
            with_time=int(row["with_time"]),
            with_day=int(row["with_day"]),
            median_day=_or_none(row["median_day"]),
            total_day=_or_none(row["total_day"]) if row["with_day"] else None,
            with_case=int(row["with_case"]),
            median_case=_or_none(row["median_case"]),
        )
        for row in savings.to_dict("records")
    )
    all_ = rows[-1]
    sentence = reading_of_times(base, all_.comments, all_.with_time, all_.with_day, all_.median_day or 0.0)
    return TimeFigures(sentence, tuple(row for row in rows if row.with_time or row is all_))


def _or_none(value: float) -> float | None:
    return None if pd.isna(value) else float(value)


def _bar(row: tuple[Any, ...], base_n: int) -> Bar:
    category, label, count, _, low, high, read, distinct = row
    return Bar(
        category=str(category),
        label=label,
        count=int(count),
        share=percent(int(count), base_n),
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
    answered, and the unit; ``tested`` whether differences have an interval; ``sentences`` what changed.
    """

    question: str
    title: str
    names: tuple[str, str]
    base_line: str
    tested: bool
    notes: tuple[str, ...]
    pairs: tuple[Pair, ...]
    sentences: tuple[str, ...] = ()


def comparison_figures(question: str, frame: pd.DataFrame) -> ComparisonFigures:
    """Gather the figures of a question in two waves, or in one beside published figures."""
    said = frame.attrs
    tested = "reference" not in said
    bases = " → ".join(dict.fromkeys(filter(None, said["bases"])))
    who = f"対象：{bases}　" if bases else ""
    if tested:
        names = ("前の回", "今の回")
        n = f"回答数 前の回 n＝{said['first_n']:,}、今の回 n＝{said['second_n']:,}"
        base_line = f"{who}{n}　単位：回答数に対する %"
    else:
        names = (f"{said['reference']}の公表値", "今の回")
        base_line = f"{who}単位：全言及に占める %"
    pairs = tuple(_pair(row, tested) for row in frame.to_dict("records"))
    notes = _closed_notes(len(pairs)) if said.get("closed") else _tested_notes(said) if tested else None
    return ComparisonFigures(
        question=question,
        title=said["title"],
        names=names,
        base_line=base_line,
        tested=tested,
        notes=_published_notes(said) if notes is None else notes,
        pairs=pairs,
        sentences=_changes(pairs, bool(said.get("closed"))) if tested else (),
    )


def _changes(pairs: Sequence[Pair], closed: bool) -> tuple[str, ...]:
    """Say of each category whether it changed; of a closed question's first choice also that it did not.

    Of two choices the second says nothing new.
    """
    said = []
    for number, pair in enumerate(pairs):
        wanted = number == 0 if closed and len(pairs) == 2 else pair.changed or (closed and number == 0)
        if wanted and pair.difference is not None and pair.low is not None and pair.high is not None:
            figures = (pair.first or 0.0, pair.second, pair.difference, pair.low, pair.high)
            said.append(reading_of_change(pair.label, *figures))
    return tuple(said) or ("変わったといえる区分はない。",)


def _closed_notes(choices: int) -> tuple[str, ...]:
    looked = "" if choices == 2 else "(全選択肢を同時に見て 95%)"
    return (
        f"★ は、両方の回の回答者を無作為標本とみて、そのゆれを見込んでも変わったといえる選択肢{looked}。",
        "対象や設問の文言が前の回と異なるときは、その違いも差に含まれる。",
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
    distinct = None
    if "first_distinct" in row:
        distinct = (int(row["first_distinct"]), int(row["second_distinct"]))
    return Pair(
        label=row["label"],
        first=known["first"] or 0.0,
        second=second,
        distinct=distinct,
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
