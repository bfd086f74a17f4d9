"""The fitted model of one codebook.

A model is a linear classifier per category over TF-IDF features, already calibrated: the logit it
gives is ``X · weights + intercepts`` and the score is the logistic function of it, to be read as a
probability.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from comment_classifier.codebook import Codebook
from comment_classifier.features import Features, Floats


@dataclass(frozen=True)
class Model:
    """A fitted model.

    Attributes:
        codebook: what it was trained for; it scores the k categories of ``codebook.learned``.
        features: the columns.
        weights: (len(features), k) float32.
        intercepts: (k,) logits of a comment without any known feature.
        thresholds: (k,) logits from which a category is given.
        review_margin: a comment is marked for review where a logit is nearer than this to its
            threshold.
        clause_weight: the share of the best clause in a comment's logit; the rest is of the whole.
        floor: the probability that a category below its threshold needs to be given at all.
        other_alone: ``other`` is given only where no named category is.
        card: what it was trained on and how well it does, as JSON; see docs/models.md.

    """

    codebook: Codebook
    features: Features
    weights: npt.NDArray[np.float32]
    intercepts: Floats
    thresholds: Floats
    review_margin: float
    clause_weight: float
    floor: float
    other_alone: bool
    card: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def exact_weights(self) -> Floats:
        """The weights in double precision, in which scores are summed."""
        return self.weights.astype(np.float64)
