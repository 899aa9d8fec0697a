"""Algorithm L, which draws how many items to skip; weighted with a running threshold."""

import heapq
import math


def reservoir_sample(stream, k, rng):
    if k < 1 or int(k) != k:
        raise ValueError("k must be a positive whole number")
    iterator = iter(stream)
    reservoir = []
    for item in iterator:
        reservoir.append(item)
        if len(reservoir) == k:
            break
    else:
        return reservoir
    del item
    w = math.exp(math.log(rng.uniform(0, 1) or 1e-300) / k)
    skip = math.floor(math.log(rng.uniform(0, 1) or 1e-300) / math.log1p(-w))
    for item in iterator:
        if skip > 0:
            skip -= 1
            continue
        reservoir[rng.integers(0, k)] = item
        w *= math.exp(math.log(rng.uniform(0, 1) or 1e-300) / k)
        skip = math.floor(math.log(rng.uniform(0, 1) or 1e-300) / math.log1p(-w)) if w > 0 else math.inf
    return reservoir


def weighted_reservoir(stream, weights, k, rng):
    if k < 1 or int(k) != k:
        raise ValueError("k must be a positive whole number")
    stream, weights, end = iter(stream), iter(weights), object()
    heap = []
    count = 0
    while True:
        item, weight = next(stream, end), next(weights, end)
        if item is end and weight is end:
            break
        if item is end or weight is end:
            raise ValueError("as many weights as items")
        if not (weight >= 0 and weight < float("inf")):
            raise ValueError("weights must be finite and not negative")
        if weight == 0:
            continue
        count += 1
        key = math.log(rng.random() or 5e-324) / weight
        if len(heap) < k:
            heapq.heappush(heap, (key, count, item))
        elif key > heap[0][0]:
            heapq.heapreplace(heap, (key, count, item))
    return [entry[2] for entry in heap]
