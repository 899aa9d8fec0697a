"""Suite of B36: every formula with other coefficients told apart, and laws that tie them together."""

from __future__ import annotations

import math
from collections.abc import Mapping
from copy import deepcopy
from functools import partial
from typing import Any

import diffusion as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

Case = tuple[list[float], int, Float64Array, Float64Array, Float64Array]
"""betas, t, and three arrays of one shape"""


def make_case(seed: int) -> Case:
    rng = np.random.default_rng(seed)
    betas = (rng.integers(1, 16, size=int(rng.integers(1, 7))) / 20).tolist()
    shape = tuple(int(rng.integers(1, 4)) for _ in range(rng.integers(1, 4)))
    a, b, c = rng.integers(-12, 13, size=(3, *shape)) / 4
    return betas, int(rng.integers(len(betas))), a, b, c


CASES = st.builds(make_case, seeds())


def bar(betas: list[float], t: int) -> float:
    """The product of 1 - beta over steps 0 to t; 1 for t = -1."""
    return math.prod(1 - beta for beta in betas[: t + 1])


def mix(x: Float64Array, by: float, y: Float64Array, with_: float) -> Float64Array:
    return np.asarray(by * x + with_ * y)


def q_sample(betas: list[float], x0: Float64Array, t: int, noise: Float64Array) -> Float64Array:
    return mix(x0, math.sqrt(bar(betas, t)), noise, math.sqrt(1 - bar(betas, t)))


def q_mistakes(betas: list[float], x0: Float64Array, t: int, noise: Float64Array) -> Mistakes:
    """What the usual mistakes give for the noised data."""
    a, beta = bar(betas, t), betas[t]
    return {
        "beta for alpha-bar: the noise of step t alone": mix(x0, math.sqrt(1 - beta), noise, math.sqrt(beta)),
        "no root over alpha-bar": mix(x0, a, noise, math.sqrt(1 - a)),
        "no root over 1 - alpha-bar: the deviation, not the variance": mix(x0, math.sqrt(a), noise, 1 - a),
        "no roots": mix(x0, a, noise, 1 - a),
        "data and noise are swapped": mix(noise, math.sqrt(a), x0, math.sqrt(1 - a)),
        "alpha-bar of step t - 1": q_sample(betas, x0, t - 1, noise),
        "alpha-bar of step t + 1": lambda: q_sample(betas, x0, t + 1, noise) if t + 1 < len(betas) else None,
        "the betas were added up: alphas are multiplied": lambda: mix(
            x0, math.sqrt(1 - sum(betas[: t + 1])), noise, math.sqrt(sum(betas[: t + 1]))
        ),
        "the betas were multiplied: multiply 1 - beta": mix(
            x0, math.sqrt(math.prod(betas[: t + 1])), noise, math.sqrt(1 - math.prod(betas[: t + 1]))
        ),
        "1 - root(alpha-bar) for the noise": mix(x0, math.sqrt(a), noise, 1 - math.sqrt(a)),
    }


def posterior(betas: list[float], x0: Float64Array, x_t: Float64Array, t: int) -> tuple[Float64Array, float]:
    """By precisions: x_(t-1) is known from the data, and from x_t."""
    before, beta = bar(betas, t - 1), betas[t]
    if t == 0:
        return np.array(x0), 0.0
    precision = 1 / (1 - before) + (1 - beta) / beta
    return mix(
        x0, math.sqrt(before) / (1 - before) / precision, x_t, math.sqrt(1 - beta) / beta / precision
    ), 1 / precision


def posterior_mistakes(betas: list[float], x0: Float64Array, x_t: Float64Array, t: int) -> tuple[Mistakes, Mistakes]:
    """What the usual mistakes give for mean and variance."""
    a, before, beta = bar(betas, t), bar(betas, t - 1), betas[t]
    of_data, of_noised = math.sqrt(before) * beta / (1 - a), math.sqrt(1 - beta) * (1 - before) / (1 - a)
    variance = (1 - before) / (1 - a) * beta
    return {
        "x0 and x_t are swapped": mix(x_t, of_data, x0, of_noised),
        "alpha-bar of t for that of t - 1 with x0": mix(x0, math.sqrt(a) * beta / (1 - a), x_t, of_noised),
        "no root over alpha-bar with x0": mix(x0, before * beta / (1 - a), x_t, of_noised),
        "no root over alpha with x_t": mix(x0, of_data, x_t, (1 - beta) * (1 - before) / (1 - a)),
        "alpha-bar for alpha with x_t": mix(x0, of_data, x_t, math.sqrt(a) * (1 - before) / (1 - a)),
        "1 - alpha-bar of t for that of t - 1 with x_t": mix(x0, of_data, x_t, math.sqrt(1 - beta)),
        "divided by 1 - alpha-bar of t - 1": lambda: mix(
            x0, of_data * (1 - a) / (1 - before), x_t, of_noised * (1 - a) / (1 - before)
        ),
        "alpha for beta with x0": mix(x0, math.sqrt(before) * (1 - beta) / (1 - a), x_t, of_noised),
    }, {
        "that is the deviation: the variance is asked for": math.sqrt(variance),
        "beta itself: the posterior has less": beta,
        "the ratio is turned round": lambda: beta * (1 - a) / (1 - before),
        "without the factor beta": (1 - before) / (1 - a),
        "1 - alpha-bar, the variance of x_t": 1 - a,
        "(1 - alpha-bar of t - 1) alone": 1 - before,
    }


def predicted_data(betas: list[float], x_t: Float64Array, predicted: Float64Array, t: int) -> Float64Array:
    return np.asarray((x_t - math.sqrt(1 - bar(betas, t)) * predicted) / math.sqrt(bar(betas, t)))


def step_mistakes(
    betas: list[float], x_t: Float64Array, predicted: Float64Array, t: int, noise: Float64Array
) -> Mistakes:
    """What the usual mistakes give for a step of DDPM."""
    a, beta = bar(betas, t), betas[t]
    mean, variance = posterior(betas, predicted_data(betas, x_t, predicted, t), x_t, t)
    return {
        "the variance times the noise: its root": mean + variance * noise,
        "no noise was added": mean,
        "the deviation is the root of beta: that of the posterior is asked for, which is 0 at t = 0": mean
        + math.sqrt(beta) * noise,
        "beta times the noise": mean + beta * noise,
        "the root of alpha-bar in the divisor: of alpha": (x_t - beta / math.sqrt(1 - a) * predicted) / math.sqrt(a)
        + math.sqrt(variance) * noise,
        "the predicted noise is not weighed: by beta / root(1 - alpha-bar)": (x_t - predicted) / math.sqrt(1 - beta)
        + math.sqrt(variance) * noise,
        "beta / (1 - alpha-bar), without the root": (x_t - beta / (1 - a) * predicted) / math.sqrt(1 - beta)
        + math.sqrt(variance) * noise,
        "the predicted noise is added: it is taken off": posterior(
            betas, predicted_data(betas, x_t, -predicted, t), x_t, t
        )[0]
        + math.sqrt(variance) * noise,
        "the predicted noise is drawn anew in the place of fresh noise": mean + math.sqrt(variance) * predicted,
        "the predicted data is not divided by root(alpha-bar)": posterior(
            betas, predicted_data(betas, x_t, predicted, t) * math.sqrt(a), x_t, t
        )[0]
        + math.sqrt(variance) * noise,
    }


def ddim(betas: list[float], x_t: Float64Array, predicted: Float64Array, t: int, before: int) -> Float64Array:
    return q_sample(betas, predicted_data(betas, x_t, predicted, t), before, predicted)


def ddim_mistakes(betas: list[float], x_t: Float64Array, predicted: Float64Array, t: int, before: int) -> Mistakes:
    """What the usual mistakes give for a step of DDIM."""
    a, b, x0 = bar(betas, t), bar(betas, before), predicted_data(betas, x_t, predicted, t)
    return {
        "the predicted data itself: noise of the earlier step belongs to it": x0,
        "no noise of the earlier step": math.sqrt(b) * x0,
        "alpha-bar of t for that of t_previous": np.array(x_t),
        "always to t - 1, whatever t_previous": ddim(betas, x_t, predicted, t, t - 1),
        "alpha-bar of the last step stands for t_previous = -1: it is 1": lambda: q_sample(
            betas, x0, len(betas) - 1, predicted
        ),
        "no root over 1 - alpha-bar of the earlier step": mix(x0, math.sqrt(b), predicted, 1 - b),
        "no roots": mix(x0, b, predicted, 1 - b),
        "the predicted noise is added to find the data": q_sample(
            betas, predicted_data(betas, x_t, -predicted, t), before, predicted
        ),
        "the predicted data is not divided by root(alpha-bar)": mix(
            x0 * math.sqrt(a), math.sqrt(b), predicted, math.sqrt(1 - b)
        ),
        "a step of DDPM without noise": posterior(betas, x0, x_t, t)[0],
    }


def check_all(case: Case, *, hint: str = "") -> None:
    """Hold the four methods to their formulas, at step t."""
    __tracebackhide__ = True
    given_betas, t, x, y, z = case
    process, made, betas = (
        kata.Diffusion(deepcopy(given_betas)),
        call("Diffusion", given_betas),
        [float(b) for b in given_betas],
    )
    exact = [np.asarray(array, dtype=np.float64) for array in (x, y, z)]
    a, b, c = exact
    parts: list[tuple[str, tuple[Any, ...], Any, Mistakes]] = [
        ("q_sample", (x, t, y), q_sample(betas, a, t, b), q_mistakes(betas, a, t, b)),
        ("ddpm_step", (x, y, t, z), _ddpm(betas, a, b, t, c), step_mistakes(betas, a, b, t, c)),
    ]
    parts += [
        ("ddim_step", (x, y, t, s), ddim(betas, a, b, t, s), ddim_mistakes(betas, a, b, t, s)) for s in range(-1, t)
    ]
    mean, variance = posterior(betas, a, b, t)
    of_mean, of_variance = posterior_mistakes(betas, a, b, t)
    got, asked = process.posterior(*deepcopy((x, y)), t), call("posterior", x, y, t) + " of " + made
    check.true(len(got) == 2, asked=asked, came=f"{len(got)} values", expected="2: mean and variance")
    parts_of = (("mean", got[0], mean, of_mean), ("variance", got[1], variance, of_variance))
    for name, arguments, want, mistakes in parts[:1]:
        _hold(
            getattr(process, name)(*deepcopy(arguments)), want, call(name, *arguments) + " of " + made, mistakes, hint
        )
    for label, value, right, known in parts_of:
        check.close(value, right, asked=f"{label} of " + asked, atol=1e-11, mistakes=known, hint=hint)
    check.python_float(got[1], asked="variance of " + asked)
    for name, arguments, want, mistakes in parts[1:]:
        _hold(
            getattr(process, name)(*deepcopy(arguments)), want, call(name, *arguments) + " of " + made, mistakes, hint
        )


def _ddpm(betas: list[float], x_t: Float64Array, predicted: Float64Array, t: int, noise: Float64Array) -> Float64Array:
    mean, variance = posterior(betas, predicted_data(betas, x_t, predicted, t), x_t, t)
    return mean + math.sqrt(variance) * noise


def _hold(got: object, want: Float64Array, asked: Any, mistakes: Mistakes, hint: str) -> None:
    __tracebackhide__ = True
    check.close(got, want, asked=asked, atol=1e-10, mistakes=mistakes, hint=hint)
    check.float_array(got, want.shape, asked=asked)


BETAS = [0.5, 0.36, 0.2]
X, Y, Z = np.array([1.0, 0.0, 3.0]), np.array([0.0, 2.0, -1.0]), np.array([0.5, -1.0, 2.0])

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize("t", [2, 1, 0])
def test_worked_examples(t: int) -> None:
    check_all((BETAS, t, X, Y, Z))


@pytest.mark.example
def test_worked_example_of_the_schedule() -> None:
    defaults = 1e-4, 0.02
    for n, *ends in ((5,), (3, 0.1, 0.4), (1,), (1, 0.3, 0.5)):
        arguments, (start, end) = (n, *ends), ends or defaults
        want = [start + (end - start) * i / max(n - 1, 1) for i in range(int(n))]
        mistakes: Mapping[str, object] = {
            "the end is left out: both ends are among them": [start + (end - start) * i / n for i in range(int(n))],
            "the start is left out: both ends are among them": [
                start + (end - start) * (i + 1) / n for i in range(int(n))
            ],
            "evenly in the logarithm: evenly": np.geomspace(start, end, int(n)),
            "the roots are even, as in a scaled linear schedule": np.linspace(start**0.5, end**0.5, int(n)) ** 2,
            "for one step it is start": [end] if n == 1 else math.nan,
        }
        check.close(kata.linear_betas(*arguments), want, asked=call("linear_betas", *arguments), mistakes=mistakes)
    got, bars = kata.Diffusion(BETAS).alpha_bars, np.cumprod(1 - np.array(BETAS))
    mistakes = {
        "that is 1 - beta: multiply them up": 1 - np.array(BETAS),
        "sums in place of products": 1 - np.cumsum(BETAS),
        "the product of the betas": np.cumprod(BETAS),
        "one step late: step t has its own noise": np.append(1.0, bars[:-1]),
    }
    check.close(got, bars, asked=f"alpha_bars of Diffusion({BETAS})", mistakes=mistakes)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(CASES)
def test_all_methods_equal_their_formulas(case: Case) -> None:
    check_all(case)


@pytest.mark.law
@given(CASES)
def test_with_the_true_noise_ddim_finds_every_earlier_step(case: Case) -> None:
    betas, t, x0, noise, _ = case
    process = kata.Diffusion(betas)
    x_t = process.q_sample(x0, t, noise)
    for s in range(-1, t):
        want = process.q_sample(x0, s, noise) if s >= 0 else x0
        asked = f"ddim_step of q_sample(x0, {t}, noise) to {s}, with the true noise; betas {betas}"
        hint = "predict the data, then noise it again to the earlier step"
        check.close(process.ddim_step(x_t, noise, t, s), want, asked=asked, atol=1e-9, hint=hint)


@pytest.mark.law
@given(CASES)
def test_ddpm_steps_have_the_moments_of_the_forward_process(case: Case) -> None:
    betas, t, x0, *_ = case
    process, zero = kata.Diffusion(betas), np.zeros_like(x0)
    # x_t = m x0 + s e: the posterior mean is linear in x_t, so its moments over e follow from two calls.
    a, before = bar(betas, t), bar(betas, t - 1)
    at_mean, variance = process.posterior(x0, math.sqrt(a) * x0, t)
    slope = np.asarray(process.posterior(zero, zero + 1, t)[0])
    asked = f"moments of the posterior at step {t}, averaged over x_t; betas {betas}"
    check.close(
        at_mean,
        math.sqrt(before) * x0,
        asked=f"mean of {asked}",
        atol=1e-9,
        hint="it is root(alpha-bar) x0 of step t - 1",
    )
    total = variance + slope**2 * (1 - a)
    check.close(
        total, zero + 1 - before, asked=f"variance of {asked}", atol=1e-9, hint="it is 1 - alpha-bar of step t - 1"
    )


@pytest.mark.law
def test_a_thousand_steps_and_hundreds_of_entries() -> None:
    betas = [float(beta) for beta in kata.linear_betas(1000)]
    rng = np.random.default_rng(36)
    process, (x, y, z) = kata.Diffusion(betas), rng.normal(size=(3, 400))
    for t in (0, 1, 500, 999):
        _hold(process.q_sample(x, t, y), q_sample(betas, x, t, y), f"q_sample at {t} of 1000 steps", {}, "")
        _hold(process.ddpm_step(x, y, t, z), _ddpm(betas, x, y, t, z), f"ddpm_step at {t} of 1000 steps", {}, "")
    _hold(process.ddim_step(x, y, 999, 20), ddim(betas, x, y, 999, 20), "ddim_step from 999 to 20", {}, "")


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_a_process_of_one_step() -> None:
    check_all(([0.25], 0, X, Y, Z), hint="before the first step alpha-bar is 1")


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.float32, np.int8])
def test_is_computed_in_float64_also_from_lists(dtype: npt.DTypeLike) -> None:
    x, y, z = (np.array([rows]).astype(dtype) for rows in ([100, 27], [-90, 3], [50, -99]))
    betas: Any = np.array([0.1, 0.7, 0.3], dtype=np.float32)
    check_all((betas, 2, x, y, z), hint="convert to float64 first")
    check_all((BETAS, 2, x.tolist(), y.tolist(), z.tolist()))


BAD: dict[str, tuple[str, tuple[Any, ...]]] = {
    "the shapes differ, though they would broadcast": ("q_sample", (X, 1, Y[:1])),
    "t is T": ("q_sample", (X, 3, Y)),
    "t is negative, which would be the last step": ("q_sample", (X, -1, Y)),
    "t is not a whole number": ("q_sample", (X, 0.5, Y)),
    "there are no entries": ("q_sample", (X[:0], 1, Y[:0])),
    "x_t has another shape": ("posterior", (X, Y[:2], 1)),
    "t of the posterior is -1": ("posterior", (X, Y, -1)),
    "t of the posterior is T": ("posterior", (X, Y, 3)),
    "the noise has an axis more": ("ddpm_step", (X, Y, 1, Z[None])),
    "t of a step is T": ("ddpm_step", (X, Y, 3, Z)),
    "t_previous is t": ("ddim_step", (X, Y, 1, 1)),
    "t_previous is after t": ("ddim_step", (X, Y, 1, 2)),
    "t_previous is -2": ("ddim_step", (X, Y, 1, -2)),
    "t of DDIM is T": ("ddim_step", (X, Y, 3, 0)),
    "t of DDIM is not a whole number": ("ddim_step", (X, Y, 1.5, 0)),
}
BAD_BETAS: dict[str, Any] = {
    "betas have two axes": [BETAS],
    "there are no betas": [],
    "a beta is 0": [0.1, 0.0],
    "a beta is 1": [0.1, 1.0],
    "a beta is negative": [-0.1, 0.2],
    "betas are one number": 0.5,
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_steps_out_of_range_and_shapes_that_differ_are_an_error(why: str) -> None:
    name, arguments = BAD[why]
    ask, hint = partial(getattr(kata.Diffusion(BETAS), name), *deepcopy(arguments)), "check step and shapes first"
    check.raises(ValueError, ask, asked=call(name, *arguments), because=why, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD_BETAS)
def test_betas_out_of_range_are_an_error(why: str) -> None:
    betas, hint = BAD_BETAS[why], "check shape and range when the process is made"
    check.raises(
        ValueError, lambda: kata.Diffusion(deepcopy(betas)), asked=call("Diffusion", betas), because=why, hint=hint
    )
    for n in (0, -1, 2.5):
        check.raises(
            ValueError,
            partial(kata.linear_betas, n),
            asked=call("linear_betas", n),
            because="that is no number of steps",
        )


@pytest.mark.edge
def test_arguments_stay_as_they_were_and_later_changes_make_no_difference() -> None:
    betas, x, y, z = np.array(BETAS), X.copy(), Y.copy(), Z.copy()
    with check.untouched(asked="all methods", betas=betas, x=x, y=y, z=z):
        process = kata.Diffusion(betas)
        process.q_sample(x, 1, y)
        process.posterior(x, y, 1)
        process.ddpm_step(x, y, 1, z)
        process.ddim_step(x, y, 2, 0)
    betas[:] = 0.9
    want, hint = posterior(BETAS, X, Y, 1)[0], "keep a copy of the betas"
    check.close(process.posterior(X, Y, 1)[0], want, asked="posterior after the caller's betas were changed", hint=hint)
