"""The command line: every command is a few lines over the library."""

import argparse
import sys
from collections.abc import Callable, Sequence

from comment_classifier.cli.labelled import add_agreement, add_labels
from comment_classifier.cli.models import add_model, add_train
from comment_classifier.cli.review import add_review
from comment_classifier.cli.waves import add_classify, add_compare, add_sample
from comment_classifier.errors import InputError

DONE, WRONG_INPUT, INTERRUPTED = 0, 1, 130

_EPILOG = """\
examples:
  comment-classifier classify answers.xlsx --survey survey.toml --out out/
  comment-classifier classify answers.csv --question use_cases --column 利用事例 --out out/
  comment-classifier labels export answers.xlsx --survey survey.toml --out sheet.xlsx
  comment-classifier train tasks --labels data/labeled --add sheet.xlsx

exit status: 0 done, 1 the input is wrong (one line says what and where), 2 wrong usage
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
    try:
        run(options)
    except InputError as error:
        message = " ".join(str(error).split())
        sys.stderr.write(f"error: {message}\n")
        return WRONG_INPUT
    except KeyboardInterrupt:
        sys.stderr.write("stopped: nothing was changed\n")
        return INTERRUPTED
    return DONE


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
