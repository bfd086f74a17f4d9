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
    return [words.split(" ") if words else [] for words in spaced_words(texts)]


def spaced_words(texts: Iterable[str]) -> list[str]:
    """Cut normalised comments as :func:`split_words` does; return n texts with a blank between words."""
    parse = _tagger().parse
    return [
        parse(text) if len(text) <= PIECE and "\n" not in text else _spaced_long(text, parse)
        for text in texts
    ]


def _spaced_long(text: str, parse: Callable[[str], str]) -> str:
    lines = [" ".join(filter(None, map(parse, _pieces(line)))) for line in text.split("\n")]
    return " ".join(filter(None, " \n ".join(lines).split(" ")))


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
