"""Follow-up of B15: discounted UCB against weights that are added up anew, and a game in which the arms change places."""

from __future__ import annotations

from functools import partial
from typing import Any

import bandits as kata
import bandits_play
import numpy as np
import pytest
from bandits_play import Log
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import call
from harness.suite.strategies import Float64Array, seeds

made = in_subject_process(bandits_play.made)
EXAMPLE: Log = [(0, 1.0), (0, 0.0), (1, 0.5)]


def weighed(n_arms: int, log: Log, discount: float, slip: str = "") -> tuple[Float64Array, Float64Array]:
    """Weight and weighted sum of the rewards of each arm, added up from the whole log; `slip` is a mistake."""
    weights, sums = np.zeros(n_arms), np.zeros(n_arms)
    for s, (arm, reward) in enumerate(log):
        later = [other for other, _ in log[s + 1 :]]
        age = {"own": later.count(arm), "at once": len(later) + 1, "others": len(later) - later.count(arm)}
        weight = discount ** age.get(slip, len(later))
        weights[arm] += weight
        sums[arm] += weight * reward
    return weights, sums


def means(n_arms: int, log: Log, discount: float, slip: str = "") -> Float64Array:
    weights, sums = weighed(n_arms, log, discount, slip)
    return np.divide(sums, weights, out=np.zeros(n_arms), where=weights > 0)


def check_bandit(n_arms: int, log: Log, discount: float) -> None:
    """Hold weights, means and the choice to their definitions."""
    __tracebackhide__ = True
    bandit = made("DiscountedUCB", {"n_arms": n_arms, "discount": discount}, log)
    about = f"DiscountedUCB({n_arms}, {discount}), told of (arm, reward) {check.show(list(log))}"
    weights, sums = weighed(n_arms, log, discount)
    plain, exponential = weighed(n_arms, log, 1.0), np.zeros(n_arms)
    for arm, reward in log:
        exponential[arm] += (1 - discount) * (reward - exponential[arm])
    wrong: dict[str, Any] = {
        "only the weight of the arm that was pulled is discounted: all fade": weighed(n_arms, log, discount, "own")[0],
        "the new reward is discounted, too: it has weight 1": weighed(n_arms, log, discount, "at once")[0],
        "the arm that was pulled is not discounted: all fade": weighed(n_arms, log, discount, "others")[0],
        "numbers of rewards: sums of weights": plain[0],
    }
    check.close(bandit.counts, weights, asked=f"counts of {about}", mistakes=wrong)
    wrong = {
        "sums are discounted, and weights are not": sums / np.maximum(plain[0], 1),
        "weights are discounted, and sums are not": plain[1] / np.maximum(weights, 1e-300),
        "the mean of all rewards, undiscounted": means(n_arms, log, 1.0),
        "an exponential average, which begins at 0: the weighted mean": exponential,
        "rewards fade only when their own arm is pulled": means(n_arms, log, discount, "own"),
        "the weighted sum: divide by the weight": sums,
    }
    hint = "the sum of weight * reward over the sum of weights, of the arm's own rewards"
    check.close(bandit.values, means(n_arms, log, discount), asked=f"values of {about}", mistakes=wrong, hint=hint)
    if (weights > 0).all():
        bounds = means(n_arms, log, discount) + np.sqrt(2 * np.log(weights.sum()) / weights)
        best = np.flatnonzero(bounds >= bounds.max() - 1e-9)
        undiscounted = means(n_arms, log, discount) + np.sqrt(2 * np.log(len(log)) / weights)
        by_number = means(n_arms, log, discount) + np.sqrt(2 * np.log(weights.sum()) / plain[0])
        wrong = {
            "ln of the number of all rewards: N is the sum of all weights": undiscounted,
            "the number of the arm's rewards under the root: its weight": by_number,
            "no bonus": means(n_arms, log, discount),
        }
    else:
        bounds, best, wrong = np.where(weights == 0, np.inf, 0.0), np.flatnonzero(weights == 0), {}
    got = bandit.select()
    guess = next((text for text, other in wrong.items() if got == other.argmax()), "")
    expected = f"one of {best.tolist()}, the bounds being {check.show(bounds.round(4))}"
    check.true(got in best, asked=f"select() of {about}", came=got, expected=expected, mistake=guess)


def random_log(seed: int, n_arms: int, n: int) -> Log:
    rng = np.random.default_rng(seed)
    arms = rng.choice(n_arms, size=n, p=rng.dirichlet([1.0] * n_arms)).tolist()
    return list(zip(arms, (rng.integers(-4, 13, n) / 8).tolist(), strict=True))


@pytest.mark.example
def test_worked_example() -> None:
    check_bandit(2, EXAMPLE, 0.5)
    check_bandit(2, [(1, 1.0), (0, 1.0)], 0.25)
    check_bandit(2, [*[(0, 1.0)] * 6, *[(1, 0.7)] * 3, (0, 0.5)], 0.8)


@pytest.mark.law
@given(seeds(), st.integers(1, 4), st.integers(0, 30), st.sampled_from([0.25, 0.6, 0.9, 0.99, 1.0]))
def test_weights_means_and_choice_are_those_of_the_whole_log(seed: int, n_arms: int, n: int, discount: float) -> None:
    check_bandit(n_arms, random_log(seed, n_arms, n), discount)


@pytest.mark.law
def test_follows_arms_that_change_places() -> None:
    bandit, arms = kata.DiscountedUCB(n_arms=2, discount=0.95), []
    for t in range(500):
        arms.append(int(bandit.select()))
        bandit.update(arms[-1], 0.9 if arms[-1] == (t >= 300) else 0.1)
    check.true(
        arms[:300].count(0) >= 180 and arms[400:].count(1) >= 60,
        asked="how often arm 0 was selected in the first 300 rounds, when it gave 0.9 and arm 1 gave 0.1, "
        "and arm 1 in the last 100 of 500 rounds, the two having changed places after 300",
        came=f"{arms[:300].count(0)} and {arms[400:].count(1)}",
        expected="at least 180 and at least 60",
        hint="what arm 0 has earned must fade, and an arm that is not pulled must become attractive again",
    )


@pytest.mark.edge
def test_an_arm_that_has_faded_is_selected_as_if_it_had_no_reward() -> None:
    log = [(0, 1.0), (2, 1.0), *[(1, 5.0), (2, 5.0)] * 1200]
    bandit = made("DiscountedUCB", {"n_arms": 3, "discount": 0.5}, log)
    hint = "0.5 to the power of 2400 is 0.0 in float64, and 0/0 is NaN: ask for weights of 0 first"
    asked = "select() of DiscountedUCB(3, 0.5), arm 0 rewarded once, the others 2400 times since"
    check.equal(bandit.select(), 0, asked=asked, hint=hint)
    bandit.update(0, 2.0)
    check.close(bandit.values[0], 2.0, asked="values[0] after one more reward of 2.0 for it", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("discount", [0.0, -0.5, 1.01])
def test_other_discounts_are_an_error(discount: float) -> None:
    make, asked = partial(kata.DiscountedUCB, n_arms=2, discount=discount), f"DiscountedUCB(2, discount={discount})"
    hint = "check it in the constructor: with 0 nothing but the last reward is left, above 1 old rewards grow"
    check.raises(ValueError, lambda: make().counts, asked=asked, because="0 < discount <= 1", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("arm", [-1, 2])
def test_a_refused_arm_fades_nothing(arm: int) -> None:
    bandit = made("DiscountedUCB", {"n_arms": 2, "discount": 0.5}, EXAMPLE)
    asked = call("DiscountedUCB(2, 0.5).update", arm, 1.0)
    check.raises(ValueError, lambda: bandit.update(arm, 1.0), asked=asked, because="the arms are 0 and 1")
    check.close(bandit.counts, [0.75, 1.0], asked="counts after " + asked + " was refused", hint="check the arm first")
    default = made("DiscountedUCB", {"n_arms": 2}, EXAMPLE)
    check.close(default.counts, [0.99**2 + 0.99, 1.0], asked="counts of DiscountedUCB(2), told of three rewards")
