"""The file of a model: a zip archive of arrays and JSON, without code."""

import hashlib
import io
import json
import math
import os
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from comment_classifier.codebook import Codebook
from comment_classifier.errors import InputError
from comment_classifier.features import LONGEST_GRAM, Features
from comment_classifier.files import finish_files, whole_file
from comment_classifier.model import Model
from comment_classifier.scoring import logits
from comment_classifier.tokenizer import dictionary

FORMAT = 1
SUFFIX = ".model.npz"
_PACKAGE = Path(__file__).parent
MAX_UNPACKED_BYTES = 1 << 29
MAX_DESCRIPTION_BYTES = 1 << 24  # as objects JSON takes up to twenty times as much memory
_DESCRIPTION = "model.json"
_ARRAYS: dict[str, np.dtype[Any]] = {
    "pairs": np.dtype("<i8"),
    "grams": np.dtype("<i8"),
    "idf": np.dtype("<f8"),
    "weights": np.dtype("<f4"),
    "intercepts": np.dtype("<f8"),
    "thresholds": np.dtype("<f8"),
}
_LARGEST = 1e30  # no number of a model comes near, and its square is one, too
_CANARY_TOLERANCE = 1e-4
_MOST_CANARIES, _LONGEST_CANARIES = 1000, 1 << 20  # comments; characters of all


def models_folder() -> Path:
    """Return the folder of the current models.

    ``COMMENT_CLASSIFIER_MODELS`` if set; else the models installed with the package; else, in a
    checkout, the ``models/`` folder beside ``src/``.
    """
    named = os.environ.get("COMMENT_CLASSIFIER_MODELS")
    return Path(named) if named else _shipped_folder()


def model_path(codebook: Codebook, folder: Path | None = None) -> Path:
    """Return the file of a codebook's current model, whether it exists or not.

    Args:
        codebook: whose model.
        folder: of the models; :func:`models_folder` if None. A shipped codebook without a model there has
            the one that comes with the package.

    """
    folder = folder or models_folder()
    finish_files(folder)
    own = folder / f"{codebook.id}{SUFFIX}"
    shipped = _shipped_folder() / f"{codebook.id}{SUFFIX}"
    return shipped if not own.exists() and shipped.exists() else own


def _shipped_folder() -> Path:
    installed = _PACKAGE / "models"
    return installed if installed.is_dir() else _PACKAGE.parent.parent / "models"


def save_model(model: Model, path: Path) -> None:
    """Write a model as one zip archive of .npy arrays and JSON; the same model gives the same bytes."""
    content: dict[str, bytes] = {}
    for name, dtype in _ARRAYS.items():
        owner = model.features if hasattr(model.features, name) else model
        buffer = io.BytesIO()
        array = np.ascontiguousarray(getattr(owner, name), dtype)
        np.lib.format.write_array(buffer, array, version=(1, 0), allow_pickle=False)
        content[f"{name}.npy"] = buffer.getvalue()
    description = {
        "format": FORMAT,
        "codebook": model.codebook.as_dict(),
        "words": model.features.words,
        "alphabet": model.features.alphabet,
        "shortest_gram": model.features.shortest_gram,
        "longest_gram": model.features.longest_gram,
        "review_margin": model.review_margin,
        "clause_weight": model.clause_weight,
        "floor": model.floor,
        "other_alone": model.other_alone,
        "dictionary": dictionary(),
        "canaries": _canaries(model),
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in content.items()},
        "card": model.card,
    }
    content[_DESCRIPTION] = json.dumps(description, ensure_ascii=False, indent=1).encode()
    with (
        whole_file(path) as temporary,
        zipfile.ZipFile(temporary, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
    ):
        for name in sorted(content):
            archive.writestr(
                zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), content[name], zipfile.ZIP_DEFLATED
            )


def load_model_file(path: Path, codebook: Codebook | None = None) -> Model:
    """Read a model file and check it: checksums, shapes, codebook, and its canary comments' scores.

    The file may come from anywhere: it is taken as data, in bounded memory, and whatever a model cannot
    hold is refused.

    Raises:
        InputError: not a model, damaged, of a newer format, of another codebook, or the words of
            this machine's dictionary are not those it was trained with.

    """
    try:
        description, arrays = _read_archive(path)
        model = _assemble(description, arrays)
        _check_canaries(path, model, description["canaries"])
    except InputError:
        raise
    except FileNotFoundError:
        raise InputError(f"{path}: no such model file. Train one with: comment-classifier train") from None
    except Exception as error:  # zipfile, JSON and NumPy raise whatever their parts raise on a broken file
        what = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(
            f"{path}: not a readable model file ({what[:200]}). Restore it from a copy or train again"
        ) from None
    if codebook is not None and model.codebook.digest != codebook.digest:
        raise InputError(
            f"{path}: was trained for other categories than the codebook {codebook.id!r} has now. "
            "Train again with this codebook"
        )
    return model


def _canaries(model: Model) -> list[list[Any]]:
    """Comments made of the model's own words, with their logits, to notice a changed dictionary."""
    words = [w for w in model.features.words if len(w) > 1]
    step = max(1, len(words) // 80)
    texts = ["".join(words[i : i + 4 * step : step]) for i in range(0, 20 * 4 * step, 4 * step)]
    return [[t, np.round(row, 6).tolist()] for t, row in zip(texts, logits(model, texts), strict=True)]


def _check_canaries(path: Path, model: Model, canaries: list[tuple[str, list[float]]]) -> None:
    if not canaries:
        raise ValueError("it has no test comments")
    texts = [text for text, _ in canaries]
    if len(texts) > _MOST_CANARIES or sum(map(len, texts)) > _LONGEST_CANARIES:
        raise ValueError("its test comments are too many")
    scores = logits(model, texts)
    expected = np.array([row for _, row in canaries], np.float64).reshape(scores.shape)
    if not np.allclose(scores, expected, atol=_CANARY_TOLERANCE, rtol=0):
        raise InputError(
            f"{path}: its test comments score differently here, so the dictionary differs "
            f"({dictionary()} here). Install the locked versions or train again"
        )


def _read_archive(path: Path) -> tuple[dict[str, Any], dict[str, npt.NDArray[Any]]]:
    with zipfile.ZipFile(path) as archive:
        entries = archive.infolist()
        if sum(entry.file_size for entry in entries) > MAX_UNPACKED_BYTES:
            raise ValueError("unpacks to more than a model can be")
        if archive.getinfo(_DESCRIPTION).file_size > MAX_DESCRIPTION_BYTES:
            raise ValueError(f"{_DESCRIPTION} is longer than a model's can be")
        description = json.loads(_unpacked(archive, _DESCRIPTION))
        _check_format(path, description["format"])
        expected = sorted([_DESCRIPTION, *(f"{name}.npy" for name in _ARRAYS)])
        if sorted(entry.filename for entry in entries) != expected:
            raise ValueError("its entries are not those of a model")
        arrays = {}
        for name, dtype in _ARRAYS.items():
            data = _unpacked(archive, f"{name}.npy")
            if hashlib.sha256(data).hexdigest() != description["sha256"][f"{name}.npy"]:
                raise ValueError(f"{name} is damaged")
            arrays[name] = _array(name, data, dtype)
    return description, arrays


def _check_format(path: Path, given: object) -> None:
    if type(given) is not int or given < 1:
        raise ValueError("its format is not a number")
    if given > FORMAT:
        raise InputError(f"{path}: format {given} is newer than this program reads. Update the program")


def _unpacked(archive: zipfile.ZipFile, name: str) -> bytes:
    entry = archive.getinfo(name)
    # The other methods unpack whole blocks at once, however large these become.
    if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        raise ValueError(f"{name} is packed in another way than a model's")
    with archive.open(entry) as file:
        # With a number, since read() without one unpacks more than the entry says it holds.
        return file.read(entry.file_size + 1)


def _array(name: str, data: bytes, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """Read a .npy file; ``numpy.load`` would reserve whatever memory its heading asks for."""
    file = io.BytesIO(data)
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError(f"{name} is of another version than a model's")
    shape, by_column, found = np.lib.format.read_array_header_1_0(file)
    content = data[file.tell() :]
    if found != dtype or by_column:
        raise ValueError(f"{name} holds {found}, not {dtype}")
    if min(shape, default=0) < 0 or math.prod(shape) * dtype.itemsize != len(content):
        raise ValueError(f"{name} has shape {shape}, which is not what follows")
    return np.frombuffer(content, dtype).reshape(shape).copy()


def _assemble(description: dict[str, Any], arrays: dict[str, npt.NDArray[Any]]) -> Model:
    features = Features(
        words=tuple(description["words"]),
        pairs=arrays["pairs"],
        alphabet=description["alphabet"],
        grams=arrays["grams"],
        idf=arrays["idf"],
        shortest_gram=description["shortest_gram"],
        longest_gram=description["longest_gram"],
    )
    codebook = Codebook.from_dict(description["codebook"])
    _check_codebook(codebook)
    _check_features(features)
    _check_arrays(arrays, len(features), len(codebook.learned))
    numbers = {n: float(description[n]) for n in ("review_margin", "clause_weight", "floor")}
    if not all(abs(number) <= _LARGEST for number in numbers.values()):
        raise ValueError("one of its limits is no number")
    return Model(
        codebook=codebook,
        features=features,
        weights=arrays["weights"],
        intercepts=arrays["intercepts"],
        thresholds=arrays["thresholds"],
        other_alone=bool(description["other_alone"]),
        card=dict(description["card"]),
        **numbers,
    )


def _check_codebook(codebook: Codebook) -> None:
    texts: list[object] = [codebook.id, codebook.title]
    for c in codebook.categories:
        texts += [c.id, c.label, c.definition, c.not_when, *c.phrases, *c.answers, *c.subjects]
    if not all(isinstance(text, str) for text in texts) or any(c.was for c in codebook.categories):
        raise ValueError("its codebook holds something else than texts")
    roles = [c.role for c in codebook.categories if c.role != "named"]
    if sorted(roles) != ["none", "other"] or len(set(codebook.ids)) < len(codebook.ids):
        raise ValueError("its codebook has no categories, or some that cannot be together")


def _check_features(features: Features) -> None:
    words, alphabet = features.words, features.alphabet
    "".join((alphabet, *words)).encode()  # fails if one is no text, or holds half of a character
    if len(set(words)) < len(words) or len(set(alphabet)) < len(alphabet):
        raise ValueError("a word or a character stands twice")
    shortest, longest = features.shortest_gram, features.longest_gram
    if not (type(shortest) is type(longest) is int and 0 <= shortest <= longest <= LONGEST_GRAM):
        raise ValueError("its n-grams have lengths that cannot be")
    most = (len(alphabet) + 1) ** longest
    if most > 1 << 63:
        raise ValueError("its alphabet is too large for its n-grams")
    for name, codes, end in (("pairs", features.pairs, len(words) ** 2), ("grams", features.grams, most)):
        if codes.ndim != 1:
            raise ValueError(f"{name} has shape {codes.shape}")
        if len(codes) and not (codes[0] >= 0 and codes[-1] < end and (codes[1:] > codes[:-1]).all()):
            raise ValueError(f"{name} are not in order")


def _check_arrays(arrays: dict[str, npt.NDArray[Any]], n: int, k: int) -> None:
    shapes = {"idf": (n,), "weights": (n, k), "intercepts": (k,), "thresholds": (k,)}
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ValueError(f"{name} has shape {arrays[name].shape}, not {shape}")
        # A category that is never given has an infinite threshold.
        most = np.inf if name == "thresholds" else _LARGEST
        if not (np.abs(arrays[name]) <= most).all():
            raise ValueError(f"{name} holds what is no number")
    if not (arrays["idf"] >= 1).all():
        raise ValueError("idf is less than 1")
