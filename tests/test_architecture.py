"""docs/architecture.md is the law: a room imports from lower floors, or from earlier rooms of its own."""

import ast
import re

import pytest

from conftest import ROOT

PACKAGE = ROOT / "src" / "comment_classifier"


def rooms():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    return [(int(floor), room) for floor, room in re.findall(r"^\| (\d+) \| `(\w+)` \|", text, re.MULTILINE)]


def files_of(room):
    path = PACKAGE / f"{room}.py"
    return [path] if path.exists() else sorted((PACKAGE / room).rglob("*.py"))


def imported_rooms(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        modules = [node.module] if isinstance(node, ast.ImportFrom) else []
        modules += [a.name for a in node.names] if isinstance(node, ast.Import) else []
        for module in modules:
            if module and module.startswith("comment_classifier."):
                yield module.split(".")[1]


def test_every_room_stands_in_the_table():
    present = {p.stem for p in PACKAGE.glob("*.py") if not p.stem.startswith("__")}
    present |= {p.name for p in PACKAGE.iterdir() if (p / "__init__.py").exists()}
    assert present == {room for _, room in rooms()}


@pytest.mark.parametrize("room", [room for _, room in rooms()])
def test_imports_go_downwards(room):
    order = [name for _, name in rooms()]
    for path in files_of(room):
        for target in imported_rooms(path):
            assert target == room or order.index(target) < order.index(room), f"{path.name} imports {target}"


def test_no_category_id_stands_in_code():
    import comment_classifier.codebook as codebook

    ids = {c.id for n in codebook.shipped_codebooks() for c in codebook.load_codebook(n).categories}
    ids -= {
        "other",
        "none",
        "search",
        "summary",
        "excel",
        "rules",
        "history",
        "features",
        "training",
    }  # plain English words too
    for path in PACKAGE.rglob("*.py"):
        strings = {
            n.value
            for n in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(n, ast.Constant)
        }
        assert not ids & {s for s in strings if isinstance(s, str)}, path
