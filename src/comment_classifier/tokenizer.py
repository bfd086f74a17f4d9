"""Words: MeCab through fugashi with the dictionary of unidic-lite."""

import re
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import Any

# MeCab crashes on very long input, so that it is given pieces, cut where a sentence ends.
PIECE = 2000
_SENTENCE_END = re.compile("(?<=。)")


def split_words(texts: Iterable[str]) -> list[list[str]]:
    """Cut normalised comments into words (surfaces, in order); a line break is a word of its own.

    Args:
        texts: n normalised comments (see :func:`comment_classifier.text.normalize`).

    Returns:
        n lists of words.

    """
    parse = _tagger().parse
    return [
        parse(text).split() if len(text) <= PIECE and "\n" not in text else _split_long(text, parse)
        for text in texts
    ]


def _split_long(text: str, parse: Callable[[str], str]) -> list[str]:
    words: list[str] = []
    for line in text.split("\n"):
        words.extend(word for piece in _pieces(line) for word in parse(piece).split())
        words.append("\n")
    return words[:-1]


def dictionary() -> str:
    """Name the dictionary and its version, for the model file."""
    from importlib.metadata import version

    return f"unidic-lite {version('unidic-lite')}"


@lru_cache(maxsize=1)
def _tagger() -> Any:
    # One per process: a Tagger cannot be pickled. Loaded here, since fugashi takes a while.
    import fugashi
    import unidic_lite

    return fugashi.Tagger(f'-Owakati -d "{unidic_lite.DICDIR}" -r "{unidic_lite.DICDIR}/dicrc"')


def _pieces(text: str) -> Iterable[str]:
    piece = ""
    for sentence in _SENTENCE_END.split(text):
        if piece and len(piece) + len(sentence) > PIECE:
            yield piece
            piece = ""
        piece += sentence
        while len(piece) > PIECE:
            yield piece[:PIECE]
            piece = piece[PIECE:]
    yield piece
