"""Writing files whole or not at all, and naming what is in them.

Every file the package leaves goes through here: it is written beside its place and moved there
when it is complete, so that a crash leaves the earlier file or the later one, never a part.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from comment_classifier.errors import InputError


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; move it to ``path`` when the block succeeds.

    Raises:
        InputError: the folder cannot be written to, or the file is open in another program.

    """
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=path.suffix, dir=path.parent)
    except OSError as error:
        raise InputError(
            f"{path.parent}: cannot be written to ({error.strerror}). Choose another folder"
        ) from None
    os.close(handle)
    temporary = Path(name)
    try:
        yield temporary
        _sync(temporary)
        temporary.chmod(path.stat().st_mode if path.exists() else 0o644)
        _move(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``path``; move its files into ``path`` when the block succeeds.

    Files that ``path`` held before and that are not written anew stay. Every file arrives whole.

    Raises:
        InputError: ``path`` is a file, or cannot be written to.

    """
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: is a file, not a folder. Choose another --out")
    existed = path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=".unfinished.", dir=path))
    except OSError as error:
        raise InputError(f"{path}: cannot be written to ({error.strerror}). Choose another --out") from None
    try:
        yield temporary
        for source in sorted(p for p in temporary.rglob("*") if p.is_file()):
            target = path / source.relative_to(temporary)
            target.parent.mkdir(parents=True, exist_ok=True)
            _sync(source)
            _move(source, target)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if not existed:
            with suppress(OSError):  # not empty: the run succeeded
                path.rmdir()


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _move(source: Path, target: Path) -> None:
    try:
        source.replace(target)
    except PermissionError:
        raise InputError(f"{target}: cannot be replaced. Close it in Excel and run again") from None
