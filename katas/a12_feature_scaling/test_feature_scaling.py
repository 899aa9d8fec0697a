"""Suite of A12: what a scaler learns, from which rows, and the columns that have no spread."""

from __future__ import annotations

import math
from functools import partial
from typing import Any, NamedTuple

import feature_scaling as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Call, Mistakes, call
from harness.suite.strategies import Float64Array, seeds


class Kind(NamedTuple):
    """One of the scalers; `limits` is the feature range, None for the standard scaler."""

    limits: tuple[float, float] | None

    def make(self) -> Any:
        """A new scaler; (0, 1) is left to the default."""
        if self.limits is None:
            return kata.StandardScaler()
        return kata.MinMaxScaler() if self.limits == (0, 1) else kata.MinMaxScaler(feature_range=self.limits)

    def __str__(self) -> str:
        return "StandardScaler()" if self.limits is None else f"MinMaxScaler(feature_range={self.limits})"


STANDARD, MIN_MAX = Kind(None), Kind((0, 1))
KINDS = [STANDARD, MIN_MAX, Kind((-1, 1)), Kind((2, 2.5))]
EACH_KIND = pytest.mark.parametrize("kind", [STANDARD, MIN_MAX, Kind((-1, 1))], ids=str)

Case = tuple[Kind, Float64Array, Float64Array]  # a scaler, the data of fit, new data
X_EXAMPLE = np.array([[1.0, 10.0, 5.0], [2.0, 20.0, 5.0], [3.0, 60.0, 5.0]])
NEW_EXAMPLE = np.array([[4.0, 30.0, 5.0], [0.0, 65.0, 7.0]])


def random_case(seed: int) -> Case:
    """Columns of different units and means, some of them constant, and new rows that leave the range of fit."""
    rng = np.random.default_rng(seed)
    n, d, m = rng.integers(1, 7), rng.integers(1, 5), rng.integers(1, 4)
    rows = rng.integers(-40, 41, size=(n + m, d)) + 50.0 * rng.integers(-2, 3, size=d)
    rows *= 10.0 ** rng.integers(0, 3, size=d)
    constant = rng.random(size=d) < 0.2
    rows[:n, constant] = rows[0, constant]
    return KINDS[rng.integers(len(KINDS))], rows[:n], rows[n:]


def learn(kind: Kind, X: Float64Array) -> tuple[Float64Array, Float64Array, float, float]:
    """What is subtracted from each column, what it is divided by, lo, and hi - lo: the definition, column by column."""
    pairs = []
    for column in X.T.tolist():
        low, high, mean = min(column), max(column), math.fsum(column) / len(column)
        deviation = math.sqrt(math.fsum((value - mean) ** 2 for value in column) / len(column))
        learned = (mean, deviation) if kind.limits is None else (low, high - low)
        pairs.append((low, 1.0) if low == high else learned)
    (offset, spread), (lo, hi) = np.array(pairs).T, kind.limits or (0, 1)
    return offset, spread, lo, hi - lo


def scaled(kind: Kind, X: Float64Array, new: Float64Array) -> Float64Array:
    """What `transform(new)` gives after `fit(X)`."""
    offset, spread, lo, width = learn(kind, X)
    return np.asarray(lo + (new - offset) / spread * width)


def unscaled(kind: Kind, X: Float64Array, Z: Float64Array) -> Float64Array:
    """What `inverse_transform(Z)` gives after `fit(X)`."""
    offset, spread, lo, width = learn(kind, X)
    return np.asarray(offset + (Z - lo) / width * spread)


def mistakes(kind: Kind, X: Float64Array, new: Float64Array) -> Mistakes:
    """What the usual mistakes give for `fit(X).transform(new)`."""
    right, (offset, spread, lo, width) = scaled(kind, X, new), learn(kind, X)
    constant, top = X.min(axis=0) == X.max(axis=0), X.max(axis=0)
    raw = (X.mean(axis=0), X.std(axis=0)) if kind.limits is None else (offset, np.ptp(X, axis=0))

    def z(shift: npt.ArrayLike, divisor: npt.ArrayLike) -> Float64Array:
        return np.asarray(lo + (new - np.asarray(shift)) / np.asarray(divisor) * width)

    whole, ends = (X.reshape(-1, 1), new.reshape(-1, 1)), scaled(kind, X, X)
    both: dict[str, object] = {
        "the statistics of the new rows were used: transform takes those of fit": lambda: scaled(kind, new, new),
        "statistics of the whole table: each column has its own": lambda: scaled(kind, *whole).reshape(new.shape),
        "a constant column was divided by 0, or by a rounding error: divide it by 1": lambda: z(*raw),
        "a constant column gets the same value for all new rows: divide it by 1": lambda: np.where(constant, lo, right),
        "clipped to the range of fit: new data may leave it": lambda: right.clip(ends.min(axis=0), ends.max(axis=0)),
        **{
            f"{pad} is added to the divisor: that depends on the unit": partial(z, offset, raw[1] + pad)
            for pad in (1.0, 1e-5, 1e-6, 1e-7, 1e-8, 1e-9, 1e-10, 1e-12, 1e-15)
            if pad < 1e6 * raw[1].max()  # a larger one cannot be told from an infinite divisor
        },
        "not divided, or a small spread was taken for 0 (compare the values)": lambda: z(offset, 1),
    }
    if kind.limits is None:
        return both | {
            "divided by a σ with n - 1: divide by n": lambda: z(offset, np.where(constant, 1, X.std(axis=0, ddof=1))),
            "divided by the variance: take the root": lambda: z(offset, spread**2),
            "the mean was not subtracted": lambda: z(0, spread),
        }
    return both | {
        "divided by the maximum: divide by max - min": lambda: z(offset, np.where(constant, 1, top)),
        "the minimum was not subtracted": lambda: z(0, spread),
        "the feature range was ignored": lambda: scaled(MIN_MAX, X, new),
        "multiplied by hi: multiply by hi - lo": lambda: lo + (new - offset) / spread * (lo + width),
        "a constant column becomes 0: it becomes lo": lambda: np.where(constant, right - lo, right),
    }


def asked(kind: Kind, X: object, method: str, argument: object) -> Call:
    return (f"{kind}." if method == "fit_transform" else call(f"{kind}.fit", X) + ".") + call(method, argument)


def fitted(kind: Kind, X: Float64Array) -> Any:
    """What `fit` returns for a copy of `X`."""
    scaler = kind.make().fit(X.copy())
    check.true(scaler is not None, asked=f"{kind}.fit(X)", came="None", expected="self", mistake="return self")
    return scaler


def check_transform(
    scaler: Any, kind: Kind, X: Float64Array, new: Float64Array, *, method: str = "transform", hint: str = ""
) -> None:
    """Hold a scaler that was fitted on `X` to the definition; it gets a copy of `new`."""
    __tracebackhide__ = True
    got, question = getattr(scaler, method)(new.copy()), asked(kind, X, method, new)
    check.float_array(got, new.shape, asked=question, hint="make the numbers float64 first")
    check.close(
        got,
        scaled(kind, X, new),
        asked=question,
        atol=1e-9,
        mistakes=mistakes(kind, X, new),
        hint=hint or "subtract and divide, column by column, by what fit has learned",
    )


def check_inverse(scaler: Any, kind: Kind, X: Float64Array, Z: Float64Array, *, hint: str = "") -> None:
    """Hold `inverse_transform` of a scaler that was fitted on `X` to the definition."""
    __tracebackhide__ = True
    offset, spread, _, width = learn(kind, X)
    check.close(
        scaler.inverse_transform(Z.copy()),
        unscaled(kind, X, Z),
        asked=asked(kind, X, "inverse_transform", Z),
        atol=1e-8,
        mistakes={
            "shifted before it was multiplied: undo the steps in reverse order": lambda: (Z + offset) * spread,
            "not shifted back": lambda: unscaled(kind, X, Z) - offset,
            "the statistics of the argument were used: they are those of fit": lambda: unscaled(kind, Z, Z),
            "lo was not subtracted": lambda: offset + Z / width * spread,
        },
        hint=hint or "undo the steps of transform in reverse order",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@EACH_KIND
def test_worked_example_of_fit_transform(kind: Kind) -> None:
    check_transform(kind.make(), kind, X_EXAMPLE, X_EXAMPLE, method="fit_transform")


@pytest.mark.example
@EACH_KIND
def test_worked_example_of_new_rows_and_of_their_way_back(kind: Kind) -> None:
    scaler = kind.make().fit(X_EXAMPLE.tolist())
    check_transform(scaler, kind, X_EXAMPLE, NEW_EXAMPLE)
    check_inverse(scaler, kind, X_EXAMPLE, np.array([[2.0, -0.2, -1.0], [0.5, 3.0, 0.25]]))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(st.builds(random_case, seeds()))
def test_transform_equals_the_definition(case: Case) -> None:
    kind, X, new = case
    check_transform(fitted(kind, X), kind, X, new)


@pytest.mark.law
@given(st.builds(random_case, seeds()))
def test_inverse_transform_equals_the_definition(case: Case) -> None:
    kind, X, new = case
    check_inverse(fitted(kind, X), kind, X, scaled(kind, X, new))


@pytest.mark.law
@given(st.sampled_from(KINDS), st.sampled_from([2.0**-20, 2.0**20, 2.0**-60]), st.sampled_from([0.0, 2.0**20]))
def test_changing_the_unit_or_adding_a_large_number_changes_nothing(kind: Kind, unit: float, offset: float) -> None:
    X, new = unit * (X_EXAMPLE[:, :2] + offset), unit * (NEW_EXAMPLE[:, :2] + offset)  # exact
    hint = "take the mean off before you square, add no epsilon; constant are only columns whose values are equal"
    check_transform(fitted(kind, X), kind, X, new, hint=hint)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@EACH_KIND
@pytest.mark.parametrize(("value", "n"), [(0.1, 3), (0.7, 3), (3.3, 3), (0.0, 4), (-2.5, 1)])
def test_a_constant_column_becomes_0_or_lo_and_comes_back(kind: Kind, value: float, n: int) -> None:
    X = np.column_stack([np.full(n, value), np.arange(n)])
    new = np.array([[value, 0.0], [value + 2.0, 1.0]])
    scaler, hint = fitted(kind, X), "the computed deviation of equal values may be 1e-17: compare the values"
    check_transform(scaler, kind, X, new, hint=hint)
    check_inverse(scaler, kind, X, scaled(kind, X, new), hint=hint)


DTYPES = {
    "uint8": np.array([[5, 240], [250, 10], [140, 150]], dtype=np.uint8),
    "int64": np.array([[-6 * 10**18, 4], [6 * 10**18, 0], [0, 1]]),
    "float32": np.array([[1e6, 16_777_216], [1e6 + 1, 16_777_215], [1e6 + 3, 1]], dtype=np.float32),
}


@pytest.mark.edge
@EACH_KIND
@pytest.mark.parametrize("dtype", DTYPES)
def test_is_computed_in_float64(kind: Kind, dtype: str) -> None:
    X, exact = DTYPES[dtype], DTYPES[dtype].astype(np.float64)
    got, question = kind.make().fit(X).transform(X[::-1]), asked(kind, X, "transform", X[::-1])
    hint = f"the numbers came as {dtype}: make them float64 first"
    check.float_array(got, X.shape, asked=question, hint=hint)
    check.close(got, scaled(kind, exact, exact[::-1]), asked=question, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("limits", [(1, 0), (1, 1), (0.5, -0.5)])
def test_a_feature_range_without_lo_below_hi_is_an_error(limits: tuple[float, float]) -> None:
    check.raises(
        ValueError,
        lambda: kata.MinMaxScaler(feature_range=limits).fit(X_EXAMPLE.copy()) and "a scaler",
        asked=call(f"MinMaxScaler(feature_range={limits}).fit", X_EXAMPLE),
        because="lo must be less than hi",
    )


BAD = [(method, shape, 3) for method in ("fit", "fit_transform") for shape in ((3,), (2, 3, 3), (0, 3), (3, 0))]
for method in ("transform", "inverse_transform"):
    BAD += [(method, shape, 3) for shape in ((3,), (0, 3), (2, 1), (2, 4))] + [(method, (2, 3), 1)]


@pytest.mark.edge
@pytest.mark.parametrize("kind", [STANDARD, MIN_MAX], ids=str)
@pytest.mark.parametrize(("method", "shape", "d"), BAD)
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(kind: Kind, method: str, shape: Any, d: int) -> None:
    scaler = kind.make().fit(X_EXAMPLE[:, :d].copy())
    check.raises(
        ValueError,
        lambda: getattr(scaler, method)(np.ones(shape)),
        asked=f"{method} of {kind} with data of shape {shape}, after fit with d = {d}",
        because="data has shape (n, d), with the d of fit, and no axis has length zero",
        hint="check .ndim, .size and the columns: NumPy stretches one column silently, of the data or of what was learned",
    )


@pytest.mark.edge
@pytest.mark.parametrize("kind", [STANDARD, MIN_MAX], ids=str)
@pytest.mark.parametrize("method", ["transform", "inverse_transform"])
def test_a_method_before_fit_is_a_runtime_error(kind: Kind, method: str) -> None:
    check.raises(
        RuntimeError,
        lambda: getattr(kind.make(), method)([[1.0, 2.0]]),
        asked=f"{kind}.{method}([[1.0, 2.0]]) before fit",
        because="there was no fit",
        hint="ask whether there was a fit before anything that fit sets is looked up",
    )


@pytest.mark.edge
@EACH_KIND
def test_fit_again_forgets_and_two_objects_share_nothing(kind: Kind) -> None:
    scaler, other = kind.make(), 1000 * X_EXAMPLE[:, ::-1]
    scaler.fit(other.copy())
    scaler.fit_transform(X_EXAMPLE.copy())
    kind.make().fit(other)
    hint = "the object was fitted before, and another one since: fit_transform fits anew, and sets what is in self only"
    check_transform(scaler, kind, X_EXAMPLE, NEW_EXAMPLE, hint=hint)


@pytest.mark.edge
@EACH_KIND
def test_arguments_stay_as_they_were(kind: Kind) -> None:
    for method in ("fit", "fit_transform", "transform", "inverse_transform"):
        X = X_EXAMPLE.copy()
        with check.untouched(asked=f"{kind}.{method}(X)", X=X):
            getattr(kind.make().fit(X_EXAMPLE.tolist()), method)(X)
