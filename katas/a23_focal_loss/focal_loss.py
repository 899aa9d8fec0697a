"""Binary focal loss and its gradient."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def focal_loss(
    logits: npt.ArrayLike, labels: npt.ArrayLike, gamma: float = 2.0, alpha: float | None = None
) -> tuple[float, npt.NDArray[np.float64]]:
    """Return the mean focal loss of binary classification (Lin et al., 2017) and its gradient.

    Args:
        logits: scores of class 1, shape (n,), n at least 1; as large as 1000 in either direction.
        labels: true classes, shape (n,), each 0 or 1.
        gamma: power of `1 - p_t`, at least 0; with 0 the loss is cross-entropy.
        alpha: weight of class 1, from 0 to 1; class 0 gets `1 - alpha`. None: both classes have weight 1.

    Returns:
        The mean loss, a Python float, and its gradient with respect to `logits`, shape (n,).

    Raises:
        ValueError: a wrong shape, no samples, or a label, `gamma` or `alpha` out of range.
    """
    raise NotImplementedError
