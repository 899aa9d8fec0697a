"""Suite of B08: each pass by its definition, each gradient by finite differences, training step by step."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import neural_network as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Call, Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds

NAMES = ("W1", "b1", "W2", "b2")
Activation = Callable[[Float64Array], Float64Array]
Slope = Callable[[Float64Array, Float64Array], Float64Array]


class Parameters(NamedTuple):
    """Of one network."""

    W1: Float64Array  # (d, h)
    b1: Float64Array  # (1, h)
    W2: Float64Array  # (h, c)
    b2: Float64Array  # (1, c)


class Case(NamedTuple):
    """A network, a batch (n, d) and its one-hot targets (n, c)."""

    at: Parameters
    X: Float64Array
    Y: Float64Array


def sigmoid(z: Float64Array) -> Float64Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def softmax(z: Float64Array, axis: int = 1) -> Float64Array:
    powers = np.exp(z - z.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True))


def forward(case: Case, hidden: Activation = sigmoid, output: Activation = softmax) -> Float64Array:
    """The definition; the other arguments are what mistakes change."""
    W1, b1, W2, b2 = case.at
    return output(hidden(case.X @ W1 + b1) @ W2 + b2)


def cross_entropy(Y: Float64Array, P: Float64Array) -> float:
    return -sum(math.log(max(p, 1e-15)) for p in P[Y == 1].tolist()) / len(Y)


def loss_of(case: Case) -> float:
    return cross_entropy(case.Y, forward(case))


def gradients(case: Case, output: Slope | None = None, hidden: Activation = lambda A: A * (1 - A)) -> Parameters:
    """By the chain rule; the other arguments are what mistakes change: slopes at Z2, and of the sigmoid."""
    A, P = sigmoid(case.X @ case.at.W1 + case.at.b1), forward(case)
    dZ2 = output(P, case.Y) if output else (P - case.Y) / len(P)
    dZ1 = dZ2 @ case.at.W2.T * hidden(A)
    return Parameters(case.X.T @ dZ1, dZ1.sum(axis=0, keepdims=True), A.T @ dZ2, dZ2.sum(axis=0, keepdims=True))


def descend(case: Case, rate: float, epochs: int) -> tuple[Case, list[float]]:
    """The network after training, and the loss before each epoch."""
    losses = []
    for _ in range(epochs):
        losses.append(loss_of(case))
        pairs = zip(case.at, gradients(case), strict=True)
        case = case._replace(at=Parameters(*(value - rate * slope for value, slope in pairs)))
    return case, losses


def network(case: Case, **kwargs: Any) -> Any:
    """A network of the subject's with the parameters of `case`."""
    net = kata.NeuralNetwork(*case.at.W1.shape, case.at.W2.shape[1], **kwargs)
    for name, value in zip(NAMES, case.at, strict=True):
        setattr(net, name, value.copy())
    return net


def asked(case: Case, what: str | Call) -> Call:
    """The call `what` of a network, and that network's parameters."""
    return call("net", **case.at._asdict()) + "." + what


def make_case(seed: int) -> Case:
    """A small problem with weights of ordinary size."""
    rng = np.random.default_rng(seed)
    n, d, h, c = (int(size) for size in rng.integers([1, 1, 1, 2], 5))
    at = Parameters(*(rng.normal(size=shape) for shape in ((d, h), (1, h), (h, c), (1, c))))
    return Case(at, rng.normal(size=(n, d)), np.eye(c)[rng.integers(c, size=n)])


AT = Parameters(*map(np.array, ([[1.0, -1.0], [2.0, 0.0]], [[0.0, 1.0]], [[1.0, 0.0], [-1.0, 2.0]], [[0.5, 0.0]])))
EXAMPLE = Case(AT, np.eye(2), np.eye(2))
CASES, SIZES = st.builds(make_case, seeds()), [("input_size", 0), ("hidden_size", 0), ("output_size", -1)]

FORWARD_MISTAKES: dict[str, dict[str, Activation]] = {
    "no softmax: these are the scores Z2": {"output": lambda z: z},
    "softmax over the rows of the batch: it is taken over the classes, axis 1": {"output": partial(softmax, axis=0)},
    "sigmoid of the scores: the output layer has softmax": {"output": sigmoid},
    "no sigmoid in the hidden layer": {"hidden": lambda z: z},
    "tanh in the hidden layer: it is the sigmoid": {"hidden": np.tanh},
}
OUTPUT_MISTAKES: dict[str, Slope] = {
    "a sum over the rows: divide by n": lambda P, Y: P - Y,
    "divided by n twice: once is enough": lambda P, Y: (P - Y) / len(Y) ** 2,
    "divided by n * c: the loss is a mean over rows": lambda P, Y: (P - Y) / Y.size,
    "the sign: with respect to Z2 it is P - Y": lambda P, Y: (Y - P) / len(Y),
    "P - Y times P (1 - P): softmax with cross-entropy gives P - Y alone": lambda P, Y: (P - Y) * P * (1 - P) / len(Y),
    "-Y / P, the slope of the logarithm alone: softmax is missing": lambda P, Y: -Y / P / len(Y),
}
STAYS = "as before training: is update_parameters called?"
HIDDEN_MISTAKES: dict[str, Activation] = {
    "the slope of the sigmoid is missing on the way to Z1": np.ones_like,
    "sigmoid(A1) (1 - sigmoid(A1)): A1 has gone through the sigmoid already": lambda A: sigmoid(A) * sigmoid(-A),
    "1 - A1**2, the slope of tanh: that of the sigmoid is A1 (1 - A1)": lambda A: 1 - A**2,
}


def check_forward(case: Case, method: str = "forward_pass", hint: str = "") -> None:
    """Hold the probabilities to the definition."""
    __tracebackhide__ = True
    at = case.at
    mistakes: Mistakes = {
        **{text: partial(forward, case, **change) for text, change in FORWARD_MISTAKES.items()},
        "b1 is left out": lambda: forward(case._replace(at=at._replace(b1=0 * at.b1))),
        "b2 is left out": lambda: forward(case._replace(at=at._replace(b2=0 * at.b2))),
        "NaN, by exp of large scores: take the largest of each row from it first": math.nan,
    }
    got = getattr(network(case), method)(case.X.copy())
    what, hint = asked(case, call(method, case.X)), hint or "softmax(sigmoid(X W1 + b1) W2 + b2), each row for itself"
    check.close(got, forward(case), asked=what, mistakes=mistakes, hint=hint)


def check_loss(Y: Float64Array, P: Float64Array) -> None:
    """Hold the loss to the definition."""
    __tracebackhide__ = True
    (n, c), right, what = Y.shape, cross_entropy(Y, P), call("compute_loss", Y, P)
    mistakes: Mistakes = {
        "a sum over the rows: divide by n": n * right,
        "a mean over all entries: divide by n, not by n * c": right / c,
        "the sign: logarithms of probabilities are negative": -right,
        "the logarithm to base 2: take the natural one": right / math.log(2),
        "binary, with (1 - y) ln(1 - p): only the true class counts": lambda: right - np.log(1 - P[Y == 0]).sum() / n,
        "NaN, by 0 * log(0): clip probabilities at 1e-15 before the logarithm": math.nan,
    }
    got = kata.NeuralNetwork(1, 1, c).compute_loss(Y.copy(), P.copy())
    check.python_float(got, asked=what)
    hint = "minus the sum of y_true * ln(y_pred), divided by n; a probability below 1e-15 counts as 1e-15, not others"
    check.close(got, right, asked=what, mistakes=mistakes, hint=hint)


def check_gradients(case: Case) -> None:
    """Hold all gradients to the slope of the loss; the output layer first, for its mistakes return in the hidden layer."""
    __tracebackhide__ = True
    net = network(case)
    came = net.backward_pass(case.X.copy(), case.Y.copy(), net.forward_pass(case.X.copy()))
    what = asked(case, call("backward_pass", case.X, case.Y, "P of forward_pass"))
    check.equal(len(came), 4, asked=what + ": the number of results", hint="return dW1, db1, dW2, db2")
    for index, name in reversed(list(enumerate(NAMES))):

        def losses(points: list[Float64Array], name: str = name) -> list[float]:
            return [loss_of(case._replace(at=case.at._replace(**{name: point}))) for point in points]

        right, n = gradients(case)[index], len(case.X)
        mistakes: Mistakes = {
            **{text: lambda f=f, i=index: gradients(case, output=f)[i] for text, f in OUTPUT_MISTAKES.items()},
            **{text: lambda f=f, i=index: gradients(case, hidden=f)[i] for text, f in HIDDEN_MISTAKES.items()},
            "divided by n once too often: a mean of what was divided already": right / n,
            "its transpose: a gradient has the shape of its parameter": right.T,
            "an axis is lost: keepdims=True": right[0],
            "one number for all units: sum over the rows only, axis 0": right.sum(),
        }
        at, asking = case.at[index], what + f": d{name}"
        check.gradient(came[index], losses, at, asked=asking, name=name, mistakes=mistakes, hint="the chain rule")


def check_training(case: Case, rate: float, epochs: int) -> None:
    """Hold losses and parameters after `train` to those of gradient descent."""
    __tracebackhide__ = True
    net = network(case, learning_rate=rate)
    is_self = net.train(case.X.copy(), case.Y.copy(), epochs=epochs) is not None
    check.true(is_self, asked="train(X, Y)", came="None", expected="self", mistake="return self")
    (after, losses), (beyond, more) = (descend(case, rate, n) for n in (epochs, epochs + 1))
    what = asked(case, call("train", case.X, case.Y, epochs=epochs) + f" with learning_rate={rate:g}: ")
    hint = "forward, loss, backward, update; once for each epoch, with all rows, from the parameters that were set"
    wrong: Mistakes = {"take each loss before its update": more[1:], STAYS: losses[:1] * epochs}
    check.close(net.loss_history, losses, asked=what + "loss_history", rtol=1e-7, mistakes=wrong, hint=hint)
    for name, start, want, longer in zip(NAMES, case.at, after.at, beyond.at, strict=True):
        wrong = {STAYS: start, "one epoch too many": longer}
        check.close(getattr(net, name), want, asked=what + name, rtol=1e-7, atol=1e-10, mistakes=wrong, hint=hint)


@pytest.mark.example
def test_worked_example_of_the_forward_pass_and_the_loss() -> None:
    check_forward(EXAMPLE)
    check_loss(np.eye(3)[[0, 2, 0]], np.array([[0.5, 0.25, 0.25], [0.1, 0.7, 0.2], [0.6, 0.3, 0.1]]))


@pytest.mark.example
def test_worked_example_of_gradients_and_training() -> None:
    check_gradients(EXAMPLE)
    check_gradients(make_case(3))
    check_training(EXAMPLE, 0.5, 3)


@pytest.mark.example
def test_worked_example_of_the_accuracy() -> None:
    Y, P = np.eye(3)[[0, 1, 2, 2, 0]], np.array([[6, 3, 1], [3, 4, 3], [3, 3, 4], [4, 3, 3], [3, 4, 3]]) / 10
    mistakes: Mistakes = {
        "a percentage: it is a share": 60.0,
        "rows of rounded probabilities are compared: compare the argmax of each row": 0.2,
        "argmax over the rows of the batch: over the classes, axis 1": float(np.mean(Y.argmax(0) == P.argmax(0))),
    }
    got, what = kata.NeuralNetwork(2, 2, 3).calculate_accuracy(Y.copy(), P.copy()), call("calculate_accuracy", Y, P)
    check.close(got, 0.6, asked=what, mistakes=mistakes)
    check.python_float(got, asked=what)


@pytest.mark.law
@settings(max_examples=25)
@given(CASES)
def test_probabilities_and_loss_equal_their_definitions(case: Case) -> None:
    check_forward(case)
    check_forward(case, "predict")
    check_loss(case.Y, forward(case))


@pytest.mark.law
@settings(max_examples=20)
@given(CASES, st.sampled_from([0.1, 0.5, 2.0]), st.integers(1, 4))
def test_gradients_are_slopes_of_the_loss_and_training_descends_them(case: Case, rate: float, epochs: int) -> None:
    check_gradients(case)
    check_training(case, rate, epochs)


@pytest.mark.law
@settings(max_examples=10)
@given(CASES, st.sampled_from([0.1, 2.0]))
def test_an_update_is_one_step_down_the_gradients(case: Case, rate: float) -> None:
    net, slopes = network(case, learning_rate=rate), [np.round(10 * value[::-1]) + 1 for value in case.at]
    net.update_parameters(*(slope.copy() for slope in slopes))
    for name, value, slope in zip(NAMES, case.at, slopes, strict=True):
        mistakes = {
            "the gradient is added: subtract it": value + rate * slope,
            "the gradient as it is: multiply by learning_rate": value - slope,
        }
        what = asked(case, call("update_parameters", *slopes) + f" with learning_rate={rate:g}: {name}")
        check.close(getattr(net, name), value - rate * slope, asked=what, mistakes=mistakes)


@pytest.mark.law
def test_the_start_is_random_with_mean_0_and_biases_of_0() -> None:
    net, text = kata.NeuralNetwork(100, 60, 50, random_state=3), "NeuralNetwork(100, 60, 50, random_state=3)."
    values = {name: np.array(getattr(net, name)) for name in NAMES}
    for (name, value), shape in zip(values.items(), [(100, 60), (1, 60), (60, 50), (1, 50)], strict=True):
        check.float_array(value, shape, asked=text + name)
        if name.startswith("b"):
            check.equal(value, np.zeros(shape), asked=text + name, hint="biases start at 0")
            continue
        spread, mean, want = float(value.std()), float(value.mean()), "a deviation from 0.05 to 1, a mean of 0"
        came = f"a deviation of {spread:.3g}, a mean of {mean:.3g}, {len(np.unique(value))} numbers in {value.size}"
        mistakes = {
            "equal weights keep all hidden units equal: draw them at random": 2 * len(np.unique(value)) > value.size,
            "scale the random numbers": 0.045 < spread < 1.1,
            "not centred: take rng.normal(), or a uniform on [-a, a]": abs(mean) < 6 * spread / math.sqrt(value.size),
        }
        for mistake, is_right in mistakes.items():
            check.true(is_right, asked=text + name, came=came, expected=want, mistake=mistake)
    common = float(np.corrcoef(values["W1"].ravel()[:3000], values["W2"].ravel())[0, 1])
    mistake, what = "both come from generators of one seed: make one, and draw twice", "the correlation of W1 and W2"
    check.true(abs(common) < 0.15, asked=what, came=common, expected="about 0", mistake=mistake)
    check.equal(net.loss_history, [], asked=text + "loss_history")


@pytest.mark.law
@pytest.mark.parametrize("state", [0, 5, None, "left out", "Generator"])
def test_the_start_follows_random_state(state: Any) -> None:
    global_state = GlobalRandomState()
    kwargs = (
        {} if state == "left out" else {"random_state": np.random.default_rng(3) if state == "Generator" else state}
    )
    came = len({net.W1.tobytes() for net in [kata.NeuralNetwork(3, 4, 2, **kwargs) for _ in range(3)]})
    what = f"how many different networks 3 calls of NeuralNetwork give, random_state={state}"
    hint = "an int gives the same network each time, 0 too; a Generator is drawn from; None, the default, draws anew"
    check.equal(came, 1 if isinstance(state, int) else 3, asked=what, hint=hint)
    global_state.check_kept()


@pytest.mark.edge
def test_large_scores_give_right_probabilities_and_those_of_0_a_finite_loss() -> None:
    at = Parameters(np.array([[500.0]]), np.zeros((1, 1)), np.array([[1e4, 9999.0, -1e4]]), np.zeros((1, 3)))
    case = Case(at, np.array([[-1.0], [1.0]]), np.eye(3)[:2])
    check_forward(case, hint="scores are 0, 0, 0 and 10000, 9999, -10000: take the largest of a row, and clip nothing")
    check_forward(case._replace(at=at._replace(W2=-at.W2, b2=np.full((1, 3), -1e4))))
    check_loss(np.eye(2)[[0, 1]], np.array([[1.0, 0.0], [0.5, 0.5]]))
    check_loss(np.eye(2)[[0, 1]], np.array([[0.0, 1.0], [0.5, 0.5]]))


@pytest.mark.edge
def test_all_epochs_are_taken_with_all_rows_and_1000_at_a_rate_of_0_01_by_default() -> None:
    rng = np.random.default_rng(0)
    large = Case(AT, rng.normal(size=(70, 2)), np.eye(2)[rng.integers(2, size=70)])
    check_training(large, 0.5, 2)
    check_training(large, 1e-9, 4)
    losses, hint = network(EXAMPLE).train(np.eye(2), np.eye(2)).loss_history, "learning_rate=0.01, epochs=1000"
    check.close(losses, descend(EXAMPLE, 0.01, 1000)[1], asked="losses of train(X, Y)", rtol=1e-7, hint=hint)


@pytest.mark.edge
def test_training_again_goes_on_and_two_networks_share_nothing() -> None:
    case, (first, second) = make_case(3), (network(make_case(3), learning_rate=0.5) for _ in range(2))
    first.train(case.X.copy(), case.Y.copy(), epochs=2)
    first.train(case.X.copy(), case.Y.copy(), epochs=3)
    losses = descend(case, 0.5, 5)[1]
    what, hint = "loss_history after train of 2 epochs and of 3", "training goes on, and so does loss_history"
    check.close(first.loss_history, losses, asked=what, rtol=1e-7, hint=hint)
    check.equal(second.loss_history, [], asked="loss_history of a network, after another was trained")
    check.close(second.W1, case.at.W1, asked="W1 of a network, after another was trained", hint="share no arrays")


@pytest.mark.edge
@pytest.mark.parametrize("kind", ["uint8", "lists"])
def test_integers_and_lists_are_computed_in_float64(kind: str) -> None:
    whole = np.array([[200, 3], [7, 100], [0, 255]]), np.eye(3, dtype=int)[[0, 2, 2]]
    at = Parameters(np.array([[0.01, -0.02], [0.03, 0.0]]), np.zeros((1, 2)), np.eye(2, 3) + 1, np.ones((1, 3)))
    case = Case(at, *(array.astype(float) for array in whole))
    X, Y = (array.astype(np.uint8) if kind == "uint8" else array.tolist() for array in whole)
    net, P, single = network(case), forward(case), forward(case).astype(np.float32)
    names = ["forward_pass(X)", "compute_loss(Y, P)", "compute_loss(Y, P in float32)", *NAMES]
    came: list[Any] = [net.forward_pass(X), net.compute_loss(Y, P.tolist()), net.compute_loss(Y, single)]
    came += net.backward_pass(X, Y, came[0])
    wanted: list[Any] = [P, loss_of(case), cross_entropy(case.Y, single.astype(float)), *gradients(case)]
    for name, got, want in zip(names, came, wanted, strict=True):
        asking = f"X and Y as {kind}: {'backward_pass(X, Y, P): d' * (name in NAMES)}{name}"
        check.close(got, want, asked=asking, hint="np.asarray(X, dtype=np.float64) first")
    asking, because = f"X and Y as {kind}: calculate_accuracy(Y, P), train(X, Y)", "np.asarray takes them"
    check.accepts(lambda: net.calculate_accuracy(Y, P) and net.train(X, Y, 1) and 0, asked=asking, because=because)


@pytest.mark.edge
@pytest.mark.parametrize("bad", [*SIZES, ("learning_rate", 0.0), ("learning_rate", -0.5), ("epochs", 0)], ids=str)
def test_settings_out_of_range_are_an_error(bad: Any) -> None:
    given = {"input_size": 2, "hidden_size": 3, "output_size": 2, "learning_rate": 0.1} | dict([bad])
    kwargs = {"epochs": given.pop("epochs", 1)}
    what = call("NeuralNetwork", **given) + "." + call("train", EXAMPLE.X, EXAMPLE.Y, **kwargs)

    thunk = lambda: kata.NeuralNetwork(**given).train(EXAMPLE.X.copy(), EXAMPLE.Y.copy(), **kwargs) and 0  # noqa: E731
    check.raises(ValueError, thunk, asked=what, because="sizes and epochs are at least 1, and the rate is above 0")


X3, Y2, TWO = (4, 3), (4, 2), ("compute_loss", "calculate_accuracy")
BAD: list[tuple[str, tuple[tuple[int, ...], ...]]] = [
    *((method, (shape,)) for method in ("forward_pass", "predict") for shape in ((3,), (4, 2), (1, 4, 3), (0, 3))),
    *(("train", (shape, Y2)) for shape in ((3,), (4, 2), (1, 4, 3))),
    *(("train", (X3, shape)) for shape in ((4,), (4, 1), (1, 2), (4, 3))),
    *((method, (Y2, shape)) for method in TWO for shape in ((4, 1), (1, 2), (2,))),
    *((method, ((0, columns), (0, 2))) for method, columns in ((TWO[0], 2), (TWO[1], 2), ("train", 3))),
    *(("backward_pass", bad) for bad in (((4, 1), Y2, Y2), (X3, (4, 1), Y2), (X3, Y2, (1, 2)), (X3, (4,), Y2))),
    *(("update_parameters", (*bad, (1, 2))) for bad in (((5, 3), (1, 5), (5, 2)), ((3, 5), (1, 5), (1, 1)))),
    *(("update_parameters", ((3, 5), *bad)) for bad in (((4, 5), (5, 2), (1, 2)), ((1, 5), (5, 2), ()))),
]


@pytest.mark.edge
@pytest.mark.parametrize(("method", "shapes"), BAD, ids=str)
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(method: str, shapes: Any) -> None:
    net = kata.NeuralNetwork(3, 5, 2)
    net.forward_pass(np.ones(X3))
    thunk = lambda: getattr(net, method)(*(np.full(shape, 0.5) for shape in shapes)) and "a result"  # noqa: E731
    asking, because = f"NeuralNetwork(3, 5, 2).{method} of shapes {shapes}", "README's table says which shapes fit"
    hint = "compare shapes first, with the sizes of the network too: NumPy broadcasts silently"
    check.raises(ValueError, thunk, asked=asking, because=because, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    case = make_case(3)
    net, X, Y = network(case), case.X.copy(), case.Y.copy()
    P, sure, slopes = np.array(net.forward_pass(X)), 1 - Y, [p.copy() for p in case.at]
    with check.untouched(asked="all methods, of X, Y, P and gradients", X=X, Y=Y, P=P, sure=sure, slopes=slopes):
        net.predict(X)
        net.compute_loss(Y, P)
        net.compute_loss(Y, sure)
        net.calculate_accuracy(Y, P)
        net.backward_pass(X, Y, P)
        net.update_parameters(*slopes)
        net.train(X, Y, epochs=2)
