"""An adaptive test on the two-parameter logistic model (Birnbaum 1968): the reference."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def probability(theta: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray | float:
    """Return the chance of a right answer, 1 / (1 + exp(-a (theta - b))), for numbers or arrays that broadcast."""
    theta, a, b = (np.asarray(x, dtype=np.float64) for x in (theta, a, b))
    z = a * (theta - b)
    power = np.exp(-np.abs(z))  # of a negative number: it overflows nowhere, and keeps both tails exact
    chance = np.where(z >= 0, 1.0, power) / (1 + power)
    return float(chance) if chance.ndim == 0 else chance


def information(theta: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray | float:
    """Return the Fisher information of an answer about theta, a**2 p (1 - p), for numbers or arrays that broadcast."""
    slope = np.asarray(a, dtype=np.float64)
    right, wrong = probability(theta, slope, b), probability(theta, -slope, b)  # wrong is 1 - right, exact when tiny
    amount = np.asarray(slope**2 * right * wrong)
    return float(amount) if amount.ndim == 0 else amount


class AdaptiveTest:
    """The session of one person, whose ability is N(0, 1) a priori.

    `theta` is the mode of the posterior, `standard_error` comes from its curvature there. The session is its answers:
    handed to a new object, they bring it to the same state.
    """

    _pending: str | None  # what next_item gave, until an answer comes

    def __init__(
        self,
        items: Mapping[str, tuple[float, float]],
        random_state: int | np.random.Generator | None = None,
        *,
        max_items: int = 20,
        target_error: float = 0.3,
        n_candidates: int = 1,
        answers: Sequence[tuple[str, bool]] = (),
    ) -> None:
        self._ids = list(items)
        self._places = {item: place for place, item in enumerate(self._ids)}
        self._a, self._b = _parameters(items)
        if max_items < 1 or n_candidates < 1:
            raise ValueError(f"max_items and n_candidates must be at least 1, got {max_items} and {n_candidates}")
        if not target_error >= 0:
            raise ValueError(f"target_error must be at least 0, got {target_error}")
        self._rng = np.random.default_rng(random_state)
        self.max_items, self.target_error, self.n_candidates = max_items, target_error, n_candidates
        self._places_seen: list[int] = []
        self._correct: list[bool] = []
        for item, correct in answers:
            self._add(item, correct)
        self._update()

    @property
    def answers(self) -> list[tuple[str, bool]]:
        """Pairs (item, correct), in the order in which they came."""
        return [(self._ids[place], correct) for place, correct in zip(self._places_seen, self._correct, strict=True)]

    @property
    def theta(self) -> float:
        """The mode of the posterior."""
        return self._theta

    @property
    def standard_error(self) -> float:
        """One over the root of the posterior's curvature at its mode: 1 for the prior, plus the items' information."""
        seen = self._places_seen
        return float(1 / np.sqrt(1 + np.sum(information(self._theta, self._a[seen], self._b[seen]))))

    @property
    def finished(self) -> bool:
        """Whether there is nothing more to ask."""
        count = len(self._places_seen)
        return count >= min(self.max_items, len(self._ids)) or self.standard_error <= self.target_error

    def next_item(self) -> str:
        """Return the id of the item to ask next; the same one until an answer is recorded."""
        if self.finished:
            raise RuntimeError("next_item needs a test that is not finished, this one is")
        if self._pending is None:
            amounts = np.asarray(information(self._theta, self._a, self._b))
            amounts[self._places_seen] = -np.inf
            k = min(self.n_candidates, len(self._ids) - len(self._places_seen))
            best = np.argsort(-amounts, kind="stable")[:k]
            self._pending = self._ids[best[self._rng.integers(k)]]
        return self._pending

    def record(self, item: str, correct: bool) -> None:
        """Take in an answer to an item that has none yet."""
        if self.finished:
            raise RuntimeError("record needs a test that is not finished, this one is")
        self._add(item, correct)
        self._update()

    def _add(self, item: str, correct: bool) -> None:
        """Check an answer, then append it."""
        if item not in self._places:
            raise KeyError(f"item must be one of the bank, got {item!r}")
        place = self._places[item]
        if place in self._places_seen:
            raise ValueError(f"item must not be answered yet, got {item!r} again")
        if correct not in (True, False):
            raise ValueError(f"correct must be True or False, got {correct!r}")
        self._places_seen.append(place)
        self._correct.append(bool(correct))

    def _update(self) -> None:
        """Bring theta up to date, and let the next item be chosen anew."""
        seen = self._places_seen
        self._theta = _mode(self._a[seen], self._b[seen], np.asarray(self._correct))
        self._pending = None


def _parameters(items: Mapping[str, tuple[float, float]]) -> tuple[FloatArray, FloatArray]:
    """Discriminations and difficulties of a bank, (n,) each."""
    if not items:
        raise ValueError("items must have at least one item, got none")
    a, b = np.asarray(list(items.values()), dtype=np.float64).T
    if not (a > 0).all():
        raise ValueError(f"items must have a above 0, got {a.min()}")
    return a, b


def _mode(a: FloatArray, b: FloatArray, correct: npt.NDArray[np.bool_]) -> float:
    """Where the slope of the log posterior, -theta + sum a (correct - p), is 0.

    It falls everywhere, and its root lies within the sum of a. So bisection never fails, where Newton's method leaps from
    end to end of the staircase that steep items make of the slope.
    """
    high = float(a.sum())
    low = -high
    for _ in range(64):
        theta = (low + high) / 2
        slope = np.sum(a * (correct - probability(theta, a, b))) - theta
        low, high = (theta, high) if slope > 0 else (low, theta)
    return (low + high) / 2
