"""A challenger trained beside the page: in a process of its own, so that reading goes on."""

from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from multiprocessing import get_context
from pathlib import Path

from comment_classifier.codebook import Codebook
from comment_classifier.errors import InputError
from comment_classifier.retraining import Retrained, retrain


@dataclass
class Trainer:
    """The challengers of this review, by codebook.

    Args:
        labels: folder of the labelled comments.
        models: folder of the models.

    """

    labels: Path
    models: Path
    jobs: "dict[str, Future[Retrained]]" = field(default_factory=dict)
    pool: ProcessPoolExecutor | None = None

    def start(self, codebook: Codebook) -> None:
        """Train a challenger, unless one is being trained."""
        if self.running(codebook.id):
            return
        if self.pool is None:
            self.pool = ProcessPoolExecutor(1, mp_context=get_context("spawn"), max_tasks_per_child=1)
        self.jobs[codebook.id] = self.pool.submit(_challenger, codebook, self.labels, self.models)

    def running(self, codebook: str) -> bool:
        """Tell whether a challenger of this codebook is being trained."""
        return codebook in self.jobs and not self.jobs[codebook].done()

    def any_running(self) -> bool:
        """Tell whether any challenger is being trained."""
        return any(not job.done() for job in self.jobs.values())

    def result(self, codebook: str) -> Retrained | str | None:
        """Return a challenger, the reason why there is none, or None where none was asked for."""
        job = self.jobs.get(codebook)
        if job is None or not job.done():
            return None
        try:
            return job.result()
        except InputError as error:
            return str(error)
        except Exception as error:  # the process died; the page must say so and go on
            return f"{type(error).__name__}: {error}"

    def forget(self, codebook: str) -> None:
        """Drop the result."""
        self.jobs.pop(codebook, None)


def _challenger(codebook: Codebook, labels: Path, models: Path) -> Retrained:
    return retrain(codebook, labels, models, take_over=False)
