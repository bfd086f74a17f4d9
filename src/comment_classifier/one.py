"""One comment at once: for a form or a script that must not wait. Loads neither pandas nor SciPy."""

from functools import lru_cache

from comment_classifier.codebook import Codebook, find_question, load_codebook
from comment_classifier.coding import code_comments, given_labels
from comment_classifier.model import Model
from comment_classifier.model_file import load_model_file, model_path


def categories(text: str, question: str) -> tuple[str, ...]:
    """Return the categories of one comment.

    Args:
        text: the comment; blank is no answer.
        question: which question it answers, as for :func:`comment_classifier.classify`.

    Raises:
        InputError: unknown question, or no usable model.

    Example:
        >>> import comment_classifier as cc
        >>> cc.categories("議事録の要約と翻訳", question="use_cases")
        ('summary', 'translation')

    """
    model, book = _model(question)
    return given_labels(book, code_comments(model, book, [text]).flags)[0]


@lru_cache(maxsize=16)
def _model(question: str) -> tuple[Model, Codebook]:
    book = load_codebook(find_question(question).codebook)
    return load_model_file(model_path(book), book), book
