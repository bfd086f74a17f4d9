"""A hundred thousand inputs that nobody would write, the same in every run; see scripts/fuzz.py.

Comments are cheap, since they are coded 40 at a time, and make up 72,000 of them; a table takes 1 ms, a
model or a workbook ten times as long: 15,000 tables, 10,000 TOML files, 2,000 models, 1,000 workbooks.
"""

import sys
import warnings
from random import Random

import pytest

from conftest import ROOT

pytest.importorskip("resource", reason="the watchdog needs Unix")
sys.path.append(str(ROOT / "scripts"))

from fuzz import TARGETS, Target, fuzz

INPUTS = 100_000


@pytest.mark.parametrize("name", TARGETS)
def test_every_input_ends_in_a_result_or_a_refusal(name, tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # openpyxl's, on what it leaves out
        tally = fuzz(name, round(INPUTS * TARGETS[name].share), seed=0, saved=tmp_path)
    assert not tally.crashes, "\n".join(tally.crashes[:10])
    assert tally.inputs > tally.refused > 0 or name == "text"


def test_the_shares_are_the_whole():
    assert sum(target.share for target in TARGETS.values()) == pytest.approx(1)


def fail(*_):
    raise KeyError("no key")


def hang(*_):
    while True:
        pass


def hoard(*_):
    bytearray(b"x") * (700 << 20)


@pytest.mark.parametrize(("how", "said"), [(fail, "KeyError"), (hang, "TooSlow"), (hoard, "MB")])
def test_what_goes_wrong_is_seen_and_saved(tmp_path, monkeypatch, how, said):
    if how is hang:
        monkeypatch.setattr("fuzz.SECONDS", 0.5)
    calls = []

    def run(data, folder):
        calls.append(data)
        if len(calls) > 1:  # the first one warms up
            how()

    monkeypatch.setitem(
        TARGETS, "x", Target(lambda: [b"abc"], lambda draw, corpus: draw.randbytes(3), run, 1, 0)
    )
    tally = fuzz("x", 1, saved=tmp_path)
    assert said in tally.crashes[0] and (tmp_path / "x-0-0").read_bytes() == calls[1]


def test_inputs_are_the_same_in_every_run():
    for name, target in TARGETS.items():
        one, two = (target.change(Random(5), target.corpus()) for _ in "12")
        assert one == two, name
