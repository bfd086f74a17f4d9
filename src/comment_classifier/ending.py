"""How a command ends: what it has written by then, and when it may be stopped."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_PATIENCE = 3.0  # seconds in which a second Ctrl-C does not disturb the clean-up after the first


class _Program:
    """What this program has written, and whether somebody wants it to end."""

    def __init__(self) -> None:
        self.written: dict[Path, None] = {}
        self.moving = 0  # blocks in which files move to their places
        self.asked = 0.0  # when it was first asked to end


_PROGRAM = _Program()


def begin() -> None:
    """Forget what was written before; a command begins."""
    _PROGRAM.written.clear()
    _PROGRAM.asked = 0.0


def written() -> list[Path]:
    """Return the files and folders that this command has put in their places."""
    return list(_PROGRAM.written)


def stop(*_: object) -> None:
    """End the program, as a handler of signals: now, or when the files that just move are in their places.

    Raises:
        KeyboardInterrupt: always, there or then.

    """
    now = time.monotonic()
    again = bool(_PROGRAM.asked)
    if again and now - _PROGRAM.asked < _PATIENCE:
        return
    _PROGRAM.asked = now
    if not _PROGRAM.moving:
        raise KeyboardInterrupt


@contextmanager
def undisturbed() -> Iterator[None]:
    """Let nobody end the program within the block; who asks for it meanwhile waits for its end."""
    if threading.current_thread() is not threading.main_thread():
        yield  # handlers of signals run in the main thread only
        return
    _PROGRAM.moving += 1
    try:
        yield
    finally:
        _PROGRAM.moving -= 1
    if _PROGRAM.asked:
        raise KeyboardInterrupt


@contextmanager
def moving() -> Iterator[None]:
    """Let nobody end the program while files move, so that what it says of its state is true."""
    if _PROGRAM.asked:
        raise KeyboardInterrupt  # raised before, and lost in the clean-up of some library
    with undisturbed():
        yield


def note(path: Path) -> None:
    """Remember that a file or folder is in its place."""
    _PROGRAM.written[path] = None
