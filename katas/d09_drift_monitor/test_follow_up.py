"""Follow-up of D09: p-values adjusted for the false discovery rate, against the definition, and the list of a morning."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import drift_monitor as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import call
from harness.suite.strategies import seeds


def adjust(p: Sequence[float], slip: str = "") -> list[float]:
    """The smallest q at which each is rejected, by the definition; `slip` is a mistake."""
    m, order = len(p), sorted(range(len(p)), key=lambda i: p[i])
    ordered = [p[i] for i in order]
    scaled = [m * x / i for i, x in enumerate(ordered, 1)]
    if slip == "reversed":
        scaled = [m * x / (m - i) for i, x in enumerate(ordered)]
    values = [min([1.0, *scaled[i:]]) for i in range(m)]
    if slip == "own line":
        values = [min(1.0, x) for x in scaled]
    elif slip == "step down":
        values = [min(1.0, max(scaled[: i + 1])) for i in range(m)]
    elif slip == "uncapped":
        values = [min(scaled[i:]) for i in range(m)]
    elif slip == "Bonferroni":
        values = [min(1.0, m * x) for x in ordered]
    elif slip == "Holm":
        values = [min(1.0, max((m - j) * ordered[j] for j in range(i + 1))) for i in range(m)]
    back = dict(zip(order, values, strict=True))
    return values if slip == "sorted" else [back[i] for i in range(m)]


SLIPS = {
    "own line": "m p / i without the minimum over larger p-values: what lies above its own line may be rejected too",
    "step down": "stops at the first p-value above its line: look for the largest k",
    "uncapped": "an adjusted p-value above 1",
    "Bonferroni": "all p-values are multiplied by m: by m / i (that is Bonferroni)",
    "Holm": "p-values are multiplied by m - i + 1 (that is Holm): by m / i",
    "sorted": "the results are in sorted order: in that of the arguments",
    "reversed": "the ranks count from the largest p-value: from the smallest",
}


def check_adjusted(p: Sequence[float], q: float | None = None) -> None:
    """Hold both results to the definition."""
    __tracebackhide__ = True
    options = {} if q is None else {"q": q}
    asked, limit = call("benjamini_hochberg", p, **options), q or 0.05
    came, want = kata.benjamini_hochberg(list(p), **options), adjust(p)
    mistakes: dict[str, Any] = {text: partial(adjust, p, slip) for slip, text in SLIPS.items()}
    check.close(came[0], want, asked=f"the first of {asked}", mistakes=mistakes)
    check.float_array(came[0], (len(p),), asked=f"the first of {asked}")
    rejected = np.array(want) <= limit
    mistakes = {"compared without adjusting": np.array(p) <= limit, "q is not heeded": np.array(want) <= 0.05}
    hint = "adjusted at most q, as a bool array"
    check.equal(np.asarray(came[1]), rejected, asked=f"the second of {asked}", mistakes=mistakes, hint=hint)


EXAMPLES: list[tuple[list[float], float | None]] = [
    ([0.9, 0.021, 0.001, 0.028, 0.034], 0.05),
    ([0.01, 0.02, 0.03, 0.04, 0.7], None),
    ([0.8, 0.95, 0.9], 0.97),
    ([0.04, 0.001, 0.001, 0.5, 0.04, 1.0, 0.0], 0.1),
    ([0.03, 0.2, 0.6], 0.2),
]


@pytest.mark.example
@pytest.mark.parametrize(("p", "q"), EXAMPLES, ids=str)
def test_worked_examples(p: list[float], q: float | None) -> None:
    check_adjusted(p, q)


@pytest.mark.law
@given(seeds(), st.sampled_from([1, 2, 5, 9, 300]), st.sampled_from([0.01, 0.1, 0.4]))
def test_adjusted_values_follow_the_definition(seed: int, m: int, q: float) -> None:
    rng = np.random.default_rng(seed)
    p = rng.random(m) ** rng.integers(1, 6, size=m)
    p[rng.random(m) < 0.2] = p[0]
    check_adjusted(p.tolist(), q)


def make(rows: int, shifts: Sequence[float], seed: int) -> dict[str, Any]:
    """A table of normal columns, shifted by so much."""
    rng = np.random.default_rng(seed)
    return {f"x{i}": rng.normal(size=rows) + shift for i, shift in enumerate(shifts)}


@pytest.mark.example
@pytest.mark.parametrize(("q", "count"), [(None, 60), (0.3, 60), (0.001, 60), (0.05, 3)], ids=str)
def test_ranked_has_the_most_certain_first(q: float | None, count: int) -> None:
    shifts = [0.9 * (i % 3 == 1) + 0.5 * (i % 5 == 2) for i in range(count)]
    reference, batch = make(150, [0.0] * count, 1), make(90, shifts, 2)
    batch["x2"], batch["x0"] = reference["x2"] + 90, reference["x0"] + 90  # equal p-values
    monitor, options = kata.DriftMonitor(reference, alpha=0.5), {} if q is None else {"q": q}
    batch = {name: column[:90] for name, column in batch.items()}
    p = {name: found["p_value"] for name, found in monitor.check(batch).items()}
    adjusted = dict(zip(p, adjust(list(p.values())), strict=True))
    by_p = sorted(p, key=lambda name: (adjusted[name], p[name]))
    found = [name for name in by_p if adjusted[name] <= (q or 0.05)]
    came = [tuple(one) for one in monitor.ranked(batch, **options)]
    asked = f"{call('ranked', **options)} of {count} features"
    mistakes = {
        "the least certain first": found[::-1],
        "in the order of the reference: the smallest adjusted p-value first": [name for name in p if name in found],
        "all features: only those that drifted": by_p,
        "those that check calls drifted: alpha plays no part": [name for name in by_p if p[name] <= 0.5 / count],
        "of equal adjusted values the smaller p-value comes first": sorted(found, key=lambda name: adjusted[name]),
    }
    check.equal([name for name, _ in came], found, asked=f"the features of {asked}", mistakes=mistakes)
    want = [adjusted[name] for name in found]
    mistakes = {"the p-values are not adjusted": [p[name] for name in found]}
    check.close(
        [value for _, value in came], want, asked=f"the values of {asked}", mistakes=mistakes, atol=0, rtol=1e-6
    )


@pytest.mark.edge
def test_nothing_drifted_and_arguments_stay() -> None:
    monitor = kata.DriftMonitor(make(50, [0.0, 0.0], 3))
    check.equal(monitor.ranked(make(50, [0.0, 0.0], 3)), [], asked="ranked(the reference itself)")
    p = np.array([0.5, 0.01, 0.2])
    with check.untouched(asked=call("benjamini_hochberg", p), p_values=p):
        kata.benjamini_hochberg(p)


@pytest.mark.edge
@pytest.mark.parametrize(
    ("p", "q"),
    [*((p, 0.1) for p in ([], [[0.1]], [-0.001], [0.1, 1.001], [math.nan])), *(([0.1], q) for q in (0, 1, 1.5))],
    ids=str,
)
def test_what_is_no_probability_is_an_error(p: Any, q: float) -> None:
    monitor, because = kata.DriftMonitor(make(9, [0.0], 4)), "p-values lie in 0 ... 1, in one axis, q between 0 and 1"
    asked, wrong = call("benjamini_hochberg", p, q=q), partial(kata.benjamini_hochberg, p, q=q)
    check.raises(ValueError, wrong, asked=asked, because=because, hint=because)
    if q != 0.1:
        wrong = partial(monitor.ranked, make(9, [0.0], 5), q=q)
        check.raises(ValueError, wrong, asked=call("ranked", q=q), because=because, hint=because)
