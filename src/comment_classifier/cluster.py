"""Out of one machine: the parts of a survey, worked on by a Dask cluster.

Each part of the input becomes one part of the output, written whole by the worker that coded it. A
part whose worker dies is worked on again by another. Input and output lie where all workers reach
them by the same path.
"""

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path
from typing import Any

import pandas as pd

from comment_classifier.errors import InputError
from comment_classifier.files import whole_file
from comment_classifier.parts import ROWS, Job, Part, merged, work
from comment_classifier.tables import open_table

FOLDER = "comments"  # of the output: one Parquet file per part of the input
_SUFFIXES = (".parquet", ".csv", ".tsv", ".xlsx")
_AHEAD = 4  # parts per worker that are under way at a time
_PATIENCE = 60  # seconds for a first worker
_RETRIES = 5  # of a part whose worker died


def parts_of(path: Path) -> list[Path]:
    """Return the parts of a survey: a file, or the tables in a folder in the order of their names.

    Raises:
        InputError: there is none.

    """
    found = sorted(p for p in path.iterdir() if p.suffix.lower() in _SUFFIXES) if path.is_dir() else [path]
    if not found or not path.exists():
        raise InputError(f"{path}: holds no table. Give a Parquet or CSV file, or a folder of them")
    return found


@contextmanager
def cluster(scheduler: str | None, n_jobs: int) -> Iterator[Any]:
    """Yield a client of a Dask cluster: one that runs, or else one of processes on this machine.

    Args:
        scheduler: address of a running scheduler (``tcp://...``); None to start one here.
        n_jobs: worker processes to start here; -1 for one per core.

    Raises:
        InputError: Dask is not installed, or the scheduler does not answer.

    """
    try:
        from distributed import Client, LocalCluster
    except ImportError:
        raise InputError(
            "--engine dask needs the extra [dask]: pip install 'comment-classifier[dask]'"
        ) from None
    if scheduler is None:
        with (
            LocalCluster(
                n_workers=None if n_jobs < 0 else n_jobs, threads_per_worker=1, dashboard_address=None
            ) as local,
            Client(local) as client,
        ):
            yield _with_workers(client)
        return
    try:
        client = Client(scheduler, timeout=10)
    except (OSError, ValueError) as error:
        raise InputError(f"--scheduler {scheduler}: does not answer ({type(error).__name__})") from None
    with client:
        yield _with_workers(client)


def _with_workers(client: Any) -> Any:
    from distributed import TimeoutError as NoAnswer

    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except NoAnswer:
        raise InputError(f"the Dask cluster has had no worker for {_PATIENCE} seconds. Start some") from None
    return client


def columns_of_part(file: Path, header_row: int) -> pd.DataFrame:
    """Return a frame with the columns of a part and no row."""
    if file.suffix.lower() != ".parquet":
        return open_table(file, header_row).empty()
    from pyarrow import parquet

    return pd.DataFrame(columns=_parquet(file, parquet).schema_arrow.names, dtype=object)


def count_rows(client: Any, files: Sequence[Path], header_row: int) -> list[int]:
    """Count the rows of each part, on the cluster."""
    return list(client.gather(client.map(_rows_in, files, header_row=header_row, pure=False)))


def on_cluster(
    client: Any, job: Job, files: Sequence[Path], rows: Sequence[int], header_row: int, folder: Path
) -> Iterator[Part]:
    """Work on the parts on a cluster; yield what they come to, in order.

    Args:
        client: as :func:`cluster` yields it.
        job: what is done.
        files: the parts.
        rows: how many rows each has.
        header_row: the row of the headings in parts that are not Parquet.
        folder: where ``comments/`` is made.

    """
    (folder / FOLDER).mkdir()
    waiting: deque[Any] = deque()
    starts = accumulate(rows, initial=0)
    for number, (file, start) in enumerate(zip(files, starts, strict=False)):
        target = folder / FOLDER / f"part-{number:05d}.parquet"
        waiting.append(
            client.submit(_work_on_part, job, file, start, header_row, target, pure=False, retries=_RETRIES)
        )
        if len(waiting) >= _AHEAD * max(1, len(client.nthreads())):
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def texts_in_parts(folder: Path) -> Callable[[str, list[int]], dict[int, str]]:
    """Return what finds the texts of a column in some rows of the output."""
    from pyarrow import parquet

    def texts_at(heading: str, rows: list[int]) -> dict[int, str]:
        found: dict[int, str] = {}
        start = 0
        for file in sorted((folder / FOLDER).glob("*.parquet")):
            n = parquet.read_metadata(file).num_rows
            inside = [row for row in rows if start <= row < start + n]
            if inside:
                column = parquet.read_table(file, columns=[heading]).column(0)
                found |= {row: column[row - start].as_py() for row in inside}
            start += n
        return found

    return texts_at


def _rows_in(file: Path, header_row: int) -> int:
    if file.suffix.lower() == ".parquet":
        from pyarrow import parquet

        return int(_parquet(file, parquet).metadata.num_rows)
    return sum(len(rows) for rows in open_table(file, header_row).chunks(ROWS))


def _work_on_part(job: Job, file: Path, start: int, header_row: int, target: Path) -> Part:
    with whole_file(target) as temporary, _Writer(temporary) as write:
        return merged([work(job, write, rows) for rows in _chunks(file, start, header_row)])


class _Writer:
    """Writes coded rows to a Parquet file, chunk by chunk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._open: Any = None

    def __enter__(self) -> Callable[[pd.DataFrame], bytes]:
        return self._write

    def __exit__(self, *_: object) -> None:
        if self._open is not None:
            self._open.close()

    def _write(self, rows: pd.DataFrame) -> bytes:
        from pyarrow import Table, parquet

        table = Table.from_pandas(rows, preserve_index=False)
        self._open = self._open or parquet.ParquetWriter(self._path, table.schema)
        self._open.write_table(table)
        return b""


def _chunks(file: Path, start: int, header_row: int) -> Iterator[pd.DataFrame]:
    """Yield a part's rows as texts, numbered from ``start``; a part without rows gives one empty frame."""
    if file.suffix.lower() == ".parquet":
        from pyarrow import parquet

        batches = _parquet(file, parquet).iter_batches(batch_size=ROWS)
        frames: Iterator[pd.DataFrame] = (batch.to_pandas() for batch in batches)
    else:
        frames = open_table(file, header_row).chunks(ROWS)
    begun = start
    for frame in frames:
        texts = frame.astype(object).where(frame.notna(), "").map(str)
        yield texts.set_axis(pd.RangeIndex(start, start + len(frame)))
        start += len(frame)
    if start == begun:
        yield columns_of_part(file, header_row).set_axis(pd.RangeIndex(start, start))


def _parquet(file: Path, parquet: Any) -> Any:
    try:
        return parquet.ParquetFile(file)
    except Exception as error:  # pyarrow raises whatever its parts raise on a broken file
        raise InputError(f"{file}: not a readable Parquet file ({type(error).__name__})") from None
