"""Suite of B17: both lives of batch normalisation, its running statistics, and gradients by finite differences."""

from __future__ import annotations

from functools import partial
from typing import Any, NamedTuple

import batch_norm as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Asked, Mistakes, call
from harness.suite.strategies import Float64Array, seeds


class Case(NamedTuple):
    """A layer's parameters, training batches of d features, and the gradient of a loss for the last batch's output."""

    batches: list[Float64Array]
    dout: Float64Array
    gamma: Float64Array
    beta: Float64Array
    momentum: float
    eps: float


def make_case(seed: int) -> Case:
    """One to three batches of 2 to 6 rows with numbers in eighths; eps is large in most cases, so that it shows."""
    rng = np.random.default_rng(seed)
    d = int(rng.integers(1, 5))
    sizes = rng.choice([n for n in range(2, 7) if n != d], size=rng.integers(1, 4))
    batches = [rng.integers(-24, 25, size=(n, d)) / 8 + rng.integers(-3, 4, size=d) for n in sizes]
    gamma, beta = rng.choice([-2.0, 0.5, 1.5, 3.0], size=d), rng.choice([-1.0, 0.25, 2.0], size=d)
    dout = rng.integers(-8, 9, size=batches[-1].shape) / 4
    return Case(batches, dout, gamma, beta, float(rng.choice([0.1, 0.25, 0.9])), float(rng.choice([1e-5, 0.5, 4.0])))


CASES = st.builds(make_case, seeds())


def asked_of(case: Case) -> str:
    shown = f"momentum={case.momentum}, eps={case.eps}) with gamma {case.gamma.tolist()} and beta {case.beta.tolist()}"
    return f"BatchNorm({len(case.gamma)}, {shown}"


def fresh(case: Case) -> Any:
    """A new layer with the parameters of the case."""
    layer = kata.BatchNorm(len(case.gamma), momentum=case.momentum, eps=case.eps)
    layer.gamma, layer.beta = case.gamma.copy(), case.beta.copy()
    return layer


def trained(case: Case) -> Any:
    """A layer that has seen all batches, the last one last."""
    layer = fresh(case)
    for batch in case.batches:
        layer.forward(batch.copy())
    return layer


def running(case: Case, *, ddof: int = 1, count: int | None = None, turned: bool = False) -> list[Float64Array]:
    """Running mean and variance after the first `count` batches (all by default)."""
    m = 1 - case.momentum if turned else case.momentum
    mean, variance = np.zeros(len(case.gamma)), np.ones(len(case.gamma))
    for batch in case.batches[:count]:
        mean = (1 - m) * mean + m * batch.mean(axis=0)
        variance = (1 - m) * variance + m * batch.var(axis=0, ddof=ddof)
    return [mean, variance]


def output(case: Case, x: Float64Array, mean: Any, variance: Any) -> Float64Array:
    """The formula, for given statistics."""
    return np.asarray(case.gamma * (x - mean) / np.sqrt(variance + case.eps) + case.beta)


def check_output(
    got: object, case: Case, x: Float64Array, *, asked: Asked, training: bool = False, hint: str = ""
) -> None:
    """Hold an output to the formula, in evaluation after all batches."""
    __tracebackhide__ = True
    batch = [x.mean(axis=0), x.var(axis=0)]
    before, after = running(case, count=-1 if training else None), running(case)
    mean, variance = batch if training else after
    gamma, beta, eps, out = case.gamma, case.beta, case.eps, partial(output, case, x)
    plain, turned = (x - mean) / np.sqrt(variance + eps), x.T[..., np.newaxis]

    def over(scale: Float64Array) -> Float64Array:
        return np.asarray(gamma * (x - mean) / scale + beta)

    mistakes: Mistakes = {
        "the statistics of the batch are used in evaluation: use running_mean and running_var there": out(*batch),
        "the running statistics are used in training: use those of the batch there": out(*before),
        "normalised by the unbiased variance: only running_var has n - 1": lambda: out(mean, x.var(axis=0, ddof=1)),
        "running_var is the biased variance: divide by n - 1 there": out(*running(case, ddof=0)),
        "momentum is turned round: it is the weight of the new batch": out(*running(case, turned=True)),
        "eps is added to the standard deviation, not to the variance under the root": lambda: over(variance**0.5 + eps),
        "eps is missing under the root": lambda: over(np.sqrt(variance)),
        "divided by the variance: divide by its root": over(variance + eps),
        "the mean is not subtracted": out(0, variance),
        "gamma is not applied": plain + beta,
        "beta is not applied": gamma * plain,
        "gamma scales beta, too: multiply first, then add": gamma * (plain + beta),
        "mean and variance are those of rows: take them over the rows": out(turned.mean(axis=0), turned.var(axis=0)),
        "one mean and variance for all features: each feature has its own": out(x.mean(), x.var()),
    }
    if hint:
        mistakes = {}
    hint = hint or "gamma * (x - mean) / sqrt(variance + eps) + beta, with one mean and variance for each feature"
    atol = 1e-12 * max(1.0, float(np.abs(x).max()))
    check.close(got, out(mean, variance), asked=asked, atol=atol, mistakes=mistakes, hint=hint)


def check_running(layer: Any, case: Case, *, asked: Asked, hint: str = "") -> None:
    """Hold the running statistics to what they are after all batches."""
    __tracebackhide__ = True
    m, want, last = case.momentum, running(case), case.batches[-1]
    turned, start, left = running(case, turned=True), running(case, count=0), (1 - m) ** len(case.batches)
    own: list[Mistakes] = [
        {"starts at ones: running_mean starts at zeros": want[0] + left},
        {
            "the biased variance: divide the batch's by n - 1": running(case, ddof=0)[1],
            "eps is in it: it belongs under the root only": want[1] + (1 - left) * case.eps,
            "starts at zeros: running_var starts at ones": want[1] - left,
        },
    ]
    for i, (name, batch) in enumerate((("running_mean", last.mean(axis=0)), ("running_var", last.var(axis=0, ddof=1)))):
        anew = (1 - m) * start[i] + m * batch
        mistakes = {
            "momentum is turned round: it is the weight of the new batch, 1 - momentum that of the old": turned[i],
            "training does not move it": start[i],
            "replaced by that of the last batch: move it by momentum": batch,
            "moved from the start each time: the old value is what earlier batches left": anew,
        }
        check.close(
            getattr(layer, name),
            want[i],
            asked=f"{name} {asked}",
            mistakes={} if hint else {**mistakes, **own[i]},
            hint=hint or f"{name} = (1 - momentum) * {name} + momentum * that of the batch",
        )


def check_gradients(layer: Any, case: Case, x: Float64Array, dout: Float64Array, *, training: bool) -> None:
    """Hold `backward`, after the forward pass that the layer has just had, to the slopes of the loss sum(dout * out)."""
    __tracebackhide__ = True
    asked = asked_of(case) + ": " + call("forward", x, training=training) + ", then " + call("backward", dout)
    got = check.accepts(partial(layer.backward, dout.copy()), asked=asked, because="dout has the shape of x")
    dgamma, dbeta = np.array(layer.dgamma), np.array(layer.dbeta)
    mean, variance = (x.mean(axis=0), x.var(axis=0)) if training else running(case)
    std = np.sqrt(variance + case.eps)
    hat, g = (x - mean) / std, case.gamma * dout

    def collapsed(g: Float64Array, n: int = len(x), sign: int = 1) -> Float64Array:
        return np.asarray((g - g.sum(axis=0) / n - sign * hat * (g * hat).sum(axis=0) / n) / std)

    def loss_of(name: str, points: list[Float64Array]) -> list[float]:
        values = []
        for point in (*points, getattr(case, name)):
            setattr(layer, name, point)
            values.append(float(np.sum(dout * layer.forward(x.copy(), training))))
        return values[:-1]

    def loss_of_x(points: list[Float64Array]) -> list[float]:
        return [float(np.sum(dout * out)) for out in each(layer.forward, [(point, training) for point in points])]

    own: dict[str, Mistakes] = {
        "gamma": {
            "the mean over the rows: gamma acts on all of them, so it is the sum": (dout * hat).mean(axis=0),
            "not summed over the rows: dgamma has the shape of gamma": dout * hat,
            "dout times x: gamma multiplies the normalised rows": (dout * x).sum(axis=0),
            "this is dbeta: dgamma also has the normalised rows": dout.sum(axis=0),
        },
        "beta": {
            "the mean over the rows: beta acts on all of them, so it is the sum": dout.mean(axis=0),
            "not summed over the rows: dbeta has the shape of beta": dout,
        },
    }
    for name, slope in (("gamma", dgamma), ("beta", dbeta)):
        at, what, hint = getattr(case, name), f"{asked}; d{name}", "sum what it multiplies, times dout, over the rows"
        check.gradient(slope, partial(loss_of, name), at, asked=what, name=name, mistakes=own[name], hint=hint)
    check.gradient(
        got,
        loss_of_x,
        x,
        asked=asked,
        name="x",
        mistakes={
            "mean and variance are treated as constants: in training they depend on every row": g / std,
            "the way through the variance is missing": (g - g.mean(axis=0)) / std,
            "the way through the mean is missing": (g - hat * (g * hat).mean(axis=0)) / std,
            "after evaluation the statistics are constants: nothing goes through mean and variance": collapsed(g),
            "gamma is missing": collapsed(dout) if training else dout / std,
            "sums over the rows where means belong: divide by n": collapsed(g, 1),
            "divided by n - 1: mean and variance of the batch divide by n": lambda: collapsed(g, len(x) - 1),
            "the way through the variance has the wrong sign": collapsed(g, len(x), -1),
            "not divided by the standard deviation": collapsed(g) * std if training else g,
        },
        hint="each row reaches the loss directly, through the mean and through the variance; in evaluation directly only",
    )


# --- examples --------------------------------------------------------------------------------------------------------

X = np.array([[0.0, 7.0], [2.0, 7.0], [4.0, 7.0], [6.0, 7.0]])
DOUT = np.array([[9.0, 1.0], [0.0, 0.0], [0.0, 0.0], [0.0, 0.0]])
EXAMPLE = Case([X], DOUT, np.ones(2), np.zeros(2), 0.1, 4.0)


@pytest.mark.example
def test_worked_example_of_forward() -> None:
    layer, asked = kata.BatchNorm(2, eps=4.0), "BatchNorm(2, eps=4.0)." + call("forward", X)
    check_output(layer.forward(X.astype(int).tolist()), EXAMPLE, X, training=True, asked=asked)
    check_running(layer, EXAMPLE, asked=f"after {asked}")


@pytest.mark.example
def test_worked_example_of_backward() -> None:
    layer = kata.BatchNorm(2, eps=4.0)
    layer.forward(X.copy())
    check_gradients(layer, EXAMPLE, X, DOUT, training=True)


@pytest.mark.example
def test_defaults_are_a_momentum_of_a_tenth_and_an_eps_of_1e_5() -> None:
    layer, x = kata.BatchNorm(1), np.array([[1.0], [3.0]])
    case = Case([x], x, np.ones(1), np.zeros(1), 0.1, 1e-5)
    check_output(layer.forward(x.copy()), case, x, training=True, asked="BatchNorm(1)." + call("forward", x))
    check_running(layer, case, asked="after BatchNorm(1)." + call("forward", x))


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(CASES)
def test_training_normalises_by_the_statistics_of_the_batch(case: Case) -> None:
    layer, x = trained(case._replace(batches=case.batches[:-1])), case.batches[-1]
    asked = asked_of(case) + f" after {len(case.batches) - 1} other batches: " + call("forward", x)
    check_output(layer.forward(x.copy()), case, x, training=True, asked=asked)


@pytest.mark.law
@given(CASES)
def test_running_statistics_move_towards_those_of_each_batch(case: Case) -> None:
    asked = f"of {asked_of(case)} after training on " + ", ".join(check.show(batch) for batch in case.batches)
    check_running(trained(case), case, asked=asked)


@pytest.mark.law
@given(CASES)
def test_evaluation_normalises_by_the_running_statistics_and_moves_nothing(case: Case) -> None:
    layer, x = trained(case), case.batches[-1] * 2 + 1
    after, rows = f"{asked_of(case)} after training: ", x[:, np.newaxis]
    check_output(layer.forward(x.copy(), training=False), case, x, asked=after + call("forward", x, training=False))
    hint = "a row has the same output alone as in any batch"
    alone = partial(each, layer.forward, [(row.copy(), False) for row in rows])
    for row, got in zip(rows, check.accepts(alone, asked=after + "single rows", because=hint), strict=True):
        check_output(got, case, row, asked=after + call("forward", row, training=False), hint=hint)
    hint = "evaluation moves the running statistics: only training does"
    check_running(layer, case, asked=f"of {asked_of(case)} after training, and evaluation of other rows", hint=hint)


@pytest.mark.law
@settings(max_examples=25)
@given(CASES)
def test_gradients_of_training_go_through_mean_and_variance(case: Case) -> None:
    check_gradients(trained(case), case, case.batches[-1], case.dout, training=True)


@pytest.mark.law
@settings(max_examples=25)
@given(CASES)
def test_gradients_of_evaluation_take_the_statistics_as_constants(case: Case) -> None:
    layer = trained(case)
    x = case.batches[-1] * 2 + 1
    layer.forward(x.copy(), training=False)
    check_gradients(layer, case, x, case.dout, training=False)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_backward_is_about_the_latest_pass_and_adds_nothing_up() -> None:
    layer, x = kata.BatchNorm(2, eps=4.0), X**2
    layer.forward(X.copy())
    layer.backward(DOUT.copy())
    given = x.copy()
    np.asarray(layer.forward(given))[:] = given[:] = 9.0  # as an in-place ReLU does
    layer.backward(DOUT / 5)
    asked = f"after forward(x), backward(d), forward(x**2), backward(d / 5), with x = {check.show(X)}"
    first, second = ((DOUT * (a - a.mean(axis=0)) / np.sqrt(a.var(axis=0) + 4.0)).sum(axis=0) for a in (X, x))
    for name, want, other in (("dgamma", second / 5, first), ("dbeta", DOUT.sum(axis=0) / 5, DOUT.sum(axis=0))):
        mistakes = {
            f"{name} is added up over calls: each backward sets it anew": want + other,
            "backward is about an earlier forward: it is about the latest": first / 5,
        }
        hint = "the caller wrote into x and into the output after forward: keep arrays of your own for backward"
        check.close(getattr(layer, name), want, asked=f"{name} {asked}", mistakes=mistakes, hint=hint)


@pytest.mark.edge
def test_features_far_from_zero_lose_no_accuracy() -> None:
    x = 1e6 + np.random.default_rng(1).normal(size=(50, 2))
    case = Case([x], x, np.ones(2), np.zeros(2), 0.1, 1e-5)
    asked = "BatchNorm(2).forward(x), with features of 1e6 and a spread of 1"
    hint = "subtract the mean first, then square: E[x^2] - E[x]^2 loses all digits here"
    check_output(fresh(case).forward(x.copy()), case, x, training=True, asked=asked, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", ["uint8", "float32"])
def test_is_computed_in_float64(dtype: str) -> None:
    x = (np.array([[3.0, 250.0], [200.0, 7.0], [90.0, 101.0]]) / (1 if dtype == "uint8" else 7)).astype(dtype)
    exact = x.astype(np.float64)
    case = Case([exact], exact, np.array([2.0, -1.0]), np.array([1.0, 0.5]), 0.1, 1e-5)
    layer, asked = fresh(case), asked_of(case) + ": " + call("forward", x)
    hint = f"x and dout are {dtype}: convert them to float64 first, and fill no array of their dtype"
    check.float_array(layer.forward(x), (3, 2), asked=asked, hint=hint)
    check_output(layer.forward(x), case, exact, training=True, asked=asked, hint=hint)
    want, got = layer.backward(exact), layer.backward(x)
    check.float_array(layer.dbeta, (2,), asked=asked + ", then dbeta after " + call("backward", x), hint=hint)
    check.close(got, want, asked=asked + ", then " + call("backward", x), atol=1e-9, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(0, 3), (4, 2), (4, 1), (3,), (4, 3, 1), (1, 3)])
def test_a_wrong_shape_or_too_few_rows_are_an_error(shape: tuple[int, ...]) -> None:
    because = "x must have shape (n, 3) with n at least 2 in training, at least 1 in evaluation"
    for training in (True, False) if shape != (1, 3) else (True,):
        check.raises(
            ValueError,
            partial(kata.BatchNorm(3).forward, np.ones(shape), training),
            asked=f"BatchNorm(3).forward(x, training={training}) with x of shape {shape}",
            because=because,
            hint="check .ndim, the number of columns and the number of rows: NumPy stretches a single column silently",
        )


@pytest.mark.edge
@pytest.mark.parametrize("shape", [(2, 3), (1, 3), (4, 1), (3,), ()])
def test_a_gradient_of_another_shape_is_an_error(shape: tuple[int, ...]) -> None:
    layer = kata.BatchNorm(3)
    layer.forward(np.arange(12.0).reshape(4, 3))
    check.raises(
        ValueError,
        lambda: layer.backward(np.ones(shape)),
        asked=f"backward of shape {shape} after forward(x) with x of shape (4, 3)",
        because="dout must have the shape of x, (4, 3)",
        hint="compare .shape: NumPy stretches a row or a single column silently",
    )


@pytest.mark.edge
@pytest.mark.parametrize(
    "arguments", [{"n_features": 0}, {"momentum": -0.1}, {"momentum": 1.1}, {"eps": 0.0}, {"eps": -1e-5}]
)
def test_parameters_out_of_range_are_an_error(arguments: dict[str, Any]) -> None:
    because = "n_features is at least 1, momentum from 0 to 1, both allowed, and eps above 0"
    for momentum in (0.0, 1.0):
        check.accepts(partial(kata.BatchNorm, 2, momentum), asked=call("BatchNorm", 2, momentum), because=because)
    asked = call("BatchNorm", **{"n_features": 2, **arguments})
    check.raises(ValueError, partial(kata.BatchNorm, **{"n_features": 2, **arguments}), asked=asked, because=because)


@pytest.mark.edge
def test_backward_before_forward_is_a_runtime_error() -> None:
    check.raises(
        RuntimeError,
        lambda: kata.BatchNorm(1).backward([[1.0]]),
        asked="BatchNorm(1).backward([[1.0]]) before forward",
        because="there was no forward pass",
        hint="ask whether there was one before anything that forward sets is looked up",
    )


@pytest.mark.edge
def test_two_layers_share_nothing() -> None:
    layer = kata.BatchNorm(2, eps=4.0)
    layer.forward(X.copy())
    kata.BatchNorm(2, eps=4.0).forward(5 * X[:3])
    hint = "another layer was made and trained in between: set everything in __init__, on self"
    check_running(layer, EXAMPLE, asked="of a layer, after another one was trained", hint=hint)
    check.accepts(lambda: layer.backward(DOUT.copy()), asked="backward after another layer's forward", because=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    layer, x, dout = kata.BatchNorm(2), X.copy(), DOUT.copy()
    with check.untouched(asked="forward(x), backward(dout), in training and in evaluation", x=x, dout=dout):
        for training in (True, False):
            layer.forward(x, training=training)
            layer.backward(dout)
