"""What the documentation says is true: its examples run, and it names every command and option."""

import doctest
import importlib
import re
import subprocess
import sys

import pytest

import comment_classifier as cc
from comment_classifier import cli
from conftest import ROOT

PAGES = ["README.md", "docs/library.md", "docs/models.md", "docs/counting.md"]


@pytest.mark.parametrize("page", PAGES)
def test_examples_run(page, tmp_path):
    blocks = re.findall(
        r"^```python\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE
    )
    assert blocks
    result = subprocess.run(
        [sys.executable, "-c", "\n".join(blocks)], capture_output=True, text=True, cwd=tmp_path
    )
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize("name", ["library", "classifier"])
def test_docstring_examples_run(name):
    outcome = doctest.testmod(importlib.import_module(f"comment_classifier.{name}"))
    assert outcome.attempted > 0 and outcome.failed == 0


def commands(parser=None, prefix=""):
    """Every command by its name, ``labels export`` and the like included."""
    found = {}
    for action in (parser or cli._parser())._actions:
        if isinstance(action.choices, dict):
            for name, command in action.choices.items():
                inner = commands(command, f"{prefix}{name} ")
                found |= inner or {f"{prefix}{name}": command}
    return found


def test_every_command_and_option_is_documented():
    text = (ROOT / "docs" / "command_line.md").read_text(encoding="utf-8")
    for name, parser in commands().items():
        section = text.partition(f"## {name} ")[2].partition("\n## ")[0]
        assert section, f"no section for {name}"
        for option in (
            o for a in parser._actions for o in a.option_strings if o.startswith("--") and o != "--help"
        ):
            assert f"`{option}" in section or f", `{option}" in section, f"{name} {option} is not documented"


def test_every_public_name_is_documented():
    text = (ROOT / "docs" / "library.md").read_text(encoding="utf-8")
    missing = [name for name in cc.__all__ if f"cc.{name}" not in text and f"`{name}`" not in text]
    assert not missing
    assert all(getattr(cc, name) for name in cc.__all__)


@pytest.mark.parametrize(
    "path", sorted(p.relative_to(ROOT).as_posix() for p in ROOT.glob("**/*.md") if ".venv" not in p.parts)
)
def test_links_lead_somewhere(path):
    page = ROOT / path
    for target in re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8")):
        assert target.startswith("http") or (page.parent / target).exists(), f"{path}: {target}"


def test_no_network_address_stands_in_locks_or_scripts():
    for path in (*ROOT.glob("requirements/*"), *ROOT.glob("scripts/*.py")):
        assert "http" not in path.read_text(encoding="utf-8"), path
