"""All parameters as one flat vector, and the schedule by interpolation."""

import numpy as np


def warmup_cosine(step, base_lr, warmup_steps, total_steps, min_lr=0.0):
    if step < 0 or total_steps < 1 or warmup_steps < 0 or warmup_steps > total_steps:
        raise ValueError(f"impossible schedule: step {step}, warm-up {warmup_steps}, total {total_steps}")
    if step >= total_steps:
        return float(min_lr)
    if step <= warmup_steps and warmup_steps > 0:
        return float(np.interp(step, [0, warmup_steps], [0.0, base_lr]))
    angle = np.pi * (step - warmup_steps) / (total_steps - warmup_steps)
    cosine = 0.5 * (1.0 + np.cos(angle))
    return float(cosine * base_lr + (1 - cosine) * min_lr)


def _flatten(arrays):
    arrays = [np.asarray(a, dtype=float) for a in arrays]
    if len(arrays) == 0:
        raise ValueError("no gradients")
    return np.concatenate([a.ravel() for a in arrays]), [a.shape for a in arrays]


def _restore(flat, shapes):
    ends = np.cumsum([int(np.prod(shape)) for shape in shapes])[:-1]
    return [part.reshape(shape).copy() for part, shape in zip(np.split(flat, ends), shapes, strict=True)]


def clip_grad_norm(grads, max_norm):
    flat, shapes = _flatten(grads)
    if max_norm <= 0:
        raise ValueError("max_norm must be positive")
    norm = float(np.linalg.norm(flat))
    return _restore(flat * min(1.0, max_norm / norm) if norm > 0 else flat, shapes), norm


def accumulate(grads, sizes):
    if len(grads) != len(sizes) or len(grads) == 0:
        raise ValueError("as many sizes as micro-batches, and at least one")
    if any(s <= 0 or s % 1 != 0 for s in sizes):
        raise ValueError("a micro-batch has a whole number of samples")
    flats, shapes = zip(*[_flatten(batch) for batch in grads], strict=True)
    if any(s != shapes[0] for s in shapes):
        raise ValueError("the micro-batches do not have the same parameters")
    return _restore(np.average(np.stack(flats), axis=0, weights=np.array(sizes, dtype=float)), shapes[0])
