"""Skip-gram with negative sampling."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def skip_gram_pairs(tokens: npt.ArrayLike, window: int) -> list[tuple[int, int]] | npt.NDArray[np.int_]:
    """Return all (center, context) of `tokens` (n,) whose positions differ by 1 to `window`, in any order.

    Raises:
        ValueError: no tokens, or a window below 1.
    """
    raise NotImplementedError


def noise_distribution(counts: npt.ArrayLike) -> Float64Array:
    """Return probabilities proportional to `counts` (V,) to the power 3/4, shape (V,).

    Raises:
        ValueError: counts are not 1-D, empty, negative or all zero.
    """
    raise NotImplementedError


class SkipGram:
    """Word vectors by skip-gram with negative sampling.

    Attributes, which may be replaced:

    vectors: rows of words as centers, float64, shape (vocab_size, dimension).
    context_vectors: rows of words as contexts and negatives, of the same shape.
    """

    vectors: Float64Array
    context_vectors: Float64Array

    def __init__(
        self,
        vocab_size: int,
        dimension: int,
        n_negatives: int = 5,
        learning_rate: float = 0.05,
        random_state: int | np.random.Generator | None = None,
    ) -> None:
        raise NotImplementedError

    def loss_and_gradients(
        self, center: int, context: int, negatives: npt.ArrayLike
    ) -> tuple[float, Float64Array, Float64Array]:
        """Return the loss, and its gradients with respect to `vectors` and `context_vectors`; `negatives` is (k,)."""
        raise NotImplementedError

    def train(self, tokens: npt.ArrayLike, window: int, epochs: int) -> SkipGram:
        """Go `epochs` times through the pairs of `tokens` (n,), one step for each pair; return self; see README."""
        raise NotImplementedError
