"""Feed the readers with what nobody would write: every input ends in a result or an InputError, and soon.

    python scripts/fuzz.py [--target tables|workbooks|model|text|survey] [--runs N] [--seed N] [--minutes M]

Inputs are made of valid ones by seed and number: bytes flipped, blocks copied, moved, left out or
repeated, two inputs spliced, words put in that mean something there. An input that ends otherwise, or
takes more than 10 seconds or 500 MB, is saved and named; ``--replay FILE`` runs it again. With
``--coverage`` the inputs are chosen by atheris (pip install atheris; it is no dependency), which looks
for those that reach new lines.
"""

import argparse
import faulthandler
import io
import json
import signal
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from itertools import count
from pathlib import Path
from random import Random
from types import FunctionType
from typing import Any

import numpy as np

from comment_classifier.codebook import load_codebook
from comment_classifier.coding import code_normalized, reasons
from comment_classifier.duplicates import group_duplicates
from comment_classifier.errors import InputError
from comment_classifier.features import FeatureSettings, learn_features
from comment_classifier.model import Model
from comment_classifier.model_file import load_model_file, save_model
from comment_classifier.scoring import logits
from comment_classifier.store import load_model
from comment_classifier.survey import load_survey
from comment_classifier.tables import read_table, write_csv
from comment_classifier.text import align, normalize_all
from comment_classifier.tokenizer import split_words

ROOT = Path(__file__).resolve().parent.parent
SECONDS, MEGABYTES = 10, 500  # that an input may take
COMMENTS = 40  # of a text input: comments are coded together
BETWEEN = "\uffff"  # stands between them
LONGEST = 200_000  # bytes
# Every file is synced to the disk, which takes longer than all the rest; there is no disk behind this one.
MEMORY = "/dev/shm" if Path("/dev/shm").is_dir() else None
WATCHED = ("comment_classifier", "tomllib", "zipfile", "json", "openpyxl")
FOLDER = Path(tempfile.gettempdir()) / "comment_classifier_fuzz"

CELLS = (
    "",
    "要約",
    '"',
    '""',
    "=1+1",
    "\t",
    ",",
    "\r\n",
    "\n",
    "\r",
    "\x00",
    "\x1b",
    "\ufeff",
    "\ue000",
    "①",
    "NA",
)
TOML = (
    "[[question]]", "[[category]]", "[[reference]]", 'role = "none"', 'role = "other"', "= ", "{", "[", "#",
    'codebook = "fruit.toml"', 'codebook = "tasks"', 'model = "x.npz"', "id_column = 1", "values = {}",
    "order = []", "phrases = [1]", '"""', "'''", "\\u0000", "\\ud800", "1e999", "nan", "2024-01-01",
    "a.b.c = 1", "\ufeff", "../" * 50, "a" * 300,
)  # fmt: skip
VALUES = (
    '""',
    "1",
    "true",
    "[]",
    "{}",
    "nan",
    "[[]]",
    "2024-01-01",
    '"\\u0000"',
    '"x"',
    '["x"]',
    "{ x = 1 }",
    "-1e999",
)
LETTERS = (
    "なしです。、・\n 　議事録の要約エクセル翻訳ＶＢＡｴｸｾﾙﾊﾟﾞ①㈱髙ー〜…!?/",
    "a0-_.:,;@()", "\u200b\u202e\ufe0f\u0301\u3099\u309a",
    "\x00\x01\x07\x1b\r\t\x0b\x85\u2028\u00a0\ufeff", "🙂👨‍👩‍👧🇯🇵𠮷𩸽", "İßﬁǅΣςﷺ",
)  # fmt: skip
JSON_VALUES: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    1 << 70,
    1e308,
    float("nan"),
    float("inf"),
    "",
    "\ud800",
    "x" * 1000,
    [],
    {},
    [[]],
)
NUMBERS = (b"\0" * 4, b"\xff" * 4, b"\xff\xff\xff\x7f", b"\0\0\0\x80", b"\0" * 8, b"\xff" * 8, b"PK\x01\x02")


@dataclass(frozen=True)
class Target:
    """A way into the program.

    Attributes:
        corpus: valid inputs.
        change: makes an input of the corpus.
        run: gives it to the program.
        size: inputs that one call stands for.
        share: of the runs over all targets.

    """

    corpus: Callable[[], Sequence[bytes]]
    change: Callable[[Random, Sequence[bytes]], bytes]
    run: Callable[[bytes, Path], None]
    size: int
    share: float


@dataclass
class Tally:
    """What became of the inputs of a target."""

    target: str
    inputs: int = 0
    refused: int = 0
    crashes: list[str] = field(default_factory=list)
    slowest: float = 0.0

    def row(self) -> str:
        """Return the line of the table."""
        results = self.inputs - self.refused - len(self.crashes)
        figures = f"{self.inputs:,} | {results:,} | {self.refused:,} | {len(self.crashes)}"
        return f"{self.target} | {figures} | {self.slowest:.2f} s"


class TooSlow(BaseException):
    """An input took too long; no ``except Exception`` of the program keeps it."""


def changed(draw: Random, corpus: Sequence[bytes], words: Sequence[bytes]) -> bytes:
    """Make an input of one of the corpus by a few changes of its bytes."""
    data = bytearray(draw.choice(corpus))
    for _ in range(draw.choice((1, 1, 2, 3, 8))):
        at, size = draw.randrange(len(data) + 1), draw.choice((1, 2, 8, 60, 400))
        match draw.randrange(9):
            case 0 if data:
                data[at % len(data)] ^= 1 << draw.randrange(8)
            case 1:
                data[at:at] = draw.randbytes(draw.randrange(1, 5))
            case 2:
                del data[at : at + size]
            case 3:
                data[at:at] = draw.choice(words)
            case 4:
                data[at : at + 4] = draw.choice(words)
            case 5:
                data[at:at] = data[at : at + size] * draw.choice((1, 2, 30))
            case 6:
                other = draw.choice(corpus)
                start = draw.randrange(len(other) + 1)
                data[at:] = other[start:]
            case 7:
                block = data[at : at + size]
                del data[at : at + size]
                to = draw.randrange(len(data) + 1)
                data[to:to] = block
            case 8 if draw.random() < 0.2:
                del data[at:]
    return bytes(data[:LONGEST])


# Tables and workbooks: how they are read follows from their bytes, so that a saved one is all there is.
ROWS = (
    ("ID", "所属", "利用\n事例", "備考", "備考"),
    ("0012", "㈱との契約", "①議事録の要約\r\n②メール", "", "=1+1"),
    ("NA", "髙橋さん", 'ｴｸｾﾙの"関数"', "-", ""),
    ("3", "", "なし、特に", "2024-01-11", "1,234"),
)


def csv_corpus() -> list[bytes]:
    """Return the same table in every encoding and with every mark."""
    found = []
    for mark in (",", "\t"):
        lines = [mark.join('"' + cell.replace('"', '""') + '"' for cell in row) for row in ROWS]
        text = "\r\n".join(lines) + "\r\n"
        found += [text.encode(encoding) for encoding in ("utf-8", "utf-8-sig", "cp932", "utf-16")]
    return [*found, b"a,b\n1,2\n", "回答\n要約\n".encode()]


def change_csv(draw: Random, corpus: Sequence[bytes]) -> bytes:
    """Change a table."""
    data = changed(draw, corpus, [cell.encode() for cell in CELLS])
    if draw.random() < 0.4:
        return data
    # Still text in an encoding, so that more than the first check is tried.
    encoding = draw.choice(("utf-8", "utf-8-sig", "cp932", "utf-16"))
    return data.decode("utf-8", "ignore").encode(encoding, "ignore")


def run_table(data: bytes, folder: Path) -> None:
    """Read a table; what was read is written and read again, and is the same."""
    suffix = ".xlsx" if data.startswith(b"PK") else (".csv", ".csv", ".tsv")[len(data) % 3]
    path = folder / f"t{suffix}"
    path.write_bytes(data)
    table = read_table(path, header_row=1 if len(data) % 9 else 2)
    write_csv(table, folder / "again.csv")
    again = read_table(folder / "again.csv", own=True)
    assert again.to_numpy().tolist() == table.to_numpy().tolist()
    assert list(again.columns) == list(table.columns)


@cache
def workbook_corpus() -> list[bytes]:
    """Return workbooks by both writers, with a second sheet and numbers."""
    import openpyxl
    import xlsxwriter

    book = openpyxl.Workbook()
    for row in ROWS:
        book.active.append([cell.lstrip("=") or None for cell in row])
    book.create_sheet("第2").append([1, 2.5, True])
    one, two = io.BytesIO(), io.BytesIO()
    book.save(one)
    with xlsxwriter.Workbook(two, {"in_memory": True}) as written:
        sheet = written.add_worksheet("回答")
        for number, row in enumerate(ROWS):
            sheet.write_row(number, 0, row)
        sheet.merge_range("A9:B9", "合計")
    return [one.getvalue(), two.getvalue()]


XML = (
    b"<c r='A1'><v>1</v></c>", b"<row/>", b't="s"', b"<v>99999</v>", b"<f>1+1</f>", b't="inlineStr"',
    b"</sheetData>", b'r="XFD1048576"', b'<mergeCell ref="A1:Z9"/>', b"&#0;", b"<!DOCTYPE x>", b'hidden="1"',
    b's="999"', b"_x0000_",
)  # fmt: skip


def change_workbook(draw: Random, corpus: Sequence[bytes]) -> bytes:
    """Change the file of a workbook, or something within it."""
    if draw.random() < 0.3:
        return changed(draw, corpus, NUMBERS)
    content = unzipped(draw.choice(corpus))
    for name in draw.sample(sorted(content), draw.choice((1, 1, 2))):
        content[name] = changed(draw, [content[name]], XML)
    return zipped(content)


def unzipped(data: bytes) -> dict[str, bytes]:
    """Return the entries of a zip archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def zipped(content: dict[str, bytes]) -> bytes:
    """Return a zip archive of entries; its checksums fit."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, data in content.items():
            archive.writestr(name, data)
    return file.getvalue()


# Models.
SAMPLE = (
    "使い方がわからない、業務で使う機会がない",
    "業務で使う機会がない",
    "情報漏洩が心配、使い方がわからない",
)


@cache
def model_corpus() -> list[bytes]:
    """Return a small model with words, pairs and n-grams."""
    book, texts = load_codebook("non_use"), normalize_all(SAMPLE)
    features = learn_features(
        texts, split_words(texts), "abc", FeatureSettings(min_writers=2, min_comments=2)
    )
    k, draw = len(book.learned), np.random.default_rng(0)
    weights = draw.normal(size=(len(features), k)).astype(np.float32)
    model = Model(book, features, weights, np.zeros(k), np.zeros(k), 0.5, 0.3, 0.3, False, {"comments": 3})
    with tempfile.TemporaryDirectory() as folder:
        save_model(model, Path(folder) / "m.npz")
        return [(Path(folder) / "m.npz").read_bytes()]


def change_model(draw: Random, corpus: Sequence[bytes]) -> bytes:
    """Change the file of a model, an entry of it, or a value of its description."""
    if draw.random() < 0.3:
        return changed(draw, corpus, NUMBERS)
    content = unzipped(corpus[0])
    arrays = [name for name in sorted(content) if name.endswith(".npy")]
    description = json.loads(content["model.json"])
    if draw.random() < 0.5:
        name = draw.choice(arrays)
        content[name] = changed(draw, [content[name]], NUMBERS)
        description["sha256"][name] = sha256(content[name]).hexdigest()
    else:
        change_value(draw, description)
    text = json.dumps(description).encode()
    content["model.json"] = text if draw.random() < 0.9 else changed(draw, [text], NUMBERS)
    return zipped(content)


def change_value(draw: Random, value: Any) -> None:
    """Replace a value somewhere within JSON, or take it away."""
    key = draw.choice(sorted(value) if isinstance(value, dict) else range(len(value)))
    if isinstance(value[key], dict | list) and value[key] and draw.random() < 0.8:
        change_value(draw, value[key])
    elif draw.random() < 0.2:
        del value[key]
    else:
        value[key] = draw.choice(
            (*JSON_VALUES, value[draw.choice(list(value))] if isinstance(value, dict) else 1)
        )


def run_model(data: bytes, folder: Path) -> None:
    """Read a model and code comments with it."""
    (folder / "m.npz").write_bytes(data)
    model = load_model_file(folder / "m.npz")
    texts = normalize_all(SAMPLE)
    assert logits(model, texts).shape == (len(texts), len(model.codebook.learned))
    coding = code_normalized(model, model.codebook, texts)
    reasons(model, model.codebook, texts, coding.flags)


# Comments.
@cache
def text_corpus() -> list[bytes]:
    """Return the comments of the example wave."""
    wave = read_table(ROOT / "data" / "examples" / "staff_survey_2024.csv")
    cells = wave.iloc[:, 4:].to_numpy().ravel().tolist()
    return [cell.encode() for cell in dict.fromkeys(cells)]


def change_texts(draw: Random, corpus: Sequence[bytes]) -> bytes:
    """Make comments: random ones, spliced ones, repeated ones."""
    texts = [one_text(draw, corpus)[: LONGEST // 100] for _ in range(COMMENTS)]
    if draw.random() < 0.02:
        texts[0] *= draw.choice((10, 100))
    return BETWEEN.join(texts).encode("utf-16-le", "surrogatepass")


def one_text(draw: Random, corpus: Sequence[bytes]) -> str:
    """Make a comment."""
    match draw.randrange(5):
        case 0:
            return "".join(chr(draw.randrange(0x110000)) for _ in range(draw.randrange(12)))
        case 1:
            return "".join(draw.choice(draw.choice(LETTERS)) for _ in range(draw.randrange(40)))
        case 2:
            letters = draw.choice(LETTERS)
            return draw.choice(letters) * draw.choice((1, 11, 300)) + draw.choice(letters)
    one, two = (draw.choice(corpus).decode() for _ in "12")
    at, to = draw.randrange(len(one) + 1), draw.randrange(len(two) + 1)
    middle = draw.choice(draw.choice(LETTERS)) if draw.random() < 0.7 else chr(draw.randrange(0x110000))
    return one[:at] + middle + two[to:]


def run_texts(data: bytes, _: Path) -> None:
    """Code comments, say why, and find their duplicates."""
    model = _model()
    book = model.codebook
    texts = data[: len(data) // 2 * 2].decode("utf-16-le", "surrogatepass").split(BETWEEN)
    normalized = normalize_all(texts)
    assert normalize_all(normalized) == normalized
    coding = code_normalized(model, book, normalized)
    assert coding.flags.any(axis=1).all() and ((coding.scores >= 0) & (coding.scores <= 1)).all()
    assert len(reasons(model, book, normalized, coding.flags)) == len(texts)
    assert len(group_duplicates(texts)) == len(texts)
    for text, read in zip(texts[:3], normalized, strict=False):
        assert len(align(text, read)) == len(read)


@cache
def _model() -> Model:
    return load_model("non_use").model_


# Codebooks and surveys.
@cache
def toml_corpus() -> list[bytes]:
    """Return codebooks and a survey."""
    survey = (ROOT / "data" / "examples" / "staff_survey_2024.toml").read_bytes()
    own = (
        'title = "t"\nid_column = "番号"\n[[question]]\ncolumn = "好物"\nquestion = "best"\n'
        'codebook = "fruit.toml"\nmodel = "m.npz"\ntitle = "好物"\nbase = "市民"\n'
    )
    fruit = (
        'id = "fruit"\ntitle = "果物"\n[[category]]\nid = "apple"\nlabel = "りんご"\n'
        '[[category]]\nid = "other"\nlabel = "他"\nrole = "other"\n'
        '[[category]]\nid = "none"\nlabel = "なし"\nrole = "none"\nphrases = ["嫌い"]\n'
        '[[question]]\nid = "q"\ntitle = "t"\n[[reference]]\nid = "r"\nquestion = "q"\ntitle = "t"\n'
        'source = "s"\nunit = "%"\nvalues = { apple = 12 }\norder = ["apple"]\n'
    )
    return [
        survey,
        own.encode(),
        fruit.encode(),
        fruit.replace("fruit", "f2").encode("utf-8-sig"),
        own.encode(),
    ]


def change_toml(draw: Random, corpus: Sequence[bytes]) -> bytes:
    """Change bytes of a codebook or a survey, or its lines, so that it is TOML all the same."""
    if draw.random() < 0.4:
        return changed(draw, corpus, [word.encode() for word in TOML])
    lines = draw.choice(corpus).decode("utf-8-sig").splitlines()
    for _ in range(draw.choice((1, 1, 2, 4))):
        at, other = draw.randrange(len(lines)), draw.choice(corpus).decode("utf-8-sig").splitlines()
        key, _, value = lines[at].partition(" = ")
        match draw.randrange(4):
            case 0:
                lines[at] = draw.choice(other)
            case 1:
                lines.insert(at, draw.choice((*other, *TOML)))
            case 2 if len(lines) > 1:
                del lines[at]
            case 3 if value:
                spoilt = value[:-1] + draw.choice(TOML) + value[-1:]
                lines[at] = f"{key} = {draw.choice((draw.choice(VALUES), spoilt))}"
    return "\n".join(lines).encode()


_NUMBERS = count()


def run_toml(data: bytes, folder: Path) -> None:
    """Read a file as a codebook and as a survey; it is refused if it is neither."""
    (folder / "fruit.toml").write_bytes(toml_corpus()[2])
    # A name of its own: codebooks are remembered by their path and the time of their change.
    path = folder / f"{next(_NUMBERS)}.toml"
    path.write_bytes(data)
    refusals = []
    try:
        for read in (load_codebook, load_survey):
            try:
                read(path)
            except InputError as error:
                refusals.append(error)
    finally:
        path.unlink()
    if len(refusals) == 2:
        raise refusals[0]


TARGETS = {
    "text": Target(text_corpus, change_texts, run_texts, COMMENTS, 0.72),
    "tables": Target(csv_corpus, change_csv, run_table, 1, 0.15),
    "survey": Target(toml_corpus, change_toml, run_toml, 1, 0.1),
    "model": Target(model_corpus, change_model, run_model, 1, 0.02),
    "workbooks": Target(workbook_corpus, change_workbook, run_table, 1, 0.01),
}


@contextmanager
def watched() -> Iterator[None]:
    """Raise TooSlow when the block takes too long."""
    signal.setitimer(signal.ITIMER_REAL, SECONDS)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def run_one(target: Target, data: bytes, folder: Path) -> str:
    """Run one input; return ``"result"``, ``"refused"`` or what is wrong with how it ended."""
    before = _peak(anew=True)
    outcome = "result"
    try:
        with watched():
            target.run(data, folder)
    except InputError as error:
        outcome = "refused" if "\n" not in str(error) else f"a message of several lines: {error}"
    except (Exception, TooSlow) as error:
        outcome = f"{type(error).__name__}: {error}"
    grown = (_peak() - before) >> 10
    return outcome if grown < MEGABYTES else f"{outcome}, and {grown} MB"


def _peak(anew: bool = False) -> int:
    """Return the most memory that this process has held since it was last asked anew, in KB."""
    if anew:
        # 5 puts the mark of most memory back to what is held now (Linux, proc(5)).
        Path("/proc/self/clear_refs").write_text("5")
    status = Path("/proc/self/status").read_text()
    return int(status.partition("VmHWM:")[2].split()[0])


def fuzz(name: str, runs: int, seed: int = 0, minutes: float = 1e9, saved: Path = FOLDER) -> Tally:
    """Run the inputs of a target; those that end badly are saved into a folder."""
    target, tally = TARGETS[name], Tally(name)
    corpus = target.corpus()
    warm = Random(0)
    until, armed = time.monotonic() + 60 * minutes, 0.0
    earlier = signal.signal(signal.SIGALRM, _too_slow)
    try:
        with tempfile.TemporaryDirectory(dir=MEMORY) as folder:
            run_one(
                target, target.change(warm, corpus), Path(folder)
            )  # imports and models count for no input
            for number in range(-(-runs // target.size)):
                if time.monotonic() > until:
                    break
                data = target.change(Random(f"{seed} {name} {number}"), corpus)
                begun = time.monotonic()
                if begun > armed + 1:
                    # Where even TooSlow does not come through, the program ends and says where it was.
                    faulthandler.dump_traceback_later(3 * SECONDS + 1, exit=True)
                    armed = begun
                outcome = run_one(target, data, Path(folder))
                tally.slowest = max(tally.slowest, time.monotonic() - begun)
                tally.inputs += target.size
                tally.refused += outcome == "refused"
                if outcome not in ("result", "refused"):
                    saved.mkdir(exist_ok=True)
                    (saved / f"{name}-{seed}-{number}").write_bytes(data)
                    tally.crashes.append(f"{saved / f'{name}-{seed}-{number}'}: {outcome[:300]}")
    finally:
        faulthandler.cancel_dump_traceback_later()
        signal.signal(signal.SIGALRM, earlier)
    return tally


def _too_slow(*_: object) -> None:
    raise TooSlow(f"took more than {SECONDS} s")


def watched_functions() -> list[FunctionType]:
    """Return the functions whose lines count as reached: the program's, and the readers below it."""
    modules = [m for name, m in sys.modules.items() if name.split(".")[0] in WATCHED]
    its = [(module, value) for module in modules for value in vars(module).values()]
    return [f for module, f in its if isinstance(f, FunctionType) and f.__module__ == module.__name__]


def by_coverage(name: str, runs: int, seed: int) -> None:
    """Let atheris choose the inputs; it ends the program, and saves the input that ended badly."""
    import atheris  # type: ignore[import-untyped, import-not-found, unused-ignore]

    target = TARGETS[name]
    with tempfile.TemporaryDirectory() as folder:
        corpus = Path(folder) / "corpus"
        corpus.mkdir()
        for number, data in enumerate(target.corpus()):
            text = data.decode().encode("utf-16-le") if name == "text" else data
            (corpus / str(number)).write_bytes(text)

        def one_input(data: bytes) -> None:
            try:
                target.run(data, Path(folder))
            except InputError:
                return

        def mutated(data: bytes, max_size: int, number: int) -> bytes:
            if number % 2 or not data:
                return bytes(atheris.Mutate(data, max_size))
            try:
                made = target.change(Random(number), target.corpus() if name == "text" else [data])
            except Exception:  # it is no archive any more, or no TOML
                made = target.change(Random(number), target.corpus())
            return made[:max_size]

        limits = [f"-timeout={SECONDS}", f"-max_len={LONGEST}", "-rss_limit_mb=2500", f"-seed={seed + 1}"]
        arguments = [sys.argv[0], f"-runs={runs}", *limits, f"-artifact_prefix={FOLDER}/", str(corpus)]
        FOLDER.mkdir(exist_ok=True)
        for function in watched_functions():
            atheris.instrument_func(function)
        atheris.Setup(arguments, one_input, custom_mutator=mutated)
        atheris.Fuzz()


def main() -> int:
    """Run and print one line per target; 1 if an input ended badly."""
    parser = argparse.ArgumentParser(description="Feed the readers with what nobody would write.")
    parser.add_argument("--target", choices=[*TARGETS], help="one of them; otherwise all, in shares")
    parser.add_argument("--runs", type=int, default=100_000, help="inputs (100,000)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--minutes", type=float, default=1e9, help="at most, per target")
    parser.add_argument("--coverage", action="store_true", help="let atheris choose the inputs of a target")
    parser.add_argument("--replay", type=Path, help="a saved input of the target")
    options = parser.parse_args()
    if (options.replay or options.coverage) and not options.target:
        parser.error("--replay and --coverage go with --target")
    if options.replay:
        with tempfile.TemporaryDirectory() as folder:
            TARGETS[options.target].run(options.replay.read_bytes(), Path(folder))
        return 0
    if options.coverage:
        by_coverage(options.target, options.runs, options.seed)
        return 0
    print("target | inputs | results | refused | crashes | slowest", flush=True)
    bad = 0
    for name, target in TARGETS.items():
        if options.target in (None, name):
            runs = options.runs if options.target else round(options.runs * target.share)
            tally = fuzz(name, runs, options.seed, options.minutes)
            print(tally.row(), *tally.crashes[:20], sep="\n", flush=True)
            bad += len(tally.crashes)
    return int(bad > 0)


if __name__ == "__main__":
    sys.exit(main())
