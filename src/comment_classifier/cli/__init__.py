"""The command line: every command is a few lines over the library."""

import argparse
import atexit
import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from comment_classifier.cli.labelled import add_agreement, add_labels
from comment_classifier.cli.models import add_model, add_train
from comment_classifier.cli.review import add_review
from comment_classifier.cli.waves import add_classify, add_compare, add_sample
from comment_classifier.ending import begin, stop, written
from comment_classifier.errors import InputError

DONE, WRONG_INPUT, INTERRUPTED = 0, 1, 130
_PATIENCE = 3.0  # seconds that the end of the program may take

_EPILOG = """\
examples:
  comment-classifier classify answers.xlsx --survey survey.toml --out out/
  comment-classifier classify answers.csv --question use_cases --column 利用事例 --out out/
  comment-classifier labels export answers.xlsx --survey survey.toml --out sheet.xlsx
  comment-classifier train tasks --labels data/labeled --add sheet.xlsx

exit status: 0 done, 1 the input is wrong (one line says what and where), 2 wrong usage, 130 stopped
Nothing is sent anywhere; no command needs a network.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return the exit status."""
    for stream in (sys.stdout, sys.stderr):
        # A console in CP932 cannot show every character of a comment; show a ? and go on.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    options = _parser().parse_args(arguments)
    run: Callable[[argparse.Namespace], None] = options.run
    begin()
    try:
        with _stoppable(for_good=arguments is None):
            run(options)
            sys.stdout.flush()
    except InputError as error:
        return _end(f"error: {error}", WRONG_INPUT)
    except KeyboardInterrupt:
        return _end("stopped" if written() else "stopped: nothing was changed", INTERRUPTED)
    except OSError as error:
        if error.errno not in (errno.EPIPE, errno.ENOSPC) or error.filename is not None:
            raise
        _silence(sys.stdout)
        return _end(f"error: the output cannot be written ({error.strerror})", WRONG_INPUT)
    return DONE


def _silence(stream: Any) -> None:
    """Send what a stream still holds nowhere, so that Python does not fail on it again at its end."""
    with suppress(OSError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, stream.fileno())
        os.close(nowhere)


def _end(message: str, status: int) -> int:
    """Say in one line why a command ends early, and what it had written by then."""
    there = ", ".join(map(str, written()))
    message = " ".join(message.split()) + (f"; written before that, and whole: {there}" if there else "")
    with suppress(OSError):  # the terminal is gone
        sys.stderr.write(f"{message}\n")
    return status


@contextmanager
def _stoppable(for_good: bool) -> Iterator[None]:
    """Let Ctrl-C, a polite kill and a closed terminal end a command in order.

    ``for_good``: nothing follows in this program, and its last moments are not disturbed either.
    """
    before = {}
    names = ("SIGINT", "SIGTERM", "SIGHUP") if threading.current_thread() is threading.main_thread() else ()
    for number in (getattr(signal, name) for name in names if hasattr(signal, name)):
        if signal.getsignal(number) != signal.SIG_IGN:  # which nohup asks for
            before[number] = signal.signal(number, stop)
            if for_good:
                atexit.register(signal.signal, number, signal.SIG_IGN)
    try:
        yield
    finally:
        late = _ending(time.monotonic())
        for number, handler in before.items():
            signal.signal(number, late if for_good else handler)


def _ending(since: float) -> Callable[..., None]:
    """Return a handler of signals for a program that is at its end: only when that takes long, it is cut."""

    def late(*_: object) -> None:
        if time.monotonic() - since > _PATIENCE:
            os._exit(INTERRUPTED)

    return late


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="comment-classifier",
        description="Read Japanese free-text survey answers; write categories, counts and bar charts.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action=_Version, help="print the version and exit")
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    for add in (
        add_classify,
        add_review,
        add_sample,
        add_compare,
        add_labels,
        add_train,
        add_agreement,
        add_model,
    ):
        add(commands)
    return parser


class _Version(argparse.Action):
    """Looks the version up only when asked: the look-up takes longer than the help."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"comment-classifier {version('comment-classifier')}\n")
        parser.exit(DONE)
