"""Learning-rate schedule, clipping by the global norm, and accumulation of gradients."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def warmup_cosine(step: int, base_lr: float, warmup_steps: int, total_steps: int, min_lr: float = 0.0) -> float:
    """Return the rate of a step: a line from 0 to base_lr, then half a cosine down to min_lr at total_steps.

    Raises:
        ValueError: a step below 0, total_steps below 1, or warmup_steps outside 0 to total_steps.
    """
    raise NotImplementedError


def clip_grad_norm(grads: Sequence[npt.ArrayLike], max_norm: float) -> tuple[list[Float64Array], float]:
    """Return the gradients, scaled down to `max_norm` where their common norm is above it, and that norm before.

    Raises:
        ValueError: no arrays, or a max_norm that is not above 0.
    """
    raise NotImplementedError


def accumulate(grads: Sequence[Sequence[npt.ArrayLike]], sizes: Sequence[int]) -> list[Float64Array]:
    """Return the gradients of the mean loss over all samples, from those of micro-batches.

    Args:
        grads: for each micro-batch the gradients of its mean loss, one array a parameter.
        sizes: how many samples each micro-batch had.

    Raises:
        ValueError: no micro-batches, lengths or shapes that differ, or a size that is not a whole number of at least 1.
    """
    raise NotImplementedError
