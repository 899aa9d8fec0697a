"""Suite of B03: what principal components are, and the usual ways to get something else."""

from __future__ import annotations

from typing import Any

import numpy as np
import pca as kata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Call, call
from harness.suite.strategies import Float64Array, seeds

Case = tuple[Float64Array, int]  # data, and how many components to keep

EXAMPLE = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [2.0, 4.0], [4.0, 2.0]])


def random_case(seed: int) -> Case:
    """Data in any unit about a mean far from 0, whose variances differ clearly from one direction to the next."""
    rng = np.random.default_rng(seed)
    n, d = int(rng.integers(3, 12)), int(rng.integers(2, 6))
    rank = min(n - 1, d)
    noise = rng.normal(size=(n, rank))
    scores = np.linalg.qr(noise - noise.mean(axis=0))[0] * 2.0 ** -np.arange(rank)
    rotation, _ = np.linalg.qr(rng.normal(size=(d, d)))
    X = scores @ rotation[:rank] + 3 * rng.normal(size=d)
    return X * 10.0 ** rng.integers(-9, 10), int(rng.integers(1, rank + 1))


def spectrum(X: Float64Array) -> Float64Array:
    """All d eigenvalues of the covariance, falling."""
    values = np.linalg.svd(X - X.mean(axis=0), compute_uv=False) ** 2 / len(X)
    return np.concatenate([values, np.zeros(X.shape[1] - len(values))])


def directions(X: Float64Array, k: int) -> Float64Array:
    return np.asarray(np.linalg.svd(X - X.mean(axis=0))[2][:k])


def ratios(X: Float64Array, k: int) -> Float64Array:
    return np.asarray(spectrum(X)[:k] / spectrum(X).sum())


def fitted(X: Float64Array, k: int) -> Any:
    return kata.PCA(n_components=k).fit(X.copy())


def asked(X: object, k: int, what: str) -> Call:
    return call(f"PCA(n_components={k}).fit", X) + what


def check_components(pca: Any, X: Float64Array, k: int, *, atol: float = 1e-6, hint: str = "") -> None:
    """Hold components to the directions of largest variance, each up to its sign."""
    __tracebackhide__ = True
    want, got = directions(X, k), np.asarray(pca.components)

    def signed(rows: Float64Array) -> Float64Array:
        """The same directions with the signs that `got` has."""
        axis = 1 if rows.shape == want.shape else 0
        same = rows.shape == got.shape and got.dtype.kind == "f"
        return rows * np.where((rows * got).sum(axis=axis, keepdims=True) < 0, -1.0, 1.0) if same else rows

    centred = X - X.mean(axis=0)
    values, vectors = np.linalg.eigh(np.cov(X.T))
    check.close(
        got,
        signed(want),
        asked=asked(X, k, ".components"),
        rtol=0,
        atol=atol,
        mistakes={
            "the components are columns: they are rows, shape (n_components, d)": lambda: signed(want.T),
            "in order of rising variance: the largest comes first": lambda: signed(vectors.T[:k]),
            "rows of the matrix whose columns are the eigenvectors: transpose it": lambda: signed(
                vectors[:, np.argsort(values)[::-1]][:k]
            ),
            "the data was not centred": lambda: signed(np.linalg.svd(X)[2][:k]),
            "features were divided by their standard deviations": lambda: signed(
                np.linalg.svd(centred / X.std(axis=0))[2][:k]
            ),
        },
        hint=hint or "the directions of largest variance of the centred data: use svd of the data, or eigh",
    )


def check_ratios(pca: Any, X: Float64Array, k: int, *, rtol: float = 1e-6, hint: str = "") -> None:
    """Hold the ratios to shares of the total variance."""
    __tracebackhide__ = True
    values, uncentred = spectrum(X), np.linalg.svd(X, compute_uv=False) ** 2
    check.close(
        pca.explained_variance_ratio,
        ratios(X, k),
        asked=asked(X, k, ".explained_variance_ratio"),
        rtol=rtol,
        atol=1e-12,
        mistakes={
            "over the kept components only: divide by the total variance": lambda: values[:k] / values[:k].sum(),
            "of standard deviations, not of variances": lambda: np.sqrt(values[:k]) / np.sqrt(values).sum(),
            "the variances themselves: divide by their total": values[:k],
            "the variances themselves (n - 1): divide by their total": values[:k] * len(X) / (len(X) - 1),
            "in order of rising variance: the largest comes first": lambda: values[::-1][:k] / values.sum(),
            "cumulated: each component stands for itself": lambda: np.cumsum(values[:k]) / values.sum(),
            "the data was not centred": lambda: uncentred[:k] / uncentred.sum(),
        },
        hint=hint or "the variance along each component over the variance of all features; no epsilon, no rounding",
    )


def check_orthonormal(pca: Any, X: Float64Array, k: int) -> None:
    __tracebackhide__ = True
    components = np.asarray(pca.components)
    hint = "np.linalg.eig is for general matrices: its vectors may be complex, or oblique; use eigh, or svd of the data"
    check.float_array(components, (k, X.shape[1]), asked=asked(X, k, ".components"), hint=hint)
    product = components @ components.T
    check.close(product, np.eye(k), asked=asked(X, k, ": components @ components.T"), rtol=0, atol=1e-8, hint=hint)


def check_coordinates(got: object, pca: Any, X: Float64Array, new: Float64Array, *, hint: str = "") -> None:
    """Hold coordinates of `new` to follow from the components that `pca` has, and from the mean of `X`."""
    __tracebackhide__ = True
    components = np.asarray(pca.components)
    want = (new - X.mean(axis=0)) @ components.T
    deviations = np.std((X - X.mean(axis=0)) @ components.T, axis=0)
    check.close(
        got,
        want,
        asked=asked(X, len(components), "") + "." + call("transform", new),
        rtol=0,
        atol=1e-9 * float(np.abs(X).max()),
        mistakes={
            "the mean of the new rows is subtracted: it is the mean of fit": lambda: (
                (new - new.mean(axis=0)) @ components.T
            ),
            "the mean is not subtracted": lambda: new @ components.T,
            "divided by standard deviations (whitened): coordinates are not scaled": lambda: want / deviations,
            "divided by standard deviations (whitened, n - 1): coordinates are not scaled": lambda: (
                want / deviations * np.sqrt((len(X) - 1) / len(X))
            ),
            "the signs are not those of components": -want,
        },
        hint=hint or "(X - mean) @ components.T",
    )


@pytest.mark.example
def test_worked_example_of_fit() -> None:
    pca = kata.PCA(n_components=1).fit(EXAMPLE.tolist())
    check.close(pca.mean, [2.4, 2.4], asked=asked(EXAMPLE, 1, ".mean"))
    check_components(pca, EXAMPLE, 1)
    check_ratios(pca, EXAMPLE, 1)


@pytest.mark.example
def test_worked_example_of_transform() -> None:
    pca, new = fitted(EXAMPLE, 1), np.array([[2.4, 2.4], [3.4, 3.4]])
    check_coordinates(pca.transform(new.tolist()), pca, EXAMPLE, new)


@pytest.mark.example
def test_two_components_are_kept_by_default() -> None:
    got = np.shape(kata.PCA().fit(np.eye(4)).components)
    check.equal(got, (2, 4), asked="the shape of components after PCA().fit(X) with 4 x 4 data", hint="n_components=2")


@pytest.mark.law
@given(st.builds(random_case, seeds()))
def test_components_are_the_directions_of_largest_variance(case: Case) -> None:
    X, k = case
    pca = fitted(X, k)
    check_components(pca, X, k)
    check_orthonormal(pca, X, k)


@pytest.mark.law
@given(st.builds(random_case, seeds()))
def test_ratios_are_shares_of_the_total_variance(case: Case) -> None:
    X, k = case
    check_ratios(fitted(X, k), X, k)


@pytest.mark.law
@given(st.builds(random_case, seeds()))
def test_transform_gives_coordinates_about_the_mean_of_fit(case: Case) -> None:
    X, k = case
    pca, new = fitted(X, k), 2 * X[:2] + X[-1]
    check.close(pca.mean, X.mean(axis=0), asked=asked(X, k, ".mean"), rtol=0, atol=1e-12 * float(np.abs(X).max()))
    check_coordinates(pca.transform(new.copy()), pca, X, new)


@pytest.mark.law
@given(st.builds(random_case, seeds()))
def test_fit_transform_equals_transform_of_the_same_object(case: Case) -> None:
    X, k = case
    pca = kata.PCA(n_components=k)
    got = pca.fit_transform(X.copy())
    hint = "fit_transform fits this object and returns (X - mean) @ components.T, with the signs of components"
    check_coordinates(got, pca, X, X, hint=hint)
    check_coordinates(pca.transform(X), pca, X, X, hint=hint)


@pytest.mark.law
@given(st.builds(random_case, seeds()))
def test_rows_one_by_one_give_the_same_as_together(case: Case) -> None:
    X, k = case
    pca = fitted(X, k)
    alone = each(pca.transform, [(row.copy(),) for row in X[:, np.newaxis]])
    hint = "rows were given one by one: the other rows of a call do not matter, and one row gives an array of one row"
    for row, got in zip(X[:, np.newaxis], alone, strict=True):
        check_coordinates(got, pca, X, row, hint=hint)


RANK_1 = np.outer([1.0, 2.0, 4.0, 7.0, 11.0], [3.0, -1.0, 4.0, 1.0, -5.0])
RANK_2 = np.random.default_rng(0).normal(size=(30, 2)) @ np.random.default_rng(1).normal(size=(2, 12))
WIDE = np.random.default_rng(2).normal(size=(4, 10))
EQUAL_ROWS = np.full((4, 3), 5.0)


@pytest.mark.edge
@pytest.mark.parametrize(("X", "k"), [(RANK_1, 5), (RANK_2, 12), (WIDE, 4)], ids=["rank_1", "rank_2", "wide"])
def test_components_are_real_and_orthonormal_where_no_variance_is_left(X: Float64Array, k: int) -> None:
    pca = fitted(X, k)
    check_orthonormal(pca, X, k)
    check.close(
        pca.explained_variance_ratio, ratios(X, k), asked=asked(X, k, ".explained_variance_ratio"), rtol=0, atol=1e-9
    )


@pytest.mark.edge
def test_equal_rows_have_ratios_of_zero() -> None:
    check.close(
        fitted(EQUAL_ROWS, 2).explained_variance_ratio,
        [0.0, 0.0],
        asked=asked(EQUAL_ROWS, 2, ".explained_variance_ratio"),
        mistakes={"0 divided by 0: without variance the ratios are 0": [np.nan, np.nan]},
    )


@pytest.mark.edge
def test_a_mean_a_million_times_the_spread_loses_no_accuracy() -> None:
    X = 1e6 + np.random.default_rng(5).normal(size=(50, 3)) * [1.0, 0.5, 0.2]
    hint = "the mean is 1e6, the spread 1: subtract the mean before multiplying, as E[x y] - E[x] E[y] loses all digits"
    check_ratios(fitted(X, 3), X, 3, rtol=1e-4, hint=hint)
    check_components(fitted(X, 3), X, 3, atol=1e-4, hint=hint)


@pytest.mark.edge
def test_small_variances_are_not_lost() -> None:
    rotation, _ = np.linalg.qr(np.random.default_rng(2).normal(size=(3, 3)))
    X = np.random.default_rng(3).normal(size=(60, 3)) * [1.0, 1e-2, 1e-4] @ rotation
    check_ratios(
        fitted(X, 3), X, 3, rtol=1e-4, hint="variances are 1, 1e-4 and 1e-8: compute in float64, round nothing"
    )


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_is_computed_in_float64(dtype: str) -> None:
    X = np.array([[5.0, 240.0], [250.0, 10.0], [140.0, 150.0], [25.0, 200.0]])
    pca = kata.PCA(n_components=2).fit(X.astype(dtype))
    hint = f"the numbers came in {dtype}, where differences wrap around or lose digits: make them float64 first"
    check_components(pca, X, 2, hint=hint)
    check_coordinates(pca.transform(X.astype(dtype)), pca, X, X, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize(("k", "shape"), [(0, (4, 3)), (4, (4, 3)), (4, (3, 5))])
def test_n_components_out_of_range_is_an_error_in_fit(k: int, shape: tuple[int, int]) -> None:
    check.raises(
        ValueError,
        lambda: kata.PCA(n_components=k).fit(np.arange(15.0)[: shape[0] * shape[1]].reshape(shape) ** 2) and "a model",
        asked=f"PCA(n_components={k}).fit of data of shape {shape}",
        because=f"n_components must be 1 ... {min(shape)}",
        hint="at most min(n, d): check in fit, where the shape is known",
    )


BAD = [(method, shape) for method in ("fit", "fit_transform") for shape in ((3,), (2, 3, 3), (0, 3), (3, 0))]
BAD += [("transform", shape) for shape in ((3,), (2, 3, 3), (0, 3), (3, 0), (2, 1), (2, 2), (2, 4))]


@pytest.mark.edge
@pytest.mark.parametrize(("method", "shape"), BAD)
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(method: str, shape: tuple[int, ...]) -> None:
    pca = fitted(np.eye(3), 1)
    check.raises(
        ValueError,
        lambda: getattr(pca, method)(np.ones(shape)),
        asked=f"{method} with data of shape {shape}, after fit with 3 features",
        because="data has shape (n, d), transform takes the d of fit, and no axis has length zero",
        hint="check .ndim, .size and the columns, and reshape nothing: NumPy stretches a single column silently",
    )


@pytest.mark.edge
def test_transform_before_fit_is_a_runtime_error() -> None:
    check.raises(
        RuntimeError,
        lambda: kata.PCA(n_components=1).transform([[1.0, 2.0]]),
        asked="PCA(n_components=1).transform([[1.0, 2.0]]) before fit",
        because="there was no fit",
        hint="ask whether there was a fit before anything that fit sets is looked up",
    )


@pytest.mark.edge
def test_fit_again_forgets_and_two_objects_share_nothing() -> None:
    pca = kata.PCA(n_components=2).fit(EXAMPLE**2)
    check.true(pca is not None, asked="PCA(n_components=2).fit(X)", came="None", expected="self", mistake="return self")
    pca.fit_transform(EXAMPLE)
    fitted(RANK_1, 1)
    hint = "the object was fitted before, and another one since: fit replaces all that it sets, in self only"
    check.close(pca.mean, EXAMPLE.mean(axis=0), asked="mean", hint=hint)
    check_components(pca, EXAMPLE, 2, hint=hint)
    check_ratios(pca, EXAMPLE, 2, hint=hint)
    check_coordinates(pca.transform(EXAMPLE), pca, EXAMPLE, EXAMPLE, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    X, new, pca = EXAMPLE.copy(), EXAMPLE[:2] + 1, kata.PCA(n_components=2)
    with check.untouched(asked=call("fit", X) + ", transform and fit_transform", X=X, new=new):
        pca.fit(X)
        pca.transform(new)
        pca.fit_transform(X)
