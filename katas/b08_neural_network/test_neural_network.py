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


def softmax(z: Float64Array, axis: int | None = 1) -> Float64Array:
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


def step(case: Case, rate: float) -> Case:
    pairs = zip(case.at, gradients(case), strict=True)
    return case._replace(at=Parameters(*(value - rate * slope for value, slope in pairs)))


def step_by_step(case: Case, rate: float) -> Case:
    """Stochastic descent: an update after each row."""
    for i in range(len(case.X)):
        case = case._replace(at=step(Case(case.at, case.X[i : i + 1], case.Y[i : i + 1]), rate).at)
    return case


def descend(
    case: Case, rate: float, epochs: int, how: Callable[[Case, float], Case] = step
) -> tuple[Case, list[float]]:
    """The network after training, and the loss before each epoch."""
    losses = []
    for _ in range(epochs):
        losses.append(loss_of(case))
        case = how(case, rate)
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


EXAMPLE = Case(
    Parameters(*map(np.array, ([[1.0, -1.0], [2.0, 0.0]], [[0.0, 1.0]], [[1.0, 0.0], [-1.0, 2.0]], [[0.5, 0.0]]))),
    np.eye(2),
    np.eye(2),
)
CASES = st.builds(make_case, seeds())

FORWARD_MISTAKES: dict[str, dict[str, Activation]] = {
    "no softmax: these are the scores Z2": {"output": lambda z: z},
    "softmax over the rows of the batch: it is taken over the classes, axis 1": {"output": partial(softmax, axis=0)},
    "softmax over the whole batch: each row sums to 1": {"output": partial(softmax, axis=None)},
    "sigmoid of the scores: the output layer has softmax": {"output": sigmoid},
    "powers that are not divided by their row's sum": {"output": np.exp},
    "no sigmoid in the hidden layer": {"hidden": lambda z: z},
    "tanh in the hidden layer: it is the sigmoid": {"hidden": np.tanh},
    "ReLU in the hidden layer: it is the sigmoid": {"hidden": lambda z: np.maximum(z, 0)},
    "the sigmoid of -Z1: exp(-z) stands in the denominator": {"hidden": lambda z: sigmoid(-z)},
}
OUTPUT_MISTAKES: dict[str, Slope] = {
    "a sum over the rows: divide by n": lambda P, Y: P - Y,
    "divided by n twice: once is enough": lambda P, Y: (P - Y) / len(Y) ** 2,
    "divided by n * c: the loss is a mean over rows": lambda P, Y: (P - Y) / Y.size,
    "the sign: with respect to Z2 it is P - Y": lambda P, Y: (Y - P) / len(Y),
    "P - Y times P (1 - P): softmax with cross-entropy gives P - Y alone": lambda P, Y: (P - Y) * P * (1 - P) / len(Y),
    "-Y / P, the slope of the logarithm alone: softmax is missing": lambda P, Y: -Y / P / len(Y),
}
HIDDEN_MISTAKES: dict[str, Activation] = {
    "the slope of the sigmoid is missing on the way to Z1": np.ones_like,
    "sigmoid(A1) (1 - sigmoid(A1)): A1 has gone through the sigmoid already": lambda A: sigmoid(A) * sigmoid(-A),
    "1 - A1**2, the slope of tanh: that of the sigmoid is A1 (1 - A1)": lambda A: 1 - A**2,
    "A1 alone: the slope of the sigmoid is A1 (1 - A1)": lambda A: A,
}


def check_forward(case: Case, method: str = "forward_pass", hint: str = "") -> None:
    """Hold the probabilities to the definition."""
    __tracebackhide__ = True
    at = case.at
    mistakes: Mistakes = {
        **{text: partial(forward, case, **change) for text, change in FORWARD_MISTAKES.items()},
        "the classes: return the probabilities": lambda: forward(case).argmax(axis=1),
        "b1 is left out": lambda: forward(case._replace(at=at._replace(b1=0 * at.b1))),
        "b2 is left out": lambda: forward(case._replace(at=at._replace(b2=0 * at.b2))),
        "NaN, by exp of large scores: take the largest of each row from it first": math.nan,
    }
    got = getattr(network(case), method)(case.X.copy())
    hint = hint or "softmax(sigmoid(X W1 + b1) W2 + b2), each row for itself"
    check.close(got, forward(case), asked=asked(case, call(method, case.X)), mistakes=mistakes, hint=hint)


def check_loss(Y: Float64Array, P: Float64Array) -> None:
    """Hold the loss to the definition."""
    __tracebackhide__ = True
    (n, c), right, what = Y.shape, cross_entropy(Y, P), call("compute_loss", Y, P)
    mistakes: Mistakes = {
        "a sum over the rows: divide by n": n * right,
        "a mean over all entries: divide by n, not by n * c": right / c,
        "the sign: logarithms of probabilities are negative": -right,
        "the logarithm to base 2: take the natural one": right / math.log(2),
        "the squared error: the loss is the cross-entropy": lambda: float(np.sum((Y - P) ** 2) / n),
        "binary, with (1 - y) ln(1 - p): only the true class counts": lambda: right - np.log(1 - P[Y == 0]).sum() / n,
        "the largest probability of a row: take that of its true class": lambda: -np.log(P.max(axis=1)).mean(),
        "NaN, by 0 * log(0): clip probabilities at 1e-15 before the logarithm": math.nan,
        "infinite, by log(0): clip probabilities at 1e-15 before the logarithm": math.inf,
        **{
            f"clipped at {floor:g}: at 1e-15": lambda floor=floor: -np.log(np.maximum(P[Y == 1], floor)).sum() / n
            for floor in (1e-7, 1e-8, 1e-9, 1e-10, 1e-12)
        },
    }
    got = kata.NeuralNetwork(1, 1, c).compute_loss(Y.copy(), P.copy())
    check.python_float(got, asked=what)
    hint = "minus the sum of y_true * ln(y_pred), divided by the number of rows"
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
        asking, tip = what + f": d{name}", "apply the chain rule line by line"
        check.gradient(came[index], losses, case.at[index], asked=asking, name=name, mistakes=mistakes, hint=tip)


def check_training(case: Case, rate: float, epochs: int) -> None:
    """Hold losses and parameters after `train` to those of gradient descent."""
    __tracebackhide__ = True
    net = network(case, learning_rate=rate)
    trained = net.train(case.X.copy(), case.Y.copy(), epochs=epochs)
    check.true(trained is not None, asked="train(X, Y)", came="None", expected="self", mistake="return self")
    descended = partial(descend, case)
    after, losses = descended(rate, epochs)
    mistakes: dict[str, Callable[[], tuple[Case, list[float]]]] = {
        "up the slope: subtract the gradients": lambda: descended(-rate, epochs),
        "the gradients as they are: multiply by learning_rate": lambda: descended(1.0, epochs),
        "a rate of 0.01, whatever learning_rate says": lambda: descended(0.01, epochs),
        "one step for each row: an epoch is one step with all rows": lambda: descended(rate, epochs, step_by_step),
        "as before training: is update_parameters called?": lambda: descended(0.0, epochs),
        "one epoch too many": lambda: descended(rate, epochs + 1),
        "one epoch too few": lambda: descended(rate, epochs - 1),
        "one epoch too late: take each loss before its update": lambda: (after, descended(rate, epochs + 1)[1][1:]),
        "only the last loss is kept: append": lambda: (after, losses[-1:]),
    }
    what = asked(case, call("train", case.X, case.Y, epochs=epochs) + f" with learning_rate={rate:g}: ")
    hint = "forward, loss, backward, update; once for each epoch, with all rows, from the parameters that were set"
    wrong: Mistakes = {text: lambda f=f: f()[1] for text, f in mistakes.items()}
    check.close(net.loss_history, losses, asked=what + "loss_history", rtol=1e-7, mistakes=wrong, hint=hint)
    for index, name in enumerate(NAMES):
        wrong = {text: lambda f=f, i=index: f()[0].at[i] for text, f in mistakes.items()}
        got, want = getattr(net, name), after.at[index]
        check.close(got, want, asked=what + name, rtol=1e-7, atol=1e-10, mistakes=wrong, hint=hint)


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_the_forward_pass() -> None:
    check_forward(EXAMPLE)


@pytest.mark.example
def test_worked_example_of_the_loss() -> None:
    check_loss(np.eye(3)[[0, 2, 0]], np.array([[0.5, 0.25, 0.25], [0.1, 0.7, 0.2], [0.6, 0.3, 0.1]]))


@pytest.mark.example
def test_worked_example_of_the_gradients() -> None:
    check_gradients(EXAMPLE)
    check_gradients(make_case(3))


@pytest.mark.example
def test_worked_example_of_training() -> None:
    check_training(EXAMPLE, 0.5, 3)


@pytest.mark.example
def test_worked_example_of_the_accuracy() -> None:
    Y, P = np.eye(3)[[0, 1, 2, 2, 0]], np.array([[6, 3, 1], [3, 4, 3], [3, 3, 4], [4, 3, 3], [3, 4, 3]]) / 10
    mistakes: Mistakes = {
        "a percentage: it is a share": 60.0,
        "the number of rows: divide by n": 3.0,
        "entries are compared, with 1/2: compare the argmax of each row": float(np.mean((P > 0.5) == (Y == 1))),
        "rows of rounded probabilities are compared: compare the argmax of each row": 0.2,
        "the share of rows that are wrong": 0.4,
        "argmax over the rows of the batch: over the classes, axis 1": float(np.mean(Y.argmax(0) == P.argmax(0))),
    }
    got, what = kata.NeuralNetwork(2, 2, 3).calculate_accuracy(Y.copy(), P.copy()), call("calculate_accuracy", Y, P)
    check.close(got, 0.6, asked=what, mistakes=mistakes)
    check.python_float(got, asked=what)


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@settings(max_examples=25)
@given(CASES)
def test_probabilities_equal_the_definition(case: Case) -> None:
    check_forward(case)
    check_forward(case, "predict")


@pytest.mark.law
@settings(max_examples=25)
@given(CASES)
def test_the_loss_equals_the_definition(case: Case) -> None:
    check_loss(case.Y, forward(case))


@pytest.mark.law
@settings(max_examples=20)
@given(CASES)
def test_each_gradient_is_the_slope_of_the_loss(case: Case) -> None:
    check_gradients(case)


@pytest.mark.law
@settings(max_examples=20)
@given(CASES, st.sampled_from([0.1, 0.5, 2.0]), st.integers(1, 4))
def test_training_is_gradient_descent(case: Case, rate: float, epochs: int) -> None:
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
            "a rate of 0.01, whatever learning_rate says": value - 0.01 * slope,
            "as before: set the attribute": value,
        }
        what = asked(case, call("update_parameters", *slopes) + f" with learning_rate={rate:g}: {name}")
        check.close(getattr(net, name), value - rate * slope, asked=what, mistakes=mistakes)


@pytest.mark.law
def test_the_start_is_random_with_mean_0_and_biases_of_0() -> None:
    net, text = kata.NeuralNetwork(100, 60, 50, random_state=3), "NeuralNetwork(100, 60, 50, random_state=3)."
    values = {name: np.array(getattr(net, name)) for name in NAMES}
    for name, shape in {"W1": (100, 60), "b1": (1, 60), "W2": (60, 50), "b2": (1, 50)}.items():
        check.float_array(values[name], shape, asked=text + name)
    for name in ("b1", "b2"):
        check.equal(values[name], 0 * values[name], asked=text + name, hint="biases start at 0")
    for name in ("W1", "W2"):
        value = values[name]
        spread, mean, what = float(value.std()), float(value.mean()), text + name
        equal = "equal weights make all hidden units one for ever, as their gradients are equal: draw them at random"
        differ = len(np.unique(value)) > 0.9 * value.size
        check.true(differ, asked=what, came=value, expected="numbers that differ", mistake=equal)
        came, want = f"a deviation of {spread:.3g}, a mean of {mean:.3g}", "a deviation from 0.05 to 1, a mean of 0"
        check.true(0.045 < spread < 1.1, asked=what, came=came, expected=want, mistake="scale the random numbers")
        mistake = "not centred: rng.random() has the mean 1/2; take rng.normal(), or a uniform on [-a, a]"
        centred = abs(mean) < 6 * spread / math.sqrt(value.size)
        check.true(centred, asked=what, came=came, expected=want, mistake=mistake)
    common = float(np.corrcoef(values["W1"].ravel()[:3000], values["W2"].ravel())[0, 1])
    mistake, want = "both come from generators of one seed: make one, and draw from it twice", "about 0"
    what = "the correlation of the first weights of W1 with those of W2"
    check.true(abs(common) < 0.15, asked=what, came=common, expected=want, mistake=mistake)
    check.equal(net.loss_history, [], asked=text + "loss_history")


@pytest.mark.law
@pytest.mark.parametrize("state", [0, 5, None, "left out", "Generator"])
def test_the_start_follows_random_state(state: Any) -> None:
    global_state = GlobalRandomState()
    random_state = np.random.default_rng(3) if state == "Generator" else state
    kwargs = {} if state == "left out" else {"random_state": random_state}
    nets = [kata.NeuralNetwork(3, 4, 2, **kwargs) for _ in range(3)]
    came = len({net.W1.tobytes() + net.W2.tobytes() for net in nets})
    what = f"how many different networks 3 calls of NeuralNetwork give, random_state={state}"
    hint = "an int gives the same network each time, 0 too; a Generator is drawn from; None, the default, draws anew"
    check.equal(came, 1 if isinstance(state, int) else 3, asked=what, hint=hint)
    global_state.check_kept()


@pytest.mark.law
def test_learns_xor_from_its_own_start() -> None:
    X, Y, last = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]]), np.eye(2)[[0, 1, 1, 0]], math.inf
    for seed in range(3):
        net = kata.NeuralNetwork(2, 8, 2, learning_rate=2.0, random_state=seed)
        last = min(last, net.train(X.copy(), Y.copy(), epochs=2000).loss_history[-1])
        if last < 0.1:
            break
    what = "the loss of NeuralNetwork(2, 8, 2, learning_rate=2.0) after 2000 epochs on XOR, the best of 3 seeds"
    mistake = "start weights at random, and compare each gradient with finite differences"
    check.true(last < 0.1, asked=what, came=last, expected="below 0.1", mistake=mistake)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_large_scores_give_right_probabilities() -> None:
    at = Parameters(np.array([[500.0]]), np.zeros((1, 1)), np.array([[1e4, 9999.0, -1e4]]), np.zeros((1, 3)))
    case = Case(at, np.array([[-1.0], [1.0]]), np.eye(3)[:2])
    check_forward(case, hint="scores are 0, 0, 0 and 10000, 9999, -10000: take the largest of a row, and clip nothing")
    check_forward(case._replace(at=at._replace(W2=-at.W2, b2=np.full((1, 3), -1e4))))


@pytest.mark.edge
def test_the_loss_is_finite_where_probabilities_are_0() -> None:
    check_loss(np.eye(2)[[0, 1]], np.array([[1.0, 0.0], [0.5, 0.5]]))
    check_loss(np.eye(2)[[0, 1]], np.array([[0.0, 1.0], [0.5, 0.5]]))


@pytest.mark.edge
def test_defaults() -> None:
    net = network(EXAMPLE)
    losses = net.train(EXAMPLE.X.copy(), EXAMPLE.Y.copy()).loss_history
    check.equal(len(losses), 1000, asked="the number of losses after train(X, Y)", hint="epochs=1000")
    want = descend(EXAMPLE, 0.01, 2)[1]
    check.close(losses[:2], want, asked="the first losses of train(X, Y)", hint="learning_rate=0.01")


@pytest.mark.edge
def test_training_again_goes_on_and_two_networks_share_nothing() -> None:
    case, (first, second) = make_case(3), (network(make_case(3), learning_rate=0.5) for _ in range(2))
    first.train(case.X.copy(), case.Y.copy(), epochs=2)
    first.train(case.X.copy(), case.Y.copy(), epochs=3)
    losses = descend(case, 0.5, 5)[1]
    mistakes = {
        "loss_history begins anew: training goes on from where it was": losses[2:],
        "training begins anew from other weights": losses[:2] + losses[:3],
    }
    what = "loss_history after train of 2 epochs and of 3"
    check.close(first.loss_history, losses, asked=what, rtol=1e-7, mistakes=mistakes)
    check.equal(second.loss_history, [], asked="loss_history of a network, after another was trained")
    check.close(second.W1, case.at.W1, asked="W1 of a network, after another was trained", hint="share no arrays")


@pytest.mark.edge
@pytest.mark.parametrize("kind", ["uint8", "lists"])
def test_integers_and_lists_are_computed_in_float64(kind: str) -> None:
    whole = np.array([[200, 3], [7, 100], [0, 255]]), np.eye(3, dtype=int)[[0, 2, 2]]
    at = Parameters(np.array([[0.01, -0.02], [0.03, 0.0]]), np.zeros((1, 2)), np.eye(2, 3) + 1, np.ones((1, 3)))
    case = Case(at, *(array.astype(float) for array in whole))
    net = network(case)
    X, Y = (array.astype(np.uint8) if kind == "uint8" else array.tolist() for array in whole)
    what, hint = f"X and Y as {kind}: ", "np.asarray(X, dtype=np.float64) first"
    P = net.forward_pass(X)
    check.close(P, forward(case), asked=what + "forward_pass(X)", hint=hint)
    single, asking = np.asarray(P, dtype=np.float32), "compute_loss(Y, P), P in float32"
    check.close(net.compute_loss(Y, single), cross_entropy(case.Y, single.astype(float)), asked=asking, hint=hint)
    P = P if kind == "uint8" else P.tolist()
    loss = loss_of(case)
    check.close(net.compute_loss(Y, P), loss, asked=what + "compute_loss(Y, P)", hint=hint)
    for name, got, want in zip(NAMES, net.backward_pass(X, Y, P), gradients(case), strict=True):
        check.close(got, want, asked=what + f"backward_pass(X, Y, P): d{name}", hint=hint)
    because, asking = "np.asarray takes them", what + "calculate_accuracy(Y, P) and train(X, Y)"
    check.accepts(
        lambda: net.calculate_accuracy(Y, P) + len(net.train(X, Y, 1).loss_history), asked=asking, because=because
    )


BAD_SETTINGS: dict[str, Any] = {"input_size": 0, "hidden_size": 0, "output_size": -1, "learning_rate": 0.0, "epochs": 0}


@pytest.mark.edge
@pytest.mark.parametrize("bad", [*BAD_SETTINGS.items(), ("learning_rate", -0.5), ("epochs", -3)], ids=str)
def test_settings_out_of_range_are_an_error(bad: Any) -> None:
    given = {"input_size": 2, "hidden_size": 3, "output_size": 2, "learning_rate": 0.1} | dict([bad])
    kwargs = {"epochs": given.pop("epochs", 1)}
    what = call("NeuralNetwork", **given) + "." + call("train", EXAMPLE.X, EXAMPLE.Y, **kwargs)

    def train() -> str:
        kata.NeuralNetwork(**given).train(EXAMPLE.X.copy(), EXAMPLE.Y.copy(), **kwargs)
        return "a network"

    check.raises(ValueError, train, asked=what, because="sizes and epochs are at least 1, and the rate is above 0")


GOOD = {"X": (4, 3), "Y": (4, 2), "P": (4, 2), "dW1": (3, 5), "db1": (1, 5), "dW2": (5, 2), "db2": (1, 2)}
TAKES = {
    **dict.fromkeys(("forward_pass", "predict"), ("X",)),
    **dict.fromkeys(("compute_loss", "calculate_accuracy"), ("Y", "P")),
    "backward_pass": ("X", "Y", "P"),
    "train": ("X", "Y"),
    "update_parameters": ("dW1", "db1", "dW2", "db2"),
}
BAD: list[Any] = [
    *((method, {"X": shape}) for method in ("forward_pass", "predict", "train") for shape in ((3,), (4, 2), (1, 4, 3))),
    *((method, {"X": (0, 3)}) for method in ("forward_pass", "predict")),
    ("train", {"X": (0, 3), "Y": (0, 2)}),
    *(("train", {"Y": shape}) for shape in ((4,), (4, 1), (1, 2), (4, 3))),
    *((method, {"P": shape}) for method in ("compute_loss", "calculate_accuracy") for shape in ((4, 1), (1, 2), (2,))),
    *((method, {"Y": (0, 2), "P": (0, 2)}) for method in ("compute_loss", "calculate_accuracy")),
    *(("backward_pass", bad) for bad in ({"X": (4, 1)}, {"Y": (4, 1)}, {"P": (1, 2)}, {"Y": (4,)})),
    *(("update_parameters", bad) for bad in ({"dW1": (5, 3)}, {"dW2": (1, 1)}, {"db1": (4, 5)}, {"db2": ()})),
]


@pytest.mark.edge
@pytest.mark.parametrize("bad", BAD, ids=str)
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(bad: Any) -> None:
    method, shapes = bad
    net = kata.NeuralNetwork(3, 5, 2)
    net.forward_pass(np.ones((4, 3)))
    sizes = [shapes.get(name, GOOD[name]) for name in TAKES[method]]
    check.raises(
        ValueError,
        lambda: getattr(net, method)(*(np.full(size, 0.5) for size in sizes)) and "a result",
        asked=f"{method}({', '.join(TAKES[method])}) of shapes {sizes}, of NeuralNetwork(3, 5, 2)",
        because=f"the shapes must be {[GOOD[name] for name in TAKES[method]]}",
        hint="compare shapes first, with the sizes of the network too: NumPy broadcasts silently",
    )


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    case = make_case(3)
    net, X, Y = network(case), case.X.copy(), case.Y.copy()
    P = np.array(net.forward_pass(X))
    slopes = [p.copy() for p in case.at]
    with check.untouched(asked="all methods, of X, Y, P and gradients", X=X, Y=Y, P=P, slopes=slopes):
        net.predict(X)
        net.compute_loss(Y, P)
        net.calculate_accuracy(Y, P)
        net.forward_pass(X)
        net.backward_pass(X, Y, P)
        net.update_parameters(*slopes)
        net.train(X, Y, epochs=2)
