"""Compare two waves that ``classify`` wrote, one and published figures, or two models on one wave."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from comment_classifier.codebook import load_codebook, shipped_codebooks
from comment_classifier.coding import code_comments, label_texts, reasons
from comment_classifier.errors import InputError
from comment_classifier.files import whole_folder
from comment_classifier.model_file import load_model_file
from comment_classifier.report import write_comparison
from comment_classifier.runs import Run, at_rest, read_run
from comment_classifier.tables import read_table, write_csv
from comment_classifier.text import normalize_all
from comment_classifier.waves import beside_published, compare_shares, compare_waves


def compare_runs(first: str | Path, second: str | Path, out: str | Path) -> dict[str, pd.DataFrame]:
    """Compare two waves that were classified into folders, question by question, closed ones too.

    Args:
        first: the earlier wave's folder, as :func:`comment_classifier.batch.classify_file` wrote it.
        second: the later wave's folder.
        out: the folder to write ``comparison.csv``, ``comparison.html``, ``comparison.xlsx`` and
            ``charts/comparison_<question>.png`` / ``.svg`` into.

    Returns:
        By question in the order of the later wave, what :func:`comment_classifier.waves.compare_waves`
        returns, with the share of unknown words of both waves in ``attrs`` (what people read of a wave
        enters it), or for a closed question what :func:`comment_classifier.waves.compare_shares` returns.

    Raises:
        InputError: a folder holds no run, the waves share no question, or they were coded by another
            codebook or model: then it says what changed and how to re-score.

    """
    runs = [read_run(Path(folder)) for folder in (first, second)]
    compared = {}
    for name in runs[1].survey().order:
        if all(name in run.questions for run in runs):
            compared[name] = _compare_free(runs[0], runs[1], name)
        elif all(name in run.closed for run in runs):
            compared[name] = _compare_closed(runs[0], runs[1], name)
    if not compared:
        raise InputError(f"{first} and {second} share no question")
    _write(Path(out), "comparison", compared, digits=4)
    return compared


def _compare_free(first: Run, second: Run, name: str) -> pd.DataFrame:
    one, two = first.questions[name], second.questions[name]
    for key, what in (("codebook_sha256", "codebook"), ("model_sha256", "model")):
        if one[key] != two[key]:
            raise InputError(
                f"question {name!r}: the two waves were coded by another {what} ({one['model']}, "
                f"{two['model']}). Classify the earlier wave's file again with the current one first"
            )
    reads = (first.read(name), second.read(name))
    book = first.codebook(name)
    frame = compare_waves(first.coded(name), second.coded(name), book, one["held_out"], reads)
    frame.attrs.update(title=two["title"], bases=(one["base"], two["base"]))
    frame.attrs["unknown"] = [one["unknown_words"], two["unknown_words"]]
    return frame


def _compare_closed(first: Run, second: Run, name: str) -> pd.DataFrame:
    one, two = first.closed[name], second.closed[name]
    if set(one.choices) != set(two.choices) or one.several != two.several:
        changed = sorted(set(one.choices) ^ set(two.choices)) or ["several"]
        raise InputError(
            f"question {name!r}: the two waves had other choices ({', '.join(changed)}). Give both survey "
            "files the same choices and classify again, or give the question another id in one of them"
        )
    frame = compare_shares(first.chosen(name).loc[list(two.choices)], second.chosen(name), two.several)
    frame.attrs.update(title=two.title, bases=(one.base, two.base))
    return frame


def compare_with_published(reference: str, folder: str | Path, out: str | Path) -> dict[str, pd.DataFrame]:
    """Set a classified wave beside published figures that come with a codebook, such as ``kumamoto_2024``.

    Args:
        reference: the id of the published figures.
        folder: the wave's folder, as :func:`comment_classifier.batch.classify_file` wrote it.
        out: the folder to write ``published.csv``, ``published.html``, ``published.xlsx`` and charts into;
            a chart only where values were published.

    Returns:
        By question, what :func:`comment_classifier.waves.beside_published` returns.

    Raises:
        InputError: no such reference for the questions of the wave.

    """
    place = Path(folder)
    run, counts = at_rest(place, lambda: (read_run(place), read_table(place / "counts.csv", own=True)))
    compared = {}
    for asked in run.questions.values():
        if asked["codebook"] not in shipped_codebooks():
            continue
        book = load_codebook(asked["codebook"])
        for published in book.references:
            if published.id == reference and published.question == asked["question"]:
                rows = counts[counts["question"] == asked["question"]].set_index("category")
                frame = beside_published(rows["count"].astype(int), book, published)
                frame.attrs.update(
                    title=asked["title"], bases=(asked["base"], asked["base"]), reference=published.title
                )
                frame.attrs["second_read"] = int((rows["low"] != "").any())
                compared[asked["question"]] = frame
    if not compared:
        known = sorted({r.id for name in shipped_codebooks() for r in load_codebook(name).references})
        raise InputError(
            f"{reference}: neither a folder nor published figures of this wave's questions. "
            f"Known: {', '.join(known)}"
        )
    _write(Path(out), "published", compared, digits=2)
    return compared


def compare_models(first: Path, second: Path, texts: Sequence[str]) -> pd.DataFrame:
    """Code the same comments by two models; return those whose categories change, and why.

    Args:
        first: a model file.
        second: another, of a codebook that counts the same.
        texts: n comments.

    Returns:
        ``row`` (from 1), ``text``, ``first``, ``second`` (labels), ``gained``, ``lost``, and the words
        that decided: ``first_reason``, ``second_reason``.

    Raises:
        InputError: a model cannot be read, or they count other things.

    """
    models = [load_model_file(path) for path in (first, second)]
    book = models[0].codebook
    if book.digest != models[1].codebook.digest:
        raise InputError(f"{first} and {second} are of codebooks that count other things")
    codings = [code_comments(model, book, texts) for model in models]
    changed = np.flatnonzero((codings[0].flags != codings[1].flags).any(axis=1))
    some = [texts[row] for row in changed.tolist()]
    sides = []
    for model, coding in zip(models, codings, strict=True):
        sides.append(reasons(model, book, normalize_all(some), coding.flags[changed]))
    one, two = (coding.flags[changed] for coding in codings)
    return pd.DataFrame(
        {
            "row": changed + 1,
            "text": some,
            "first": label_texts(book, one),
            "second": label_texts(book, two),
            "gained": label_texts(book, two & ~one),
            "lost": label_texts(book, one & ~two),
            "first_reason": sides[0],
            "second_reason": sides[1],
        }
    )


def _write(out: Path, name: str, compared: dict[str, pd.DataFrame], digits: int) -> None:
    parts = [frame.reset_index().assign(question=question) for question, frame in compared.items()]
    table = pd.concat(parts, ignore_index=True).round(digits)
    table = table.astype(object).where(table.notna(), "")
    columns = ["question", *(c for c in table.columns if c != "question")]
    with whole_folder(out) as folder:
        write_csv(table[columns].astype(str), folder / f"{name}.csv")
        write_comparison(folder, name, compared)
