"""Suite of B33: four formulas sample by sample, every gradient by differences, and the cases that training really meets."""

from __future__ import annotations

import math
from copy import deepcopy
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import preference_losses as kata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array, seeds

Pairs = tuple[Float64Array, Float64Array, Float64Array, Float64Array, float]
"""policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta"""
Steps = tuple[Float64Array, Float64Array, Float64Array, float]
"""log_probs, old_log_probs, advantages, clip"""


def make_pairs(seed: int) -> Pairs:
    rng = np.random.default_rng(seed)
    pc, pr, rc, rr = -rng.integers(1, 60, size=(4, int(rng.integers(1, 6)))) / 4
    return pc, pr, rc, rr, float(rng.choice([0.1, 0.5, 1.0]))


def make_steps(seed: int) -> Steps:
    """Ratios on both sides of the limits, none exactly at one; advantages of both signs, and 0."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 7))
    old = -rng.integers(1, 40, size=n) / 8
    return (
        old + rng.integers(-6, 7, size=n) / 8,
        old,
        rng.integers(-4, 5, size=n) / 2,
        float(rng.choice([0.1, 0.2, 0.3])),
    )


PAIRS, STEPS = st.builds(make_pairs, seeds()), st.builds(make_steps, seeds())

# --- the definitions, and what the usual mistakes give -----------------------------------------------------------------


def softplus(x: float) -> float:
    """ln(1 + e^x), for any x."""
    return max(x, 0.0) + math.log1p(math.exp(-abs(x)))


def logistic(x: float) -> float:
    return 1 / (1 + math.exp(-x)) if x >= 0 else math.exp(x) / (1 + math.exp(x))


def define_dpo(pairs: Pairs) -> tuple[float, Float64Array]:
    """The loss, and the gradient in the chosen answers."""
    *arrays, beta = pairs
    margins = [beta * ((pc - rc) - (pr - rr)) for pc, pr, rc, rr in zip(*(a.tolist() for a in arrays), strict=True)]
    n = len(margins)
    return math.fsum(softplus(-m) for m in margins) / n, np.array([-beta * logistic(-m) / n for m in margins])


def dpo_mistakes(pairs: Pairs) -> tuple[Mistakes, Mistakes, Mistakes]:
    """What the usual mistakes give for the loss and both gradients."""
    pc, pr, rc, rr, beta = pairs
    n, zero = len(pc), np.zeros_like(pc)
    loss, chosen = define_dpo(pairs)
    mean_margin = float(beta * np.mean((pc - rc) - (pr - rr)))
    losses: dict[str, object] = {
        "overflow, or log of 0: take logaddexp(0, -margin)": math.nan,
        "log of 0: take logaddexp(0, -margin), not the logarithm of a sigmoid that has underflowed": math.inf,
        "chosen and rejected are swapped": define_dpo((pr, pc, rr, rc, beta))[0],
        "the reference is left out": define_dpo((pc, pr, zero, zero, beta))[0],
        "the reference is added: subtract it": define_dpo((pc, pr, -rc, -rr, beta))[0],
        "beta is left out": define_dpo((pc, pr, rc, rr, 1.0))[0],
        "the sum over the pairs: the mean": loss * n,
        "the loss of the mean margin: the mean of the losses": softplus(-mean_margin),
        "the sign is turned": -loss,
        "beta multiplies the loss, not the margin": define_dpo((pc, pr, rc, rr, 1.0))[0] * beta,
    }

    def of_slope(right: Float64Array) -> Mistakes:
        return {
            "overflow in the logistic function": math.nan,
            "the sign is turned: more probability to the chosen answer lowers the loss": -right,
            "the factor beta of the chain rule is missing": right / beta,
            "the gradient of the sum: divide by N": right * n,
            "the slope of -ln σ(m) is -σ(-m), not -σ(m)": np.sign(right) * (beta / n - np.abs(right)),
            "σ'(m) = σ(1 - σ) is the slope of σ, not of -ln σ": right * (1 - np.abs(right) * n / beta),
        }

    return losses, of_slope(chosen), of_slope(-chosen)


def define_ppo(steps: Steps) -> tuple[float, Float64Array]:
    """Loss and gradient: the smaller side of each sample."""
    total, slopes, clip = [], [], steps[3]
    for new, old, gain in zip(*(a.tolist() for a in steps[:3]), strict=True):
        ratio = math.exp(new - old) if new - old < 700 else math.inf
        plain = ratio * gain if gain else 0.0
        clipped = min(max(ratio, 1 - clip), 1 + clip) * gain
        total.append(min(plain, clipped))
        slopes.append(-plain if plain <= clipped else 0.0)
    return -math.fsum(total) / len(total), np.array(slopes) / len(slopes)


def ppo_mistakes(steps: Steps) -> tuple[Mistakes, Mistakes]:
    """What the usual mistakes give for the loss and its gradient."""
    new, old, gain, clip = steps
    n, ratio = len(new), np.exp(np.minimum(new - old, 700))
    clipped = np.clip(ratio, 1 - clip, 1 + clip)
    loss, right = define_ppo(steps)
    inside = clipped == ratio
    losses: Mistakes = {
        "infinity times 0: a sample whose advantage is 0 adds 0": math.nan,
        "the sign is missing: the objective is maximised, so the loss is minus its mean": -loss,
        "the larger of the two sides: the smaller": -float(np.maximum(ratio * gain, clipped * gain).mean()),
        "always the clipped side: the smaller of both": -float((clipped * gain).mean()),
        "not clipped": -float((ratio * gain).mean()),
        "the minimum of the ratios, times the advantage: of the products": -float(
            (np.minimum(ratio, clipped) * gain).mean()
        ),
        "the ratio is old / new": define_ppo((old, new, gain, clip))[0],
        "the sum over the samples: the mean": loss * n,
        "clipped to ±clip about 0: about 1": -float(
            np.minimum(ratio * gain, np.clip(ratio, -clip, clip) * gain).mean()
        ),
        "clipped in the logarithm, at ±clip: at ratios of 1 ± clip": -float(
            np.minimum(ratio * gain, np.exp(np.clip(new - old, -clip, clip)) * gain).mean()
        ),
    }
    gradients: Mistakes = {
        "infinity times 0: where a sample is clipped, or its advantage is 0, the gradient is 0": math.nan,
        "the sign is turned": -right,
        "clipping does not stop the gradient: where the clipped side counts, it is 0": -ratio * gain / n,
        "every ratio outside of the limits has gradient 0: only where the clipped side is the smaller one": (
            np.where(inside, -ratio * gain, 0.0) / n
        ),
        "the ratio is missing: the slope of r in log π is r": np.where(right != 0, -gain, 0.0) / n,
        "the gradient of the sum: divide by N": right * n,
        "the larger of the two sides: the smaller": np.where(ratio * gain >= clipped * gain, -ratio * gain, 0.0) / n,
    }
    return losses, gradients


def define_grpo(rewards: Float64Array) -> Float64Array:
    rows = []
    for row in rewards.tolist():
        mean = math.fsum(row) / len(row)
        deviation = math.sqrt(math.fsum((r - mean) ** 2 for r in row) / len(row))
        rows.append([0.0 if min(row) == max(row) else (r - mean) / deviation for r in row])
    return np.array(rows)


def grpo_mistakes(rewards: Float64Array) -> Mistakes:
    """What the usual mistakes give."""
    centred = rewards - rewards.mean(axis=1, keepdims=True)
    deviation = rewards.std(axis=1, keepdims=True)
    return {
        "0/0 in a row of equal rewards: its advantages are 0": math.nan,
        "not divided by the deviation": centred,
        "divided by K - 1 (ddof=1): by K": lambda: centred / rewards.std(axis=1, ddof=1, keepdims=True),
        "over the whole table: each row by itself": lambda: (rewards - rewards.mean()) / rewards.std(),
        "along the first axis: each row is a group": lambda: (rewards - rewards.mean(axis=0)) / rewards.std(axis=0),
        "1e-8 or the like is added to the deviation": lambda: centred / (deviation + 1e-8),
        "1e-4 is added to the deviation, as in TRL": lambda: centred / (deviation + 1e-4),
    }


def define_kl(policy: Float64Array, reference: Float64Array) -> tuple[float, Float64Array]:
    d, n = reference - policy, len(policy)
    with np.errstate(over="ignore"):
        return float(np.mean(np.expm1(d) - d)), -np.expm1(d) / n


def kl_mistakes(policy: Float64Array, reference: Float64Array) -> tuple[Mistakes, Mistakes]:
    """What the usual mistakes give for the estimate and its gradient."""
    d, n = reference - policy, len(policy)
    estimate, right = define_kl(policy, reference)
    return {
        "that is k1, the mean of log π - log ref, which can be negative": float(-d.mean()),
        "that is k2, half the mean square": float((d * d).mean() / 2),
        "policy and reference are swapped": define_kl(reference, policy)[0],
        "the - 1 is missing": estimate + 1,
        "the - d is missing": float(np.expm1(d).mean()),
        "the sum over the samples: the mean": estimate * n,
    }, {
        "the sign is turned: d falls when log π rises": -right,
        "the share of - d is missing": lambda: -np.exp(d) / n,
        "the share of e^d is missing": np.ones(n) / n,
        "the gradient of the sum: divide by N": right * n,
        "policy and reference are swapped": lambda: np.expm1(-d) / n,
    }


def check_parts(name: str, arguments: Any, labels: str, wants: list[Any], known: list[Mistakes], hint: str) -> None:
    """Hold each part of a result to its right value; arrays must be float64, the loss a float."""
    __tracebackhide__ = True
    asked, got = call(name, *arguments), getattr(kata, name)(*deepcopy(arguments))
    parts = labels.split()
    check.true(len(got) == len(parts), asked=asked, came=f"{len(got)} values", expected=f"{len(parts)}: {labels}")
    for label, value, want, mistakes in zip(parts, got, wants, known, strict=True):
        check.close(value, want, asked=f"{label} of " + asked, atol=1e-11, mistakes=mistakes, hint=hint)
        if isinstance(want, float):
            check.python_float(value, asked=f"{label} of " + asked)
        else:
            check.float_array(value, want.shape, asked=f"{label} of " + asked)


def floats(arguments: tuple[Any, ...]) -> Any:
    return tuple(a if isinstance(a, float) else np.asarray(a, dtype=np.float64) for a in arguments)


def check_dpo(arguments: tuple[Any, ...], *, hint: str = "-ln σ(beta * margin), averaged") -> None:
    __tracebackhide__ = True
    pairs = floats(arguments if len(arguments) == 5 else (*arguments, 0.1))
    loss, chosen = define_dpo(pairs)
    wants, known = [loss, chosen, -chosen], list(dpo_mistakes(pairs))
    check_parts("dpo_loss", arguments, "loss d_policy_chosen d_policy_rejected", wants, known, hint)


def check_ppo(arguments: tuple[Any, ...], *, hint: str = "minus the smaller of r A and clip(r) A, averaged") -> None:
    __tracebackhide__ = True
    steps = floats(arguments if len(arguments) == 4 else (*arguments, 0.2))
    wants, known = list(define_ppo(steps)), list(ppo_mistakes(steps))
    check_parts("ppo_clip_loss", arguments, "loss d_log_probs", wants, known, hint)


def check_grpo(rewards: npt.ArrayLike, *, hint: str = "") -> None:
    __tracebackhide__ = True
    exact, asked = np.asarray(rewards, dtype=np.float64), call("grpo_advantages", rewards)
    got, want = kata.grpo_advantages(deepcopy(rewards)), define_grpo(exact)
    check.close(got, want, asked=asked, mistakes=grpo_mistakes(exact), hint=hint)
    check.float_array(got, want.shape, asked=asked)


def check_kl(arguments: tuple[Any, ...], *, hint: str = "e^d - 1 - d with d = log ref - log π, averaged") -> None:
    __tracebackhide__ = True
    wants, known = list(define_kl(*floats(arguments))), list(kl_mistakes(*floats(arguments)))
    check_parts("kl_estimate", arguments, "estimate d_log_probs", wants, known, hint)


PAIR = ([-10.0, -3.0], [-12.0, -2.5], [-11.0, -4.0], [-11.0, -3.0])
STEP = (np.log([1.5, 0.5, 1.1, 0.5, 1.5]) - 2, np.full(5, -2.0), np.array([1.0, 1.0, -2.0, -1.0, -0.5]))
REWARDS = np.array([[1.0, 0.0, 0.0, 4.0], [2.0, 2.0, 2.0, 2.0], [0.0, 1.0, 5.0, 3.0]])
POLICY, REFERENCE = np.log([0.5, 0.25, 0.1]), np.log([0.25, 0.5, 0.4])

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_examples_of_dpo() -> None:
    check_dpo(([-10.0], [-12.0], [-11.0], [-11.0], 0.5))
    check_dpo((*PAIR, 0.5))
    check_dpo(PAIR)


@pytest.mark.example
def test_worked_examples_of_ppo() -> None:
    for i in range(5):  # each side alone: both limits, for both signs of the advantage
        check_ppo(tuple(a[i : i + 1] for a in STEP))
    check_ppo((*STEP, 0.05))
    check_ppo(STEP)


@pytest.mark.example
def test_worked_examples_of_grpo_and_kl() -> None:
    check_grpo([[1.0, 0.0, 0.0, 1.0]])
    check_grpo(REWARDS)
    check_kl((POLICY, REFERENCE))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(PAIRS, STEPS)
def test_dpo_and_ppo_equal_their_definitions(pairs: Pairs, steps: Steps) -> None:
    check_dpo(pairs)
    check_ppo(steps)


@pytest.mark.law
@given(PAIRS, STEPS)
def test_every_gradient_is_the_slope_of_its_loss(pairs: Pairs, steps: Steps) -> None:
    kl = pairs[0] / 4, pairs[1] / 4
    calls: list[tuple[str, Any, int]] = [("dpo_loss", pairs, 0), ("dpo_loss", pairs, 1)]
    for name, arguments, moved in [*calls, ("ppo_clip_loss", steps, 0), ("kl_estimate", kl, 0)]:

        def losses(
            points: list[Float64Array], name: str = name, given: Any = arguments, at: int = moved
        ) -> list[float]:
            rows = [(*given[:at], point, *given[at + 1 :]) for point in points]
            return [result[0] for result in each(getattr(kata, name), rows)]

        got = getattr(kata, name)(*deepcopy(arguments))[1 + moved]
        asked = f"gradient {1 + moved} of " + call(name, *arguments)
        check.gradient(got, losses, arguments[moved], asked=asked, name=f"argument {moved}", atol=1e-6)


@pytest.mark.law
@given(seeds())
def test_advantages_equal_the_definition_and_kl_is_never_negative(seed: int) -> None:
    rng = np.random.default_rng(seed)
    check_grpo(rng.integers(0, 4, size=rng.integers(1, 6, size=2)) / 2)
    policy, reference = -rng.integers(1, 40, size=(2, 4)) / 8
    check_kl((policy, reference))
    got = kata.kl_estimate(policy.copy(), reference.copy())[0]
    check.true(
        got >= 0, asked=call("kl_estimate", policy, reference), came=got, expected="at least 0, for each sample is"
    )


@pytest.mark.law
def test_hundreds_of_samples_equal_the_definition() -> None:
    rng = np.random.default_rng(33)
    arrays = -np.abs(rng.normal(size=(4, 300))) * 3
    check_dpo((*arrays, 0.1))
    check_ppo((arrays[0], arrays[0] + rng.normal(size=300) * 0.3, rng.normal(size=300), 0.2))
    check_grpo(rng.normal(size=(40, 8)))
    check_kl((arrays[0], arrays[1]))


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("gap", [800.0, 1000.0, 36.0])
def test_large_differences_neither_overflow_nor_become_nan(gap: float) -> None:
    for sign in (1.0, -1.0):
        check_dpo(
            ([-5.0 + sign * gap], [-5.0], [-5.0], [-5.0], 1.0), hint="logaddexp(0, -margin) is exact for any margin"
        )
        gains = np.array([2.0, 0.0, 1.0]) if sign > 0 else np.array([-2.0, 0.0, 3.0])
        check_ppo(
            (np.full(3, sign * gap), np.zeros(3), gains), hint="use r A only where it counts: infinity * 0 is NaN"
        )
    check_kl(([gap, 0.0], [0.0, 0.0]))


@pytest.mark.edge
def test_nothing_is_learnt_where_there_is_nothing_to_learn() -> None:
    check_grpo([[3.0], [7.0]], hint="a group of one has advantage 0")
    check_grpo(
        np.full((2, 3), 0.1),
        hint="a row of equal rewards has advantages of 0; its mean may be rounded",
    )
    check_ppo((np.zeros(3), np.zeros(3), np.array([1.0, -1.0, 0.0])), hint="at a ratio of 1 nothing is clipped")
    check_kl((POLICY, POLICY))


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.int8])
def test_is_computed_in_float64(dtype: npt.DTypeLike) -> None:
    hint = "convert to float64 first: small integers wrap around"
    a, b, c, d = (np.array(row).astype(dtype) for row in ([-100, -3], [90, -7], [100, -5], [-90, -2]))
    check_dpo((a, b, c, d, 0.01), hint=hint)
    check_dpo((a.tolist(), b.tolist(), c.tolist(), d.tolist(), 0.01), hint=hint)
    small = np.array([-1, -2, -3]).astype(dtype)
    check_ppo((small, small[::-1].copy(), np.array([100, -100, 3]).astype(dtype)), hint=hint)
    check_grpo(np.array([[100, 27, -128], [1, 0, 5]]).astype(dtype), hint=hint)
    check_kl((small, small[::-1].copy()), hint=hint)


TWO = np.array([-1.0, -2.0])
BAD: dict[str, tuple[str, tuple[Any, ...]]] = {
    "a reference is missing": ("dpo_loss", (TWO, TWO, TWO, TWO[:1])),
    "there are no pairs": ("dpo_loss", ([], [], [], [])),
    "all have two axes": ("kl_estimate", (TWO[None], TWO[None])),
    "beta is 0": ("dpo_loss", (TWO, TWO, TWO, TWO, 0.0)),
    "advantages are one number, which would broadcast": ("ppo_clip_loss", (TWO, TWO, 1.0)),
    "there are no samples": ("ppo_clip_loss", ([], [], [])),
    "clip is 0": ("ppo_clip_loss", (TWO, TWO, TWO, 0.0)),
    "clip is 1": ("ppo_clip_loss", (TWO, TWO, TWO, 1.0)),
    "there are no answers": ("grpo_advantages", (np.zeros((3, 0)),)),
    "the reference is one number": ("kl_estimate", (TWO, -1.0)),
}


@pytest.mark.edge
@pytest.mark.parametrize("why", BAD)
def test_wrong_shapes_and_constants_out_of_range_are_an_error(why: str) -> None:
    name, arguments = BAD[why]
    ask, hint = partial(getattr(kata, name), *deepcopy(arguments)), "check shapes and constants before you compute"
    check.raises(ValueError, ask, asked=call(name, *arguments), because=why, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    calls = {"dpo_loss": PAIR, "ppo_clip_loss": STEP, "grpo_advantages": (REWARDS,), "kl_estimate": (POLICY, REFERENCE)}
    for name, values in calls.items():
        arguments = [np.array(value) for value in values]
        with check.untouched(asked=call(name, *values), **{f"argument_{i}": a for i, a in enumerate(arguments)}):
            getattr(kata, name)(*arguments)
