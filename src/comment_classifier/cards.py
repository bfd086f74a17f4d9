"""Model cards: what a model was trained on and how right it is, for people to read."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from comment_classifier.classifier import CommentClassifier
from comment_classifier.codebook import Codebook
from comment_classifier.errors import InputError
from comment_classifier.evaluation import Agreement, compare_codings
from comment_classifier.labels import label_matrix

_MODEL_COLUMNS = ("n", "given", "precision", "recall", "f1", "alpha")


def agreements(
    labeled: pd.DataFrame, second: pd.DataFrame, classifier: CommentClassifier
) -> tuple[Agreement, Agreement]:
    """Compare coder with coder, and coder with model, on the comments that were coded twice.

    Args:
        labeled: the labelled comments that the classifier was fitted on, in that order, with ``id``.
        second: ``id, first, second``: the two codings, as made before any difference was settled; with
            ``text`` where a comment is not among the labelled ones.
        classifier: fitted.

    Returns:
        First coder against second coder, and first coder against the model.

    Raises:
        InputError: none of the twice-coded comments is known.

    """
    book = classifier.book
    compared, model = coded_by_model(labeled, second, classifier)
    first, other = (label_matrix(list(compared[name]), book) for name in ("first", "second"))
    return compare_codings(first, other, book.ids), compare_codings(first, model, book.ids)


def coded_by_model(
    labeled: pd.DataFrame, second: pd.DataFrame, classifier: CommentClassifier
) -> tuple[pd.DataFrame, npt.NDArray[np.bool_]]:
    """Return the twice-coded comments with their ``text``, and the model's coding of each.

    A comment that the classifier learned from is coded by models that had not read its voice; one that
    was set aside, since coders differ, it has not read itself.

    Raises:
        InputError: none of the twice-coded comments is known.

    """
    place = {identifier: at for at, identifier in enumerate(labeled["id"])}
    at = second["id"].map(place)
    texts = second["text"] if "text" in second.columns else pd.Series(index=second.index, dtype=object)
    texts = texts.where(at.isna(), at.map(dict(enumerate(labeled["text"]))))
    compared = second.assign(text=texts)[texts.notna()].reset_index(drop=True)
    if compared.empty:
        raise InputError("second coding: none of its ids is among the labelled comments. Is it for them?")
    at = at[texts.notna()].reset_index(drop=True)
    learned = at.notna().to_numpy(bool)
    coding = np.empty((len(compared), len(classifier.book.ids)), bool)
    coding[learned] = classifier.held_out_.coding.flags[at[learned].astype(int)]
    coding[~learned] = classifier.predict(compared["text"][~learned].tolist())
    return compared, coding


def with_agreement(card: dict[str, Any], coder: Agreement, model: Agreement) -> dict[str, Any]:
    """Return the card with the figures of the twice-coded comments added."""
    return {**card, "twice_coded": {"coder_coder": _figures(coder), "coder_model": _figures(model)}}


def card_text(card: dict[str, Any], book: Codebook) -> str:
    """Render a card as Markdown."""
    held_out = card["held_out"]
    review = held_out["review"]
    lines = [
        f"# Model card: {book.id} ({book.title})",
        "",
        _trained_on(card),
        *_beside_current(card),
        "",
        "## On voices held out whole",
        "",
        f"micro-F1 {held_out['micro_f1']:.3f}, macro-F1 {held_out['macro_f1']:.3f}, "
        f"exact match {held_out['exact']:.3f}. The review mark stands on {review['marked']:.0%} of the "
        f"comments; {review['precision']:.0%} of the marked ones are wrong, and {review['recall']:.0%} of "
        "the wrong ones are marked.",
        "",
        "| category | label | n | given | precision | recall | F1 | α |",
        "|---|---|---:|---:|---:|---:|---:|---:|",
    ]
    for category, figures in held_out["categories"].items():
        cells = " | ".join(_cell(figures[name]) for name in _MODEL_COLUMNS)
        lines.append(f"| {category} | {book.label(category)} | {cells} |")
    if "twice_coded" in card:
        lines += _twice_coded(card["twice_coded"], book)
    lines += [
        "",
        "## Limits",
        "",
        *_upper_bound(card),
        "Read a random sample of your own wave before you publish its counts.",
        "",
    ]
    return "\n".join(lines)


def _trained_on(card: dict[str, Any]) -> str:
    comments, composed = card["comments"], card.get("composed", 0)
    if composed == comments:
        return (
            f"Trained on {comments:,} composed comments in {card['voices']} voices; "
            "none is a survey answer. What that means: [data/README.md](../data/README.md)."
        )
    part = f", {composed:,} of them composed" if composed else ""
    return f"Trained on {comments:,} comments{part}, in {card['voices']} voices or respondents."


def _upper_bound(card: dict[str, Any]) -> list[str]:
    if not card.get("composed"):
        return []
    return ["People who compose know the categories: these figures are an upper bound for a new survey."]


def _beside_current(card: dict[str, Any]) -> list[str]:
    """Say how the model stood beside the one before it, if that was looked at."""
    if "challenge" not in card:
        return []
    said = card["challenge"]
    verdict = "Passed the gate." if said["passed"] else "Did not pass the gate."
    if said["forced"]:
        verdict += " **Made current by --force.**"
    return ["", "## Beside the model before it", "", *said["lines"], "", verdict, *said["reasons"]]


def _twice_coded(figures: dict[str, Any], book: Codebook) -> list[str]:
    coder, model = figures["coder_coder"], figures["coder_model"]
    lines = [
        "",
        "## Coder and coder, coder and model",
        "",
        f"{coder['comments']:,} comments were coded a second time, from text and question alone, without "
        "sight of the first coding. Exactly the same categories: coder and coder "
        f"{coder['exact']:.3f}, coder and held-out model {model['exact']:.3f}; "
        f"micro-F1 {coder['micro_f1']:.3f} and {model['micro_f1']:.3f}.",
        "",
        "| category | n | F1 coder–coder | F1 coder–model | α coder–coder | α coder–model |",
        "|---|---:|---:|---:|---:|---:|",
    ]
    for category in book.ids:
        one, two = coder["categories"][category], model["categories"][category]
        cells = (one["n"], one["f1"], two["f1"], one["alpha"], two["alpha"])
        lines.append(f"| {category} | " + " | ".join(map(_cell, cells)) + " |")
    lines += [
        "",
        "Both codings were made within this project by the same rules, on comments that were composed to "
        "be codable: the coders' agreement says that labels follow the rules, not how two strangers would "
        "agree on real answers.",
    ]
    return lines


def _figures(agreement: Agreement) -> dict[str, Any]:
    table = agreement.categories
    return {
        "comments": agreement.comments,
        "micro_f1": round(agreement.micro_f1, 4),
        "exact": round(agreement.exact, 4),
        "categories": {
            str(c): {name: None if pd.isna(v) else round(float(v), 4) for name, v in table.loc[c].items()}
            for c in table.index
        },
    }


def _cell(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.0f}" if value == int(value) and value != 1 else f"{value:.3f}"
