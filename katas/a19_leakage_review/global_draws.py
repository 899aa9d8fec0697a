"""NumPy's global random state, read where the subject runs."""

from __future__ import annotations

from typing import Any

import numpy as np


def global_state() -> list[Any]:
    """The state of NumPy's global generator."""
    return list(np.random.get_state())[1:3]  # noqa: NPY002 (it is watched here)
