"""Writing files whole or not at all, and naming what is in them.

Every file the package leaves goes through here: it is written beside its place and moved there
when it is complete, so that a crash leaves the earlier file or the later one, never a part. Files that
belong together are completed in a folder of their own, and count as written from the moment that one
folder is renamed; see :func:`whole_folder`.
"""

import errno
import hashlib
import os
import re
import secrets
import shutil
import stat
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from comment_classifier.ending import moving, note, undisturbed
from comment_classifier.errors import InputError

if sys.platform != "win32":
    import fcntl
if TYPE_CHECKING:
    from filelock import BaseFileLock

_UNFINISHED, _READY = ".unfinished.", ".ready."
_GONE = ".gone"  # in a ready folder: names of files that go, a line each
_RANDOM = "[a-z0-9_]{8}"  # what is added to a name
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS)
_WAIT = 10.0  # seconds for another program to be done
_POLL = 0.05


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path in the same folder; move it to ``path`` when the block succeeds.

    What a killed program left beside ``path`` is removed.

    Raises:
        InputError: the folder cannot be written to or is full, or the file is open in another program.

    """
    if path.is_dir():
        raise InputError(f"{path}: is a folder where a file is to be written. Give a file name")
    temporary = path.with_name(f".{path.name}.{_random()}{path.suffix}")
    folders, handle, began = _missing(path.parent), -1, False
    try:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            _remove_abandoned(path)
            with undisturbed():
                handle, began = _opened(temporary), True
        except OSError as error:
            _refuse(path.parent, error)
        with _told(path):
            yield temporary
            _settle(temporary, path)
        if sys.platform == "win32":
            os.close(handle)  # a file that is open cannot be moved there
            handle = -1
        with moving():
            _move(temporary, path)
            _note(path)
            _sync_folder(path.parent)
    except BaseException:
        with undisturbed():
            if began:
                temporary.unlink(missing_ok=True)
            _unmake(folders)
        raise
    finally:
        if handle >= 0:
            os.close(handle)


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other writers from a file, or a folder, that is read, changed and written again.

    The lock is a file ``.<name>.lock`` beside it, which goes with its holder; of one that is killed the
    system frees it.

    Raises:
        InputError: another process holds the lock, or the folder cannot be written to.

    """
    with _lock(path.parent / f".{path.name}.lock", path):
        yield


@contextmanager
def whole_folder(path: Path, owned: Sequence[str] = ()) -> Iterator[Path]:
    """Yield an empty folder within ``path``; its files move into ``path`` together when the block succeeds.

    The yielded folder is renamed when it is complete. From that moment on its files count as written: if
    the program is killed while they are moved, :func:`finish_files` moves the rest, and every reader and
    writer of such a folder calls that first. Files that ``path`` held before and that are not written anew
    stay, but for those named in ``owned``, which an earlier run wrote. Nothing whose name begins with a dot
    is moved. One program at a time writes to a folder.

    Raises:
        InputError: ``path`` is a file, cannot be written to, is full, or another program writes to it; or
            one of its files is open in another program. None was moved then.

    """
    if path.exists() and not path.is_dir():
        raise InputError(f"{path}: is a file, not a folder. Choose another folder")
    with _lock(path / ".writing.lock", path):
        finish_files(path)
        made = path / f"{_UNFINISHED}{_random()}"
        folders: list[Path] = []
        try:
            _begin(made)
            with _told(path):
                yield made
                _remove_hidden(made)
                _complete(made, path, folders)
                (made / _GONE).write_text("\n".join(_not_anew(owned, made)), encoding="utf-8")
            with moving():
                made.rename(made.with_name(made.name.replace(_UNFINISHED, _READY)))
                _note(path)
                _sync_folder(path)
                finish_files(path)
        except BaseException:
            with undisturbed():
                shutil.rmtree(made, ignore_errors=True)
                _unmake(folders)
            raise


def finish_files(folder: Path) -> None:
    """Move what :func:`whole_folder` had completed in a folder when it was killed.

    Raises:
        InputError: one cannot be moved; they stay complete where they are.

    """
    for ready in _own(folder, _READY):
        with moving():
            for new in (file for file in _files_in(ready) if file.name != _GONE):
                _bring(new, folder / new.relative_to(ready))
            for name in _gone(ready):
                (folder / name).unlink(missing_ok=True)
            (ready / _GONE).unlink(missing_ok=True)
            for place in sorted(_folders_in(ready), reverse=True):
                _sync_folder(folder / place.relative_to(ready))
                with suppress(OSError):  # not empty, or another process was faster
                    place.rmdir()


def _not_anew(owned: Sequence[str], made: Path) -> list[str]:
    inside = [name for name in owned if not Path(name).is_absolute() and ".." not in Path(name).parts]
    return [name for name in inside if not (made / name).exists()]


def _gone(ready: Path) -> list[str]:
    listed = ready / _GONE
    return listed.read_text(encoding="utf-8").splitlines() if listed.exists() else []


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside ``path``, which becomes ``path`` when the block succeeds.

    The caller holds a lock under which alone such folders are made beside ``path``.

    Raises:
        InputError: it cannot be written, or there is no room.

    """
    made = path.with_name(f"{_UNFINISHED}{_random()}")
    try:
        _begin(made)
        with _told(path):
            yield made
            _complete(made, path, [])
        with moving():
            made.rename(path)
            _note(path)
            _sync_folder(path.parent)
    except BaseException:
        with undisturbed():
            shutil.rmtree(made, ignore_errors=True)
        raise


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _note(path: Path) -> None:
    if not any(part.startswith(_UNFINISHED) for part in path.parts):
        note(path)


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Say in one line where there is no room to write, whichever library met it."""
    try:
        yield
    except InputError:
        raise
    except Exception as error:
        cause = _cause(error)
        if cause is None:
            raise
        _refuse(path, cause)


def _refuse(path: Path, error: OSError) -> NoReturn:
    shown = Path(*(part for part in path.parts if not part.startswith(_UNFINISHED)))
    raise InputError(
        f"{shown}: cannot be written to ({error.strerror}). What was there stays as it was. "
        f"{'Make room or choose' if error.errno in _NO_ROOM[:3] else 'Choose'} another folder"
    ) from None


def _cause(error: BaseException | None) -> OSError | None:
    """Return the refusal to write that an exception comes from, None if it comes from something else."""
    seen: list[object] = []
    waiting: list[object] = [error]
    while waiting:
        one = waiting.pop()
        if not isinstance(one, BaseException) or one in seen:
            continue
        if isinstance(one, OSError) and one.errno in _NO_ROOM:
            return one
        seen.append(one)
        waiting += [one.__cause__, one.__context__, *one.args]  # XlsxWriter keeps it among the arguments
    return None


@contextmanager
def _lock(file: Path, shown: Path) -> Iterator[None]:
    from filelock import FileLock, Timeout

    folders = _missing(file.parent)
    lock = FileLock(file, timeout=0)
    try:
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            _acquire(lock, time.monotonic() + _WAIT)
        except Timeout:
            raise InputError(
                f"{shown}: another program is writing to it; nothing was changed. Try again when it is done"
            ) from None
        except OSError as error:
            _refuse(file.parent, error)
        yield
    finally:
        with undisturbed():
            if lock.is_locked:
                if sys.platform != "win32":  # where it goes by itself
                    with suppress(OSError):
                        file.unlink()  # while it is held: whoever waits for it notices
                lock.release()
            _unmake(folders)


def _acquire(lock: "BaseFileLock", until: float) -> None:
    from filelock import Timeout

    while True:
        try:
            with undisturbed():  # half taken, a lock would leave its file
                lock.acquire()
            return
        except Timeout:
            if time.monotonic() > until:
                raise
        time.sleep(_POLL)


def _random() -> str:
    return secrets.token_hex(4)


def _missing(folder: Path) -> list[Path]:
    """Return those of a folder and the ones above it that do not exist, the innermost first."""
    return [place for place in (folder, *folder.parents) if not place.exists()]


def _unmake(folders: list[Path]) -> None:
    """Remove folders that are empty, the innermost first."""
    for folder in folders:
        with suppress(OSError):  # not empty: something was written
            folder.rmdir()


def _files_in(folder: Path) -> list[Path]:
    """Return the files in a folder and those below it; none if another process removes it meanwhile."""
    with suppress(FileNotFoundError):
        return sorted(place for place in folder.rglob("*") if place.is_file())
    return []


def _folders_in(folder: Path) -> list[Path]:
    """Return a folder and those below it; none if another process removes it meanwhile."""
    with suppress(FileNotFoundError):
        return [folder, *(place for place in folder.rglob("*") if place.is_dir())]
    return []


def _own(folder: Path, prefix: str) -> list[Path]:
    """Return the folders in a folder that this program named so."""
    name = re.compile(re.escape(prefix) + _RANDOM)
    return sorted(place for place in folder.glob(f"{prefix}*") if name.fullmatch(place.name))


def _begin(made: Path) -> None:
    """Make a folder for unfinished files, in place of those of killed programs: who lives holds our lock."""
    for left in _own(made.parent, _UNFINISHED):
        shutil.rmtree(left, ignore_errors=True)
    try:
        made.mkdir()
    except OSError as error:
        _refuse(made.parent, error)


def _remove_hidden(folder: Path) -> None:
    """Remove what a program kept in a folder for itself, or what its processes left when they were killed."""
    for place in sorted(folder.rglob(".*"), reverse=True):
        if place.is_dir():
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)


def _complete(made: Path, path: Path, folders: list[Path]) -> None:
    """Bring a folder to the disk, and make sure that its files can be moved into ``path``.

    Args:
        made: the folder.
        path: where its files go.
        folders: those that were made in ``path`` for them are put at its beginning.

    """
    for place in _folders_in(made)[1:]:
        target = path / place.relative_to(made)
        if target.exists() and not target.is_dir():
            raise InputError(f"{target}: is a file where a folder is to be written. Move it away")
    for new in _files_in(made):
        place = path / new.relative_to(made)
        if place.exists():
            _move(place, place)  # fails where another program holds it open
        _settle(new, place)
        if path.exists():
            folders[:0] = _missing(place.parent)
            place.parent.mkdir(parents=True, exist_ok=True)
    for place in _folders_in(made):
        _sync_folder(place)


def _bring(new: Path, place: Path) -> None:
    """Move a file that counts as written to its place."""
    try:
        with suppress(FileNotFoundError):  # another process moves them, too
            if not place.parent.exists():
                place.parent.mkdir(parents=True)
            _move(new, place)
    except OSError as error:
        raise InputError(
            f"{place}: cannot be replaced ({error.strerror}). The new files are complete; the next command "
            "moves them to their places when it can"
        ) from None


def _opened(temporary: Path) -> int:
    """Make an empty file; while its handle is open, nobody takes it for abandoned."""
    while True:
        handle = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        if _take(handle) and temporary.exists():
            return handle
        os.close(handle)  # it was just taken for abandoned


def _take(handle: int) -> bool:
    """Mark an open file as in use; tell if nobody else had. The system takes the mark off a dead process."""
    if sys.platform != "win32":
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        except OSError:
            return True  # a file system without marks; nothing is ever taken for abandoned there
    return True


def _remove_abandoned(path: Path) -> None:
    """Remove temporary files of ``path`` whose process is gone."""
    name = re.compile(rf"\.{re.escape(path.name)}\.{_RANDOM}{re.escape(path.suffix)}")
    with os.scandir(path.parent) as entries:
        found = [Path(entry.path) for entry in entries if name.fullmatch(entry.name)]
    for left in found:
        with suppress(OSError):  # in use, gone, or not ours
            if sys.platform == "win32":
                left.unlink()  # which fails where it is open
                continue
            with left.open("rb+") as file:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                left.unlink()


def _settle(new: Path, place: Path) -> None:
    """Bring a file to the disk, with the rights of the one it replaces."""
    mode = stat.S_IMODE(place.stat().st_mode) if place.exists() else 0o644
    if stat.S_IMODE(new.stat().st_mode) != mode:
        new.chmod(mode)
    with new.open("rb+") as file:
        os.fsync(file.fileno())


def _sync_folder(path: Path) -> None:
    """Bring the names in a folder to the disk, where a system can."""
    if sys.platform != "win32":
        with suppress(OSError):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def _move(source: Path, target: Path) -> None:
    try:
        if source.is_dir():
            raise InputError(f"{source}: is a folder where a file is to be written. Move it away")
        source.replace(target)
    except PermissionError:
        raise InputError(f"{target}: cannot be replaced. Close it in Excel and run again") from None
