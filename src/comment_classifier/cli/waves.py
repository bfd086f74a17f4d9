"""The commands for a survey's waves: classify, sample, compare."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from comment_classifier.cli.printing import open_console, print_comparison, print_counts, show_progress

if TYPE_CHECKING:
    from comment_classifier.survey import Survey

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


def add_classify(commands: Any) -> None:
    """Add ``classify``."""
    command = commands.add_parser(
        "classify",
        help="classify a survey file and write the report",
        description="Classify a survey file: CSV, TSV (UTF-8, CP932, UTF-16) or .xlsx.",
        epilog=_CLASSIFY_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_input(command)
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
    command.add_argument(
        "--reasons",
        choices=("auto", "all", "shown"),
        default="auto",
        help="work out the deciding words of all comments, or only of those shown in page and workbook "
        "(default: of all in a file of up to 100,000 lines)",
    )
    command.add_argument(
        "--mask",
        action="store_true",
        help="replace names, numbers and addresses in the answers before anything else; see the manual "
        "for what it cannot find",
    )
    command.add_argument(
        "--engine",
        choices=("local", "dask"),
        default="local",
        help="dask: FILE is a Parquet or CSV file or a folder of them, worked on by a Dask cluster "
        "(extra [dask]; default: local)",
    )
    command.add_argument(
        "--scheduler", metavar="ADDRESS", help="of a running Dask cluster, tcp://...; else processes here"
    )
    command.set_defaults(run=_classify, parser=command)


def add_input(command: argparse.ArgumentParser) -> None:
    """Add the arguments that name a survey file and its questions."""
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


def add_sample(commands: Any) -> None:
    """Add ``sample``."""
    command = commands.add_parser(
        "sample",
        help="draw comments at random for people to read",
        description="Write an Excel sheet of comments drawn at random, to be read and marked with ○; say how "
        "wide the intervals will be. Give the filled sheet to 'classify --read'.",
    )
    add_input(command)
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


def add_compare(commands: Any) -> None:
    """Add ``compare``."""
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


def _jobs(text: str) -> int:
    if not text.lstrip("-").isdigit() or int(text) == 0 or int(text) < -1:
        raise argparse.ArgumentTypeError(
            f"{text!r} is no number of processes; use 1, 2, ... or -1 for all cores"
        )
    return int(text)


def survey_of(options: argparse.Namespace) -> "Survey":
    """Return the survey that the arguments of :func:`add_input` name."""
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
    survey = survey_of(options)
    if options.engine == "dask" and (options.read or options.sheet):
        options.parser.error("--read and --sheet go with --engine local")
    if options.engine == "local" and options.scheduler:
        options.parser.error("--scheduler goes with --engine dask")
    from comment_classifier.batch import classify_file, classify_parts

    common = {"header_row": options.header_row, "n_jobs": options.jobs, "by": options.by}
    common |= {"reasons": options.reasons, "mask": options.mask}
    with show_progress() as progress:
        if options.engine == "dask":
            results = classify_parts(
                options.file, survey, options.out, scheduler=options.scheduler, progress=progress, **common
            )
        else:
            results = classify_file(
                options.file,
                survey,
                options.out,
                sheet=options.sheet,
                read=options.read,
                progress=progress,
                **common,
            )
    print_counts(results)
    page, book = options.out / "report.html", options.out / "report.xlsx"
    sys.stdout.write(f"\nwritten to {options.out}: open {page} or {book}\n")


def _sample(options: argparse.Namespace) -> None:
    survey = survey_of(options)
    if options.n < 1 or options.seed < 0 or options.unsure < 0:
        options.parser.error("--n is at least 1, --seed and --unsure at least 0")
    from comment_classifier.labelling import sample_file

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
    console = open_console()
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
    print_comparison(compared)
    sys.stdout.write(f"\nwritten to {options.out}: open {page}\n")
