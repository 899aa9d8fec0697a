"""Suite of A33: the loss by its definition, the gradients by differences and by the chain rule, and both directions."""

from __future__ import annotations

import math
from copy import deepcopy
from typing import Any

import info_nce as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

Case = tuple[Float64Array, Float64Array, float]
"""queries (N, D), keys (N, D), temperature"""


def make_case(seed: int) -> Case:
    """Rows of any length but 0."""
    rng = np.random.default_rng(seed)
    shape = int(rng.integers(1, 6)), int(rng.integers(1, 5))
    q, k = rng.integers(-8, 9, size=(2, *shape)) / 4
    q[~q.any(axis=1)], k[~k.any(axis=1)] = 1.0, -0.5
    return q, k, float(rng.choice([0.25, 0.5, 1.0, 2.0]))


CASES = st.builds(make_case, seeds())


def units(rows: Float64Array) -> Float64Array:
    return np.asarray(rows / np.linalg.norm(rows, axis=1, keepdims=True))


def log_softmax(z: Float64Array) -> Float64Array:
    """Along the rows."""
    shifted = z - z.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def loop_loss(q: Float64Array, k: Float64Array, temperature: float) -> tuple[float, float]:
    """The definition, number by number: the cross-entropies of the queries and of the keys."""
    z = (units(q) @ units(k).T / temperature).tolist()
    n, sides = len(z), []
    for rows in (z, [list(column) for column in zip(*z, strict=True)]):
        sums = [max(row) + math.log(math.fsum(math.exp(value - max(row)) for value in row)) for row in rows]
        sides.append(math.fsum(total - row[i] for i, (total, row) in enumerate(zip(sums, rows, strict=True))) / n)
    return sides[0], sides[1]


def chain(
    case: Case,
    *,
    by_query: float = 0.5,
    by_key: float = 0.5,
    norms: bool = True,
    project: bool = True,
    transpose: bool = True,
) -> tuple[Float64Array, Float64Array]:
    """Gradients in queries and keys by the chain rule, or with a part of it changed."""
    q, k, temperature = case
    a, b, n = units(q), units(k), len(q)
    z = a @ b.T / temperature
    d_z = (
        by_query * np.exp(log_softmax(z)) + by_key * np.exp(log_softmax(z.T)).T - (by_query + by_key) * np.eye(n)
    ) / n
    found = []
    for d_unit, unit, rows in ((d_z @ b, a, q), ((d_z.T if transpose else d_z) @ a, b, k)):
        inner = unit * (d_unit * unit).sum(axis=1, keepdims=True) if project else 0.0
        found.append((d_unit - inner) / temperature / (np.linalg.norm(rows, axis=1, keepdims=True) if norms else 1.0))
    return found[0], found[1]


def loss_mistakes(case: Case) -> Mistakes:
    """What the usual mistakes give for the loss."""
    q, k, t = case
    a, b, n = units(q), units(k), len(q)
    side_q, side_k = loop_loss(q, k, t)

    def from_logits(z: Float64Array) -> float:
        return -float(np.trace(log_softmax(z)) + np.trace(log_softmax(z.T))) / (2 * n)

    z = a @ b.T / t
    others = np.where(np.eye(n, dtype=bool), -np.inf, z)
    return {
        "exp overflowed: subtract the largest logit of each row, and of each column": math.nan,
        "queries against keys alone: the loss has both directions": side_q,
        "keys against queries alone: the loss has both directions": side_k,
        "the sum of both directions: their mean": side_q + side_k,
        "the sum over the batch: the mean": (side_q + side_k) / 2 * n,
        "the sign is turned": -(side_q + side_k) / 2,
        "not normalised: the logits are cosines": lambda: from_logits(q @ k.T / t),
        "only the queries are normalised": lambda: from_logits(a @ k.T / t),
        "only the keys are normalised": lambda: from_logits(q @ b.T / t),
        "multiplied by the temperature: divide": lambda: from_logits(a @ b.T * t),
        "the temperature is left out": lambda: from_logits(a @ b.T),
        "the own key is left out of the sum: it belongs to the denominator": lambda: float(
            -np.mean(2 * np.diag(z) - np.log(np.exp(others).sum(axis=1)) - np.log(np.exp(others).sum(axis=0))) / 2
        ),
        "the columns of both were normalised: each row": lambda: from_logits(
            q / np.linalg.norm(q, axis=0) @ (k / np.linalg.norm(k, axis=0)).T / t
        ),
        "distances in place of cosines": lambda: from_logits(-np.linalg.norm(a[:, None] - b, axis=2) / t),
        "logarithm to base 2: the natural one": (side_q + side_k) / 2 / math.log(2),
    }


def gradient_mistakes(case: Case, which: int) -> Mistakes:
    """What the usual mistakes give for the gradient in the queries (0) or the keys (1)."""
    n, t, right = len(case[0]), case[2], chain(case)[which]
    return {
        "the gradient in the normalised rows: go on through the normalisation": chain(case, norms=False, project=False)[
            which
        ],
        "the share along the row is not taken out: normalising makes its length not count": chain(case, project=False)[
            which
        ],
        "not divided by the row's norm": chain(case, norms=False)[which],
        "the temperature is left out of the gradient": right * t,
        "multiplied by the temperature: divide": right * t * t,
        "the gradient of the sum: divide by N": right * n,
        "the gradient of both directions' sum: their mean": right * 2,
        "the sign is turned": -right,
        "the gradient of queries against keys alone": chain(case, by_query=1.0, by_key=0.0)[which],
        "the gradient of keys against queries alone": chain(case, by_query=0.0, by_key=1.0)[which],
        "half of it: one direction only, divided by 2": chain(case, by_key=0.0)[which],
        "half of it, the other direction": chain(case, by_query=0.0)[which],
        "gradients of queries and keys are swapped": chain(case)[1 - which],
        "the logits' gradient is not transposed for the keys": chain(case, transpose=False)[which],
    }


def check_all(queries: Any, keys: Any, temperature: float | None = None, *, hint: str = "") -> None:
    """Hold loss and gradients to the definition; a temperature of None is left out of the call."""
    __tracebackhide__ = True
    last = () if temperature is None else (temperature,)
    case: Case = (np.array(queries, np.float64), np.array(keys, np.float64), *(last or (0.07,)))
    asked, got = call("info_nce", queries, keys, *last), kata.info_nce(*deepcopy((queries, keys)), *last)
    check.true(len(got) == 3, asked=asked, came=f"{len(got)} values", expected="3: loss, d_queries, d_keys")
    want = sum(loop_loss(*case)) / 2
    check.close(got[0], want, asked="the loss of " + asked, atol=1e-11, mistakes=loss_mistakes(case), hint=hint)
    check.python_float(got[0], asked="the loss of " + asked)
    for which, (name, right) in enumerate(zip(("d_queries", "d_keys"), chain(case), strict=True)):
        label, mistakes = f"{name} of " + asked, gradient_mistakes(case, which)
        check.close(got[which + 1], right, asked=label, rtol=1e-8, atol=1e-11, mistakes=mistakes, hint=hint)
        check.float_array(got[which + 1], right.shape, asked=label)


Q, K = np.array([[3.0, 4.0], [1.0, 0.0]]), np.array([[0.6, 0.8], [0.0, 2.0]])
Q3, K3 = np.array([[1.0, 2.0], [-1.0, 0.5], [0.0, 3.0]]), np.array([[2.0, 1.0], [-1.0, -1.0], [1.0, 4.0]])

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example() -> None:
    check_all(Q, K, 1.0)
    check_all(Q3, K3, 0.5)


@pytest.mark.example
def test_the_temperature_is_0_07_when_left_out() -> None:
    check_all(Q3, K3, hint="temperature=0.07")


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(CASES)
def test_loss_and_gradients_equal_the_definition(case: Case) -> None:
    check_all(*case)


@pytest.mark.law
@given(CASES)
def test_the_gradients_are_the_slopes_of_the_loss(case: Case) -> None:
    q, k, temperature = case
    got, asked = kata.info_nce(*deepcopy(case)), call("info_nce", *case)
    for which, (name, at) in enumerate((("queries", q), ("keys", k))):
        if np.linalg.norm(at, axis=1).min() < 0.5:
            continue  # the direction of a short row turns too fast for differences

        def losses(points: list[Float64Array], name: str = name) -> list[float]:
            arguments = [(p, k, temperature) if name == "queries" else (q, p, temperature) for p in points]
            return [loss for loss, *_ in each(kata.info_nce, arguments)]

        mistakes = gradient_mistakes(case, which)
        check.gradient(got[which + 1], losses, at, asked=f"d_{name} of " + asked, name=name, mistakes=mistakes)


@pytest.mark.law
@given(CASES, seeds())
def test_lengths_and_the_order_of_pairs_do_not_count(case: Case, seed: int) -> None:
    q, k, temperature = case
    rng = np.random.default_rng(seed)
    order, lengths = rng.permutation(len(q)), 2.0 ** rng.integers(-6, 7, size=(2, len(q), 1))
    want, asked = kata.info_nce(*deepcopy(case))[0], call("info_nce", q, k, temperature)
    got = kata.info_nce(q[order] * lengths[0], k[order] * lengths[1], temperature)[0]
    hint = "the rows are normalised, and every other row is a negative, wherever it stands"
    check.close(got, want, asked="the loss with other lengths and another order of " + asked, atol=1e-11, hint=hint)


@pytest.mark.law
def test_a_batch_of_a_hundred_equals_the_definition() -> None:
    q, k = np.random.default_rng(33).normal(size=(2, 100, 16))
    check_all(q, q + k)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_a_low_temperature_does_not_overflow() -> None:
    hint = "subtract the largest logit of each row, and of each column, before the exponential"
    check_all(Q, K[::-1], 0.001, hint=hint)
    check_all(Q3, -K3, 0.001, hint=hint)


@pytest.mark.edge
def test_a_single_pair_and_vectors_of_width_1() -> None:
    check_all([[1.0, 2.0]], [[-3.0, 0.5]], hint="with no negatives loss and gradients are 0")
    check_all([[2.0], [-1.0]], [[-3.0], [0.5]], 0.5)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8, np.uint8])
def test_is_computed_in_float64(dtype: npt.DTypeLike) -> None:
    q, k = np.array([[100, 27], [1, 120]]).astype(dtype), np.array([[90, 3], [111, 127]]).astype(dtype)
    check_all(q, k, 0.5, hint="convert to float64 first: squares wrap around")
    check_all(q.tolist(), k.tolist(), 0.5)


BAD: dict[str, tuple[Any, ...]] = {
    "the queries have one axis": (Q[0], K[0]),
    "there is a key too few": (Q, K[:1]),
    "widths differ": (Q, K[:, :1]),
    "there are no pairs": (Q[:0], K[:0]),
    "the width is 0": (Q[:, :0], K[:, :0]),
    "both have three axes": (Q[None], K[None]),
    "a query is a row of zeros": ([[3.0, 4.0], [0.0, 0.0]], K),
    "a key is a row of zeros": (Q, [[0.0, 0.0], [0.0, 2.0]]),
    "the temperature is 0": (Q, K, 0.0),
    "the temperature is negative": (Q, K, -0.1),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_wrong_shapes_rows_of_zeros_and_temperatures_are_an_error(why: str) -> None:
    arguments, asked = deepcopy(BAD[why]), call("info_nce", *BAD[why])
    hint = "check shapes, norms and temperature before you compute"
    check.raises(ValueError, lambda: kata.info_nce(*arguments), asked=asked, because=why, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    q, k = Q.copy(), K.copy()
    with check.untouched(asked=call("info_nce", Q, K), queries=q, keys=k):
        kata.info_nce(q, k)
