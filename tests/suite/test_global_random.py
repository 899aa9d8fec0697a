"""A subject that seeds NumPy's global generator, or draws from it, is found out; one that leaves it alone is not."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from harness.suite.check import CheckFailedError
from harness.suite.global_random import GlobalRandomState


@pytest.mark.parametrize("use", [lambda: np.random.seed(0), np.random.random], ids=["seed", "draw"])  # noqa: NPY002
def test_each_use_shows_even_if_an_earlier_test_had_done_the_same(use: Callable[[], object]) -> None:
    for _ in range(2):
        state = GlobalRandomState()
        use()
        with pytest.raises(CheckFailedError, match="seeded or drawn from"):
            state.check_kept()


def test_generators_of_ones_own_do_not_count() -> None:
    state = GlobalRandomState()
    np.random.default_rng(0).random()
    state.check_kept(after="a draw")
