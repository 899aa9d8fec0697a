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
from harness.suite.check import call
from harness.suite.strategies import Float64Array, seeds

Data = tuple[Float64Array, Float64Array]

X, Y = np.array([[0.0, 1.0], [1.0, 0.0], [2.0, 2.0], [3.0, 1.0]]), np.array([1.0, 2.0, 4.0, 7.0])


def make_data(seed: int, n: int = 20, d: int = 4, common: float = 0.5) -> Data:
    """Features that have a share in common, and targets that depend on all of them."""
    rng = np.random.default_rng(seed)
    A = np.sqrt(1 - common) * rng.normal(size=(n, d)) + np.sqrt(common) * rng.normal(size=(n, 1)) + 1
    return np.round(A, 2), np.round(A @ rng.choice([-2.0, -1.0, 1.0, 2.0], size=d) + 0.1 * rng.normal(size=n), 2)


DATA = st.builds(make_data, seeds())


def check_alphas(got: Any, data: Data, ratio: float, k: int, eps: float, *, asked: str) -> None:
    """Hold the alphas of a path to the definition."""
    __tracebackhide__ = True
    A, y = data
    top = np.abs((A - A.mean(axis=0)).T @ (y - y.mean())).max() / len(A) / ratio
    want = np.geomspace(top, eps * top, k)
    mistakes = {
        "alpha_max is divided by l1_ratio": want * ratio,
        "features and targets are not centred": want / top * np.abs(A.T @ y).max() / len(A) / ratio,
        "equal steps: equal factors were asked for": np.linspace(top, eps * top, k),
    }
    check.close(got, want, asked=f"alphas of {asked}", mistakes=mistakes)


def check_path(path: Any, data: Data, ratio: float, *, asked: str) -> None:
    """Hold each row of a path to what a single fit finds."""
    __tracebackhide__ = True
    alphas, weights, biases, iterations = path
    models = [kata.ElasticNet(float(alpha), ratio).fit(*map(np.copy, data)) for alpha in alphas]
    want, falling = np.array([model.weights for model in models]), np.argsort(-np.asarray(alphas))
    mistakes = {
        "in order of falling alphas: weights[i] belongs to alphas[i]": want[falling],
        "all rows are the last fit: keep a copy of each": np.repeat(want[falling[-1:]], len(want), axis=0),
    }
    hint = "weights[i] and biases[i] are what ElasticNet(alphas[i], l1_ratio) finds"
    check.close(weights, want, asked=f"weights of {asked}", atol=2e-5, rtol=1e-5, mistakes=mistakes, hint=hint)
    want = np.array([float(model.bias) for model in models])
    check.close(biases, want, asked=f"biases of {asked}", atol=2e-5, rtol=1e-5, hint=hint)
    check.equal(np.shape(iterations), np.shape(alphas), asked=f"the shape of iterations of {asked}")


@pytest.mark.example
def test_worked_example_of_a_path() -> None:
    asked = str(call("elastic_net_path", X, Y, n_alphas=3, eps=0.01))
    path = kata.elastic_net_path(X.tolist(), Y.astype(int).tolist(), n_alphas=3, eps=0.01)
    check_alphas(path[0], (X, Y), 0.5, 3, 0.01, asked=asked)
    check_path(path, (X, Y), 0.5, asked=asked)
    asked = str(call("elastic_net_path", X, Y))
    check_alphas(kata.elastic_net_path(X.copy(), Y.copy())[0], (X, Y), 0.5, 50, 1e-3, asked=asked)


@pytest.mark.example
def test_worked_example_of_a_start() -> None:
    model = kata.ElasticNet(alpha=0.5).fit(X.copy(), Y.copy(), start=[7, -3])
    asked = "ElasticNet(alpha=0.5)." + call("fit", X, Y, start=[7, -3])
    hint = "the residual at the start is y - X start, and the minimum is the same from everywhere"
    check.close(model.weights, [1.5, 0.0], asked=asked + ": weights", atol=1e-6, hint=hint)
    check.close(float(model.bias), 1.25, asked=asked + ": bias", atol=1e-6, hint=hint)
    model = kata.ElasticNet(alpha=0.01).fit(*make_data(4, 60, 8, 0.9))
    best = np.array(model.weights)
    warm = int(model.fit(*make_data(4, 60, 8, 0.9), start=best).n_iterations)
    what, hint = "iterations from its own minimum", "start at these weights, with the residual that belongs to them"
    check.true(1 <= warm <= 3, asked=what, came=warm, expected="1 to 3", hint=hint)


@pytest.mark.law
@settings(max_examples=15)
@given(DATA, st.sampled_from([0.3, 1.0]), st.sampled_from([(2, 0.1), (5, 0.02)]))
def test_a_path_falls_from_the_least_alpha_that_switches_all_off(data: Data, ratio: float, grid: Any) -> None:
    asked = str(call("elastic_net_path", *data, ratio, *grid))
    path = kata.elastic_net_path(*map(np.copy, data), ratio, *grid)
    check_alphas(path[0], data, ratio, *grid, asked=asked)
    check_path(path, data, ratio, asked=asked)


@pytest.mark.law
@settings(max_examples=15)
@given(DATA, st.permutations([1.0, 0.1, 0.5, 0.1, 0.0]), st.sampled_from([0.0, 0.5]))
def test_given_alphas_come_back_in_the_order_given(data: Data, alphas: list[float], ratio: float) -> None:
    asked = call("elastic_net_path", *data, ratio, alphas=alphas)
    path = kata.elastic_net_path(*data, ratio, alphas=alphas)
    mistakes = {"in falling order: results are in the order given": np.sort(alphas)[::-1]}
    check.close(path[0], alphas, asked=f"alphas of {asked}", mistakes=mistakes)
    check.float_array(kata.elastic_net_path(X, Y, alphas=[1, 2])[0], (2,), asked="alphas that were given as [1, 2]")
    check_path(path, data, ratio, asked=str(asked))


@pytest.mark.law
def test_a_path_is_shorter_than_its_fits() -> None:
    data = make_data(4, 60, 8, 0.9)
    alphas, *_, iterations = kata.elastic_net_path(*map(np.copy, data), n_alphas=20, tolerance=1e-4)
    fits = [kata.ElasticNet(float(alpha), tolerance=1e-4).fit(*map(np.copy, data)) for alpha in alphas]
    single, came = sum(int(model.n_iterations) for model in fits), int(np.sum(iterations))
    what, expected = "iterations of a path of 20 alphas, tolerance=1e-4", f"at most 4/5 of the {single} of single fits"
    hint = "from the largest alpha to the least, each fit starting at the weights of the one before"
    check.true(came <= 0.8 * single, asked=what, came=came, expected=expected, hint=hint)


STARTS: dict[str, Any] = {"start has 1 weight": [1.0], "start is a number": 1.0, "start has two axes": [[1.0, 2.0]]}
BAD: dict[str, dict[str, Any]] = {
    "n_alphas is 1": {"n_alphas": 1},
    "eps is 0": {"eps": 0.0},
    "there is no largest alpha for ridge": {"l1_ratio": 0.0},
    "there are no alphas": {"alphas": []},
    "alphas is a number": {"alphas": 0.5},
    "an alpha is below 0": {"alphas": [0.5, -0.5]},
    "no feature has a pull on the targets": {"y": np.ones(4)},
    "X has no columns": {"X": np.ones((4, 0)), "alphas": [0.5]},
    **{why: {"start": start} for why, start in STARTS.items()},
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_what_makes_no_path_and_no_start_is_an_error(why: str) -> None:
    name = "fit" if why in STARTS else "elastic_net_path"
    function = kata.ElasticNet().fit if why in STARTS else kata.elastic_net_path
    arguments = {"X": X.copy(), "y": Y.copy(), **BAD[why]}
    hint = "check it first: shapes may broadcast silently"
    check.raises(ValueError, partial(function, **arguments), asked=call(name, **arguments), because=why, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    A, y, start, alphas = X.copy(), Y.copy(), np.array([7.0, -3.0]), np.array([0.1, 0.5])
    with check.untouched(asked="fit and elastic_net_path", X=A, y=y, start=start, alphas=alphas):
        kata.ElasticNet(0.1).fit(A, y, start)
        np.asarray(kata.elastic_net_path(A, y, alphas=alphas)[0])[:] = 7.0
