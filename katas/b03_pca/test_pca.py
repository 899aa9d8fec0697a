"""Suite of B03: what principal components are, and the ways to get nearly that."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import pca as kata
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import decomposition

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Asked, Call, call
from harness.suite.speed import Racer
from harness.suite.strategies import Float64Array, matrices, seeds

EXAMPLE = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [2.0, 4.0], [4.0, 2.0]])

DATA = matrices(rows=(2, 8), columns=(1, 5), bound=10.0)

DATA_AND_K = DATA.flatmap(lambda X: st.tuples(st.just(X), st.integers(1, min(X.shape))))
"""Data, and how many components to keep of it."""

D_AND_K = st.integers(1, 5).flatmap(lambda d: st.tuples(st.just(d), st.integers(1, d)))


def spectrum(X: Float64Array) -> Float64Array:
    """All eigenvalues of the covariance, falling, shape (d,)."""
    centred = X - X.mean(axis=0)
    values = np.linalg.svd(centred, compute_uv=False) ** 2 / len(X)
    return np.asarray(np.concatenate([values, np.zeros(X.shape[1] - len(values))]))


def random_data(seed: int, n: int, d: int) -> Float64Array:
    """Data whose variances differ clearly from one direction to the next, about a mean far from 0."""
    rng = np.random.default_rng(seed)
    scales = 3.0 ** -np.arange(d)
    rotation, _ = np.linalg.qr(rng.normal(size=(d, d)))
    return np.asarray(rng.normal(size=(n, d)) * scales @ rotation + 5 * rng.normal(size=d))


def fitted(X: Float64Array, k: int) -> Any:
    """A fitted object of the subject's."""
    return kata.PCA(n_components=k).fit(X)


def of(X: object, k: int, what: str = "") -> Call:
    """The question in words."""
    return call(f"PCA(n_components={k}).fit", X) + what


def check_same_up_to_sign(got: object, want: Float64Array, *, asked: Asked, atol: float = 1e-6, hint: str = "") -> None:
    """Hold rows to be those of `want`, each up to its sign."""
    __tracebackhide__ = True
    array = np.asarray(got)
    if array.shape == want.shape and array.dtype.kind == "f":
        signs = np.where(np.sum(array * want, axis=1) < 0, -1.0, 1.0)
        array = array * signs[:, None]
    d = want.shape[1]
    check.close(
        array,
        want,
        asked=asked,
        atol=atol,
        mistakes={
            "the components are columns: they are rows, shape (n_components, d)": want.T,
            "the components stand in order of rising variance": want[::-1],
            "np.linalg.eig gives complex vectors: the covariance is symmetric, use eigh or svd": lambda: want + 0j,
            "the axes themselves: no rotation is found": np.eye(d)[: len(want)],
        },
        hint=hint or "components are the directions of largest variance of the centred data",
    )


def known_data(n: int, d: int) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Data about a mean far from 0, its components (all that have variance), and their ratios.

    The deviations are 1, 2, 3, ... in some unit, so that directions differ clearly, however many they are.
    """
    rng = np.random.default_rng(n + d)
    rank = min(n - 1, d)
    noise = rng.normal(size=(n, rank))
    scores, _ = np.linalg.qr(noise - noise.mean(axis=0))
    columns, _ = np.linalg.qr(rng.normal(size=(d, rank)))
    deviations = np.arange(rank, 0, -1) / rank
    X = scores * deviations @ columns.T + rng.normal(size=d)
    return X, np.asarray(columns.T), np.asarray(deviations**2 / np.sum(deviations**2))


def check_fit(
    pca: Any, X: Float64Array, k: int, *, asked: Asked, hint: str = "", earlier: Float64Array | None = None
) -> None:
    """Hold all that `pca` has learned to come from `X` alone, and the coordinates of `X` to follow from it.

    Variances of `X` must differ clearly. `earlier` is other data, to be recognised when something comes from there.
    """
    __tracebackhide__ = True
    mean = X.mean(axis=0)
    _, deviations, rows = np.linalg.svd(X - mean, full_matrices=False)
    size = float(np.abs(X).max())
    stale = {} if earlier is None else {"the mean of the other data": earlier.mean(axis=0)}
    check.close(pca.mean, mean, asked=asked + ".mean", rtol=0, atol=1e-9 * size, mistakes=stale, hint=hint)
    check_same_up_to_sign(pca.components, rows[:k], asked=asked + ".components", hint=hint)
    check.close(
        pca.explained_variance_ratio,
        deviations[:k] ** 2 / np.sum(deviations**2),
        asked=asked + ".explained_variance_ratio",
        rtol=1e-6,
        mistakes={"all 0: there is variance, however small": np.zeros(k)},
        hint=hint,
    )
    check.close(
        pca.transform(X),
        (X - mean) @ np.asarray(pca.components).T,
        asked=asked + ": transform of the same data",
        rtol=0,
        atol=1e-7 * size,
        hint=hint,
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_mean() -> None:
    check.close(fitted(EXAMPLE, 1).mean, [2.4, 2.4], asked=of(EXAMPLE, 1, ".mean"))


@pytest.mark.example
def test_worked_example_components() -> None:
    check_same_up_to_sign(fitted(EXAMPLE, 1).components, np.full((1, 2), 0.5**0.5), asked=of(EXAMPLE, 1, ".components"))


@pytest.mark.example
def test_worked_example_ratio() -> None:
    check.close(
        fitted(EXAMPLE, 1).explained_variance_ratio,
        [8 / 13],
        asked=of(EXAMPLE, 1, ".explained_variance_ratio"),
        rtol=1e-7,
        mistakes={
            "the ratio is taken over the kept components only: it is over the total variance": [1.0],
            "of the standard deviations, not of the variances": lambda: (
                np.sqrt(spectrum(EXAMPLE))[:1] / np.sqrt(spectrum(EXAMPLE)).sum()
            ),
            "the variances themselves: divide by their total": lambda: spectrum(EXAMPLE)[:1],
            "the variances themselves, with n - 1: divide by their total": lambda: spectrum(EXAMPLE)[:1] * 5 / 4,
            "the data is not centred": lambda: (
                np.linalg.svd(EXAMPLE)[1][:1] ** 2 / (np.linalg.svd(EXAMPLE)[1] ** 2).sum()
            ),
            "the smallest variance comes first": [5 / 13],
        },
    )


@pytest.mark.example
def test_worked_example_transform() -> None:
    coordinates = np.asarray(fitted(EXAMPLE, 1).transform([[2.4, 2.4], [3.4, 3.4]]))
    asked = of(EXAMPLE, 1, ".transform([[2.4, 2.4], [3.4, 3.4]])")
    check.close(
        np.abs(coordinates),
        [[0.0], [2**0.5]],
        asked=asked + ", signs aside",
        atol=1e-9,
        mistakes={
            "the mean of the new rows is taken off: it is the mean of the fit": [[0.5**0.5], [0.5**0.5]],
            "divided by the standard deviation (whitened): coordinates are not scaled": [[0.0], [1.25]],
            "the mean is not taken off": lambda: [[2.4 * 2**0.5], [3.4 * 2**0.5]],
        },
    )


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(seeds(), st.integers(2, 12), D_AND_K)
def test_agrees_with_scikit_learn_up_to_signs(seed: int, extra: int, d_and_k: tuple[int, int]) -> None:
    d, k = d_and_k
    X = random_data(seed, d + extra, d)
    gaps = -np.diff(spectrum(X)) / spectrum(X)[0]
    assume(bool(np.all(gaps > 1e-3)))
    ours, theirs = fitted(X, k), decomposition.PCA(n_components=k).fit(X)
    check_same_up_to_sign(ours.components, theirs.components_, asked=of(X, k, ".components"))
    check.close(ours.mean, X.mean(axis=0), asked=of(X, k, ".mean"), rtol=1e-7)
    values = spectrum(X)
    check.close(
        ours.explained_variance_ratio,
        theirs.explained_variance_ratio_,
        asked=of(X, k, ".explained_variance_ratio"),
        rtol=1e-6,
        mistakes={
            "the ratio is taken over the kept components only": lambda: values[:k] / values[:k].sum(),
            "of standard deviations, not of variances": lambda: np.sqrt(values[:k]) / np.sqrt(values).sum(),
            "the variances themselves: divide by their total": values[:k],
            "the variances themselves, with n - 1: divide by their total": values[:k] * len(X) / (len(X) - 1),
            "in order of rising variance": lambda: values[::-1][:k] / values.sum(),
            "cumulated: each stands for itself": lambda: np.cumsum(values[:k]) / values.sum(),
        },
    )


@pytest.mark.law
@given(DATA_AND_K)
def test_components_are_orthonormal_rows(case: tuple[Float64Array, int]) -> None:
    X, k = case
    components = fitted(X, k).components
    hint = "components are rows: shape (n_components, d)"
    check.float_array(components, (k, X.shape[1]), asked=of(X, k, ".components"), hint=hint)
    check.close(
        components @ components.T,
        np.eye(k),
        asked=of(X, k, ": components times their transpose"),
        atol=1e-8,
        hint="rows of length 1, at right angles to each other, also where there is no variance left",
    )


@pytest.mark.law
@given(DATA_AND_K)
def test_coordinates_carry_the_variance_that_the_ratio_claims_and_are_uncorrelated(
    case: tuple[Float64Array, int],
) -> None:
    X, k = case
    total = float(np.sum(np.var(X, axis=0)))
    assume(total > 1e-3)
    pca = fitted(X, k)
    coordinates = pca.transform(X)
    check.close(
        coordinates.T @ coordinates / len(X),
        np.diag(np.asarray(pca.explained_variance_ratio) * total),
        asked=of(X, k, ": the covariance of its coordinates, against ratio times total variance"),
        rtol=1e-6,
        atol=1e-7 * total,
        hint="coordinates along different components are uncorrelated, each with its share of the total variance",
    )
    check.close(
        np.mean(coordinates, axis=0),
        np.zeros(k),
        asked=of(X, k, ": the mean of the coordinates of its own data"),
        atol=1e-7 * (1 + float(np.abs(X).max())),
        hint="centre the data in transform as in fit",
    )


@pytest.mark.law
@given(DATA_AND_K)
def test_ratios_fall_and_are_those_of_the_largest_variances(case: tuple[Float64Array, int]) -> None:
    X, k = case
    total = float(np.sum(np.var(X, axis=0)))
    assume(total > 1e-3)
    values = spectrum(X)
    check.close(
        fitted(X, k).explained_variance_ratio,
        values[:k] / total,
        asked=of(X, k, ".explained_variance_ratio"),
        rtol=1e-6,
        atol=1e-9,
        mistakes={
            "taken over the kept components only": lambda: values[:k] / values[:k].sum(),
            "in order of rising variance": lambda: np.sort(values[: min(X.shape)])[:k] / total,
            "over as many variances as there are samples or features, whichever is more": values[:k],
        },
        hint="the variances along the components, largest first, over the sum of the variances of all features",
    )


@pytest.mark.law
@given(DATA)
def test_all_components_together_rebuild_the_data(X: Float64Array) -> None:
    assume(X.shape[0] > X.shape[1])
    pca = fitted(X, X.shape[1])
    check.close(
        np.asarray(pca.transform(X)) @ pca.components + pca.mean,
        X,
        asked=of(X, X.shape[1], ": transform(X) @ components + mean"),
        atol=1e-7,
        hint="transform is (X - mean) @ components.T, with nothing scaled",
    )


@pytest.mark.law
@given(DATA_AND_K)
def test_fit_transform_equals_transform_of_the_same_object(case: tuple[Float64Array, int]) -> None:
    X, k = case
    pca = kata.PCA(n_components=k)
    coordinates = pca.fit_transform(X)
    again = np.asarray(pca.transform(X))
    check.close(
        coordinates,
        again,
        asked=call(f"PCA(n_components={k}).fit_transform", X) + " against transform of the same",
        atol=1e-7,
        mistakes={"the signs of fit_transform and transform differ": -again},
        hint="both are (X - mean) @ components.T",
    )


@pytest.mark.law
@given(seeds(), st.integers(1, 5))
def test_rows_one_by_one_give_the_same_as_together(seed: int, m: int) -> None:
    X = random_data(seed, 8, 3)
    new = random_data(seed + 1, m, 3)
    pca = fitted(X, 2)
    together = np.asarray(pca.transform(new))
    alone = np.vstack(each(pca.transform, [(row.copy(),) for row in new[:, None]]))
    check.close(
        alone,
        together,
        asked=of(X, 2, f".transform of {m} rows one by one, against all together"),
        atol=1e-8,
        mistakes={"each row has its own mean taken off: it is the mean of the fit": np.zeros_like(together)},
        hint="transform takes off the mean learned in fit, not that of the rows it is given",
    )


@pytest.mark.law
@given(seeds())
def test_the_order_of_the_samples_does_not_matter(seed: int) -> None:
    X = random_data(seed, 9, 3)
    assume(bool(np.all(-np.diff(spectrum(X)) > 1e-3 * spectrum(X)[0])))
    order = np.random.default_rng(seed).permutation(len(X))
    check_same_up_to_sign(
        fitted(X[order], 2).components, np.asarray(fitted(X, 2).components), asked=of(X, 2, " in another order")
    )


@pytest.mark.law
@given(seeds(), st.floats(-1e6, 1e6), st.floats(0.01, 100.0))
def test_moving_and_scaling_the_data_turns_nothing(seed: int, shift: float, scale: float) -> None:
    X = random_data(seed, 9, 3)
    assume(bool(np.all(-np.diff(spectrum(X)) > 1e-2 * spectrum(X)[0])))
    check_same_up_to_sign(
        fitted(scale * X + shift, 2).components,
        np.asarray(fitted(X, 2).components),
        asked=of(X, 2, f", against the same data times {scale:.3g} plus {shift:.3g}"),
        atol=1e-4,
        hint="centre the data: directions do not depend on where it lies",
    )


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(1, 1), (1, 3), (3, 1), (4, 3), (3, 5)])
def test_no_variance_gives_ratios_of_zero(shape: tuple[int, int]) -> None:
    X = np.full(shape, 0.1)
    k = min(shape)
    pca = fitted(X, k)
    asked = of(X, k)
    nan = {"0 divided by 0: without variance the ratios are 0": np.full(k, np.nan)}
    check.close(pca.explained_variance_ratio, np.zeros(k), asked=asked + ".explained_variance_ratio", mistakes=nan)
    check.close(pca.components @ pca.components.T, np.eye(k), asked=asked + ": components times their transpose")
    check.close(pca.transform(X), np.zeros((shape[0], k)), asked=asked + ".transform of the same", atol=1e-12)


@pytest.mark.edge
def test_more_features_than_samples() -> None:
    X = random_data(3, 4, 10)
    pca = fitted(X, 4)
    check.float_array(pca.components, (4, 10), asked="PCA(4).fit of 4 samples with 10 features: components")
    check.close(
        pca.explained_variance_ratio,
        spectrum(X)[:4] / spectrum(X).sum(),
        asked="PCA(4).fit of 4 samples with 10 features: explained_variance_ratio",
        atol=1e-9,
        hint="the fourth component has no variance left, and a ratio of 0",
    )
    check.close(
        pca.components @ pca.components.T, np.eye(4), asked="PCA(4) of 4 x 10 data: orthonormal components", atol=1e-8
    )


@pytest.mark.edge
@pytest.mark.parametrize(
    "X",
    [[[1, -1], [2, -2], [4, -4]], [[5, 1], [5, 2], [5, 4]], [[1, 7], [2, 7], [4, 7]]],
    ids=["x = -y", "x constant", "y constant"],
)
def test_components_with_zeros_or_entries_that_cancel_are_whole(X: list[list[int]]) -> None:
    components = np.asarray(fitted(np.array(X, dtype=float), 2).components)
    check.close(
        components @ components.T,
        np.eye(2),
        asked=of(X, 2, ": components times their transpose"),
        atol=1e-8,
        mistakes={
            "a component is 0, as if multiplied by np.sign of a 0: signs are free, leave them": np.diag([0.0, 1.0]),
            "a component is 0, as if multiplied by np.sign of a 0: leave its sign alone": np.diag([1.0, 0.0]),
            "all components are 0, as if multiplied by np.sign of a 0: leave signs alone": np.zeros((2, 2)),
        },
        hint="orthonormal rows, with zeros among their entries or not, with variance along them or not",
    )


@pytest.mark.edge
def test_results_are_real_for_data_of_low_rank() -> None:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(30, 2)) @ rng.normal(size=(2, 12))
    pca = fitted(X, 10)
    hint = "np.linalg.eig may give complex vectors; the covariance is symmetric: use eigh, or svd of the data"
    for name, value in (
        ("components", pca.components),
        ("explained_variance_ratio", pca.explained_variance_ratio),
        ("transform(X)", pca.transform(X)),
    ):
        kind = np.asarray(value).dtype.kind
        check.true(
            kind == "f",
            asked=f"{name} after fitting 30 x 12 data of rank 2",
            came="complex numbers" if kind == "c" else value,
            expected="real numbers",
            hint=hint,
        )
    low = float(np.min(pca.explained_variance_ratio))
    check.true(
        low >= -1e-12,
        asked="the least explained_variance_ratio for data of rank 2",
        came=low,
        expected="no ratio below 0, rounding aside",
        hint="an eigenvalue of a covariance is never negative: clip what rounding makes of 0",
    )


@pytest.mark.edge
def test_a_mean_a_million_times_the_spread_is_no_trouble() -> None:
    X = random_data(5, 50, 3)
    far = X - X.mean(axis=0) + 1e6
    hint = "take the mean off before multiplying: E[x y] - E[x] E[y] loses all digits"
    check.close(
        fitted(far, 3).explained_variance_ratio,
        spectrum(X) / spectrum(X).sum(),
        asked="explained_variance_ratio of data with a mean of 1e6 and a spread of 1",
        rtol=1e-4,
        hint=hint,
    )
    check_same_up_to_sign(
        fitted(far, 3).components,
        np.asarray(decomposition.PCA(3).fit(X).components_),
        asked="components of data with a mean of 1e6 and a spread of 1",
        atol=1e-4,
        hint=hint,
    )


@pytest.mark.edge
def test_small_variances_are_not_lost() -> None:
    rng = np.random.default_rng(2)
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    X = rng.normal(size=(60, 3)) * np.array([1.0, 1e-2, 1e-4]) @ rotation
    check.close(
        fitted(X, 3).explained_variance_ratio,
        spectrum(X) / spectrum(X).sum(),
        asked="explained_variance_ratio of data with standard deviations 1, 0.01 and 0.0001",
        rtol=1e-4,
        hint="compute in float64, and round nothing",
    )


@pytest.mark.edge
@pytest.mark.parametrize("unit", [1e-12, 1e-5, 1e10])
def test_data_in_any_unit_is_data(unit: float) -> None:
    X = random_data(8, 12, 3) * unit
    check_fit(
        fitted(X, 3),
        X,
        3,
        asked=of(X, 3),
        hint="no epsilon in a denominator, no rounding, no clipping: only equal rows have no variance",
    )


@pytest.mark.edge
@pytest.mark.parametrize(("n", "d", "k"), [(1500, 4, 4), (200, 70, 70), (30, 80, 25)])
def test_many_samples_features_or_components_are_computed_alike(n: int, d: int, k: int) -> None:
    X, components, ratios = known_data(n, d)
    pca = fitted(X, k)
    asked = f"PCA({k}).fit of {n} x {d} data"
    hint = "all samples count, and nothing changes where there are many of them, or many features or components"
    check_same_up_to_sign(pca.components, components[:k], asked=asked + ": components", hint=hint)
    check.close(
        pca.explained_variance_ratio,
        ratios[:k],
        asked=asked + ": explained_variance_ratio",
        rtol=1e-6,
        mistakes={"taken over the kept components only": ratios[:k] / ratios[:k].sum()},
        hint=hint,
    )
    check.close(
        pca.transform(X), (X - X.mean(axis=0)) @ pca.components.T, asked=asked + ": transform", atol=1e-9, hint=hint
    )


@pytest.mark.edge
@pytest.mark.parametrize(
    "dtype",
    [np.bool_, np.uint8, np.int8, np.int16, np.int32, np.int64, np.uint64, np.float16, np.float32, np.object_],
    ids=lambda dtype: np.dtype(dtype).name,
)
def test_other_dtypes_are_computed_in_float64(dtype: type[np.generic]) -> None:
    X = of_dtype(np.array([[0.02, 0.95], [0.98, 0.05], [0.55, 0.6], [0.1, 0.8]]), dtype)
    pca, exact = fitted(X, 2), X.astype(np.float64)
    asked = of(X, 2, f" as {np.dtype(dtype).name}")
    hint = "convert to float64 first, in fit and in transform: integers wrap around, float32 has seven digits"
    check_fit(pca, exact, 2, asked=asked, hint=hint)
    coordinates = pca.transform(X)
    check.close(
        coordinates,
        (exact - exact.mean(axis=0)) @ np.asarray(pca.components).T,
        asked=asked + f": transform of the same as {np.dtype(dtype).name}",
        rtol=0,
        atol=1e-9 * float(exact.max()),
        hint=hint,
    )
    check.float_array(coordinates, (4, 2), asked=asked + ": transform", hint=hint)
    check.float_array(pca.mean, (2,), asked=asked + ": mean", hint=hint)
    check.float_array(pca.components, (2, 2), asked=asked + ": components", hint=hint)
    check.float_array(pca.explained_variance_ratio, (2,), asked=asked + ": explained_variance_ratio", hint=hint)


def of_dtype(shares: Float64Array, dtype: type[np.generic]) -> Any:
    """Numbers between 0 and 1, stretched over the whole range of an integer type: their differences do not fit into it."""
    if issubclass(dtype, np.integer):
        low, high = int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)
        values = [[low + int(share * 1000) * (high - low) // 1000 for share in row] for row in shares.tolist()]
        return np.array(values, dtype=dtype)
    return shares > 0.5 if issubclass(dtype, np.bool_) else shares.astype(dtype)


LAYOUTS: dict[str, Callable[[Float64Array], Any]] = {
    "nested tuples": lambda X: tuple(map(tuple, X.tolist())),
    "Fortran order": np.asfortranarray,
    "every other row of an array": lambda X: np.repeat(X, 2, axis=0)[::2],
    "rows backwards in memory": lambda X: X[::-1].copy()[::-1],
    "read-only": lambda X: _read_only(X.copy()),
}


def _read_only(X: Float64Array) -> Float64Array:
    X.flags.writeable = False
    return X


@pytest.mark.edge
@pytest.mark.parametrize("layout", LAYOUTS)
def test_data_may_lie_in_memory_in_any_way(layout: str) -> None:
    X = random_data(9, 7, 3)
    same = LAYOUTS[layout](X)
    asked = f"PCA(2).fit of data that comes as: {layout}"
    pca = check.accepts(partial(fitted, same, 2), asked=asked, because="it may be anything that np.asarray takes")
    hint = "work on np.asarray(X, dtype=float64), and leave its memory alone"
    check_fit(pca, X, 2, asked=asked, hint=hint)
    asked = f"transform of data that comes as: {layout}"
    coordinates = check.accepts(partial(pca.transform, same), asked=asked, because="np.asarray takes it")
    check.close(coordinates, pca.transform(X), asked=asked + ", against a plain array", hint=hint)


@pytest.mark.edge
def test_lists_are_accepted_and_fit_returns_the_object() -> None:
    pca = kata.PCA(1)
    result = pca.fit(EXAMPLE.tolist())
    check.true(result is pca, asked="fit(X)", came="something else", expected="the object itself", hint="return self")
    check.close(
        np.abs(pca.transform(EXAMPLE.tolist())), np.abs(pca.transform(EXAMPLE)), asked="transform of nested lists"
    )


@pytest.mark.edge
def test_two_components_are_kept_when_nothing_is_said() -> None:
    hint = "n_components is 2 when it is not given"
    check.float_array(kata.PCA().fit(EXAMPLE).components, (2, 2), asked="PCA().fit(X).components", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("method", ["fit", "fit_transform"])
@pytest.mark.parametrize("shape", [(6, 3), (7, 4), (5, 2)])
def test_fitting_again_forgets_the_earlier_fit(shape: tuple[int, int], method: str) -> None:
    first, second = random_data(1, 6, 3), random_data(2, *shape)
    pca = fitted(first, 2)
    getattr(pca, method)(second)
    asked = f"PCA(2) after fit of 6 x 3 data, then {method} of other data, {shape[0]} x {shape[1]}"
    check_fit(pca, second, 2, asked=asked, hint="nothing of the first fit may remain", earlier=first)


@pytest.mark.edge
def test_an_array_that_has_changed_is_new_data() -> None:
    X, later = random_data(1, 6, 3), random_data(2, 6, 3)
    pca = fitted(X, 2)
    pca.transform(X)
    X[:] = later
    hint = "the numbers count, not which array they are in: look into it at each call"
    check.close(
        pca.transform(X),
        (later - pca.mean) @ np.asarray(pca.components).T,
        asked="transform of an array that was given before, with other numbers in it",
        hint=hint,
    )
    pca.fit(X)
    check_fit(pca, later, 2, asked="PCA(2).fit of an array that was fitted before, with other numbers in it", hint=hint)


@pytest.mark.edge
def test_two_objects_are_independent() -> None:
    X, other = random_data(1, 6, 3), random_data(2, 6, 3)
    one, two = kata.PCA(n_components=2), kata.PCA(n_components=1)
    one.fit(X)
    two.fit(other)
    hint = "keep n_components and what fit learns on the object (self.components), not on the class or the module"
    check_fit(one, X, 2, asked="PCA(2) after another object was fitted", hint=hint, earlier=other)
    check_fit(two, other, 1, asked="PCA(1) after another object was fitted", hint=hint, earlier=X)


@pytest.mark.edge
@pytest.mark.parametrize("n", [1, 6])
def test_changing_the_data_after_fit_changes_nothing(n: int) -> None:
    X = random_data(4, n, 3)
    pca = fitted(X, min(n, 2))
    rows = EXAMPLE[:, [0, 1, 1]]
    names = ("mean", "components", "explained_variance_ratio")
    before = {name: np.array(getattr(pca, name)) for name in names} | {"transform": np.array(pca.transform(rows))}
    X *= 100.0
    hint = "keep what you need, not a reference to the caller's array, nor a view of it"
    after = {name: getattr(pca, name) for name in names} | {"transform": pca.transform(rows)}
    for name, value in after.items():
        asked = f"{name} after the caller has changed the {n} x 3 array that was fitted"
        check.close(value, before[name], asked=asked, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    X, new = random_data(6, 6, 3), random_data(7, 4, 3)
    pca = kata.PCA(2)
    for name, method, argument in (
        ("fit", pca.fit, X),
        ("transform", pca.transform, new),
        ("fit_transform", pca.fit_transform, X),
    ):
        with check.untouched(asked=call(name, argument), X=argument):
            method(argument)


@pytest.mark.edge
@pytest.mark.parametrize(
    ("k", "shape"), [(0, (4, 3)), (-1, (4, 3)), (4, (4, 3)), (4, (3, 5)), (2, (1, 5)), (2, (5, 1))]
)
def test_n_components_out_of_range_is_an_error_of_fit(k: int, shape: tuple[int, int]) -> None:
    X = random_data(0, *shape)
    pca = kata.PCA(n_components=k)
    for name, method in (("fit", pca.fit), ("fit_transform", pca.fit_transform)):
        check.raises(
            ValueError,
            partial(_quiet, method, X),
            asked=f"PCA(n_components={k}).{name} of data of shape {shape}",
            because=f"n_components must be 1 ... {min(shape)}",
            hint="at most min(n, d): check in fit, where the shape is known",
        )


def _quiet(method: Callable[[object], object], argument: object) -> str:
    """Call `method`; what it returns needs no long display."""
    method(argument)
    return "a result"


BAD = {"one axis": (3,), "no axis": (), "three axes": (2, 3, 3), "no rows": (0, 3), "no columns": (3, 0)}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_data_of_a_wrong_shape_is_an_error(why: str) -> None:
    bad = np.ones(BAD[why])
    pca = kata.PCA(1)
    hint = "check .ndim and .size before anything else"
    for name in ("fit", "fit_transform"):
        method = partial(_quiet, getattr(pca, name), bad)
        check.raises(ValueError, method, asked=f"PCA(1).{name} of shape {bad.shape}", because=why, hint=hint)
    pca.fit(random_data(0, 5, 3))
    method = partial(_quiet, pca.transform, bad)
    check.raises(ValueError, method, asked=f"transform of shape {bad.shape}", because=why, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize(("fitted_d", "d"), [(3, 1), (3, 2), (3, 4), (1, 3)])
def test_another_number_of_features_in_transform_is_an_error(fitted_d: int, d: int) -> None:
    pca = fitted(random_data(0, 5, fitted_d), 1)
    check.raises(
        ValueError,
        partial(_quiet, pca.transform, np.ones((fitted_d, d))),
        asked=f"transform of {fitted_d} x {d} data after fitting data with {fitted_d} features",
        because="the numbers of features differ",
        hint="compare X.shape[1] with the number of features in fit; NumPy would stretch one to many, and nothing is transposed",
    )


@pytest.mark.edge
def test_transform_before_fit_is_an_error() -> None:
    check.raises(
        RuntimeError,
        partial(_quiet, kata.PCA(1).transform, EXAMPLE),
        asked="PCA(1).transform before fit",
        because="nothing has been learned yet",
        hint="set what fit learns to None in __init__, and check it",
    )


@pytest.mark.edge
def test_the_global_random_state_is_not_touched() -> None:
    np.random.seed(20_210_417)  # noqa: NPY002 (it is the global state that is watched here)
    before = np.random.get_state()[1].copy()  # type: ignore[index] # noqa: NPY002
    fitted(random_data(0, 6, 3), 2)
    after = np.random.get_state()[1]  # type: ignore[index] # noqa: NPY002
    hint = "PCA needs no random numbers"
    check.true(
        bool(np.array_equal(before, after)),
        asked="fit",
        came="NumPy's random state moved",
        expected="it did not",
        hint=hint,
    )


# --- speed -----------------------------------------------------------------------------------------------------------


def loop_covariance(X: list[list[float]]) -> list[list[float]]:
    """The covariance, a sample and a pair of features at a time."""
    n, d = len(X), len(X[0])
    mean = [sum(row[j] for row in X) / n for j in range(d)]
    total = [[0.0] * d for _ in range(d)]
    for row in X:
        off = [value - center for value, center in zip(row, mean, strict=True)]
        for i, left in enumerate(off):
            line = total[i]
            for j, right in enumerate(off):
                line[j] += left * right
    return total


@pytest.mark.speed
def test_fitting_does_not_loop_over_samples_and_features(race: Racer) -> None:
    X = random_data(0, 1000, 40)
    rows = X.tolist()
    race(
        lambda: fitted(X, 5),
        lambda: loop_covariance(rows),
        at_least=10,
        versus="the loops",
        asked="PCA(5).fit of 1 000 x 40 data",
        hint="one matrix product, or one decomposition of the centred data",
    )
