"""New labels in, a better model out, or the old one stays; whatever interrupts, nothing is half done."""

import os
import shutil
import signal
import sys
from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pytest

import comment_classifier as cc
from comment_classifier.cli import main
from comment_classifier.comparison import compare_models
from comment_classifier.labelling import export_sheet, import_sheet
from comment_classifier.labels import SEPARATOR, read_labels
from comment_classifier.model_file import SUFFIX, model_path
from comment_classifier.retraining import doubts, labels_file, retrain
from comment_classifier.store import find_version, roll_back, versions
from comment_classifier.survey import single_question
from comment_classifier.tables import write_csv
from conftest import ROOT

NEW_VOICES = 8


def write(frame, path):
    write_csv(frame.assign(labels=[SEPARATOR.join(labels) for labels in frame["labels"]]), path)


@pytest.fixture(scope="module")
def parts():
    """Labelled reasons for not using AI: most voices, and those of eight further ones."""
    frame = read_labels(ROOT / "data" / "labeled" / "non_use.csv", cc.load_codebook("non_use"))
    new = frame["voice"].isin(sorted(set(frame["voice"]))[:NEW_VOICES])
    return frame[~new], frame[new].reset_index(drop=True)


@pytest.fixture(scope="module")
def trained(parts, tmp_path_factory):
    """A folder of labels and one of models, one version in it."""
    folder = tmp_path_factory.mktemp("trained")
    (folder / "labeled").mkdir()
    write(parts[0], folder / "labeled" / "non_use.csv")
    (folder / "models").mkdir()
    first = retrain(cc.load_codebook("non_use"), folder / "labeled", folder / "models")
    assert first.version.current
    return folder


@pytest.fixture
def place(trained, tmp_path):
    shutil.copytree(trained, tmp_path / "place")
    return tmp_path / "place"


def state(place):
    return {
        p: p.read_bytes() for p in (place / "labeled" / "non_use.csv", place / "models" / f"non_use{SUFFIX}")
    }


def test_good_labels_make_a_new_current_model(place, parts, capsys):
    write(parts[1], place / "new.csv")
    arguments = ["train", "non_use", "--labels", place / "labeled", "--models", place / "models"]
    assert main([*map(str, arguments), "--add", str(place / "new.csv")]) == 0
    out = capsys.readouterr().out
    assert f"{len(parts[1])} of them new to the current model" in out and "is current now" in out
    assert "| no_task |" in out and "95 % interval" in out and f"{len(parts[1])} labels taken in" in out
    book = cc.load_codebook("non_use")
    assert len(read_labels(place / "labeled" / "non_use.csv", book)) == len(parts[0]) + len(parts[1])
    known = versions("non_use", place / "models")
    assert known[-1].current and known[-1].record["beside"] == known[-2].number
    assert known[-1].record["added"]["rows"] == len(parts[1])
    assert "Passed the gate" in (place / "models" / "non_use.md").read_text(encoding="utf-8")


def test_a_poisoned_table_is_refused_and_changes_nothing(place, parts, capsys):
    shuffled = parts[1].assign(
        labels=parts[1]["labels"].to_numpy()[np.random.default_rng(0).permutation(len(parts[1]))]
    )
    write(shuffled, place / "poison.csv")
    before = state(place)
    book = cc.load_codebook("non_use")
    done = retrain(book, place / "labeled", place / "models", add=place / "poison.csv")
    assert not done.version.current and "hardly fit their comments" in " ".join(done.faults)
    assert state(place) == before
    arguments = ["train", "non_use", "--labels", place / "labeled", "--models", place / "models", "--force"]
    assert main([*map(str, arguments), "--add", str(place / "poison.csv")]) == 0
    assert "is current now (forced)" in capsys.readouterr().out
    card = (place / "models" / "non_use.md").read_text(encoding="utf-8")
    assert "Made current by --force" in card and "hardly fit" in card
    assert state(place) != before
    back = roll_back("non_use", place / "models")
    assert back.record["passed"] and back.current is False
    assert state(place)[place / "models" / f"non_use{SUFFIX}"] == list(before.values())[1]


def test_versions_are_listed_shown_and_compared_on_a_wave(place, parts, capsys):
    write(parts[1], place / "new.csv")
    book = cc.load_codebook("non_use")
    retrain(book, place / "labeled", place / "models", add=place / "new.csv")
    models = ["--models", str(place / "models")]
    assert main(["model", "list", *models]) == 0
    listed = capsys.readouterr().out
    number = max(v.number for v in versions("non_use", place / "models"))
    before = number - 1
    assert f"*{number:4d}" in listed and "micro-F1" in listed
    assert main(["model", "show", "non_use", str(before), *models]) == 0
    assert capsys.readouterr().out.startswith("# Model card: non_use")
    wave = place / "wave.csv"
    pd.DataFrame({"理由": parts[1]["text"]}).to_csv(wave, index=False)
    diff = ["model", "diff", "non_use", str(before), str(number), str(wave), "--column", "理由", *models]
    assert main([*diff, "--out", str(place / "diff.csv")]) == 0
    changed = cc.read_table(place / "diff.csv")
    assert (
        0 < len(changed) < len(parts[1]) and f"{len(changed)} of {len(parts[1])}" in capsys.readouterr().out
    )
    assert (changed["first"] != changed["second"]).all()
    paths = [find_version("non_use", n, place / "models").path for n in (before, number)]
    assert compare_models(paths[0], paths[0], parts[1]["text"].tolist()).empty
    assert main(["model", "rollback", "non_use", "--to", str(before), *models]) == 0
    assert model_path(book, place / "models").read_bytes() == paths[0].read_bytes()
    with pytest.raises(cc.InputError, match="no version 99"):
        find_version("non_use", 99, place / "models")


def test_a_model_is_not_replaced_by_one_that_lacks_what_it_learned_from(place, parts):
    """Own labels alone, good or shuffled, are judged by the current model as it is."""
    book, before = cc.load_codebook("non_use"), state(place)
    few = parts[0][parts[0]["voice"].isin(sorted(set(parts[0]["voice"]))[:6])]
    write(few, place / "few.csv")
    done = retrain(book, place / "few.csv", place / "models")
    assert not done.version.current and "too few are new" in done.faults[0] and done.challenge is None
    shuffled = parts[1]["labels"].to_numpy()[np.random.default_rng(0).permutation(len(parts[1]))]
    for name, frame in (("own", parts[1]), ("poison", parts[1].assign(labels=shuffled))):
        write(frame, place / f"{name}.csv")
        done = retrain(book, place / f"{name}.csv", place / "models")
        assert done.challenge.added == done.challenge.comments == len(parts[1])
        assert not done.version.current and done.faults
    assert "hardly fit their comments" in " ".join(done.faults) and state(place) == before


def test_a_codebook_that_counts_other_things_trains_beside_the_old_model(tmp_path, fruit):
    labels = tmp_path / "fruit.csv"
    rows = [(f"りんご{i}", "apple") for i in range(15)] + [(f"みかん{i}", "orange") for i in range(15)]
    pd.DataFrame([(i, *row) for i, row in enumerate(rows)], columns=["id", "text", "labels"]).to_csv(labels)
    assert retrain(fruit, labels, tmp_path / "models").version.current
    renamed = replace(fruit, categories=(replace(fruit.categories[0], label="林檎"), *fruit.categories[1:]))
    done = retrain(renamed, labels, tmp_path / "models")
    assert done.version.current and done.version.number == 2 and done.challenge is None


def test_coders_who_differ_lower_their_agreement_and_are_listed(tmp_path, fruit_toml, capsys):
    rows = [(f"りんご{i}", "apple") for i in range(15)] + [(f"みかん{i}", "orange") for i in range(15)]
    first = pd.DataFrame([(str(i), *row, "山田") for i, row in enumerate(rows)])
    second = first.iloc[[0, 1, 20]].copy()
    second[3], second.iloc[0, 2] = "佐藤", "orange"
    frame = pd.concat([first, second]).set_axis(["id", "text", "labels", "coder"], axis=1)
    frame.to_csv(tmp_path / "fruit.csv", index=False)
    arguments = ["agreement", str(fruit_toml), "--labels", str(tmp_path / "fruit.csv")]
    assert main([*arguments, "--rows", str(tmp_path / "rows.csv")]) == 0
    out = capsys.readouterr().out
    assert "coder and coder 0.667" in out and "1 comments on which coders differ" in out
    listed = cc.read_table(tmp_path / "rows.csv")
    assert listed[["id", "between", "first", "second"]].to_numpy().tolist()[0] == [
        "0",
        "coders",
        "apple",
        "orange",
    ]
    assert main(["train", *arguments[1:], "--models", str(tmp_path / "models")]) == 0
    assert "left out, since coders differ: 0" in capsys.readouterr().out


def test_labels_that_the_model_doubts_are_listed(place, parts):
    wrong = parts[0].copy()
    rows = np.flatnonzero(wrong["labels"].map(lambda labels: labels == ("no_task",)))[:20]
    wrong["labels"] = pd.Series(
        [("anxiety",) if i in set(rows) else labels for i, labels in enumerate(wrong["labels"])],
        index=wrong.index,
        dtype=object,
    )
    write(wrong, place / "labeled" / "non_use.csv")
    found = doubts(cc.load_codebook("non_use"), place / "labeled")
    planted = set(wrong.iloc[rows]["id"])
    assert len(planted & set(found["id"].head(60))) >= 10


COMPLAINTS = """\
id = "ward"
title = "区役所への苦情"
[[category]]
id = "waiting"
label = "待ち時間"
definition = "待たされた、順番が来ない"
[[category]]
id = "staff"
label = "職員の対応"
[[category]]
id = "place"
label = "施設・駐車場"
[[category]]
id = "other"
label = "その他"
role = "other"
[[category]]
id = "none"
label = "記載なし"
role = "none"
"""
SAID = {
    "waiting": (
        "待たされた",
        "順番が来ない",
        "長く待つ",
        "呼ばれるまで一時間",
        "待ち時間が長い",
        "番号札が進まない",
    ),
    "staff": ("態度が悪い", "説明が雑", "言葉がきつい", "職員が不親切", "たらい回し", "対応が冷たい"),
    "place": (
        "駐車場が狭い",
        "椅子が足りない",
        "トイレが汚い",
        "駐車場が満車",
        "建物が古い",
        "案内板が見えない",
    ),
    "other": (
        "税金が高い",
        "制度がわからない",
        "電話がつながらない",
        "書類が多い",
        "土日も開けて",
        "広報が届かない",
    ),
}
PLACES = (
    "住民票の窓口で",
    "福祉課で",
    "昨日の朝",
    "二階の",
    "年度末に",
    "子連れで行ったとき",
    "印鑑証明のとき",
    "国保の係で",
)


def test_a_codebook_of_ones_own_goes_the_whole_way_with_no_code(tmp_path, monkeypatch, capsys):
    """200 rows in Excel, a first model, a second round: the commands of the README and nothing else."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "ward.toml").write_text(COMPLAINTS, encoding="utf-8")
    truth = {f"{where}{said}": category for category, its in SAID.items() for said in its for where in PLACES}
    pd.DataFrame({"苦情": list(truth) + ["なし"] * 8}).to_csv("wave.csv", index=False)
    common = ["wave.csv", "--question", "ward", "--column", "苦情", "--codebook", "ward.toml"]
    model = ["--model", "models/ward.model.npz"]

    def fill(sheet):
        book = openpyxl.load_workbook(sheet)
        page = book["ward"]
        head = [cell.value for cell in page[1]]
        labels = {"waiting": "待ち時間", "staff": "職員の対応", "place": "施設・駐車場", "other": "その他"}
        for row in page.iter_rows(min_row=2):
            category = truth.get(row[1].value)
            row[head.index(labels[category] if category else "記載なし")].value = "○"
        book.save(sheet)

    assert main(["labels", "export", *common, "--out", "one.xlsx", "--useful", "120", *model]) == 0
    fill("one.xlsx")
    assert main(["labels", "import", "one.xlsx", "--labels", "labeled", "--coder", "山田"]) == 0
    assert main(["train", "ward.toml", "--labels", "labeled", "--models", "models"]) == 0
    assert main(["labels", "export", *common, "--out", "two.xlsx", "--useful", "60", *model]) == 0
    fill("two.xlsx")
    assert (
        main(
            [
                "train",
                "ward.toml",
                "--labels",
                "labeled",
                "--add",
                "two.xlsx",
                "--coder",
                "山田",
                "--models",
                "models",
            ]
        )
        == 0
    )
    capsys.readouterr()
    assert main(["model", "list", "ward.toml", "--models", "models"]) == 0
    assert "ward: 2 versions" in capsys.readouterr().out
    assert main(["classify", *common, *model, "--out", "out"]) == 0
    counts = cc.read_table("out/counts.csv").set_index("category")["count"].astype(int)
    assert all(abs(counts[category] - 48) <= 5 for category in SAID)
    assert main(["labels", "check", "ward.toml", "--labels", "labeled"]) == 0


WRITES = ("os.rename", "os.remove", "os.mkdir", "os.rmdir", "os.chmod", "shutil.copyfile", "shutil.rmtree")


def killed_at(step, action):
    """Run the action in a process that kills itself (kill -9) before its n-th write; tell if it was killed."""
    child = os.fork()
    if child == 0:
        seen = 0

        def hook(event, arguments):
            nonlocal seen
            writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
            if writes or event in WRITES or (event == "open" and arguments[2] and arguments[2] & os.O_WRONLY):
                seen += 1
                if seen == step:
                    os.kill(os.getpid(), signal.SIGKILL)

        sys.addaudithook(hook)
        try:
            action()
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    return os.WIFSIGNALED(status)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9, which Windows does not have")
def test_kill_at_every_write_of_an_import_leaves_the_labels_as_before_or_as_after(
    tmp_path, fruit_toml, fruit_model_file, fruit
):
    wave, sheet, folder = tmp_path / "w.csv", tmp_path / "s.xlsx", tmp_path / "labeled"
    wave.write_text("好物\n" + "\n".join(f"りんご{i}" for i in range(30)) + "\n", encoding="utf-8")
    export_sheet(
        wave, single_question("好物", "best", str(fruit_toml), fruit_model_file), sheet, useful=0, random=30
    )
    book = openpyxl.load_workbook(sheet)
    for row in range(2, 32):
        book["best"][f"C{row}"].value, book["best"][f"H{row}"].value = "○", "山田"
    book.save(sheet)
    folder.mkdir()
    path = folder / "fruit.csv"
    before = "id,text,labels\n1,りんご,apple\n".encode()
    outcomes = set()
    for step in range(1, 200):
        path.write_bytes(before)
        killed = killed_at(step, lambda: import_sheet(sheet, folder))
        rows = len(read_labels(path, fruit))
        assert rows in (1, 31) and (rows == 31 or killed)
        outcomes.add(rows)
        if not killed:
            break
    assert outcomes == {1, 31} and step > 5


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9, which Windows does not have")
def test_kill_at_every_write_never_parts_the_labels_of_two_codebooks(two_codebooks, fruit):
    sheet, folder = two_codebooks
    outcomes = set()
    for step in range(1, 200):
        shutil.rmtree(folder, ignore_errors=True)
        killed = killed_at(step, lambda: import_sheet(sheet, folder))
        names = {labels_file(folder, replace(fruit, id=name)).exists() for name in ("fruit", "dislike")}
        assert len(names) == 1 and (names == {True} or killed)
        outcomes |= names
        if not killed:
            break
    assert outcomes == {True, False} and step > 10


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork and kill -9, which Windows does not have")
def test_kill_at_every_write_of_a_training_leaves_model_and_labels_whole(tmp_path, fruit):
    from test_training import SENTENCES

    rows = [(text, labels) for labels, texts in SENTENCES.items() for text in texts.split(" ")] * 2
    frame = pd.DataFrame(
        {
            "id": [f"c{i}" for i in range(len(rows))],
            "text": [f"{t}{i // 28}" for i, (t, _) in enumerate(rows)],
        }
    )
    frame["labels"] = [SEPARATOR.join(labels) for _, labels in rows]
    start = tmp_path / "start"
    start.mkdir()
    frame.iloc[:40].to_csv(start / "fruit.csv", index=False)
    frame.iloc[40:].assign(coder="a").to_csv(tmp_path / "new.csv", index=False)
    retrain(fruit, start / "fruit.csv", start / "models")
    old = (start / "models" / f"fruit{SUFFIX}").read_bytes()
    place, outcomes = tmp_path / "place", set()
    for step in range(1, 300):
        shutil.rmtree(place, ignore_errors=True)
        shutil.copytree(start, place)
        killed = killed_at(
            step,
            lambda: retrain(
                fruit, place / "fruit.csv", place / "models", add=tmp_path / "new.csv", force=True
            ),
        )
        held = len(read_labels(place / "fruit.csv", fruit))
        current = place / "models" / f"fruit{SUFFIX}"
        cc.load_model(current, fruit)
        is_old = current.read_bytes() == old
        assert held in (40, len(frame)) and (held == len(frame) or is_old)
        assert all(v.path.exists() and v.card for v in versions("fruit", place / "models"))
        outcomes.add((held, is_old))
        if not killed:
            break
        # Whatever was left behind, the same command again brings it to the end.
        if step % 7 == 0:
            assert retrain(
                fruit, place / "fruit.csv", place / "models", add=tmp_path / "new.csv", force=True
            ).version.current
    assert (40, True) in outcomes and (len(frame), False) in outcomes and step > 10
