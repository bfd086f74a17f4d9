"""The example wave against its known truth: every bar, and the sum of absolute count errors.

    python benchmarks/example_wave.py [--write]

``--write`` puts the table into README.md.
"""

import argparse
import re
from pathlib import Path

import comment_classifier as cc

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
    if options.write:
        readme = ROOT / "README.md"
        picture = "![The bars of the example wave](docs/images/use_cases.png)"
        block = f"<!-- example:begin -->\n{uses}\n\n{picture}\n\n{risks}\n<!-- example:end -->"
        text = readme.read_text(encoding="utf-8")
        text = re.sub("<!-- example:begin -->.*<!-- example:end -->", lambda _: block, text, flags=re.DOTALL)
        readme.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
