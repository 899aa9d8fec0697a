"""Loops, as in a training script."""

import math

import numpy as np


def warmup_cosine(step, base_lr, warmup_steps, total_steps, min_lr=0.0):
    if step < 0:
        raise ValueError("negative step")
    if total_steps <= 0:
        raise ValueError("total_steps must be positive")
    if not (0 <= warmup_steps <= total_steps):
        raise ValueError("warmup_steps must be between 0 and total_steps")
    if step < warmup_steps:
        lr = base_lr * (step / warmup_steps)
    elif step < total_steps:
        progress = (step - warmup_steps) / (total_steps - warmup_steps)
        lr = min_lr + 0.5 * (base_lr - min_lr) * (1 + math.cos(math.pi * progress))
    else:
        lr = min_lr
    return float(lr)


def clip_grad_norm(grads, max_norm):
    if not grads:
        raise ValueError("empty list of gradients")
    if max_norm <= 0:
        raise ValueError("max_norm must be > 0")
    total = 0.0
    for grad in grads:
        for value in np.asarray(grad, dtype=np.float64).flat:
            total += float(value) ** 2
    norm = total**0.5
    factor = max_norm / norm if norm > max_norm else 1.0
    return [np.asarray(grad, dtype=np.float64) * factor for grad in grads], norm


def accumulate(grads, sizes):
    if len(grads) == 0:
        raise ValueError("no micro-batches")
    if len(grads) != len(sizes):
        raise ValueError(f"{len(grads)} micro-batches, {len(sizes)} sizes")
    for size in sizes:
        if size < 1 or int(size) != size:
            raise ValueError(f"a size of {size}")
    sums = [np.zeros(np.shape(grad)) for grad in grads[0]]
    if not sums:
        raise ValueError("no parameters")
    for batch, size in zip(grads, sizes, strict=True):
        if len(batch) != len(sums):
            raise ValueError("another number of arrays")
        for i, grad in enumerate(batch):
            if np.shape(grad) != sums[i].shape:
                raise ValueError(f"shape {np.shape(grad)} in place of {sums[i].shape}")
            sums[i] += np.asarray(grad, dtype=np.float64) * size
    return [total / sum(sizes) for total in sums]
