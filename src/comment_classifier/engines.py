"""Engines: where the chunks of a file are worked on. The results come in the order of the chunks."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from concurrent.futures import Future

In = TypeVar("In")
Out = TypeVar("Out")
# Chunks per process that are under way: none waits, and memory stays bounded. (joblib.Parallel as a
# generator goes on working whether its results are taken or not.)
_AHEAD = 2
_IDLE = 60  # seconds after which a process without work ends, so that none outlives a killed parent


def in_order(work: Callable[[In], Out], chunks: Iterable[In], n_jobs: int = 1) -> Iterator[Out]:
    """Yield what ``work`` makes of each chunk, in order; few chunks are in memory at a time.

    Args:
        work: a pure function; with processes it must be picklable.
        chunks: taken as they are needed.
        n_jobs: processes, as joblib counts them (-1: all cores); 1 works here.

    """
    if n_jobs == 1:
        yield from map(work, chunks)
        return
    from joblib import effective_n_jobs
    from joblib.externals.loky import ProcessPoolExecutor

    n = effective_n_jobs(n_jobs)
    waiting: deque[Future[Out]] = deque()
    # A pool of its own: joblib keeps the one that everybody shares for itself.
    with ProcessPoolExecutor(max_workers=n, timeout=_IDLE) as executor:
        try:
            for chunk in chunks:
                waiting.append(executor.submit(work, chunk))
                if len(waiting) > _AHEAD * n:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        except BaseException:  # whoever takes the results has stopped, or a chunk has failed
            executor.shutdown(kill_workers=True)
            raise
