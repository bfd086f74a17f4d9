"""The figures of a report, computed once from the counts and shown by page, workbook and charts."""

from dataclasses import dataclass

from comment_classifier.counting import bars
from comment_classifier.results import QuestionResult


@dataclass(frozen=True)
class Bar:
    """One bar: a category, its mentions, and their share of the answers in percent."""

    category: str
    label: str
    count: int
    share: float


@dataclass(frozen=True)
class Figures:
    """What is shown of one question.

    ``base`` says who was asked; ``base_n`` is the number of answers, ``none_n`` of rows without
    one, ``review_n`` of answers that a person should look at. ``bars`` are in the order of the chart.
    """

    question: str
    title: str
    text: str
    base: str
    base_n: int
    none_n: int
    review_n: int
    bars: tuple[Bar, ...]

    @property
    def base_line(self) -> str:
        """Who was asked, how many answered, and the unit."""
        who = f"対象：{self.base}　" if self.base else ""
        return f"{who}回答数 n＝{self.base_n:,}(空欄・記載なし {self.none_n:,} 件を除く)　単位：件"

    @property
    def notes(self) -> tuple[str, ...]:
        """What has to be said beside every chart."""
        return (
            "一つの回答を複数の区分に数えるため、合計は回答数と一致しない。",
            f"件数は機械による分類(未確認)。うち {self.review_n:,} 件は判断に迷った回答(要確認)。",
        )


def question_figures(result: QuestionResult) -> Figures:
    """Gather the figures of a question."""
    book, counts = result.asked.codebook, result.counts
    shown = bars(counts, book)
    text = next((q.text for q in book.questions if q.id == result.asked.question), "")
    return Figures(
        question=result.asked.question,
        title=result.asked.title,
        text=text or result.asked.column,
        base=result.asked.base,
        base_n=counts.attrs["base_n"],
        none_n=int(counts.loc[book.none, "count"]),
        review_n=int(result.coded["review"].sum()),
        bars=tuple(
            Bar(str(category), label, int(count), float(share))
            for category, label, count, share in zip(
                shown.index, shown["label"], shown["count"], shown["share"], strict=True
            )
        ),
    )
