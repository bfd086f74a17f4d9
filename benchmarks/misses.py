"""What the model gets wrong on voices that it has not read: confusions and misses, with the words.

python benchmarks/misses.py tasks [--most 10]
"""

import argparse
from collections import Counter
from pathlib import Path

import numpy as np

import comment_classifier as cc
from comment_classifier.explaining import deciding_words
from comment_classifier.labels import read_labels
from comment_classifier.text import normalize

NOTHING = "(nothing)"
LABELED = Path(__file__).resolve().parent.parent / "data" / "labeled"


def main() -> None:
    """Fit, hold out, and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("codebook")
    parser.add_argument("--most", type=int, default=10, metavar="N", help="misses to print (default: 10)")
    options = parser.parse_args()
    book = cc.load_codebook(options.codebook)
    frame = read_labels(LABELED / f"{book.id}.csv", book)
    model = cc.train(frame, codebook=book)
    coding = model.held_out_.coding
    given = [tuple(np.array(book.ids)[row]) for row in coding.flags]
    confusions: Counter[tuple[str, str]] = Counter()
    wrong = []
    for row, (true, found) in enumerate(zip(frame["labels"], given, strict=True)):
        missing, extra = set(true) - set(found), set(found) - set(true)
        if missing or extra:
            wrong.append(row)
            confusions.update((m, e) for m in missing or {NOTHING} for e in extra or {NOTHING})
    print(f"{book.id}: {len(wrong)} of {len(frame)} comments differ\n")
    print("| missed | given instead | n |\n|---|---|---:|")
    for (missed, extra_label), n in confusions.most_common(12):
        print(f"| {missed} | {extra_label} | {n} |")
    notes = frame.loc[wrong, "note"].str.split("|").explode().value_counts()
    share = frame["note"].str.split("|").explode().value_counts()
    print("\nshare of wrong comments by tag:", {t: round(n / share[t], 2) for t, n in notes.items()})
    print()
    chosen = np.random.default_rng(0).choice(wrong, size=min(options.most, len(wrong)), replace=False)
    for row in sorted(chosen):
        text = str(frame["text"][row]).replace("\n", " ⏎ ")
        labels = sorted(set(given[row]) - set(frame["labels"][row]) - {book.none})
        category = np.array([book.learned.index(label) for label in labels], np.int64)
        said = [normalize(str(frame["text"][row]))]
        decided = deciding_words(model.model_, said, np.zeros(len(labels), np.int64), category)
        words = dict(zip(labels, decided, strict=True))
        true = "|".join(frame["labels"][row])
        print(f"- {frame['id'][row]} 「{text}」 {true} → {'|'.join(given[row])} {words}")


if __name__ == "__main__":
    main()
