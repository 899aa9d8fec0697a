"""Follow-up of B03: back into the original space, whitening, and the factors that get lost between them."""

from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pca as kata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import check
from harness.check import Mistakes, call
from harness.strategies import Float64Array, seeds

EXAMPLE = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [2.0, 4.0], [4.0, 2.0]])


def make_data(seed: int, n: int = 9, d: int = 3) -> Float64Array:
    """Data whose variances differ clearly from one direction to the next, about a mean far from 0."""
    rng = np.random.default_rng(seed)
    rotation, _ = np.linalg.qr(rng.normal(size=(d, d)))
    return np.asarray(rng.normal(size=(n, d)) * 3.0 ** -np.arange(d) @ rotation + 5 * rng.normal(size=d))


DATA = st.builds(make_data, seeds(), st.integers(6, 12), st.integers(2, 4))


def fitted(X: Float64Array, k: int, *, whiten: bool = False) -> Any:
    """A fitted object of the subject's."""
    return kata.PCA(n_components=k, whiten=whiten).fit(X)


def of(X: object, k: int, what: str, *, whiten: bool = False) -> str:
    """The question in words."""
    return f"{call('PCA', n_components=k, whiten=whiten)}.{call('fit', X)}{what}"


def projection(X: Float64Array, k: int) -> Float64Array:
    """The rows projected on the plane of the first k components, by the definition; free of signs."""
    mean = X.mean(axis=0)
    vectors = np.linalg.svd(X - mean)[2][:k]
    return np.asarray((X - mean) @ vectors.T @ vectors + mean)


def projection_mistakes(X: Float64Array, k: int) -> Mistakes:
    """What the usual mistakes give for `inverse_transform(transform(X))`."""
    mean = X.mean(axis=0)
    vectors = np.linalg.svd(X - mean)[2][:k]
    deviations = ((X - mean) @ vectors.T).std(axis=0)
    plain = (X - mean) @ vectors.T

    def back(coordinates: Float64Array) -> Float64Array:
        return np.asarray(coordinates @ vectors + mean)

    return {
        "the mean is not put back: add it": projection(X, k) - mean,
        "the mean of the coordinates is taken off: it is 0": lambda: plain @ vectors,
        "whitening is not undone: multiply by the deviations first": lambda: back(plain / deviations),
        "whitening is undone although there was none": lambda: back(plain * deviations),
        "whitening is undone by dividing once more: multiply": lambda: back(plain / deviations**2),
        "multiplied by the variances: the deviations undo whitening": lambda: back(plain * deviations),
        "multiplied by deviations with the divisor n - 1: both ways take n": lambda: back(
            plain * np.sqrt(len(X) / (len(X) - 1))
        ),
        "the mean is subtracted: add it": lambda: projection(X, k) - 2 * mean,
        "the rows themselves: what was dropped cannot come back": X,
    }


def covariance(Z: Float64Array) -> Float64Array:
    """The covariance of centred rows, with the divisor n."""
    return np.asarray(Z.T @ Z / len(Z))


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_inverse_transform() -> None:
    pca = fitted(EXAMPLE, 1)
    check.close(
        pca.inverse_transform(pca.transform([[2.0, 4.0]])),
        [[3.0, 3.0]],
        asked=of(EXAMPLE, 1, ": inverse_transform(transform([[2.0, 4.0]]))"),
        mistakes={
            "the mean is not put back: add it": [[0.6, 0.6]],
            "the row itself: what was dropped cannot come back": [[2.0, 4.0]],
        },
        hint="the coordinates times the components, plus the mean",
    )


@pytest.mark.example
def test_worked_example_of_whitening() -> None:
    coordinates = np.asarray(fitted(EXAMPLE, 1, whiten=True).transform([[2.4, 2.4], [3.4, 3.4]]))
    check.close(
        np.abs(coordinates),
        [[0.0], [1.25]],
        asked=of(EXAMPLE, 1, ".transform([[2.4, 2.4], [3.4, 3.4]]), signs aside", whiten=True),
        mistakes={
            "not whitened": [[0.0], [2**0.5]],
            "divided by the variance: divide by its root": [[0.0], [2**0.5 / 1.28]],
            "the divisor is n - 1: here it is n": [[0.0], [(2 / 1.6) ** 0.5]],
            "divided by the singular value: divide it by the root of n first": [[0.0], [(2 / 6.4) ** 0.5]],
            "divided by the ratio of explained variance: divide by the deviation itself": [[0.0], [2**0.5 / (8 / 13)]],
            "multiplied by the deviation: divide by it": [[0.0], [(2 * 1.28) ** 0.5]],
            "scaled by the deviation of the new rows: take the training data's": [[1.0], [1.0]],
        },
        atol=1e-9,
    )


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(DATA, st.integers(1, 4), st.booleans())
def test_back_and_forth_is_the_projection_on_the_components(X: Float64Array, k: int, whiten: bool) -> None:
    k = min(k, X.shape[1])
    pca = fitted(X, k, whiten=whiten)
    check.close(
        pca.inverse_transform(pca.transform(X)),
        projection(X, k),
        asked=of(X, k, ": inverse_transform(transform(X))", whiten=whiten),
        rtol=1e-7,
        atol=1e-7,
        mistakes=projection_mistakes(X, k),
        hint="undo transform step by step: the deviations if whitened, the components, the mean",
    )


@pytest.mark.law
@given(DATA, seeds(), st.booleans())
def test_coordinates_come_back_through_the_original_space(X: Float64Array, seed: int, whiten: bool) -> None:
    Z = np.random.default_rng(seed).normal(size=(3, 2))
    pca = fitted(X, 2, whiten=whiten)
    check.close(
        pca.transform(pca.inverse_transform(Z)),
        Z,
        asked=of(X, 2, f": transform(inverse_transform({check.show(Z)}))", whiten=whiten),
        rtol=1e-6,
        atol=1e-6,
        hint="inverse_transform places points at these coordinates: transform must find them there",
    )


@pytest.mark.law
@given(DATA, st.integers(1, 4), st.booleans())
def test_what_is_lost_is_the_variance_of_the_dropped_components(X: Float64Array, k: int, whiten: bool) -> None:
    k = min(k, X.shape[1])
    pca = fitted(X, k, whiten=whiten)
    total = float(np.var(X, axis=0).sum())
    rebuilt = np.asarray(pca.inverse_transform(pca.transform(X)))
    check.true(
        rebuilt.shape == X.shape,
        asked=of(X, k, ": the shape of inverse_transform(transform(X))", whiten=whiten),
        came=rebuilt.shape,
        expected=f"{X.shape}",
        hint="the coordinates (m, k) times the components (k, d)",
    )
    check.close(
        float(((rebuilt - X) ** 2).sum() / len(X)),
        (1 - float(np.sum(pca.explained_variance_ratio))) * total,
        asked=of(X, k, ": the mean squared distance of inverse_transform(transform(X)) from X", whiten=whiten),
        rtol=1e-6,
        atol=1e-9 * total,
        hint="nothing else may be lost than what the dropped components explain: mean, scale and directions come back",
    )


@pytest.mark.law
@given(DATA, st.integers(1, 4))
def test_whitened_coordinates_have_the_identity_as_covariance(X: Float64Array, k: int) -> None:
    k = min(k, X.shape[1])
    variances = np.linalg.svd(X - X.mean(axis=0), compute_uv=False)[:k] ** 2 / len(X)
    n = len(X)
    pca = kata.PCA(n_components=k, whiten=True)
    check.close(
        covariance(np.asarray(pca.fit_transform(X))),
        np.eye(k),
        asked=of(X, k, ": Z.T @ Z / n of Z = fit_transform(X)", whiten=True),
        rtol=1e-6,
        atol=1e-7,
        mistakes={
            "not whitened: divide by the deviations": np.diag(variances),
            "the deviations have the divisor n - 1: here it is n": np.eye(k) * (n - 1) / n,
            "divided by the variances: divide by their roots": lambda: np.diag(1 / variances),
            "divided by the singular values: they are root of n times the deviations": np.eye(k) / n,
            "multiplied by the deviations: divide by them": np.diag(variances**2),
            "all divided by one number: each coordinate has its own deviation": np.diag(variances / variances[0]),
            "divided by the ratios of explained variance": lambda: np.diag(
                variances / (variances / np.var(X, axis=0).sum()) ** 2
            ),
        },
        hint="each coordinate divided by the deviation along its component, with the divisor n",
    )


@pytest.mark.law
@given(DATA)
def test_whitening_changes_nothing_that_is_learned(X: Float64Array) -> None:
    plain, white = fitted(X, 2), fitted(X, 2, whiten=True)
    for name in ("mean", "components", "explained_variance_ratio"):
        want = np.asarray(getattr(plain, name))
        got = np.asarray(getattr(white, name))
        if name == "components" and got.shape == want.shape:
            got = got * np.where(np.sum(got * want, axis=1) < 0, -1.0, 1.0)[:, None]
        check.close(
            got,
            want,
            asked=of(X, 2, f".{name}, against the same without whitening", whiten=True),
            atol=1e-7,
            hint="whitening scales coordinates in transform; the components stay of length 1",
        )


@pytest.mark.law
@given(DATA, seeds())
def test_new_rows_are_scaled_by_the_training_data_one_by_one_too(X: Float64Array, seed: int) -> None:
    pca = fitted(X, 2, whiten=True)
    new = X[:4] + np.random.default_rng(seed).normal(size=(4, X.shape[1]))
    mean = X.mean(axis=0)
    _, values, vectors = np.linalg.svd(X - mean)
    want = np.abs((new - mean) @ vectors[:2].T / (values[:2] / np.sqrt(len(X))))
    hint = "the deviations and the mean are learned in fit; new rows, their number and their spread do not matter"
    check.close(
        np.abs(pca.transform(new)),
        want,
        asked=of(X, 2, f".{call('transform', new)}, signs aside", whiten=True),
        rtol=1e-6,
        atol=1e-6,
        hint=hint,
    )
    alone = np.vstack([pca.transform(row[None, :]) for row in new])
    check.close(np.abs(alone), want, asked="transform of the same rows one by one", rtol=1e-6, atol=1e-6, hint=hint)
    Z = np.asarray(pca.transform(new))
    back = np.vstack([pca.inverse_transform(row[None, :]) for row in Z])
    check.close(back, pca.inverse_transform(Z), asked="inverse_transform one by one", atol=1e-7, hint=hint)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_components_without_variance_are_0_whitened_and_add_nothing() -> None:
    rng = np.random.default_rng(0)
    flat = np.hstack([rng.normal(size=(8, 1)) @ rng.normal(size=(1, 3)) + 4.0, np.full((8, 1), 0.1)])
    for X in (flat, np.full((4, 3), 0.1), 1e3 * flat):
        with np.errstate(all="ignore"):
            pca = fitted(X, 3, whiten=True)
            new = X[:2] + 1.0
            Z = np.asarray(pca.transform(new))
            back = np.asarray(pca.inverse_transform(np.ones((2, 3))))
        dead = 1 if np.ptp(X) > 0 else 0
        asked = of(X, 3, f".{call('transform', new)}: the components without variance", whiten=True)
        check.close(
            Z[:, dead:],
            np.zeros((2, 3 - dead)),
            asked=asked,
            mistakes={"0 divided by 0": np.full((2, 3 - dead), np.nan)},
            hint="a deviation of 0, or what rounding makes of it, is no divisor: such coordinates are 0",
        )
        vectors = np.asarray(pca.components)[:dead]
        scale = np.sqrt(np.var(X, axis=0).sum())
        check.close(
            back,
            np.tile(X.mean(axis=0) + scale * vectors.sum(axis=0), (2, 1)),
            asked=of(X, 3, f".{call('inverse_transform', np.ones((2, 3)))}", whiten=True),
            rtol=1e-7,
            atol=1e-9,
            hint="multiply by the training data's deviations: along a component without variance nothing is added",
        )


@pytest.mark.edge
def test_small_variances_are_whitened_too() -> None:
    rng = np.random.default_rng(2)
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    X = rng.normal(size=(60, 3)) * np.array([1.0, 1e-2, 1e-4]) @ rotation
    Z = np.asarray(fitted(X, 3, whiten=True).transform(X))
    check.close(
        covariance(Z),
        np.eye(3),
        asked="the covariance of whitened coordinates, of data with standard deviations 1, 0.01 and 0.0001",
        atol=1e-4,
        hint="nothing may be added to a deviation, and a ratio of 1e-8 is a variance like any other",
    )


@pytest.mark.edge
@pytest.mark.parametrize("whiten", [False, True])
def test_other_coordinates_than_fit_has_learned_are_an_error(whiten: bool) -> None:
    pca = fitted(make_data(1), 2, whiten=whiten)
    bad = {
        "1 axis": (2,),
        "no axis": (),
        "3 axes": (1, 2, 2),
        "no rows": (0, 2),
        "1 column": (3, 1),
        "3 columns": (3, 3),
    }
    for why, shape in bad.items():
        check.raises(
            ValueError,
            partial(pca.inverse_transform, np.ones(shape)),
            asked=f"PCA(2).fit(X).inverse_transform of shape {shape}",
            because=f"it has {why}, and coordinates have the shape (m, 2)",
            hint="check the shape first: NumPy would stretch a single column, and take a row for a vector",
        )


@pytest.mark.edge
def test_inverse_transform_before_fit_is_an_error() -> None:
    pca = kata.PCA(n_components=1, whiten=True)
    check.raises(
        RuntimeError,
        partial(pca.inverse_transform, [[1.0]]),
        asked="PCA(1, whiten=True).inverse_transform before fit",
        because="nothing has been learned yet",
        hint="the same check as in transform",
    )


@pytest.mark.edge
def test_a_second_fit_forgets_the_first_and_lists_and_integers_are_accepted() -> None:
    pca = fitted(make_data(1), 2, whiten=True)
    pca.fit(EXAMPLE.tolist())
    Z = np.array([[1, 2], [0, 255]], dtype=np.uint8)
    with check.untouched(asked=call("inverse_transform", Z), Z=Z):
        back = pca.inverse_transform(Z)
    check.float_array(back, (2, 2), asked=f"{call('inverse_transform', Z)} of uint8")
    check.close(
        pca.transform(back),
        Z.astype(np.float64),
        asked=f"transform(inverse_transform({check.show(Z)})) after a second fit",
        rtol=1e-7,
        atol=1e-7,
        hint="the deviations of the second fit, in float64",
    )
    check.close(
        covariance(np.asarray(pca.transform(EXAMPLE))),
        np.eye(2),
        asked="the covariance of the whitened rows of the second fit",
        atol=1e-7,
        hint="the deviations of the first fit are still in use: learn them in each fit",
    )
