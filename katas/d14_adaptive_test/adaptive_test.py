"""An adaptive test: items are chosen by what the answers so far say about the person."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def probability(theta: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray | float:
    """Return the chance of a right answer, for numbers or for arrays that broadcast: ability theta, item (a, b)."""
    raise NotImplementedError


def information(theta: npt.ArrayLike, a: npt.ArrayLike, b: npt.ArrayLike) -> FloatArray | float:
    """Return the Fisher information of an answer about theta, for numbers or for arrays that broadcast."""
    raise NotImplementedError


class AdaptiveTest:
    """The session of one person.

    `answers`: pairs (item, correct), in order; `theta`, `standard_error`: floats; `finished`: bool.

    Args:
        items: id -> (a, b), discrimination above 0 and difficulty; at least one.
        random_state: int or `np.random.Generator`; used where there is something to draw.
        max_items: how many answers end the test, at least 1.
        target_error: the test ends when the standard error is not above it; at least 0.
        n_candidates: the next item is drawn from so many most informative ones, at least 1.
        answers: those of an earlier session, to go on from.

    `ValueError` for an argument out of range; for `answers` what `record` raises.
    """

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
        raise NotImplementedError

    def next_item(self) -> str:
        """Return the id of the item to ask next; the same one until an answer is recorded. `RuntimeError` when finished."""
        raise NotImplementedError

    def record(self, item: str, correct: bool) -> None:
        """Take in an answer: True or False, else `ValueError`, as for an item with an answer; `KeyError` for an unknown item.

        `RuntimeError` when finished.
        """
        raise NotImplementedError
