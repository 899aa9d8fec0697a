"""Suite of B22: silhouettes and inertia by a plain loop, the gap from the very references that were clustered."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import cluster_quality as kata
import clusterers
import numpy as np
import numpy.typing as npt
import pytest
from clusterers import slices
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds

Labels = npt.NDArray[Any]
recorded_gap = in_subject_process(clusterers.recorded_gap)
NAMES = [np.array(names) for names in ([0, 1, 2, 3], [7, -2, 30, 4], ["b", "a", "red", "B"])]


def clustered(seed: int) -> tuple[Float64Array, Labels]:
    """Few rows in 2 to 4 clusters, some of a single row, with labels of several kinds; in any unit."""
    rng = np.random.default_rng(seed)
    n, k, d = int(rng.integers(4, 12)), int(rng.integers(2, 5)), int(rng.integers(1, 4))
    codes = rng.permutation(np.append(np.arange(k), rng.integers(k, size=n - k)))
    X = rng.normal(size=(n, d)) + rng.normal(size=(k, d))[codes]
    return X * 10.0 ** rng.integers(-8, 9), NAMES[rng.integers(len(NAMES))][codes]


def silhouettes(X: Float64Array, labels: Labels, slip: str = "") -> Float64Array:
    """The definition, row by row; `slip` is a mistake in it."""
    differences, clusters = X[:, None] - X, np.unique(labels)
    distances = np.sqrt((differences**2).sum(axis=2))
    if slip in ("squared", "manhattan"):
        distances = distances**2 if slip == "squared" else np.abs(differences).sum(axis=2)
    values = []
    for i, row in enumerate(distances):
        own = labels == labels[i]
        others = [row[labels == name] for name in clusters if name != labels[i]]
        a = row[own].sum() / (own.sum() - (0 if slip == "self" else 1)) if own.sum() > 1 else 0.0
        b = min(group.mean() for group in others)
        if slip == "all others":
            b = np.concatenate(others).mean()
        elif slip == "mean of others":
            b = np.mean([group.mean() for group in others])
        elif slip == "nearest row":
            b = min(group.min() for group in others)
        elif slip == "farthest cluster":
            b = max(group.mean() for group in others)
        elif slip == "own too":
            b = min(b, row[own].mean())
        elif slip == "centroids":
            to = {name: float(np.linalg.norm(X[i] - X[labels == name].mean(axis=0))) for name in clusters}
            a, b = to[labels[i]], min(distance for name, distance in to.items() if name != labels[i])
        scale = {"sum": a + b, "over b": b}.get(slip, max(a, b))
        value = (a - b if slip == "sign" else b - a) / scale if scale > 0 else 0.0
        values.append(value if own.sum() > 1 or slip == "alone" else 0.0)
    return np.array(values)


SLIPS = {
    "self": "the row itself counts in a: divide by the size of the cluster minus 1",
    "all others": "b is the mean over all rows of other clusters: the smallest mean of one cluster",
    "mean of others": "b is the mean over the other clusters: the smallest",
    "nearest row": "b is the distance to the nearest row of another cluster: the mean to a cluster, the smallest",
    "farthest cluster": "b is the largest mean over other clusters: the smallest",
    "own too": "the own cluster counts among the others in b",
    "centroids": "distances to the means of the clusters: the mean of distances to rows",
    "sign": "a - b: the sign is turned",
    "sum": "divided by a + b: by the larger of both",
    "over b": "divided by b: by the larger of a and b",
    "squared": "squared distances: take the root",
    "manhattan": "the sum of absolute differences: the distance is Euclidean",
    "alone": "a row alone in its cluster has 1: it has 0",
}


def check_silhouettes(X: Any, labels: Any, *, atol: float = 1e-9, hint: str = "") -> None:
    """Hold silhouettes and their mean to the definition."""
    __tracebackhide__ = True
    rows, names = np.asarray(X, dtype=float), np.asarray(labels)
    want, asked = silhouettes(rows, names), call("silhouette_samples", X, labels)
    slips: dict[str, Any] = {text: partial(silhouettes, rows, names, slip) for slip, text in SLIPS.items()}
    alone = np.array([np.sum(names == name) == 1 for name in names])
    slips["NaN where a row is alone: it has 0"] = np.where(alone, np.nan, want)
    got = kata.silhouette_samples(X, labels)
    hint = hint or "(b - a) / max(a, b), from Euclidean distances in float64; 0 where a row is alone, or a = b = 0"
    check.close(got, want, asked=asked, rtol=0, atol=atol, mistakes=slips, hint=hint)
    check.float_array(got, want.shape, asked=asked)
    of_clusters = np.mean([want[names == name].mean() for name in np.unique(names)])
    mistakes = {
        "the mean of the means of the clusters: of all rows": of_clusters,
        "the mean over rows that are not alone: over all rows": partial(np.mean, want[~alone]),
        "the sum": want.sum(),
    }
    asked, score = call("silhouette_score", X, labels), kata.silhouette_score(X, labels)
    check.close(score, want.mean(), asked=asked, rtol=0, atol=atol, mistakes=mistakes, hint="the mean over all rows")
    check.python_float(score, asked=asked)


def tightness(X: Float64Array, labels: Labels) -> float:
    """The inertia, by its definition."""
    return float(sum(((X[labels == name] - X[labels == name].mean(axis=0)) ** 2).sum() for name in np.unique(labels)))


def check_inertia(X: Any, labels: Any, *, rtol: float = 1e-9, hint: str = "") -> None:
    """Hold inertia to the definition."""
    __tracebackhide__ = True
    rows, names, asked = np.asarray(X, dtype=float), np.asarray(labels), call("inertia", X, labels)
    want = tightness(rows, names)
    pairs, roots, scatter = 0.0, 0.0, float(((rows - rows.mean(axis=0)) ** 2).sum())
    for name in np.unique(names):
        members = rows[names == name]
        pairs += ((members[:, None] - members) ** 2).sum()
        roots += np.linalg.norm(members - members.mean(axis=0), axis=1).sum()
    mistakes = {
        "distances to the mean of all rows: to that of the cluster": scatter,
        "the mean over the rows: the sum": want / len(rows),
        "the sum over all pairs of a cluster: divide it by twice the size, or take distances to the mean": pairs,
        "the distances are not squared": roots,
        "the variances of the clusters added up: weigh them by their sizes": lambda: sum(
            rows[names == name].var(axis=0).sum() for name in np.unique(names)
        ),
    }
    hint = hint or "squared differences to the mean of the own cluster, in float64"
    got = kata.inertia(X, labels)
    check.close(got, want, asked=asked, rtol=rtol, atol=1e-12 * scatter, mistakes=mistakes, hint=hint)
    check.python_float(got, asked=asked)


LINE, PAIRS = [[0.0], [2.0], [10.0], [14.0]], ["a", "a", "b", "b"]
DATA = np.random.default_rng(4).exponential(size=(30, 2)) @ np.array([[1.0, 0.9], [0.0, 3.0]]) + [5.0, -40.0]


def split(calls: Any, X: Float64Array, k: int) -> list[Float64Array]:
    """The reference data sets that were clustered with this k."""
    return [rows for rows, at in calls if at == k and not np.array_equal(rows, X)]


def gap_mistakes(X: Float64Array, k_values: Any, references: list[list[Float64Array]]) -> tuple[Any, Any]:
    """What the usual mistakes give for gaps and s, from the references that were clustered with each k."""
    w = np.array([tightness(X, slices(X, k)) for k in k_values])
    w_ref = np.array([[tightness(R, slices(R, k)) for R in of_k] for k, of_k in zip(k_values, references, strict=True)])
    stale = [[tightness(R, slices(X, k)) for R in of_k] for k, of_k in zip(k_values, references, strict=True)]
    logs, factor = np.log(w_ref), np.sqrt(1 + 1 / w_ref.shape[1])
    gaps = {
        "": logs.mean(axis=1) - np.log(w),
        "the logarithm is missing": w_ref.mean(axis=1) - w,
        "the logarithm of the mean: the mean of the logarithms": np.log(w_ref.mean(axis=1)) - np.log(w),
        "the sign is turned: references minus data": np.log(w) - logs.mean(axis=1),
        "base 10: the logarithm is natural": (logs.mean(axis=1) - np.log(w)) / np.log(10),
        "labels of X for the references: cluster each reference": np.log(stale).mean(axis=1) - np.log(w),
    }
    s = {
        "": logs.std(axis=1) * factor,
        "the factor √(1 + 1/B) is missing": logs.std(axis=1),
        "divided by √B: times √(1 + 1/B)": logs.std(axis=1) / np.sqrt(w_ref.shape[1]),
        "1 + 1/B without the root": logs.std(axis=1) * factor**2,
        "the variance: the standard deviation": logs.var(axis=1) * factor,
        "divided by B - 1 (ddof=1): by B": lambda: logs.std(axis=1, ddof=1) * factor,
        "of the inertias: of their logarithms": w_ref.std(axis=1) * factor,
    }
    return gaps, s


def check_gap(X: Any, k_values: list[int], **options: Any) -> None:
    """Hold gaps and s to what follows from the references that were clustered."""
    __tracebackhide__ = True
    asked = call("gap_statistic", X, "slices", k_values, **options)
    got, rows = recorded_gap(X, k_values, **options), np.asarray(X, dtype=float)
    references = [split(got["calls"], rows, k) for k in k_values]
    hint = "each reference is clustered with each k, 1 too, and so is X"
    came = [len({reference.tobytes() for reference in of_k}) for of_k in references]
    n_references = options.get("n_references", 10)
    check.equal(came, [n_references] * len(k_values), asked="different references for each k, in " + asked, hint=hint)
    is_clustered = [any(at == k and np.array_equal(of, rows) for of, at in got["calls"]) for k in k_values]
    check.equal(is_clustered, [True] * len(k_values), asked="was X clustered with each k, in " + asked, hint=hint)
    shapes = sorted({reference.shape for of_k in references for reference in of_k})
    check.equal(shapes, [rows.shape], asked="the shapes of references in " + asked, hint="as many rows as X")
    is_pair = isinstance(got["answer"], tuple) and len(got["answer"]) == 2
    check.true(is_pair, asked=asked, came=got["answer"], expected="a tuple (gaps, s)")
    hint = "ln W is np.log of inertia; mean and deviation over the references, in the order of k_values"
    for name, answer, wrong in zip(("gaps", "s"), got["answer"], gap_mistakes(rows, k_values, references), strict=True):
        want = wrong.pop("")
        of = f"{name}, for the references that were drawn, of " + asked
        check.close(answer, want, asked=of, rtol=1e-6, atol=1e-9, mistakes=wrong, hint=hint)
        check.float_array(answer, (len(k_values),), asked=of)


def choice(k_values: list[int], gaps: list[float], s: list[float], slip: str = "") -> Any:
    """`choose_k` by its definition, or with a mistake; all numbers are exact."""
    last = len(gaps) - 1
    rules: dict[str, Callable[[int], bool]] = {
        "own": lambda i: gaps[i] >= gaps[i + 1] - s[i],
        "strict": lambda i: gaps[i] > gaps[i + 1] - s[i + 1],
        "added": lambda i: gaps[i] >= gaps[i + 1] + s[i + 1],
        "no s": lambda i: gaps[i] >= gaps[i + 1],
        "all later": lambda i: all(gaps[i] >= gaps[j] - s[j] for j in range(i + 1, last + 1)),
        "": lambda i: gaps[i] >= gaps[i + 1] - s[i + 1],
    }
    best = int(np.argmax(gaps))
    if slip in ("largest", "within"):
        return k_values[best if slip == "largest" else next(i for i, g in enumerate(gaps) if g >= gaps[best] - s[best])]
    found = [i for i in range(last) if rules.get(slip, rules[""])(i)]
    found = found or [{"else first": 0, "else best": best}.get(slip, last)]
    index = found[-1 if slip == "last" else 0]
    return {"index": index, "next": k_values[min(index + 1, last)]}.get(slip, k_values[index])


CHOICES = {
    "largest": "the k of the largest gap: the first that is within one s of the next",
    "within": "within one s of the largest gap: of the next one",
    "own": "s of this k: that of the next k counts",
    "strict": "more than the next gap minus its s: at least",
    "added": "the next s is added: subtract it",
    "no s": "s is left out: the next gap minus the next s",
    "all later": "compared with all later entries: with the next one only",
    "last": "the last such k: the first",
    "index": "an index: the entry of k_values",
    "next": "the next k: this one",
    "else first": "none satisfies the rule, so it is the last k, not the first",
    "else best": "none satisfies the rule, so it is the last k, not that of the largest gap",
}


def check_choice(k_values: list[int], gaps: list[float], s: list[float]) -> None:
    """Hold the choice to the definition."""
    __tracebackhide__ = True
    mistakes: dict[str, Any] = {text: partial(choice, k_values, gaps, s, slip) for slip, text in CHOICES.items()}
    mistakes["None: if no k satisfies the rule, it is the last"] = None
    asked, hint = call("choose_k", k_values, gaps, s), "the first k with gap >= next gap - next s, else the last k"
    check.equal(kata.choose_k(k_values, gaps, s), choice(k_values, gaps, s), asked=asked, mistakes=mistakes, hint=hint)


@pytest.mark.example
def test_worked_examples_of_silhouettes_and_inertia() -> None:
    check_silhouettes(LINE, PAIRS)
    check_inertia(LINE, PAIRS)
    check_silhouettes([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0], [30.0, 40.0], [9.0, 12.0]], [2, 2, 0, 7, 0])
    check_inertia([[0.0, 0.0], [3.0, 4.0], [6.0, 8.0], [30.0, 40.0], [9.0, 12.0]], [2, 2, 2, 7, 7])


@pytest.mark.example
@pytest.mark.parametrize(
    ("gaps", "s"),
    [
        ([0.25, 0.5, 0.625], [0.125, 0.125, 0.25]),
        ([0.25, 0.5, 0.75], [0.5, 0.125, 0.25]),
        ([1.0, 2.0, 3.0], [0.5, 0.5, 0.5]),
        ([1.0, 1.0 + 2**-30, 2.0], [0.0, 0.0, 0.0]),
    ],
    ids=["within one s", "just within", "none", "none, by a hair"],
)
def test_worked_examples_of_the_choice(gaps: list[float], s: list[float]) -> None:
    check_choice([2, 3, 5], gaps, s)


@pytest.mark.example
def test_two_far_groups_are_found() -> None:
    X, k_values = np.array([[0.0], [1.0], [2.0], [3.0], [90.0], [91.0], [92.0], [93.0]]), [1, 2, 3]
    check_gap(X, k_values, random_state=0)
    gaps, s = recorded_gap(X, k_values, random_state=0)["answer"]
    asked = call("choose_k", k_values, gaps, s) + ", from gap_statistic of two far groups"
    check.equal(kata.choose_k(k_values, gaps, s), 2, asked=asked, hint="a uniform reference has no two groups, X has")


@pytest.mark.law
@given(st.builds(clustered, seeds()))
def test_silhouettes_equal_the_definition(case: tuple[Float64Array, Labels]) -> None:
    check_silhouettes(*case)


@pytest.mark.law
@given(st.builds(clustered, seeds()))
def test_inertia_equals_the_definition(case: tuple[Float64Array, Labels]) -> None:
    check_inertia(*case)


@pytest.mark.law
@given(st.lists(st.tuples(st.integers(-4, 12), st.integers(0, 6)), min_size=1, max_size=6), st.integers(1, 3))
def test_the_choice_equals_the_definition(numbers: list[tuple[int, int]], step: int) -> None:
    gaps, s = [gap / 8 for gap, _ in numbers], [error / 8 for _, error in numbers]
    check_choice([1 + step * i for i in range(len(gaps))], gaps, s)


@pytest.mark.law
@pytest.mark.parametrize("options", [{}, {"n_references": 1}, {"n_references": 4}], ids=str)
def test_gaps_follow_from_the_references_that_were_clustered(options: dict[str, int]) -> None:
    for k_values in ([1, 2, 3], [5, 2], [4]):
        for X in (DATA, DATA[:9, :1] * 1e-3):
            check_gap(X.copy(), k_values, random_state=3, **options)


@pytest.mark.law
@pytest.mark.parametrize("seed", [0, 1])
def test_references_are_uniform_in_the_box_of_the_data(seed: int) -> None:
    got = recorded_gap(DATA, [2], n_references=100, random_state=seed)
    low, high = DATA.min(axis=0), DATA.max(axis=0)
    asked = f"the rows of the references for X from {check.show(low)} to {check.show(high)}"
    rows = np.concatenate(split(got["calls"], DATA, 2))
    shares = (rows - low) / (high - low)
    hint = "each feature between its own smallest and largest value in X: not 0 to 1, not one range for all, not normal"
    inside = bool((shares >= 0).all() and (shares <= 1).all())
    came = f"from {check.show(rows.min(axis=0))} to {check.show(rows.max(axis=0))}"
    check.true(inside, asked=asked, came=came, expected="inside that box", hint=hint)
    grid = (np.arange(len(shares)) + 0.5) / len(shares)
    away = float(np.abs(np.sort(shares, axis=0) - grid[:, None]).max())
    mistake = "rows or values of X were drawn again" if np.isin(rows, DATA).all() else ""
    # The limit is 2.2 / sqrt(3000): by the inequality of Dvoretzky, Kiefer and Wolfowitz, missed once in 4,000,000.
    came, expected = f"{away:.3f} from a uniform distribution", "at most 0.042"
    check.true(away < 0.042, asked=asked, came=came, expected=expected, mistake=mistake, hint=hint)
    r = float(np.asarray(np.corrcoef(rows.T))[0, 1])
    hint = "features are drawn independently of one another"
    check.true(abs(r) < 0.1, asked="correlation of " + asked, came=f"{r:.3f}", expected="0 +- 0.1", hint=hint)


@pytest.mark.law
@pytest.mark.parametrize("state", [0, 5, None, "Generator"])
def test_draws_follow_random_state(state: Any) -> None:
    rng, global_state = np.random.default_rng(3), GlobalRandomState()
    given = rng if state == "Generator" else state
    results = {np.asarray(recorded_gap(DATA, [2, 3], random_state=given)["answer"][0]).tobytes() for _ in range(3)}
    hint = "an int starts each call anew, 0 too; draws come from a Generator itself, not from a copy; None draws anew"
    is_right, want = (len(results) == 1) == isinstance(state, int), "1" if isinstance(state, int) else "several"
    asked = f"how many different gaps come of 3 calls with random_state={state}"
    check.true(is_right, asked=asked, came=len(results), expected=want, hint=hint)
    global_state.check_kept()


@pytest.mark.edge
def test_rows_that_are_alone_or_equal_have_silhouette_0() -> None:
    check_silhouettes([[0.0], [1.0], [5.0]], [0, 1, 2])
    equal = "a = b = 0 for rows that equal all rows of both clusters: 0, not 0 / 0"
    check_silhouettes([[2.0], [2.0], [2.0], [2.0]], [0, 0, 1, 1], hint=equal)
    check_silhouettes([[2.0], [2.0], [2.0], [2.0], [7.0]], [0, 0, 1, 1, 1], hint=equal)
    check_inertia([[3.0, 1.0]], ["a"])
    check_inertia([[3.0], [5.0]], [4, 4])


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "int8", "float32"])
def test_is_computed_in_float64(dtype: str) -> None:
    X = np.array([[5.0, 120.0], [100.0, 3.0], [90.0, 7.0], [127.0, 0.0]]) + (2**23 if dtype == "float32" else 0)
    hint = f"rows are {dtype}: make them float64 first, as small integers wrap around and float32 loses digits"
    check_silhouettes(X.astype(dtype), [0, 1, 1, 0], hint=hint)
    check_inertia(X.astype(dtype), [0, 1, 1, 0], hint=hint)
    check_gap(X.astype(dtype), [1, 2], n_references=3, random_state=0)


@pytest.mark.edge
def test_rows_far_from_the_origin_lose_no_digits() -> None:
    X, labels = np.random.default_rng(2).normal(size=(20, 3)) + np.array([1e6, -1e6, 1e6]), np.arange(20) % 3
    hint = "1e6 from the origin expanded squares cancel: subtract the mean of all rows first, or take differences"
    check_silhouettes(X, labels, atol=1e-6, hint=hint)
    check_inertia(X, labels, rtol=1e-6, hint=hint)


TWO = [0, 1, 0, 1]
SHAPES = [((4,), TWO), ((4, 1, 1), TWO), ((0, 2), []), ((4, 0), TWO)]
LENGTHS = [((4, 2), [0, 1, 0]), ((4, 2), [*TWO, 1]), ((4, 2), [[0], [1], [0], [1]])]
MEASURES = ("silhouette_samples", "silhouette_score", "inertia")
BAD: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = [
    *((name, case, {}) for name in MEASURES for case in SHAPES + LENGTHS),
    *((name, ((4, 2), [3, 3, 3, 3]), {}) for name in ("silhouette_samples", "silhouette_score")),
    *(("gap_statistic", (X, slices, [1, 2]), {}) for X in ((4,), (4, 1, 1), (0, 2), (4, 0))),
    *(("gap_statistic", ((4, 2), slices, k), {}) for k in ([], [0, 1], [2, 5], [-1])),
    *(("gap_statistic", ((4, 2), slices, [2]), {"n_references": b}) for b in (0, -1)),
    *(("choose_k", case, {}) for case in (([], [], []), ([1, 2], [0.5], [0.5]), ([1, 2], [0.5, 0.1], [0.5]))),
    *(("choose_k", (ks, [0.1, 0.9, 0.2], [0.1] * 3), {}) for ks in ([3, 2, 1], [1, 1, 2], [1, 3, 2], [1, 2])),
]


@pytest.mark.edge
@pytest.mark.parametrize(("name", "args", "options"), BAD, ids=lambda value: getattr(value, "__name__", str(value)))
def test_bad_shapes_labels_and_parameters_are_errors(name: str, args: tuple[Any, ...], options: dict[str, Any]) -> None:
    given = [np.arange(np.prod(arg)).reshape(arg) ** 2.0 if isinstance(arg, tuple) else arg for arg in args]
    shown = ", ".join("slices" if arg is slices else str(arg) for arg in args)
    hint = "check shapes, lengths and ranges before anything is computed: NumPy broadcasts, and zip stops silently"
    because = "X is (n, d), none of it 0, with a label per row; two clusters at least for silhouettes; all k in 1 ... n"
    because = "k_values rise, and all three lengths are equal, not 0" if name == "choose_k" else because
    asked, run = f"{name}({shown}) {options or ''}", lambda: getattr(kata, name)(*given, **options)
    check.raises(ValueError, run, asked=asked, because=because, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    X, labels, k_values, gaps, s = DATA.copy(), np.arange(30) % 4, [2, 3], np.array([0.5, 0.1]), np.array([0.1, 0.2])
    with check.untouched(asked="all five functions", X=X, labels=labels, k_values=k_values, gaps=gaps, s=s):
        kata.silhouette_score(X, labels)
        kata.inertia(X, labels)
        kata.gap_statistic(X, slices, k_values)
        kata.choose_k(k_values, gaps, s)
