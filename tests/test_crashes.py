"""Whatever ends a program, its files are those of before or those of after, and what it says of them is true."""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest

from comment_classifier import ending, files
from comment_classifier.errors import InputError
from comment_classifier.files import finish_files, whole_file, whole_folder
from comment_classifier.runs import at_rest, read_run
from conftest import ROOT
from test_retraining import killed_at

sys.path.insert(0, str(ROOT / "benchmarks"))
import kills

resource = pytest.importorskip("resource", reason="needs the limits of Unix")
pytestmark = pytest.mark.skipif(
    not hasattr(os, "fork"), reason="needs fork and kill -9, which Windows does not have"
)
LARGEST = {"classify": 3, "sample": 3, "labels import": 0, "train": 3}  # kilobytes of a file
ROOM = {"classify": 4, "labels import": 0, "train": 2}  # pages left on the disk


@pytest.fixture(scope="module")
def scenes(tmp_path_factory):
    """A wave to classify again, a sheet to import, labels to learn from: see ``benchmarks/kills.py``."""
    folder = tmp_path_factory.mktemp("scenes")
    return {
        make.__name__: make(folder / make.__name__)
        for make in (kills.classify, kills.labels_import, kills.train)
    }


@pytest.fixture
def place(tmp_path):
    return tmp_path / "place"


def started(folder, *arguments, **how):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
    command = [sys.executable, "-m", "comment_classifier", *map(str, arguments)]
    return subprocess.Popen(
        command, cwd=folder, stderr=subprocess.PIPE, text=True, start_new_session=True, env=environment,
        **{"stdout": subprocess.PIPE} | how,
    )  # fmt: skip


def everything(folder):
    """What lies in a folder, hidden or not, but for locks and times of day."""
    return {p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def write_run(out, said, *, charts=("a.png", "b.svg")):
    with whole_folder(out) as made:
        (made / ".texts").mkdir()
        (made / ".texts" / "0").write_text("kept meanwhile")
        (made / "charts").mkdir()
        for name in ("comments.csv", "run.json", *(f"charts/{name}" for name in charts)):
            (made / name).write_text(said)


def test_kill_at_every_write_of_a_folder_leaves_one_run_in_all_its_files(tmp_path):
    out, outcomes = tmp_path / "out", set()
    for step in range(1, 200):
        shutil.rmtree(out, ignore_errors=True)
        write_run(out, "earlier")
        (out / "mine.txt").write_text("mine")
        killed = killed_at(step, lambda: write_run(out, "later", charts=("a.png", "c.svg")))
        finish_files(out)
        said = {p.name: p.read_text() for p in out.rglob("*") if p.is_file() and not _hidden(p, out)}
        assert said.pop("mine.txt") == "mine"
        later = said["run.json"] == "later"
        kept = {"b.svg": "earlier"} if later else {}
        assert said == dict.fromkeys(("comments.csv", "run.json", "a.png", "c.svg"), "later") | kept or (
            said == dict.fromkeys(("comments.csv", "run.json", "a.png", "b.svg"), "earlier")
        )
        outcomes.add(later)
        write_run(out, "last")
        assert not [p for p in out.rglob("*") if _hidden(p, out)]
        if not killed:
            break
    assert outcomes == {True, False} and step > 10


def _hidden(path, folder):
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def test_a_second_run_into_the_same_folder_waits_or_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "_WAIT", 0.2)
    out = tmp_path / "out"
    with whole_folder(out) as made:
        (made / "a").write_text("first")
        with pytest.raises(InputError, match="another program is writing to it; nothing was changed"):
            write_run(out, "second")
    assert [p.name for p in out.iterdir()] == ["a"]


def test_what_dead_programs_left_goes_and_what_living_ones_write_stays(tmp_path):
    path = tmp_path / "a.csv"
    dead, others = tmp_path / ".a.csv.abcd1234.csv", tmp_path / ".a.csv.mine.csv"
    dead.write_text("half")
    others.write_text("not of this program")
    with whole_file(path) as first:
        first.write_text("first")
        with whole_file(path) as second:
            second.write_text("second")
            assert first.exists() and not dead.exists()
        assert path.read_text() == "second"
    assert path.read_text() == "first"
    assert {p.name for p in tmp_path.iterdir()} == {"a.csv", others.name}


def test_a_folder_that_was_made_for_nothing_goes_with_those_above_it(tmp_path):
    with pytest.raises(RuntimeError), whole_folder(tmp_path / "a" / "b" / "c"):
        raise RuntimeError
    with pytest.raises(RuntimeError), whole_file(tmp_path / "a" / "b" / "c.txt"):
        raise RuntimeError
    assert not list(tmp_path.iterdir())


def test_a_file_where_a_folder_is_to_be_is_named_and_nothing_is_moved(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "charts").write_text("mine")
    with pytest.raises(InputError, match="charts: is a file where a folder"):
        write_run(out, "new")
    assert [p.name for p in out.iterdir()] == ["charts"]


def test_a_reader_ends_what_a_killed_run_began_to_move(scenes, place):
    kills.fresh(scenes["classify"], place)
    before = read_run(place / "out").table
    ready = place / "out" / ".ready.abcd1234"
    ready.mkdir()
    for name in ("comments.csv", "run.json"):
        shutil.copy(place / "out" / name, ready / name)
    (place / "out" / "comments.csv").write_text("an earlier run", encoding="utf-8")
    assert read_run(place / "out").table.equals(before) and not ready.exists()


COMMANDS = {
    "classify": ("classify", ["classify", "two.csv", "--question", "risks", "--column", kills.COLUMNS["risks"], "--out", "out"]),
    "classify --jobs 2": ("classify", ["classify", "two.csv", "--question", "risks", "--column", kills.COLUMNS["risks"], "--out", "out", "--jobs", "2"]),
    "compare": ("classify", ["compare", "out", "out", "--out", "new"]),
    "sample": ("classify", ["sample", "two.csv", "--question", "risks", "--column", kills.COLUMNS["risks"], "--out", "new.xlsx"]),
    "labels import": ("labels_import", ["labels", "import", "sheet2.xlsx", "--labels", "labeled"]),
    "train": ("train", ["train", "fruit.toml", "--labels", "labeled", "--models", "models", "--add", "new.csv", "--force"]),
    "model rollback": ("train", ["model", "rollback", "fruit", "--to", "1", "--models", "models"]),
}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "number"),
    [(name, signal.SIGINT) for name in COMMANDS]
    + [(name, signal.SIGTERM) for name in ("classify --jobs 2", "labels import", "train")],
)
def test_a_command_that_is_stopped_says_whether_it_changed_something(scenes, place, name, number):
    scene, arguments = COMMANDS[name]
    kills.fresh(scenes[scene], place)
    before = everything(place)
    process = started(place, *arguments)
    kills.wait_for(process, place, "")
    process.send_signal(number)
    _, err = process.communicate(timeout=60)
    assert err.count("\n") == 1 or not err, err
    if "nothing was changed" in err:
        assert everything(place) == before
    else:
        assert not err or "written before that, and whole: " in err
    # Interrupted in an import of C code, Python ends by the signal itself, which a shell shows as 130, too.
    assert process.returncode in (130, -signal.SIGINT) or (process.returncode == 0 and not err)
    assert not list(place.rglob(".*"))
    assert not _session(process.pid)


def _session(leader):
    """The processes of a session that still live.

    One that has given its memory back runs no more code, but stands in the list for a moment yet (Python's
    trackers of resources end when their parent has): it is waited for.
    """
    while True:
        found = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = stat.read_text().rpartition(")")[2].split()
                if int(fields[3]) == leader and fields[0] != "Z":
                    found[stat.parent.name] = stat.with_name("cmdline").read_bytes()
            except OSError:
                continue
        if all(found.values()):
            return list(found)
        time.sleep(0.01)


def test_a_signal_while_files_move_waits_until_they_are_in_their_places(tmp_path, monkeypatch):
    out, seen = tmp_path / "out", []

    def bring(new, place, really=files._bring):
        ending.stop()
        ending.stop()
        seen.append(place)
        really(new, place)

    monkeypatch.setattr(files, "_bring", bring)
    ending.begin()
    with pytest.raises(KeyboardInterrupt):
        write_run(out, "new")
    assert len(seen) == 4 and ending.written() == [out]
    assert {p.name for p in out.iterdir()} == {"comments.csv", "run.json", "charts"}
    ending.begin()


def _no_more_than(kilobytes):
    def limit():
        resource.setrlimit(resource.RLIMIT_FSIZE, (kilobytes << 10, kilobytes << 10))

    return limit


@pytest.mark.parametrize("name", ["classify", "sample", "labels import", "train"])
def test_a_full_disk_is_said_in_one_line_and_changes_nothing(scenes, place, name):
    """By a limit on the size of a file, which every system refuses as it refuses a full disk."""
    scene, arguments = COMMANDS[name]
    kills.fresh(scenes[scene], place)
    before = everything(place)
    process = started(place, *arguments, preexec_fn=_no_more_than(LARGEST[name]))
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and err.count("\n") == 1 and "What was there stays as it was" in err, err
    assert everything(place) == before and not list(place.rglob(".*"))


@pytest.mark.parametrize("name", ["classify", "labels import", "train"])
def test_a_disk_that_is_really_full(scenes, tmp_path, name):
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(
        ["mount", "-t", "tmpfs", "-o", "size=4m", "none", place], capture_output=True
    ).returncode:
        pytest.skip(
            "no right to mount a small disk; the test with a limit on the size of files stands for it"
        )
    try:
        scene, arguments = COMMANDS[name]
        shutil.copytree(scenes[scene].start, place, dirs_exist_ok=True)
        room = os.statvfs(place)
        (place / "ballast").write_bytes(b"x" * ((room.f_bavail - ROOM[name]) * room.f_frsize))
        before = everything(place)
        process = started(place, *arguments)
        _, err = process.communicate(timeout=60)
        assert process.returncode == 1 and err.count("\n") == 1 and "No space left on device" in err, err
        assert everything(place) == before and not list(place.rglob(".*"))
    finally:
        subprocess.run(["umount", place], check=True)


@pytest.mark.parametrize("name", ["classify", "sample", "labels import", "train", "model rollback"])
def test_a_folder_that_may_not_be_written_to_is_named(scenes, place, name):
    scene, arguments = COMMANDS[name]
    kills.fresh(scenes[scene], place)
    with _read_only(place):
        process = started(place, *arguments)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and err.count("\n") == 1 and "cannot be written to" in err, err
    assert everything(place) == everything(scenes[scene].start)


@contextmanager
def _read_only(place):
    """Make a folder read-only; root, whom no mode stops, by a mount."""
    if os.geteuid():
        subprocess.run(["chmod", "-R", "a-w", place], check=True)
        yield
        subprocess.run(["chmod", "-R", "u+w", place], check=True)
        return
    if subprocess.run(["mount", "--bind", place, place], capture_output=True).returncode:
        pytest.skip("root without the right to mount; run the tests as another user")
    try:
        subprocess.run(["mount", "-o", "remount,ro,bind", place], check=True)
        yield
    finally:
        subprocess.run(["umount", place], check=True)


def test_two_runs_at_once_leave_one_of_them_whole(scenes, place):
    scene = scenes["classify"]
    kills.fresh(scene, place)
    common = COMMANDS["classify"][1][2:]
    both = [started(place, "classify", wave, *common) for wave in ("one.csv", "two.csv")]
    for process in both:
        _, err = process.communicate(timeout=120)
        assert process.returncode == 0 or "another program is writing to it" in err
    held = read_run(place / "out")
    assert len(held.table) == held.said["rows"] and not list(place.rglob(".*"))


def test_kills_at_random_moments(scenes, place):
    counts, faults = kills.run(list(scenes.values()), 18, 1, place)
    assert not faults and sum(its["kills"] for its in counts.values()) == 18
    assert all(its[kills.CORRUPT] == 0 for its in counts.values())


@pytest.mark.parametrize("name", ["classify", "train"])
def test_an_output_that_cannot_be_written_says_that_the_files_are_whole(scenes, place, name):
    scene, arguments = COMMANDS[name]
    kills.fresh(scenes[scene], place)
    with Path("/dev/full").open("w") as full:
        process = started(place, *arguments, stdout=full)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1 and err.count("\n") == 1 and "the output cannot be written" in err, err
    assert "; written before that, and whole: " in err


def test_a_reader_waits_for_a_run_that_moves_its_files(tmp_path):
    out, seen = tmp_path / "out", []
    write_run(out, "earlier")

    def read():
        said = (out / "run.json").read_text()
        if not seen:
            write_run(out, "later")
        seen.append(said)
        return said, (out / "comments.csv").read_text()

    assert at_rest(out, read) == ("later", "later") and seen == ["earlier", "later"]
