"""Kill -9 at random moments: what lies in the folders afterwards is the earlier state or the later one.

    python benchmarks/kills.py --kills 1000

starts the real command again and again (``classify`` over a folder that holds another wave, ``labels
import`` of a sheet of two codebooks, ``train`` with labels to take in), kills its whole process group, and
reads what it left with the package's own readers. Every file has to be, byte by byte, that of before the
command or that of after it, and those that belong together have to be of one state; times of day in
``run.json`` and ``version.json`` are left out. Half of the moments are uniform over the usual duration, a
quarter over the time in which the command writes, and a quarter within milliseconds of the moment from
which its files count as written. Every tenth time the command is run again afterwards: it has to reach the
later state and to clear away what the killed one left.
"""

import argparse
import hashlib
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import openpyxl
import pandas as pd

from comment_classifier.codebook import load_codebook
from comment_classifier.errors import InputError
from comment_classifier.labels import read_labels
from comment_classifier.model_file import load_model_file
from comment_classifier.runs import read_run
from comment_classifier.store import versions

ROOT = Path(__file__).resolve().parent.parent
WAVE = ROOT / "data" / "examples" / "staff_survey_2024.csv"
COLUMNS = {"risks": "生成物に対するリスクや問題点", "improvements": "改善してほしい点・要望"}
FRUIT = ROOT / "tests" / "data" / "fruit.toml"
EARLIER, LATER, BETWEEN, CORRUPT = "earlier", "later", "labels in, model earlier", "corrupt"
MOMENTS = ("any", "any", "writing", "moving")
AGAIN_EVERY = 10
AROUND = 0.006  # seconds around the move in which a quarter of the kills fall

State = dict[str, str]


@dataclass(frozen=True)
class Scene:
    """A command, the folder it changes, and how that folder is read.

    Attributes:
        name: of the command.
        start: the folder as it is before.
        command: its arguments.
        look: reads a folder like ``start``: a digest per file, or an exception that says what is wrong.
        judge: names the state, given those of before and after.
        same: the files that are the same when the command was run again after it had come to its end.

    """

    name: str
    start: Path
    command: Callable[[Path], list[str]]
    look: Callable[[Path], State]
    judge: Callable[[State, State, State], str]
    same: tuple[str, ...] = ()


@dataclass(frozen=True)
class Known:
    """What a command comes to when nobody kills it.

    Attributes:
        before: the state before.
        after: the state after.
        seconds: how long it takes.
        writes: seconds from its first trace in the folder to its end.

    """

    before: State
    after: State
    seconds: float
    writes: float


def main() -> None:
    """Kill, look, and print a table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--kills", type=int, default=1000, metavar="N", help="in all (default: 1000)")
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="of the moments (default: 0)")
    options = parser.parse_args()
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="kills") as folder:
        scenes = [make(Path(folder) / make.__name__) for make in (classify, labels_import, train)]
        counts, faults = run(scenes, options.kills, options.seed, Path(folder) / "place")
    print_table(counts)
    for fault in faults:
        print(f"! {fault}")
    print(f"{time.monotonic() - begun:.0f} s")
    sys.exit(bool(faults))


def run(scenes: list[Scene], kills: int, seed: int, place: Path) -> tuple[dict[str, Counter[str]], list[str]]:
    """Kill the commands in turn.

    Args:
        scenes: the commands.
        kills: how many in all.
        seed: of the moments.
        place: a folder to make and to work in.

    Returns:
        By command how often each state was found; and what was wrong.

    """
    moments = random.Random(seed)
    known = {scene.name: watch(scene, place) for scene in scenes}
    counts: dict[str, Counter[str]] = {scene.name: Counter() for scene in scenes}
    faults = []
    with suppress(KeyboardInterrupt):  # then what was found so far is shown
        for number in range(kills):
            scene = scenes[number % len(scenes)]
            fresh(scene, place)
            moment = MOMENTS[number // len(scenes) % len(MOMENTS)]
            was_running = kill(scene, place, known[scene.name], moment, moments)
            state, fault = judged(scene, place, known[scene.name])
            counts[scene.name].update([state, "kills", "running" if was_running else "over"])
            if not fault and number // len(scenes) % AGAIN_EVERY == 0:
                fault = finish(scene, place, known[scene.name])
                counts[scene.name]["again"] += 1
            if fault:
                faults.append(f"{scene.name}, kill {number} ({moment}): {fault}")
    return counts, faults


def print_table(counts: dict[str, Counter[str]]) -> None:
    """Print how often each state was found."""
    names = ("kills", "running", EARLIER, BETWEEN, LATER, CORRUPT, "again")
    print(
        "| command | kills | of these while it ran | earlier | labels in, model earlier | later | corrupt |",
        end="",
    )
    print(" run again to its end |\n|---|" + "---:|" * len(names))
    for command, its in counts.items():
        print(f"| {command} | " + " | ".join(str(its[name]) for name in names) + " |")


def start_command(scene: Scene, place: Path) -> subprocess.Popen[bytes]:
    """Start a command in a process group of its own."""
    arguments = [sys.executable, "-m", "comment_classifier", *scene.command(place)]
    return subprocess.Popen(
        arguments,
        cwd=place,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )


def fresh(scene: Scene, place: Path) -> Path:
    """Put the state of before into a folder."""
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(scene.start, place)
    return place


def watch(scene: Scene, place: Path) -> Known:
    """Run a command to its end."""
    before = scene.look(fresh(scene, place))
    begun = time.monotonic()
    process = start_command(scene, place)
    first = wait_for(process, place, "")
    _, said = process.communicate()
    if process.returncode:
        raise SystemExit(f"{scene.name}: {said.decode()}")
    seconds, writes = time.monotonic() - begun, time.monotonic() - first
    return Known(before, scene.look(place), seconds, writes)


def wait_for(process: subprocess.Popen[bytes], place: Path, prefix: str) -> float:
    """Wait until a hidden file or folder whose name begins so appears; return when, or when it ended."""
    while process.poll() is None:
        if any(True for _ in hidden(place, prefix)):
            break
        time.sleep(0.0003)
    return time.monotonic()


def hidden(place: Path, prefix: str = "") -> list[Path]:
    """Return what programs keep for themselves in the folders of a scene."""
    found = []
    for folder, inner, names in os.walk(place):
        found += [Path(folder, name) for name in (*inner, *names) if name.startswith(f".{prefix}")]
    return found


def kill(scene: Scene, place: Path, known: Known, moment: str, moments: random.Random) -> bool:
    """Start a command and kill its process group at a moment; tell if it was still running."""
    process = start_command(scene, place)
    if moment == "any":
        time.sleep(moments.uniform(0, 1.02 * known.seconds))
    elif moment == "writing":
        wait_for(process, place, "")
        time.sleep(moments.uniform(0, known.writes))
    else:
        wait_for(process, place, "ready")
        time.sleep(max(0.0, moments.uniform(-AROUND / 2, AROUND)))
    was_running = process.poll() is None
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return was_running


def judged(scene: Scene, place: Path, known: Known) -> tuple[str, str]:
    """Return the state of a folder, and what is wrong with it, blank if nothing."""
    try:
        state = scene.look(place)
    except (InputError, OSError, ValueError, KeyError, AssertionError) as error:
        return CORRUPT, f"{type(error).__name__}: {error}"
    said = scene.judge(state, known.before, known.after)
    if said != CORRUPT:
        return said, ""
    which = []
    for name in sorted(state.keys() | known.before.keys() | known.after.keys()):
        now, earlier, later = (its.get(name) for its in (state, known.before, known.after))
        which.append(f"{name} {'earlier' * (now == earlier)}{'later' * (now == later)}")
    return said, "; ".join(which)


def finish(scene: Scene, place: Path, known: Known) -> str:
    """Run the command again to its end; return what is wrong then, blank if nothing."""
    process = start_command(scene, place)
    _, said = process.communicate()
    if process.returncode:
        return f"the command again: {said.decode().strip()}"
    state = scene.look(place)
    wrong = [name for name in scene.same or known.after if state.get(name) != known.after[name]]
    left = [str(p.relative_to(place)) for p in hidden(place)]
    return f"after the command again not as expected: {wrong}; left: {left}" if wrong or left else ""


def digests(folder: Path) -> State:
    """Return a digest per file; times of day do not count, nor what programs keep for themselves."""
    found = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder)
        if path.is_file() and not any(part.startswith(".") for part in name.parts):
            data = path.read_bytes()
            if path.name == "run.json":
                said = json.loads(data)
                data = json.dumps(
                    {k: v for k, v in said.items() if k not in ("started", "finished")}
                ).encode()
            found[str(name)] = hashlib.sha256(data).hexdigest()
    return found


def one_of_two(state: State, before: State, after: State) -> str:
    """Name the state of files that all belong together."""
    return EARLIER if state == before else LATER if state == after else CORRUPT


def command(place: Path, *arguments: str) -> None:
    """Run a command that prepares a scene."""
    done = subprocess.run(
        [sys.executable, "-m", "comment_classifier", *arguments],
        cwd=place,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT / "src")},
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(arguments)}: {done.stderr}")


def classify(folder: Path) -> Scene:
    """Classify a few answers into a folder that holds the run of others."""
    folder.mkdir()
    answers = pd.read_csv(WAVE, dtype=str, keep_default_na=False)[COLUMNS["risks"]]
    answers = answers[answers != ""]
    answers.iloc[:15].to_csv(folder / "one.csv", index=False)
    answers.iloc[15:40].to_csv(folder / "two.csv", index=False)
    common = ["--question", "risks", "--column", COLUMNS["risks"], "--out", "out"]
    command(folder, "classify", "one.csv", *common)
    (folder / "out" / "mine.txt").write_text("not of this program", encoding="utf-8")

    def look(place: Path) -> State:
        held = read_run(place / "out")
        coded = held.coded("risks")
        assert len(coded) == held.said["rows"], "comments.csv is not of run.json"
        return digests(place / "out")

    return Scene("classify", folder, lambda _: ["classify", "two.csv", *common], look, one_of_two)


def labels_import(folder: Path) -> Scene:
    """Take a sheet of two codebooks into labels that hold those of another sheet."""
    folder.mkdir()
    survey = 'title = "t"\n' + "".join(
        f'[[question]]\ncolumn = "{heading}"\nquestion = "{name}"\n' for name, heading in COLUMNS.items()
    )
    (folder / "survey.toml").write_text(survey, encoding="utf-8")
    for number in ("1", "2"):
        sheet = f"sheet{number}.xlsx"
        drawn = ["--useful", "0", "--random", "6", "--seed", number]
        command(folder, "labels", "export", str(WAVE), "--survey", "survey.toml", "--out", sheet, *drawn)
        fill(folder / sheet)
    command(folder, "labels", "import", "sheet1.xlsx", "--labels", "labeled")

    def look(place: Path) -> State:
        for name in COLUMNS:
            read_labels(place / "labeled" / f"{name}.csv", load_codebook(name))
        return digests(place / "labeled")

    arguments = ["labels", "import", "sheet2.xlsx", "--labels", "labeled"]
    return Scene("labels import", folder, lambda _: arguments, look, one_of_two)


def fill(sheet: Path) -> None:
    """Mark the first category of every comment, as a coder would."""
    book = openpyxl.load_workbook(sheet)
    for name in COLUMNS:
        page = book[name]
        headings = [cell.value for cell in page[1]]
        for row in range(2, page.max_row + 1):
            page.cell(row, 3).value = "○"
            page.cell(row, headings.index("読んだ人") + 1).value = "山田"
    book.save(sheet)


def train(folder: Path) -> Scene:
    """Train a small codebook's model anew, with a table of labels to take in."""
    folder.mkdir()
    shutil.copyfile(FRUIT, folder / "fruit.toml")
    said = {"apple": "りんご", "orange": "みかん"}
    rows = [
        (f"c{i}-{label}", f"{word}が{how}{i}", label, f"v{i}", "山田")
        for i, how in enumerate(
            ("好き", "甘い", "おいしい", "毎日ほしい", "安い", "赤い", "旬だ", "一番") * 3
        )
        for label, word in said.items()
    ]
    frame = pd.DataFrame(rows, columns=["id", "text", "labels", "voice", "coder"])
    (folder / "labeled").mkdir()
    frame.iloc[:40].to_csv(folder / "labeled" / "fruit.csv", index=False)
    frame.iloc[40:].to_csv(folder / "new.csv", index=False)
    common = ["train", "fruit.toml", "--labels", "labeled", "--models", "models"]
    command(folder, *common)
    again = [*common, "--add", "new.csv", "--force"]
    # A model that was trained beside another one says so in its card, so that only the labels are the same.
    return Scene("train", folder, lambda _: again, look_at_models, of_training, ("fruit.csv",))


def look_at_models(place: Path) -> State:
    """Read the labels, the current model with its card, and every version."""
    known = versions("fruit", place / "models")
    book = load_codebook(place / "fruit.toml")
    read_labels(place / "labeled" / "fruit.csv", book)
    for version in known:
        load_model_file(version.path, book)
    current = place / "models" / "fruit.model.npz"
    load_model_file(current, book)
    (one,) = (version for version in known if version.current)
    assert one.path.read_bytes() == current.read_bytes(), "the current model is not its version"
    assert one.card == (place / "models" / "fruit.md").read_text(encoding="utf-8"), "the card is another's"
    kept = {f"models/{k}": v for k, v in digests(place / "models").items() if not k.startswith("history")}
    return {**digests(place / "labeled"), **kept}


def of_training(state: State, before: State, after: State) -> str:
    """Name the state of labels and model; labels are taken in first, each step whole."""
    labels_in = {**before, "fruit.csv": after["fruit.csv"]}
    return BETWEEN if state == labels_in else one_of_two(state, before, after)


if __name__ == "__main__":
    main()
