"""Suite of B14: updates against the formula, choices against exact probabilities, training against value iteration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
import q_learning as kata
import q_play
from grid_world import GridWorld
from hypothesis import given
from hypothesis import strategies as st
from q_play import Step

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds

made, choices, trained = map(in_subject_process, (q_play.made, q_play.choices, q_play.trained))
TIMES = 4000
EXAMPLE: list[Step] = [(1, 0, 4.0, 2, True), (0, 1, 1.0, 1, False)]
TABLE = {"n_states": 4, "n_actions": 3, "learning_rate": 0.5, "discount": 0.75}


def slip_of(step: Step, q: Float64Array, alpha: float, gamma: float, slip: str) -> float:
    """The value that an update gives to its entry; `slip` is a mistake."""
    state, action, reward, following, done = step
    old, after = q[state, action], q[following]
    future = {
        "mean": after.mean(),
        "min": after.min(),
        "first": after[0],
        "same action": after[action],
        "own state": q[state].max(),
        "from 0": max(after.max(), 0.0),
    }
    ends = {"past the end": False, "turned": not done}.get(slip, done)
    target = reward + (0.0 if ends else gamma * future.get(slip, after.max()))
    values = {
        "no old": old + alpha * target,
        "no rate": target,
        "no discount": old + alpha * (reward + (0.0 if done else after.max()) - old),
        "discounted reward": old + alpha * (gamma * target - old if done else gamma * (reward + after.max()) - old),
        "no reward": old + alpha * (target - reward - old),
        "nothing at the end": old if done else old + alpha * (target - old),
        "zero at the end": (1 - alpha) * old if done else old + alpha * (target - old),
        "swapped": alpha * old + (1 - alpha) * target,
        "minus": old - alpha * (target - old),
        "discounted old": old + alpha * (target - gamma * old),
    }
    return float(values.get(slip, old + alpha * (target - old)))


SLIPS = {
    "past the end": "it bootstraps past the end: where done is true the target is the reward alone",
    "turned": "done turned round: the future counts where it is false",
    "mean": "the mean of the next state's values: their maximum",
    "min": "the lowest of the next state's values: the highest",
    "first": "the value of action 0 in the next state: the maximum over actions",
    "same action": "the value of the same action in the next state: the maximum over actions",
    "own state": "the best value of the state itself: that of the next state",
    "from 0": "the best next value is sought from 0 on: values may be negative",
    "no old": "alpha times the target is added, and the old value is not taken off",
    "no rate": "the learning rate is missing",
    "no discount": "the discount is missing",
    "discounted reward": "the reward is discounted, too: only what follows is",
    "no reward": "the reward is missing from the target",
    "nothing at the end": "the last step of an episode is not learnt from",
    "zero at the end": "the target is 0 at the end: it is the reward",
    "swapped": "the old value has the weight alpha, the target 1 - alpha: the other way round",
    "minus": "the error has the wrong sign: target - old",
    "discounted old": "the old value is discounted: only the next one is",
}


def table(
    n_states: int, n_actions: int, steps: Sequence[Step], alpha: float, gamma: float, slip: str = ""
) -> Float64Array:
    """The table after updates one by one."""
    q = np.zeros((n_states, n_actions))
    for step in steps:
        q[step[0], step[1]] = slip_of(step, q, alpha, gamma, slip)
    return q


def check_table(
    got: object,
    options: dict[str, Any],
    steps: Sequence[Step],
    asked: str,
    more: Mapping[str, Sequence[Step]] | None = None,
) -> None:
    """Hold a table to updates one by one; the mistakes are those of an update, and that it was told of other steps."""
    __tracebackhide__ = True
    sizes, alpha, gamma = (options["n_states"], options["n_actions"]), options["learning_rate"], options["discount"]
    mistakes: dict[str, Any] = {text: partial(table, *sizes, steps, alpha, gamma, slip) for slip, text in SLIPS.items()}
    if steps:
        mistakes["transposed: a row for each state, a column for each action"] = table(*sizes, steps, alpha, gamma).T
        mistakes["all updates use the table at the start: that of the moment"] = sum(
            (table(*sizes, [step], alpha, gamma) for step in steps), np.zeros(sizes)
        )
    mistakes |= {text: table(*sizes, other, alpha, gamma) for text, other in (more or {}).items()}
    hint = "each update moves one entry of a float64 table, by the values of that moment"
    check.close(got, table(*sizes, steps, alpha, gamma), asked=asked, mistakes=mistakes, hint=hint)
    check.float_array(got, sizes, asked=asked, hint=hint)


def told(options: dict[str, Any], steps: Sequence[Step]) -> str:
    shown = ", ".join(f"{key}={value}" for key, value in options.items())
    return f"QLearning({shown}), told of (state, action, reward, next_state, done) {check.show(list(steps))}"


def check_choices(options: dict[str, Any], values: Sequence[float], want: Any, mistakes: Mistakes) -> None:
    """Hold how often each action is chosen to its probability, within 5.5 standard deviations (0 and 1 exactly)."""
    __tracebackhide__ = True
    chosen, want = choices(options, values, TIMES), np.asarray(want, dtype=float)
    asked = f"how often each action is chosen in {TIMES} calls, {options}, in a state with the values {list(values)}"
    got = np.array([chosen.count(action) for action in range(len(values))]) / TIMES
    slack = 5.5 * np.sqrt(want * (1 - want) / TIMES) + np.where((want > 0) & (want < 1), 10 / TIMES, 0.0)
    is_right, away = bool((abs(got - want) <= slack).all()), {"": float(abs(got - want).sum())}
    for text, value in ({} if is_right else mistakes).items():
        other = np.asarray(value)
        away |= {text: float(abs(got - other).sum())} if abs(other - want).max() > 0.02 else {}
    came, expected = check.show(got.round(3)), f"about {check.show(want.round(3))}"
    mistake, hint = min(away, key=lambda text: away[text]), "each call decides anew"
    check.true(is_right, asked=asked, came=came, expected=expected, mistake=mistake, hint=hint)


def optimal(gamma: float) -> Float64Array:
    """The values of the grid world under the best policy, by value iteration; 0 where an episode ends."""
    return _iterate(gamma, lambda q: q.max(axis=1))


def _iterate(gamma: float, value: Callable[[Float64Array], Float64Array]) -> Float64Array:
    q = np.zeros((GridWorld.n_states, GridWorld.n_actions))
    ends = {GridWorld.look(s, a)[0] for s in range(12) for a in range(4) if GridWorld.look(s, a)[2]}
    for _ in range(400):
        following = value(q)
        for state in set(range(12)) - ends:
            for action in range(4):
                after, reward, done = GridWorld.look(state, action)
                q[state, action] = reward + (0.0 if done else gamma * following[after])
    return q


@pytest.mark.example
def test_worked_example_of_update() -> None:
    options = {"n_states": 3, "n_actions": 2, "learning_rate": 0.5, "discount": 0.8}
    agent = made(options, EXAMPLE)
    check_table(agent.q, options, EXAMPLE, f"q of {told(options, EXAMPLE)}")
    hint = "the action with the highest value in each row of q"
    check.equal(list(agent.policy())[:2], [1, 0], asked=f"policy()[:2] of {told(options, EXAMPLE)}", hint=hint)
    steps: list[Step] = [
        *EXAMPLE,
        (0, 1, -2.0, 1, False),
        (2, 1, 8.0, 2, True),
        (1, 0, 3.0, 2, True),
        (2, 0, 1.0, 1, False),
    ]
    check_table(made(options, steps).q, options, steps, f"q of {told(options, steps)}")


@pytest.mark.example
@pytest.mark.parametrize("epsilon", [0.0, 0.4, 1.0, None])
def test_explores_with_probability_epsilon(epsilon: float | None) -> None:
    values, best, e = [-3.0, -1.0, -5.0, -4.0], np.array([0.0, 1.0, 0.0, 0.0]), 0.1 if epsilon is None else epsilon
    low, rest = np.array([0.0, 0.0, 1.0, 0.0]), np.full(4, e / 4)
    mistakes = {
        "epsilon turned round: it is how often to explore": (1 - e) / 4 + e * best,
        "exploring leaves the best action out: all are equally likely": (1 - e) * best + (1 - best) * e / 3,
        "it never explores": best,
        "it always explores": np.full(4, 0.25),
        "the default of epsilon is not 0.1": 0.8 * best + 0.05,
        "the lowest value, not the highest": (1 - e) * low + rest,
        "the best value is sought from 0 on: values may be negative": (1 - e) * np.eye(4)[0] + rest,
        "exploring never takes the last action: the upper end of integers() is exclusive": (1 - e) * best
        + np.array([e / 3, e / 3, e / 3, 0.0]),
    }
    options = {"random_state": 5} | ({} if epsilon is None else {"epsilon": epsilon})
    check_choices(options, values, (1 - e) * best + rest, mistakes)


@pytest.mark.example
@pytest.mark.parametrize("values", [[0.0, 0.0, 0.0], [2.0, -1.0, 2.0, 2.0], [-1.0, -4.0, -4.0, -1.0]])
def test_best_actions_are_equally_likely(values: list[float]) -> None:
    best = np.array(values) == max(values)
    n, first = len(values), int(best.argmax())
    last = n - 1 - int(best[::-1].argmax())
    mistakes = {
        "the first of several best actions: each is equally likely": 0.8 * np.eye(n)[first] + 0.2 / n,
        "the last of several best actions: each is equally likely": 0.8 * np.eye(n)[last] + 0.2 / n,
        "all actions are equally likely, also those that are not best": np.full(n, 1 / n),
    }
    check_choices({"epsilon": 0.2, "random_state": 3}, values, 0.8 * best / best.sum() + 0.2 / n, mistakes)


@pytest.mark.example
def test_learns_a_chain_step_by_step() -> None:
    rewards, options = [1.0, 0.0, -2.0, 6.0], {"learning_rate": 0.5, "discount": 0.5}
    steps: list[Step] = [(0, 0, 1.0, 1, False), (1, 0, 0.0, 2, False), (2, 0, -2.0, 3, False), (3, 0, 6.0, 0, True)]
    asked = "states 0 to 3, one action, rewards 1, 0, -2 and 6, then the end (the next state is said to be 0)"
    sizes = {"n_states": 4, "n_actions": 1} | options
    for episodes in ([1], [3], [1, 2]):
        got = trained("chain", rewards, options, episodes)
        want, about = [[5.0] * n for n in episodes], f"train({' and then '.join(map(str, episodes))} episodes): {asked}"
        mistakes = {
            "rewards are discounted: their plain sum": [[1.0 - 0.5 + 0.75] * n for n in episodes],
            "the last reward is missing": [[-1.0] * n for n in episodes],
            "the last reward alone: their sum": [[6.0] * n for n in episodes],
            "the mean of the rewards: their sum": [[1.25] * n for n in episodes],
            "sums of all episodes so far: each for itself": [list(5.0 * np.arange(1, n + 1)) for n in episodes],
            "nothing is returned": [None for n in episodes],
            "one number: a list, with one for each episode": [5.0 * n for n in episodes],
            "one episode too few": [[5.0] * (n - 1) for n in episodes],
            "one episode too many": [[5.0] * (n + 1) for n in episodes],
        }
        more = {
            "train starts from an empty table: it goes on from what was learnt": steps * episodes[-1],
            "the state moves on before the update": [(b, a, r, b, d) for _, a, r, b, d in steps] * sum(episodes),
            "the last step of each episode is not learnt from": steps[:-1] * sum(episodes),
            "the first step of each episode is not learnt from": steps[1:] * sum(episodes),
            "one episode too few": steps * (sum(episodes) - 1),
            "one episode too many": steps * (sum(episodes) + 1),
            "episodes are learnt from backwards: after each step": steps[::-1] * sum(episodes),
        }
        check_table(got["q"], sizes, steps * sum(episodes), f"q after {about}", more)
        check.equal(got["returns"], want, asked=f"what is returned by {about}", mistakes=mistakes)


@pytest.mark.law
@given(seeds(), st.integers(1, 4), st.integers(1, 3), st.integers(0, 25), st.sampled_from([0.1, 0.5, 1.0]))
def test_updates_follow_the_formula(seed: int, n_states: int, n_actions: int, n: int, rate: float) -> None:
    rng = np.random.default_rng(seed)
    options = {
        "n_states": n_states,
        "n_actions": n_actions,
        "learning_rate": rate,
        "discount": float(rng.choice([0, 0.5, 0.9, 1])),
    }
    states, actions = rng.integers(n_states, size=(2, n)).tolist(), rng.integers(n_actions, size=n).tolist()
    rewards, ends = (rng.integers(-8, 9, n) / 2).tolist(), (rng.random(n) < 0.3).tolist()
    steps = list(zip(states[0], actions, rewards, states[1], ends, strict=True))
    agent = made(options, steps)
    check_table(agent.q, options, steps, f"q of {told(options, steps)}")
    policy, best = np.asarray(agent.policy()), np.asarray(agent.q)
    is_right = policy.shape == (n_states,) and policy.dtype.kind in "iu"
    is_right = is_right and bool((best[np.arange(n_states), policy] == best.max(axis=1)).all())
    expected, hint = f"for each state an action with the highest value of {check.show(best)}", "argmax over actions"
    check.true(is_right, asked=f"policy() of {told(options, steps)}", came=policy, expected=expected, hint=hint)


@pytest.mark.law
@given(seeds(), st.integers(1, 5), st.integers(1, 4))
def test_choices_without_exploring_are_best_actions(seed: int, n_states: int, n_actions: int) -> None:
    rng = np.random.default_rng(seed)
    values = rng.integers(-3, 2, size=(n_states, n_actions)).astype(float)
    steps: list[Step] = [(s, a, float(values[s, a]), s, True) for s in range(n_states) for a in range(n_actions)]
    agent = made({"n_states": n_states, "n_actions": n_actions, "learning_rate": 1.0, "epsilon": 0.0}, steps)
    for state in range(n_states):
        got, best = agent.choose_action(state), np.flatnonzero(values[state] == values[state].max())
        asked = f"choose_action({state}), epsilon=0, with q = {check.show(values)}"
        hint = "an action with the highest value in the row of the state"
        check.true(got in best, asked=asked, came=got, expected=f"one of {best.tolist()}", hint=hint)


@pytest.mark.law
@pytest.mark.parametrize("discount", [0.9, 0.5])
def test_random_steps_teach_the_values_of_the_best_policy(discount: float) -> None:
    options = {"learning_rate": 1.0, "discount": discount, "epsilon": 1.0, "random_state": 11}
    got, want = trained("grid", [], options, [1500]), optimal(discount)
    others = {
        "SARSA: the target takes the action that follows; it is about the best one": _iterate(
            discount, lambda q: np.asarray(q.mean(axis=1))
        ),
        "the future is missing: the rewards alone are learnt": optimal(0.0),
        "the discount is not used": optimal(0.9 if discount == 0.5 else 1.0),
    }
    is_right = check.is_close(got["q"], want, rtol=1e-9, atol=1e-9)
    away = {text: float(abs(got["q"] - other).mean()) for text, other in others.items()}
    away[""] = 0.5 * float(abs(got["q"] - want).mean())
    check.true(
        is_right,
        asked=f"q of the grid world after 1500 episodes of random actions, {options}",
        came=got["q"],
        expected=f"the values of the best policy, {check.show(want)}",
        mistake=min(away, key=lambda text: away[text]),
        hint="each step of each episode is learnt from, the last one too; with epsilon 1, actions are random",
    )
    shares, asked = (
        np.bincount(got["choices"], minlength=4) / 2000,
        f"how often each action is chosen afterwards, {options}",
    )
    mistake, even = (
        "train has changed epsilon: it explores with epsilon throughout",
        bool((abs(shares - 0.25) < 0.06).all()),
    )
    check.true(even, asked=asked, came=shares, expected="each about 1/4 of the time", mistake=mistake)


@pytest.mark.law
@pytest.mark.parametrize("seed", range(3))
def test_learns_the_shortest_way_without_exploring(seed: int) -> None:
    options = {"learning_rate": 1.0, "epsilon": 0.0, "random_state": seed}
    got, asked = trained("grid", [], options, [180, 20]), f"after 180 episodes in the grid world, {options}"
    hint = "with epsilon 0 all actions are best ones; every value starts at 0, too high, so that all are tried"
    check.equal(got["returns"][1], [-5.0] * 20, asked=f"the sums of the next 20 episodes {asked}", hint=hint)
    state, path = GridWorld.start, [GridWorld.start]
    while len(path) < 6 and state != 11:
        state = GridWorld.look(state, int(got["policy"][state]))[0]
        path.append(state)
    check.equal(path, [8, 4, 5, 6, 7, 11], asked=f"the cells on the way of policy() {asked}", hint=hint)


@pytest.mark.law
@pytest.mark.parametrize("state", [0, 7, None, "Generator"])
def test_draws_follow_random_state(state: Any) -> None:
    given_states = [np.random.default_rng(3) if state == "Generator" else state for _ in range(2)]
    global_state, values = GlobalRandomState(), [0.0] * 10
    first, second = (choices({"epsilon": 0.5, "random_state": each}, values, 40) for each in given_states)
    asked = f"40 choices of two agents with ten equal actions, random_state={state}"
    hint = "make one generator in the constructor, np.random.default_rng(random_state), and draw from it"
    came, same = "the same" if first == second else "different", "different" if state is None else "the same"
    check.equal(came, same, asked=f"whether these are the same: {asked}", hint=hint)
    mistake = "each call draws the same, or always takes the first of equal actions"
    check.true(len(set(first)) > 1, asked=asked, came=first, expected="several actions", mistake=mistake)
    if state == "Generator":
        again = choices({"epsilon": 0.5, "random_state": given_states[0]}, values, 40)
        hint = "draws come from the Generator that was given, not from a copy of it"
        asked, expected = "40 choices of one more agent with the same Generator", "others, for it has moved on"
        check.true(again != first, asked=asked, came=again, expected=expected, hint=hint)
    global_state.check_kept()


BAD_PARAMETERS: list[dict[str, Any]] = [
    *({name: bad} for name in ("n_states", "n_actions") for bad in (0, -1)),
    *({"learning_rate": bad} for bad in (0.0, -0.1, 1.1)),
    *({name: bad} for name in ("discount", "epsilon") for bad in (-0.1, 1.1)),
]
BAD_CALLS: list[tuple[str, tuple[Any, ...]]] = [
    *(("choose_action", (bad,)) for bad in (-1, 4)),
    *(("update", (bad, 0, 1.0, 0, False)) for bad in (-1, 4)),
    *(("update", (0, bad, 1.0, 0, False)) for bad in (-1, 3)),
    *(("update", (0, 0, 1.0, bad, False)) for bad in (-1, 4)),
    *(("train", (None, bad)) for bad in (0, -1)),
]


@pytest.mark.edge
@pytest.mark.parametrize("bad", BAD_PARAMETERS, ids=str)
def test_bad_parameters_are_errors(bad: dict[str, Any]) -> None:
    make, shown = partial(kata.QLearning, **(TABLE | bad)), next(iter(bad.items()))
    asked, because = f"QLearning with {shown[0]}={shown[1]}", f"{shown[0]} is out of range"
    check.raises(ValueError, lambda: make().q, asked=asked, because=because, hint="check it in the constructor")


@pytest.mark.edge
@pytest.mark.parametrize(("method", "args"), BAD_CALLS, ids=str)
def test_states_actions_and_episodes_out_of_range_are_errors(method: str, args: tuple[Any, ...]) -> None:
    agent, asked = made(TABLE, [(3, 2, 1.0, 0, True)]), f"QLearning(n_states=4, n_actions=3).{call(method, *args)}"
    hint = "check it before anything is learnt; NumPy takes index -1 for the last row"
    check.raises(ValueError, lambda: getattr(agent, method)(*args), asked=asked, because="README says so", hint=hint)
    check_table(agent.q, TABLE, [(3, 2, 1.0, 0, True)], f"q after the refused {asked}")


@pytest.mark.edge
def test_defaults_and_objects_that_share_nothing() -> None:
    steps: list[Step] = [(1, 0, 1.0, 0, False), (0, 0, 1.0, 1, False)]
    one, other = made({"n_states": 2, "n_actions": 1}, steps), made({"n_states": 2, "n_actions": 1}, [])
    check.close(one.q, [[0.109], [0.1]], asked=f"q of {told({'n_states': 2, 'n_actions': 1}, steps)}", hint="0.1, 0.9")
    check.close(other.q, [[0.0], [0.0]], asked="q of another agent", hint="each object has a table of its own")
    check.equal(other.choose_action(1), 0, asked="choose_action(1) where action 0 is the only one")
