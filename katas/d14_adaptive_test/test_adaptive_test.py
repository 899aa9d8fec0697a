"""Suite of D14: the model in both tails, the estimate by bisection, each choice against the whole bank, whole sessions."""

from __future__ import annotations

import contextlib
import json
import math
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

import adaptive_test as kata
import numpy as np
import pytest
import sessions
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each, in_subject_process
from harness.suite.check import Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import seeds

Bank = dict[str, tuple[float, float]]
Answers = list[tuple[str, bool]]
first_items, simulate = in_subject_process(sessions.first_items), in_subject_process(sessions.simulate)

ITEMS: Bank = {"easy": (1.0, -2.0), "middle": (1.5, 0.0), "hard": (1.2, 1.5), "steep": (2.5, 0.6)}
MIXED: Answers = [("steep", True), ("middle", False), ("hard", True)]


def sigmoid(z: float) -> float:
    """Exact in both tails."""
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


def amount(theta: float, a: float, b: float) -> float:
    """The information of an item."""
    return a * a * sigmoid(a * (theta - b)) * sigmoid(-a * (theta - b))


def mode(items: Bank, answers: Answers, prior: float = 1.0) -> float:
    """The estimate, by bisection; `prior` is its precision."""
    bound = sum(items[item][0] for item, _ in answers) / (prior or 1) + 1.0
    low, high = (-bound, bound) if prior else (-30.0, 30.0)
    for _ in range(80):
        theta = (low + high) / 2
        slope = -prior * theta
        for item, correct in answers:
            a, b = items[item]
            slope += a * sigmoid(-a * (theta - b)) if correct else -a * sigmoid(a * (theta - b))
        low, high = (theta, high) if slope > 0 else (low, theta)
    return (low + high) / 2


def error(items: Bank, answers: Answers, theta: float | None = None, prior: float = 1.0) -> float:
    """The standard error at `theta`, by default at the estimate."""
    theta = mode(items, answers) if theta is None else theta
    return 1 / math.sqrt(prior + sum(amount(theta, *items[item]) for item, _ in answers))


def mean_of_posterior(items: Bank, answers: Answers) -> float:
    """EAP, which is not asked for."""
    grid = np.linspace(-8, 8, 4001)
    weight = np.exp(-(grid**2) / 2)
    for item, correct in answers:
        a, b = items[item]
        weight = weight / (1 + np.exp((-a if correct else a) * (grid - b)))
    return float(np.sum(grid * weight) / np.sum(weight))


def newton(items: Bank, answers: Answers, steps: int, damped: bool = False) -> float:
    """Newton's method from 0, as it goes without a bracket."""
    theta = 0.0
    for _ in range(steps):
        slope = -theta
        for item, correct in answers:
            a, b = items[item]
            slope += a * (correct - sigmoid(a * (theta - b)))
        theta += slope / (1 + sum(amount(theta, *items[item]) for item, _ in answers))
        theta = max(-4.0, min(4.0, theta)) if damped else theta
    return theta


def theta_mistakes(items: Bank, answers: Answers) -> Mistakes:
    """What mistakes give for the estimate."""
    right, turned = mode(items, answers), [(item, not correct) for item, correct in answers]
    flat = {item: (1.0, b) for item, (_, b) in items.items()}
    scaled = {item: (1.7 * a, b) for item, (a, b) in items.items()}
    mirrored = {item: (a, -b) for item, (a, b) in items.items()}
    likely = partial(mode, items, answers, 0.0)
    return {
        "without the prior (maximum likelihood)": likely,
        **{
            f"maximum likelihood, cut at {bound}: the prior keeps it finite": lambda bound=bound: float(
                np.clip(likely(), -bound, bound)
            )
            for bound in (3, 4, 5, 6)
        },
        "the mean of the posterior (EAP): it is where the posterior is largest": lambda: mean_of_posterior(
            items, answers
        ),
        "right and wrong are turned round": lambda: mode(items, turned),
        "a is not used (the Rasch model)": lambda: mode(flat, answers),
        "a is multiplied by 1.7: here it is not": lambda: mode(scaled, answers),
        "b has the wrong sign: theta - b": lambda: mode(mirrored, answers),
        "only the last answer counts: all do": lambda: mode(items, answers[-1:]),
        "the last answer is missing: bring the estimate up to date in record": lambda: mode(items, answers[:-1]),
        "one step of Newton's method from 0: go on until it stands": lambda: newton(items, answers, 1),
        "cut at 4: an estimate is not bounded": lambda: float(np.clip(right, -4, 4)),
        "cut at 3: an estimate is not bounded": lambda: float(np.clip(right, -3, 3)),
        "from a grid of step 0.01: find the maximum itself": round(right, 2),
        "from a grid of step 0.1: find the maximum itself": round(right, 1),
        "it did not move": 0.0,
        "NaN or infinite: Newton's method alone leaps away where items are steep; keep it in a bracket": math.nan,
    }


def error_mistakes(items: Bank, answers: Answers) -> Mistakes:
    """What mistakes give for the standard error."""
    right, count = error(items, answers), len(answers)
    return {
        "the variance: take the root": right**2,
        "the information: one over its root": 1 / right**2,
        "the root of the information: one over it": 1 / right,
        "without the prior's 1": lambda: error(items, answers, prior=0.0),
        "information at 0: at the current estimate": lambda: error(items, answers, 0.0),
        "information at the estimate before the last answer": lambda: error(items, answers, mode(items, answers[:-1])),
        "the last item's information only: sum over all answered items": lambda: error(
            items, answers[-1:], mode(items, answers)
        ),
        "the whole bank's information: that of answered items": lambda: error(
            items, [(item, True) for item in items], mode(items, answers)
        ),
        "the standard deviation of the answers": lambda: math.sqrt(1 / max(count, 1)),
    }


def check_estimate(
    test: Any, items: Bank, answers: Answers, asked: str = "", theta: Any = None, se: Any = None
) -> None:
    """Hold theta and standard_error to the exact ones."""
    __tracebackhide__ = True
    asked = asked or f"after {answers} of the items { {item: items[item] for item, _ in answers} }"
    theta, se = (test.theta, test.standard_error) if theta is None else (theta, se)
    close = partial(check.close, rtol=1e-7, atol=1e-6)
    hint = "where -theta + sum of a (correct - p) is 0"
    close(theta, mode(items, answers), asked=f"theta {asked}", mistakes=theta_mistakes(items, answers), hint=hint)
    hint = "1 / sqrt(1 + sum of information), over the answered items, at theta"
    close(
        se, error(items, answers), asked=f"standard_error {asked}", mistakes=error_mistakes(items, answers), hint=hint
    )
    check.python_float(theta, asked=f"theta {asked}")
    check.python_float(se, asked=f"standard_error {asked}")


def choices(items: Bank, answers: Answers) -> dict[str, Callable[[str], float]]:
    """By what mistakes choose: the largest of these."""
    theta, before = mode(items, answers), mode(items, answers[:-1])
    return {
        "the item whose difficulty is nearest: information counts a, too": lambda item: -abs(items[item][1] - theta),
        "the most informative at 0: at the current estimate": lambda item: amount(0.0, *items[item]),
        "the most informative at the estimate before the last answer": lambda item: amount(before, *items[item]),
        "the least informative": lambda item: -amount(theta, *items[item]),
        "the steepest, wherever it is": lambda item: items[item][0],
        "the first that is left": lambda item: -list(items).index(item),
        "information without a squared": lambda item: amount(theta, *items[item]) / items[item][0] ** 2,
        "information with a, not a squared": lambda item: amount(theta, *items[item]) / items[item][0],
        "the hardest": lambda item: items[item][1],
    }


def check_choice(got: object, items: Bank, answers: Answers) -> None:
    """Hold the next item to be as informative as any that has no answer."""
    __tracebackhide__ = True
    seen, theta = {item for item, _ in answers}, mode(items, answers)
    asked = f"next_item() after {answers}, of the items {items}"
    left = {item: amount(theta, *pair) for item, pair in items.items() if item not in seen}
    best = max(left, key=left.__getitem__)
    expected = f"{best!r}, of information {left[best]:.4g} at theta = {round(theta, 4) + 0.0}"
    if got in seen:
        check.true(False, asked=asked, came=got, expected=expected, mistake="it has an answer: each item once")
    check.true(got in left, asked=asked, came=got, expected=expected, mistake="it is not the id of an item")
    is_best = left[str(got)] >= left[best] - 1e-5 * max(left[best], 1e-300)
    ways = choices(items, answers)
    wrong = [text for text, by in ways.items() if max(left, key=by) == got][:3]
    came = f"{got!r}, of information {left[str(got)]:.4g}"
    mistake = "; or ".join(wrong) or "take the largest information at the current estimate"
    check.true(is_best, asked=asked, came=came, expected=expected, mistake=mistake)


def make_bank(seed: int, size: int, steep: float = 2.5) -> Bank:
    """Items of all difficulties; their order says nothing."""
    rng = np.random.default_rng(seed)
    a, b = np.exp(rng.uniform(math.log(0.3), math.log(steep), size)), rng.normal(0, 1.5, size)
    return {f"item {i}": (float(x), float(y)) for i, (x, y) in enumerate(zip(a, b, strict=True))}


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_examples_of_the_model() -> None:
    for theta, a, b in ((1.0, 2.0, 0.0), (-0.5, 1.5, 1.0), (0.6, 2.5, 0.6)):
        p = sigmoid(a * (theta - b))
        mistakes: Mistakes = {
            "the chance of a wrong answer: -a (theta - b) stands in the exponent": 1 - p,
            "a theta - b: a multiplies the difference": sigmoid(a * theta - b),
            "a is not used": sigmoid(theta - b),
            "a is multiplied by 1.7: here it is not": sigmoid(1.7 * a * (theta - b)),
            "the exponent itself": a * (theta - b),
        }
        asked = call("probability", theta, a, b)
        got = kata.probability(theta, a, b)
        check.close(got, p, asked=asked, mistakes=mistakes)
        check.python_float(got, asked=asked)
        mistakes = {
            "p (1 - p): times a squared": p * (1 - p),
            "a p (1 - p), the slope of p: a squared": a * p * (1 - p),
            "a**2 p: times 1 - p": a**2 * p,
            "one over it (a variance)": 1 / (a**2 * p * (1 - p)),
        }
        asked, got = call("information", theta, a, b), kata.information(theta, a, b)
        check.close(got, a**2 * p * (1 - p), asked=asked, mistakes=mistakes)
        check.python_float(got, asked=asked)


@pytest.mark.example
def test_worked_example_of_a_new_session() -> None:
    test = kata.AdaptiveTest(dict(ITEMS), max_items=3)
    check_choice(test.next_item(), ITEMS, [])
    got, asked = [test.theta, test.standard_error], "[theta, standard_error] before any answer"
    check.close(got, [0.0, 1.0], asked=asked, atol=1e-6, hint="those of the prior")
    check.equal([test.finished, test.answers], [False, []], asked="[finished, answers] before any answer")


@pytest.mark.example
def test_worked_example_of_a_session() -> None:
    test, answers = kata.AdaptiveTest(dict(ITEMS), max_items=4, target_error=0.0), list[tuple[str, bool]]()
    for item, correct in MIXED:
        check.equal(test.record(item, correct), None, asked=call("record", item, correct))
        answers.append((item, correct))
        check_estimate(test, ITEMS, answers)
        check_choice(test.next_item(), ITEMS, answers)
        got = [tuple(pair) for pair in test.answers]
        check.equal(got, answers, asked=f"answers after {answers}", hint="pairs (item, correct), in order")


@pytest.mark.example
def test_worked_example_of_the_end() -> None:
    test = kata.AdaptiveTest(dict(ITEMS), max_items=2)
    ends = [test.finished]
    for item, correct in MIXED[:2]:
        test.record(item, correct)
        ends.append(test.finished)
    mistakes = {"one answer too late: max_items are enough": [False] * 3, "one too early": [False, True, True]}
    check.equal(ends, [False, False, True], asked="finished after 0, 1 and 2 answers, max_items=2", mistakes=mistakes)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(st.floats(-6, 6), st.floats(0.1, 5), st.floats(-4, 4))
def test_information_is_the_squared_slope_over_the_variance(theta: float, a: float, b: float) -> None:
    step = 1e-5
    (low, high), amount = (
        each(kata.probability, [(theta - step, a, b), (theta + step, a, b)]),
        kata.information(theta, a, b),
    )
    p = sigmoid(a * (theta - b))
    slope = (high - low) / (2 * step)
    asked = f"I p (1 - p), which is the squared slope of p, at theta={theta}, a={a}, b={b}"
    check.close(amount * p * (1 - p), slope**2, asked=asked, rtol=1e-4, atol=1e-9, hint="a**2 p (1 - p)")


@pytest.mark.law
@settings(max_examples=25)
@given(seeds(), st.integers(1, 12), st.sampled_from([2.5, 20.0]))
def test_the_estimate_is_where_the_posterior_is_largest(seed: int, count: int, steep: float) -> None:
    rng, items = np.random.default_rng(seed), make_bank(seed, count, steep)
    answers = [(item, bool(rng.random() < 0.5)) for item in items]
    check_estimate(kata.AdaptiveTest(items, answers=list(answers)), items, answers)


@pytest.mark.law
@settings(max_examples=10)
@given(seeds())
def test_each_item_is_the_most_informative_one_that_is_left(seed: int) -> None:
    rng, items, answers = np.random.default_rng(seed), make_bank(seed, 8), list[tuple[str, bool]]()
    test = kata.AdaptiveTest(items, target_error=0.0)
    for _ in range(8):
        item = test.next_item()
        check_choice(item, items, answers)
        check.equal(
            test.next_item(), item, asked=f"next_item() once more, after {answers}", hint="until it has an answer"
        )
        correct = bool(rng.random() < 0.5)
        test.record(item, correct)
        answers.append((item, correct))
        check_estimate(test, items, answers)
    check.equal(test.finished, True, asked="finished when all 8 items are answered", hint="nothing is left to ask")


@pytest.mark.law
@settings(max_examples=15)
@given(seeds(), st.integers(0, 6))
def test_a_session_goes_on_elsewhere(seed: int, count: int) -> None:
    rng, items = np.random.default_rng(seed), make_bank(seed, 8)
    test = kata.AdaptiveTest(items, target_error=0.0)
    for _ in range(count):
        test.record(test.next_item(), bool(rng.random() < 0.5))
    answers = [(str(item), bool(correct)) for item, correct in json.loads(json.dumps(test.answers))]
    other = kata.AdaptiveTest(items, target_error=0.0, answers=answers)
    check_estimate(other, items, answers)
    check_choice(other.next_item(), items, answers)
    asked = f"the answers of a session that was given {answers}"
    check.equal([tuple(pair) for pair in other.answers], answers, asked=asked, hint="the same pairs in the same order")


@pytest.mark.law
def test_abilities_are_recovered_with_few_items() -> None:
    rng, items = np.random.default_rng(7), make_bank(5, 150)
    truths = np.linspace(-2, 2, 17)
    people = [{item: bool(rng.random() < sigmoid(a * (t - b))) for item, (a, b) in items.items()} for t in truths]
    ends = simulate(items, people)
    for end in ends[::4]:
        answers = [(str(item), bool(correct)) for item, correct in end["answers"]]
        for count, (theta, se) in enumerate(end["path"][::5]):
            check_estimate(None, items, answers[: 5 * count], theta=theta, se=se)
        for count in range(0, len(answers), 5):
            check_choice(answers[count][0], items, answers[:count])
    last = np.array([end["path"][-1] for end in ends])
    used = [len(end["answers"]) for end in ends]
    asked = "sessions of 17 people, abilities from -2 to 2, with a bank of 150 items: "
    came = float(np.sqrt(np.mean((last[:, 0] - truths) ** 2)))
    hint = "each answer moves theta, and each item is chosen at the new one"
    check.true(
        came < 0.55, asked=asked + "the root of the mean squared error", came=came, expected="below 0.55", hint=hint
    )
    came = bool(np.all((last[:, 1] <= 0.3) | (np.array(used) == 20)))
    hint = "it stops when the standard error is at most 0.3, or after 20 answers"
    check.true(came, asked=asked + "whether all stopped where they should", came=came, expected="True", hint=hint)
    early = [i for i, end in enumerate(ends) if any(se <= 0.3 for _, se in end["path"][:-1])]
    check.equal(early, [], asked=asked + "people whose session went on below the target", hint=hint)


@pytest.mark.law
def test_candidates_are_drawn_alike_from_the_most_informative() -> None:
    items, count = make_bank(3, 12), 400
    state = GlobalRandomState()
    by_information = sorted(items, key=lambda item: -amount(0.0, *items[item]))
    for k in (1, 4):
        came = Counter(first_items(items, list(range(count)), n_candidates=k))
        asked = f"the first items of {count} sessions, random_state 0 ... {count - 1}, n_candidates={k}"
        right = set(by_information[:k])
        mistake = "drawn from others than the k most informative, or not from all k, each with the same chance"
        fits = set(came) == right and all(abs(came[item] - count / k) < 6 * math.sqrt(count / k) for item in right)
        check.true(
            fits, asked=asked, came=dict(came), expected=f"about {count // k} of each of {right}", mistake=mistake
        )
    twice = [first_items(items, [seed, seed], n_candidates=8) for seed in range(10)]
    asked, hint = "first items of two sessions with one random_state", "an int, 0 too, gives the same draws each time"
    check.equal([first for first, _ in twice], [second for _, second in twice], asked=asked, hint=hint)
    different = len(set(first_items(items, [np.random.default_rng(1)] * 40, n_candidates=8)))
    hint = "a Generator is drawn from, and goes on"
    check.true(
        different > 1,
        asked="different first items of 40 sessions, one Generator",
        came=different,
        expected="several",
        hint=hint,
    )
    different = len(set(first_items(items, [None] * 60, n_candidates=8)))
    check.true(
        different > 1,
        asked="different first items of 60 sessions, None",
        came=different,
        expected="several",
        hint="draw anew",
    )
    state.check_kept()


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("z", [-50.0, 50.0, -1000.0, 1000.0, -700.0, 30.0])
def test_the_model_is_right_in_both_tails(z: float) -> None:
    nan = {"NaN: exp overflows; take it of a negative number only": math.nan}
    lost = {**nan, "0, by 1 - p where p rounds to 1: 1 - p is the chance at -z": 0.0} if abs(z) < 700 else nan
    want = math.exp(-abs(z)) / (1 + math.exp(-abs(z))) ** 2
    got = [kata.probability(z, 1.0, 0.0), kata.information(z, 1.0, 0.0)]
    hint = "exact in both tails"
    check.close(got[0], sigmoid(z), asked=call("probability", z, 1.0, 0.0), atol=1e-300, mistakes=nan, hint=hint)
    check.close(got[1], want, asked=call("information", z, 1.0, 0.0), atol=1e-305, mistakes=lost, hint=hint)


@pytest.mark.edge
def test_arrays_broadcast() -> None:
    thetas, a, b = (
        np.array([[1], [0], [2]], dtype=np.uint8),
        np.array([1, 2], dtype=np.uint8),
        np.array([0, 3], dtype=np.uint8),
    )
    for name, one in (("probability", lambda t, x, y: sigmoid(x * (t - y))), ("information", amount)):
        want = [[one(float(t), float(x), float(y)) for x, y in zip(a, b, strict=True)] for (t,) in thetas.tolist()]
        got, asked = getattr(kata, name)(thetas, a, b), call(name, thetas, a, b)
        check.close(got, want, asked=asked, hint="np.asarray(x, dtype=np.float64), so that uint8 does not wrap around")
        check.float_array(got, (3, 2), asked=asked)


@pytest.mark.edge
@pytest.mark.parametrize("correct", [True, False])
def test_all_right_and_all_wrong_answers_have_a_finite_estimate(correct: bool) -> None:
    for items in (make_bank(2, 20), {f"hard {i}": (2.0, 3.0) for i in range(20)}):
        answers = [(item, correct) for item in items]
        check_estimate(kata.AdaptiveTest(items, answers=answers), items, answers)


@pytest.mark.edge
@pytest.mark.parametrize("difficulty", [-2.5, -1.0, 1.0, 2.5])
def test_steep_items_do_not_throw_the_estimate_off(difficulty: float) -> None:
    items: Bank = {"steep": (20.0, difficulty), "other": (8.0, -difficulty), "flat": (0.3, 0.0)}
    for right in ((True, True, True), (False, False, True), (difficulty < 0, difficulty > 0, False)):
        answers = list(zip(items, right, strict=True))
        check_estimate(kata.AdaptiveTest(items, answers=answers), items, answers)


@pytest.mark.edge
def test_the_target_ends_the_test_when_it_is_reached() -> None:
    items, answers = {f"item {i}": (2.0, 0.0) for i in range(9)}, [(f"item {i}", i % 2 == 0) for i in range(9)]
    errors = [error(items, answers[:count]) for count in range(9)]
    for target in (errors[2] + 1e-6, 0.5, 0.0, 1.0):
        test, ends = kata.AdaptiveTest(items, target_error=target), []
        for item, correct in answers[:8]:
            ends.append(test.finished)
            if test.finished:
                break
            test.record(item, correct)
        want = [se <= target for se in errors[: len(ends)]]
        hint = "finished when the standard error is not above target_error; the prior's 1.0 counts, too"
        check.equal(ends, want, asked=f"finished before each answer, target_error={target:g}", hint=hint)


@pytest.mark.edge
def test_defaults_are_twenty_items_and_an_error_of_three_tenths() -> None:
    flat: Bank = {f"item {i}": (0.3, 0.0) for i in range(30)}
    test = kata.AdaptiveTest(flat)
    for item in list(flat)[:19]:
        test.record(item, True)
    ends = [test.finished]
    test.record("item 25", True)
    check.equal([*ends, test.finished], [False, True], asked="finished after 19 and 20 flat items", hint="max_items=20")
    sharp: Bank = {f"item {i}": (2.0, 0.0) for i in range(30)}
    test, count = kata.AdaptiveTest(sharp), 0
    while not test.finished and count < 30:
        test.record(f"item {count}", count % 2 == 0)
        count += 1
    answers = [(f"item {i}", i % 2 == 0) for i in range(30)]
    want = next(n for n in range(30) if error(sharp, answers[:n]) <= 0.3)
    check.equal(count, want, asked="how many items of a = 2, b = 0 the test asks, right and wrong in turn", hint="0.3")


@pytest.mark.edge
def test_a_finished_test_asks_and_takes_no_more() -> None:
    for options in ({"max_items": 1}, {"target_error": 0.9}):
        test = kata.AdaptiveTest(dict(ITEMS), **options)
        test.record("steep", True)
        because, hint = "the test is finished", "ask finished first"
        check.raises(
            RuntimeError, test.next_item, asked=f"next_item() of a finished test, {options}", because=because, hint=hint
        )
        asked = f"record('easy', True) of a finished test, {options}"
        check.raises(RuntimeError, partial(test.record, "easy", True), asked=asked, because=because, hint=hint)
        check.equal(test.answers, [("steep", True)], asked="the answers after that", hint="check before you append")


REFUSED: dict[str, tuple[type[Exception], str, Any]] = {
    "an unknown item": (KeyError, "none", True),
    "an item with an answer": (ValueError, "steep", False),
    "half right": (ValueError, "easy", 0.5),
    "text": (ValueError, "easy", "yes"),
    "2": (ValueError, "easy", 2),
    "None": (ValueError, "easy", None),
}


@pytest.mark.edge
@pytest.mark.parametrize("what", REFUSED)
def test_an_answer_that_is_refused_leaves_the_session_as_it_was(what: str) -> None:
    kind, item, correct = REFUSED[what]
    test = kata.AdaptiveTest(dict(ITEMS))
    test.record("steep", True)
    asked, because = call("record", item, correct) + " after record('steep', True)", f"it is {what}"
    hint = "look the item up and check the answer before anything is kept"
    check.raises(kind, partial(test.record, item, correct), asked=asked, because=because, hint=hint)
    check_estimate(test, ITEMS, [("steep", True)], asked="after a refused answer")
    check_choice(test.next_item(), ITEMS, [("steep", True)])
    check.equal(test.answers, [("steep", True)], asked="answers after a refused one", hint=hint)
    more = [("steep", True), (item, correct)]
    make = partial(kata.AdaptiveTest, dict(ITEMS), answers=more)
    check.raises(kind, make, asked=call("AdaptiveTest", "items", answers=more), because=because, hint="as in record")


@pytest.mark.edge
def test_answers_to_items_that_were_not_asked_are_taken() -> None:
    test = kata.AdaptiveTest(dict(ITEMS), target_error=0.0)
    test.next_item()
    because = "record takes any item that has no answer yet"
    for item, correct in (("hard", 1), ("easy", np.False_)):
        check.accepts(partial(test.record, item, correct), asked=call("record", item, correct), because=because)
    answers = [("hard", True), ("easy", False)]
    check_estimate(test, ITEMS, answers)
    check_choice(test.next_item(), ITEMS, answers)
    check.equal(
        [(item, bool(correct)) for item, correct in test.answers], answers, asked="answers, with 1 and np.False_"
    )


@pytest.mark.edge
def test_answers_that_are_handed_in_may_be_more_than_max_items() -> None:
    answers = [*MIXED, ("easy", True)]
    because = "answers of an earlier session may be more than this one would ask for"
    make = partial(kata.AdaptiveTest, dict(ITEMS), max_items=2, answers=answers)
    test = check.accepts(make, asked=call("AdaptiveTest", "items", max_items=2, answers=answers), because=because)
    check_estimate(test, ITEMS, answers)
    check.equal(test.finished, True, asked="finished, with 4 answers and max_items=2", hint="at least max_items")


@pytest.mark.edge
def test_the_item_stays_until_an_answer_is_recorded() -> None:
    test = kata.AdaptiveTest(make_bank(3, 40), n_candidates=20, target_error=0.0, random_state=2)
    for item in ("item 0", "item 1"):
        came = [test.next_item() for _ in range(30)]
        asked, hint = "30 calls of next_item(), n_candidates=20, without an answer", "draw once, and keep it"
        check.equal(len(set(came)), 1, asked=f"the number of different items in {asked}", hint=hint)
        refusals = [partial(test.record, "nobody", True), partial(test.record, item, 2)] * 10
        for refused in refusals:
            with contextlib.suppress(KeyError, ValueError):
                refused()
            came.append(test.next_item())
        asked = f"the number of different items in {asked}, and after answers that are refused"
        check.equal(len(set(came)), 1, asked=asked, hint="what is refused leaves the session as it was")
        test.record(item, True)
    chosen = set[str]()
    for other in (f"item {i}" for i in range(2, 14)):
        if other != test.next_item():
            chosen.add(test.next_item())
            test.record(other, True)
    asked = "the number of different items that are asked next, after each of 12 answers to other items"
    mistake = "the item is kept, though an answer to another one came: choose anew after each answer"
    check.true(len(chosen) > 1, asked=asked, came=len(chosen), expected="more than 1", mistake=mistake)


@pytest.mark.edge
def test_one_item_and_more_candidates_than_items() -> None:
    test = kata.AdaptiveTest({"only": (1.0, 0.0)}, n_candidates=5)
    asked, because = "next_item() of a bank of one, n_candidates=5", "if fewer are left it is drawn from all"
    check.equal(check.accepts(test.next_item, asked=asked, because=because), "only", asked=asked)
    got = first_items(dict(ITEMS), [0, 1, 2], n_candidates=3, answers=MIXED)
    check.equal(
        got, ["easy"] * 3, asked="next_item() when one item is left, n_candidates=3", hint="not one with an answer"
    )


@pytest.mark.edge
@pytest.mark.parametrize(
    "bad",
    [
        {"items": {}},
        {"items": {"x": (0.0, 1.0)}},
        {"items": {"x": (1.0, 0.0), "y": (-1.0, 0.0)}},
        {"max_items": 0},
        {"n_candidates": 0},
        {"target_error": -0.1},
    ],
    ids=str,
)
def test_arguments_out_of_range_are_an_error(bad: dict[str, Any]) -> None:
    given = {"items": dict(ITEMS), **bad}
    because, hint = "at least one item, a above 0, counts at least 1, target_error at least 0", "check in __init__"
    check.raises(
        ValueError, partial(kata.AdaptiveTest, **given), asked=call("AdaptiveTest", **given), because=because, hint=hint
    )


@pytest.mark.edge
def test_sessions_and_arguments_are_independent() -> None:
    items, answers = dict(ITEMS), [("steep", True)]
    with check.untouched(asked="AdaptiveTest(items, answers=answers), and a session", items=items, answers=answers):
        test = kata.AdaptiveTest(items, target_error=0.0, answers=answers)
        test.record(test.next_item(), True)
    items.clear()
    answers.append(("hard", False))
    got = test.answers
    got.append(("hard", False))
    kata.AdaptiveTest(dict(ITEMS)).record("easy", False)
    want = [("steep", True), ("middle", True)]
    hint = "copy what comes in and what goes out, and keep nothing on the class"
    check.equal(test.answers, want, asked="answers, after items, answers and the returned list were changed", hint=hint)
    check_estimate(test, ITEMS, want, asked="after items and answers were changed")
    check_choice(test.next_item(), ITEMS, want)
