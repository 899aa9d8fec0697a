"""A random key for every item in both functions, and a short list that is kept sorted."""

import math


def _smallest_keys(keyed, k):
    kept = []
    for number, (key, item) in enumerate(keyed):
        if len(kept) < k or key < kept[-1][0]:
            kept.append((key, number, item))
            kept.sort(key=lambda entry: entry[:2])
            del kept[int(k) :]
    return [item for _, _, item in kept]


def _validate(k):
    if k % 1 != 0 or k <= 0:
        raise ValueError(f"cannot draw {k} items")


def reservoir_sample(stream, k, rng):
    _validate(k)
    return _smallest_keys(((rng.random(), item) for item in stream), k)


def weighted_reservoir(stream, weights, k, rng):
    _validate(k)

    def keyed():
        for item, weight in zip(stream, weights, strict=True):
            if math.isnan(weight) or math.isinf(weight) or weight < 0:
                raise ValueError(f"a weight of {weight}")
            if weight > 0:
                # -log(u) / w; 1 - u is in (0, 1], so the logarithm is finite.
                yield -math.log(1.0 - rng.random()) / weight, item

    return _smallest_keys(keyed(), k)
