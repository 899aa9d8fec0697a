"""Learning-rate schedule, clipping by the global norm, and accumulation of gradients: the reference."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def warmup_cosine(step: int, base_lr: float, warmup_steps: int, total_steps: int, min_lr: float = 0.0) -> float:
    """Return the rate of a step: a line from 0 to base_lr, then half a cosine down to min_lr at total_steps.

    Loshchilov, Hutter: SGDR, 2016, without restarts. Raises `ValueError` for steps out of range.
    """
    if step < 0:
        raise ValueError(f"step must be at least 0, got {step}")
    if total_steps < 1 or not 0 <= warmup_steps <= total_steps:
        raise ValueError(
            f"warmup_steps must be from 0 to total_steps, and that at least 1, got {warmup_steps} and {total_steps}"
        )
    if step >= total_steps:
        return float(min_lr)
    if step < warmup_steps:
        return base_lr * step / warmup_steps
    done = (step - warmup_steps) / (total_steps - warmup_steps)
    return min_lr + (base_lr - min_lr) * (1 + math.cos(math.pi * done)) / 2


def clip_grad_norm(grads: Sequence[npt.ArrayLike], max_norm: float) -> tuple[list[Float64Array], float]:
    """Return the gradients, scaled down to `max_norm` where their common norm is above it, and that norm before.

    Pascanu, Mikolov, Bengio: On the difficulty of training recurrent neural networks, 2013. Raises `ValueError` for no arrays
    and a max_norm that is not above 0.
    """
    arrays = [np.array(grad, dtype=np.float64) for grad in grads]
    if not arrays:
        raise ValueError("grads must have at least one array, got none")
    if not max_norm > 0:
        raise ValueError(f"max_norm must be above 0, got {max_norm}")
    norm = math.sqrt(sum(float(np.sum(array * array)) for array in arrays))
    if norm <= max_norm:
        return arrays, norm
    return [array * (max_norm / norm) for array in arrays], norm


def accumulate(grads: Sequence[Sequence[npt.ArrayLike]], sizes: Sequence[int]) -> list[Float64Array]:
    """Return the gradients of the mean loss over all samples, from those of micro-batches of these sizes.

    Raises `ValueError` for lengths and shapes that differ, and sizes that are not whole numbers of at least 1.
    """
    batches = [[np.asarray(grad, dtype=np.float64) for grad in batch] for batch in grads]
    if not batches or len(batches) != len(sizes):
        raise ValueError(f"there must be one size for each micro-batch, got {len(sizes)} for {len(batches)}")
    if any(size < 1 or size != int(size) for size in sizes):
        raise ValueError(f"sizes must be whole numbers of at least 1, got {list(sizes)}")
    shapes = [grad.shape for grad in batches[0]]
    if not shapes or any([grad.shape for grad in batch] != shapes for batch in batches):
        raise ValueError("micro-batches must have the same arrays, at least one, in number and shape")
    total = sum(sizes)
    # A mean weighs each sample by 1 / size; times size / total it weighs 1 / total, like all others.
    return [
        np.asarray(sum(size / total * grad for size, grad in zip(sizes, parameter, strict=True)))
        for parameter in zip(*batches, strict=True)
    ]
