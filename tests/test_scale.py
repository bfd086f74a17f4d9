"""Large files, processes and clusters: the same figures, in bounded memory, whatever dies meanwhile."""

import json
import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pandas as pd
import pytest

import comment_classifier as cc
from comment_classifier import parts
from comment_classifier.batch import classify_file, classify_parts
from comment_classifier.chunk import Plan
from comment_classifier.counting import count_categories
from comment_classifier.engines import in_order
from comment_classifier.parts import Gathered, job_of, work
from comment_classifier.survey import single_question

TEXTS = [
    "議事録の要約",
    "エクセル関数を調べる",
    "なし",
    "英文の翻訳",
    "企画のアイデア出し",
    "文書作成",
    "校正",
    "",
    "調べもの、要約",
]
OFFICES = ["財政課", "市民課", ""]
SURVEY = single_question("回答", "use_cases")


@pytest.fixture(scope="module")
def table():
    rng = np.random.default_rng(5)
    texts = [
        f"{TEXTS[i]}{'' if i in (2, 7) else rng.integers(40)}" for i in rng.integers(len(TEXTS), size=3000)
    ]
    offices = [OFFICES[i] for i in rng.integers(len(OFFICES), size=3000)]
    return pd.DataFrame({"番号": [str(i) for i in range(3000)], "回答": texts, "所属": offices})


@pytest.fixture(scope="module")
def file(table, tmp_path_factory):
    path = tmp_path_factory.mktemp("scale") / "wave.csv"
    table.to_csv(path, index=False)
    return path


@pytest.fixture(scope="module")
def small(file, tmp_path_factory):
    """The run that keeps every row at hand."""
    out = tmp_path_factory.mktemp("small")
    return out, classify_file(file, SURVEY, out, by=["所属"]).questions[0]


@pytest.fixture
def as_large(monkeypatch):
    """Whatever has more than 1,000 rows is large; the report shows about 200 of them."""
    monkeypatch.setattr(parts, "LARGE", 1000)
    monkeypatch.setattr(parts, "SAMPLE", 200)
    monkeypatch.setattr("comment_classifier.batch.LARGE", 1000)
    monkeypatch.setattr("comment_classifier.batch.ROWS", 700)


def files_of(folder):
    return {str(p.relative_to(folder)): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def test_a_large_file_has_the_counts_of_all_and_shows_a_sample(as_large, file, small, tmp_path):
    large = classify_file(file, SURVEY, tmp_path, by=["所属"]).questions[0]
    pd.testing.assert_frame_equal(large.counts, small[1].counts)
    pd.testing.assert_frame_equal(large.crosses["所属"], small[1].crosses["所属"])
    for name in ("base_n", "review_n", "distinct_n", "copies"):
        assert large.counts.attrs[name] == small[1].counts.attrs[name], name
    assert 140 < len(large.shown) < 260
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    said = f"全 3,000 行から無作為に選んだ {len(large.shown)} 行"
    assert said in page and "件数はすべての行によるもの" in page
    run = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert (run["rows"], run["shown"]) == (3000, len(large.shown))
    names = [str(p.name) for p in tmp_path.iterdir()]
    assert not [name for name in names if name.startswith(".")]


def test_a_large_excel_file_is_read_piece_by_piece_too(as_large, table, small, tmp_path):
    table.to_excel(tmp_path / "wave.xlsx", index=False)
    (large,) = classify_file(tmp_path / "wave.xlsx", SURVEY, tmp_path / "out", by=["所属"]).questions
    pd.testing.assert_frame_equal(large.counts, small[1].counts)
    assert 140 < len(large.shown) < 260


def test_all_rows_of_a_large_file_are_written_in_order(as_large, file, small, table, tmp_path):
    classify_file(file, SURVEY, tmp_path)
    written, before = cc.read_table(tmp_path / "comments.csv"), cc.read_table(small[0] / "comments.csv")
    assert written["番号"].tolist() == table["番号"].tolist()
    unreasoned = before.drop(columns="use_cases_reason")
    pd.testing.assert_frame_equal(written.drop(columns="use_cases_reason"), unreasoned)
    assert (written["use_cases_reason"] == "").all()
    classify_file(file, SURVEY, tmp_path, reasons="all")
    assert (tmp_path / "comments.csv").read_bytes() == (small[0] / "comments.csv").read_bytes()


def test_what_was_read_of_a_large_file_gives_the_intervals_of_a_small_one(
    as_large, table, tmp_path, monkeypatch
):
    """Only a sample is at hand of a large file, and yet its intervals speak of all rows."""
    monkeypatch.setattr("comment_classifier.intervals._BINS", len(table))  # every logit by itself
    rows = np.random.default_rng(1).choice(len(table), 80, replace=False)
    coded = cc.classify(table["回答"], question="use_cases")
    read = pd.DataFrame(
        {
            "labels": [coded["labels"][i] for i in rows],
            "chosen": "random",
            "text": table["回答"][rows].tolist(),
        },
        index=rows,
    )
    job = job_of(Plan(SURVEY, False, False, {"use_cases": read}), [], len(table))
    gathered = Gathered(job, tmp_path / "texts")
    for at in range(0, len(table), 700):
        gathered.take(work(job, lambda rows: b"", table.iloc[at : at + 700]))
    (result,) = gathered.result(lambda column, rows: dict.fromkeys(rows, "")).questions
    exact = count_categories(coded, SURVEY.questions[0].codebook, read)
    assert (result.counts["read"] == exact["read"]).all()
    assert (result.counts["distinct"] == exact["distinct"]).all()
    for name in ("count", "low", "high"):
        assert (result.counts[name] - exact[name]).abs().max() <= 1, name
    assert exact["low"].notna().any()


def test_processes_write_the_same_bytes(as_large, file, tmp_path):
    classify_file(file, SURVEY, tmp_path / "one", by=["所属"])
    classify_file(file, SURVEY, tmp_path / "two", by=["所属"], n_jobs=2)
    one, two = files_of(tmp_path / "one"), files_of(tmp_path / "two")
    assert one.keys() == two.keys()
    assert [name for name in one if name != "run.json" and one[name] != two[name]] == []


def test_chunks_are_taken_as_they_are_needed():
    taken = []

    def chunks():
        for number in range(50):
            taken.append(number)
            yield number

    results = in_order(str, chunks(), n_jobs=2)
    assert next(results) == "0"
    assert len(taken) < 20
    assert list(results) == [str(n) for n in range(1, 50)]


def test_the_function_of_every_engine_is_pure(table):
    whole = cc.score_chunk(table, SURVEY)
    pieces = pd.concat([cc.score_chunk(table.iloc[at : at + 999], SURVEY) for at in range(0, 3000, 999)])
    pd.testing.assert_frame_equal(whole, pieces)
    with pytest.raises(cc.InputError, match="no column '回答'"):
        cc.score_chunk(table.rename(columns={"回答": "他"}), SURVEY)
    with pytest.raises(cc.InputError, match="needed for the result"):
        cc.score_chunk(whole, SURVEY)


@pytest.fixture
def folder_of_parts(table, tmp_path):
    folder = tmp_path / "parts"
    folder.mkdir()
    for number in range(6):
        part = table.iloc[number * 500 : (number + 1) * 500]
        if number % 2:
            part.to_csv(folder / f"{number}.csv", index=False)
        else:
            part.to_parquet(folder / f"{number}.parquet")
    return folder


def test_a_cluster_of_two_workers_gives_the_counts_of_one_run(folder_of_parts, small, table, tmp_path):
    result = classify_parts(folder_of_parts, SURVEY, tmp_path / "out", n_jobs=2, by=["所属"]).questions[0]
    pd.testing.assert_frame_equal(result.counts, small[1].counts)
    assert (tmp_path / "out" / "counts.csv").read_bytes() == (small[0] / "counts.csv").read_bytes()
    assert (tmp_path / "out" / "report.html").read_bytes() == (small[0] / "report.html").read_bytes()
    coded = pd.read_parquet(tmp_path / "out" / "comments")
    assert coded["番号"].tolist() == table["番号"].tolist()
    assert coded["use_cases_labels"].tolist() == cc.score_chunk(table, SURVEY)["use_cases_labels"].tolist()


def test_a_worker_killed_in_the_middle_loses_nothing(folder_of_parts, small, tmp_path):
    from distributed import Client, LocalCluster

    with (
        LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        Client(cluster) as client,
    ):
        pids = list(client.run(os.getpid).values())

        def kill():
            time.sleep(1.0)
            os.kill(pids[0], signal.SIGKILL)

        killer = threading.Thread(target=kill)
        killer.start()
        result = classify_parts(
            folder_of_parts, SURVEY, tmp_path / "out", scheduler=cluster.scheduler_address
        ).questions[0]
        killer.join()
        assert pids[0] not in client.run(os.getpid).values()
    pd.testing.assert_frame_equal(result.counts, small[1].counts)
    assert len(pd.read_parquet(tmp_path / "out" / "comments")) == 3000
    assert sorted(p.name for p in (tmp_path / "out" / "comments").iterdir()) == [
        f"part-{number:05d}.parquet" for number in range(6)
    ]


def test_what_is_wrong_with_parts_is_said(tmp_path, folder_of_parts):
    with pytest.raises(cc.InputError, match="no table"):
        classify_parts(tmp_path / "nothing", SURVEY, tmp_path / "out")
    (folder_of_parts / "0.parquet").write_bytes(b"PAR1 and no more")
    with pytest.raises(cc.InputError, match=r"0\.parquet: not a readable Parquet file"):
        classify_parts(folder_of_parts, SURVEY, tmp_path / "out", n_jobs=1)
    with pytest.raises(cc.InputError, match="does not answer"):
        classify_parts(folder_of_parts / "1.csv", SURVEY, tmp_path / "out", scheduler="tcp://127.0.0.1:9")


def test_nothing_heavy_is_loaded_before_it_is_needed():
    heavy = "pandas numpy scipy sklearn fugashi matplotlib openpyxl xlsxwriter dask distributed pyarrow flask"
    watch = f"import sys; print([n for n in {heavy.split()} if n in sys.modules])"

    def loaded_by(code):
        result = subprocess.run([sys.executable, "-c", f"{code}\n{watch}"], capture_output=True, text=True)
        assert result.returncode == 0, result.stderr
        return result.stdout.splitlines()[-1]

    assert loaded_by("import comment_classifier") == "[]"
    helped = "from comment_classifier.cli import main\ntry:\n main(['--help'])\nexcept SystemExit:\n pass"
    assert loaded_by(helped) == "[]"
    one = 'import comment_classifier as cc; cc.categories("議事録の要約", "use_cases")'
    assert loaded_by(one) == "['numpy', 'fugashi']"


def test_a_run_leaves_nothing_of_the_run_before_it(file, folder_of_parts, tmp_path):
    """An old table beside new counts would be taken for theirs; what others wrote stays."""
    out = tmp_path / "out"
    classify_file(file, SURVEY, out, by=["所属"])
    (out / "charts" / "mine.png").write_bytes(b"mine")
    classify_parts(folder_of_parts, SURVEY, out, n_jobs=1)
    assert not (out / "comments.csv").exists() and not (out / "crosstab.csv").exists()
    assert (out / "comments" / "part-00005.parquet").exists() and (out / "charts" / "mine.png").exists()
    with pytest.raises(cc.InputError, match=r"comments\.csv: not found"):
        cc.read_table(out / "comments.csv")
    classify_file(file, SURVEY, out)
    assert (out / "comments.csv").exists() and not list((out / "comments").glob("*"))
