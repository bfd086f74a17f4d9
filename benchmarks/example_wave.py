"""The example wave against its known truth: every bar, and the sum of absolute count errors.

    python benchmarks/example_wave.py [--write]

``--write`` puts the table into README.md. Last comes what 100 comments read at random make of the uses.
"""

import argparse
import re
from pathlib import Path

import pandas as pd

import comment_classifier as cc
from comment_classifier.sampling import draw_sample

ROOT = Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "data" / "examples"


def rows(question: str) -> list[tuple[str, int, int]]:
    """Label, true count and found count per category that the report counts."""
    survey = cc.load_survey(EXAMPLES / "staff_survey_2024.toml")
    asked = next(q for q in survey.questions if q.question == question)
    answers = cc.read_table(EXAMPLES / "staff_survey_2024.csv")[asked.column]
    counts = cc.count(cc.classify(answers, question=question), question=question)
    truth = cc.read_table(EXAMPLES / "staff_survey_2024_truth.csv")
    labels = truth.loc[truth["question"] == question, "labels"].str.split("|").explode().value_counts()
    reference = asked.codebook.reference(question)
    ids = (
        list(reference.values)
        if reference
        else [c.id for c in asked.codebook.categories if c.role == "named"]
    )
    return [(asked.codebook.label(i), int(labels.get(i, 0)), int(counts.loc[i, "count"])) for i in ids]


def markdown(question: str, title: str) -> str:
    """One question as a Markdown table."""
    table = rows(question)
    error = sum(abs(found - true) for _, true, found in table)
    total = sum(true for _, true, _ in table)
    lines = [f"| {title} | report | found | error |", "|---|---:|---:|---:|"]
    lines += [f"| {label} | {true} | {found} | {found - true:+d} |" for label, true, found in table]
    lines += [f"| sum of absolute errors | {total} | | {error} ({100 * error / total:.1f} %) |"]
    return "\n".join(lines)


def with_reading(question: str, n: int) -> str:
    """Return a question's counts with intervals when n comments are read, and the true counts."""
    survey = cc.load_survey(EXAMPLES / "staff_survey_2024.toml")
    asked = next(q for q in survey.questions if q.question == question)
    table = cc.read_table(EXAMPLES / "staff_survey_2024.csv")
    answers = table[asked.column]
    truth = cc.read_table(EXAMPLES / "staff_survey_2024_truth.csv")
    truth = truth[truth["question"] == question].set_index("回答ID")["labels"]
    rows = draw_sample(answers.tolist(), n, seed=0)
    labels = [tuple(truth[table["回答ID"][row]].split("|")) for row in rows]
    read = pd.DataFrame({"labels": pd.Series(labels, index=rows, dtype=object), "chosen": "random"})
    counts = cc.count(cc.classify(answers, question=question), question=question, read=read)
    true = truth.str.split("|").explode().value_counts()
    parts = [
        f"{row.label} {row.count_} ({row.low:.0f}～{row.high:.0f}; {true.get(row.Index, 0)})"
        for row in counts.rename(columns={"count": "count_"}).itertuples()
        if row.Index not in (asked.codebook.other, asked.codebook.none)
    ]
    return "、".join(parts)


def put_block(document: Path, name: str, block: str) -> None:
    """Put a block between the marks of its name in a document."""
    begin, end = f"<!-- {name}:begin -->", f"<!-- {name}:end -->"
    text = document.read_text(encoding="utf-8")
    text = re.sub(f"{begin}.*{end}", lambda _: f"{begin}\n{block}\n{end}", text, flags=re.DOTALL)
    document.write_text(text, encoding="utf-8")


def main() -> None:
    """Print the tables, and write them into the README if asked."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--write", action="store_true", help="put the table into README.md")
    options = parser.parse_args()
    uses = markdown("use_cases", "uses (利用事例)")
    risks = markdown("risks", "risks (リスク)")
    print(uses, "", risks, sep="\n")
    print(
        "", "uses, 100 read at random: count (95 % interval; true)", with_reading("use_cases", 100), sep="\n"
    )
    if options.write:
        picture = "![The bars of the example wave](docs/images/use_cases.png)"
        put_block(ROOT / "README.md", "example", f"{uses}\n\n{picture}\n\n{risks}")


if __name__ == "__main__":
    main()
