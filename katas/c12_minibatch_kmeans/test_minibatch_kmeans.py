"""Suite of C12: each step against its definition from the centroids that were there before it; streams; speed and memory.

The start is drawn, so the suite reads `centroids` and `counts` after the first batch, and computes all further steps from
them. What a first batch gives is tested where all draws give the same.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import minibatch_kmeans as kata
import numpy as np
import pytest
import slow_minibatch
from hypothesis import given
from hypothesis import strategies as st
from scipy.spatial.distance import cdist

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import call
from harness.suite.global_random import GlobalRandomState
from harness.suite.speed import Contest, MemoryMeter, Racer, Task, vary
from harness.suite.strategies import Float64Array, seeds

after_stream, watched = in_subject_process(slow_minibatch.after_stream), in_subject_process(slow_minibatch.watched)
many_fits = in_subject_process(slow_minibatch.many_fits)
FAR = 1e7
State = tuple[Float64Array, Any]


def step(state: State, batch: Any, slip: str = "") -> State:
    """A step by its definition; `slip` is a mistake."""
    old, before = np.asarray(state[0]), np.asarray(state[1])
    X = np.asarray(batch, dtype=np.float64)
    near = cdist(X, old, "cityblock" if slip == "cityblock" else "sqeuclidean")
    labels = near.argmin(axis=1)
    new = np.bincount(labels, minlength=len(old))
    counts, centroids = before + new, old.copy()
    for j in np.flatnonzero(new):
        pull = np.sum(X[labels == j] - old[j], axis=0)
        rates = {
            "batch": 1 / new[j],
            "before": 1 / max(before[j], 1),
            "one": 1 / (counts[j] + 1),
            "once": 1 / counts[j] / new[j],
        }
        centroids[j] += pull * rates.get(slip, 1 / counts[j])
        if slip == "constant":
            centroids[j] = old[j] + 0.1 * pull / new[j]
    dead = np.flatnonzero(counts < 0.01 * counts.max())
    if len(dead) and slip != "left":
        living = np.setdiff1d(np.arange(len(counts)), dead)
        seen = {"old": old, "all": centroids}.get(slip, centroids[living])
        far = np.argsort(-cdist(X, seen).min(axis=1), kind="stable")
        far = far[::-1] if slip == "nearest" else np.repeat(far[:1], len(far)) if slip == "same" else far
        far = far[: len(dead)]
        moved = dead[: len(far)][::-1] if slip == "turned" else dead[: len(far)]
        centroids[moved] = X.mean(axis=0) if slip == "mean" else X[far]
        if slip != "kept":
            counts[moved] = {"zero": 0}.get(slip, counts[living].min())
    return centroids, counts


RATES = {
    "a constant rate: a row moves its centroid by 1 / n": "constant",
    "counts are not kept from batch to batch: each batch replaces the mean": "batch",
    "the count before the batch divides: the rows of the batch count, too": "before",
    "one more than the count divides": "one",
    "the mean of the batch moves its centroid as one row does: all its rows do": "once",
    "absolute differences: the distance is Euclidean": "cityblock",
}
DEAD = {
    "dead centroids stay where they are": "left",
    "several dead centroids move to the same row": "same",
    "the first dead centroid takes the farthest row, the next one the next": "turned",
    "dead centroids move to the row that is nearest: the farthest": "nearest",
    "far from the living centroids, dead ones do not count": "all",
    "far from the centroids after the step, not before it": "old",
    "dead centroids move to the mean of the batch: to the farthest row": "mean",
    "the count of a centroid that moved stays, so that it dies again: it is the least of the living": "kept",
    "the count of a centroid that moved is 0: it is the least of the living": "zero",
}


def state_of(model: Any) -> State:
    return np.array(model.centroids), np.array(model.counts)


def check_step(model: Any, batch: Any, asked: str, slips: dict[str, str] = RATES | DEAD, atol: float = 1e-10) -> None:
    """Take a step, and hold centroids and counts to the definition."""
    __tracebackhide__ = True
    before = state_of(model)
    model.partial_fit(batch)
    (centroids, counts), got = step(before, batch), state_of(model)
    asked = f"{asked}, from centroids {check.show(before[0])} with counts {check.show(before[1])}"
    wrong = {text: step(before, batch, slip) for text, slip in slips.items()}
    mistakes: dict[str, Any] = {text: value[0] for text, value in wrong.items()}
    check.close(got[0], centroids, asked=f"centroids after {asked}", rtol=1e-12, atol=atol, mistakes=mistakes)
    mistakes = {text: value[1] for text, value in wrong.items()}
    check.equal(got[1], counts, asked=f"counts after {asked}", mistakes=mistakes)
    check.float_array(model.centroids, centroids.shape, asked=f"centroids after {asked}")


def by_place(model: Any) -> list[list[float]]:
    """Centroids of one column and counts, in order of place."""
    return sorted([float(c), int(n)] for c, n in zip(model.centroids[:, 0], model.counts, strict=True))


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_the_example_of_the_readme() -> None:
    model = kata.MiniBatchKMeans(2, random_state=0).partial_fit([[0.0], [100.0]])
    mistakes = {"the rows of the start count twice: counts are 0 at the start": [[0.0, 2], [100.0, 2]]}
    check.equal(by_place(model), [[0.0, 1], [100.0, 1]], asked="after the batch [[0], [100]]", mistakes=mistakes)
    model.partial_fit([[4.0], [5.0], [90.0]])
    mistakes = {
        "counts are not kept: each batch replaces the mean": [[4.5, 2.0], [90.0, 1.0]],
        "one more than the count divides": [[2.25, 3.0], [round(100 - 10 / 3, 9), 2.0]],
        "a rate of 0.1": [[0.45, 3.0], [99.0, 2.0]],
    }
    asked = "centroids and counts after [[0], [100]], then [[4], [5], [90]]"
    check.equal(np.round(by_place(model), 9).tolist(), [[3.0, 3.0], [95.0, 2.0]], asked=asked, mistakes=mistakes)
    labels = model.predict([[40.0], [60.0], [3.0], [95.0]])
    kinds = [np.asarray(values).dtype.kind in "iu" for values in (labels, model.counts)]
    check.equal(kinds, [True, True], asked="whether labels and counts are arrays of integers")
    gaps = np.abs(model.centroids[labels, 0] - [3, 95, 3, 95]).round(9).tolist()
    check.equal(gaps, [0.0] * 4, asked="how far the centroids of the labels are from the nearest")


STEPS: dict[str, Any] = {
    "one row": [[1.0, 1.0]],
    "one row for each": [[1.0, 2.0], [50.0, 49.0], [-48.0, 51.0]],
    "many for one": [[x, 3.0] for x in range(-9, 10)],
    "between, nearer by squares than by sums": [[26.0, 0.0], [18.0, 18.0], [-20.0, 28.0], [0.0, 24.0]],
    "integers": np.array([[1, 200], [3, 9], [60, 40]], dtype=np.uint8),
}


@pytest.mark.example
@pytest.mark.parametrize("case", STEPS)
def test_a_step_moves_each_centroid_to_the_mean_of_all_its_rows(case: str) -> None:
    model = kata.MiniBatchKMeans(3, random_state=1)
    first = np.repeat([[0.0, 0.0], [50.0, 50.0], [-50.0, 50.0]], [4, 2, 3], axis=0)
    model.partial_fit(first)
    asked = "counts after 4, 2 and 3 rows at three places"
    check.equal(sorted(np.array(model.counts).tolist()), [2, 3, 4], asked=asked)
    for _ in range(2):
        check_step(model, STEPS[case], f"partial_fit({np.asarray(STEPS[case]).tolist()}) after {first.tolist()}")


def with_dead(counts: int, k: int = 4) -> Any:
    """A model of which k - 2 centroids, at -500 and beyond, have one row each, and two have many."""
    model = kata.MiniBatchKMeans(k, random_state=0)
    lonely = [[-500.0 * (i + 1), 0.0] for i in range(k - 2)]
    return model.partial_fit([[0.0, 0.0]] * counts + [[3000.0, 0.0]] * (counts - 20) + lonely)


DEATHS: dict[str, list[list[float]]] = {
    "two rows far off": [[0.0, 1.0]] * 5 + [[10.0, 900.0], [20.0, 1200.0], [3000.0, 2.0]],
    "all rows near": [[0.0, float(i) ** 2 / 7] for i in range(12)],
    "one row": [[1.0, 700.0]],
    "rows where the dead are": [[-500.0, 1.0], [-1000.0, 2.0], [0.0, 5.0], *[[0.5, 0.5]] * 4],
    "a row that moves its centroid far": [[900.0, 0.0]] * 200 + [[1000.0, 800.0], [0.0, 700.0]],
}


@pytest.mark.example
@pytest.mark.parametrize("case", DEATHS)
def test_dead_centroids_move_to_the_farthest_rows(case: str) -> None:
    model = with_dead(99)
    counts, hint = sorted(np.array(model.counts).tolist()), "dead is below 1 %"
    check.equal(counts, [1, 1, 79, 99], asked="counts, 1 of 99 being enough to live", hint=hint)
    check_step(model, [[0.0, 0.0]], "a row that makes it 100, of which 1 is enough")
    asked = f"partial_fit({DEATHS[case]}), of whose centroids two have 1 row of more than 100"
    check_step(model, [[0.0, 0.25]] + DEATHS[case], asked)
    check_step(model, DEATHS[case], f"the same batch without its first row again, after {asked}")


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(seeds(), st.integers(1, 6), st.integers(1, 4), st.lists(st.integers(1, 30), min_size=1, max_size=4))
def test_steps_are_those_of_the_definition(seed: int, k: int, d: int, sizes: list[int]) -> None:
    rng = np.random.default_rng(seed)
    model = kata.MiniBatchKMeans(k, random_state=seed % 1000).partial_fit(rng.normal(size=(k + 5, d)))
    for size in sizes:
        check_step(model, rng.normal(size=(size, d)) * 2, f"partial_fit of {size} rows of {d}, k = {k}")


@pytest.mark.law
@pytest.mark.parametrize("place", [0.0, FAR, -FAR])
def test_a_few_hundred_rows_far_from_the_origin(place: float) -> None:
    rng = np.random.default_rng(4)
    X = rng.normal(size=(5, 700, 6)) + place * np.array([1, -1, 1, -1, 1, -1])
    model = kata.MiniBatchKMeans(12, random_state=3).partial_fit(X[0])
    for batch in X[1:]:
        asked, atol = f"partial_fit of 700 rows of 6, k = 12, about {place:g}", 1e-7 if place else 1e-10
        check_step(model, batch, asked, atol=atol)
    want = cdist(X[0], np.array(model.centroids)).argmin(axis=1)
    hint = "expanded squares lose all digits far from the origin: move it to the mean of the rows first"
    check.equal(model.predict(X[0]), want, asked=f"predict of 700 rows about {place:g}", hint=hint)


@pytest.mark.law
@given(seeds(), st.integers(1, 5))
def test_fit_is_partial_fit_of_each_batch(seed: int, times: int) -> None:
    rng = np.random.default_rng(seed)
    batches = [rng.normal(size=(int(m), 3)) for m in rng.integers(4, 20, size=times)]
    one, other = kata.MiniBatchKMeans(3, random_state=7), kata.MiniBatchKMeans(3, random_state=7)
    one.fit(batches)
    for batch in batches:
        other.partial_fit(batch)
    asked = f"fit of {times} batches, against partial_fit of each"
    check.close(one.centroids, np.array(other.centroids), asked=f"centroids: {asked}")
    check.equal(one.counts, np.array(other.counts), asked=f"counts: {asked}")
    first = np.array(one.centroids)
    one.fit(batches)
    hint = "fit forgets what was before, and begins with the same seed"
    check.close(one.centroids, first, asked="centroids after fit of the same batches again", hint=hint)


# --- start and stream --------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_the_start_is_drawn_by_squared_distances() -> None:
    met = []
    for seed in range(40):
        X = [[x * (scale := (1.0, 1e-8)[seed % 2])] for x in (-1.0, 1.0, 99_999.0, 100_001.0) for _ in range(25)]
        places = [row[0] / scale for row in by_place(kata.MiniBatchKMeans(2, random_state=seed).partial_fit(X))]
        met.append(abs(places[0]) < 10 and abs(places[1] - 100_000) < 10)
    asked = "of 40 seeds, how many find two groups, 100,000 or 0.001 apart, k = 2"
    hint = "k-means++: rows are drawn in proportion to the squared distance to the nearest centroid so far"
    check.equal(sum(met), 40, asked=asked, hint=hint)
    asked, because = "k = 3, a first batch of five equal rows", "where all distances are 0 any row is drawn"
    for seed in range(5):
        model = kata.MiniBatchKMeans(3, random_state=seed)
        check.accepts(partial(model.partial_fit, [[2.0]] * 5), asked=asked, because=because)
        check.equal(by_place(model), [[2.0, 5], [2.0, 5], [2.0, 5]], asked=f"centroids and counts: {asked}")


@pytest.mark.edge
def test_batches_are_taken_one_by_one() -> None:
    rng = np.random.default_rng(2)
    came = watched([rng.normal(size=(10, 2)).tolist() for _ in range(6)])
    hint = "work on each batch before you ask for the next: a stream has no end"
    asked = "how many rows the counts hold, each time a batch of 10 is asked for"
    collected = {"batches are collected before the first is worked on": [0] * 6}
    check.equal(came["seen"], [0, 10, 20, 30, 40, 50], asked=asked, mistakes=collected, hint=hint)
    check.equal(came["begun"], 1, asked="how often the stream is gone through", mistakes={"twice": 2}, hint="one pass")
    check.equal(came["counts"], 60, asked="the sum of the counts after 60 rows")


@pytest.mark.edge
def test_random_states() -> None:
    X, global_state = np.random.default_rng(0).normal(size=(200, 3)), GlobalRandomState()

    def places(state: Any) -> bytes:
        return np.array(kata.MiniBatchKMeans(5, random_state=state).partial_fit(X).centroids).tobytes()

    alike, hint = len({places(3) for _ in range(3)}), "draw from np.random.default_rng(random_state)"
    check.equal(alike, 1, asked="different centroids of three models with the seed 3", hint=hint)
    check.true(len({places(s) for s in range(20)}) > 1, asked="20 seeds", came="the same centroids", expected="others")
    rng = np.random.default_rng(1)
    came = len({places(rng) for _ in range(20)} | {places(None)})
    check.true(came > 1, asked="20 models with one Generator", came="the same centroids", expected="draws that go on")
    global_state.check_kept()


@pytest.mark.edge
def test_best_inertia_is_near_that_of_all_rows_at_once() -> None:
    from sklearn.cluster import KMeans

    X = np.random.default_rng(6).uniform(size=(20_000, 3))
    best = KMeans(8, n_init=10, random_state=0).fit(X[::4]).inertia_ * 4
    ours = min(float(np.sum(cdist(X, c, "sqeuclidean").min(axis=1))) for c in many_fits(X, 8, 500, range(10)))
    asked = "the best inertia of ten seeds, one pass over 20,000 rows in batches of 500"
    check.true(ours <= 1.1 * best, asked=asked, came=f"{ours:.5g}", expected=f"at most 10 % above {best:.5g}")


# --- errors, and what is shared ------------------------------------------------------------------------------------------

BAD: dict[str, tuple[str, Any, str]] = {
    "1-D": ("partial_fit", [1.0, 2.0, 3.0], "rows have two axes"),
    "3-D": ("partial_fit", np.zeros((3, 2, 1)), "rows have two axes"),
    "no rows": ("partial_fit", np.zeros((0, 2)), "there is no row"),
    "no columns": ("partial_fit", np.zeros((3, 0)), "there is no column"),
    "more columns": ("partial_fit", np.zeros((3, 3)), "there were 2 columns before"),
    "predict no rows": ("predict", np.zeros((0, 2)), "there is no row"),
    "predict 3 columns": ("predict", np.zeros((3, 3)), "there are 2 columns"),
}


@pytest.mark.edge
@pytest.mark.parametrize("case", BAD)
def test_what_is_refused_leaves_no_trace(case: str) -> None:
    method, value, because = BAD[case]
    model = kata.MiniBatchKMeans(2, random_state=0)
    if method == "partial_fit" and "columns" not in case.replace("no columns", ""):
        check.raises(ValueError, partial(model.partial_fit, value), asked=call(method, value), because=because)
    model.partial_fit([[0.0, 0.0], [5.0, 5.0]])
    before = state_of(model)
    ask, hint = partial(getattr(model, method), value), "check the shape before anything is changed"
    check.raises(ValueError, ask, asked=call(method, value), because=because, hint=hint)
    check.equal(state_of(model), before, asked=f"centroids and counts after {call(method, value)} was refused")
    if method == "partial_fit":
        ask = partial(model.fit, [[[0.0, 1.0]] * 4, value])
        check.raises(ValueError, ask, asked="fit, second batch", because=because)


@pytest.mark.edge
def test_first_batches_parameters_and_order() -> None:
    small = kata.MiniBatchKMeans(4, random_state=0)
    because = "the first batch has fewer rows than there are centroids"
    ask = partial(small.partial_fit, [[1.0], [2.0], [3.0]])
    check.raises(ValueError, ask, asked="partial_fit, 3 rows, k = 4", because=because)
    asked = "predict after the first batch was refused"
    check.raises(RuntimeError, partial(small.predict, [[1.0]]), asked=asked, because="there was no batch")
    for k in (0, -1):

        def begin(k: int = k) -> Any:
            return kata.MiniBatchKMeans(k).partial_fit([[1.0], [2.0]])

        check.raises(ValueError, begin, asked=f"partial_fit, k = {k}", because="k is below 1")
    model = kata.MiniBatchKMeans(2)
    because, hint = "there are no batches", "count them"
    check.raises(ValueError, partial(model.fit, []), asked="fit of no batches", because=because, hint=hint)
    ask = partial(model.predict, [[1.0]])
    check.raises(RuntimeError, ask, asked="predict before a batch", because="there was none")


@pytest.mark.edge
def test_nothing_is_shared() -> None:
    batch = np.array([[0.0, 0.0], [8.0, 8.0], [9.0, 9.0]])
    one, other = kata.MiniBatchKMeans(2, random_state=0), kata.MiniBatchKMeans(2, random_state=0)
    with check.untouched(asked="partial_fit, predict and fit", batch=batch):
        one.partial_fit(batch)
        one.predict(batch)
        check.true(one.fit([batch]) is one, asked="fit(batches)", came="another object", expected="the object itself")
    ask = partial(other.predict, batch)
    check.raises(RuntimeError, ask, asked="predict of another object", because="it had no batch")
    centroids, counts = one.centroids, one.counts
    before = np.array(centroids), np.array(counts)
    one.partial_fit(batch + 1)
    hint = "a step writes into the array that was read before: make a new one"
    check.equal(np.array(centroids), before[0], asked="centroids, read before another batch", hint=hint)
    check.equal(np.array(counts), before[1], asked="counts, read before another batch", hint=hint)


# --- speed -----------------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_a_step_is_faster_than_row_by_row(race: Racer) -> None:
    def prepare(rng: np.random.Generator) -> Contest:
        X = rng.normal(size=(vary(rng, 2000), 16))
        model = kata.MiniBatchKMeans(32, random_state=0).partial_fit(rng.normal(size=(2000, 16)))
        before, as_lists = state_of(model), X.tolist()

        def ours() -> Any:
            after = model.partial_fit(X)
            return [np.array(after.centroids), np.array(after.counts)]

        part = len(as_lists) // 10  # twice as fast as a tenth of the rows is twenty times as fast as all
        return Contest(ours, lambda: slow_minibatch.step(*before, as_lists[:part]), lambda: step(before, X))

    def same(got: Any, want: Any, *, asked: Any) -> None:
        for mine, right in zip(got, want, strict=True):
            check.close(mine, right, asked=asked)

    asked = "a step with 2,000 rows of 16, k = 32, against a tenth of them row by row"
    hint = "all distances are one matrix product, and all sums another"
    race(prepare, same=same, at_least=2, versus="a tenth of the rows, row by row", asked=asked, hint=hint)


@pytest.mark.speed
def test_memory_is_that_of_a_batch(memory: MemoryMeter) -> None:
    def prepare(rng: np.random.Generator) -> Task:
        seed, m = int(rng.integers(2**32)), vary(rng, 20_000)
        return Task(partial(after_stream, 2, seed, m, 16, 12), lambda: 12 * m)

    hint, asked = "keep no batch: 12 of 2.4 MiB each", "fit of a stream of 12 batches of 20,000 rows of 16"
    memory(prepare, same=check.equal, at_most_mib=24, asked=asked, hint=hint)


@pytest.mark.speed
def test_a_step_makes_no_block_of_differences(memory: MemoryMeter) -> None:
    def prepare(rng: np.random.Generator) -> Task:
        X = rng.normal(size=(vary(rng, 20_000), 16))
        model = kata.MiniBatchKMeans(32, random_state=0).partial_fit(rng.normal(size=(100, 16)))
        before = state_of(model)
        return Task(lambda: np.array(model.partial_fit(X).centroids), lambda: step(before, X)[0])

    hint = "X[:, None] - centroids is an (m, k, d) array: 78 MiB here"
    memory(prepare, same=check.close, at_most_mib=20, asked="a step with 20,000 rows of 16, k = 32", hint=hint)
