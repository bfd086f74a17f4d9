"""The command for the review page."""

import argparse
from pathlib import Path
from typing import Any


def add_review(commands: Any) -> None:
    """Add ``review``."""
    command = commands.add_parser(
        "review",
        help="open a page to read and correct a classified wave",
        description="Open a page on this PC: the bars, the comments behind them, reading by keyboard, "
        "training.",
    )
    command.add_argument("folder", type=Path, metavar="DIR", help="folder that 'classify' wrote")
    command.add_argument(
        "--labels", type=Path, metavar="DIR", help="folder of the labelled comments (default: DIR/labeled)"
    )
    command.add_argument("--models", type=Path, metavar="DIR", help="folder of the models")
    command.add_argument(
        "--model",
        type=Path,
        action="append",
        default=[],
        metavar="MODEL",
        help="a model of your own codebook",
    )
    command.add_argument("--port", type=int, default=0, metavar="N", help="port (default: any free one)")
    command.add_argument("--no-browser", action="store_true", help="only print the address")
    command.set_defaults(run=_review)


def _review(options: argparse.Namespace) -> None:
    from comment_classifier.model_file import models_folder
    from comment_classifier.review import serve

    serve(
        options.folder,
        options.labels or options.folder / "labeled",
        options.models or models_folder(),
        tuple(options.model),
        options.port,
        not options.no_browser,
    )
