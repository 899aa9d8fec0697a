"""Follow-up of B21: a path of alphas, each fit starting where the last one ended."""

from __future__ import annotations

from functools import partial
from typing import Any

import elastic_net as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

X = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 1.0]])
Y = np.array([1.0, 2.0, 4.0, 7.0])


def make_data(seed: int, n: int = 20, d: int = 4, common: float = 0.5) -> tuple[Float64Array, Float64Array]:
    """Features that have a share in common, and targets that depend on all of them."""
    rng = np.random.default_rng(seed)
    A = np.sqrt(1 - common) * rng.normal(size=(n, d)) + np.sqrt(common) * rng.normal(size=(n, 1)) + 1
    return np.round(A, 2), np.round(A @ rng.choice([-2.0, -1.0, 1.0, 2.0], size=d) + 0.1 * rng.normal(size=n), 2)


DATA = st.builds(make_data, seeds())


def grid_mistakes(A: Float64Array, y: Float64Array, ratio: float, k: int, eps: float) -> tuple[Float64Array, Mistakes]:
    """The alphas of a path, and those by the usual mistakes."""
    centred = np.abs((A - A.mean(axis=0)).T @ (y - y.mean())).max() / len(A)
    top = centred / ratio
    want = np.geomspace(top, eps * top, k)
    return want, {
        "the sum over the rows: alpha_max is divided by n": want * len(A),
        "alpha_max is divided by l1_ratio": want * ratio,
        "alpha_max times l1_ratio: divide by it": want * ratio**2,
        "features and targets are not centred": want / top * np.abs(A.T @ y).max() / len(A) / ratio,
        "equal steps: equal factors were asked for": np.linspace(top, eps * top, k),
        "from small to large: the largest comes first": want[::-1],
        "eps is the least alpha: it is a share of alpha_max": np.geomspace(top, eps, k),
    }


def check_path(path: Any, A: Float64Array, y: Float64Array, *, ratio: float, asked: Any) -> None:
    """Hold each row of a path to what a single fit finds."""
    __tracebackhide__ = True
    alphas, weights, biases = (np.asarray(part, dtype=np.float64) for part in path[:3])
    models = [kata.ElasticNet(float(alpha), ratio).fit(A.copy(), y.copy()) for alpha in alphas]
    want = np.array([model.weights for model in models])
    mistakes: Mistakes = {
        "in another order than alphas": want[::-1],
        "in order of falling alphas: weights[i] belongs to alphas[i]": want[np.argsort(-alphas)],
        "all rows are the last fit: keep a copy of each": np.repeat(want[np.argsort(-alphas)[-1:]], len(want), axis=0),
    }
    hint = "weights[i] is what ElasticNet(alphas[i], l1_ratio) finds"
    check.close(weights, want, asked=f"weights of {asked}", atol=2e-5, rtol=1e-5, mistakes=mistakes, hint=hint)
    means = {"the bias of centred data: the features have means, too": np.full(len(models), y.mean())}
    want = np.array([float(model.bias) for model in models])
    check.close(biases, want, asked=f"biases of {asked}", atol=2e-5, rtol=1e-5, mistakes=means)
    check.equal(np.shape(path[3]), alphas.shape, asked=f"the shape of iterations of {asked}")


@pytest.mark.example
def test_worked_example_of_a_path() -> None:
    asked = call("elastic_net_path", X, Y, n_alphas=3, eps=0.01)
    path = kata.elastic_net_path(X.tolist(), Y.astype(int).tolist(), n_alphas=3, eps=0.01)
    want, mistakes = grid_mistakes(X, Y, 0.5, 3, 0.01)
    check.close(path[0], want, asked=f"alphas of {asked}", mistakes=mistakes)
    check_path(path, X, Y, ratio=0.5, asked=asked)


@pytest.mark.example
def test_worked_example_of_a_start() -> None:
    model = kata.ElasticNet(alpha=0.5).fit(X.copy(), Y.copy(), start=[7, -3])
    asked = "ElasticNet(alpha=0.5)." + call("fit", X, Y, start=[7, -3])
    hint = "the residual at the start is y - X start, and the minimum is the same from everywhere"
    check.close(model.weights, [1.5, 0.0], asked=asked + ": weights", atol=1e-6, hint=hint)
    check.close(float(model.bias), 1.25, asked=asked + ": bias", atol=1e-6, hint=hint)


@pytest.mark.law
@settings(max_examples=15)
@given(DATA, st.sampled_from([0.3, 1.0]), st.sampled_from([(2, 0.1), (5, 0.02)]))
def test_a_path_goes_from_the_least_alpha_that_switches_all_off(
    data: tuple[Float64Array, Float64Array], ratio: float, grid: tuple[int, float]
) -> None:
    A, y = data
    options: dict[str, Any] = {"l1_ratio": ratio, "n_alphas": grid[0], "eps": grid[1]}
    path, asked = kata.elastic_net_path(A.copy(), y.copy(), **options), call("elastic_net_path", A, y, **options)
    want, mistakes = grid_mistakes(A, y, ratio, *grid)
    check.close(path[0], want, asked=f"alphas of {asked}", mistakes=mistakes)
    check_path(path, A, y, ratio=ratio, asked=asked)


@pytest.mark.law
@settings(max_examples=15)
@given(DATA, st.permutations([1.0, 0.1, 0.5, 0.1, 0.0]), st.sampled_from([0.0, 0.5]))
def test_given_alphas_come_back_in_the_order_given(
    data: tuple[Float64Array, Float64Array], alphas: list[float], ratio: float
) -> None:
    path, asked = (
        kata.elastic_net_path(*data, ratio, alphas=alphas),
        call("elastic_net_path", *data, ratio, alphas=alphas),
    )
    mistakes = {"in falling order: results are in the order given": np.sort(alphas)[::-1]}
    check.close(path[0], alphas, asked=f"alphas of {asked}", mistakes=mistakes)
    check.float_array(path[0], (5,), asked=f"alphas of {asked}")
    check_path(path, *data, ratio=ratio, asked=asked)


@pytest.mark.law
def test_defaults_are_50_alphas_and_a_thousandth() -> None:
    want, mistakes = grid_mistakes(X, Y, 0.5, 50, 1e-3)
    path = kata.elastic_net_path(X.copy(), Y.copy())
    check.close(path[0], want, asked="alphas of " + call("elastic_net_path", X, Y), mistakes=mistakes)
    check_path(
        kata.elastic_net_path(X, Y, alphas=[1, 2]), X, Y, ratio=0.5, asked=call("elastic_net_path", X, Y, alphas=[1, 2])
    )
    check.float_array(kata.elastic_net_path(X, Y, alphas=[1, 2])[0], (2,), asked="alphas, given as [1, 2]")


@pytest.mark.law
def test_a_start_at_the_minimum_is_done_at_once() -> None:
    A, y = make_data(4, 60, 8, 0.9)
    model = kata.ElasticNet(alpha=0.01).fit(A.copy(), y.copy())
    cold, best = int(model.n_iterations), np.array(model.weights)
    warm = int(model.fit(A.copy(), y.copy(), start=best).n_iterations)
    what = "the iterations of a fit that starts at its own minimum"
    mistake = "start is ignored" if warm == cold else ""
    hint = "start from these weights, and from the residual that belongs to them"
    check.true(1 <= warm <= 3, asked=what, came=warm, expected="at most 3", mistake=mistake, hint=hint)


@pytest.mark.law
def test_a_path_is_shorter_than_its_fits() -> None:
    A, y = make_data(4, 60, 8, 0.9)
    *_, iterations = kata.elastic_net_path(A.copy(), y.copy(), n_alphas=20, tolerance=1e-4)
    alphas, _ = grid_mistakes(A, y, 0.5, 20, 1e-3)
    single = [
        int(kata.ElasticNet(float(alpha), tolerance=1e-4).fit(A.copy(), y.copy()).n_iterations) for alpha in alphas
    ]
    mistake = "each fit starts at zeros" if np.sum(iterations) == sum(single) else ""
    hint = "from the largest alpha to the least, each fit starting at the weights of the one before"
    expected = f"at most 4/5 of the {sum(single)} of single fits"
    what = "the iterations of a path of 20 alphas, tolerance=1e-4"
    is_shorter = bool(np.sum(iterations) <= 0.8 * sum(single))
    check.true(is_shorter, asked=what, came=int(np.sum(iterations)), expected=expected, mistake=mistake, hint=hint)


BAD: dict[str, dict[str, Any]] = {
    "n_alphas is 1": {"n_alphas": 1},
    "eps is 0": {"eps": 0.0},
    "eps is 1": {"eps": 1.0},
    "there is no largest alpha for ridge": {"l1_ratio": 0.0},
    "l1_ratio is above 1": {"l1_ratio": 1.1},
    "there are no alphas": {"alphas": []},
    "alphas is a number": {"alphas": 0.5},
    "alphas has two axes": {"alphas": [[0.5]]},
    "an alpha is below 0": {"alphas": [0.5, -0.5]},
    "no feature has a pull on the targets": {"y": np.ones(4)},
    "y has shape (n, 1)": {"y": np.ones((4, 1))},
    "X has no columns": {"X": np.ones((4, 0)), "alphas": [0.5]},
    "tolerance is below 0": {"tolerance": -1.0},
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_what_makes_no_path_is_an_error(why: str) -> None:
    arguments = {"X": X.copy(), "y": Y.copy(), **BAD[why]}
    asked = call("elastic_net_path", **arguments)
    check.raises(
        ValueError, partial(kata.elastic_net_path, **arguments), asked=asked, because=why, hint="check it first"
    )


@pytest.mark.edge
@pytest.mark.parametrize("start", [[1.0], 1.0, [[1.0, 2.0]], [1.0, 2.0, 3.0]], ids=str)
def test_a_start_of_another_shape_is_an_error(start: Any) -> None:
    thunk = partial(kata.ElasticNet().fit, X.copy(), Y.copy(), start=start)
    because = "start has one weight for each of 2 columns"
    check.raises(
        ValueError, thunk, asked=call("fit", X, Y, start=start), because=because, hint="it may broadcast silently"
    )


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    A, y, start, alphas = X.copy(), Y.copy(), np.array([7.0, -3.0]), np.array([0.1, 0.5])
    with check.untouched(asked="fit and elastic_net_path", X=A, y=y, start=start, alphas=alphas):
        kata.ElasticNet(0.1).fit(A, y, start)
        got = np.asarray(kata.elastic_net_path(A, y, alphas=alphas)[0])
        got += 1
