"""Suite of D09: three statistics by their definitions, reports against a plain monitor, false alarms counted.

The subject draws nothing, and the suite's draws have fixed seeds. A right monitor has more alarms than the bounds allow less
than once in a million choices of seeds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import partial
from typing import Any

import batches
import drift_monitor as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import special, stats

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import call

false_alarms = in_subject_process(batches.false_alarms)
Table = dict[str, Any]
NAN = math.nan


# --- the statistics, by their definitions ------------------------------------------------------------------------------


def ks(a: Sequence[float], b: Sequence[float], slip: str = "") -> float:
    """The distance at each value of both; `slip` is a mistake."""
    points = sorted([*a, *b])
    if slip == "of the batch's bins":
        points = [min(b), max(b)]
    if slip == "one by one":  # equal values of `a` come before those of `b`
        steps = sorted([(x, 1 / len(a), 0) for x in a] + [(x, -1 / len(b), 1) for x in b], key=lambda s: (s[0], s[2]))
        return float(np.abs(np.cumsum([step for _, step, _ in steps])).max())
    distances = [sum(x <= p for x in a) / len(a) - sum(x <= p for x in b) / len(b) for p in points]
    if slip == "by position":
        xs, ys = sorted(a), sorted(b)
        return float(max(abs(x - y) for x, y in zip(xs, ys, strict=False)))
    if slip == "mean":
        return float(np.mean(np.abs(distances)))
    if slip == "scaled":
        return max(map(abs, distances)) * math.sqrt(len(a) * len(b) / (len(a) + len(b)))
    return float(
        max(distances) if slip == "one side" else -min(distances) if slip == "other side" else max(map(abs, distances))
    )


KS_SLIPS = {
    "one by one": "equal values of the two samples are taken one after the other: all of them are one step",
    "one side": "the largest difference with its sign: take the absolute value",
    "other side": "the largest difference with its sign: take the absolute value",
    "by position": "sorted values are subtracted: distribution functions are",
    "mean": "the mean distance: the largest",
    "scaled": "the distance times the root of the effective size: that belongs into the p-value",
    "of the batch's bins": "only looked at the ends of b: look at all values of both",
}


def chi2(a: Sequence[int], b: Sequence[int], slip: str = "") -> tuple[float, int]:
    """Sum over all cells; `slip` is a mistake."""
    n, m = sum(a), sum(b)
    total, cells = 0.0, [(x, y) for x, y in zip(a, b, strict=True) if x + y]
    for x, y in cells:
        if slip == "reference is exact":
            expected = max(m * x / n, 1e-12)
            total += (y - expected) ** 2 / expected
            continue
        for row, count, size in ((0, x, n), (1, y, m)):
            expected = (x + y) * size / (n + m)
            gap = abs(count - expected) - (0.5 if slip == "Yates" else 0)
            if slip == "shares":
                expected, gap = (x / n + y / m) / 2, count / size - (x / n + y / m) / 2
            if slip != "one row" or row == 1:
                total += gap**2 / (count or 1) if slip == "by observed" else gap**2 / expected
    dof = {"dof k": len(cells), "zeros in dof": len(a) - 1, "dof 2k": 2 * len(cells) - 2}.get(slip, len(cells) - 1)
    return total, dof


CHI2_SLIPS = {
    "reference is exact": "the reference's shares are taken for exact: it is a sample too, and has a row in the sum",
    "one row": "only one of the rows is summed: both",
    "shares": "computed from shares: from counts",
    "Yates": "corrected for continuity",
    "by observed": "divided by what was counted: by what is expected",
    "dof k": "dof is the number of categories: minus 1",
    "zeros in dof": "categories without a count are in dof: they are left out",
    "dof 2k": "dof of two rows: k - 1",
}


def psi_of_counts(p: Sequence[float], q: Sequence[float], slip: str = "") -> float:
    """The sum over bins; `slip` is a mistake."""
    total = 0.0
    for x, y in zip(p, q, strict=True):
        add = {"not smoothed": 0.0, "add one": 1.0}.get(slip, 0.5)
        was, now = ((c + add) / (sum(row) + add * len(row)) for c, row in ((x, p), (y, q)))
        if slip in {"empty left out", "epsilon"}:
            was, now = x / sum(p), y / sum(q)
            was, now = (max(was, 1e-4), max(now, 1e-4)) if slip == "epsilon" else (was, now)
            if slip == "empty left out" and not x * y:
                continue
        if slip == "not normalised":
            was, now = (x + 0.5) / sum(p), (y + 0.5) / sum(q)
        term = math.inf if not was * now else (now - was) * math.log(now / was)
        if slip == "divergence" and was * now:
            term = now * math.log(now / was)
        total += term
    return total / {"log 2": math.log(2), "log 10": math.log(10)}.get(slip, 1.0)


def psi(reference: Sequence[float], batch: Sequence[float], bins: int = 10, slip: str = "") -> float:
    """Bins, counted one by one; `slip` is a mistake."""
    of = {"batch's bins": batch, "pooled bins": [*reference, *batch]}.get(slip, reference)
    edges = np.quantile(of, np.arange(1, bins) / bins)
    if slip == "equal widths":
        edges = np.linspace(min(of), max(of), bins + 1)[1:-1]
    edges = edges if slip == "edges twice" else np.unique(edges)
    inside = [x for x in batch if min(reference) <= x <= max(reference)] if slip == "outside lost" else batch
    is_above = np.greater_equal if slip == "lower edge in it" else np.greater
    counts = [
        np.bincount([is_above(x, edges).sum() for x in sample], minlength=len(edges) + 1)
        for sample in (reference, inside)
    ]
    return psi_of_counts(counts[0].tolist(), counts[1].tolist(), slip)


PSI_SLIPS = {
    "batch's bins": "the bins are quantiles of the batch: of the reference",
    "pooled bins": "the bins are quantiles of both: of the reference alone",
    "equal widths": "the bins have equal widths: their edges are quantiles",
    "edges twice": "an edge that occurs twice makes an empty bin: take each once",
    "outside lost": "values beyond the reference's range are lost: the outer bins are open",
    "lower edge in it": "a value on an edge is counted above it: a bin has its upper edge in it",
    "not smoothed": "an empty bin makes it infinite: add 0.5 to each count",
    "add one": "1 is added to each count: 0.5",
    "empty left out": "bins that are empty in one of them are left out: add 0.5 to each count",
    "epsilon": "empty bins have a share of 1e-4: (count + 0.5) / (n + 0.5 k)",
    "not normalised": "shares do not sum to 1: divide by n + 0.5 k",
    "divergence": "the sum of q ln(q / p): of (q - p) ln(q / p)",
    "log 2": "a logarithm to base 2: the natural one",
    "log 10": "a logarithm to base 10: the natural one",
}


def explained(slips: dict[str, str], value: Callable[[str], Any]) -> dict[str, Any]:
    """The values of mistakes, by what is said of them."""
    return {text: partial(value, slip) for slip, text in slips.items()}


def check_ks(a: Sequence[float], b: Sequence[float]) -> None:
    """Hold the statistic to its definition."""
    __tracebackhide__ = True
    asked, mistakes = call("ks_statistic", a, b), explained(KS_SLIPS, lambda slip: ks(a, b, slip))
    came = kata.ks_statistic(a, b)
    check.close(came, ks(a, b), asked=asked, mistakes=mistakes)
    check.python_float(came, asked=asked)


def check_chi2(a: Sequence[int], b: Sequence[int]) -> None:
    """Hold the statistic and its degrees of freedom to the definition."""
    __tracebackhide__ = True
    asked, came = call("chi2_statistic", a, b), kata.chi2_statistic(a, b)
    check.close(came, chi2(a, b), asked=asked, mistakes=explained(CHI2_SLIPS, lambda slip: chi2(a, b, slip)), atol=1e-9)


def check_psi(reference: Sequence[float], batch: Sequence[float], **bins: Any) -> None:
    """Hold the index to its definition."""
    __tracebackhide__ = True
    asked, came = call("psi", reference, batch, **bins), kata.psi(reference, batch, **bins)
    mistakes = explained(PSI_SLIPS, lambda slip: psi(reference, batch, slip=slip, **bins))
    check.close(came, psi(reference, batch, **bins), asked=asked, mistakes=mistakes)
    check.python_float(came, asked=asked)


KS: dict[str, tuple[list[float], list[float]]] = {
    "README": ([1, 2, 2, 3], [2, 2, 2, 4]),
    "ties": ([1, 1, 1, 2], [1, 2, 2, 2, 2]),
    "one value": ([3], [3, 3]),
    "apart": ([1, 2], [5, 9, 7]),
    "close together": ([1.0, 1.000000001], [1.0000000005, 1.000000002]),
    "the other way": ([5, 9, 7], [1, 2]),
    "one in the other": ([1, 2, 9, 10], [5, 6]),
    "unsorted": ([4.5, -1, 3, 0], [2, -7, 8, 1, 0]),
    "before b begins": ([-5, -4, -3, 7], [-2, 1, 7, 9]),
}
CHI2: dict[str, tuple[list[int], list[int]]] = {
    "README": ([30, 20, 0, 10], [10, 20, 0, 10]),
    "new and gone": ([50, 0, 10], [5, 4, 0]),
    "equal shares": ([10, 20], [20, 40]),
    "one category": ([7, 0], [3, 0]),
    "millions": ([16_777_217, 9_000_001], [16_777_219, 8_990_003]),
    "large": ([900, 100, 50], [80, 20, 0]),
}
RAMP = list(range(1, 41))
PSI: dict[str, tuple[Sequence[float], Sequence[float], int]] = {
    "README": ([1, 2, 3, 4], [3, 4, 4, 9], 2),
    "edges": (RAMP, [5, 10.75, 10.75, 20.5, 30.25, 31], 4),
    "beyond": (RAMP, [-100, 50, 60, 70, 1, 40], 4),
    "an empty bin": (RAMP, [1, 2, 3, 35, 36], 4),
    "ties": ([0, 0, 0, 0, 0, 0, 1, 2, 9], [0, 1, 9, 9], 4),
    "constant": ([5, 5, 5], [5, 6, 7, 4], 2),
    "skewed": ([2**i for i in range(17)], [1, 3, 300, 90_000, 8], 8),
}


@pytest.mark.example
@pytest.mark.parametrize("name", KS)
def test_kolmogorov_smirnov(name: str) -> None:
    check_ks(*KS[name])


@pytest.mark.example
@pytest.mark.parametrize("name", CHI2)
def test_chi_square_of_homogeneity(name: str) -> None:
    check_chi2(*CHI2[name])


@pytest.mark.example
@pytest.mark.parametrize("name", PSI)
def test_population_stability_index(name: str) -> None:
    reference, batch, bins = PSI[name]
    check_psi(reference, batch, bins=bins)


@pytest.mark.example
def test_psi_has_ten_bins_by_default() -> None:
    rng = np.random.default_rng(3)
    check_psi(rng.normal(size=200).round(3).tolist(), rng.normal(0.5, size=120).round(3).tolist())


numbers = st.lists(st.integers(-6, 6).map(lambda k: k / 2), min_size=1, max_size=14)
counts = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 30)), min_size=1, max_size=6)


@pytest.mark.law
@given(numbers, numbers)
def test_ks_is_the_largest_distance_and_turns_with_its_arguments(a: list[float], b: list[float]) -> None:
    check_ks(a, b)
    turned = kata.ks_statistic([-(2 * x) for x in b], [-(2 * x) for x in a])
    check.close(turned, ks(a, b), asked=f"ks_statistic(-2 b, -2 a) of a = {a}, b = {b}", hint="order alone matters")


@pytest.mark.law
@given(counts)
def test_chi2_is_what_the_definition_gives(pairs: list[tuple[int, int]]) -> None:
    a, b = (list(row) for row in zip(*pairs, strict=True))
    check_chi2([a[0] + 1, *a[1:]], [*b[:-1], b[-1] + 1])


@pytest.mark.law
@given(numbers, numbers, st.sampled_from([2, 4, 8]))
def test_psi_is_what_the_definition_gives(reference: list[float], batch: list[float], bins: int) -> None:
    check_psi(reference, batch, bins=bins)


# --- a plain monitor ---------------------------------------------------------------------------------------------------


def exact(a: Sequence[int], b: Sequence[int], slip: str = "") -> float:
    """The smallest exact p-value of a category times their number, by counting draws."""
    rows, m, found = sum(a) + sum(b), sum(b), []
    for x, y in zip(a, b, strict=True):
        ways = [math.comb(x + y, k) * math.comb(rows - x - y, m - k) for k in range(m + 1)]
        low, high = (float(Fraction(sum(tail), math.comb(rows, m))) for tail in (ways[: y + 1], ways[y:]))
        if slip == "strict tail":
            high = float(Fraction(sum(ways[y + 1 :]), math.comb(rows, m)))
        found.append((1 if slip == "one-sided" else 2) * (high if slip == "high only" else min(low, high)))
    return min(1.0, min(found) * (1 if slip == "not times K" else len(a)))


def p_of_counts(a: Sequence[int], b: Sequence[int], slip: str = "") -> float:
    """The p-value of two rows of counts."""
    pairs = [(x, y) for x, y in zip(a, b, strict=True) if x + y]
    a, b = [x for x, _ in pairs], [y for _, y in pairs]
    if len(pairs) == 1:
        return 1.0
    n, m = sum(a), sum(b)
    least = min((x + y) * size / (n + m) for x, y in pairs for size in (n, m))
    holds = {
        "chi2 always": True,
        "exact always": False,
        "above 5": least > 5,
        "counts of 5": min(*a, *b) >= 5,
        "of the reference": min((x + y) * n / (n + m) for x, y in pairs) >= 5,
        "5 on average": m / len(pairs) >= 5,
    }.get(slip, least >= 5)
    return float(stats.chi2.sf(*chi2(a, b, slip))) if holds else exact(a, b, slip)


def is_missing(value: Any) -> bool:
    return value is None or (isinstance(value, float) and math.isnan(value))


def plain_report(was: list[Any], now: list[Any], share: float, slip: str = "") -> dict[str, Any]:
    """The report on one feature, `share` being its part of alpha; `slip` is a mistake."""
    before, after = ([x for x in column if not is_missing(x)] for column in (was, now))
    gone = [len(was) - len(before), len(now) - len(after)]
    new: list[Any] = []
    is_bool = isinstance(before[0], bool) and slip != "bools are numbers"
    if isinstance(before[0], (int, float)) and not is_bool:
        before, after = [float(x) for x in before], [float(x) for x in after]
        if slip == "missing is 0":
            before, after = (values + [0] * lost for values, lost in ((before, gone[0]), (after, gone[1])))
        n, m = len(before), len(after)
        statistic, index = (ks(before, after), psi(before, after)) if m else (0.0, 0.0)
        size = {"one size": n, "sum of sizes": n + m, "batch's size": m}.get(slip, n * m / (n + m))
        values_p = float(special.kolmogorov(statistic * math.sqrt(size)))
        if slip == "scipy's exact" and m:
            values_p = float(stats.ks_2samp(before, after).pvalue)
        missing_p = p_of_counts([len(before), gone[0]], [len(after), gone[1]], slip)
        both = values_p if slip in {"missing ignored", "missing is 0"} else min(values_p, missing_p)
        p = min(1.0, both * (1 if slip in {"not twice", "missing ignored", "missing is 0"} else 2))
        kind = "numeric"
    else:
        kind, new = "categorical", sorted(set(after) - set(before), key=str)
        names = sorted(set(before) | (set() if slip == "new ignored" else set(after)), key=str)
        tables = [[values.count(c) for c in names] + [lost] for values, lost in ((before, gone[0]), (after, gone[1]))]
        tables = [row[:-1] for row in tables] if slip == "missing left out" else tables
        tables = [[row[i] for i in range(len(row)) if tables[0][i] + tables[1][i]] for row in tables]
        a, b = tables
        statistic, index, p = chi2(a, b, slip)[0], psi_of_counts(a, b, slip), p_of_counts(a, b, slip)
    limit = share * {"not corrected": 1e9}.get(slip, 1.0)
    return {
        "kind": kind,
        "statistic": statistic,
        "p_value": p,
        "psi": index,
        "drifted": p <= limit,
        "new_categories": new,
    }


REPORT_SLIPS = {
    "bools are numbers": "a column of bools is taken for numbers: it has two categories",
    "missing ignored": "missing values are not tested, the present ones alone are",
    "missing is 0": "missing values are taken for zeros",
    "missing left out": "missing is no category: it is one",
    "new ignored": "categories that the reference does not have are left out",
    "not twice": "the smaller of two p-values, not doubled: two tests have twice the false alarms",
    "one size": "z is D times the root of n: of n m / (n + m)",
    "sum of sizes": "z is D times the root of n + m: of n m / (n + m)",
    "batch's size": "z is D times the root of m, the reference being taken for exact: of n m / (n + m)",
    "scipy's exact": "the exact p-value of ks_2samp: the series in README",
    "chi2 always": "chi-square with expected counts below 5: it does not hold there, take the exact test",
    "exact always": "the exact test, though all expected counts are at least 5: chi-square",
    "above 5": "an expected count of exactly 5 is enough for chi-square",
    "counts of 5": "the counts themselves are held to 5: the expected counts are",
    "of the reference": "only the reference's expected counts are held to 5: those of the batch, too",
    "5 on average": "expected counts of 5 on average: all of them must be at least 5",
    "not times K": "the smallest of K p-values, not multiplied by K",
    "one-sided": "the smaller tail is not doubled",
    "high only": "only categories that became more frequent are seen: take both tails",
    "strict tail": "P(X > x) in place of P(X >= x)",
    "reference is exact": CHI2_SLIPS["reference is exact"],
    "not smoothed": PSI_SLIPS["not smoothed"],
    "not corrected": "alpha is not divided by the number of features",
}


def check_report(reference: Table, batch: Table, alpha: float | None = None) -> None:
    """Hold each number of a report to the plain monitor."""
    __tracebackhide__ = True
    options = {} if alpha is None else {"alpha": alpha}
    came = kata.DriftMonitor(reference, **options).check(batch)
    told = call("DriftMonitor", reference, **options) + f".check({check.show(batch)})"
    check.equal(list(came), list(reference), asked="the features of " + told, hint="in the order of the reference")
    share = (0.01 if alpha is None else alpha) / len(reference)
    for name, found in came.items():
        was, now = (np.asarray(table[name], dtype=object).tolist() for table in (reference, batch))
        want = plain_report(was, now, share)
        check.equal(sorted(found), sorted(want), asked=f"the keys of {name!r} in the report")
        keys = ["kind", "new_categories", "statistic", "p_value", "psi", "drifted"]
        if want["kind"] == "numeric" and math.gcd(sum(not is_missing(x) for x in was) - 1, 10) > 1:
            keys.remove("psi")  # a tenth of the values ends at one of them, and rounding decides on which side it falls
        for key in keys:
            asked = f"{key} of {name!r} in " + told
            mistakes = explained(REPORT_SLIPS, partial(slipped, was, now, share, key))
            if isinstance(want[key], float):
                check.close(found[key], want[key], asked=asked, rtol=1e-6, mistakes=mistakes)
                check.python_float(found[key], asked=asked)
            else:
                check.equal(found[key], want[key], asked=asked, mistakes=mistakes)


def slipped(was: list[Any], now: list[Any], share: float, key: str, slip: str) -> Any:
    """One number of the report with a mistake."""
    return plain_report(was, now, share, slip)[key]


NUMBERS = [x * 0.5 for x in range(60)]
COUNTRIES = ["no"] * 30 + ["se"] * 20 + ["dk"] * 10
COLUMNS: dict[str, tuple[list[Any], list[Any]]] = {
    "the same": (NUMBERS, NUMBERS),
    "shifted": (NUMBERS, [x + 4 for x in NUMBERS[::2]]),
    "shifted, few": (NUMBERS, [21, 22.5, 29, 31]),
    "one row": (NUMBERS, [3]),
    "integers with ties": ([1, 2, 2, 3] * 10, [2, 3, 3, 3, 4] * 5),
    "more missing": ([None if i % 9 == 0 else x for i, x in enumerate(NUMBERS)], [1.5, None, 20, NAN, NAN, 29.5, NAN]),
    "none missing any more": ([NAN, 1.0, 2.0, 3.0] * 30, [1.0, 2.0, 3.0] * 12),
    "missing as often": ([NAN, *[1.0, 2.0, 3.0, 4.0]] * 20, [None, *[4.0, 2.0, 3.0, 1.0]] * 10),
    "a dead sensor": (NUMBERS, [None] * 5),
    "zeros and missing": ([0, 1, 2, 3, None] * 20, [0, 1, 2, None, None] * 12),
    "countries": (COUNTRIES, ["se"] * 20 + ["no"] * 15 + ["dk"] * 10),
    "two categories": (["a"] * 25 + ["b"] * 5, ["a"] * 15 + ["b"] * 15),
    "more than doubled": (["a"] * 57 + ["b"] * 3, ["a"] * 18 + ["b"] * 12),
    "expected 5, exactly": (["a"] * 22 + ["b"] * 8, ["a"] * 28 + ["b"] * 2),
    "counts below 5": (["a"] * 50 + ["b"] * 46 + ["c"] * 4, ["a"] * 50 + ["b"] * 32 + ["c"] * 18),
    "counts above 5, expected less": (["a"] * 200, ["a"] * 4 + ["b"] * 6),
    "small batch": (COUNTRIES, ["no", "dk", "dk"]),
    "a new category": (COUNTRIES, [*COUNTRIES, "fi", "fi", "is"]),
    "new only": (COUNTRIES, ["x"] * 4),
    "gone": (COUNTRIES, ["no"] * 25 + ["se"] * 15),
    "one became rarer": (["a"] * 30 + ["b"] * 30, ["b"] * 8),
    "missing is a category": ([*COUNTRIES, None], ["no", "se", None, NAN, None]),
    "one category": (["a"] * 9, ["a"] * 4),
    "one category, often": (["a"] * 90, ["a"] * 40),
    "many new": (COUNTRIES, ["pt", "es", "is", "fi", "us", "at", "ch", "no"]),
    "bools": ([True, False] * 20, [True] * 12),
    "numbers among strings": (COUNTRIES, ["no", 2, 1.5]),
}


@pytest.mark.example
def test_worked_example() -> None:
    reference = {"age": [20, 30, 40, 50] * 25, "country": ["no", "se"] * 50}
    check_report(reference, {"age": [20, 30, 40, None] * 5, "country": ["se"] * 19 + ["dk"]})


@pytest.mark.example
@pytest.mark.parametrize("name", COLUMNS)
def test_one_feature(name: str) -> None:
    reference, batch = COLUMNS[name]
    check_report({"x": reference}, {"x": batch})


@pytest.mark.example
def test_alpha_is_divided_by_the_number_of_features() -> None:
    reference = {"b": NUMBERS, "a": COUNTRIES, "d": NUMBERS, "c": COUNTRIES}
    batch = {"a": ["se"] * 40 + ["no"] * 20, "b": [x + 8 for x in NUMBERS], "c": COUNTRIES, "d": NUMBERS}
    check_report(reference, batch)
    check_report(reference, batch, alpha=0.2)
    p = kata.DriftMonitor({"x": NUMBERS}).check({"x": NUMBERS[30:]})["x"]["p_value"]
    report = kata.DriftMonitor({"x": NUMBERS}, alpha=p).check({"x": NUMBERS[30:]})
    asked = f"drifted, of one feature with a p-value of {p}, and alpha just that"
    check.equal(report["x"]["drifted"], True, asked=asked, hint="at most alpha / number of features")


@st.composite
def columns(draw: st.DrawFn) -> tuple[list[Any], list[Any]]:
    """A reference and a batch: few different values, some of them missing."""
    pool: list[Any] = draw(
        st.sampled_from([[1, 2, 3.5, None], ["a", "b", "c", None], [0, 1, 2, 5, 9, 7], ["a", "b"], [True, False]])
    )
    sizes = draw(st.sampled_from([(12, 3), (40, 8), (40, 40), (15, 60)]))
    seed = draw(st.integers(0, 2**16))
    rng = np.random.default_rng(seed)
    was, now = ([pool[i] for i in rng.choice(len(pool), size=n, p=rng.dirichlet(np.ones(len(pool))))] for n in sizes)
    return [pool[0], *was], now


@pytest.mark.law
@given(columns())
def test_a_report_is_what_the_definition_gives(both: tuple[list[Any], list[Any]]) -> None:
    check_report({"x": both[0]}, {"x": both[1]})


ALARMS = [
    ("two", (200, 200), 6, 0.3),
    ("numeric", (200, 200), 6, 0.3),
    ("countries", (300, 15), 2, 0.1),
    ("missing", (300, 15), 3, 0.1),
    ("ties", (100, 100), 3, 0.2),
]


@pytest.mark.law
@pytest.mark.parametrize(("kind", "rows", "features", "alpha"), ALARMS, ids=str)
def test_false_alarms_are_as_rare_as_alpha_says(kind: str, rows: Any, features: int, alpha: float) -> None:
    times = 80
    came = false_alarms(kind, 9, times, rows, features, alpha)
    most = int(stats.binom.isf(1e-6, times, alpha))
    asked = f"{times} batches of {rows[1]} rows with {features} features ({kind}), references of {rows[0]} rows, nothing changed"
    hint = (
        "more alarms than alpha: is alpha divided by the number of features, and does each p-value hold for few rows?"
    )
    expected = f"at most {most}, that is {alpha:.0%} and some luck"
    check.true(came <= most, asked=asked, came=f"{came} of them raise an alarm", expected=expected, hint=hint)


@pytest.mark.law
def test_a_sensor_that_shifts_is_found_among_twenty() -> None:
    rng = np.random.default_rng(4)
    reference = {f"x{i}": rng.normal(size=500) for i in range(20)}
    batch = {name: rng.normal(size=300) + (name == "x7") for name in reference}
    report = kata.DriftMonitor(reference, alpha=1e-6).check(batch)
    found = [name for name, one in report.items() if one["drifted"]]
    check.equal(found, ["x7"], asked="drifted features of 20, x7 being one deviation higher, alpha=1e-6")


# --- columns, errors, and what belongs to whom --------------------------------------------------------------------------


@pytest.mark.edge
def test_columns_are_lists_or_arrays_of_any_kind() -> None:
    small, large = np.arange(40, dtype=np.uint8), np.arange(30, 70, dtype=np.int16)
    check_report({"x": small}, {"x": large})
    check_report({"x": NUMBERS}, {"x": np.array([1.5, np.nan, 2, 7])})
    check_report({"x": np.array(COUNTRIES)}, {"x": np.array(["se", "dk", "xx"], dtype=object)})
    check_report({"x": np.arange(50) % 3 == 0}, {"x": np.arange(9) % 2 == 0})
    check_report({"x": [np.float64(1.5), np.int64(2), 3, None]}, {"x": [np.int64(4), np.float64("nan")]})
    check_report({"x": tuple(NUMBERS)}, {"x": (1, 2, 3)})


GOOD = {"x": [1.0, 2.0, 3.0], "c": ["a", "b", "a"]}
BAD_REFERENCES: list[tuple[Table, float, str]] = [
    *((GOOD, alpha, "alpha must be between 0 and 1") for alpha in (0, 1, -0.1, 1.5)),
    ({}, 0.1, "there are no features"),
    ({"x": [], "c": []}, 0.1, "there are no rows"),
    (GOOD | {"x": [1.0, 2.0]}, 0.1, "the columns have 2 and 3 rows"),
    (GOOD | {"x": np.ones((3, 1))}, 0.1, "a column has two axes"),
    (GOOD | {"x": [None, NAN, None]}, 0.1, "a column has missing values only"),
    (GOOD | {"x": [1.0, "a", 2.0]}, 0.1, "a column has numbers and strings"),
]
BAD_BATCHES: list[tuple[Table, str]] = [
    ({"x": [1.0]}, "c is missing"),
    (GOOD | {"y": [1, 2, 3]}, "the reference has no y"),
    ({"x": [], "c": []}, "there are no rows"),
    (GOOD | {"c": ["a"]}, "the columns have 3 rows and 1"),
    (GOOD | {"x": np.ones((3, 2))}, "a column has two axes"),
    (GOOD | {"x": [1.0, "2", 3.0]}, "x is numeric, and has a string"),
]
SAMPLES: list[tuple[Any, Any]] = [([], [1]), ([1], []), ([[1]], [1]), ([1], [[1, 2]])]
CALLS: list[tuple[str, tuple[Any, ...], str]] = [
    *((name, args, "both must be 1-D, with a value at least") for name in ("ks_statistic", "psi") for args in SAMPLES),
    *(("psi", ([1, 2], [1, 2], bins), "there must be two bins at least") for bins in (1, 0)),
    ("chi2_statistic", ([1, 2], [1, 2, 3]), "the rows have 2 and 3 counts"),
    ("chi2_statistic", ([1, 2], [3]), "the rows have 2 counts and 1"),
    ("chi2_statistic", ([[1, 2]], [[1, 2]]), "rows are 1-D"),
    ("chi2_statistic", ([1, -2, 5], [1, 2, 3]), "a count is negative"),
    ("chi2_statistic", ([0, 0], [1, 2]), "a row has no counts"),
    ("chi2_statistic", ([1, 2], [0, 0]), "a row has no counts"),
    ("chi2_statistic", ([], []), "a row has no counts"),
]


@pytest.mark.edge
@pytest.mark.parametrize(("reference", "alpha", "because"), BAD_REFERENCES, ids=str)
def test_bad_references_are_an_error(reference: Table, alpha: float, because: str) -> None:
    asked = call("DriftMonitor", reference, alpha=alpha)
    check.raises(
        ValueError, partial(kata.DriftMonitor, reference, alpha=alpha), asked=asked, because=because, hint=because
    )


@pytest.mark.edge
@pytest.mark.parametrize(("batch", "because"), BAD_BATCHES, ids=str)
def test_bad_batches_are_an_error(batch: Table, because: str) -> None:
    monitor = kata.DriftMonitor(GOOD)
    asked = f"check({check.show(batch)}) of a monitor of {GOOD}"
    check.raises(ValueError, partial(monitor.check, batch), asked=asked, because=because, hint=because)


@pytest.mark.edge
@pytest.mark.parametrize(("name", "args", "because"), CALLS, ids=str)
def test_bad_samples_are_an_error(name: str, args: tuple[Any, ...], because: str) -> None:
    asked = call(name, *args)
    check.raises(ValueError, lambda: getattr(kata, name)(*args), asked=asked, because=because, hint=because)


@pytest.mark.edge
def test_arguments_stay_and_the_monitor_keeps_its_own() -> None:
    reference: Table = {"x": np.array(NUMBERS), "c": list(COUNTRIES)}
    batch: Table = {"x": np.array([9.0, NAN, 1.0]), "c": ["xx", None, "no"]}
    a, b = np.array([3.0, 1.0, 2.0]), np.array([5.0, 4.0])
    with check.untouched(asked="all functions, and check", reference=reference, batch=batch, a=a, b=b):
        monitor = kata.DriftMonitor(reference)
        first = monitor.check(batch)
        kata.ks_statistic(a, b), kata.psi(a, b), kata.chi2_statistic(a, a[::-1])
    want = monitor.check(batch)
    check.equal(want, first, asked="check(batch) twice", hint="a check changes nothing")
    first["x"]["p_value"] = 7.0
    first["c"]["new_categories"].append("zz")
    kata.DriftMonitor({"x": [7, 8], "c": ["q", "r"]}).check({"x": [1], "c": ["q"]})
    reference["x"][:] = -1.0
    reference["c"][:] = ["zz"] * len(COUNTRIES)
    reference["y"] = []
    asked = "check(batch), after the caller changed the reference and the last report, another monitor being there"
    hint = "keep copies of the reference, build the report anew"
    check.equal(monitor.check(batch), want, asked=asked, hint=hint)
