"""The commands for labelled comments: labels export, import, check, doubts, migrate; agreement."""

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comment_classifier.cli.waves import add_input, survey_of
from comment_classifier.errors import InputError

if TYPE_CHECKING:
    from comment_classifier.labels import Problem

_SHOWN = 20  # rows that a list on the terminal shows
_OUTCOMES = {"added": "added", "corrected": "corrected", "known": "there already"}


def add_labels(commands: Any) -> None:
    """Add ``labels`` and what it can do."""
    command = commands.add_parser("labels", help="label comments in Excel, take labels in, check them")
    parts = command.add_subparsers(title="labels", required=True, metavar="WHAT")
    _add_export(parts)
    _add_import(parts)
    _add_check(parts)
    _add_doubts(parts)
    _add_migrate(parts)


def add_agreement(commands: Any) -> None:
    """Add ``agreement``."""
    command = commands.add_parser(
        "agreement",
        help="agreement between coders, and of coders with the model",
        description="Per category F1 and Krippendorff's alpha of two coders, and of the first coder with "
        "models that have not read the comment's voice; and the rows that cause it.",
    )
    _add_codebook_and_labels(command)
    command.add_argument(
        "--second",
        type=Path,
        metavar="FILE",
        help="second coding: id, codebook, first, second (default: comments with two coders in --labels)",
    )
    command.add_argument("--rows", type=Path, metavar="CSV", help="write the rows that differ")
    command.set_defaults(run=_agreement, parser=command)


def _add_codebook_and_labels(command: argparse.ArgumentParser) -> None:
    """Add the arguments that name a codebook and its labelled comments."""
    command.add_argument(
        "codebook", metavar="CODEBOOK", help="a shipped codebook's name, or the path of your own"
    )
    add_labels_path(command)


def add_labels_path(command: argparse.ArgumentParser) -> None:
    """Add the argument that names the labelled comments."""
    command.add_argument(
        "--labels",
        type=Path,
        required=True,
        metavar="PATH",
        help="labelled comments: a file, or a folder that holds <codebook>.csv",
    )


def _add_export(parts: Any) -> None:
    command = parts.add_parser(
        "export",
        help="write a sheet of comments to label",
        description="Write an Excel sheet of comments to label: those that teach the model most, a random "
        "sample, or both. Fill it, then: labels import, or train --add.",
    )
    add_input(command)
    command.add_argument("--out", type=Path, required=True, metavar="XLSX", help="the sheet to write")
    command.add_argument(
        "--useful", type=int, default=50, metavar="N", help="the most useful comments (default: 50)"
    )
    command.add_argument(
        "--random", type=int, default=50, metavar="N", help="comments drawn at random (default: 50)"
    )
    command.add_argument("--seed", type=int, default=0, metavar="N", help="of the draw (default: 0)")
    command.add_argument("--hide-guess", action="store_true", help="hide the machine's categories and words")
    command.set_defaults(run=_export, parser=command)


def _add_import(parts: Any) -> None:
    command = parts.add_parser(
        "import",
        help="take the labels of a filled sheet in",
        description="Take the labels of a filled sheet into DIR/<codebook>.csv: all of them or none. The "
        "same sheet again changes nothing.",
    )
    command.add_argument("sheet", type=Path, metavar="SHEET", help="the filled sheet")
    command.add_argument("--labels", type=Path, required=True, metavar="DIR", help="labelled comments")
    command.add_argument("--coder", default="", metavar="NAME", help="who read rows without a name")
    command.set_defaults(run=_import, parser=command)


def _add_check(parts: Any) -> None:
    command = parts.add_parser(
        "check",
        help="list what is wrong with labelled comments",
        description="List every row that cannot be used, coders who differ, and texts coded differently.",
    )
    _add_codebook_and_labels(command)
    command.set_defaults(run=_check, parser=command)


def _add_doubts(parts: Any) -> None:
    command = parts.add_parser(
        "doubts",
        help="list labels that the model doubts",
        description="List rows where models that have not read the comment's voice are sure of something "
        "else.",
    )
    _add_codebook_and_labels(command)
    command.add_argument("--out", type=Path, required=True, metavar="CSV", help="the list to write")
    command.set_defaults(run=_doubts, parser=command)


def _add_migrate(parts: Any) -> None:
    command = parts.add_parser(
        "migrate",
        help="carry labels over to a new codebook",
        description="Carry labels over to a new codebook whose categories say with 'was' what they replace; "
        "tell which comments must be read again.",
    )
    command.add_argument("old", metavar="OLD", help="the codebook the comments were coded by")
    command.add_argument("new", metavar="NEW", help="the new codebook")
    command.add_argument("--labels", type=Path, required=True, metavar="FILE", help="labelled comments")
    command.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="folder for <new>.csv and <new>.again.csv"
    )
    command.set_defaults(run=_migrate, parser=command)


def _export(options: argparse.Namespace) -> None:
    survey = survey_of(options)
    if min(options.useful, options.random, options.seed) < 0 or options.useful + options.random == 0:
        options.parser.error("--useful, --random and --seed are at least 0, and something must be drawn")
    from comment_classifier.labelling import export_sheet

    numbers = export_sheet(
        options.file,
        survey,
        options.out,
        useful=options.useful,
        random=options.random,
        seed=options.seed,
        show_guess=not options.hide_guess,
        header_row=options.header_row,
        sheet=options.sheet,
    )
    for question, (drawn, picked) in numbers.items():
        sys.stdout.write(f"{question}: {drawn} at random, {picked} picked\n")
    sys.stdout.write(f"written to {options.out}: mark with ○, then: labels import {options.out}\n")


def _import(options: argparse.Namespace) -> None:
    from comment_classifier.labelling import import_sheet

    taken = import_sheet(options.sheet, options.labels, options.coder)
    refused = [t for t in taken if t.outcome == "refused"]
    for row in refused:
        sys.stdout.write(f"sheet {row.question}, row {row.row}{row.message}\n")
    if refused:
        raise InputError(f"{options.sheet}: {len(refused)} rows cannot be taken; nothing was taken")
    for row in taken:
        if row.outcome != "known":
            sys.stdout.write(f"sheet {row.question}, row {row.row}: {_OUTCOMES[row.outcome]}\n")
    count = Counter(t.outcome for t in taken)
    said = ", ".join(f"{count[outcome]} {words}" for outcome, words in _OUTCOMES.items())
    sys.stdout.write(f"{options.labels}: {said}\n")


def _check(options: argparse.Namespace) -> None:
    from comment_classifier.codebook import load_codebook
    from comment_classifier.labels import check_labels, read_unchecked
    from comment_classifier.retraining import labels_file

    book = load_codebook(options.codebook)
    path = labels_file(options.labels, book)
    frame = read_unchecked(path)
    problems = check_labels(frame, book)
    for problem in problems:
        sys.stdout.write(f"{_where(problem)}{problem.message}\n")
    fatal = sum(p.fatal for p in problems)
    if fatal:
        raise InputError(f"{path}: {fatal} of {len(problems)} problems make rows unusable; see above")
    sys.stdout.write(f"{path}: {len(frame)} rows, {len(problems)} to look at\n")


def _where(problem: "Problem") -> str:
    rows = ", ".join(map(str, problem.rows))
    return f"row {rows}" if len(problem.rows) == 1 else f"rows {rows}"


def _doubts(options: argparse.Namespace) -> None:
    from comment_classifier.codebook import load_codebook
    from comment_classifier.retraining import doubts
    from comment_classifier.tables import write_csv

    book = load_codebook(options.codebook)
    found = doubts(book, options.labels)
    write_csv(found, options.out)
    for row in found.head(_SHOWN).itertuples():
        said = "labelled" if row.labelled else "not labelled"
        sys.stdout.write(f"{row.id}: {said} {row.category}, score {row.score:.2f}: {row.text}\n")
    sys.stdout.write(f"{len(found)} labels to look at again, written to {options.out}\n")


def _migrate(options: argparse.Namespace) -> None:
    from comment_classifier.codebook import load_codebook
    from comment_classifier.files import whole_folder
    from comment_classifier.labels import SEPARATOR, read_labels
    from comment_classifier.migration import migrate
    from comment_classifier.tables import write_csv

    old, new = load_codebook(options.old), load_codebook(options.new)
    done = migrate(read_labels(options.labels, old), old, new)
    with whole_folder(options.out) as folder:
        for frame, name in ((done.carried, f"{new.id}.csv"), (done.again, f"{new.id}.again.csv")):
            joined = frame.assign(labels=[SEPARATOR.join(labels) for labels in frame["labels"]])
            write_csv(joined, folder / name)
    for change in done.changes:
        if change.kind != "kept":
            before, after = (", ".join(ids) or "–" for ids in (change.old, change.new))
            sys.stdout.write(f"{change.kind}: {before} → {after}\n")
    for why, n in Counter(done.again["why"]).most_common():
        sys.stdout.write(f"read again because of {why}: {n}\n")
    sys.stdout.write(
        f"{len(done.carried)} carried over, {len(done.again)} to read again, written to {options.out}\n"
    )


def _agreement(options: argparse.Namespace) -> None:
    from comment_classifier.cards import card_text
    from comment_classifier.codebook import load_codebook
    from comment_classifier.labels import read_second_coding
    from comment_classifier.retraining import agreement_rows, fitted
    from comment_classifier.tables import write_csv

    book = load_codebook(options.codebook)
    second = read_second_coding(options.second, book) if options.second else None
    model, frame, twice = fitted(book, options.labels, second)
    if twice.empty:
        raise InputError(
            f"{options.labels}: no comment was coded by two coders. Import a second coder's sheet, or give "
            "--second"
        )
    sys.stdout.write(card_text(model.model_.card, model.book))
    rows = agreement_rows(model, frame, twice)
    coders = rows[rows["between"] == "coders"]
    sys.stdout.write(f"\n{len(coders)} comments on which coders differ; {len(rows) - len(coders)} on which ")
    sys.stdout.write("the first coder and the held-out model do\n")
    for row in coders.head(_SHOWN).itertuples():
        sys.stdout.write(f"{row.id}: {row.first} / {row.second}: {row.text}\n")
    if options.rows:
        write_csv(rows, options.rows)
        sys.stdout.write(f"all of them written to {options.rows}\n")
