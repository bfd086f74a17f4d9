"""Classify every file of a new wave with one survey file; each gets a folder of its own.

python scripts/classify_wave.py answers/*.xlsx --survey survey.toml --out out/
"""

import argparse
import sys
from pathlib import Path

import comment_classifier as cc
from comment_classifier.batch import classify_file


def main() -> int:
    """Classify the files in turn; a faulty one is reported and the others go on."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "files", nargs="+", type=Path, metavar="FILE", help="the wave's answers: CSV, TSV or .xlsx"
    )
    parser.add_argument(
        "--survey", type=Path, required=True, metavar="TOML", help="which column asks which question"
    )
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="a folder per file is made in it"
    )
    parser.add_argument(
        "--header-row", type=int, default=1, metavar="N", help="row of the headings (default: 1)"
    )
    parser.add_argument("--jobs", type=int, default=-1, metavar="N", help="processes (default: all cores)")
    options = parser.parse_args()
    failed = 0
    for file in options.files:
        folder = options.out / file.stem
        try:
            survey = cc.load_survey(options.survey)
            results = classify_file(file, survey, folder, header_row=options.header_row, n_jobs=options.jobs)
        except cc.InputError as error:
            failed += 1
            print(f"error: {error}", file=sys.stderr)
            continue
        answers = ", ".join(f"{r.asked.question} n={r.counts.attrs['base_n']}" for r in results.questions)
        print(f"{file} -> {folder}: {answers}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
