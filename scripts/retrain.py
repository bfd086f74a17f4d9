"""Retrain the models from data/labeled/, with newly labelled comments added if given.

    python scripts/retrain.py                          # all four codebooks
    python scripts/retrain.py tasks --add new.xlsx     # one, with new labels

New labels are a table like data/labeled/*.csv. Figures on held-out voices are printed; the model
files in models/ are replaced whole, with a card (.md) beside each.
"""

import argparse
import sys
from pathlib import Path

import pandas as pd

import comment_classifier as cc
from comment_classifier.cards import card_text
from comment_classifier.codebook import shipped_codebooks
from comment_classifier.labels import read_labels, read_second_coding
from comment_classifier.model_file import SUFFIX

ROOT = Path(__file__).resolve().parent.parent
LABELED = ROOT / "data" / "labeled"
SECOND = ROOT / "data" / "second_coding.csv"


def main() -> int:
    """Retrain and print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "codebooks", nargs="*", default=list(shipped_codebooks()), metavar="CODEBOOK", help="default: all"
    )
    parser.add_argument(
        "--add", nargs="*", default=[], type=Path, metavar="FILE", help="newly labelled comments"
    )
    parser.add_argument("--labels", type=Path, default=LABELED, metavar="DIR", help="labelled data")
    parser.add_argument(
        "--out", type=Path, default=ROOT / "models", metavar="DIR", help="folder of the models"
    )
    options = parser.parse_args()
    if options.add and len(options.codebooks) != 1:
        parser.error("--add goes with one codebook")
    try:
        for name in options.codebooks:
            book = cc.load_codebook(name)
            files = [options.labels / f"{book.id}.csv", *options.add]
            labeled = pd.concat([read_labels(file, book) for file in files], ignore_index=True)
            second = read_second_coding(SECOND, book) if options.labels == LABELED else None
            model = cc.train(labeled, codebook=book, second=second)
            model.save(options.out / f"{book.id}{SUFFIX}")
            (options.out / f"{book.id}.md").write_text(card_text(model.model_.card, book), encoding="utf-8")
            figures = model.model_.card["held_out"]
            print(
                f"{book.id}: {len(labeled)} comments, held-out micro-F1 {figures['micro_f1']:.3f}, "
                f"macro-F1 {figures['macro_f1']:.3f}, exact {figures['exact']:.3f}"
            )
    except cc.InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
