"""Follow-up of B03: scores of unit variance, the way back, and components without variance."""

from __future__ import annotations

import warnings
from typing import Any, NamedTuple

import numpy as np
import pca as kata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import call
from harness.suite.strategies import Float64Array, seeds


class Case(NamedTuple):
    """Rows to fit (n, d), other rows of d features, and how many components to keep."""

    X: Float64Array
    new: Float64Array
    k: int


def make_case(seed: int) -> Case:
    """Data in any unit about a mean far from 0; in some cases one direction has no variance."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(2, 6))
    n = int(rng.integers(d + 2, 12))
    scales = 2.0 ** -np.arange(d)
    scales[-1] *= rng.integers(2)
    noise = rng.normal(size=(n, d))
    scores = np.linalg.qr(noise - noise.mean(axis=0))[0] * scales
    rotation, _ = np.linalg.qr(rng.normal(size=(d, d)))
    X = scores @ rotation + 3 * rng.normal(size=d)
    unit = 10.0 ** rng.integers(-6, 7)
    return Case(X * unit, (X[:3] + rng.normal(size=(3, d))) * unit, int(rng.integers(1, d + 1)))


def deviations(case: Case, ddof: int = 1) -> Float64Array:
    """The standard deviations along the components, exactly 0 where the follow-up says so."""
    values = np.linalg.svd(case.X - case.X.mean(axis=0), compute_uv=False) / np.sqrt(len(case.X) - ddof)
    return np.where(values**2 <= 1e-12 * values[0] ** 2, 0.0, values)[: case.k]


def quietly(function: Any, *args: object) -> Any:
    """Call without warnings: a check of the result says more than they do."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return function(*args)


def fitted(case: Case, *, whiten: bool = True) -> Any:
    return kata.PCA(n_components=case.k, whiten=whiten).fit(case.X.copy())


def asked(case: Case, what: str, argument: object, *, whiten: bool = True) -> check.Asked:
    return f"PCA(n_components={case.k}, whiten={whiten})." + call("fit", case.X) + "." + call(what, argument)


def divided(raw: Float64Array, sigma: Float64Array) -> Float64Array:
    return np.divide(raw, sigma, out=np.zeros_like(raw), where=sigma > 0)


def check_scores(
    got: object, pca: Any, case: Case, rows: Float64Array, *, what: str = "transform", hint: str = ""
) -> None:
    """Hold whitened scores of `rows` to coordinates over standard deviations, along the components that `pca` has."""
    __tracebackhide__ = True
    raw = (rows - case.X.mean(axis=0)) @ np.asarray(pca.components).T
    sigma = deviations(case)
    with np.errstate(all="ignore"):
        mistakes = {
            "not whitened: divide each score by the standard deviation along its component": raw,
            "divided by the variances: by their roots, the standard deviations": divided(raw, sigma**2),
            "the variance is divided by n: divide it by n - 1": divided(raw, deviations(case, ddof=0)),
            "divided by the singular values: they are sqrt(n - 1) standard deviations": divided(raw, sigma)
            / np.sqrt(len(case.X) - 1),
            "divided by one number for all: each component has its own": raw / sigma[0],
            "divided by the standard deviations of these rows: those of fit are meant": raw / raw.std(axis=0),
            "divided by those of these rows (n - 1): those of fit are meant": raw / raw.std(axis=0, ddof=1),
            "a component without variance has the score 0, for new rows as well": np.where(sigma > 0, raw / sigma, raw),
        }
    want = divided(raw, sigma)
    check.close(
        got,
        want,
        asked=asked(case, what, rows),
        rtol=1e-6,
        atol=1e-6 * float(np.abs(want).max()),
        mistakes={} if hint else mistakes,
        hint=hint or "coordinates over the standard deviations of fit (n - 1); 0 along a component without variance",
    )


def check_back(got: object, pca: Any, case: Case, Z: Float64Array, *, whiten: bool) -> None:
    """Hold `inverse_transform(Z)` to the mean plus scores along the components that `pca` has."""
    __tracebackhide__ = True
    components, mean, sigma = np.asarray(pca.components), case.X.mean(axis=0), deviations(case)
    scales = sigma if whiten else np.ones(case.k)
    check.close(
        got,
        (Z * scales) @ components + mean,
        asked=asked(case, "inverse_transform", Z, whiten=whiten),
        rtol=0,
        atol=1e-8 * float(np.abs(case.X).max()),
        mistakes={
            "the mean is not added": (Z * scales) @ components,
            "whitening is not undone: multiply scores by standard deviations": Z @ components + mean,
            "multiplied by standard deviations, although nothing was whitened": (Z * sigma) @ components + mean,
            "the mean of the scores is subtracted": ((Z - Z.mean(axis=0)) * scales) @ components + mean,
        },
        hint="mean + (Z * sigma) @ components, with sigma = 1 if nothing is whitened, and 0 without variance",
    )


EXAMPLE = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [2.0, 4.0], [4.0, 2.0]])
SMALL = Case(EXAMPLE, np.array([[2.4, 2.4], [3.4, 3.4]]), 1)
FLAT = np.array([[0.0, 0.0, 1.0], [1.0, 2.0, 1.0], [2.0, 1.0, 1.0], [3.0, 3.0, 1.0]]) @ [
    [1, 2, 0],
    [0, 1, 3],
    [1, 1, 1],
]


@pytest.mark.example
def test_worked_example() -> None:
    pca = fitted(SMALL)
    hint = "the variance along (1, 1) is 6.4 / 4, and whitened scores are coordinates over its root"
    check_scores(pca.transform(SMALL.new), pca, SMALL, SMALL.new, hint=hint)
    back = pca.inverse_transform(pca.transform([[2.0, 4.0]]))
    check.close(back, [[3.0, 3.0]], asked="inverse_transform(transform([[2, 4]]))", hint="the mean is (2.4, 2.4)")


@pytest.mark.law
@given(st.builds(make_case, seeds()))
def test_whitened_scores_are_coordinates_over_standard_deviations_of_fit(case: Case) -> None:
    pca = fitted(case)
    for rows in (case.X, case.new):
        check_scores(quietly(pca.transform, rows.copy()), pca, case, rows)


@pytest.mark.law
@given(st.builds(make_case, seeds()))
def test_fit_transform_whitens_as_transform_does(case: Case) -> None:
    pca = kata.PCA(n_components=case.k, whiten=True)
    check_scores(quietly(pca.fit_transform, case.X.copy()), pca, case, case.X, what="fit_transform")


@pytest.mark.law
@given(st.builds(make_case, seeds()))
def test_whitening_changes_nothing_but_scores(case: Case) -> None:
    plain, white = fitted(case, whiten=False), fitted(case)
    hint = "components are rows of length 1, with and without whitening: only scores are scaled"
    for name in ("mean", "components", "explained_variance_ratio"):
        what = f"{name} of PCA(n_components={case.k}, whiten=True), against whiten=False"
        check.close(np.abs(getattr(white, name)), np.abs(getattr(plain, name)), asked=what, atol=1e-9, hint=hint)


@pytest.mark.law
@given(st.builds(make_case, seeds()), st.booleans())
def test_inverse_transform_is_the_mean_plus_scores_along_components(case: Case, whiten: bool) -> None:
    pca = fitted(case, whiten=whiten)
    Z = np.random.default_rng(0).normal(size=(3, case.k)) + 1
    if not whiten:
        Z *= float(np.abs(case.X).max())
    check_back(quietly(pca.inverse_transform, Z.copy()), pca, case, Z, whiten=whiten)


@pytest.mark.law
@given(st.builds(make_case, seeds()), st.booleans())
def test_all_components_give_the_fitted_rows_back(case: Case, whiten: bool) -> None:
    case = case._replace(k=min(case.X.shape))
    pca = fitted(case, whiten=whiten)
    check.close(
        quietly(lambda: pca.inverse_transform(pca.transform(case.X))),
        case.X,
        asked=f"inverse_transform(transform(X)) with whiten={whiten} and all components, X = {check.show(case.X)}",
        rtol=0,
        atol=1e-8 * float(np.abs(case.X).max()),
        hint="the way back undoes the way there: multiply by standard deviations when whitening, and add the mean",
    )


@pytest.mark.edge
def test_a_component_without_variance_has_the_score_0_and_adds_nothing_back() -> None:
    case = Case(FLAT, FLAT[:2] + np.array([1.0, 5.0, 2.0]), 3)
    pca = fitted(case)
    hint = "these rows lie in a plane, so the third standard deviation is rounding: its score is 0, for all rows"
    check_scores(quietly(pca.transform, case.new), pca, case, case.new, hint=hint)
    check_back(quietly(pca.inverse_transform, np.ones((1, 3))), pca, case, np.ones((1, 3)), whiten=True)


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(2,), (3, 1), (3, 3)])
@pytest.mark.parametrize("whiten", [False, True])
def test_scores_of_a_wrong_shape_are_an_error(shape: tuple[int, ...], whiten: bool) -> None:
    pca = fitted(SMALL._replace(k=2), whiten=whiten)
    check.raises(
        ValueError,
        lambda: pca.inverse_transform(np.ones(shape)),
        asked=f"inverse_transform of shape {shape}, with 2 components and whiten={whiten}",
        because="Z must have shape (m, 2)",
        hint="check .ndim and the number of columns: NumPy stretches a single column silently",
    )


@pytest.mark.edge
def test_inverse_transform_before_fit_is_a_runtime_error() -> None:
    check.raises(
        RuntimeError,
        lambda: kata.PCA(n_components=1).inverse_transform([[1.0]]),
        asked="PCA(n_components=1).inverse_transform([[1.0]]) before fit",
        because="there was no fit",
    )


@pytest.mark.edge
def test_fitting_again_forgets_the_earlier_standard_deviations() -> None:
    pca = kata.PCA(n_components=1, whiten=True).fit(7 * EXAMPLE)
    pca.fit(EXAMPLE)
    hint = "fit was called before with other data: it replaces the standard deviations too"
    check_scores(pca.transform(SMALL.new), pca, SMALL, SMALL.new, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    pca, Z, new = fitted(SMALL), np.array([[1.0], [2.0]]), SMALL.new.copy()
    with check.untouched(asked="transform and inverse_transform", Z=Z, X=new):
        pca.transform(new)
        pca.inverse_transform(Z)
