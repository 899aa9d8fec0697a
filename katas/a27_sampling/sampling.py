"""From the logits of a language model to the next token: temperature, top-k, top-p."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def next_token_probabilities(
    logits: npt.ArrayLike, temperature: float = 1.0, top_k: int | None = None, top_p: float | None = None
) -> npt.NDArray[np.float64]:
    """Return the probabilities of the tokens after temperature, top-k and top-p, in this order.

    Args:
        logits: scores, shape (V,); -inf masks a token.
        temperature: divides the logits; 0 takes the largest logit alone.
        top_k: how many tokens are kept; None keeps all.
        top_p: how much probability the kept tokens reach together; None keeps all.

    Returns:
        Probabilities, shape (V,).

    Raises:
        ValueError: a wrong shape, no token or all masked, or a knob out of range.
    """
    raise NotImplementedError


def sample(
    logits: npt.ArrayLike,
    uniform: float,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
) -> int:
    """Return the first index at which the running sum of the probabilities is above `uniform`, a number in [0, 1).

    Raises:
        ValueError: as in `next_token_probabilities`, or a uniform outside [0, 1).
    """
    raise NotImplementedError
