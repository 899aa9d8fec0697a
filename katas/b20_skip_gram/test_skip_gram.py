"""Suite of B20: pairs, noise, gradients of both tables, steps where chance decides nothing, draws counted, and the optimum."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pytest
import skip_gram as kata
from hypothesis import given
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
def test_pairs_are_of_all_positions_within_the_window(tokens: list[int], window: int) -> None:
    check_pairs(tokens, window)


@pytest.mark.edge
def test_windows_longer_than_the_text_and_a_single_word() -> None:
    check_pairs([4], 3, hint="a single word has no pairs")
    check_pairs([0, 1, 2], 50)
    check_pairs(np.array([250, 3, 250], dtype=np.uint8), 1)


def check_noise(counts: npt.ArrayLike, *, hint: str = "") -> None:
    """Hold the distribution to its definition."""
    __tracebackhide__ = True
    numbers = np.array(counts, dtype=np.float64)
    got, powers = kata.noise_distribution(counts), {p: numbers**p / (numbers**p).sum() for p in (0.75, 1.0, 4 / 3, 0.5)}
    mistakes = {
        "proportional to the counts: take them to the power 3/4": powers[1.0],
        "to the power 4/3: it is 3/4": powers[4 / 3],
        "to the power 1/2: it is 3/4": powers[0.5],
        "the powers themselves: divide them by their sum": numbers**0.75,
        "normalised before the power, and not after it": (numbers / numbers.sum()) ** 0.75,
    }
    check.close(got, powers[0.75], asked=call("noise_distribution", counts), mistakes=mistakes, hint=hint)


@pytest.mark.example
def test_worked_example_of_noise() -> None:
    check_noise([16, 1, 0])


@pytest.mark.law
@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=8).filter(any))
def test_noise_is_proportional_to_the_counts_to_the_power_three_quarters(counts: list[int]) -> None:
    check_noise(counts)
    check_noise(np.array(counts) / 8)


@pytest.mark.edge
def test_counts_of_small_integers_do_not_wrap_around() -> None:
    check_noise(np.array([200, 100, 0, 56], dtype=np.uint8), hint="the counts came in uint8: make them float64")
    check_noise(np.array([3, 7, 1], dtype=np.float32), hint="the counts came in float32: make them float64")


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


def losses_of(step: Step, name: str, tables: list[Float64Array]) -> list[float]:
    return [loss_of(Step(**{**step._asdict(), name: table})) for table in tables]


def gradient_mistakes(step: Step) -> tuple[Mistakes, Mistakes]:
    """For `d_vectors` and for `d_context_vectors`."""
    d_vectors, d_contexts = gradients_of(step)
    v, ids = step.vectors[step.center], [step.context, *step.negatives]
    labels = np.arange(len(ids)) == 0
    rows = (np.exp(log_sigma(step.contexts[ids] @ v)) - labels)[:, np.newaxis] * v
    once, noise_sign = np.zeros_like(d_contexts), d_vectors.copy()
    once[ids] += rows
    noise_sign[step.center] += step.contexts[step.context]
    uphill = "the sign: a step against the gradient must lower the loss"
    return (
        {
            uphill: -d_vectors,
            "the row of the center alone: zeros for all others, in the shape of the table": d_vectors[step.center],
            "the positive pair has the sign of the noise: its slope is sigma - 1": noise_sign,
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
    check.close(loss, loss_of(step), asked=asked + ", the loss", mistakes=loss_mistakes(step), hint=hint)
    check.python_float(loss, asked=asked + ", the loss")
    for name, got, mistakes in zip(("vectors", "contexts"), gradients, gradient_mistakes(step), strict=True):
        check.gradient(
            got,
            partial(losses_of, step, name),
            getattr(step, name),
            asked=asked + f", the gradient of {name}",
            name=name,
            mistakes=mistakes,
            hint=hint or "sigma(score) - 1 for the context and sigma(score) for negatives, times the other row",
        )
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
def test_words_that_play_several_roles_count_in_each() -> None:
    for words in [(0, 1, [1, 2]), (0, 0, [0, 0]), (1, 2, [0, 0, 0, 2]), (2, 1, [2])]:
        check_step(README._replace(center=words[0], context=words[1], negatives=words[2]))


@pytest.mark.edge
@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_large_scores_give_the_finite_loss(sign: float) -> None:
    step = Step(sign * np.array([[1000.0]]), np.array([[1.0]]), 0, 0, [0])
    loss, *gradients = model_of(step).loss_and_gradients(0, 0, [0])
    asked = call("loss_and_gradients", 0, 0, [0]) + f", whose scores are {sign * 1000}"
    inf = {"the logarithm of a sigma that is 0: use np.logaddexp": np.inf, "NaN, by an overflow": np.nan}
    clipped = {f"sigma + {pad:g} before the logarithm": -np.log(pad) for pad in (1e-8, 1e-9, 1e-10, 1e-12, 1e-15)}
    check.close(loss, 1000.0, asked=asked, mistakes=inf | clipped, hint="-ln sigma(s) = ln(1 + exp(-s)), not padded")
    for got, want in zip(gradients, gradients_of(step), strict=True):
        check.close(got, want, asked=asked, hint="sigma overflows: exp(-logaddexp(0, -s)) does not")


# --- training --------------------------------------------------------------------------------------------------------

ALONE = Step(np.array([[0.5, 1], [1, -2], [0, 3]]), np.array([[1.0, 0], [0.5, 0.25], [2, 2]]), 1, 1, [1, 1])
ONES, PAIRS = [1, 1, 1, 1], 10  # within a window of 2


def replay(count: int, rate: float = 0.1, *, k: int = 2, changed_first: str = "", last: float | None = None) -> Any:
    """Both tables after so many steps with k negatives, all words being 1; the other arguments are what mistakes change."""
    v, u = ALONE.vectors[1], ALONE.contexts[1]
    for _ in range(count):
        sigma = np.exp(log_sigma(v @ u))
        slope = k * sigma + sigma - 1
        new_v, new_u = v - rate * slope * u, u - rate * (slope if last is None else sigma - last) * v
        if changed_first == "center":
            new_u = u - rate * slope * new_v
        if changed_first == "context":
            new_v = v - rate * slope * new_u
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
        "the vector is changed before the context's gradient is taken": replay(count, changed_first="center"),
        "the context is changed before the vector's gradient is taken": replay(count, changed_first="context"),
        "uphill: subtract the gradient": replay(count, -0.1),
        "draws that hit the context are left out: they count as any other": replay(count, k=0),
        twice + ", the noise": replay(count, last=0.0),
        twice + ", the context": replay(count, last=1.0),
        "one step for all pairs together: one pair, one step": replay(1, 0.1 * PAIRS),
        **{f"{k} negatives for each pair, not n_negatives": replay(count, k=k) for k in (1, 3, 5)},
        **{f"a learning rate of {rate}, not the one given": replay(count, rate) for rate in (0.05, 0.025, 0.01, 1.0)},
        "each pair once: (a, b) and (b, a) are two": replay(count // 2),
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


def text_of(n: int) -> list[int]:
    """Four words of very unlike frequency; those of even and of odd id keep to themselves."""
    rng, text = np.random.default_rng(1), [0]
    while len(text) < n:
        weights = np.array([30.0, 3, 1, 1]) * np.where(np.arange(4) % 2 == text[-1] % 2, 3, 1)
        text.append(int(np.searchsorted(weights.cumsum() / weights.sum(), rng.random())))
    return text


@pytest.mark.law
def test_negatives_are_drawn_by_the_counts_to_the_power_three_quarters() -> None:
    # Vectors are unit vectors, contexts 0, and the rate is so small that they stay so: each draw of w for the center c takes
    # rate / 2 off context_vectors[w, c], and each pair (c, w) adds as much.
    text, rate = text_of(400), 1e-9
    pairs, start = np.array(loop_pairs(text, 2)), Step(np.eye(4), np.zeros((4, 4)), 0, 0, [0])
    model = model_of(start, n_negatives=5, learning_rate=rate, random_state=0)
    model.train([*text], 2, 2)
    by_center = -2 * np.asarray(model.context_vectors) / rate
    np.add.at(by_center, (pairs[:, 1], pairs[:, 0]), 2)
    draws, total, counts = by_center.sum(axis=1), 10 * len(pairs), np.bincount(text)

    def off(weights: npt.ArrayLike) -> float:
        """How many deviations the draws are from these probabilities, at the word where they are worst."""
        p = np.asarray(weights) / np.sum(weights)
        return float((np.abs(draws - total * p) / np.sqrt(total * p * (1 - p))).max())

    others = {
        "in proportion to the counts: take them to the power 3/4": counts,
        "all words alike: by the counts to the power 3/4": np.ones(4),
        "by the counts to the power 1/2: it is 3/4": counts**0.5,
    }
    asked = f"how often words of the counts {counts} were drawn in 2 epochs with 5 negatives, from context_vectors"
    hint = "independent draws for each pair from noise_distribution of the counts; none is left out or drawn again"
    want = 10 * np.bincount(pairs[:, 0])
    check.close(by_center.sum(axis=0), want, asked=asked + ", in all, for each center", rtol=1e-4, hint=hint)
    mistake = "; ".join(name for name, weights in others.items() if off(weights) < 6)
    expected = f"about {np.round(total * counts**0.75 / (counts**0.75).sum())}"
    check.true(off(counts**0.75) < 6, asked=asked, came=draws.round(), expected=expected, mistake=mistake, hint=hint)


@pytest.mark.law
def test_training_comes_near_the_least_expected_loss() -> None:
    # It is least where v_w · u_c = ln(#(w, c) / (k #(w) P(c))): Levy and Goldberg, 2014.
    text = text_of(200)
    positive = np.zeros((4, 4))
    np.add.at(positive, tuple(np.array(loop_pairs(text, 2)).T), 1 / len(loop_pairs(text, 2)))
    noise = np.bincount(text) ** 0.75
    negative = 3 * positive.sum(axis=1, keepdims=True) * noise / noise.sum()

    def loss(scores: Float64Array) -> float:
        return float((positive * -log_sigma(scores) + negative * -log_sigma(-scores)).sum())

    model = kata.SkipGram(4, 4, n_negatives=3, learning_rate=0.1, random_state=0)
    vectors, contexts = tables_of(model.train([*text], 2, 8))
    least, start = loss(np.log(np.maximum(positive, 1e-30) / negative)), loss(np.zeros((4, 4)))
    check.true(
        loss(vectors @ contexts.T) < least + 0.06,
        asked="the expected loss of SkipGram(4, 4, n_negatives=3, learning_rate=0.1) after 8 epochs on 200 words",
        came=f"{loss(vectors @ contexts.T):.4f}",
        expected=f"less than {least + 0.06:.4f}; the least is {least:.4f}, and scores of 0 have {start:.4f}",
        hint="a random start, all pairs in random order, new negatives for each pair, and every step against the gradient",
    )


@pytest.mark.law
def test_words_that_are_not_in_the_text_keep_their_rows() -> None:
    vectors, contexts = np.random.default_rng(3).normal(size=(2, 6, 3))
    model, absent = model_of(Step(vectors, contexts, 0, 0, [0]), random_state=0), [2, 4, 5]
    model.train([0, 3, 1, 0, 1, 3, 3, 0], 2, 5)
    mistake = "words that do not occur were drawn: noise comes from the counts of this text"
    kept = check.is_equal(tables_of(model)[:, absent], np.stack([vectors, contexts])[:, absent])
    asked = "rows 2, 4 and 5 of both tables after training on the words 0, 1 and 3"
    check.true(kept, asked=asked, came="changed", expected="as they were", mistake=mistake)


@pytest.mark.edge
def test_the_start_is_small_random_and_repeatable() -> None:
    state, tokens = GlobalRandomState(), [0, 1, 2, 3, 0, 2]
    seeds_: list[Any] = [0, 0, 1, *map(np.random.default_rng, (3, 3)), None, None]
    models = [kata.SkipGram(4, 3, random_state=seed) for seed in seeds_]
    start = np.asarray(models[0].vectors)
    check.float_array(start, (4, 3), asked="SkipGram(4, 3).vectors before train")
    check.float_array(
        np.asarray(models[0].context_vectors), (4, 3), asked="SkipGram(4, 3).context_vectors before train"
    )
    small = bool(np.abs(start).max() < 3) and len(np.unique(start, axis=0)) == 4
    hint = "equal rows have equal gradients for equal contexts; large scores have none"
    check.true(
        small, asked="SkipGram(4, 3).vectors", came=start, expected="small numbers, no two rows alike", hint=hint
    )
    tables = [model.train(tokens, 1, 2).vectors for model in models]
    same = [check.is_equal(tables[a], tables[b]) for a, b in [(0, 1), (3, 4), (0, 2), (5, 6)]]
    asked = "vectors after train: seeds 0 and 0, Generators alike, seeds 0 and 1, None and None: whether they are equal"
    check.equal(same, [True, True, False, False], asked=asked, hint="all draws come from default_rng(random_state)")
    state.check_kept()


# --- errors ----------------------------------------------------------------------------------------------------------

PARAMETERS = [{"vocab_size": 0}, {"dimension": 0}, {"n_negatives": 0}, {"learning_rate": 0.0}, {"learning_rate": -0.1}]
STEPS: Any = [(3, 0, [1]), (0, 3, [1]), (0, 1, [3]), (-1, 0, [1]), (0, -1, [1]), (0, 1, [2, -1]), (0, 1, [])]
TEXTS: Any = [
    ([], 1, 1),
    ([1], 1, 1),
    ([0, 3], 1, 1),
    ([0, -1], 1, 1),
    ([0, 1], 0, 1),
    ([0, 1], 1, 0),
    ([[0, 1]], 1, 1),
]
FUNCTIONS: Any = [("skip_gram_pairs", [], 1), ("skip_gram_pairs", [1, 2], 0), ("skip_gram_pairs", [[1, 2]], 1)]
FUNCTIONS += [("noise_distribution", counts) for counts in ([], [0, 0], [1, -1], [[1, 2]])]


@pytest.mark.edge
@pytest.mark.parametrize("bad", [*PARAMETERS, *STEPS, *TEXTS, *FUNCTIONS], ids=str)
def test_wrong_arguments_are_an_error(bad: Any) -> None:
    if isinstance(bad, dict):
        asked, thunk = f"SkipGram with {bad}", partial(kata.SkipGram, **{"vocab_size": 3, "dimension": 2, **bad})
    elif bad in FUNCTIONS:
        asked, thunk = str(call(*bad)), partial(getattr(kata, bad[0]), *bad[1:])
    else:
        name = "train" if bad in TEXTS else "loss_and_gradients"
        asked, thunk = "SkipGram(3, 2)" + str(call("." + name, *bad)), partial(getattr(kata.SkipGram(3, 2), name), *bad)
    because = "one of: an id or a number is out of range, a shape is wrong, or there is nothing in it"
    hint = "compare it before you index: -1 is the last row, and NumPy does not mind"
    check.raises(ValueError, lambda: thunk() is None, asked=asked, because=because, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    tokens, counts, negatives = np.array([0, 2, 1, 0]), np.array([1.0, 2.0]), np.array([1, 1])
    model = kata.SkipGram(3, 2)
    asked = "train, skip_gram_pairs, noise_distribution and loss_and_gradients"
    with check.untouched(asked=asked, tokens=tokens, counts=counts, negatives=negatives):
        model.train(tokens, 1, 2)
        kata.skip_gram_pairs(tokens, 1)
        kata.noise_distribution(counts)
        model.loss_and_gradients(0, 1, negatives)
