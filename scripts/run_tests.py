"""Set up and run all tests; further arguments go to pytest.

    python3 scripts/run_tests.py

Some tests need Debian packages (a browser, LibreOffice, MeCab's program, a Japanese font). As root
on Debian they are installed first; elsewhere those tests are skipped and say so.
"""

import os
import shutil
import subprocess
import sys

from environment import ROOT, python_of

DEBIAN_PACKAGES = {
    "chromium": "chromium",
    "soffice": "libreoffice-calc python3-uno",
    "loimpress": "libreoffice-impress",
    "mecab": "mecab",
    "pdftoppm": "poppler-utils",
    "fc-list": "fontconfig fonts-noto-cjk",
}


def main() -> int:
    """Install what is missing, then run pytest."""
    missing = [p for program, p in DEBIAN_PACKAGES.items() if shutil.which(program) is None]
    if missing and hasattr(os, "geteuid") and os.geteuid() == 0 and shutil.which("apt-get"):
        print(f"installing {' '.join(missing)}", flush=True)
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        packages = " ".join(missing).split()
        subprocess.run(["apt-get", "update", "-qq"], env=quiet, check=True)
        install = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", *packages]
        subprocess.run(install, env=quiet, check=True, stdout=subprocess.DEVNULL)
    python = python_of("dev")
    return subprocess.run([str(python), "-m", "pytest", *sys.argv[1:]], cwd=ROOT).returncode


if __name__ == "__main__":
    sys.exit(main())
