"""Suite of A14: what is learned from the values that are there, and where it goes."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import imputation as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

NAN = math.nan
STRATEGIES = ["mean", "median", "most_frequent", "constant"]
X_EXAMPLE = np.array([[1.0, NAN], [NAN, 30.0], [2.0, -10.0], [8.0, -20.0], [1.0, 30.0]])
NEW_EXAMPLE = np.array([[NAN, NAN], [4.0, NAN], [NAN, 0.0]])


class Case(NamedTuple):
    """A strategy, the data of fit, new data, and the fill value; None leaves it to the default."""

    strategy: str
    X: Float64Array
    new: Float64Array = NEW_EXAMPLE
    fill_value: float | None = None

    def make(self) -> Any:
        """A new imputer."""
        given = {} if self.fill_value is None else {"fill_value": self.fill_value}
        return kata.Imputer(strategy=self.strategy, **given)

    def __str__(self) -> str:
        given = "" if self.fill_value is None else f", fill_value={self.fill_value}"
        return f"Imputer(strategy={self.strategy!r}{given})"


def random_case(seed: int) -> Case:
    """Tables with repeated values and with NaN; each column of the data of fit has a value, except for "constant"."""
    rng = np.random.default_rng(seed)
    n, d, m = rng.integers(1, 9), rng.integers(1, 5), rng.integers(1, 4)
    table = rng.integers(-4, 5, size=(n + m, d)) * 10.0 ** rng.integers(-2, 3, size=d)
    table[rng.random(size=(n + m, d)) < rng.random()] = NAN
    strategy, X = STRATEGIES[rng.integers(4)], table[:n]
    if strategy != "constant":
        X[0, np.isnan(X).all(axis=0)] = 2.5
    return Case(strategy, X, table[n:], [None, -1.5, 7.0][rng.integers(3)])


Statistic = Callable[[list[float]], float]
STATISTICS: dict[str, Statistic] = {
    "mean": statistics.fmean,
    "median": statistics.median,
    "most_frequent": lambda values: min(statistics.multimode(values)),
}


def learned(X: Float64Array, statistic: Statistic) -> Float64Array:
    """A statistic of the values of each column that are not missing; NaN where there are none."""
    columns = [[value for value in column if not math.isnan(value)] for column in X.T.tolist()]
    return np.array([statistic(column) if column else NAN for column in columns])


def filled(new: Float64Array, numbers: npt.ArrayLike) -> Float64Array:
    return np.where(np.isnan(new), np.asarray(numbers, dtype=np.float64), new)


def expected(case: Case) -> Float64Array:
    """What `transform` gives: the definition, column by column."""
    if case.strategy == "constant":
        return filled(case.new, 0.0 if case.fill_value is None else case.fill_value)
    return filled(case.new, learned(case.X, STATISTICS[case.strategy]))


def mistakes(case: Case) -> Mistakes:
    """What the usual mistakes give."""
    _, X, new, fill_value = case
    usual, n = STATISTICS.get(case.strategy, statistics.fmean), len(X)
    middle = np.sort(X, axis=0)[[(n - 1) // 2, n // 2]]  # NaN is sorted to the end

    def by(statistic: Statistic = usual, table: Float64Array = X) -> Float64Array:
        return filled(new, learned(table, statistic))

    found: dict[str, object] = {
        "the statistics of the new rows: those of fit are filled in": lambda: by(table=new),
        "one number for the whole table: each column has its own": lambda: by(table=X.reshape(-1, 1)),
        "the statistics of each row: they are of columns": lambda: filled(new.T, learned(new.T, usual)).T,
        "nothing was filled in, or NaN: leave missing values out of the statistic": new,
        "all values of the column were replaced: only the missing ones": lambda: np.where(True, learned(X, usual), new),
        "a 0 was taken for missing: it is a value": lambda: np.where(new == 0, learned(X, usual), expected(case)),
        "zeros were left out of the statistic: 0 is a value": lambda: by(lambda v: usual([x for x in v if x] or v)),
        "rows with a missing value were left out: fill them": lambda: new[~np.isnan(new).any(axis=1)],
        "learned from complete rows: take all values of the column": lambda: by(table=X[~np.isnan(X).any(axis=1)]),
        "missing values were taken for 0 in the statistic: leave them out": lambda: by(table=np.nan_to_num(X)),
        "the mean was filled in": lambda: by(statistics.fmean),
        "the median was filled in": lambda: by(statistics.median),
        "the most frequent value was filled in": lambda: by(STATISTICS["most_frequent"]),
        "0 was filled in": lambda: filled(new, 0.0),
        "infinity was taken for missing: it is a value": lambda: np.where(np.isinf(new), learned(X, usual), new),
        "cut to an integer: values have fractions": lambda: filled(new, np.trunc(learned(X, usual))),
    }
    if fill_value is not None:
        found["the fill value was filled in, which is for constant only"] = filled(new, fill_value)
    if case.strategy == "median":
        found |= {
            "the lower of the two in the middle: their mean": lambda: by(statistics.median_low),
            "the upper of the two in the middle: their mean": lambda: by(statistics.median_high),
            "missing values were sorted to the end, and counted: leave them out": lambda: filled(
                new, middle.mean(axis=0)
            ),
            "missing values were sorted to the end, and the middle of all taken": lambda: filled(new, middle[1]),
            "the values were not sorted": lambda: by(lambda values: values[len(values) // 2]),
        }
    if case.strategy == "most_frequent":
        found |= {
            "on a tie, the first that was seen: the smallest": lambda: by(lambda v: statistics.multimode(v)[0]),
            "on a tie, the largest: the smallest": lambda: by(lambda v: max(statistics.multimode(v))),
            "the smallest value, however rare": lambda: by(min),
            "how often, and not which value": lambda: by(lambda v: max(Counter(v).values())),
        }
    return found


def check_imputer(case: Case, imputer: Any = None, *, hint: str = "") -> None:
    """Hold an imputer to the definition: one that has been fitted on a copy of `case.X`, or the one that is given."""
    __tracebackhide__ = True
    asked, because = call(f"{case}.fit", case.X), "each column has a value, or the strategy is constant"
    if imputer is None:
        imputer = check.accepts(lambda: case.make().fit(case.X.copy()), asked=asked, because=because)
        check.true(imputer is not None, asked=f"{case}.fit(X)", came="None", expected="self", mistake="return self")
    check.close(
        imputer.transform(case.new.copy()),
        expected(case),
        asked=asked + "." + call("transform", case.new),
        rtol=1e-12,
        mistakes=mistakes(case),
        hint=hint or "what fit has learned for the column, wherever the new rows have a NaN",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_worked_example(strategy: str) -> None:
    check_imputer(Case(strategy, X_EXAMPLE))
    check_imputer(Case(strategy, X_EXAMPLE), kata.Imputer(strategy=strategy).fit(X_EXAMPLE.tolist()))


@pytest.mark.example
def test_the_mean_is_the_default() -> None:
    check_imputer(Case("mean", X_EXAMPLE), kata.Imputer().fit(X_EXAMPLE.copy()))


@pytest.mark.example
def test_the_constant_is_the_fill_value_and_no_other_strategy_uses_it() -> None:
    check_imputer(Case("constant", X_EXAMPLE, fill_value=-1.5))
    check_imputer(Case("mean", X_EXAMPLE, fill_value=-1.5))


@pytest.mark.example
def test_the_smallest_of_equally_frequent_values() -> None:
    X = np.array([[3.0, 5.0], [1.0, 4.0], [3.0, -7.0], [1.0, 9.0], [0.0, NAN], [NAN, NAN], [NAN, NAN]])
    check_imputer(Case("most_frequent", X))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(st.builds(random_case, seeds()))
def test_equals_the_definition(case: Case) -> None:
    check_imputer(case)


@pytest.mark.law
@given(st.builds(random_case, seeds()), seeds())
def test_rows_one_by_one_and_in_any_order_give_the_same(case: Case, seed: int) -> None:
    imputer = case.make().fit(np.random.default_rng(seed).permutation(case.X))
    hint = "the order of the rows of fit does not matter, nor do the other rows of transform"
    for row in case.new[:, np.newaxis]:
        check_imputer(case._replace(new=row), imputer, hint=hint)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_column_of_nan_only_is_an_error_in_fit_except_for_constant(strategy: str) -> None:
    case = Case(strategy, np.array([[NAN, 1.0], [NAN, NAN]]))
    question = call(f"{case}.fit", case.X)
    if strategy == "constant":
        check.accepts(lambda: case.make().fit(case.X), asked=question, because="constant has nothing to learn")
        return
    check.raises(
        ValueError,
        lambda: case.make().fit(case.X) and "an imputer",
        asked=question,
        because="column 0 has no value to learn from",
        hint="look for columns that are NaN throughout before you compute anything",
    )


@pytest.mark.edge
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_new_rows_may_lack_a_whole_column_or_nothing(strategy: str) -> None:
    check_imputer(Case(strategy, X_EXAMPLE, np.array([[NAN, 5.0], [NAN, 6.0]])))
    check_imputer(Case(strategy, np.array([[3.0, 0.0]]), np.array([[0.0, math.inf], [-math.inf, -0.25]])))


DTYPES = {
    "uint8": np.array([[200, 3], [100, 250], [101, 250]], dtype=np.uint8),
    "int64": np.array([[6 * 10**18, 1], [5 * 10**18, 2], [4 * 10**18, 4]]),
    "float32": np.array([[16_777_216, 0.1], [1, 0.7], [1, 0.1]], dtype=np.float32),
}


@pytest.mark.edge
@pytest.mark.parametrize("strategy", STRATEGIES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_is_computed_in_float64(dtype: str, strategy: str) -> None:
    X = DTYPES[dtype]
    case = Case(strategy, X.astype(np.float64))
    imputer, hint = case.make().fit(X), f"the numbers came as {dtype}: make them float64 first"
    check_imputer(case, imputer, hint=hint)
    check.float_array(imputer.transform(X), X.shape, asked=f"{case}.fit(X).transform(X) with X of {dtype}", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("strategy", ["average", "Mean", ""])
def test_an_unknown_strategy_is_an_error(strategy: str) -> None:
    case = Case(strategy, X_EXAMPLE)
    check.raises(
        ValueError,
        lambda: case.make().fit(X_EXAMPLE.copy()) and "an imputer",
        asked=call(f"{case}.fit", X_EXAMPLE),
        because=f"the strategy is one of {', '.join(STRATEGIES)}",
        hint="check it in the constructor, or in fit",
    )


BAD = [("fit", shape, 2) for shape in ((3,), (2, 2, 2), (0, 2), (3, 0))]
BAD += [("transform", shape, 2) for shape in ((2,), (2, 2, 2), (0, 2), (2, 1), (2, 3))] + [("transform", (2, 3), 1)]


@pytest.mark.edge
@pytest.mark.parametrize("strategy", ["median", "constant"])
@pytest.mark.parametrize(("method", "shape", "d"), BAD)
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(method: str, shape: Any, d: int, strategy: str) -> None:
    imputer = Case(strategy, X_EXAMPLE).make().fit(X_EXAMPLE[:, :d].copy())
    check.raises(
        ValueError,
        lambda: getattr(imputer, method)(np.ones(shape)),
        asked=f"{method} with data of shape {shape}, after fit with d = {d} and strategy {strategy}",
        because="data has shape (n, d), with the d of fit, and no axis has length zero",
        hint="check .ndim, .size and the columns: NumPy stretches one column silently, of the data or of what was learned",
    )


@pytest.mark.edge
@pytest.mark.parametrize("strategy", ["mean", "constant"])
def test_transform_before_fit_is_a_runtime_error(strategy: str) -> None:
    check.raises(
        RuntimeError,
        lambda: kata.Imputer(strategy=strategy).transform([[1.0, NAN]]),
        asked=f"Imputer(strategy={strategy!r}).transform([[1.0, nan]]) before fit",
        because="there was no fit",
        hint="ask whether there was a fit before anything that fit sets is looked up",
    )


@pytest.mark.edge
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_fit_again_forgets_and_two_objects_share_nothing(strategy: str) -> None:
    case = Case(strategy, X_EXAMPLE)
    imputer, other = case.make(), np.array([[70.0, NAN], [70.0, 90.0]])
    imputer.fit(other)
    imputer.fit(X_EXAMPLE.copy())
    case.make().fit(other)
    check_imputer(case, imputer, hint="it was fitted before, and another one since: fit sets anew what is in self only")


@pytest.mark.edge
@pytest.mark.parametrize("strategy", STRATEGIES)
def test_the_argument_stays_as_it_was(strategy: str) -> None:
    X, full = X_EXAMPLE.copy(), np.array([[1.0, 2.0]])
    with check.untouched(asked=f"fit and transform of an Imputer(strategy={strategy!r})", X=X, full=full):
        imputer = Case(strategy, X).make().fit(X)
        imputer.transform(X)[:] = -1.0
        imputer.transform(full)[:] = -1.0
