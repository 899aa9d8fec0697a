"""The slow and obvious version, right but with seven loops: what the suite compares with."""

from __future__ import annotations

from typing import Any


def slow_conv2d(x: Any, w: Any, b: Any = None, stride: int = 1, padding: int = 0) -> Any:
    """Return the output of a convolutional layer, nested lists (n, f, oh, ow), for nested lists x (n, c, h, w), w (f, c, kh, kw).

    `b`, (f,), is added to each filter's output; None for none. The kernel is not flipped.
    """
    height, width, kh, kw = len(x[0][0]), len(x[0][0][0]), len(w[0][0]), len(w[0][0][0])
    rows = range(0, height + 2 * padding - kh + 1, stride)
    columns = range(0, width + 2 * padding - kw + 1, stride)
    return [
        [
            [[_at(image, filter_, top - padding, left - padding) + bias for left in columns] for top in rows]
            for filter_, bias in zip(w, b or [0.0] * len(w), strict=True)
        ]
        for image in x
    ]


def _at(image: Any, filter_: Any, top: int, left: int) -> float:
    """The sum of products of a filter and of the window whose first pixel is at (top, left); outside the image are zeros."""
    total = 0.0
    for plane, kernel in zip(image, filter_, strict=True):
        for i, row in enumerate(kernel, start=top):
            if 0 <= i < len(plane):
                pixels = plane[i]
                for j, weight in enumerate(row, start=left):
                    if 0 <= j < len(pixels):
                        total += pixels[j] * weight
    return total
