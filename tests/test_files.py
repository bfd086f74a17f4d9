import pytest

from comment_classifier.errors import InputError
from comment_classifier.files import whole_file, whole_folder


def test_a_file_that_fails_half_way_leaves_the_earlier_one(tmp_path):
    path = tmp_path / "a.txt"
    path.write_text("earlier")
    with pytest.raises(RuntimeError), whole_file(path) as temporary:
        temporary.write_text("half")
        raise RuntimeError
    assert path.read_text() == "earlier" and [p.name for p in tmp_path.iterdir()] == ["a.txt"]


def test_a_file_arrives_whole_with_ordinary_rights(tmp_path):
    with whole_file(tmp_path / "sub" / "a.txt") as temporary:
        temporary.write_text("new")
    assert (tmp_path / "sub" / "a.txt").read_text() == "new"
    assert (tmp_path / "sub" / "a.txt").stat().st_mode & 0o777 == 0o644


def test_a_folder_that_fails_leaves_nothing(tmp_path):
    out = tmp_path / "out"
    with pytest.raises(RuntimeError), whole_folder(out) as folder:
        (folder / "a.txt").write_text("half")
        raise RuntimeError
    assert not out.exists()


def test_a_folder_keeps_what_was_there(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine.txt").write_text("mine")
    with whole_folder(out) as folder:
        (folder / "charts").mkdir()
        (folder / "charts" / "a.png").write_text("new")
    assert {str(p.relative_to(out)) for p in out.rglob("*") if p.is_file()} == {"mine.txt", "charts/a.png"}


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "out").write_text("x")
    with pytest.raises(InputError, match="is a file"), whole_folder(tmp_path / "out"):
        pass


def test_if_one_file_cannot_be_replaced_none_is(tmp_path):
    out = tmp_path / "out"
    (out / "b.txt").mkdir(parents=True)
    (out / "a.txt").write_text("earlier")
    with pytest.raises(InputError, match="is a folder"), whole_folder(out) as folder:
        for name in ("a.txt", "b.txt", "c.txt"):
            (folder / name).write_text("new")
    assert (out / "a.txt").read_text() == "earlier" and not (out / "c.txt").exists()
    assert {p.name for p in out.iterdir()} == {"a.txt", "b.txt"}


def test_a_folder_in_place_of_the_file(tmp_path):
    with pytest.raises(InputError, match="Give a file name"), whole_file(tmp_path):
        pass
