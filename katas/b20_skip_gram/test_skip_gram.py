"""Suite of B20: pairs, noise, gradients of both tables, steps where chance decides nothing, draws, and their order."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import skip_gram as kata
from hypothesis import example, given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds

Pairs = list[tuple[int, int]]
TOKENS = st.lists(st.integers(0, 4), min_size=1, max_size=9)

# --- pairs and noise -------------------------------------------------------------------------------------------------


def loop_pairs(tokens: list[int], window: int) -> Pairs:
    places = range(len(tokens))
    return [(tokens[i], tokens[j]) for i in places for j in places if 0 < abs(i - j) <= window]


def pair_mistakes(tokens: list[int], window: int) -> Mistakes:
    right, n = loop_pairs(tokens, window), len(tokens)
    ends = [(i, j) for i in range(n) for j in range(max(-n, i - window), min(n, i + window + 1)) if i != j]
    before = [(tokens[i], tokens[j]) for i in range(n) for j in range(max(0, i - window), i)]
    return {
        "negative positions count from the end: the text begins at 0": sorted((tokens[i], tokens[j]) for i, j in ends),
        "the center is its own context: leave out its position": sorted(right + [(token, token) for token in tokens]),
        "a word beside itself is left out: compare positions, not words": sorted(p for p in right if p[0] != p[1]),
        "each pair is there once: those that occur twice count twice": sorted(set(right)),
        "contexts before the center only: the window reaches to both sides": sorted(before),
        "contexts behind the center only: the window reaches to both sides": sorted((b, a) for a, b in before),
        "the window is one too narrow: positions may differ by `window`": sorted(loop_pairs(tokens, window - 1)),
        "the window is one too wide: positions may differ by `window`": sorted(loop_pairs(tokens, window + 1)),
        "half of the window on each side: it reaches `window` to both": sorted(loop_pairs(tokens, window // 2)),
    }


def check_pairs(tokens: npt.ArrayLike, window: int, *, hint: str = "") -> None:
    """Hold the pairs, in any order, to two plain loops."""
    __tracebackhide__ = True
    asked, words = call("skip_gram_pairs", tokens, window), np.asarray(tokens).tolist()
    got = check.accepts(partial(kata.skip_gram_pairs, tokens, window), asked=asked, because="there is a word")
    array = np.asarray(got)
    form = array.shape == (len(array), 2) or len(array) == 0
    check.true(form, asked=asked, came=got, expected="a list of pairs, or an array (m, 2)")
    want = sorted(loop_pairs(words, window))
    came = sorted(map(tuple, array.tolist()))
    check.equal(came, want, asked=asked + ", sorted", mistakes=pair_mistakes(words, window), hint=hint)


@pytest.mark.example
@pytest.mark.parametrize(("tokens", "window"), [([7, 8, 9], 1), ([3, 1, 4, 1, 5, 5], 2)], ids=str)
def test_worked_examples_of_pairs(tokens: list[int], window: int) -> None:
    check_pairs(tokens, window)


@pytest.mark.law
@given(TOKENS, st.integers(1, 4))
@example([4], 3)
@example([0, 1, 2], 50)
@example([0, 1, 2] * 100, 7)
def test_pairs_are_of_all_positions_within_the_window(tokens: list[int], window: int) -> None:
    check_pairs(tokens, window)
    check_pairs(np.array(tokens, dtype=np.uint8) + np.uint8(250), window)


def check_noise(counts: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold the distribution to its definition."""
    __tracebackhide__ = True
    numbers = np.array(counts, dtype=np.float64)
    got, powers = kata.noise_distribution(counts), {p: numbers**p / (numbers**p).sum() for p in (0.75, 1.0, 4 / 3)}
    mistakes = {
        "proportional to the counts: take them to the power 3/4": powers[1.0],
        "to the power 4/3: it is 3/4": powers[4 / 3],
        "the powers themselves: divide them by their sum": numbers**0.75,
        "normalised before the power, and not after it": (numbers / numbers.sum()) ** 0.75,
    }
    check.close(got, powers[0.75], asked=call("noise_distribution", counts), mistakes=mistakes, hint=hint)


@pytest.mark.example
def test_worked_example_of_noise() -> None:
    check_noise([16, 1, 0])
    check_noise(np.array([200, 100, 0, 56], dtype=np.uint8), hint="the counts came in uint8: make them float64")
    check_noise(np.array([3, 7, 1], dtype=np.float32), hint="the counts came in float32: make them float64")


@pytest.mark.law
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any))
def test_noise_is_proportional_to_the_counts_to_the_power_three_quarters(counts: list[int]) -> None:
    check_noise(counts)
    check_noise(np.array(counts) / 8)


# --- loss and gradients ----------------------------------------------------------------------------------------------


class Step(NamedTuple):
    """Both tables (V, d), and the words of one step."""

    vectors: Float64Array
    contexts: Float64Array
    center: int
    context: int
    negatives: list[int]


def log_sigma(s: Any) -> Any:
    return -np.logaddexp(0.0, -s)


def loss_of(step: Step) -> float:
    v = step.vectors[step.center]
    return float(-log_sigma(step.contexts[step.context] @ v) - log_sigma(-step.contexts[step.negatives] @ v).sum())


def losses_of(step: Step, name: str, tables: list[Float64Array]) -> list[float]:
    return [loss_of(Step(**{**step._asdict(), name: table})) for table in tables]


def gradients_of(step: Step) -> tuple[Float64Array, Float64Array]:
    """Both gradients, by the chain rule, id by id."""
    d_vectors, d_contexts, v = np.zeros_like(step.vectors), np.zeros_like(step.contexts), step.vectors[step.center]
    for label, word in [(1, step.context), *((0, word) for word in step.negatives)]:
        slope = np.exp(log_sigma(step.contexts[word] @ v)) - label
        d_vectors[step.center] += slope * step.contexts[word]
        d_contexts[word] += slope * v
    return d_vectors, d_contexts


def loss_mistakes(step: Step) -> Mistakes:
    v = step.vectors[step.center]
    positive, noise = step.contexts[step.context] @ v, step.contexts[step.negatives] @ v
    together, distinct = np.append(noise, positive), step.contexts[np.unique(step.negatives)] @ v
    own, own_noise = step.vectors[step.context] @ v, step.vectors[step.negatives] @ v
    return {
        "the positive pair has the sign of the noise": -log_sigma(-together).sum(),
        "the noise has the sign of the positive pair": -log_sigma(together).sum(),
        "the signs of the pair and of the noise are swapped": -log_sigma(-positive) - log_sigma(noise).sum(),
        "the mean over the negatives: add them up": -log_sigma(positive) - log_sigma(-noise).mean(),
        "the negatives are left out": -log_sigma(positive),
        "the log-likelihood: the loss is minus that": log_sigma(positive) + log_sigma(-noise).sum(),
        "equal negatives count once: they count as often as they occur": -log_sigma(positive) - log_sigma(-distinct).sum(),
        "one table for both roles: contexts and negatives have their own": -log_sigma(own) - log_sigma(-own_noise).sum(),
    }  # fmt: skip


def gradient_mistakes(step: Step) -> tuple[Mistakes, Mistakes]:
    """For `d_vectors` and for `d_context_vectors`."""
    d_vectors, d_contexts = gradients_of(step)
    v, ids = step.vectors[step.center], [step.context, *step.negatives]
    labels = np.arange(len(ids)) == 0
    rows = (np.exp(log_sigma(step.contexts[ids] @ v)) - labels)[:, np.newaxis] * v
    once = np.zeros_like(d_contexts)
    once[ids] += rows
    uphill = "the sign: a step against the gradient must lower the loss"
    return (
        {
            uphill: -d_vectors,
            "the row of the center alone: zeros for all others, in the shape of the table": d_vectors[step.center],
        },
        {
            uphill: -d_contexts,
            "an id that occurs twice counts once: `table[ids] += rows` adds once, np.add.at adds all": once,
        },
    )


def model_of(step: Step, **parameters: Any) -> Any:
    model = kata.SkipGram(*step.vectors.shape, **parameters)
    model.vectors, model.context_vectors = step.vectors.copy(), step.contexts.copy()
    return model


def tables_of(model: Any) -> Float64Array:
    return np.stack([model.vectors, model.context_vectors])


def check_step(step: Step, *, hint: str = "") -> None:
    """Hold the loss to its definition, and the gradients to its slopes."""
    __tracebackhide__ = True
    words = step.center, step.context, step.negatives
    with np.printoptions(precision=6):
        asked = call("loss_and_gradients", *words) + f" with vectors {step.vectors} and contexts {step.contexts}"
    model = model_of(step)
    loss, *gradients = model.loss_and_gradients(step.center, step.context, [*step.negatives])
    mistakes = {} if hint else loss_mistakes(step)
    check.close(loss, loss_of(step), asked=asked + ", the loss", mistakes=mistakes, hint=hint)
    check.python_float(loss, asked=asked + ", the loss")
    hint = hint or "sigma(score) - 1 for the context and sigma(score) for negatives, times the other row"
    names = ("vectors", "d_vectors"), ("contexts", "d_context_vectors")
    exact = zip(gradients_of(step), gradient_mistakes(step), strict=True)
    for (name, gradient), got, (want, wrong) in zip(names, gradients, exact, strict=True):
        what, slopes = f"{asked}, {gradient}", partial(losses_of, step, name)
        check.gradient(got, slopes, getattr(step, name), asked=what, name=name, mistakes=wrong, hint=hint)
        check.close(got, want, asked=what, mistakes=wrong, hint=hint)
    mistake = "loss_and_gradients changed the tables: only train takes steps"
    kept = check.is_equal(tables_of(model), np.stack([step.vectors, step.contexts]))
    check.true(kept, asked=asked, came="other tables", expected="both tables as they were", mistake=mistake)


README = Step(np.array([[1.0, 0], [0, 2], [3, 3]]), np.array([[0.0, 1], [2, 0], [1, -1]]), 0, 1, [2, 2])


@st.composite
def steps(draw: st.DrawFn) -> Step:
    """Tables of 1 to 5 words and 1 to 4 numbers, words and negatives with and without repetition."""
    V, d = draw(st.integers(1, 5)), draw(st.integers(1, 4))
    vectors, contexts = np.random.default_rng(draw(seeds())).normal(size=(2, V, d))
    word = st.integers(0, V - 1)
    return Step(vectors, contexts, draw(word), draw(word), draw(st.lists(word, min_size=1, max_size=5)))


@pytest.mark.example
def test_worked_example_of_loss_and_gradients() -> None:
    check_step(README)
    check_step(README._replace(center=2, context=0, negatives=[1]))


@pytest.mark.law
@given(steps())
def test_loss_and_gradients_of_any_step(step: Step) -> None:
    check_step(step)


@pytest.mark.edge
def test_large_scores_give_the_finite_loss() -> None:
    hint = "-ln sigma(s) = ln(1 + exp(-s)) by np.logaddexp, without padding or clipping; sigma = exp(-logaddexp(0, -s))"
    for score in (1000.0, -1000.0):
        check_step(Step(np.array([[score]]), np.array([[1.0]]), 0, 0, [0]), hint=hint)


# --- training --------------------------------------------------------------------------------------------------------

ALONE = Step(np.array([[0.5, 1], [1, -2], [0, 3]]), np.array([[1.0, 0], [0.5, 0.25], [2, 2]]), 1, 1, [1, 1])
ONES, PAIRS = [1, 1, 1, 1], 10  # within a window of 2


def replay(count: int, rate: float = 0.1, *, k: int = 2, center_first: bool = False, last: float | None = None) -> Any:
    """Both tables after so many steps with k negatives, all words being 1; the other arguments are what mistakes change."""
    v, u = ALONE.vectors[1], ALONE.contexts[1]
    for _ in range(count):
        sigma = np.exp(log_sigma(v @ u))
        slope = k * sigma + sigma - 1
        new_v, new_u = v - rate * slope * u, u - rate * (slope if last is None else sigma - last) * v
        if center_first:
            new_u = u - rate * slope * new_v
        v, u = new_v, new_u
    tables = np.stack([ALONE.vectors, ALONE.contexts])
    tables[:, 1] = v, u
    return tables


@pytest.mark.example
@pytest.mark.parametrize("epochs", [1, 3])
def test_one_step_for_each_pair_exactly_where_chance_decides_nothing(epochs: int) -> None:
    model, count = model_of(ALONE, n_negatives=2, learning_rate=0.1), epochs * PAIRS
    trained = model.train([*ONES], 2, epochs)
    asked = "SkipGram(3, 2, n_negatives=2, learning_rate=0.1)" + call(".train", ONES, 2, epochs) + ", both tables"
    check.true(trained is not None, asked=asked, came="None", expected="self", mistake="return self")
    twice = "an id that is drawn twice counts once in the step of its row: `table[ids] -= rows` takes off once"
    mistakes = {
        "nothing was learned: subtract the gradients from both tables": replay(0),
        "one epoch only": replay(PAIRS),
        "the vector is changed before the context's gradient is taken": replay(count, center_first=True),
        "uphill: subtract the gradient": replay(count, -0.1),
        "draws that hit the context are left out: they count as any other": replay(count, k=0),
        twice + ", the noise": replay(count, last=0.0),
        twice + ", the context": replay(count, last=1.0),
        "one step for all pairs together: one pair, one step": replay(1, 0.1 * PAIRS),
        **{f"{k} negatives for each pair, not n_negatives": replay(count, k=k) for k in (1, 3, 5)},
        **{f"a learning rate of {rate}, not the one given": replay(count, rate) for rate in (0.05, 0.025, 0.01, 1.0)},
    }
    hint = "for every pair: both gradients, then learning_rate times each is taken off; all negatives are 1 here"
    check.close(tables_of(model), replay(count), asked=asked, mistakes=mistakes, hint=hint)


@pytest.mark.edge
def test_train_again_goes_on_and_default_parameters() -> None:
    model = model_of(ALONE)
    for times in (1, 2):
        model.train([*ONES], 2, 1)
        asked, want = f"SkipGram(3, 2) after train no. {times} of one epoch", replay(times * PAIRS, 0.05, k=5)
        hint = "5 negatives and a rate of 0.05 are the defaults, and train goes on with the tables as they are"
        check.close(tables_of(model), want, asked=asked, hint=hint)


@pytest.mark.law
def test_negatives_are_drawn_by_the_counts_to_the_power_three_quarters() -> None:
    # Vectors are unit vectors, contexts 0, and the rate is so small that they stay so: each draw of w for the center c takes
    # rate / 2 off context_vectors[w, c], and each pair (c, w) adds as much.
    text, rate = np.random.default_rng(1).choice(4, size=300, p=[0.8, 0.12, 0.04, 0.04]).tolist(), 1e-9
    pairs, start = np.array(loop_pairs(text, 2)), Step(np.eye(5), np.zeros((5, 5)), 0, 0, [0])  # word 4 never occurs
    model = model_of(start, n_negatives=5, learning_rate=rate, random_state=0)
    model.train([3] * 100, 1, 1)  # whose counts are forgotten, as are the steps
    model.vectors, model.context_vectors = start.vectors.copy(), start.contexts.copy()
    model.train([*text], 2, 3)
    by_center = -2 * np.asarray(model.context_vectors) / rate
    np.add.at(by_center, (pairs[:, 1], pairs[:, 0]), 3)
    draws, total, counts = by_center[:4, :4], 15 * np.bincount(pairs[:, 0]), np.bincount(text)

    def off(weights: npt.ArrayLike) -> float:
        """How many deviations the draws are from these probabilities, at the word and center where they are worst."""
        p = np.asarray(weights)[:, np.newaxis] / np.sum(weights)
        return float((np.abs(draws - total * p) / np.sqrt(total * p * (1 - p))).max())

    others = {
        "in proportion to the counts: take them to the power 3/4": counts,
        "all words alike: by the counts to the power 3/4": np.ones(4),
    }
    asked = f"draws of words (rows) of the counts {counts} for each center (columns): 3 epochs with 5 negatives"
    hint = "independent draws for each pair from noise_distribution of the counts in this text; none is left out or drawn again"
    absent = "a word that does not occur was drawn: noise comes from the counts of this text"
    drawn = bool(np.asarray(model.context_vectors)[4].any())
    check.true(not drawn, asked=asked, came="word 4, too", expected="words 0 to 3 only", mistake=absent)
    want = np.append(total, 0)
    check.close(by_center.sum(axis=0), want, asked=asked + ", in all, for each center", rtol=1e-4, hint=hint)
    alike = [what for n, what in ((5, "negatives of a pair"), (3, "epochs")) if not (by_center.round() % n).any()]
    mistake = f"all {' and '.join(alike)} have the same draws: draw anew for each"
    check.true(not alike, asked=asked, came=by_center.round(), expected="independent draws", mistake=mistake)
    mistake = "; ".join(name for name, weights in others.items() if off(weights) < 6)
    expected = f"about {np.outer(counts**0.75 / (counts**0.75).sum(), total).round()}"
    check.true(off(counts**0.75) < 6, asked=asked, came=draws.round(), expected=expected, mistake=mistake, hint=hint)


@pytest.mark.law
def test_pairs_come_in_random_order() -> None:
    # For the center 0, whose vector is 1, each step with two negatives 0 takes rate / 2 off context_vectors[0]. The only pair
    # of the center 1, whose vector is 0, then adds -rate / 2 of that to vectors[1], which tells how many steps came before.
    text, rate, start = [0] * 100 + [1], 1e-6, Step(np.array([[1.0], [0]]), np.zeros((2, 1)), 0, 0, [0])
    models = [model_of(start, n_negatives=2, learning_rate=rate, random_state=seed) for seed in range(20)]
    times = np.array([4 * float(model.train([*text], 1, 1).vectors[1, 0]) / rate**2 for model in models])
    spread = float(np.subtract(*np.quantile(times, [0.75, 0.25])))
    check.true(
        spread > 20,
        asked="when the pair (1, 0) of a text with 200 pairs has its step, with the seeds 0 to 19, from vectors[1]",
        came=f"half of the times are within {spread:.0f} steps: {times.round()}",
        expected="any time from 0 to 199",
        mistake="pairs come in the order of the text: take a random one in each epoch",
    )


@pytest.mark.edge
def test_the_start_is_small_random_and_repeatable() -> None:
    state, tokens = GlobalRandomState(), [0, 1, 2, 3, 0, 2]
    seeds_: list[Any] = [0, 0, 1, *map(np.random.default_rng, (3, 3)), None, None]
    models = [kata.SkipGram(4, 3, random_state=seed) for seed in seeds_]
    start, context_start = np.asarray(models[0].vectors), np.asarray(models[0].context_vectors)
    check.float_array(start, (4, 3), asked="SkipGram(4, 3).vectors")
    check.float_array(context_start, (4, 3), asked="SkipGram(4, 3).context_vectors")
    small = bool(np.abs(start).max() < 3) and len(np.unique(start, axis=0)) == 4
    asked, expected = "SkipGram(4, 3).vectors", "small numbers, no two rows alike"
    hint = "equal rows have equal gradients for equal contexts; large scores have none"
    check.true(small, asked=asked, came=start, expected=expected, hint=hint)
    tables = [model.train(tokens, 1, 2).vectors for model in models]
    same = [check.is_equal(tables[a], tables[b]) for a, b in [(0, 1), (3, 4), (0, 2), (5, 6)]]
    asked = "vectors after train: seeds 0 and 0, Generators alike, seeds 0 and 1, None and None: whether they are equal"
    check.equal(same, [True, True, False, False], asked=asked, hint="all draws come from default_rng(random_state)")
    state.check_kept()


# --- errors ----------------------------------------------------------------------------------------------------------

SIZES: Any = [(0, 2), (3, 0), (3, 2, 0), (3, 2, 5, 0.0), (3, 2, 5, -0.1)]
STEPS: Any = [(3, 0, [1]), (0, 3, [1]), (0, 1, [3]), (-1, 0, [1]), (0, -1, [1]), (0, 1, [2, -1]), (0, 1, [])]
TEXTS: Any = [([], 1, 1), ([1], 1, 1), ([0, 3], 1, 1), ([0, -1], 1, 1), ([0, 1], 0, 1), ([0, 1], 1, 0)]
BAD: Any = [("skip_gram_pairs", [], 1), ("skip_gram_pairs", [1, 2], 0), *(("SkipGram", *sizes) for sizes in SIZES)]
BAD += [("noise_distribution", counts) for counts in ([], [0, 0], [1, -1], [[1, 2]])]
BAD += [("loss_and_gradients", *step) for step in STEPS] + [("train", *text) for text in TEXTS]


@pytest.mark.edge
@pytest.mark.parametrize("bad", BAD, ids=str)
def test_wrong_arguments_are_an_error(bad: Any) -> None:
    name, *arguments = bad
    owner, prefix = (kata, "") if hasattr(kata, name) else (kata.SkipGram(3, 2), "SkipGram(3, 2).")
    because = "a number or an id is out of range, or there is nothing to work on"
    hint = "compare ids before you index: -1 is the last row, and NumPy does not mind"
    asked = prefix + str(call(name, *arguments))
    check.raises(ValueError, lambda: getattr(owner, name)(*arguments) is None, asked=asked, because=because, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    tokens, counts, negatives = np.array([0, 2, 1, 0]), np.array([1.0, 2.0]), np.array([1, 1])
    model = kata.SkipGram(3, 2)
    with check.untouched(asked="train, pairs, noise and gradients", tokens=tokens, counts=counts, negatives=negatives):
        model.train(tokens, 1, 2)
        _ = kata.skip_gram_pairs(tokens, 1), kata.noise_distribution(counts)
        model.loss_and_gradients(0, 1, negatives)
