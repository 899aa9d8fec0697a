"""Whole graphs in one question: a graph is made from lines of Python, and all data and gradients come back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import autograd as kata

Found = dict[str, tuple[float, float]]
"""data and grad of each value, by its name"""


def run(leaves: Mapping[str, float], lines: Sequence[str], backward: Sequence[str]) -> Found:
    """Make the values `leaves`, then what each line assigns (`c = a * b`), and call `backward` of these names in order."""
    return _read(_make(leaves, lines, backward))


def _make(leaves: Mapping[str, float], lines: Sequence[str], backward: Sequence[str]) -> dict[str, Any]:
    values: dict[str, Any] = {name: kata.Value(data) for name, data in leaves.items()}
    for line in lines:
        name, _, expression = line.partition(" = ")
        values[name] = eval(expression, {}, values)
    for name in backward:
        values[name].backward()
    return values


def _read(values: Mapping[str, Any]) -> Found:
    return {name: (value.data, value.grad) for name, value in values.items()}


def chain(kind: str, length: int) -> tuple[float, float]:
    """The data of the end of a chain, and the gradient of its start: of x + 1 + 1 ..., or of x doubled by x + x each time."""
    start = kata.Value(1.0)
    end = start
    for _ in range(length):
        end = end + end if kind == "doubled" else end * 1.0 if kind == "product" else end + 1.0
    end.backward()
    return end.data, start.grad


def train(steps: int, rate: float) -> list[float]:
    """The losses of a small fit, y = w x + b to three points, whose data are changed between the steps."""
    w, b, losses = kata.Value(0.0), kata.Value(0.0), []
    for _ in range(steps):
        loss = kata.Value(0.0)
        for x, y in ((0.0, 1.0), (1.0, 3.0), (2.0, 5.0)):
            error = w * x + b - y
            loss = loss + error**2
        loss.backward()
        losses.append(loss.data)
        w.data -= rate * w.grad
        b.data -= rate * b.grad
    return losses
