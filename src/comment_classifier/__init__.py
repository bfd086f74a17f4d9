"""Japanese free-text survey answers into the categories, counts and charts of a report.

The public library; everything else is internal. Names are loaded when first used, so that
importing the package costs next to nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from comment_classifier.batch import classify_file
    from comment_classifier.chunk import score_chunk
    from comment_classifier.classifier import CommentClassifier
    from comment_classifier.codebook import Codebook, load_codebook
    from comment_classifier.durations import read_durations
    from comment_classifier.errors import InputError
    from comment_classifier.labelling import export_sheet, import_sheet
    from comment_classifier.library import classify, compare, count, train
    from comment_classifier.one import categories
    from comment_classifier.retraining import retrain
    from comment_classifier.savings import summarise_savings
    from comment_classifier.store import load_model, roll_back
    from comment_classifier.survey import load_survey
    from comment_classifier.tables import read_table

_HOME = {
    "Codebook": "codebook",
    "CommentClassifier": "classifier",
    "InputError": "errors",
    "categories": "one",
    "classify": "library",
    "classify_file": "batch",
    "compare": "library",
    "count": "library",
    "export_sheet": "labelling",
    "import_sheet": "labelling",
    "load_codebook": "codebook",
    "load_model": "store",
    "load_survey": "survey",
    "read_durations": "durations",
    "read_table": "tables",
    "retrain": "retraining",
    "roll_back": "store",
    "score_chunk": "chunk",
    "summarise_savings": "savings",
    "train": "library",
}

__all__ = [  # noqa: RUF022 (the order in which a reader meets them)
    "classify",
    "categories",
    "score_chunk",
    "count",
    "compare",
    "load_codebook",
    "load_model",
    "load_survey",
    "classify_file",
    "read_table",
    "read_durations",
    "summarise_savings",
    "train",
    "export_sheet",
    "import_sheet",
    "retrain",
    "roll_back",
    "Codebook",
    "CommentClassifier",
    "InputError",
]


def __getattr__(name: str) -> object:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
