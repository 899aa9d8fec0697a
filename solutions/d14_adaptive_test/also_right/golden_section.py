"""The mode by golden-section search on the log posterior, then two steps of Newton's; heaps choose the items."""

from __future__ import annotations

import heapq
import math

import numpy as np


def probability(theta, a, b):
    z = np.asarray(a, dtype=float) * (np.asarray(theta, dtype=float) - np.asarray(b, dtype=float))
    p = 0.5 * (1 + np.tanh(z / 2))
    small = z < -20
    p = np.where(small, np.exp(np.where(small, z, 0.0)), p)
    return p if p.ndim else p.item()


def information(theta, a, b):
    z = np.asarray(a, dtype=float) * (np.asarray(theta, dtype=float) - np.asarray(b, dtype=float))
    with np.errstate(over="ignore"):
        amount = (np.asarray(a, dtype=float) / 2 / np.cosh(z / 2)) ** 2
    return amount if amount.ndim else amount.item()


class AdaptiveTest:
    def __init__(self, items, random_state=None, *, max_items=20, target_error=0.3, n_candidates=1, answers=()):
        self._items = {item: np.array(pair, dtype=float) for item, pair in items.items()}
        if not self._items or any(
            pair.shape != (2,) or pair[0] <= 0 or not np.isfinite(pair).all() for pair in self._items.values()
        ):
            raise ValueError("items must have at least one (a, b), with a above 0 and b finite")
        if min(max_items, n_candidates) < 1 or target_error < 0:
            raise ValueError(f"limits out of range: {max_items}, {n_candidates}, {target_error}")
        self._limits = max_items, target_error, n_candidates
        self._rng = np.random.default_rng(random_state)
        self._answers = []
        self._next = None
        self.theta, self.standard_error = 0.0, 1.0
        for answer in answers:
            self._take(*answer)

    def _take(self, item, correct):
        if item not in self._items:
            raise KeyError(f"unknown item {item!r}")
        if any(item == seen for seen, _ in self._answers):
            raise ValueError(f"{item!r} has an answer")
        if correct not in (0, 1):
            raise ValueError(f"correct must be a bool, got {correct!r}")
        self._answers = [*self._answers, (item, bool(correct))]
        self._next = None
        a, b = np.array([self._items[seen] for seen, _ in self._answers]).T
        signs = np.array([1.0 if right else -1.0 for _, right in self._answers])

        def loss(theta):
            return theta**2 / 2 + np.logaddexp(0, -signs * a * (theta - b)).sum()

        low, high, ratio = -a.sum(), a.sum(), (math.sqrt(5) - 1) / 2
        while high - low > 1e-6:
            left, right = high - ratio * (high - low), low + ratio * (high - low)
            if loss(left) < loss(right):
                high = right
            else:
                low = left
        theta = (low + high) / 2
        for _ in range(3):
            slope = theta - (signs * a * probability(theta, -signs * a, b)).sum()
            theta -= slope / (1 + information(theta, a, b).sum())
        self.theta = float(theta)
        self.standard_error = float((1 + information(theta, a, b).sum()) ** -0.5)

    @property
    def answers(self):
        return list(self._answers)

    @property
    def finished(self):
        max_items, target_error, _ = self._limits
        done = len(self._answers) in (max_items, len(self._items)) or len(self._answers) > max_items
        return done or self.standard_error <= target_error

    def next_item(self):
        if self.finished:
            raise RuntimeError("finished")
        if self._next is None:
            seen = {item for item, _ in self._answers}
            unseen = [item for item in self._items if item not in seen]
            best = heapq.nlargest(self._limits[2], unseen, key=lambda item: information(self.theta, *self._items[item]))
            self._next = best[int(self._rng.random() * len(best))]
        return self._next

    def record(self, item, correct):
        if self.finished:
            raise RuntimeError("finished")
        self._take(item, correct)
