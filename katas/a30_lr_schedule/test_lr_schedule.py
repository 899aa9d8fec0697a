"""Suite of A30: the schedule at its ends and between, one norm for all arrays, and micro-batches that equal the whole batch."""

from __future__ import annotations

import math
from copy import deepcopy
from functools import partial
from typing import Any

import lr_schedule as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

Schedule = tuple[float, int, int, float]
"""base_lr, warmup_steps, total_steps, min_lr"""


def make_schedule(seed: int) -> Schedule:
    rng = np.random.default_rng(seed)
    total = int(rng.integers(1, 40))
    return float(rng.integers(1, 9)) / 4, int(rng.integers(0, total + 1)), total, float(rng.integers(0, 3)) / 8


def make_grads(seed: int) -> list[Float64Array]:
    """One to four arrays of different shapes."""
    rng = np.random.default_rng(seed)
    shapes = [tuple(int(rng.integers(1, 4)) for _ in range(rng.integers(1, 3))) for _ in range(rng.integers(1, 5))]
    return [np.asarray(rng.integers(-16, 17, size=shape) / 8) for shape in shapes]


def define_rate(step: int, schedule: Schedule) -> float:
    """The definition: three parts."""
    base, warmup, total, low = schedule
    if step >= total:
        return low
    if step < warmup:
        return base * step / warmup
    return low + (base - low) / 2 * (1 + math.cos(math.pi * (step - warmup) / (total - warmup)))


def rate_mistakes(step: int, schedule: Schedule) -> Mistakes:
    """What the usual mistakes give for the rate of a step."""
    base, warmup, total, low = schedule
    to_zero = define_rate(step, (base, warmup, total, 0.0))
    left = max(total - warmup, 1)

    def cosine(angle: float, low: float = low) -> float:
        return low + (base - low) / 2 * (1 + math.cos(angle))

    return {
        "the warm-up is one step ahead, (step + 1) / warmup_steps as in some libraries: here step 0 has 0": lambda: (
            base * (step + 1) / warmup if step < warmup else None
        ),
        "the warm-up is divided by warmup_steps + 1: it reaches base_lr at warmup_steps": lambda: (
            base * (step + 1) / (warmup + 1) if step < warmup else None
        ),
        "the warm-up is divided by warmup_steps - 1: it reaches base_lr at warmup_steps": lambda: (
            base * step / (warmup - 1)
        ),
        "the warm-up begins at min_lr: it begins at 0": lambda: low + (base - low) * step / warmup,
        "no warm-up": lambda: cosine(math.pi * (step - warmup) / left) if step < warmup else None,
        "base_lr from the first step on": base if step < warmup else math.inf,
        "the cosine goes over all steps: it begins at warmup_steps": cosine(math.pi * step / total),
        "the cosine is at its end one step early: min_lr is reached at total_steps": lambda: cosine(
            math.pi * (step - warmup) / (left - 1)
        ),
        "the decay is a line: half a cosine": low + (base - low) * (1 - (step - warmup) / left),
        "a quarter of a cosine: the angle goes to pi": low
        + (base - low) * math.cos(math.pi / 2 * (step - warmup) / left),
        "it rises again after total_steps: it stays at min_lr": lambda: (
            cosine(math.pi * (step - warmup) / left) if step > total else None
        ),
        "min_lr is left out": cosine(math.pi * (step - warmup) / left, 0.0) if warmup <= step < total else 0.0,
        "min_lr is added to the whole: the cosine goes from base_lr to min_lr": define_rate(
            step, (base, warmup, total, 0.0)
        )
        + low,
        "min_lr is a floor that cuts the cosine off": max(low, to_zero),
        "0 after total_steps: it stays at min_lr": 0.0 if step >= total else math.inf,
    }


def flat(arrays: list[Float64Array]) -> Float64Array:
    return np.concatenate([np.ravel(array) for array in arrays])


def clip_mistakes(grads: list[Float64Array], max_norm: float) -> list[Mistakes]:
    """What the usual mistakes give for each array."""
    norm = float(np.linalg.norm(flat(grads)))
    per_array = [g * min(1.0, max_norm / (np.linalg.norm(g) or 1.0)) for g in grads]
    largest = float(np.abs(flat(grads)).max())
    return [
        {
            "each array is clipped by its own norm: there is one norm for all": own,
            "entries are cut off at max_norm: the whole gradient is scaled": np.clip(g, -max_norm, max_norm),
            "scaled up to max_norm, too: a smaller gradient stays as it is": lambda g=g: g * max_norm / norm,
            "not clipped": g,
            "clipped by the sum of the absolute values: the norm is Euclidean": lambda g=g: (
                g * min(1.0, max_norm / np.abs(flat(grads)).sum())
            ),
            "clipped by the largest entry: the norm is Euclidean": lambda g=g: g * min(1.0, max_norm / largest),
            "1e-6 is added to the norm, as in PyTorch: here nothing is added": lambda g=g: (
                g * min(1.0, max_norm / (norm + 1e-6))
            ),
        }
        for g, own in zip(grads, per_array, strict=True)
    ]


def norm_mistakes(grads: list[Float64Array], max_norm: float) -> Mistakes:
    """What the usual mistakes give for the norm."""
    all_entries, norms = flat(grads), [float(np.linalg.norm(g)) for g in grads]
    return {
        "the norm after clipping: return that before": min(float(np.linalg.norm(all_entries)), max_norm),
        "the sum of the arrays' norms: add squares, and take one root": sum(norms),
        "the largest norm of an array: there is one norm for all": max(norms),
        "the root of the mean of the squares: their sum": float(np.sqrt(np.mean(all_entries**2))),
    }


def check_clip(grads: Any, max_norm: float, *, hint: str = "") -> None:
    """Hold norm and arrays to the definition."""
    __tracebackhide__ = True
    exact = [np.asarray(g, dtype=np.float64) for g in grads]
    asked, got = call("clip_grad_norm", grads, max_norm), kata.clip_grad_norm(deepcopy(grads), max_norm)
    norm = math.sqrt(math.fsum(value * value for value in flat(exact).tolist()))
    check.close(got[1], norm, asked="the norm of " + asked, mistakes=norm_mistakes(exact, max_norm), hint=hint)
    check.python_float(got[1], asked="the norm of " + asked)
    check.equal(len(got[0]), len(exact), asked="the number of arrays of " + asked)
    for i, (array, g, mistakes) in enumerate(zip(got[0], exact, clip_mistakes(exact, max_norm), strict=True)):
        label = f"array {i} of " + asked
        check.close(array, g * min(1.0, max_norm / norm) if norm else g, asked=label, mistakes=mistakes, hint=hint)
        check.float_array(array, g.shape, asked=label)


def check_accumulate(grads: Any, sizes: Any, *, hint: str = "") -> None:
    """Hold the result to the weighted mean, parameter by parameter."""
    __tracebackhide__ = True
    asked, got = call("accumulate", grads, sizes), kata.accumulate(*deepcopy((grads, sizes)))
    check.equal(len(got), len(grads[0]), asked="the number of arrays of " + asked)
    for i, array in enumerate(got):
        stack = np.array([np.asarray(batch[i], dtype=np.float64) for batch in grads])
        weighted = np.array([size * g for size, g in zip(sizes, stack, strict=True)])
        want = weighted.sum(axis=0) / sum(sizes)
        mistakes: Mistakes = {
            "the plain mean of the micro-batches: weigh each by its size": stack.mean(axis=0),
            "the sum of the micro-batches: it is a mean over samples": stack.sum(axis=0),
            "the sum over samples: divide by their number": weighted.sum(axis=0),
            "divided by the number of micro-batches: by that of samples": weighted.mean(axis=0),
            "the sum of the means, divided by the number of samples: weigh each by its size": stack.sum(axis=0)
            / sum(sizes),
            "the last micro-batch alone": stack[-1],
        }
        check.close(array, want, asked=f"array {i} of " + asked, mistakes=mistakes, hint=hint)
        check.float_array(array, want.shape, asked=f"array {i} of " + asked)


GRADS = [np.array([3.0, 0.0]), np.array([[4.0]])]
BATCHES = [[np.array([1.0, 2.0]), np.array([[3.0]])], [np.array([5.0, 0.0]), np.array([[-1.0]])]]

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize("step", [0, 1, 3, 4, 5, 8, 10, 11, 12, 13, 99])
def test_worked_example_of_the_schedule(step: int) -> None:
    schedule = 1.0, 4, 12, 0.2
    got, asked = kata.warmup_cosine(step, *schedule), call("warmup_cosine", step, *schedule)
    check.close(got, define_rate(step, schedule), asked=asked, mistakes=rate_mistakes(step, schedule))
    check.python_float(got, asked=asked)


@pytest.mark.example
def test_worked_examples_of_clipping() -> None:
    check_clip(GRADS, 1.0)
    check_clip(GRADS, 4.5)
    check_clip(GRADS, 7.0)


@pytest.mark.example
def test_worked_examples_of_accumulation() -> None:
    check_accumulate([[[1.0, 2.0]], [[5.0, 0.0]]], [3, 1])
    check_accumulate(BATCHES, [3, 1])


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(st.builds(make_schedule, seeds()))
def test_every_step_of_a_schedule_equals_the_definition(schedule: Schedule) -> None:
    steps = range(schedule[2] + 3)
    got = each(kata.warmup_cosine, [(step, *schedule) for step in steps])
    for step, rate in zip(steps, got, strict=True):
        asked, mistakes = call("warmup_cosine", step, *schedule), rate_mistakes(step, schedule)
        check.close(rate, define_rate(step, schedule), asked=asked, mistakes=mistakes)


@pytest.mark.law
@given(st.builds(make_grads, seeds()), st.sampled_from([0.25, 1.0, 4.0, 100.0]))
def test_clipping_equals_the_definition(grads: list[Float64Array], max_norm: float) -> None:
    check_clip(grads, max_norm)


@pytest.mark.law
@given(seeds())
def test_micro_batches_together_give_the_gradient_of_the_whole_batch(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = rng.integers(1, 6, size=rng.integers(1, 5)).tolist()
    x, y, w, b = rng.normal(size=(sum(sizes), 3)), rng.normal(size=sum(sizes)), rng.normal(size=3), 0.5

    def gradients(rows: slice) -> list[Float64Array]:
        error = x[rows] @ w + b - y[rows]
        return [2 * x[rows].T @ error / len(error), np.array([2 * error.mean()])]

    ends = np.cumsum(sizes).tolist()
    grads = [gradients(slice(end - size, end)) for end, size in zip(ends, sizes, strict=True)]
    check_accumulate(grads, sizes, hint="each sample counts once, in whatever micro-batch it is")
    for got, want in zip(kata.accumulate(deepcopy(grads), sizes), gradients(slice(None)), strict=True):
        check.close(got, want, asked=call("accumulate", grads, sizes) + ", beside the gradient of the whole batch")


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize(
    "schedule", [(0.5, 0, 10, 0.1), (0.5, 10, 10, 0.1), (0.5, 1, 1, 0.1), (0.5, 0, 1, 0.0)], ids=str
)
def test_schedules_without_warm_up_or_without_decay(schedule: Schedule) -> None:
    for step in (0, 1, 5, 9, 10, 11):
        asked, mistakes = call("warmup_cosine", step, *schedule), rate_mistakes(step, schedule)
        got = check.accepts(partial(kata.warmup_cosine, step, *schedule), asked=asked, because="that is a schedule")
        check.close(got, define_rate(step, schedule), asked=asked, mistakes=mistakes)
    asked = call("warmup_cosine", 12, 1.0, 4, 12)
    check.close(kata.warmup_cosine(12, 1.0, 4, 12), 0.0, asked=asked, hint="min_lr is 0 by default")


@pytest.mark.edge
def test_gradients_of_zeros_and_of_exactly_the_norm_stay_and_small_ones_count() -> None:
    check_clip([np.zeros(3), np.zeros((2, 2))], 1.0, hint="a norm of 0 is not divided by")
    check_clip(GRADS, 5.0)
    check_clip([[3e-9, 4e-9]], 1e-9, hint="add nothing to the norm")


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8, np.uint8])
def test_is_computed_in_float64(dtype: npt.DTypeLike) -> None:
    grads, hint = [np.array([100, 27, 3]).astype(dtype), np.array([[90]]).astype(dtype)], "convert to float64 first"
    for max_norm in (1.0, 1000.0):
        check_clip(grads, max_norm, hint=hint)
    check_clip([grad.tolist() for grad in grads], 1.0, hint=hint)
    check_accumulate([grads, [g // 2 for g in grads]], [100, 3], hint=hint)
    check_accumulate([[g.tolist() for g in grads]], np.array([7]), hint=hint)


BAD: dict[str, tuple[str, tuple[Any, ...]]] = {
    "the step is negative": ("warmup_cosine", (-1, 1.0, 4, 12)),
    "warmup_steps is negative": ("warmup_cosine", (0, 1.0, -1, 12)),
    "warmup_steps is above total_steps": ("warmup_cosine", (20, 1.0, 13, 12)),
    "total_steps is 0": ("warmup_cosine", (0, 1.0, 0, 0)),
    "max_norm is 0": ("clip_grad_norm", (GRADS, 0.0)),
    "max_norm is negative": ("clip_grad_norm", (GRADS, -1.0)),
    "there are no arrays": ("clip_grad_norm", ([], 1.0)),
    "there are no micro-batches": ("accumulate", ([], [])),
    "the micro-batches have no arrays": ("accumulate", ([[], []], [1, 2])),
    "there is one size for two micro-batches": ("accumulate", (BATCHES, [3])),
    "there are three sizes for two micro-batches": ("accumulate", (BATCHES, [3, 1, 2])),
    "a size is 0": ("accumulate", (BATCHES, [3, 0])),
    "a size is not a whole number": ("accumulate", (BATCHES, [3, 1.5])),
    "the second micro-batch has one array less": ("accumulate", ([BATCHES[0], BATCHES[1][:1]], [3, 1])),
    "shapes differ, though they would broadcast": ("accumulate", ([[np.ones((2, 2))], [np.ones(2)]], [3, 1])),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_impossible_arguments_are_an_error(why: str) -> None:
    name, arguments = BAD[why]
    ask, hint = partial(getattr(kata, name), *deepcopy(arguments)), "check arguments before you compute"
    check.raises(ValueError, ask, asked=call(name, *arguments), because=why, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    grads, batches = deepcopy(GRADS), deepcopy(BATCHES)
    for max_norm in (1.0, 100.0):
        with check.untouched(asked=call("clip_grad_norm", GRADS, max_norm), grads=grads):
            clipped, _ = kata.clip_grad_norm(grads, max_norm)
            clipped[0][...] = 7.0  # a training loop updates what it got
    with check.untouched(asked=call("accumulate", BATCHES, [3, 1]), grads=batches):
        kata.accumulate(batches, [3, 1])
