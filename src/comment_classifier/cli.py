"""The command line: every command is a few lines over the library."""

import argparse
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comment_classifier.errors import InputError

if TYPE_CHECKING:
    import pandas as pd

    from comment_classifier.classifier import CommentClassifier
    from comment_classifier.results import QuestionResult
    from comment_classifier.survey import Survey

DONE, WRONG_INPUT, INTERRUPTED = 0, 1, 130

_EPILOG = """\
examples:
  comment-classifier classify answers.xlsx --survey survey.toml --out out/
  comment-classifier classify answers.csv --question use_cases --column 利用事例 --out out/
  comment-classifier train tasks --labels data/labeled/tasks.csv --out models/tasks.model.npz

exit status: 0 done, 1 the input is wrong (one line says what and where), 2 wrong usage
Nothing is sent anywhere; no command needs a network.
"""

_CLASSIFY_EPILOG = """\
A survey file (TOML) says which column asks which question:

  title = "職員アンケート"
  id_column = "回答ID"

  [[question]]
  column = "具体的な利用事例"
  question = "use_cases"

questions: use_cases, time_saved, quality, burden (codebook tasks); improvements; risks; non_use
written into DIR:
  comments.csv / .xlsx  every input row and column, then the categories, scores, reasons, review mark
  counts.csv            question, category, label, count, share, base_n, low, high, read, distinct
  crosstab.csv          with --by: the counts within each group
  report.html           bars; a click on one shows its comments with the deciding words marked
  report.xlsx           counts with editable charts, and the coded comments
  charts/*.png, *.svg   the bars as pictures
  run.json              hashes and versions: what a second person needs to get the same files
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
    _add_classify(commands)
    _add_sample(commands)
    _add_compare(commands)
    _add_train(commands)
    _add_agreement(commands)
    return parser


def _add_classify(commands: Any) -> None:
    command = commands.add_parser(
        "classify",
        help="classify a survey file and write the report",
        description="Classify a survey file: CSV, TSV (UTF-8, CP932, UTF-16) or .xlsx.",
        epilog=_CLASSIFY_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    _add_input(command)
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write into")
    command.add_argument(
        "--by", action="append", default=[], metavar="HEADING", help="cross table by a column; again for more"
    )
    command.add_argument(
        "--read", type=Path, metavar="SHEET", help="the sheet of 'sample', filled by readers"
    )
    command.add_argument(
        "--jobs", type=_jobs, default=1, metavar="N", help="processes; -1 for all cores (default: 1)"
    )
    command.set_defaults(run=_classify, parser=command)


def _add_input(command: argparse.ArgumentParser) -> None:
    command.add_argument("file", type=Path, metavar="FILE", help="the survey's answers")
    command.add_argument("--survey", type=Path, metavar="TOML", help="which column asks which question")
    command.add_argument("--question", metavar="ID", help="without a survey file: the question of --column")
    command.add_argument("--column", metavar="HEADING", help="without a survey file: heading of the answers")
    command.add_argument("--codebook", metavar="NAME|TOML", help="with --question: a codebook of your own")
    command.add_argument("--model", type=Path, metavar="MODEL", help="with --question: a model of your own")
    command.add_argument(
        "--header-row", type=int, default=1, metavar="N", help="row of the headings, from 1 (default: 1)"
    )
    command.add_argument(
        "--sheet", metavar="NAME", help="sheet of an Excel file (default: the first visible)"
    )


def _add_sample(commands: Any) -> None:
    command = commands.add_parser(
        "sample",
        help="draw comments at random for people to read",
        description="Write an Excel sheet of comments drawn at random, to be read and marked with ○; say how "
        "wide the intervals will be. Give the filled sheet to 'classify --read'.",
    )
    _add_input(command)
    command.add_argument("--out", type=Path, required=True, metavar="XLSX", help="the sheet to write")
    command.add_argument(
        "--n", type=int, default=100, metavar="N", help="comments per question (default: 100)"
    )
    command.add_argument(
        "--unsure",
        type=int,
        default=0,
        metavar="N",
        help="further comments the model is least sure of (default: 0)",
    )
    command.add_argument("--seed", type=int, default=0, metavar="N", help="of the draw (default: 0)")
    command.add_argument("--show-guess", action="store_true", help="show the reader the machine's categories")
    command.set_defaults(run=_sample, parser=command)


def _add_compare(commands: Any) -> None:
    command = commands.add_parser(
        "compare",
        help="compare two classified waves",
        description="Set two folders that 'classify' wrote side by side: shares, differences with intervals, "
        "and which changes are more than sampling and the model's errors explain.",
    )
    command.add_argument(
        "first",
        type=Path,
        metavar="WAVE_A",
        help="folder of the earlier wave, or the id of published figures",
    )
    command.add_argument("second", type=Path, metavar="WAVE_B", help="folder of the later wave")
    command.add_argument("--out", type=Path, required=True, metavar="DIR", help="folder to write into")
    command.set_defaults(run=_compare, parser=command)


def _add_train(commands: Any) -> None:
    command = commands.add_parser(
        "train",
        help="train the model of a codebook from labelled comments",
        description="Train a model; figures with whole voices held out are printed and stored in its card.",
    )
    command.add_argument(
        "codebook", metavar="CODEBOOK", help="a shipped codebook's name, or the path of your own"
    )
    command.add_argument(
        "--labels", type=Path, required=True, nargs="+", metavar="FILE",
        help="labelled comments: id, question, text, labels (ids joined by |), voice, source",
    )  # fmt: skip
    command.add_argument(
        "--second", type=Path, metavar="FILE", help="second coding: id, codebook, first, second"
    )
    command.add_argument("--out", type=Path, required=True, metavar="MODEL", help="model file to write")
    command.set_defaults(run=_train, parser=command)


def _add_agreement(commands: Any) -> None:
    command = commands.add_parser(
        "agreement",
        help="agreement between coders, and of coders with the model",
        description="Per category F1 and Krippendorff's alpha of two coders, and of the first coder with "
        "models that have not read the comment's voice.",
    )
    command.add_argument(
        "codebook", metavar="CODEBOOK", help="a shipped codebook's name, or the path of your own"
    )
    command.add_argument(
        "--labels", type=Path, required=True, nargs="+", metavar="FILE", help="labelled comments"
    )
    command.add_argument(
        "--second",
        type=Path,
        required=True,
        metavar="FILE",
        help="second coding: id, codebook, first, second",
    )
    command.set_defaults(run=_agreement, parser=command)


def _jobs(text: str) -> int:
    if not text.lstrip("-").isdigit() or int(text) == 0 or int(text) < -1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number of processes; use 1, 2, ... or -1 for all cores"
        )
    return int(text)


def _survey(options: argparse.Namespace) -> "Survey":
    single = options.question is not None or options.column is not None
    if (options.survey is not None) == single:
        options.parser.error("give either --survey, or --question and --column")
    if single and (options.question is None or options.column is None):
        options.parser.error("--question and --column go together")
    if options.survey is not None and (options.codebook or options.model):
        options.parser.error("--codebook and --model go with --question; a survey file names its own")
    from comment_classifier.survey import load_survey, single_question

    if options.survey is not None:
        return load_survey(options.survey)
    return single_question(options.column, options.question, options.codebook, options.model)


def _classify(options: argparse.Namespace) -> None:
    survey = _survey(options)
    from comment_classifier.batch import classify_file

    with _progress() as progress:
        results = classify_file(
            options.file,
            survey,
            options.out,
            header_row=options.header_row,
            sheet=options.sheet,
            n_jobs=options.jobs,
            read=options.read,
            by=options.by,
            progress=progress,
        )
    _print_counts(results)
    page, book = options.out / "report.html", options.out / "report.xlsx"
    sys.stdout.write(f"\nwritten to {options.out}: open {page} or {book}\n")


def _sample(options: argparse.Namespace) -> None:
    survey = _survey(options)
    if options.n < 1 or options.seed < 0 or options.unsure < 0:
        options.parser.error("--n is at least 1, --seed and --unsure at least 0")
    from comment_classifier.batch import sample_file

    foretold = sample_file(
        options.file,
        survey,
        options.out,
        n=options.n,
        unsure=options.unsure,
        seed=options.seed,
        show_guess=options.show_guess,
        header_row=options.header_row,
        sheet=options.sheet,
    )
    console = _console()
    for asked in survey.questions:
        table = foretold[asked.question]
        console.print(f"\n{asked.title}: 読む件数ごとの 95% 区間の幅の見込み(±件)", style="bold")
        for category, row in table.iterrows():
            widths = "　".join(
                f"{size} 件読むと ±{width:.0f}" if width > 0 else f"{size} 件(全部)"
                for size, width in row.items()
            )
            console.print(f"  {asked.codebook.label(str(category))}: {widths}")
    sys.stdout.write(f"\nwritten to {options.out}: mark with ○, then: classify ... --read {options.out}\n")


def _compare(options: argparse.Namespace) -> None:
    from comment_classifier.comparison import compare_runs, compare_with_published

    if options.first.is_dir():
        compared = compare_runs(options.first, options.second, options.out)
        page = options.out / "comparison.html"
    else:
        compared = compare_with_published(str(options.first), options.second, options.out)
        page = options.out / "published.html"
    _print_comparison(compared)
    sys.stdout.write(f"\nwritten to {options.out}: open {page}\n")


def _print_comparison(compared: "dict[str, pd.DataFrame]") -> None:
    from rich.table import Table

    from comment_classifier.report.figures import comparison_figures

    console = _console()
    for question, frame in compared.items():
        shown = comparison_figures(question, frame)
        console.print(f"\n{shown.title}", style="bold")
        console.print(shown.base_line)
        table = Table(box=None, padding=(0, 1))
        last = ("差", "95% 区間", "") if shown.tested else ("順位",)
        for name in ("区分", *shown.names, *last):
            table.add_column(name, justify="left" if name == "区分" else "right", no_wrap=True)
        for pair in shown.pairs:
            first = "値は未公表" if pair.first is None else f"{pair.first:.1f}"
            if pair.ranks:
                between = [f"{pair.ranks[0]} → {pair.ranks[1]}"]
            elif pair.difference is None:
                between = ["–", "判定できない", ""]
            else:
                interval = f"{pair.low:+.1f}～{pair.high:+.1f}"
                between = [f"{pair.difference:+.1f}", interval, "★" if pair.changed else ""]
            table.add_row(pair.label, first, f"{pair.second:.1f}", *between)
        console.print(table)
        for note in shown.notes:
            console.print(f"※ {note}")


def _train(options: argparse.Namespace) -> None:
    from comment_classifier.cards import card_text

    model = _fitted(options)
    model.save(options.out)
    sys.stdout.write(card_text(model.model_.card, model.book))
    sys.stdout.write(f"\nwritten to {options.out}\n")


def _agreement(options: argparse.Namespace) -> None:
    from comment_classifier.cards import card_text

    model = _fitted(options)
    sys.stdout.write(card_text(model.model_.card, model.book))


def _fitted(options: argparse.Namespace) -> "CommentClassifier":
    import pandas as pd

    from comment_classifier.codebook import load_codebook
    from comment_classifier.labels import read_labels, read_second_coding
    from comment_classifier.library import train

    book = load_codebook(options.codebook)
    labeled = pd.concat([read_labels(path, book) for path in options.labels], ignore_index=True)
    second = read_second_coding(options.second, book) if options.second else None
    return train(labeled, book, second=second)


def _print_counts(results: "list[QuestionResult]") -> None:
    from rich.table import Table

    from comment_classifier.counting import bars

    console = _console()
    for result in results:
        shown = bars(result.counts, result.asked.codebook)
        base = f"対象：{result.asked.base}　" if result.asked.base else ""
        table = Table(box=None, show_header=False, padding=(0, 1))
        table.add_column(justify="right", no_wrap=True)
        table.add_column(justify="left", no_wrap=True)
        largest = max(int(shown["count"].max()), 1)
        for _, row in shown.iterrows():
            interval = "" if row["low"] != row["low"] else f" ({row['low']:,.0f}～{row['high']:,.0f})"
            table.add_row(
                row["label"], "■" * round(16 * row["count"] / largest) + f" {row['count']:,}{interval}"
            )
        console.print(f"\n{result.asked.title}", style="bold")
        base_n = result.counts.attrs["base_n"]
        read_n = result.counts.attrs["random_n"]
        sure = f"無作為の {read_n:,} 件を読んで推定(95% 区間)" if read_n else "未確認"
        console.print(f"{base}回答数 n＝{base_n:,}　単位：件(一つの回答を複数の区分に数える)　{sure}")
        console.print(table)


def _console() -> Any:
    from rich.console import Console

    # Wide when the output goes to a file or another program, so that no label is cut.
    return Console(highlight=False, markup=False, width=None if sys.stdout.isatty() else 160)


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    if not sys.stderr.isatty():
        yield lambda step, done, of: None
        return
    from rich.console import Console
    from rich.progress import Progress

    with Progress(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda step, done, of: bar.update(task, description=step, completed=done, total=of)


class _Version(argparse.Action):
    """Looks the version up only when asked: the look-up takes longer than the help."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:
        super().__init__(option_strings, dest, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib.metadata import version

        sys.stdout.write(f"comment-classifier {version('comment-classifier')}\n")
        parser.exit(DONE)
