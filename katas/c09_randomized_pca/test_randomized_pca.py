"""Suite of C09: factors against the full decomposition, digits of small singular values, centring, and speed."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest
import randomized_pca as kata
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.speed import Contest, Racer, vary
from harness.suite.strategies import Float64Array, seeds


class Factors(NamedTuple):
    """U, s and Vt."""

    U: Float64Array
    s: Float64Array
    Vt: Float64Array


def matrix_of(values: Any, n: int, d: int, seed: int = 0) -> Float64Array:
    """A random matrix (n, d) with these singular values, and zeros for the rest."""
    rng, values = np.random.default_rng(seed), np.asarray(values, dtype=np.float64)
    left, right = (np.linalg.qr(rng.normal(size=(size, len(values))))[0] for size in (n, d))
    return np.asarray((left * values) @ right.T)


def spread_of(rank: int, seed: int) -> Float64Array:
    """Singular values from 10 down to 1, none close to the next."""
    factor = np.random.default_rng(seed).uniform(0.99, 1.01, size=rank)
    return np.geomspace(10, 1, rank) * factor if rank > 1 else np.ones(1)


def factors(X: Float64Array, k: int, *, asked: str, **options: Any) -> Factors:
    """U, s, Vt, which have the right shapes and orthonormal columns and rows."""
    __tracebackhide__ = True
    because = "k is in 1 ... min(n, d), and the others may be anything from 0"
    got = check.accepts(partial(kata.randomized_svd, X.copy(), k, **options), asked=asked, because=because)
    check.equal(len(got), 3, asked=f"how many results {asked} has", hint="return U, s, Vt")
    n, d = X.shape
    for name, part, shape in zip(("U", "s", "Vt"), got, ((n, k), (k,), (k, d)), strict=True):
        hint = "U = Q @ (U of Q.T @ X), and all is cut off to k at the end; Vt has the right vectors as rows"
        check.float_array(part, shape, asked=f"{name} of {asked}", hint=hint)
    came = Factors(*got)
    hint = "U = Q @ (U of Q.T @ X), and Vt, are those of the SVD of Q.T @ X: a division by s fails where s is near 0"
    for name, product in (("U.T @ U", came.U.T @ came.U), ("Vt @ Vt.T", came.Vt @ came.Vt.T)):
        check.close(product, np.eye(k), asked=f"{name} of {asked}", atol=1e-9, hint=hint)
    check.true(
        bool(np.all(came.s >= 0) and np.all(np.diff(came.s) <= 1e-12 * came.s[0])),
        asked=f"s of {asked}",
        came=came.s,
        expected="not below 0, the largest first",
    )
    return came


def check_factors(got: Factors, X: Float64Array, *, asked: str, rtol: float = 1e-8, hint: str = "") -> None:
    """Hold factors to the best of their rank, where the sketch has all of X in it or nothing else is near."""
    __tracebackhide__ = True
    U, s, Vt = np.linalg.svd(X, full_matrices=False)
    k = len(got.s)
    mistakes: Mistakes = {
        "eigenvalues of X.T @ X: singular values are their roots": s[:k] ** 2,
        "the least singular values: the largest are asked for": s[-k:],
        "divided by the root of n": s[:k] / np.sqrt(len(X)),
    }
    check.close(got.s, s[:k], asked=f"s of {asked}", rtol=rtol, mistakes=mistakes, hint=hint)
    want, what = (U[:, :k] * s[:k]) @ Vt[:k], f"U @ diag(s) @ Vt of {asked}"
    check.close(
        (got.U * got.s) @ got.Vt, want, asked=what, atol=max(rtol, 1e-8) * s[0], hint=hint or "pairs must match"
    )


def excess(X: Float64Array, k: int, got: Factors) -> float:
    """The error of an approximation, over that of the best one of rank k."""
    rest = np.linalg.svd(X, compute_uv=False)[k:]
    return float(np.linalg.norm(X - (got.U * got.s) @ got.Vt) / np.linalg.norm(rest))


# --- examples --------------------------------------------------------------------------------------------------------

SMALL = np.array([[3.0, 0.0, 0.0], [0.0, 0.0, 2.0], [0.0, 0.0, 0.0], [4.0, 0.0, 0.0]])


@pytest.mark.example
@pytest.mark.parametrize("k", [1, 2, 3])
def test_worked_example_of_the_svd(k: int) -> None:
    asked = str(call("randomized_svd", SMALL, k))
    check_factors(factors(SMALL, k, asked=asked), SMALL, asked=asked)
    got = Factors(*kata.randomized_svd(SMALL.astype(int).tolist(), k))
    check.close(got.s, [5.0, 2.0, 0.0][:k], asked=f"s of {asked}, as lists of integers", atol=1e-12)


LINE = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [2.0, 4.0], [4.0, 2.0]])


@pytest.mark.example
def test_worked_example_of_pca() -> None:
    model, asked = kata.RandomizedPCA(n_components=1).fit(LINE.tolist()), "RandomizedPCA(1)." + call("fit", LINE)
    check_pca(model, LINE, 1, asked=str(asked))
    got, want = model.transform([[2.4, 2.4], [3.4, 3.4]]), [[0.0], [np.sqrt(2)]]
    mistakes = {
        "the mean of fit is not subtracted": np.array([[2.4], [3.4]]) * np.sqrt(2),
        "the mean of these rows is subtracted: it is that of fit": np.array([[-0.5], [0.5]]) * np.sqrt(2),
    }
    what = "the size of " + call("transform", [[2.4, 2.4], [3.4, 3.4]])
    check.close(np.abs(got), want, asked=what, mistakes={k: np.abs(v) for k, v in mistakes.items()}, atol=1e-9)


def check_pca(model: Any, X: Float64Array, k: int, *, asked: str, rtol: float = 1e-8) -> None:
    """Hold a fitted model to the exact components, which must be far enough apart."""
    __tracebackhide__ = True
    centred = X - X.mean(axis=0)
    _, s, Vt = np.linalg.svd(centred, full_matrices=False)
    raw_s, raw_Vt = np.linalg.svd(X, full_matrices=False)[1:]
    check.close(model.mean, X.mean(axis=0), asked=f"mean of {asked}")
    total = np.sum(s**2)
    mistakes: Mistakes = {
        "divided by the variance of these components: divide by that of all features": s[:k] ** 2 / np.sum(s[:k] ** 2),
        "X is not centred": raw_s[:k] ** 2 / np.sum(raw_s**2),
        "X is not centred before it is decomposed": raw_s[:k] ** 2 / total,
        "the total is that of data that are not centred": s[:k] ** 2 / np.sum(raw_s**2),
        "singular values: variances are their squares": s[:k] / np.sum(s),
        "the variances themselves: divide by the total variance": s[:k] ** 2 / len(X),
        "the sums of squares themselves: divide by the total": s[:k] ** 2,
    }
    ratio, what = model.explained_variance_ratio, f"explained_variance_ratio of {asked}"
    check.close(ratio, s[:k] ** 2 / total, asked=what, rtol=rtol, mistakes=mistakes)
    components = np.asarray(model.components)
    check.float_array(model.components, (k, X.shape[1]), asked=f"components of {asked}", hint="one component per row")
    signs = np.where(np.sum(components * Vt[:k], axis=1) < 0, -1.0, 1.0)[:, np.newaxis]
    raw = {"X is not centred: subtract the mean of each column": np.abs(raw_Vt[:k])}
    what = f"components of {asked}, signs aside"
    check.close(np.abs(components), np.abs(Vt[:k]), asked=what, rtol=0, atol=1e-6, mistakes=raw)
    check.close(signs * components, Vt[:k], asked=f"components of {asked}", rtol=0, atol=1e-6)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(seeds(), st.sampled_from([(30, 20), (20, 30), (25, 25)]), st.integers(1, 12), st.integers(0, 2))
def test_a_matrix_of_low_rank_is_found_exactly(seed: int, shape: tuple[int, int], rank: int, n_iterations: int) -> None:
    X = matrix_of(spread_of(rank, seed), *shape, seed)
    k = max(1, rank // 2)
    asked = f"randomized_svd(X, {k}, n_oversamples={rank - k}, n_iterations={n_iterations}), X {shape} of rank {rank}"
    got = factors(X, k, asked=asked, n_oversamples=rank - k, n_iterations=n_iterations, random_state=seed)
    hint = (
        "k + n_oversamples random directions hold all of a matrix of that rank; project on as many, then cut off to k"
    )
    check_factors(got, X, asked=asked, hint=hint)


@pytest.mark.law
@given(seeds(), st.booleans())
def test_default_oversampling_is_10(seed: int, is_wide: bool) -> None:
    X = matrix_of(spread_of(14, seed), *((20, 40) if is_wide else (40, 20)), seed)
    asked = f"randomized_svd(X, 4, n_iterations=0), X {X.shape} of rank 14"
    got = factors(X, 4, asked=asked, n_iterations=0, random_state=seed)
    check_factors(got, X, asked=asked, hint="project on k + n_oversamples directions, 10 more than k by default")


SPECTRA = {
    "a step and a plateau": np.r_[np.full(5, 3.0), np.ones(55)],
    "large ones above noise": np.r_[10.0, 8.0, 6.0, 5.0, 4.0, np.linspace(3, 1, 55)],
    "a slow fall": 0.97 ** np.arange(60),
}


@pytest.mark.law
@pytest.mark.parametrize("name", SPECTRA)
def test_the_error_is_within_5_percent_of_the_best(name: str) -> None:
    hint = "n_iterations power iterations: multiply by X.T and by X again, 4 times by default"
    for seed in range(5):
        X = matrix_of(SPECTRA[name], *((120, 60) if seed % 2 else (60, 90)), seed)
        asked = f"randomized_svd(X, 5, random_state={seed}), X {X.shape}, singular values with {name}"
        ratio = excess(X, 5, factors(X, 5, asked=asked, random_state=seed))
        # Right solutions were at most 1.001 in 1000 runs, and at least 1.03 without power iterations
        expected = "at most 1.05 times the error of the best approximation of rank 5"
        is_near = 1 - 1e-9 <= ratio <= 1.05
        check.true(
            is_near, asked=f"the error of {asked}", came=f"{ratio:.4f} times the best", expected=expected, hint=hint
        )


@pytest.mark.law
@pytest.mark.parametrize("n_iterations", [0, 1, 2])
def test_each_iteration_brings_the_directions_nearer_by_two_powers(n_iterations: int) -> None:
    X = matrix_of(np.r_[np.ones(3), np.full(17, 0.01)], 40, 30)
    best, off = np.linalg.svd(X), []
    asked = f"randomized_svd(X, 3, 0, {n_iterations}), three singular values of 1 and 17 of 0.01"
    for seed in range(9):
        got = factors(X, 3, asked=asked, n_oversamples=0, n_iterations=n_iterations, random_state=seed)
        off.append(max(np.linalg.norm(best[0][:, 3:].T @ got.U), np.linalg.norm(best[2][3:] @ got.Vt.T)))
    # Right solutions are off by about 10 * 0.01^(2 n + 1), those with an iteration less by 10^4 times as much
    median, at_most = float(np.median(off)), 10 * 0.01 ** (2 * n_iterations)
    came, expected = f"off the best by {median:.1g} (median of 9 seeds)", f"{at_most:.1g} at most"
    hint = "an iteration multiplies by X.T and by X, and there are n_iterations of them"
    check.true(median <= at_most, asked=asked, came=came, expected=expected, hint=hint)


@pytest.mark.law
def test_pca_has_the_error_of_the_defaults() -> None:
    for seed in range(5):
        X = matrix_of(np.r_[np.full(20, 3.0), np.ones(55)], 80, 90, seed)
        rows = np.vstack([X, -X])  # of mean 0
        components = np.asarray(kata.RandomizedPCA(20, random_state=seed).fit(rows.copy()).components)
        best = np.linalg.norm(np.linalg.svd(rows, compute_uv=False)[20:])
        # Right solutions are below 1.0001, at 1.001 with one iteration, above 1.05 with none
        ratio = float(np.linalg.norm(rows - rows @ components.T @ components) / best)
        asked = f"what RandomizedPCA(20) leaves of X {rows.shape}, 20 singular values of 3 and 55 of 1"
        expected, hint = "at most 1.05 times what the best leave", "randomized_svd with its defaults, 4 iterations"
        check.true(ratio <= 1.05, asked=asked, came=f"{ratio:.4f} times the best", expected=expected, hint=hint)


@pytest.mark.law
@pytest.mark.parametrize("shape", [(80, 40), (40, 80)], ids=str)
@pytest.mark.parametrize("n_iterations", [0, 1, 4, 7])
def test_small_singular_values_have_their_digits(shape: tuple[int, int], n_iterations: int) -> None:
    X = matrix_of(10.0 ** -np.arange(10), *shape, seed=n_iterations)
    asked = f"randomized_svd(X, 6, 4, {n_iterations}), singular values 1, 0.1, ..., 1e-9"
    got = factors(X, 6, asked=asked, n_oversamples=4, n_iterations=n_iterations, random_state=1)
    hint = "(X X.T)^4 X has the ninth powers: small ones drown in rounding errors; orthonormalise after each product"
    check_factors(got, X, asked=asked, rtol=1e-6, hint=hint)


@pytest.mark.law
@settings(max_examples=25)
@given(seeds(), st.sampled_from([(30, 8), (8, 30)]), st.integers(1, 3))
def test_pca_equals_the_exact_one_where_components_are_clear(seed: int, shape: tuple[int, int], k: int) -> None:
    rng = np.random.default_rng(seed)
    X = (
        matrix_of([50.0, 20.0, 8.0], *shape, seed)
        + 1e-3 * rng.normal(size=shape)
        + rng.integers(-50, 50, size=shape[1])
    )
    model, asked = kata.RandomizedPCA(k, random_state=seed).fit(X.copy()), f"RandomizedPCA({k}).fit(X), X {shape}"
    check_pca(model, X, k, asked=asked, rtol=1e-6)
    new = rng.normal(size=(4, shape[1]))
    components = np.asarray(model.components).T
    want, raw = (new - X.mean(axis=0)) @ components, new @ components
    for rows in (slice(4), slice(1)):
        what = asked + ", then transform of " + ("new rows" if rows.stop > 1 else "one row")
        mistakes = {"the mean of fit is not subtracted": raw[rows]}
        check.close(model.transform(new[rows].copy()), want[rows], asked=what, atol=1e-9, mistakes=mistakes)


NOISE = np.random.default_rng(5).normal(size=(40, 30))


def sketch(state: Any) -> tuple[float, ...]:
    """Singular values of noise without power iterations: they tell which directions were drawn."""
    s = kata.randomized_svd(NOISE.copy(), 2, n_oversamples=1, n_iterations=0, random_state=state)[1]
    return tuple(np.asarray(s).tolist())


@pytest.mark.law
def test_defaults_are_10_more_directions_and_4_iterations() -> None:
    got, want = (kata.randomized_svd(NOISE.copy(), 2, *more, random_state=0)[1] for more in ((), (10, 4)))
    check.close(
        got, want, asked="s of randomized_svd(X, 2), compared with randomized_svd(X, 2, 10, 4) of the same seed"
    )


@pytest.mark.law
def test_directions_follow_random_state() -> None:
    global_state, hint = GlobalRandomState(), "np.random.default_rng(random_state) takes None, an int and a Generator"
    came = [sketch(state) for state in [0, 1, 0, *map(np.random.default_rng, (3, 4, 3))]]
    what = "with the seeds 0, 1, 0 and generators in the states 3, 4, 3: the first result that equals each"
    check.equal([came.index(one) for one in came], [0, 1, 0, 3, 4, 3], asked=what, hint=hint)
    for name, state, want in (("None", None, 3), ("a Generator", np.random.default_rng(3), 3), ("0", 0, 1)):
        came = [sketch(state) for _ in range(3)]
        check.equal(len(set(came)), want, asked=f"how many results 3 calls have, random_state={name}", hint=hint)
    models = [kata.RandomizedPCA(2, random_state=state) for state in (0, 1, 0)]
    came = [tuple(np.ravel(model.fit(NOISE.copy()).components).tolist()) for model in (*models, models[0])]
    asked = (
        "RandomizedPCA with the seeds 0, 1, 0, and the first of them fitted again: the first result that equals each"
    )
    hint = "random_state goes to randomized_svd as it is, at each fit"
    check.equal([came.index(one) for one in came], [0, 1, 0, 0], asked=asked, hint=hint)
    global_state.check_kept()


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(1, 1), (1, 5), (5, 1), (3, 2)], ids=str)
def test_small_matrices_are_decomposed_exactly(shape: tuple[int, int]) -> None:
    X, k = np.random.default_rng(2).normal(size=shape), min(shape)
    asked = str(call("randomized_svd", X, k))
    check_factors(factors(X, k, asked=asked), X, asked=asked)


@pytest.mark.edge
def test_rank_0_and_constant_rows() -> None:
    asked, zeros = "randomized_svd of zeros, k = 2", np.zeros((5, 4))
    check.close(factors(zeros, 2, asked=asked).s, [0.0, 0.0], asked=f"s of {asked}")
    model = kata.RandomizedPCA().fit(np.full((5, 4), 7.0))
    mistakes = {"0 / 0: where there is no variance, the ratios are 0": np.array([np.nan, np.nan])}
    asked = "explained_variance_ratio of equal rows"
    check.close(model.explained_variance_ratio, [0.0, 0.0], asked=asked, mistakes=mistakes)
    check_pca(kata.RandomizedPCA(1).fit(LINE * 1e-6), LINE * 1e-6, 1, asked="RandomizedPCA(1).fit(X), X in millionths")


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_is_computed_in_float64(dtype: str) -> None:
    X = (np.random.default_rng(4).integers(0, 256, size=(12, 3)) / (1 if dtype == "uint8" else 7)).astype(dtype)
    exact, hint = X.astype(np.float64), f"X is {dtype}: convert it to float64 before anything else"
    got = Factors(*kata.randomized_svd(X, 3, random_state=0))
    check.float_array(got.U, (12, 3), asked="U of " + call("randomized_svd", X, 3), hint=hint)
    check_factors(got, exact, asked=str(call("randomized_svd", X, 3)), rtol=1e-10, hint=hint)
    model = kata.RandomizedPCA(2).fit(X)
    check_pca(model, exact, 2, asked=str("RandomizedPCA(2)." + call("fit", X)), rtol=1e-9)
    want = (exact - exact.mean(axis=0)) @ np.asarray(model.components).T
    check.close(model.transform(X), want, asked=call("transform", X), rtol=1e-9, atol=1e-9, hint=hint)


BAD_X: dict[str, Any] = {
    "X has one axis": np.ones(4),
    "X has three axes": np.ones((4, 3, 2)),
    "X has no rows": np.ones((0, 3)),
    "X has no columns": np.ones((4, 0)),
}
BAD_NUMBERS: list[dict[str, int]] = [
    {"k": 0},
    {"k": -1},
    {"k": 4},
    {"k": 2, "n_oversamples": -1},
    {"k": 2, "n_iterations": -1},
]


@pytest.mark.edge
@pytest.mark.parametrize("why", [*BAD_X, "X has 2 columns, and 3 in fit", "X has 1 column, and 3 in fit"])
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(why: str) -> None:
    X = BAD_X[why] if why in BAD_X else np.ones((4, int(why[6])))
    model = kata.RandomizedPCA(1).fit(np.arange(12.0).reshape(4, 3))
    thunks = {"transform": partial(model.transform, X)}
    if why in BAD_X:
        thunks |= {"randomized_svd": partial(kata.randomized_svd, X, 1), "fit": partial(kata.RandomizedPCA(1).fit, X)}
    for name, thunk in thunks.items():
        check.raises(ValueError, thunk, asked=call(name, X), because=why, hint="compare shapes before you compute")


@pytest.mark.edge
@pytest.mark.parametrize("numbers", BAD_NUMBERS, ids=str)
def test_numbers_out_of_range_are_an_error(numbers: dict[str, int]) -> None:
    X, because = np.arange(12.0).reshape(4, 3) ** 2, "k is in 1 ... min(n, d), the others are at least 0"
    hint = "check the numbers first"
    thunk = partial(kata.randomized_svd, X, **numbers)
    check.raises(ValueError, thunk, asked=call("randomized_svd", X, **numbers), because=because, hint=hint)
    if len(numbers) == 1:
        fit = lambda: kata.RandomizedPCA(numbers["k"]).fit(X) and "a model"  # noqa: E731
        check.raises(ValueError, fit, asked=f"RandomizedPCA({numbers['k']}).fit(X)", because=because, hint=hint)


@pytest.mark.edge
def test_transform_before_fit_is_a_runtime_error() -> None:
    hint = "ask whether there was a fit before you look anything up"
    thunk = partial(kata.RandomizedPCA().transform, [[1.0]])
    check.raises(RuntimeError, thunk, asked="transform before fit", because="there was no fit", hint=hint)


@pytest.mark.edge
def test_fit_again_forgets_and_arguments_stay_as_they_were() -> None:
    X, model = LINE.copy(), kata.RandomizedPCA(1, random_state=0)
    with check.untouched(asked="randomized_svd, fit and transform", X=X):
        kata.randomized_svd(X, 1)
        again = model.fit(np.vstack([X[:, ::-1], X * 2])).fit(X)
        model.transform(X)
    check.true(again is not None, asked="fit(X)", came="None", expected="self", mistake="return self")
    kata.RandomizedPCA(2).fit(LINE[:, ::-1] ** 2)
    check_pca(model, LINE, 1, asked="a model that was fitted to other data before, and another model since")


# --- speed -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_is_faster_than_the_full_decomposition(race: Racer) -> None:
    def contest(rng: np.random.Generator) -> Contest:
        n, seed = vary(rng, 500), int(rng.integers(1000))
        X = rng.normal(size=(n, 10)) @ rng.normal(size=(10, n)) + 0.01 * rng.normal(size=(n, n))
        return Contest(lambda: kata.randomized_svd(X, 10, random_state=seed)[1], lambda: np.linalg.svd(X)[1][:10])

    hint = "X occurs in products with thin matrices only; the SVD is that of Q.T @ X, with k + n_oversamples rows"
    same, asked = partial(check.close, rtol=1e-6), "randomized_svd at n = d = 500, k = 10"
    race(contest, same=same, at_least=4, versus="np.linalg.svd", asked=asked, hint=hint)
