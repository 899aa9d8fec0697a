"""NumPy's global random state, which a subject with a `random_state` of its own must leave alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from harness.suite import check

MISTAKE = (
    "it was seeded or drawn from, which changes every other user's numbers: take np.random.default_rng(random_state)"
)


class GlobalRandomState:
    """The state at the time when this was made.

    Where the subject has a process of its own, its state is mirrored in that of the suite, so this is about the subject's.
    """

    def __init__(self) -> None:
        # A subject that seeds with a fixed number may have done so in an earlier test; then doing it again would not show.
        np.random.random()  # noqa: NPY002
        self._before = _state()

    def check_kept(self, *, after: str = "the calls") -> None:
        """Hold the state to be what it was."""
        __tracebackhide__ = True
        asked = f"NumPy's global random state after {after}"
        kept = check.is_equal(_state(), self._before)
        check.true(kept, asked=asked, came="changed", expected="as it was", mistake=MISTAKE)


def _state() -> list[Any]:
    return list(np.random.get_state())[1:3]  # noqa: NPY002 (it is watched here)
