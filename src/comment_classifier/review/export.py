"""From decisions to labelled comments, by the way that label sheets go."""

from pathlib import Path

import pandas as pd

from comment_classifier.counting import PICKED
from comment_classifier.labelling import labelled, take
from comment_classifier.review.wave import Wave
from comment_classifier.sheets import FILE, HASH


def export_decisions(wave: Wave, folder: Path) -> int:
    """Take every standing decision into the labelled comments; return how many rows were new or corrected.

    Raises:
        InputError: the labelled comments have a fatal problem, or cannot be written.

    """
    origin = {HASH: wave.run.said["input"]["sha256"], FILE: wave.run.said["input"]["file"]}
    found = []
    for question, asked in wave.asked.items():
        queue = wave.decisions.queue(question)
        rows = pd.DataFrame(
            [
                (d.row, asked.coded["text"].iloc[d.row], d.labels, queue.get(d.row, PICKED), d.coder, d.note)
                for d in wave.decisions.latest(question)
            ],
            columns=["row", "text", "labels", "chosen", "coder", "note"],
        )
        if len(rows):
            found.append((asked.book, labelled(rows, question, origin)))
    return sum(t.outcome != "known" for t in take(found, folder))
