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

_UNFINISHED, _READY = ".unfinished.", ".ready."


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; move it to ``path`` when the block succeeds.

    Raises:
        InputError: the folder cannot be written to, or the file is open in another program.

    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder where a file is to be written. Give a file name")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
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
def locked(path: Path, seconds: float = 10.0) -> Iterator[None]:
    """Keep other writers from a file that is read, changed and written again.

    The lock is a file ``.<name>.lock`` beside it; the system frees it when a process dies.

    Raises:
        InputError: another process holds the lock, or the folder cannot be written to.

    """
    from filelock import FileLock, Timeout

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = FileLock(path.parent / f".{path.name}.lock", timeout=seconds)
        lock.acquire()
    except Timeout:
        raise InputError(f"{path}: another program is writing to it. Try again when it is done") from None
    except OSError as error:
        raise InputError(f"{path.parent}: cannot be written to ({error.strerror})") from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def whole_files(folder: Path) -> Iterator[Path]:
    """Yield an empty folder; its files move into ``folder`` together when the block succeeds.

    The yielded folder is renamed when it is complete. From that moment on its files count as written:
    killed while they are moved, :func:`finish_files` moves the rest.

    Raises:
        InputError: the folder cannot be written to, or a file is open in another program; then none
            was moved.

    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=folder))
    except OSError as error:
        raise InputError(f"{folder}: cannot be written to ({error.strerror})") from None
    try:
        yield made
        for new in made.iterdir():
            place = folder / new.name
            if place.exists():
                _move(place, place)  # fails where another program holds it open
                new.chmod(place.stat().st_mode)
        made.rename(made.with_name(made.name.replace(_UNFINISHED, _READY)))
        finish_files(folder)
    finally:
        shutil.rmtree(made, ignore_errors=True)


def finish_files(folder: Path) -> None:
    """Move what :func:`whole_files` had completed in a folder when it was killed."""
    for ready in sorted(folder.glob(f"{_READY}*")):
        for new in sorted(ready.iterdir()):
            with suppress(FileNotFoundError):  # another process moves them, too
                _move(new, folder / new.name)
        shutil.rmtree(ready, ignore_errors=True)


@contextmanager
def whole_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``path``; move its files into ``path`` when the block succeeds.

    Files that ``path`` held before and that are not written anew stay. Every file arrives whole, and
    if one cannot be replaced none is.

    Raises:
        InputError: ``path`` is a file, or cannot be written to.

    """
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: is a file, not a folder. Choose another --out")
    existed = path.exists()
    try:
        path.mkdir(parents=True, exist_ok=True)
        temporary = Path(tempfile.mkdtemp(prefix=_UNFINISHED, dir=path))
    except OSError as error:
        raise InputError(f"{path}: cannot be written to ({error.strerror}). Choose another --out") from None
    try:
        yield temporary
        _move_all(temporary, path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
        if not existed:
            with suppress(OSError):  # not empty: the run succeeded
                path.rmdir()


def _move_all(source: Path, target: Path) -> None:
    """Move every file of one folder into another; if one cannot be moved, put all back as it was."""
    replaced: list[tuple[Path, Path]] = []
    arrived: list[Path] = []
    earlier = source / ".earlier"
    try:
        for new in sorted(p for p in source.rglob("*") if p.is_file()):
            place = target / new.relative_to(source)
            place.parent.mkdir(parents=True, exist_ok=True)
            _sync(new)
            if place.exists():
                kept = earlier / new.relative_to(source)
                kept.parent.mkdir(parents=True, exist_ok=True)
                _move(place, kept)
                replaced.append((kept, place))
            _move(new, place)
            arrived.append(place)
    except (InputError, OSError) as error:
        for place in arrived:
            place.unlink(missing_ok=True)
        for kept, place in replaced:
            kept.replace(place)
        if isinstance(error, InputError):
            raise
        raise InputError(f"{target}: cannot be written to ({error.strerror}). Choose another --out") from None


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _move(source: Path, target: Path) -> None:
    try:
        if source.is_dir():
            raise InputError(f"{source}: is a folder where a file is to be written. Move it away")
        source.replace(target)
    except PermissionError:
        raise InputError(f"{target}: cannot be replaced. Close it in Excel and run again") from None
