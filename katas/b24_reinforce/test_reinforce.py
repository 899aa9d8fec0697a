"""Suite of B24: gradients against the formula and, averaged over all episodes, the slope of the value; training re-played."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import reinforce as kata
import reinforce_play
from hypothesis import given
from hypothesis import strategies as st
from reinforce_play import Episode

from harness.suite import check
from harness.suite.batch import each, in_subject_process
from harness.suite.check import call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds

made, trained = in_subject_process(reinforce_play.made), in_subject_process(reinforce_play.trained)
EXAMPLE: Episode = ([0, 1, 0], [1, 0, 0], [2.0, 0.0, 4.0])


def softmax(theta: npt.ArrayLike) -> Float64Array:
    powers = np.exp(np.asarray(theta) - np.max(theta, axis=-1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=-1, keepdims=True))


def returns_of(rewards: Sequence[float], gamma: float) -> Float64Array:
    """What follows from each step on, discounted to it."""
    return np.array([sum(gamma**k * r for k, r in enumerate(rewards[t:])) for t in range(len(rewards))])


def gradient(theta: Float64Array, episode: Episode, gamma: float, baseline: Any, slip: str = "") -> Float64Array:
    """The gradient by its definition, step by step; `slip` is a mistake."""
    states, actions, rewards = episode
    total, following = np.zeros(theta.shape), returns_of(rewards, gamma)
    for t, (state, action) in enumerate(zip(states, actions, strict=True)):
        policy, did = softmax(theta[state]), np.eye(theta.shape[1])[action]
        advantage = {
            "whole": following[0] - baseline[state],
            "one reward": rewards[t] - baseline[state],
            "after": following[t] - rewards[t] - baseline[state],
            "no baseline": following[t],
            "plus baseline": following[t] + baseline[state],
            "own mean": following[t] - following.mean(),
            "standardised": (following[t] - following.mean()) / (following.std() + 1e-8),
            "undiscounted": sum(rewards[t:]) - baseline[state],
            "to the start": gamma**t * following[t] - baseline[state],
            "twice": gamma**t * following[t] - gamma**t * baseline[state],
            "first state": following[t] - baseline[states[0]],
        }.get(slip, following[t] - baseline[state])
        slope = {
            "no softmax": did,
            "of the policy": policy[action] * (did - policy),
            "divided": (did - policy) / policy[action],
            "sign": policy - did,
            "own entry": did * (1 - policy),
        }.get(slip, did - policy)
        weight = 1.0 if slip in ("no weight", "to the start") else gamma**t
        if slip == "overwritten":
            total[state] = 0.0
        total[state] += weight * advantage * slope / (len(states) if slip == "mean" else 1)
    return total


SLIPS = {
    "whole": "the whole return for each step: rewards before the action do not count for it",
    "sign": "the sign is turned: the gradient goes up (one-hot minus policy)",
    "no weight": "the factor gamma^t is missing",
    "own mean": "the mean of the episode's own returns is taken off, which biases: only `values` is",
    "standardised": "returns are standardised by the episode's own mean and deviation, which biases",
    "no baseline": "the baseline is not taken off",
    "plus baseline": "the baseline is added: take it off",
    "first state": "the baseline of the first state for all: that of the step's own state",
    "one reward": "the reward of the step alone: all that follow count",
    "after": "the reward of the step itself is missing from its return",
    "undiscounted": "returns are not discounted",
    "to the start": "gamma^t is not on the baseline: it is a factor of the return less the baseline",
    "twice": "gamma^t counts twice",
    "no softmax": "1 for the action, 0 for the others: the slope of ln softmax is one-hot minus the policy",
    "own entry": "only the entry of the action: the preferences of the other actions go down",
    "of the policy": "the slope of the policy: of its logarithm",
    "divided": "divided by the probability once more: the slope of ln softmax is one-hot minus the policy",
    "mean": "the mean over steps: their sum",
    "overwritten": "a state that comes several times counts once: add up, `+=` with repeated indices keeps one (np.add.at)",
}


def check_gradient(agent: Any, episode: Episode, gamma: float, asked: str, given: Any = None) -> None:
    """Hold `episode_gradient` to the definition, with the agent's own preferences and baseline."""
    __tracebackhide__ = True
    theta, baseline = np.array(agent.theta), np.array(agent.values)
    got = agent.episode_gradient(*(episode if given is None else given))
    formula = partial(gradient, theta, episode, gamma, baseline)
    mistakes: dict[str, Any] = {text: partial(formula, slip) for slip, text in SLIPS.items()}
    mistakes["transposed: a row for each state, a column for each action"] = formula().T
    asked = f"{call('episode_gradient', *episode)}, {asked}, theta {check.show(theta)}, values {check.show(baseline)}"
    hint = "for each step gamma^t (G_t - b) times one-hot minus policy, added to the row of its state; in float64"
    check.close(got, formula(), asked=asked, rtol=1e-8, atol=1e-9, mistakes=mistakes, hint=hint)
    check.float_array(got, theta.shape, asked=asked)


def learnt(
    theta: Float64Array, episodes: Sequence[Episode], rate: float, gamma: float, baseline: bool, slip: str = ""
) -> tuple[Float64Array, Float64Array]:
    """Preferences and baseline after training on these episodes; `slip` is a mistake."""
    theta, values, visits = theta.copy(), np.zeros(len(theta)), np.zeros(len(theta))
    for states, actions, rewards in episodes:
        following, seen = returns_of(rewards, gamma), set[int]()
        pieces = [(states, actions, rewards)]
        if slip == "stepwise":
            pieces = [(states[t : t + 1], actions[t : t + 1], [following[t]]) for t in range(len(states))]
        for t, piece in enumerate(pieces):
            weight = gamma**t if slip == "stepwise" else 1.0
            step = {"no rate": 1.0, "descent": -rate}.get(slip, rate) * weight
            if slip != "values first":
                theta += step * gradient(theta, piece, gamma, values)
        for state, value in zip(states, following, strict=True):
            if baseline and not (slip == "first visits" and state in seen):
                visits[state] += 1
                share = {"running": 0.1, "forgets": 1.0 / max(states.count(state), 1)}.get(slip, 1 / visits[state])
                values[state] += share * (value - values[state])
            seen.add(state)
        if slip == "values first":
            theta += rate * gradient(theta, (states, actions, rewards), gamma, values)
    return theta, values


PATH_SLIPS = {
    "descent": "preferences go down the gradient: up",
    "values first": "the baseline has learnt from the episode before the gradient is computed, which biases it",
    "stepwise": "theta changes after each step: once, after the episode",
    "no rate": "the learning rate is missing",
    "first visits": "only the first visit of each state counts for the baseline: every visit does",
    "running": "the baseline is an exponential average: the mean of all returns",
}


def check_training(got: dict[str, Any], theta: Float64Array, options: dict[str, Any], asked: str) -> None:
    """Hold what was learnt to a re-play of the episodes as they happened."""
    __tracebackhide__ = True
    episodes: list[Episode] = got["episodes"]
    rate, gamma, baseline = options["learning_rate"], options["discount"], options["baseline"]
    replay = partial(learnt, theta, episodes, rate, gamma, baseline)
    asked = f"after {asked}, {options}; the first episode was {check.show(episodes[0])}"
    sums = [float(sum(rewards)) for _, _, rewards in episodes]
    parts = np.split(sums, np.cumsum([len(part) for part in got["returns"]])[:-1])
    hint = "the plain sum of the rewards of each episode, in a list"
    check.equal(
        [list(part) for part in got["returns"]],
        [part.tolist() for part in parts],
        asked=f"what train returned {asked}",
        hint=hint,
    )
    for i, name in enumerate(("theta", "values")):
        mistakes: dict[str, Any] = {text: lambda slip=slip, i=i: replay(slip)[i] for slip, text in PATH_SLIPS.items()}
        mistakes["nothing is learnt"] = (theta, np.zeros(len(theta)))[i]
        mistakes["train starts from 0: it goes on from what was learnt"] = lambda i=i: learnt(
            np.zeros(theta.shape), episodes[-len(parts[-1]) :], rate, gamma, baseline
        )[i]
        hint = "after each episode: theta by the whole gradient, then values by the episode's returns"
        check.close(got[name], replay()[i], asked=f"{name} {asked}", rtol=1e-7, atol=1e-9, mistakes=mistakes, hint=hint)


@pytest.mark.example
def test_worked_example() -> None:
    agent = made({"discount": 0.5}, np.zeros((2, 2)))
    check.close(agent.action_probabilities(0), [0.5, 0.5], asked="action_probabilities(0) with preferences of 0")
    check_gradient(agent, EXAMPLE, 0.5, "discount=0.5")
    check_gradient(made({"discount": 0.5}, [[0.0, 1.0], [2.0, 0.5]]), EXAMPLE, 0.5, "discount=0.5")
    check_gradient(made({}, np.zeros((2, 3))), ([1, 1, 0], [2, 2, 0], [1.0, -3.0, 5.0]), 1.0, "discount as by default")


@pytest.mark.example
def test_the_policy_is_the_softmax_of_a_state() -> None:
    theta = np.array([[0.0, 1.0, 2.0], [1000.0, 999.0, -1000.0]])
    agent = made({}, theta)
    for state, row in enumerate(theta):
        asked = f"action_probabilities({state}), theta {check.show(theta)}"
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            got = check.accepts(partial(agent.action_probabilities, state), asked=asked, because="softmax is stable")
        mistakes: dict[str, Any] = {
            "softmax over all states: over the actions of this one": softmax(theta.ravel()).reshape(theta.shape)[state],
            "softmax over the states: over the actions of this one": softmax(theta.T).T[state],
            "preferences over their sum: take the exponential first": row / row.sum(),
            "NaN: subtract the maximum before the exponential": float("nan"),
        }
        check.close(got, softmax(row), asked=asked, mistakes=mistakes)
        check.float_array(got, (3,), asked=asked)
    far = made({}, [[1000.0, 999.0], [-1000.0, -999.0]])
    check_gradient(far, ([0, 1], [1, 1], [1.0, 2.0]), 1.0, "preferences of both signs, each state with its own maximum")


@pytest.mark.law
@given(seeds(), st.integers(1, 3), st.integers(1, 3), st.integers(1, 6), st.sampled_from([0.0, 0.5, 0.9, 1.0]))
def test_gradients_follow_the_formula(seed: int, n_states: int, n_actions: int, length: int, gamma: float) -> None:
    rng = np.random.default_rng(seed)
    states, actions = rng.integers(n_states, size=length), rng.integers(n_actions, size=length)
    rewards = (rng.integers(-8, 9, size=length) / 2).astype(np.float32)
    agent = made({"discount": gamma}, rng.normal(size=(n_states, n_actions)))
    before = np.array(agent.theta)
    with check.untouched(asked="episode_gradient", states=states, actions=actions, rewards=rewards):
        check_gradient(
            agent,
            (states.tolist(), actions.tolist(), rewards.tolist()),
            gamma,
            f"discount={gamma}",
            (states, actions, rewards),
        )
    hint = "episode_gradient changes nothing; train does"
    check.equal(np.array(agent.theta), before, asked="theta after a call of episode_gradient", hint=hint)


def episodes_of(seed: int, length: int) -> list[Episode]:
    """All episodes of a tiny process: three states, two actions, known rewards, the end after `length` steps."""
    rng = np.random.default_rng(seed)
    after, rewards = rng.integers(3, size=(3, 2)), rng.integers(-6, 7, size=(3, 2)) / 2
    paths: list[Episode] = [([0], [], [])]
    for _ in range(length):
        paths = [
            ([*s, int(after[s[-1], a])], [*acts, a], [*r, float(rewards[s[-1], a])])
            for s, acts, r in paths
            for a in (0, 1)
        ]
    return [(s[:-1], acts, r) for s, acts, r in paths]


def chances(theta: Float64Array, episodes: Sequence[Episode]) -> Float64Array:
    policy = softmax(theta)
    return np.array([policy[states, actions].prod() for states, actions, _ in episodes])


@pytest.mark.law
@given(seeds(), st.sampled_from([0.6, 1.0]), st.booleans())
def test_the_expected_gradient_is_the_slope_of_the_value(seed: int, gamma: float, baseline: bool) -> None:
    episodes, rng = episodes_of(seed, 3), np.random.default_rng(seed)
    worth = np.array([sum(gamma**t * r for t, r in enumerate(rewards)) for _, _, rewards in episodes])
    options = {"discount": gamma, "baseline": baseline, "learning_rate": 0.01, "random_state": seed}
    agent = trained(options, rng.normal(size=(4, 2)), [], [2])["agent"]  # a baseline that is not 0
    theta = np.array(agent.theta)
    gradients = np.array(each(agent.episode_gradient, [tuple(map(list, episode)) for episode in episodes]))
    mean = np.einsum("e,esa->sa", chances(theta, episodes), gradients)
    asked = f"the mean of episode_gradient over all {len(episodes)} episodes of a process, discount={gamma}, baseline={baseline}"
    formula = lambda slip: sum(  # noqa: E731
        p * gradient(theta, e, gamma, agent.values, slip)
        for p, e in zip(chances(theta, episodes), episodes, strict=True)
    )
    check.gradient(
        mean,
        lambda points: [float(chances(point, episodes) @ worth) for point in points],
        theta,
        asked=asked,
        name="theta",
        mistakes={text: partial(formula, slip) for slip, text in SLIPS.items()},
        hint="the score of an action has mean 0, so what does not depend on the action may be taken off, and nothing else",
    )


@pytest.mark.law
@pytest.mark.parametrize("baseline", [False, True])
@pytest.mark.parametrize(("discount", "episodes"), [(1.0, [1]), (0.5, [2]), (0.9, [4, 3])], ids=str)
def test_training_follows_the_episodes_that_happened(baseline: bool, discount: float, episodes: list[int]) -> None:
    options = {"learning_rate": 0.05, "discount": discount, "baseline": baseline, "random_state": 4}
    theta = np.array([[0.0, 1.0], [0.5, -0.5], [-1.0, 0.0], [0.0, 0.0]])
    got = trained(options, theta, [], episodes)
    check.equal(
        len(got["episodes"]), sum(episodes), asked=f"number of episodes begun by train, of {episodes} asked for"
    )
    check_training(got, theta, options, f"{' and then '.join(map(str, episodes))} episodes in the corridor")
    check_gradient(got["agent"], ([0, 1, 2, 1], [0, 1, 0, 1], [1.0, -1.0, 2.0, 3.0]), discount, f"trained, {options}")


@pytest.mark.law
def test_actions_are_drawn_from_the_policy() -> None:
    theta, times = np.log([[0.01, 0.64, 0.35]]), 3000
    got = trained({"learning_rate": 1e-12, "random_state": 9}, theta, [1.0, 0.0, 0.0], [times])
    share, want = np.bincount([actions[0] for _, actions, _ in got["episodes"]], minlength=3) / times, softmax(theta[0])
    guesses: dict[str, Any] = {
        "the most likely action is taken: draw": [0, 1, 0],
        "all actions are equally likely: draw from the policy": [1 / 3] * 3,
    }
    check.true(
        bool((abs(share - want) <= 5.5 * np.sqrt(want * (1 - want) / times) + 10 / times).all()),
        asked=f"how often each action was taken in {times} episodes of one step, the policy being {check.show(want)}",
        came=check.show(share.round(3)),
        expected=f"about {check.show(want.round(3))}",
        mistake=next((text for text, other in guesses.items() if abs(share - other).sum() < 0.15), ""),
        hint="draw an action with the probabilities of action_probabilities(state), and explore no more than these do",
    )


@pytest.mark.law
@pytest.mark.parametrize("baseline", [False, True])
def test_learns_which_action_pays(baseline: bool) -> None:
    options = {"learning_rate": 0.5, "baseline": baseline, "random_state": 2}
    got = trained(options, np.zeros((1, 2)), [0.0, 1.0], [400])
    asked = f"the policy after 400 episodes of one step, rewards 0 and 1, {options}"
    hint = "actions that were followed by more become more likely"
    policy = softmax(got["theta"][0])
    check.true(policy[1] > 0.9, asked=asked, came=policy, expected="action 1 with more than 0.9", hint=hint)


@pytest.mark.law
@pytest.mark.parametrize("state", [0, 7, None, "Generator"])
def test_draws_follow_random_state(state: Any) -> None:
    given_states = [np.random.default_rng(3) if state == "Generator" else state for _ in range(2)]
    global_state, world = (
        GlobalRandomState(),
        partial(trained, theta=np.zeros((1, 10)), rewards=[0.0] * 10, episodes=[20, 20]),
    )
    first, second = ([a for _, a, _ in world({"random_state": each})["episodes"]] for each in given_states)
    asked = f"the actions of two agents in 40 episodes of one step, random_state={state}"
    hint = "make one generator in the constructor, np.random.default_rng(random_state), and draw from it"
    came, same = "the same" if first == second else "different", "different" if state is None else "the same"
    check.equal(came, same, asked=f"whether these are the same: {asked}", hint=hint)
    check.true(
        first[:20] != first[20:], asked=asked, came=first, expected="draws that go on", mistake="train seeds anew"
    )
    if state == "Generator":
        again = [a for _, a, _ in world({"random_state": given_states[0]})["episodes"]]
        asked, hint = "actions of one more agent with the same Generator", "draw from the Generator itself, not a copy"
        check.true(again != first, asked=asked, came=again, expected="others, for it has moved on", hint=hint)
    global_state.check_kept()


BAD_PARAMETERS: list[dict[str, Any]] = [
    *({name: bad} for name in ("n_states", "n_actions") for bad in (0, -1)),
    *({"learning_rate": bad} for bad in (0.0, -0.1)),
    *({"discount": bad} for bad in (-0.1, 1.1)),
]
BAD_CALLS: list[tuple[str, tuple[Any, ...]]] = [
    *(("action_probabilities", (bad,)) for bad in (-1, 2)),
    *(("episode_gradient", ([0, bad, 1], [0, 1, 2], [1.0, 2.0, 3.0])) for bad in (-1, 2)),
    *(("episode_gradient", ([0, 1, 1], [0, bad, 2], [1.0, 2.0, 3.0])) for bad in (-1, 3)),
    *(("episode_gradient", ([0, 1][:n], [0, 1][:m], [1.0, 2.0][:k])) for n, m, k in ((1, 2, 2), (2, 1, 2), (2, 2, 1))),
    *(("episode_gradient", bad) for bad in (([], [], []), ([[0], [1]], [[0], [1]], [[1.0], [2.0]]))),
    *(("train", (None, bad)) for bad in (0, -1)),
]


@pytest.mark.edge
@pytest.mark.parametrize("bad", BAD_PARAMETERS, ids=str)
def test_bad_parameters_are_errors(bad: dict[str, Any]) -> None:
    (name, value), make = next(iter(bad.items())), partial(kata.Reinforce, **({"n_states": 2, "n_actions": 3} | bad))
    asked, hint = f"Reinforce with {name}={value}", "check it in the constructor"
    check.raises(ValueError, lambda: make().theta, asked=asked, because=f"{name} is out of range", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize(("method", "args"), BAD_CALLS, ids=str)
def test_bad_states_actions_and_lengths_are_errors(method: str, args: tuple[Any, ...]) -> None:
    agent = made({}, np.zeros((2, 3)))
    asked = f"Reinforce(n_states=2, n_actions=3).{call(method, *args)}"
    hint = "check ranges and lengths first: NumPy takes index -1 for the last row, broadcasts, and zip stops silently"
    check.raises(ValueError, lambda: getattr(agent, method)(*args), asked=asked, because="README says so", hint=hint)


@pytest.mark.edge
def test_defaults_and_objects_that_share_nothing() -> None:
    theta, got = np.zeros((4, 2)), trained({"random_state": 1}, np.zeros((4, 2)), [], [3])
    check_training(
        got, theta, {"learning_rate": 0.1, "discount": 1.0, "baseline": False}, "3 episodes, options as by default"
    )
    other = kata.Reinforce(4, 2)
    for name, shape in (("theta", (4, 2)), ("values", (4,))):
        hint = "each object has arrays of its own"
        check.close(getattr(other, name), np.zeros(shape), asked=f"{name} of another, new agent", hint=hint)
