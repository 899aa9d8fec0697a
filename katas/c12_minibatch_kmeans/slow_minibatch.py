"""The step of mini-batch k-means, row by row: right and slow; and streams of batches, which are made where the subject is."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import minibatch_kmeans as kata
import numpy as np


def step(centroids: Any, counts: Any, batch: Any) -> tuple[list[list[float]], list[int]]:
    """Centroids and counts after a step, without what is done with dead ones."""
    new, numbers = [list(map(float, row)) for row in centroids], [int(count) for count in counts]
    old = [list(row) for row in new]
    for row in batch:
        distances = [sum((x - c) ** 2 for x, c in zip(row, centre, strict=True)) for centre in old]
        label = distances.index(min(distances))
        numbers[label] += 1
        new[label] = [c + (x - c) / numbers[label] for x, c in zip(row, new[label], strict=True)]
    return new, numbers


def batches(seed: int, rows: int, columns: int, times: int) -> Iterator[Any]:
    """Batches of normal numbers about the corners of a cube."""
    rng = np.random.default_rng(seed)
    for _ in range(times):
        yield rng.normal(size=(rows, columns)) + 20.0 * rng.choice([-1.0, 1.0], size=(rows, columns))


def after_stream(k: int, seed: int, rows: int, columns: int, times: int) -> int:
    """The sum of the counts after `fit` of a stream that is made as it is asked for."""
    return int(kata.MiniBatchKMeans(k, random_state=0).fit(batches(seed, rows, columns, times)).counts.sum())


def watched(data: Any) -> dict[str, Any]:
    """What a model has seen each time that the next batch is asked for, and how often the stream was begun."""
    model = kata.MiniBatchKMeans(2, random_state=0)
    seen: list[int] = []

    class Stream:
        begun = 0

        def __iter__(self) -> Iterator[Any]:
            Stream.begun += 1
            for i, batch in enumerate(data):
                seen.append(int(model.counts.sum()) if i else 0)
                yield np.array(batch)

    model.fit(Stream())
    return {"seen": seen, "begun": Stream.begun, "counts": int(model.counts.sum())}


def many_fits(X: Any, k: int, rows: int, seeds: Any) -> list[Any]:
    """The centroids of each seed after one pass."""
    parts = [X[i : i + rows] for i in range(0, len(X), rows)]
    return [kata.MiniBatchKMeans(k, random_state=seed).fit(iter(parts)).centroids for seed in seeds]
