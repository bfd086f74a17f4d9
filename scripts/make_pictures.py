"""Renew the pictures in docs/images/ from the example wave: page, workbook, chart, review page.

    .venv/bin/python scripts/make_pictures.py

Needs chromium, soffice and pdftoppm (scripts/run_tests.py installs them).
"""

import shutil
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import comment_classifier as cc
from comment_classifier.batch import classify_file

ROOT = Path(__file__).resolve().parent.parent
IMAGES = ROOT / "docs" / "images"
EXAMPLES = ROOT / "data" / "examples"


def main() -> None:
    """Classify the example wave and photograph the outputs."""
    IMAGES.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as name:
        out = Path(name)
        classify_file(
            EXAMPLES / "staff_survey_2024.csv", cc.load_survey(EXAMPLES / "staff_survey_2024.toml"), out
        )
        shutil.copy(out / "charts" / "use_cases.png", IMAGES / "use_cases.png")
        _page(out / "report.html", IMAGES / "report.png")
        _workbook(out / "report.xlsx", IMAGES / "workbook.png")
        _review(out)


def _page(report: Path, picture: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        page.goto(report.as_uri())
        page.locator("section#use_cases details[data-category=summary] summary").click()
        page.locator("section#use_cases").screenshot(path=picture)
        browser.close()


def _review(out: Path) -> None:
    """Photograph the review page after 25 comments were read by their known truth, and a challenger."""
    from playwright.sync_api import sync_playwright

    shutil.copytree(ROOT / "models", out / "models")
    (out / "labeled").mkdir()
    for name in ("tasks", "non_use"):
        shutil.copy(ROOT / "data" / "labeled" / f"{name}.csv", out / "labeled")
    truth = cc.read_table(EXAMPLES / "staff_survey_2024_truth.csv")
    labels = {(row.回答ID, row.question): row.labels.split("|") for row in truth.itertuples()}
    command = [sys.executable, "-m", "comment_classifier", "review", str(out), "--no-browser"]
    command += ["--models", str(out / "models"), "--labels", str(out / "labeled")]
    server = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    address = server.stdout.readline().split()[1]
    base = address.partition("/start")[0]
    with ExitStack() as ending:
        ending.callback(server.kill)  # whatever goes wrong, no server stays
        playwright = ending.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1366, "height": 768})
        page.goto(address)
        page.fill("#coder", "山田")
        with page.expect_navigation():
            page.click("text=決める")
        for question in ("use_cases", "non_use"):
            page.goto(f"{base}/q/{question}/")
            page.fill("#n", "40")
            page.click("text=一覧に加える")
            page.goto(f"{base}/q/{question}/read")
            for _ in range(25):
                who = page.inner_text(".where").split()[1]
                for box in page.query_selector_all("input[data-key]"):
                    if box.get_attribute("value") in labels[(who, question)]:
                        page.keyboard.press(box.get_attribute("data-key") or "")
                with page.expect_navigation():
                    page.keyboard.press("Enter")
            page.wait_for_selector("#bars >> text=無作為に選んだ 25 件")
            if question == "use_cases":
                page.screenshot(path=IMAGES / "review.png")
        page.goto(base)
        page.screenshot(path=IMAGES / "review_overview.png")
        page.goto(f"{base}/train")
        page.click("section[aria-labelledby=t-non_use] >> text=学習する")
        page.wait_for_selector("text=新しいモデルに替える", timeout=120_000)
        page.locator("section[aria-labelledby=t-non_use]").screenshot(path=IMAGES / "review_train.png")
        browser.close()


def _workbook(workbook: Path, picture: Path) -> None:
    folder = workbook.parent
    profile = f"-env:UserInstallation=file://{folder}/profile"
    convert = [
        "soffice",
        profile,
        "--headless",
        "--convert-to",
        "pdf",
        "--outdir",
        str(folder),
        str(workbook),
    ]
    subprocess.run(convert, check=True, capture_output=True)
    pdf = folder / f"{workbook.stem}.pdf"
    draw = [
        "pdftoppm",
        "-r",
        "70",
        "-png",
        "-singlefile",
        "-f",
        "2",
        "-l",
        "2",
        str(pdf),
        str(folder / "page"),
    ]
    subprocess.run(draw, check=True)
    shutil.copy(folder / "page.png", picture)


if __name__ == "__main__":
    main()
