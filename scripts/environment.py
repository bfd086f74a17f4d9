"""The project's virtual environment: made once from the locked requirements, with Python and pip only."""

import hashlib
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / ".venv"


def python_of(lock: str) -> Path:
    """Return the environment's Python, after installing ``requirements/<lock>.lock`` and the package into it.

    What is installed already is not installed again until the lock changes.
    """
    if sys.version_info < (3, 11):  # noqa: UP036 (this file must say so in an older Python)
        sys.exit(f"Python 3.11 or newer is needed; this is {sys.version.split()[0]}")
    python = FOLDER / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    requirements = ROOT / "requirements" / f"{lock}.lock"
    stamp = FOLDER / f"{lock}.installed"
    wanted = hashlib.sha256(requirements.read_bytes() + (ROOT / "pyproject.toml").read_bytes()).hexdigest()
    if stamp.exists() and stamp.read_text() == wanted and python.exists():
        return python
    print(f"setting up {FOLDER} (a minute or two, once)", flush=True)
    pip = [*_pip(python), "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--require-hashes", "-r", str(requirements)], check=True)
    subprocess.run([*pip, "--no-deps", "--editable", str(ROOT)], check=True)
    stamp.write_text(wanted)
    return python


def _pip(python: Path) -> list[str]:
    """Make the environment if there is none, and return the command of a pip that installs into it."""
    try:
        if not python.exists():
            venv.create(FOLDER, with_pip=True)
        subprocess.run([str(python), "-m", "pip", "--version"], check=True, capture_output=True)
        return [str(python), "-m", "pip"]
    except subprocess.CalledProcessError:
        # Debian's Python has no pip to put into an environment; its own pip can install into one.
        venv.create(FOLDER, with_pip=False)
        return [sys.executable, "-m", "pip", "--python", str(python)]
