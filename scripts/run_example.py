"""Set up, classify the example wave, and say where the report is.

python3 scripts/run_example.py [--out DIR] [--no-browser]
"""

import argparse
import subprocess
import sys
import webbrowser
from pathlib import Path

from environment import ROOT, python_of


def main() -> int:
    """Run the main job on the example wave."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--out", type=Path, default=ROOT / "out", metavar="DIR", help="folder to write into (default: out)"
    )
    parser.add_argument("--no-browser", action="store_true", help="do not open the report in a browser")
    options = parser.parse_args()
    wave = ROOT / "data" / "examples" / "staff_survey_2024.csv"
    command = ["-m", "comment_classifier", "classify", str(wave), "--survey", str(wave.with_suffix(".toml"))]
    status = subprocess.run([str(python_of("run")), *command, "--out", str(options.out)]).returncode
    if status == 0 and not options.no_browser and sys.stdout.isatty():
        webbrowser.open((options.out / "report.html").resolve().as_uri())
    return status


if __name__ == "__main__":
    sys.exit(main())
