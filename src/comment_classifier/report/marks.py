"""The deciding words of a comment, marked in the comment as it was written."""

from dataclasses import dataclass

from comment_classifier.explaining import Explanation
from comment_classifier.text import align, normalize

_LEAST_SHARE = 0.12  # of the positive contributions; weaker words are not marked


@dataclass(frozen=True)
class Segment:
    """A piece of a comment; ``weight`` is what it adds to the logit where it helped to decide, else 0."""

    text: str
    weight: float = 0.0


def marked(text: str, explanation: Explanation | None) -> list[Segment]:
    """Cut a comment into segments, the words that decided for a category carrying their weight."""
    if explanation is None:
        return [Segment(text)]
    positive = sum(w.contribution for w in explanation.words if w.contribution > 0)
    chosen = [
        w
        for w in explanation.words
        if w.contribution >= max(0.1, _LEAST_SHARE * positive) and any(map(str.isalnum, w.text))
    ]
    if not chosen:
        return [Segment(text)]
    normalized = normalize(text)
    offsets = [*align(text, normalized), len(text)]
    segments, at = [], 0
    for word in chosen:
        start = max(at, offsets[word.start])
        end = max(start, offsets[word.end - 1] + 1)
        while end < len(text) and offsets[word.end] > end and text[end] in "ﾞﾟ":
            end += 1
        if start > at:
            segments.append(Segment(text[at:start]))
        if end > start:
            segments.append(Segment(text[start:end], word.contribution))
        at = end
    return [*segments, Segment(text[at:])] if at < len(text) else segments
