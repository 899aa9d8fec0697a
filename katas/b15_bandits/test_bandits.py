"""Suite of B15: means against plain ones, UCB1 against its formula, choices by chance against exact probabilities."""

from __future__ import annotations

from collections.abc import Callable
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
from harness.suite.check import Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds

made, picks, play = map(in_subject_process, (bandits_play.made, bandits_play.picks, bandits_play.play))
first_picks, shares = in_subject_process(bandits_play.first_picks), in_subject_process(bandits_play.shares)
NAMES = ("EpsilonGreedy", "UCB1", "ThompsonSampling")
TIMES = 4000
# The means are 0.25, 0.6, 0.5 and 0.1. The first arm has the highest sum, the third the highest single reward.
LOG: Log = [*[(0, 0.25)] * 8, (1, 0.5), (1, 0.7), (2, 1.0), (2, 0.0), (3, 0.1)]


def totals(n_arms: int, log: Log) -> tuple[Float64Array, Float64Array]:
    """Number and sum of the rewards of each arm."""
    arms, rewards = [arm for arm, _ in log], [float(reward) for _, reward in log]
    ones = [1.0] * len(arms)
    return _bins(arms, ones, n_arms), _bins(arms, rewards, n_arms)


def _bins(arms: list[int], weights: list[float], n_arms: int) -> Float64Array:
    return np.bincount(np.array(arms, dtype=int), weights, minlength=n_arms).astype(np.float64)


def told(name: str, options: dict[str, Any], log: Log) -> str:
    shown = ", ".join(f"{key}={value}" for key, value in options.items())
    return f"{name}({shown}), told of (arm, reward) {check.show(list(log))}"


def check_state(bandit: Any, n_arms: int, log: Log, about: str) -> None:
    """Hold `counts` and `values` to the numbers and means of the rewards in `log`."""
    __tracebackhide__ = True
    counts, sums = totals(n_arms, log)
    got = bandit.counts
    is_right = isinstance(got, np.ndarray) and got.shape == (n_arms,) and got.dtype.kind in "iu"
    want = f"{counts.astype(int).tolist()}, an integer array of shape {(n_arms,)}"
    hint = "one more for the arm of each update, whether it was selected or not; in an array of integers"
    came = f"{check.show(got)}, of type {type(got).__name__}"
    check.true(
        is_right and np.array_equal(got, counts), asked=f"counts of {about}", came=came, expected=want, hint=hint
    )
    steps = np.zeros((4, n_arms))  # by wrong rates: 1/t of all, 1/(n + 1), 0.1, and the last reward alone
    seen = np.zeros(n_arms)
    for t, (arm, reward) in enumerate(log, 1):
        seen[arm] += 1
        rates = np.array([1 / t, 1 / (seen[arm] + 1), 0.1, 1.0])
        steps[:, arm] += rates * (float(reward) - steps[:, arm])
    wrong = {
        "averaged with 1/t, t counting the rewards of all arms: take 1/n of the arm's own rewards": steps[0],
        "averaged with 1/(n + 1): the new reward is among the n already": steps[1],
        "a constant step size: the mean of all rewards takes 1/n": steps[2],
        "the last reward: the mean of all": steps[3],
        "the sum of the rewards: divide by the arm's count": sums,
        "the sum over the number of all rewards: divide by the arm's own count": sums / max(len(log), 1),
        "the mean is truncated: keep values in float64": np.trunc(sums / np.maximum(counts, 1)),
        "a prior is mixed in: values are the plain means": (1 + sums) / (2 + counts),
        "a mean of all arms": np.full(n_arms, sums.sum() / max(len(log), 1)),
    }
    hint = "the mean of the arm's own rewards, 0.0 before the first"
    close = partial(check.close, bandit.values, sums / np.maximum(counts, 1), asked=f"values of {about}", hint=hint)
    close(rtol=1e-9, atol=1e-9, mistakes=wrong)
    check.float_array(bandit.values, (n_arms,), asked=f"values of {about}", hint="keep values in a float64 array")


def check_shares(
    name: str, options: dict[str, Any], log: Log, want: Any, mistakes: Mistakes, times: int = TIMES
) -> None:
    """Hold how often each arm is selected to its exact probability, within 5.5 standard deviations (0 and 1 exactly)."""
    __tracebackhide__ = True
    got, want = shares(name, options, log, times), np.asarray(want, dtype=float)
    slack = 5.5 * np.sqrt(want * (1 - want) / times) + np.where((want > 0) & (want < 1), 10 / times, 0.0)
    is_right, away = bool((abs(got - want) <= slack).all()), {"": float(abs(got - want).sum())}
    for text, value in ({} if is_right else mistakes).items():
        other = np.asarray(value() if callable(value) else value)
        away |= {text: float(abs(got - other).sum())} if abs(other - want).max() > 0.02 else {}
    check.true(
        is_right,
        asked=f"how often each arm is selected, over {times} calls, by {told(name, options, log)}",
        came=check.show(got.round(3)),
        expected=f"about {check.show(want.round(3))}",
        mistake=min(away, key=lambda text: away[text]),
        hint="each call decides anew, from counts, values and fresh draws",
    )


def greedy_mistakes(n: int, epsilon: float, log: Log) -> Mistakes:
    """How often each arm is selected by wrong versions of EpsilonGreedy."""
    counts, sums = totals(n, log)
    means, rest = sums / np.maximum(counts, 1), np.full(n, epsilon / n)
    top, low = np.eye(n)[means.argmax()], np.eye(n)[means.argmin()]
    last = np.zeros(n)
    for arm, reward in log:
        last[arm] = reward
    return {
        "exploring leaves the best arm out: all arms are equally likely": (1 - epsilon) * top
        + (1 - top) * epsilon / max(n - 1, 1),
        "epsilon turned round: it is how often to explore": (1 - epsilon) / n + epsilon * top,
        "it never explores": top,
        "it always explores": np.full(n, 1 / n),
        "one of: the default of epsilon is not 0.1; epsilon shrinks with time": (1 - epsilon / 2) * top + rest / 2,
        "the lowest mean, not the highest": (1 - epsilon) * low + rest,
        "the highest sum of rewards, not the highest mean": (1 - epsilon) * np.eye(n)[sums.argmax()] + rest,
        "the arm pulled most often, not that with the highest mean": (1 - epsilon) * np.eye(n)[counts.argmax()] + rest,
        "the highest last reward, not the highest mean": (1 - epsilon) * np.eye(n)[last.argmax()] + rest,
        "exploring never takes the last arm: the upper end of integers() is exclusive": (1 - epsilon) * top
        + np.append(np.full(n - 1, epsilon / max(n - 1, 1)), 0.0),
        "exploring never takes arm 0": (1 - epsilon) * top + np.append(0.0, np.full(n - 1, epsilon / max(n - 1, 1))),
        "the best mean is sought from 0 on: a mean may be negative": (1 - epsilon) * np.eye(n)[0] + rest,
    }


BONUS: dict[str, Callable[[Float64Array, Float64Array], Float64Array]] = {
    "log10 for ln": lambda n, x: x / n + np.sqrt(2 * np.log10(n.sum()) / n),
    "log2 for ln": lambda n, x: x / n + np.sqrt(2 * np.log2(n.sum()) / n),
    "no 2 under the root": lambda n, x: x / n + np.sqrt(np.log(n.sum()) / n),
    "the 2 stands before the root": lambda n, x: x / n + 2 * np.sqrt(np.log(n.sum()) / n),
    "n_a is outside of the root": lambda n, x: x / n + np.sqrt(2 * np.log(n.sum())) / n,
    "the root is missing": lambda n, x: x / n + 2 * np.log(n.sum()) / n,
    "no logarithm": lambda n, x: x / n + np.sqrt(2 * n.sum() / n),
    "ln(t + 1): t counts the rewards so far": lambda n, x: x / n + np.sqrt(2 * np.log(n.sum() + 1) / n),
    "n_a + 1 under the root": lambda n, x: x / n + np.sqrt(2 * np.log(n.sum()) / (n + 1)),
    "ln of the arm's own count: t counts the rewards of all arms": lambda n, x: x / n + np.sqrt(2 * np.log(n) / n),
    "ln of the number of arms: t counts rewards": lambda n, x: x / n + np.sqrt(2 * np.log(len(n)) / n),
    "the lower confidence bound: add the bonus": lambda n, x: x / n - np.sqrt(2 * np.log(n.sum()) / n),
    "no bonus: the highest mean alone": lambda n, x: x / n,
    "the bonus alone, without the mean": lambda n, _: 1 / n,
    "sums of rewards for means": lambda n, x: x + np.sqrt(2 * np.log(n.sum()) / n),
    "the lowest bound: the highest one": lambda n, x: -(x / n) - np.sqrt(2 * np.log(n.sum()) / n),
    "NaN, or always arm 0: t is the number of rewards, also of those that no select came before": lambda n, _: -n * 0,
}


def bounds(n: Float64Array, x: Float64Array) -> Float64Array:
    """The upper confidence bounds from number and sum of the rewards of each arm."""
    return np.asarray(x / n + np.sqrt(2 * np.log(n.sum()) / n))


def ucb_cases(seed: int, n_cases: int = 12) -> list[tuple[int, Log]]:
    """Logs in which every arm has a reward, and in which one bound is clearly the highest."""
    rng, cases = np.random.default_rng(seed), list[tuple[int, Log]]()
    while len(cases) < n_cases:
        n_arms = int(rng.integers(2, 6))
        arms = rng.permutation(
            [*range(n_arms), *rng.choice(n_arms, size=rng.integers(1, 25), p=rng.dirichlet([1.0] * n_arms))]
        )
        log = [(int(arm), int(reward) / 8) for arm, reward in zip(arms, rng.integers(-2, 17, len(arms)), strict=True)]
        low, high = np.sort(bounds(*totals(n_arms, log)))[-2:]
        cases += [(n_arms, log)] if high - low > 1e-6 else []
    return cases


def check_ucb(cases: list[tuple[int, Log]]) -> None:
    """Hold what UCB1 selects to the highest bound, for many logs at once."""
    __tracebackhide__ = True
    states = [totals(n_arms, log) for n_arms, log in cases]
    mistakes = {text: [int(np.argmax(bonus(*state))) for state in states] for text, bonus in BONUS.items()}
    shown = [f"counts {n.astype(int).tolist()}, values {check.show((x / n).round(4))}" for n, x in states]
    check.equal(
        first_picks("UCB1", cases),
        [int(np.argmax(bounds(*state))) for state in states],
        asked="what UCB1 selects with " + "; ".join(shown[:3]) + "; ..." * (len(shown) > 3),
        mistakes=mistakes,
        hint="the highest of mean + sqrt(2 ln t / n_a), t the number of rewards of all arms",
    )


def thompson(arms: list[tuple[float, float]], *, shared: bool = False) -> Float64Array:
    """How likely each arm has the highest draw, arms being parameters of beta distributions; by numeric integration."""
    edges = np.linspace(0.0, 1.0, 10_001)
    x = (edges[1:] + edges[:-1]) / 2
    mass = np.array([x ** (a - 1) * (1 - x) ** (b - 1) for a, b in arms])
    mass /= mass.sum(axis=1, keepdims=True)
    below = mass.cumsum(axis=1) - mass / 2
    if shared:
        levels = (np.arange(4000) + 0.5) / 4000
        best = np.argmax([np.interp(levels, row, x) for row in below], axis=0)
        return np.bincount(best, minlength=len(arms)) / len(levels)
    return np.array([(mass[i] * np.delete(below, i, axis=0).prod(axis=0)).sum() for i in range(len(arms))])


def thompson_mistakes(results: list[tuple[int, int]]) -> Mistakes:
    """How often each arm is selected by wrong versions of ThompsonSampling."""
    ones, zeros = np.array(results, dtype=float).T

    def beta(a: Float64Array, b: Float64Array) -> Callable[[], Float64Array]:
        return partial(thompson, list(zip(a.tolist(), b.tolist(), strict=True)))

    return {
        "zeros are not counted: Beta(1 + ones, 1)": beta(1 + ones, 1 + 0 * zeros),
        "all rewards are counted as zeros: Beta(1 + ones, 1 + n)": beta(1 + ones, 1 + ones + zeros),
        "ones and zeros change places": beta(1 + zeros, 1 + ones),
        "no prior: Beta(1 + ones, 1 + zeros)": beta(np.maximum(ones, 0.1), np.maximum(zeros, 0.1)),
        "the prior is Beta(1/2, 1/2): it is uniform": beta(0.5 + ones, 0.5 + zeros),
        "the prior is Beta(2, 2): it is uniform": beta(2 + ones, 2 + zeros),
        "one random number for all arms: each has a draw of its own": partial(
            thompson, list(zip(1 + ones, 1 + zeros, strict=True)), shared=True
        ),
        "no draw, but the posterior means": np.eye(len(ones))[np.argmax((1 + ones) / (2 + ones + zeros))],
        "all arms are equally likely": np.full(len(ones), 1 / len(ones)),
    }


def results_log(results: list[tuple[int, int]]) -> Log:
    """Rewards of arms from (ones, zeros), zeros and ones in turn."""
    return [(arm, reward) for arm, (ones, zeros) in enumerate(results) for reward in [0] * zeros + [1] * ones]


@pytest.mark.example
@pytest.mark.parametrize("name", NAMES)
def test_counts_and_means_of_a_short_log(name: str) -> None:
    for log in ([], [(0, 1.0), (1, 0.0), (0, 1.0), (0, 0.0), (0, 1.0)], [(1, 1), (1, 0), (1, True)]):
        check_state(made(name, {"n_arms": 2}, log), 2, log, told(name, {"n_arms": 2}, log))


@pytest.mark.example
def test_worked_example_of_ucb1() -> None:
    check_ucb([(2, [(0, 1.0), (1, 0.0), (0, 1.0), (0, 0.0), (0, 1.0)])])
    check_ucb(ucb_cases(3, n_cases=40))


@pytest.mark.example
@pytest.mark.parametrize("epsilon", [0.4, 0.0, 1.0, None])
def test_epsilon_greedy_explores_with_probability_epsilon(epsilon: float | None) -> None:
    options = {"n_arms": 4, "random_state": 5} | ({} if epsilon is None else {"epsilon": epsilon})
    explored = 0.1 if epsilon is None else epsilon
    want = np.array([0.0, 1 - explored, 0.0, 0.0]) + explored / 4
    check_shares("EpsilonGreedy", options, LOG, want, greedy_mistakes(4, explored, LOG))


@pytest.mark.example
@pytest.mark.parametrize(
    "results", [[(1, 0), (0, 1)], [(3, 1), (6, 5), (0, 0)], [(2, 8), (30, 70)], [(0, 6), (0, 2)], [(5, 1), (40, 8)]]
)
def test_thompson_selects_an_arm_as_often_as_it_has_the_highest_draw(results: list[tuple[int, int]]) -> None:
    want = thompson([(1.0 + ones, 1.0 + zeros) for ones, zeros in results])
    options, log = {"n_arms": len(results), "random_state": 8}, results_log(results)
    check_shares("ThompsonSampling", options, log, want, thompson_mistakes(results))


@pytest.mark.law
@given(
    st.sampled_from(NAMES), st.integers(1, 4), st.lists(st.tuples(st.integers(0, 3), st.integers(0, 9)), max_size=20)
)
def test_counts_and_values_are_numbers_and_means(name: str, n_arms: int, raw: list[tuple[int, int]]) -> None:
    log = [(arm % n_arms, reward % 2 if name == "ThompsonSampling" else reward / 2 - 1) for arm, reward in raw]
    bandit, about = made(name, {"n_arms": n_arms}, log), told(name, {"n_arms": n_arms}, log)
    check_state(bandit, n_arms, log, about)
    for _ in range(3):
        got = bandit.select()
        check.equal(got, min(max(got, 0), n_arms - 1), asked=f"select() of {about}", hint="an arm, 0 to n_arms - 1")
    check_state(bandit, n_arms, log, f"after three calls of select, {about}")


@pytest.mark.law
@given(st.builds(ucb_cases, seeds()))
def test_ucb1_selects_the_highest_bound(cases: list[tuple[int, Log]]) -> None:
    check_ucb(cases)


@pytest.mark.law
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-8, 8)), min_size=1, max_size=12), st.integers(5, 6))
def test_ucb1_selects_arms_without_a_reward_first(raw: list[tuple[int, int]], n_arms: int) -> None:
    log: Log = [(arm, 10.0 * reward) for arm, reward in raw if arm != raw[0][0]]  # raw[0]'s arm has no reward
    untried = sorted(set(range(n_arms)) - {arm for arm, _ in log})
    bandit, order = made("UCB1", {"n_arms": n_arms}, log), []
    for _ in untried:
        order.append(int(bandit.select()))
        bandit.update(order[-1], -1000.0)
    asked = f"arms selected next, each then rewarded with -1000, by {told('UCB1', {'n_arms': n_arms}, log)}"
    hint = "as long as an arm has no reward, such an arm is selected, whatever the others have earned"
    check.equal(sorted(order), untried, asked=asked + ", sorted", hint=hint)


@pytest.mark.law
@given(
    st.integers(1, 5), st.lists(st.tuples(st.integers(0, 4), st.integers(1, 9)), min_size=1, max_size=12), st.booleans()
)
def test_epsilon_greedy_without_exploring_takes_a_highest_mean(
    n_arms: int, raw: list[tuple[int, int]], negative: bool
) -> None:
    log: Log = [(arm % n_arms, -float(reward) if negative else float(reward)) for arm, reward in raw]
    log = [*((arm, -1.0) for arm in range(n_arms) if negative), *log]
    counts, sums = totals(n_arms, log)
    means = sums / np.maximum(counts, 1)
    options = {"n_arms": n_arms, "epsilon": 0.0, "random_state": 1}
    for got in picks("EpsilonGreedy", options, log, times=3):
        check.true(
            got in np.flatnonzero(means >= means.max() - 1e-9),
            asked=f"select() of {told('EpsilonGreedy', options, log)}",
            came=got,
            expected=f"an arm with the highest of the values {check.show(means.round(4))}",
            mistake="an arm without a reward is taken first, as by UCB1: the highest value counts"
            if counts[got] == 0
            else "",
            hint="means may all be negative: do not start the search for the best at 0",
        )


@pytest.mark.law
@pytest.mark.parametrize("name", NAMES)
def test_loses_much_less_than_random_arms(name: str) -> None:
    chances, rounds, epsilon = np.array([0.1, 0.2, 0.9, 0.1]), 600, {"epsilon": 0.3} if name == "EpsilonGreedy" else {}
    arms = [
        play(name, epsilon if name == "UCB1" else epsilon | {"random_state": i}, chances, rounds, i) for i in range(4)
    ]
    lost, guessing = float((0.9 - chances[np.concatenate(arms)]).sum()) / 4, float(0.9 - chances.mean()) * rounds
    check.true(
        lost <= 0.6 * guessing,
        asked=f"expected reward lost in {rounds} rounds by {name}, arms with chances {chances.tolist()}, mean of 4 games",
        came=f"{lost:.0f}",
        expected=f"at most 60 % of what random arms lose, {guessing:.0f}",
        hint="each update must reach the choice: play a hundred rounds and print counts and values",
    )


@pytest.mark.law
@pytest.mark.parametrize("state", [0, 7, None, "Generator"])
@pytest.mark.parametrize("name", ["EpsilonGreedy", "ThompsonSampling"])
def test_draws_follow_random_state(name: str, state: Any) -> None:
    options = {"n_arms": 10} | ({"epsilon": 0.9} if name == "EpsilonGreedy" else {})
    given_states = [np.random.default_rng(3) if state == "Generator" else state for _ in range(2)]
    global_state = GlobalRandomState()
    first, second = (picks(name, options | {"random_state": each}, [(0, 1)], 40) for each in given_states)
    asked = f"40 choices of two objects {told(name, options, [(0, 1)])}, random_state={state}"
    hint = "make one generator in the constructor, np.random.default_rng(random_state), and draw from it"
    same = "different" if state is None else "the same"
    came = "the same" if first == second else "different"
    check.equal(came, same, asked=f"whether these are the same: {asked}", hint=hint)
    check.true(
        len(set(first)) > 1, asked=asked, came=first, expected="several arms", mistake="each call draws the same"
    )
    if state == "Generator":
        again = picks(name, options | {"random_state": given_states[0]}, [(0, 1)], 40)
        hint = "draws come from the Generator that was given, not from a copy of it"
        check.true(
            again != first,
            asked="40 choices of one more object with the same Generator",
            came=again,
            expected="others, for it has moved on",
            hint=hint,
        )
    global_state.check_kept()


BAD: list[tuple[str, dict[str, Any], Any, str]] = [
    *((name, {"n_arms": n}, None, "n_arms must be at least 1") for name in NAMES for n in (0, -1)),
    *(("EpsilonGreedy", {"n_arms": 2, "epsilon": e}, None, "epsilon must lie in 0..1") for e in (-0.1, 1.1)),
    *((name, {"n_arms": 3}, (arm, 1), "arms are 0, 1 and 2") for name in NAMES for arm in (-1, 3)),
    *(("ThompsonSampling", {"n_arms": 3}, (1, reward), "rewards are 0 or 1") for reward in (-1, 2, 0.5)),
]


@pytest.mark.edge
@pytest.mark.parametrize(("name", "options", "update", "because"), BAD, ids=str)
def test_bad_parameters_arms_and_rewards_are_errors(
    name: str, options: dict[str, Any], update: Any, because: str
) -> None:
    if update is None:
        run = lambda: made(name, options, []).counts  # noqa: E731
        hint = "check it in the constructor"
        check.raises(ValueError, run, asked=told(name, options, []), because=because, hint=hint)
        return
    bandit, log = made(name, options, [(2, 1), (2, 0)]), [(2, 1), (2, 0)]
    hint = "check arm and reward before anything is recorded; NumPy takes index -1 for the last arm"
    check.raises(
        ValueError,
        lambda: bandit.update(*update),
        asked=f"{name}(n_arms=3).{call('update', *update)}",
        because=because,
        hint=hint,
    )
    check_state(bandit, 3, log, f"after {call('update', *update)} was refused, {told(name, options, log)}")


@pytest.mark.edge
@pytest.mark.parametrize("name", NAMES)
def test_one_arm_and_objects_that_share_nothing(name: str) -> None:
    one, other = getattr(kata, name)(1), getattr(kata, name)(n_arms=1)
    for reward in (1, 0):
        check.equal(one.update(0, reward), None, asked=f"{name}(1).update(0, {reward})")
    for bandit, log in ((one, [(0, 1), (0, 0)]), (other, [])):
        check.equal(bandit.select(), 0, asked=f"select() of {told(name, {'n_arms': 1}, log)}", hint="the only arm")
        check_state(bandit, 1, log, f"one of two objects, {told(name, {'n_arms': 1}, log)}")
