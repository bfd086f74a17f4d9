"""The commands for models: train; model list, show, rollback, diff."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comment_classifier.cli.labelled import add_labels_path
from comment_classifier.errors import InputError

if TYPE_CHECKING:
    from comment_classifier.codebook import Codebook
    from comment_classifier.retraining import Retrained


def add_train(commands: Any) -> None:
    """Add ``train``."""
    command = commands.add_parser(
        "train",
        help="train a model, and let it take over if it is not worse",
        description="Train a model from labelled comments and set it beside the current one on the same "
        "comments, whole voices held out. It takes over only if it is not worse; else the current one stays.",
    )
    command.add_argument(
        "codebook",
        nargs="?",
        metavar="CODEBOOK",
        help="a shipped codebook's name, or the path of your own (default: those of --add or --labels)",
    )
    add_labels_path(command)
    command.add_argument(
        "--add", type=Path, metavar="FILE", help="a filled sheet, or a table, to learn from as well"
    )
    command.add_argument("--coder", default="", metavar="NAME", help="who read rows of --add without a name")
    command.add_argument(
        "--second", type=Path, metavar="FILE", help="second coding: id, codebook, first, second"
    )
    command.add_argument(
        "--hold-out",
        choices=("voice", "source"),
        default="voice",
        help="what is held out whole: voices, or sources (waves) (default: voice)",
    )
    command.add_argument("--models", type=Path, metavar="DIR", help="folder of the models")
    command.add_argument("--force", action="store_true", help="take over whatever the comparison says")
    command.add_argument(
        "--out", type=Path, metavar="MODEL", help="only train, and write this model file; no comparison"
    )
    command.set_defaults(run=_train, parser=command)


def add_model(commands: Any) -> None:
    """Add ``model`` and what it can do."""
    command = commands.add_parser("model", help="list, show, compare and roll back models")
    parts = command.add_subparsers(title="model", required=True, metavar="WHAT")
    listing = parts.add_parser("list", help="the versions of every model")
    listing.add_argument("codebook", nargs="?", metavar="CODEBOOK", help="only this codebook's")
    listing.set_defaults(run=_list)
    show = parts.add_parser("show", help="the card of a version")
    show.add_argument("codebook", metavar="CODEBOOK", help="the codebook's id, or the path of your own")
    show.add_argument("number", nargs="?", type=int, metavar="N", help="the version (default: the current)")
    show.set_defaults(run=_show)
    back = parts.add_parser("rollback", help="make an earlier version current again")
    back.add_argument("codebook", metavar="CODEBOOK", help="the codebook's id, or the path of your own")
    back.add_argument("--to", type=int, metavar="N", help="the version (default: the one before)")
    back.set_defaults(run=_rollback)
    diff = parts.add_parser("diff", help="which comments of a wave two versions code otherwise, and why")
    diff.add_argument("codebook", metavar="CODEBOOK", help="the codebook's id, or the path of your own")
    diff.add_argument("first", type=int, metavar="A", help="a version")
    diff.add_argument("second", type=int, metavar="B", help="another")
    diff.add_argument("file", type=Path, metavar="FILE", help="the wave's answers")
    diff.add_argument("--column", required=True, metavar="HEADING", help="heading of the answers")
    diff.add_argument("--out", type=Path, metavar="CSV", help="write the comments that change")
    diff.add_argument(
        "--header-row", type=int, default=1, metavar="N", help="row of the headings (default: 1)"
    )
    diff.add_argument("--sheet", metavar="NAME", help="sheet of an Excel file (default: the first visible)")
    diff.set_defaults(run=_diff)
    for part in (listing, show, back, diff):
        part.add_argument("--models", type=Path, metavar="DIR", help="folder of the models")


def _train(options: argparse.Namespace) -> None:
    from comment_classifier.labels import read_second_coding
    from comment_classifier.retraining import retrain

    books = _books(options)
    if options.out and len(books) != 1:
        options.parser.error("--out goes with one codebook")
    for book in books:
        second = read_second_coding(options.second, book) if options.second else None
        if options.out:
            _train_only(options, book, second)
            continue
        done = retrain(
            book,
            options.labels,
            _folder(options),
            add=options.add,
            second=second,
            coder=options.coder,
            hold_out=options.hold_out,
            force=options.force,
        )
        _print_retrained(done, book)


def _train_only(options: argparse.Namespace, book: "Codebook", second: Any) -> None:
    from comment_classifier.cards import card_text
    from comment_classifier.retraining import fitted

    model, _, _ = fitted(book, options.labels, second, options.add, options.coder, options.hold_out)
    model.save(options.out)
    sys.stdout.write(card_text(model.model_.card, model.book))
    sys.stdout.write(f"\nwritten to {options.out}\n")


def _print_retrained(done: "Retrained", book: "Codebook") -> None:
    sys.stdout.write(
        f"{book.id}: {done.version.record['comments']} comments, version {done.version.number}\n"
    )
    if done.aside:
        sys.stdout.write(f"left out, since coders differ: {', '.join(done.aside)}\n")
    if done.challenge:
        sys.stdout.write("\n".join(done.challenge.lines()) + "\n")
    for fault in done.faults:
        sys.stdout.write(f"! {fault}\n")
    if not done.version.current:
        sys.stdout.write(
            f"the current model stays, and no label was taken in. Version {done.version.number} is kept "
            "beside it; --force lets it take over\n"
        )
    else:
        how = " (forced)" if done.faults else ""
        sys.stdout.write(f"version {done.version.number} is current now{how}; {done.added} labels taken in\n")


def _list(options: argparse.Namespace) -> None:
    from comment_classifier.model_file import SUFFIX
    from comment_classifier.store import versions

    folder = _folder(options)
    names = sorted({p.name.removesuffix(SUFFIX) for p in folder.glob(f"*{SUFFIX}")})
    if options.codebook:
        names = [_id(options.codebook)]
    for name in names:
        known = versions(name, folder)
        sys.stdout.write(f"{name}: {len(known)} versions\n")
        for version in known:
            record = version.record
            how = "forced" if record["forced"] else "" if record["passed"] else "did not pass"
            mark = "*" if version.current else " "
            figure = "" if record["micro_f1"] is None else f"micro-F1 {record['micro_f1']:.3f}"
            when, n = record["created"][:16], record["comments"]
            sys.stdout.write(f" {mark}{version.number:4d}  {when}  {n} comments  {figure}  {how}\n")
    sys.stdout.write(f"in {folder}; * is current\n")


def _show(options: argparse.Namespace) -> None:
    from comment_classifier.files import finish_files
    from comment_classifier.store import find_version

    folder, name = _folder(options), _id(options.codebook)
    if options.number is not None:
        sys.stdout.write(find_version(name, options.number, folder).card)
        return
    finish_files(folder)
    card = folder / f"{name}.md"
    if not card.exists():
        raise InputError(f"{card}: not found. Is there a model of {name!r}? See: model list")
    sys.stdout.write(card.read_text(encoding="utf-8"))


def _rollback(options: argparse.Namespace) -> None:
    from comment_classifier.store import roll_back

    version = roll_back(_id(options.codebook), _folder(options), options.to)
    sys.stdout.write(f"{version.codebook}: version {version.number} is current now\n")


def _diff(options: argparse.Namespace) -> None:
    from comment_classifier.comparison import compare_models
    from comment_classifier.store import find_version
    from comment_classifier.tables import column, read_table, write_csv

    name, folder = _id(options.codebook), _folder(options)
    one, two = (find_version(name, number, folder) for number in (options.first, options.second))
    table = read_table(options.file, options.header_row, options.sheet)
    texts = column(table, options.column, options.file).tolist()
    changed = compare_models(one.path, two.path, texts)
    for row in changed.itertuples():
        sys.stdout.write(f"row {row.row}: {row.first} → {row.second}: {row.text}\n")
        sys.stdout.write(f"    {row.first_reason}\n  → {row.second_reason}\n")
    sys.stdout.write(f"{len(changed)} of {len(texts)} comments change\n")
    if options.out:
        write_csv(changed, options.out)
        sys.stdout.write(f"written to {options.out}\n")


def _books(options: argparse.Namespace) -> "list[Codebook]":
    from comment_classifier.codebook import load_codebook, shipped_codebooks
    from comment_classifier.sheets import origin_of, questions_of

    if options.codebook:
        return [load_codebook(options.codebook)]
    if options.add and options.add.suffix.lower() == ".xlsx":
        names = {book.id for book in questions_of(origin_of(options.add)).values()}
        own = names - set(shipped_codebooks())
        if own:
            raise InputError(
                f"{options.add}: is of the codebook {sorted(own)[0]!r}. Give its path as CODEBOOK"
            )
    else:
        names = {name for name in shipped_codebooks() if (options.labels / f"{name}.csv").exists()}
    if not names:
        raise InputError(f"{options.labels}: no labelled comments of a shipped codebook. Give CODEBOOK")
    return [load_codebook(name) for name in sorted(names)]


def _folder(options: argparse.Namespace) -> Path:
    from comment_classifier.model_file import models_folder

    return options.models or models_folder()


def _id(codebook: str) -> str:
    if not codebook.endswith(".toml"):
        return codebook
    from comment_classifier.codebook import load_codebook

    return load_codebook(codebook).id
