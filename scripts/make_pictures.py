"""Renew the pictures in docs/images/ from the example wave: page, workbook, chart.

    .venv/bin/python scripts/make_pictures.py

Needs chromium, soffice and pdftoppm (scripts/run_tests.py installs them).
"""

import shutil
import subprocess
import tempfile
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


def _page(report: Path, picture: Path) -> None:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        page.goto(report.as_uri())
        page.locator("section#use_cases details[data-category=summary] summary").click()
        page.locator("section#use_cases").screenshot(path=picture)
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
