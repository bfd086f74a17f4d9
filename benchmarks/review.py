"""How long a reader waits: the review page of a large wave, asked as a browser asks.

    python benchmarks/review.py --data FOLDER/ews_waves_2018_2022.csv.gz [--comments 50000]

Comments of a real survey are classified as uses of generative AI (what they are about does not matter here),
the page is started, and asked: the first page; then again and again a decision and the next comment, as
two keystrokes make a browser ask, and the bars that follow. Printed are medians and 95th percentiles.
"""

import argparse
import re
import subprocess
import sys
import tempfile
import time
import urllib.parse
import urllib.request
from http.cookiejar import CookieJar
from pathlib import Path

import numpy as np
import pandas as pd

from comment_classifier.batch import classify_file
from comment_classifier.survey import single_question

DECISIONS = 100
PAUSE = 0.5  # seconds between decisions: nobody reads faster


def prepare(data: Path, comments: int, folder: Path) -> Path:
    """Classify the first comments of the survey; return the wave's folder."""
    texts = pd.read_csv(data, dtype=str, keep_default_na=False)["text"]
    wave = folder / "wave.csv"
    texts.head(comments).to_frame("回答").to_csv(wave, index=False)
    begun = time.perf_counter()
    classify_file(wave, single_question("回答", "use_cases"), folder / "out", n_jobs=-1)
    print(f"{comments:,} comments classified in {time.perf_counter() - begun:.0f} s", flush=True)
    return folder / "out"


def start(folder: Path) -> tuple[subprocess.Popen[str], str]:
    """Start the page; return the process and the address."""
    command = [sys.executable, "-m", "comment_classifier", "review", str(folder), "--no-browser"]
    begun = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    found = re.search(r"http\S+", process.stdout.readline())
    assert found is not None
    print(f"started in {time.perf_counter() - begun:.1f} s")
    return process, found.group()


def told(name: str, seconds: list[float]) -> None:
    """Print a median and a 95th percentile."""
    middle, high = np.percentile(seconds, [50, 95])
    print(f"{name}: median {1000 * middle:.0f} ms, 95th percentile {1000 * high:.0f} ms, n {len(seconds)}")


def main() -> None:
    """Classify, start, ask."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, metavar="FILE")
    parser.add_argument("--comments", type=int, default=50_000, metavar="N")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        process, address = start(prepare(options.data, options.comments, Path(name)))
        try:
            ask(address)
        finally:
            process.kill()


def ask(address: str) -> None:
    """Ask as a reader's browser does."""
    base = address.partition("/start")[0]
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))

    def get(path: str, **form: str) -> tuple[str, float]:
        body = urllib.parse.urlencode(form).encode() if form else None
        begun = time.perf_counter()
        text = opener.open(base + path, body, timeout=60).read().decode()
        return text, time.perf_counter() - begun

    _, first = get(address.removeprefix(base))
    print(f"first page: {1000 * first:.0f} ms")
    get("/coder", coder="a")
    get("/q/use_cases/queue", n=str(2 * DECISIONS), chosen="random")
    page, _ = get("/q/use_cases/read")
    answers, bars, lists = [], [], []
    for _ in range(DECISIONS):
        row = re.search(r'name="row" value="(\d+)"', page)
        assert row is not None
        page, took = get("/q/use_cases/read", row=row.group(1), seen="0", label="writing")
        answers.append(took)
        bars.append(get("/q/use_cases/bars")[1])
        time.sleep(PAUSE)
    told("a decision and the next comment", answers)
    told("the bars that follow", bars)
    for search in ("客", "価格", "天候", "増加", "減少"):
        lists.append(get(f"/q/use_cases/comments?search={urllib.parse.quote(search)}")[1])
    told("a search", lists)


if __name__ == "__main__":
    main()
