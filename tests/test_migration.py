"""From one codebook to the next: what follows from the old labels is carried over, the rest is read again."""

import pandas as pd

import comment_classifier as cc
from comment_classifier.cli import main
from comment_classifier.migration import changes, migrate

OLD = ["queue", "reservation", "staff", "parking"]
NEW = {
    "waiting": '["queue", "reservation"]',  # merged
    "manner": '["staff"]',  # split
    "knowledge": '["staff"]',
    "website": "[]",  # new
}
ROLES = """
[[category]]
id = "other"
label = "その他"
role = "other"
[[category]]
id = "none"
label = "記載なし"
role = "none"
"""


def book(path, name, categories):
    parts = [
        f'[[category]]\nid = "{c}"\nlabel = "{c}"\n' + (f"was = {was}\n" if was else "")
        for c, was in categories.items()
    ]
    path.write_text(f'id = "{name}"\ntitle = "t"\n' + "".join(parts) + ROLES, encoding="utf-8")
    return cc.load_codebook(path)


def test_what_became_of_each_category_decides_what_is_read_again(tmp_path, capsys):
    old = book(tmp_path / "old.toml", "old", dict.fromkeys(OLD, ""))
    new = book(tmp_path / "new.toml", "new", NEW)
    kinds = {(c.kind, c.old, c.new) for c in changes(old, new)}
    assert ("merged", ("queue", "reservation"), ("waiting",)) in kinds
    assert ("split", ("staff",), ("manner", "knowledge")) in kinds
    assert ("gone", ("parking",), ()) in kinds and ("new", (), ("website",)) in kinds
    labels = [("queue",), ("queue", "reservation"), ("queue", "staff"), ("parking",), ("other",), ("none",)]
    frame = pd.DataFrame({"id": [str(i) for i in range(6)], "text": "x", "labels": labels})
    done = migrate(frame, old, new)
    assert done.carried["labels"].tolist() == [("waiting",), ("waiting",), ("none",)]
    assert done.again["why"].tolist() == ["staff split", "parking gone", "other perhaps new"]
    assert len(done.carried) + len(done.again) == len(frame)
    frame["labels"] = ["|".join(x) for x in labels]
    frame["text"] = [f"x{i}" for i in range(6)]
    frame.to_csv(tmp_path / "old.csv", index=False)
    paths = [str(tmp_path / name) for name in ("old.toml", "new.toml", "old.csv", "out")]
    assert main(["labels", "migrate", *paths[:2], "--labels", paths[2], "--out", paths[3]]) == 0
    out = capsys.readouterr().out
    assert "merged: queue, reservation → waiting" in out and "3 carried over, 3 to read again" in out
    assert len(cc.read_table(tmp_path / "out" / "new.again.csv")) == 3


def test_the_same_codebook_carries_everything_over(tmp_path):
    old = book(tmp_path / "old.toml", "old", dict.fromkeys(OLD, ""))
    frame = pd.DataFrame({"id": ["1", "2"], "text": "x", "labels": [("staff", "other"), ("none",)]})
    done = migrate(frame, old, old)
    assert done.again.empty and done.carried["labels"].tolist() == frame["labels"].tolist()
    assert {c.kind for c in done.changes} == {"kept"}


def test_was_is_no_part_of_what_a_codebook_counts(tmp_path):
    one = book(tmp_path / "a.toml", "x", {"waiting": '["queue"]'})
    two = book(tmp_path / "b.toml", "x", {"waiting": ""})
    assert one.fingerprint == two.fingerprint
