"""Follow-up of B03: scores of unit variance, the way back, and components that have no variance to divide by."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pca as kata
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from sklearn import decomposition

from harness.suite import check
from harness.suite.check import Mistakes
from harness.suite.strategies import Float64Array, seeds

EXAMPLE = np.array([[1.0, 1.0], [2.0, 2.0], [3.0, 3.0], [2.0, 4.0], [4.0, 2.0]])
FLAT = np.array([[0.0, 0.0, 1.0], [1.0, 2.0, 1.0], [2.0, 1.0, 1.0], [3.0, 3.0, 1.0]])
"""Rows in a plane: the third component has no variance."""


class Case(NamedTuple):
    """Rows to fit, of shape (n, d), other rows of d features, and how many components to keep."""

    X: Float64Array
    new: Float64Array
    k: int


def variances(X: Float64Array) -> Float64Array:
    """Along min(n, d) components, falling, with n - 1; exactly 0 where the README has none."""
    if np.all(np.ptp(X, axis=0) == 0):
        return np.zeros(min(X.shape))
    values = np.linalg.svd(X - X.mean(axis=0), compute_uv=False) ** 2 / (len(X) - 1)
    return np.where(values <= 1e-12 * values[0], 0.0, values)


def make_case(seed: int, *, full: bool = False) -> Case:
    """Data about a mean far from 0; rows are few at times, or lie in a plane, unless `full` variance is wanted."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 6))
    n = int(rng.integers(d + 2, 12) if full else rng.integers(1, 10))
    scales = 2.0 ** -np.arange(d)
    if not full and rng.random() < 0.3:
        scales[-1] = 0.0
    rotation, _ = np.linalg.qr(rng.normal(size=(d, d)))
    centre = 5 * rng.normal(size=d)
    X, new = (rng.normal(size=(rows, d)) * scales @ rotation + centre for rows in (n, 3))
    least = min(n, d)
    return Case(X, new + rng.normal(size=(3, d)), int(rng.integers(1, least + 1)))


def clear(case: Case) -> Case:
    """The case, when its variances are either far above the bound of the README or rounding."""
    values = np.linalg.svd(case.X - case.X.mean(axis=0), compute_uv=False) ** 2
    assume(bool(np.all((values >= 1e-5 * values[0]) | (values <= 1e-20 * values[0]))))
    return case


CASES = st.builds(make_case, seeds()).map(clear)
FULL = st.builds(partial(make_case, full=True), seeds()).map(clear)


def quietly(method: Callable[..., Any], *args: object) -> Any:
    """Call without warnings: the check on what comes back says more than they do."""
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return method(*args)


def fitted(X: Float64Array, k: int, *, whiten: bool = True) -> Any:
    """A fitted object of the subject's."""
    return quietly(kata.PCA(n_components=k, whiten=whiten).fit, X)


def of(X: object, k: int, what: str = "", *, whiten: bool = True) -> str:
    """The question in words."""
    return f"PCA(n_components={k}, whiten={whiten}).fit({check.show(X)}){what}"


def scores_mistakes(case: Case, raw: Float64Array) -> Mistakes:
    """What the usual mistakes give for whitened scores, from those without whitening."""
    n, sigma = len(case.X), np.sqrt(variances(case.X)[: case.k])
    scores = np.divide(raw, sigma, out=np.zeros_like(raw), where=sigma > 0)
    return {
        "not whitened: divide each score by the standard deviation along its component": raw,
        "divided by the variances: by their roots, the standard deviations": lambda: raw / sigma**2,
        "multiplied by the standard deviations: divide": lambda: raw * sigma,
        "the variance is divided by n: divide it by n - 1": lambda: scores * np.sqrt(n / (n - 1)),
        "divided by the singular values: they are sqrt(n - 1) standard deviations": lambda: scores / np.sqrt(n - 1),
        "divided by the roots of the ratios: by the standard deviations": lambda: (
            raw / sigma * np.sqrt(variances(case.X).sum())
        ),
        "divided by one number for all: each component has its own standard deviation": lambda: raw / sigma[0],
        "divided by the standard deviations of these rows: those of fit are meant": lambda: raw / raw.std(axis=0),
        "divided by the standard deviations of these rows (n - 1): those of fit are meant": lambda: (
            raw / raw.std(axis=0, ddof=1)
        ),
        "a component without variance has the score 0, also for rows that lie off the plane": np.where(
            sigma > 0, scores, raw
        ),
    }


def magnitudes(mistakes: Mistakes) -> Mistakes:
    """The same without signs."""
    return {name: lambda value=value: np.abs(value() if callable(value) else value) for name, value in mistakes.items()}


def check_scores(
    got: object, pca: Any, case: Case, rows: Float64Array, *, asked: str, atol: float = 1e-6, hint: str = ""
) -> None:
    """Hold whitened scores of `rows` to the definition along the subject's own components, signs included."""
    __tracebackhide__ = True
    components = np.asarray(pca.components)
    check.close(
        components @ components.T,
        np.eye(case.k),
        asked=of(case.X, case.k) + ": components times their transpose",
        atol=1e-6,
        hint="the components stay rows of length 1: scores are whitened, components are not",
    )
    raw = (rows - case.X.mean(axis=0)) @ components.T
    sigma = np.sqrt(variances(case.X)[: case.k])
    check.close(
        got,
        np.divide(raw, sigma, out=np.zeros_like(raw), where=sigma > 0),
        asked=asked,
        rtol=1e-6,
        atol=atol,
        mistakes={} if hint else scores_mistakes(case, raw),
        hint=hint or "scores over standard deviations (n - 1) of the fitted rows; 0 along a component without variance",
    )


def back_mistakes(case: Case, Z: Float64Array, components: Float64Array, *, whiten: bool) -> Mistakes:
    """What the usual mistakes give for `inverse_transform`."""
    mean, sigma = case.X.mean(axis=0), np.sqrt(variances(case.X)[: case.k])
    right = mean + (Z * sigma if whiten else Z) @ components
    return {
        "the mean is not added": right - mean,
        "the mean is taken off: add it": right - 2 * mean,
        "the whitening is not undone: multiply each score by its standard deviation": mean + Z @ components,
        "scores are multiplied by standard deviations although nothing was whitened": mean + (Z * sigma) @ components,
        "divided by the standard deviations on the way back too: multiply": lambda: mean + (Z / sigma) @ components,
        "multiplied by the variances: by the standard deviations": mean + (Z * sigma**2) @ components,
        "the variance is divided by n: divide it by n - 1": lambda: (
            mean + (right - mean) * np.sqrt((len(case.X) - 1) / len(case.X))
        ),
        "the mean of the scores is taken off: they are points, not data to centre": lambda: (
            mean + right - right.mean(axis=0)
        ),
    }


def check_back(pca: Any, case: Case, Z: Float64Array, *, whiten: bool, given: object = None, hint: str = "") -> None:
    """Hold `inverse_transform` of `Z`, or of what is given for it, to the definition."""
    __tracebackhide__ = True
    given = Z if given is None else given
    components = np.asarray(pca.components)
    sigma = np.sqrt(variances(case.X)[: case.k]) if whiten else np.ones(case.k)
    got = quietly(pca.inverse_transform, given)
    asked = of(case.X, case.k, f".inverse_transform({check.show(given)})", whiten=whiten)
    check.close(
        got,
        case.X.mean(axis=0) + (Z * sigma) @ components,
        asked=asked,
        rtol=1e-7,
        atol=1e-7,
        mistakes={} if hint else back_mistakes(case, Z, components, whiten=whiten),
        hint=hint or "the mean, plus each score times its standard deviation times its component",
    )
    check.float_array(got, (len(Z), case.X.shape[1]), asked=asked)


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_whitened_scores() -> None:
    rows = np.array([[2.4, 2.4], [3.4, 3.4]])
    raw = np.array([[0.0], [2**0.5]])
    case = Case(EXAMPLE, rows, 1)
    check.close(
        np.abs(fitted(EXAMPLE, 1).transform(rows)),
        raw / 1.6**0.5,
        asked=of(EXAMPLE, 1, f".transform({check.show(rows)}), signs aside"),
        atol=1e-9,
        mistakes=magnitudes(scores_mistakes(case, raw)),
    )


@pytest.mark.example
def test_worked_example_of_the_way_back() -> None:
    pca = fitted(EXAMPLE, 1)
    check.close(
        pca.inverse_transform(pca.transform([[2.0, 4.0]])),
        [[3.0, 3.0]],
        asked=of(EXAMPLE, 1, ".inverse_transform(pca.transform([[2.0, 4.0]]))"),
        rtol=1e-9,
        mistakes={
            "the mean is not added": [[0.6, 0.6]],
            "the whitening is not undone": np.full((1, 2), 2.4 + 0.6 / 1.6**0.5),
            "the row itself: only what lies along the kept components comes back": [[2.0, 4.0]],
        },
    )


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(CASES)
def test_whitened_scores_are_coordinates_over_standard_deviations_of_the_fit(case: Case) -> None:
    pca = fitted(case.X, case.k)
    for rows in (case.X, case.new, case.new[:1]):
        asked = of(case.X, case.k, f".transform({check.show(rows)})")
        check_scores(quietly(pca.transform, rows), pca, case, rows, asked=asked)


@pytest.mark.law
@given(CASES)
def test_whitened_scores_of_the_fitted_rows_have_the_identity_as_covariance(case: Case) -> None:
    assume(len(case.X) > 1)
    scores = np.asarray(quietly(fitted(case.X, case.k).transform, case.X))
    n, k = len(case.X), case.k
    check.float_array(scores, (n, k), asked=of(case.X, k, ".transform(X)"))
    values = variances(case.X)[:k]
    want = np.diag((values > 0).astype(float))
    check.close(
        np.atleast_2d(np.cov(scores, rowvar=False)),
        want,
        asked=of(case.X, k, ": np.cov(transform(X), rowvar=False)"),
        atol=1e-6,
        mistakes={
            "the scores are not whitened": np.diag(values),
            "divided by the variances: divide by their roots": lambda: np.diag(1 / values),
            "the variance is divided by n: divide it by n - 1": want * n / (n - 1),
            "divided by the singular values: multiply by sqrt(n - 1)": want / (n - 1),
        },
        hint="variance 1 along each component that has variance (divided by n - 1), 0 along one that has none",
    )


@pytest.mark.law
@given(FULL)
def test_agrees_with_scikit_learn_up_to_signs(case: Case) -> None:
    assume(bool(np.all(-np.diff(variances(case.X)) > 1e-2 * variances(case.X)[0])))
    ours = fitted(case.X, case.k)
    theirs = decomposition.PCA(n_components=case.k, whiten=True).fit(case.X)
    scores = np.asarray(ours.transform(case.new))
    oracle = theirs.transform(case.new)
    check.close(
        np.abs(scores),
        np.abs(oracle),
        asked=of(case.X, case.k, f".transform({check.show(case.new)}), signs aside"),
        rtol=1e-6,
        atol=1e-6,
        mistakes=magnitudes(scores_mistakes(case, oracle * np.sqrt(variances(case.X)[: case.k]))),
        hint="scikit-learn divides the variance by n - 1",
    )
    check.close(
        ours.inverse_transform(scores),
        theirs.inverse_transform(oracle),
        asked=of(case.X, case.k, f".inverse_transform(transform({check.show(case.new)}))"),
        rtol=1e-6,
        atol=1e-6,
        mistakes=back_mistakes(case, oracle, theirs.components_, whiten=True),
        hint="signs cancel on the way back: here the two must agree",
    )


@pytest.mark.law
@given(CASES, st.booleans(), seeds())
def test_inverse_transform_is_the_mean_plus_scores_along_components(case: Case, whiten: bool, seed: int) -> None:
    Z = np.random.default_rng(seed).normal(size=(3, case.k)) + 1
    pca = fitted(case.X, case.k, whiten=whiten)
    for scores in (Z, Z[:1]):
        check_back(pca, case, scores, whiten=whiten)


@pytest.mark.law
@given(CASES, st.booleans())
def test_fitted_rows_come_back_when_all_components_are_kept(case: Case, whiten: bool) -> None:
    X, k = case.X, min(case.X.shape)
    pca = fitted(X, k, whiten=whiten)
    scores = np.asarray(quietly(pca.transform, X))
    check.close(
        quietly(pca.inverse_transform, scores),
        X,
        asked=of(X, k, ".inverse_transform(transform(X))", whiten=whiten),
        atol=1e-6,
        mistakes=back_mistakes(Case(X, X, k), scores, np.asarray(pca.components), whiten=whiten),
        hint="nothing is dropped here, so the rows themselves come back",
    )


@pytest.mark.law
@given(CASES, st.booleans())
def test_what_does_not_come_back_is_the_variance_of_the_dropped_components(case: Case, whiten: bool) -> None:
    X, k = case.X, case.k
    assume(len(X) > 1)
    pca = fitted(X, k, whiten=whiten)
    back = np.asarray(quietly(pca.inverse_transform, quietly(pca.transform, X)))
    check.true(
        back.shape == X.shape,
        asked=of(X, k, ".inverse_transform(transform(X))", whiten=whiten),
        came=f"shape {back.shape}",
        expected=f"shape {X.shape}",
        hint="as many features as in fit",
    )
    values = variances(X)
    check.close(
        np.sum((X - back) ** 2) / (len(X) - 1),
        values[k:].sum(),
        asked=of(X, k, ": sum((X - inverse_transform(transform(X)))**2) / (n - 1)", whiten=whiten),
        rtol=1e-6,
        atol=1e-20 + 1e-9 * float(values[0]),
        mistakes={
            "the mean is not added": values[k:].sum() + np.sum(X.mean(axis=0) ** 2) * len(X) / (len(X) - 1),
            "the whitening is not undone": np.sum(np.where(values > 0, np.sqrt(values) - 1, 0)[:k] ** 2)
            + values[k:].sum(),
        },
        hint="of the centred rows all that lies along the kept components comes back, the rest is lost",
    )


@pytest.mark.law
@given(FULL, st.booleans(), seeds())
def test_transform_undoes_inverse_transform(case: Case, whiten: bool, seed: int) -> None:
    Z = 3 * np.random.default_rng(seed).normal(size=(3, case.k))
    pca = fitted(case.X, case.k, whiten=whiten)
    check.close(
        pca.transform(pca.inverse_transform(Z)),
        Z,
        asked=of(case.X, case.k, f".transform(inverse_transform({check.show(Z)}))", whiten=whiten),
        atol=1e-6,
        mistakes={
            "the mean is not added on the way back": lambda: pca.transform(pca.inverse_transform(Z) - pca.mean),
        },
        hint="one undoes the other: subtract and add the same mean, divide and multiply by the same numbers",
    )


@pytest.mark.law
@given(FULL, st.integers(-9, 9).filter(bool))
def test_units_do_not_matter_to_whitened_scores(case: Case, exponent: int) -> None:
    X, new = case.X * 10.0**exponent, case.new * 10.0**exponent
    pca = fitted(X, case.k)
    scaled = Case(X, new, case.k)
    check_scores(
        quietly(pca.transform, new),
        pca,
        scaled,
        new,
        asked=of(X, case.k, f".transform({check.show(new)})"),
        hint="nothing fixed is added to a variance, and none is too small as such: measure it by the largest",
    )


@pytest.mark.law
@given(CASES)
def test_whitening_changes_nothing_but_scores(case: Case) -> None:
    white, plain = fitted(case.X, case.k), fitted(case.X, case.k, whiten=False)
    for name in ("mean", "components", "explained_variance_ratio"):
        got, want = np.asarray(getattr(white, name)), np.asarray(getattr(plain, name))
        if name == "components":
            got, want = got.T @ got, want.T @ want
            assume(case.k == min(case.X.shape) or variances(case.X)[case.k - 1] > 1.01 * variances(case.X)[case.k])
            assume(variances(case.X)[case.k - 1] > 0)
        check.close(
            got,
            want,
            asked=of(case.X, case.k, f".{name}{', transposed, times itself' * (name == 'components')}"),
            atol=1e-6,
            hint=f"{name} is the same with and without whitening: rows of `components` keep their length of 1",
        )
    check.close(
        quietly(plain.transform, case.new),
        (case.new - case.X.mean(axis=0)) @ np.asarray(plain.components).T,
        asked=of(case.X, case.k, f".transform({check.show(case.new)})", whiten=False),
        atol=1e-8,
        hint="with whiten=False scores are not divided by anything",
    )


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_a_component_without_variance_has_the_score_0_and_adds_nothing_back() -> None:
    corner = np.random.default_rng(8).normal(size=(3, 3)) + 1e3
    for X in (FLAT, FLAT @ np.linalg.qr(corner)[0], corner, FLAT[:, [0, 1, 0, 1, 1]]):
        k = min(X.shape)
        pca = fitted(X, k)
        empty = variances(X) == 0
        for name, rows in (("X", X), ("rows off the plane", X + np.arange(X.shape[1]) ** 2)):
            scores = np.asarray(quietly(pca.transform, rows))
            check.float_array(scores, (len(rows), k), asked=of(X, k, f".transform({name})"))
            check.true(
                bool(np.all(scores[:, empty] == 0)),
                asked=of(X, k, f".transform({name}), along the components without variance"),
                came=scores[:, empty],
                expected="zeros",
                mistake="0 divided by 0, or rounding by rounding: a standard deviation that is 10^-6 of the largest, or "
                "less, divides nothing; the score is 0",
            )
        Z = np.full((2, k), 7.0)
        check_back(
            pca, Case(X, X, k), Z, whiten=True, hint="σ is 0 along a component without variance: nothing comes back"
        )


@pytest.mark.edge
def test_equal_rows_and_a_single_row_have_scores_of_0_and_their_mean_comes_back() -> None:
    for shape in ((1, 1), (1, 3), (4, 2), (3, 5)):
        X, k = np.full(shape, 0.1), min(shape)
        pca = fitted(X, k)
        mistakes = {
            "0 divided by 0: without variance the scores are 0": np.full((2, k), np.nan),
        }
        rows = np.full((2, shape[1]), 0.1)
        for what in (rows, rows + 1):
            scores = quietly(pca.transform, what)
            check.close(
                scores,
                np.zeros((2, k)),
                asked=of(X, k, f".transform({check.show(what)})"),
                mistakes=mistakes,
                hint="no component has variance, so all scores are 0; np.full(3, 0.1).mean() is not quite 0.1",
            )
        check.close(
            quietly(pca.inverse_transform, np.full((2, k), 3.0)),
            rows,
            asked=of(X, k, f".inverse_transform of 2 rows of {k} threes"),
            hint="where no component has variance, the mean comes back, whatever the scores",
        )


@pytest.mark.edge
def test_far_means_and_small_variances_are_whitened_too() -> None:
    rng = np.random.default_rng(2)
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    near = rng.normal(size=(60, 3)) * np.array([1.0, 1e-2, 1e-4]) @ rotation
    far = rng.normal(size=(60, 3)) * np.array([1.0, 0.5, 0.25]) @ rotation + 1e6
    for X, what in ((near, "standard deviations of 1, 0.01 and 0.0001"), (far, "a mean of 1e6 and a spread of 1")):
        check.close(
            np.cov(np.asarray(quietly(fitted(X, 3).transform, X)), rowvar=False),
            np.eye(3),
            asked="the covariance of the whitened scores of data with " + what,
            atol=1e-4,
            hint="add nothing to a variance; only one of 10^-12 of the largest, or less, counts as none",
        )


@pytest.mark.edge
def test_fit_transform_whitens_as_transform_does() -> None:
    for X in (EXAMPLE, FLAT):
        k = min(X.shape)
        pca = kata.PCA(n_components=k, whiten=True)
        scores = quietly(pca.fit_transform, X)
        check_scores(scores, pca, Case(X, X, k), X, asked=f"PCA({k}, whiten=True).fit_transform({check.show(X)})")


@pytest.mark.edge
def test_fitting_again_forgets_the_earlier_standard_deviations() -> None:
    case = Case(10 * FLAT[:, :2] + 3, EXAMPLE, 2)
    pca = fitted(EXAMPLE, 2)
    pca.transform(EXAMPLE)
    quietly(pca.fit, case.X)
    hint = "the mean, the components and the standard deviations are those of the last fit"
    check_scores(
        pca.transform(EXAMPLE),
        pca,
        case,
        EXAMPLE,
        asked=of(case.X, 2, " after a fit to other data: transform"),
        hint=hint,
    )
    check_back(pca, case, EXAMPLE, whiten=True, hint=hint)


@pytest.mark.edge
def test_scores_may_be_lists_and_of_any_dtype() -> None:
    case = Case(EXAMPLE, EXAMPLE, 2)
    for whiten in (True, False):
        pca = fitted(EXAMPLE, 2, whiten=whiten)
        Z = np.array([[100, 3], [120, 90], [0, 1]])
        check_back(pca, case, Z.astype(float), whiten=whiten, given=Z.tolist(), hint="lists are fine: np.asarray")
        for dtype in (np.uint8, np.int8, np.float16, np.float32):
            hint = f"Z is {np.dtype(dtype).name}: convert it to float64 before anything is computed"
            check_back(pca, case, Z.astype(float), whiten=whiten, given=Z.astype(dtype), hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    for whiten in (True, False):
        X, new, Z = FLAT[:, :2].copy(), EXAMPLE.copy(), EXAMPLE.copy()
        pca = kata.PCA(2, whiten)
        for name, argument in (("fit", X), ("transform", new), ("fit_transform", X), ("inverse_transform", Z)):
            with check.untouched(asked=f"PCA(2, whiten={whiten}): {name}({check.show(argument)})", Z=argument):
                quietly(getattr(pca, name), argument)


@pytest.mark.edge
def test_inverse_transform_before_fit_is_an_error() -> None:
    for whiten in (True, False):
        pca = kata.PCA(2, whiten=whiten)
        check.raises(
            RuntimeError,
            partial(_run, pca.inverse_transform, EXAMPLE),
            asked=f"PCA(2, whiten={whiten}).inverse_transform before fit",
            because="nothing has been learned yet",
            hint="the same check as in transform",
        )


@pytest.mark.edge
def test_scores_of_a_wrong_shape_are_an_error() -> None:
    X = make_case(1, full=True).X
    X = np.hstack([X, X[:, :1] ** 2, np.arange(len(X))[:, None] ** 2.0])
    for shape in ((3,), (), (2, 2, 3), (0, 3), (2, 0), (2, 1), (2, 2), (1, 4), (2, X.shape[1] + 3)):
        for whiten in (True, False):
            check.raises(
                ValueError,
                partial(_run, fitted(X, 3, whiten=whiten).inverse_transform, np.ones(shape)),
                asked=f"inverse_transform of shape {shape}, with 3 components, whiten={whiten}",
                because="Z must have two axes, a row at least, and 3 columns",
                hint="check .ndim, the number of rows and the number of columns: NumPy stretches a single column, and "
                "takes a single axis for a row",
            )


def _run(method: Callable[[object], object], argument: object) -> str:
    """Call `method`; what it returns needs no long display."""
    quietly(method, argument)
    return "a result"
