"""How fast: beside MeCab itself, and beside what is usually written.

    python benchmarks/speed.py --data FOLDER/ews_waves_2018_2022.csv.gz [--sizes 1000 10000 100000]
        [--naive 10000] [--huge 5000000 10000000] [--labeled FOLDER] [--plot FILE]

Comments of a real survey, repeated to size with distinct suffixes so that nothing is known already, go
through everything in one run, each in a process of its own, and what is printed are ratios: to the program
``mecab -Owakati`` (Debian's) with the same dictionary on the same text, which is the limit. Also printed:
peak memory, growth per doubling, start-up against a bare ``python -c pass``, and training time. fastText and
spaCy are compared if they are installed (development only).
"""

import argparse
import importlib.util
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

REPEATS = 3  # of the fastest things; the least time counts
HERE = Path(__file__).resolve()
LABELED = HERE.parent.parent / "data" / "labeled"


@dataclass(frozen=True)
class Run:
    """What a process took: seconds by the clock, and peak memory in MB."""

    seconds: float
    megabytes: float


def run(command: Sequence[str | Path], repeats: int = 1, **environment: str) -> Run:
    """Run a command; return its least time, and its peak memory (of the largest of its processes)."""
    least, peak = float("inf"), 0.0
    for _ in range(repeats):
        begun = time.perf_counter()
        process = subprocess.Popen(
            [str(part) for part in command], stdout=subprocess.DEVNULL, env={**os.environ, **environment}
        )
        _, status, used = os.wait4(process.pid, 0)
        if status:
            sys.exit(f"{command}: failed")
        least = min(least, time.perf_counter() - begun)
        peak = max(peak, used.ru_maxrss / 1024)
    return Run(least, peak)


def write_comments(texts: Sequence[str], n: int, folder: Path) -> tuple[Path, Path]:
    """Write n different comments as a CSV file and as plain lines."""
    table, lines = folder / f"{n}.csv", folder / f"{n}.txt"
    with table.open("w", encoding="utf-8") as one, lines.open("w", encoding="utf-8") as other:
        one.write("id,text\n")
        for i in range(n):
            text = f"{texts[i % len(texts)]}{i}"
            one.write(f'{i},"{text}"\n')
            other.write(f"{text}\n")
    return table, lines


def step(name: str, table: Path, repeats: int = 1) -> Run | None:
    """Run one of the steps below in a process of its own, which itself says how long the work took."""
    least, peak = float("inf"), 0.0
    for _ in range(repeats):
        result = subprocess.run(
            [sys.executable, HERE, "--step", name, "--data", table], capture_output=True, text=True
        )
        if result.returncode:
            print(f"{name}: {result.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            return None
        seconds, megabytes = map(float, result.stdout.split()[-2:])
        least, peak = min(least, seconds), max(peak, megabytes)
    return Run(least, peak)


def in_memory(texts: list[str], jobs: int = 1) -> float:
    """Time ``cc.classify``, the model loaded before."""
    import comment_classifier as cc

    model = cc.load_model("tasks")
    cc.classify(texts[:100], model=model)
    begun = time.perf_counter()
    cc.classify(texts, model=model, n_jobs=jobs)
    return time.perf_counter() - begun


def naive(texts: list[str]) -> float:
    """Time what is usually written: fugashi, scikit-learn's vectorizers and logistic regression.

    The same features: words and pairs, characters 1 to 4, sublinear TF-IDF, ten categories.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.multiclass import OneVsRestClassifier
    from sklearn.pipeline import make_pipeline, make_union

    from comment_classifier.codebook import load_codebook
    from comment_classifier.labels import label_matrix
    from comment_classifier.tables import read_table

    labelled = read_table(LABELED / "tasks.csv").head(3000)
    flags = label_matrix(labelled["labels"], load_codebook("tasks"))
    words = TfidfVectorizer(
        tokenizer=_words, token_pattern=None, ngram_range=(1, 2), min_df=3, sublinear_tf=True
    )
    letters = TfidfVectorizer(analyzer="char", ngram_range=(1, 4), min_df=3, sublinear_tf=True)
    pipeline = make_pipeline(make_union(words, letters), OneVsRestClassifier(LogisticRegression()))
    pipeline.fit(labelled["text"], flags)
    begun = time.perf_counter()
    pipeline.predict_proba(texts)
    return time.perf_counter() - begun


def _words(text: str) -> list[str]:
    return [str(word.surface) for word in _tagger()(text)]


@cache
def _tagger() -> Any:
    import fugashi

    return fugashi.Tagger()


def by_fasttext(texts: list[str]) -> float:
    """Time fugashi's wakati and fastText, trained on the same comments."""
    import fasttext
    import fugashi

    from comment_classifier.tables import read_table

    wakati = fugashi.Tagger("-Owakati")
    labelled = read_table(LABELED / "tasks.csv").head(3000)
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
        for text, labels in zip(labelled["text"], labelled["labels"], strict=True):
            said = " ".join(f"__label__{label}" for label in labels.split("|"))
            file.write(f"{said} {wakati.parse(' '.join(text.split()))}\n")
        file.flush()
        model = fasttext.train_supervised(file.name, loss="ova", wordNgrams=2, verbose=0, thread=1)
    begun = time.perf_counter()
    for text in texts:
        model.f.predict(wakati.parse(text) + "\n", -1, 0.5, "strict")
    return time.perf_counter() - begun


def by_spacy(texts: list[str]) -> float:
    """Time fugashi's wakati and spaCy's bag-of-words text categoriser, of ten categories, untrained."""
    import fugashi
    import spacy
    from spacy.tokens import Doc

    wakati = fugashi.Tagger("-Owakati")
    nlp = spacy.blank("xx")
    nlp.tokenizer = lambda text: Doc(nlp.vocab, words=wakati.parse(text).split())
    model = {"@architectures": "spacy.TextCatBOW.v3", "exclusive_classes": False, "ngram_size": 2}
    categoriser = nlp.add_pipe("textcat_multilabel", config={"model": {**model, "no_output_layer": False}})
    for number in range(10):
        categoriser.add_label(f"c{number}")
    nlp.initialize()
    begun = time.perf_counter()
    for _ in nlp.pipe(texts):
        pass
    return time.perf_counter() - begun


STEPS = {
    "in memory": in_memory,
    "naive": naive,
    "fastText": by_fasttext,
    "spaCy": by_spacy,
}


def do_step(name: str, table: Path) -> None:
    """Do one step and print its seconds and this process's peak memory in MB."""
    texts = pd.read_csv(table, dtype=str, keep_default_na=False)["text"].tolist()
    seconds = STEPS[name](texts)
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def classify(table: Path, jobs: int, folder: Path) -> Run:
    """Classify a file into a folder by the command, everything included."""
    out = folder / "out"
    shutil.rmtree(out, ignore_errors=True)
    command: list[str | Path] = [sys.executable, "-m", "comment_classifier", "classify", table, "--out", out]
    taken = run([*command, "--question", "use_cases", "--column", "text", "--jobs", str(jobs)])
    shutil.rmtree(out)
    return taken


def compare(texts: list[str], sizes: Sequence[int], most_naive: int, folder: Path) -> pd.DataFrame:
    """Run everything at every size."""
    import unidic_lite

    mecab: list[str | Path] = ["mecab", "-r", "/dev/null", "-d", unidic_lite.DICDIR, "-Owakati"]
    rows = []
    for n in sizes:
        table, lines = write_comments(texts, n, folder)
        repeats = REPEATS if n <= 100_000 else 1
        limit = run([*mecab, lines], repeats)
        runs: dict[str, Run | None] = {"mecab -Owakati": limit}
        runs["cc.classify, one process"] = step("in memory", table, repeats)
        runs["classify, file to files, 1 process"] = classify(table, 1, folder)
        runs["classify, file to files, 2 processes"] = classify(table, 2, folder)
        if n <= most_naive:
            runs["naive scikit-learn"] = step("naive", table)
            for name, package in (("fastText", "fasttext"), ("spaCy", "spacy")):
                if importlib.util.find_spec(package):
                    runs[f"fugashi + {name}"] = step(name, table)
        for name, taken in runs.items():
            if taken is not None:
                ratio = limit.seconds / taken.seconds
                rows.append((n, name, taken.seconds, n / taken.seconds, ratio, taken.megabytes))
                print(f"| {n:,} | {name} | {taken.seconds:.2f} | {n / taken.seconds:,.0f} | {ratio:.2f} "
                      f"| {taken.megabytes:,.0f} |", flush=True)  # fmt: skip
        table.unlink()
        lines.unlink()
    columns = ["n", "what", "seconds", "a second", "ratio", "MB"]
    return pd.DataFrame(rows, columns=columns)


def huge(texts: list[str], sizes: Sequence[int], folder: Path) -> None:
    """Classify files too large for memory; print the cost of a comment and the peak memory."""
    print("\n| comments | seconds | µs a comment | peak MB |\n|---:|---:|---:|---:|")
    for n in sizes:
        table, lines = write_comments(texts, n, folder)
        lines.unlink()
        taken = classify(table, 1, folder)
        table.unlink()
        print(
            f"| {n:,} | {taken.seconds:.0f} | {1e6 * taken.seconds / n:.1f} | {taken.megabytes:.0f} |",
            flush=True,
        )


def start_up() -> None:
    """Print how long starting takes, against a bare Python."""
    python = sys.executable
    bare = run([python, "-c", "pass"], 15).seconds
    one = "import comment_classifier as cc; cc.categories('議事録の要約', 'use_cases')"
    frame = "import comment_classifier as cc; cc.classify(['議事録の要約'], 'use_cases')"
    print(f"\nbare python -c pass: {1000 * bare:.0f} ms")
    commands: dict[str, list[str | Path]] = {
        "comment-classifier --help": [Path(python).with_name("comment-classifier"), "--help"],
        "import comment_classifier": [python, "-c", "import comment_classifier"],
        "import numpy": [python, "-c", "import numpy"],
        "one comment, cc.categories": [python, "-c", one],
        "one comment, cc.classify": [python, "-c", frame],
    }
    for name, command in commands.items():
        taken = run(command, 7).seconds
        print(f"{name}: {1000 * taken:.0f} ms, {taken / bare:.1f} times")


def training(sizes: Sequence[int]) -> None:
    """Print how long training takes, whole voices held out in five folds."""
    import comment_classifier as cc

    labelled = cc.read_table(LABELED / "tasks.csv")
    print("\n| labelled comments | training with cross-validation, s |\n|---:|---:|")
    for n in sizes:
        copies = [labelled.assign(text=labelled["text"] + "※" * c) for c in range(3)]
        some = pd.concat(copies, ignore_index=True).head(n)
        begun = time.perf_counter()
        cc.train(some, "tasks")
        print(f"| {len(some):,} | {time.perf_counter() - begun:.1f} |", flush=True)


def plot(table: pd.DataFrame, path: Path) -> None:
    """Draw comments a second by size."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(figsize=(7, 4.2), layout="constrained")
    for name, part in table.groupby("what", sort=False):
        axes.plot(part["n"], part["a second"], marker="o", markersize=4, label=name)
    axes.set(xscale="log", yscale="log", xlabel="comments", ylabel="comments a second")
    axes.grid(alpha=0.3)
    figure.legend(fontsize=8, frameon=False, loc="outside lower center", ncols=2)
    figure.savefig(path, dpi=110)


def main() -> None:
    """Measure and print everything."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FILE")
    parser.add_argument("--sizes", type=int, nargs="*", default=[1000, 10_000, 100_000])
    parser.add_argument("--naive", type=int, default=10_000, metavar="N", help="slow ones up to this size")
    parser.add_argument("--huge", type=int, nargs="*", default=[], metavar="N")
    parser.add_argument("--train", type=int, nargs="*", default=[], metavar="N")
    parser.add_argument("--plot", type=Path, metavar="FILE")
    parser.add_argument("--folder", type=Path, metavar="DIR", help="for the files (default: a temporary one)")
    parser.add_argument("--step", choices=STEPS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.step:
        do_step(options.step, options.data)
        return
    frame = pd.read_csv(options.data, dtype=str, keep_default_na=False)
    texts = [" ".join(text.replace('"', "").split()) for text in frame["text"]]
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        if options.sizes:
            if shutil.which("mecab") is None:
                sys.exit("the program mecab is needed (Debian: apt-get install mecab)")
            print("| comments | what | s | a second | ratio to mecab | peak MB |")
            print("|---:|---|---:|---:|---:|---:|")
            table = compare(texts, options.sizes, options.naive, Path(name))
            if options.plot:
                plot(table, options.plot)
        if options.huge:
            huge(texts, options.huge, Path(name))
    start_up()
    if options.train:
        training(options.train)


if __name__ == "__main__":
    main()
