"""The report of the example survey beside the published one, figure by figure.

    python benchmarks/kumamoto.py [--write]

Classifies both example files, compares them, and prints every published figure beside the one of the
example survey. ``--write`` puts the tables into docs/kumamoto_2024.md.
"""

import argparse
import re
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import comment_classifier as cc
from comment_classifier.batch import classify_file
from comment_classifier.comparison import compare_runs
from comment_classifier.report.figures import (
    ClosedFigures,
    EstimateFigures,
    Figures,
    SurveyFigures,
    comparison_figures,
    survey_figures,
)
from comment_classifier.results import SurveyResult
from comment_classifier.rounding import half_up
from comment_classifier.toml_reader import parse_toml
from example_wave import EXAMPLES, ROOT, put_block

PUBLISHED = ROOT / "data" / "published"
DOCUMENT = ROOT / "docs" / "kumamoto_2024.md"
WAVES = ("kumamoto_2023_trial", "kumamoto_2024")


class Row(NamedTuple):
    """One published figure beside that of the example survey; ``true`` is what its labels say."""

    question: str
    title: str
    label: str
    unit: str
    published: float
    found: float
    true: float | None = None


def classified(wave: str, out: Path) -> SurveyResult:
    """Classify the example file of a wave."""
    name = parse_toml(PUBLISHED / f"{wave}.toml")["survey"]
    return classify_file(EXAMPLES / f"{name}.csv", cc.load_survey(EXAMPLES / f"{name}.toml"), out)


def rows(wave: str, result: SurveyResult) -> Iterator[Row]:
    """Set every published figure of a wave beside that of the example survey, rounded as published."""
    said = parse_toml(PUBLISHED / f"{wave}.toml")
    figures = survey_figures(result, [str(n) for n in range(result.n)])
    for figure in said["figure"]:
        question, unit = figure["question"], figure["unit"]
        title, found = found_of(figures, question, unit)
        true = true_of(said["survey"], figures, question, unit)
        for label, published in figure["values"].items():
            value = half_up(found[label], figure.get("digits", 0))
            yield Row(question, title, label, unit, published, value, true[label] if true else None)


def found_of(figures: SurveyFigures, question: str, unit: str) -> tuple[str, dict[str, float]]:
    """Return the title and the figures of a question, or of an estimate, by label."""
    for its in figures.questions:
        if its.question == question and isinstance(its, ClosedFigures):
            return its.title, {choice.label: 100 * choice.count / its.base_n for choice in its.choices}
        if its.question == question and isinstance(its, Figures):
            return its.title, _of_comments(its, unit)
    (estimate,) = figures.estimates
    return estimate.title, {estimate.title: _number(estimate)}


def true_of(survey: str, figures: SurveyFigures, question: str, unit: str) -> dict[str, float] | None:
    """Return the true counts of a free-text question by label, or their ranks; None of any other figure."""
    shown = next((its for its in figures.questions if its.question == question), None)
    if not isinstance(shown, Figures) or unit == "分/日":
        return None
    truth = cc.read_table(EXAMPLES / f"{survey}_truth.csv")
    labels = truth.loc[truth["question"] == question, "labels"].str.split("|").explode().value_counts()
    counts = {bar.label: float(labels.get(bar.category, 0)) for bar in shown.bars[:-1]}
    return _ranks(counts) if unit == "順位" else counts


def _of_comments(shown: Figures, unit: str) -> dict[str, float]:
    if unit == "分/日":
        assert shown.times is not None
        return {row.label: row.median_day or float("nan") for row in shown.times.rows}
    counts = {bar.label: float(bar.count) for bar in shown.bars[:-1]}  # the last is no named category
    return _ranks(counts) if unit == "順位" else counts


def _ranks(counts: dict[str, float]) -> dict[str, float]:
    return {label: 1.0 + sum(n > its for n in counts.values()) for label, its in counts.items()}


def _number(estimate: EstimateFigures) -> float:
    return float(re.sub(r"[^\d.]", "", estimate.exact))


def table(found: list[Row]) -> str:
    """Lay the figures out as a Markdown table."""
    lines = ["| question | figure | unit | published | report | difference |", "|---|---|---|---:|---:|---:|"]
    for row in found:
        said = "" if row.true is None else f" (labels: {row.true:g})"
        difference = "" if row.found == row.published else f"{row.found - row.published:+g}"
        cells = (row.title, row.label, row.unit, f"{row.published:g}", f"{row.found:g}{said}", difference)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def changes(folder: Path) -> str:
    """Say what the comparison of the two waves says."""
    compared = compare_runs(folder / WAVES[0], folder / WAVES[1], folder / "compared")
    lines = []
    for question, frame in compared.items():
        shown = comparison_figures(question, frame)
        lines += [f"- {shown.title}：{' '.join(shown.sentences)}"]
    return "\n".join(lines)


def main() -> None:
    """Print the tables, and write them into the document if asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="put the tables into docs/kumamoto_2024.md")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        parts = {wave: table([*rows(wave, classified(wave, folder / wave))]) for wave in WAVES}
        parts["changes"] = changes(folder)
    print(*parts.values(), sep="\n\n")
    if options.write:
        for name, part in parts.items():
            put_block(DOCUMENT, name, part)


if __name__ == "__main__":
    main()
