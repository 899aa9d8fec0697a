"""Suite of B18: each gate by its formula, each gradient by finite differences through all steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

import lstm_cell as kata
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Asked, Mistakes, call
from harness.suite.global_random import GlobalRandomState
from harness.suite.strategies import Float64Array, seeds

NAMES = ("W_x", "W_h", "b")
Run = tuple[Float64Array, Float64Array]
Activation = Callable[[Float64Array], Float64Array]


class Case(NamedTuple):
    """A layer, a batch of sequences and what it starts from; a loss is the sum of hs * dhs."""

    W_x: Float64Array  # (d, 4h)
    W_h: Float64Array  # (h, 4h)
    b: Float64Array  # (4h,)
    xs: Float64Array  # (b, t, d)
    h0: Float64Array  # (b, h)
    c0: Float64Array  # (b, h)
    dhs: Float64Array  # (b, t, h)


def make_case(seed: int, shape: tuple[int, ...] | None = None) -> Case:
    """A small problem with b, t, d and h at random; with a `shape`, numbers are whole halves."""
    rng = np.random.default_rng(seed)
    b, t, d, h = shape or (int(size) for size in rng.integers(1, [4, 5, 4, 4]))
    sizes = ((d, 4 * h), (h, 4 * h), (4 * h,), (b, t, d), (b, h), (b, h), (b, t, h))
    return Case(*(rng.integers(-3, 4, size=size) / 2 if shape else rng.normal(size=size) for size in sizes))


CASES = st.builds(make_case, seeds())
TWO = make_case(3, (2, 3, 2, 2))
EXAMPLE = Case(
    *(np.array(rows) for rows in ([[1.0, -1.0, 2.0, 0.5]], [[0.5, 1.0, -1.0, 0.0]], [0.0, 1.0, 0.0, 0.0])),
    *(np.array(rows) for rows in ([[[1.0], [0.0], [-1.0]]], [[0.0]], [[0.0]], [[[0.0], [0.0], [1.0]]])),
)


def sigmoid(z: Float64Array) -> Float64Array:
    return np.asarray(1 / (1 + np.exp(-z)))


def step(case: Case, x: Float64Array, h: Float64Array, c: Float64Array, order: str = "ifgo", **by: Activation) -> Run:
    """The definition: the next output and cells; `order` and `by` are what mistakes change."""
    z = dict(zip(order, np.split(x @ case.W_x + h @ case.W_h + case.b, 4, axis=1), strict=True))
    gate, g_by, out = by.get("gate", sigmoid), by.get("g", np.tanh), by.get("out", np.tanh)
    new_c = gate(z["f"]) * c + gate(z["i"]) * g_by(z["g"])
    return gate(z["o"]) * out(new_c), new_c


def run(case: Case, step: Callable[..., Run] = step) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Outputs and cells of all steps, (b, t, h) each, and the cells after the last one."""
    h, c, hs, cs = case.h0, case.c0, [], []
    for t in range(case.xs.shape[1]):
        h, c = step(case, case.xs[:, t], h, c)
        hs.append(h)
        cs.append(c)
    return np.stack(hs, axis=1), np.stack(cs, axis=1), c


def loss_of(case: Case) -> float:
    return float(np.sum(run(case)[0] * case.dhs))


def gradients(case: Case, wrong: str = "") -> dict[str, Float64Array]:
    """By the chain rule through time; `wrong` names what mistakes change."""
    hs, cs, _ = run(case)
    h_in, c_in = (np.concatenate([s[:, None], x[:, :-1]], axis=1) for s, x in ((case.h0, hs), (case.c0, cs)))
    grads = {name: np.zeros_like(getattr(case, name)) for name in ("W_x", "W_h", "b", "xs")}
    dh = dc = np.zeros_like(case.h0)
    last = hs.shape[1] - 1
    for t in range(last, last - 1 if wrong == "last step" else -1, -1):
        z = case.xs[:, t] @ case.W_x + h_in[:, t] @ case.W_h + case.b
        i, f, g, o = (np.tanh(part) if k == 2 else sigmoid(part) for k, part in enumerate(np.split(z, 4, axis=1)))
        new, old = np.tanh(cs[:, t]), cs[:, t] if wrong == "new cell" else c_in[:, t]
        dh = dh + (0 if wrong == "last dhs" and t < last else case.dhs[:, t])
        dc = dc + dh * o * (1 if wrong == "no tanh" else 1 - new**2)
        slopes = np.stack([i * (1 - i), f * (1 - f), g * (1 - g) if wrong == "g" else 1 - g**2, o * (1 - o)])
        parts = np.stack([dc * g, dc * old, dc * i, dh * new]) * (1 if wrong == "no slopes" else slopes)
        dz = np.concatenate(list(parts), axis=1)
        grads["W_x"] += case.xs[:, t].T @ dz
        grads["W_h"] += h_in[:, t].T @ dz
        grads["b"] += dz.sum(axis=0)
        grads["xs"][:, t] = dz @ case.W_x.T
        dh, dc = (0 if "cut h" in wrong else 1) * dz @ case.W_h.T, (0 if "cut c" in wrong else 1) * dc
        dc = dc if wrong == "no f" else dc * f
    return grads


CHAIN_MISTAKES = {
    "the last step only: go on through all steps": "last step",
    "cut between the steps: outputs and cells act on later steps, too": "cut h, cut c",
    "the gradient of the cell is cut: dc goes on to the step before, times f": "cut c",
    "the gradient of the output is cut: dz W_h^T goes on to the step before": "cut h",
    "dc goes on without f": "no f",
    "the slope of tanh(c) is missing: 1 - tanh(c)**2": "no tanh",
    "the slopes of the gates are missing: s (1 - s), and 1 - g**2": "no slopes",
    "the slope of g is g (1 - g): it goes through tanh, so 1 - g**2": "g",
    "dhs of the last step only: each step's own is added": "last dhs",
    "the forget gate got the new cells: it multiplies those of before": "new cell",
}
STEP_MISTAKES: dict[str, Callable[..., Run]] = {
    **{f"gates in the order {o}: it is i, f, g, o": partial(step, order=o) for o in ("ifog", "figo", "fiog", "iogf")},
    "no tanh on the cell: h is o * tanh(c)": partial(step, out=lambda c: c),
    "sigmoid on the cell: h is o * tanh(c)": partial(step, out=sigmoid),
    "g goes through the sigmoid: through tanh": partial(step, g=sigmoid),
    "g is not squashed: tanh": partial(step, g=lambda z: z),
    "the gates go through tanh: through the sigmoid": partial(step, gate=np.tanh),
    "the sigmoid of -z: 1 / (1 + exp(-z))": partial(step, gate=lambda z: sigmoid(-z)),
    "h and c are swapped: h comes first": lambda *args: step(*args)[::-1],
    "the cell of before is lost: f * c + i * g": lambda case, x, h, c: step(case, x, h, 0 * c),
    "W_h is not used": lambda case, x, h, c: step(case, x, 0 * h, c),
    "W_x is not used": lambda case, x, h, c: step(case, 0 * x, h, c),
    "b is not used": lambda case, x, h, c: step(case._replace(b=0 * case.b), x, h, c),
    "the cell is fed back in place of the output: h W_h": lambda case, x, _, c: step(case, x, c, c),
    "NaN, by exp of a large z": lambda *args: (np.full_like(args[2], math.nan), np.full_like(args[2], math.nan)),
}


def layer_of(case: Case) -> Any:
    """A layer with the parameters of the case."""
    layer = kata.LSTM(len(case.W_x), len(case.W_h))
    for name in NAMES:
        setattr(layer, name, getattr(case, name).copy())
    return layer


def asked_of(case: Case) -> Any:
    return call("lstm", W_x=case.W_x, W_h=case.W_h, b=case.b) + "."


def check_step(case: Case) -> None:
    """Hold a step to the formula."""
    __tracebackhide__ = True
    args = case.xs[:, 0], case.h0, case.c0
    got, want = layer_of(case).step(*(x.copy() for x in args)), step(case, *args)
    asked = asked_of(case) + call("step", *args)
    check.equal(len(got), 2, asked=asked + ": the number of results", hint="return h, c")
    for part, name in ((1, ": c"), (0, ": h")):
        mistakes = {text: lambda f=f, part=part: f(case, *args)[part] for text, f in STEP_MISTAKES.items()}
        check.close(got[part], want[part], asked=asked + name, mistakes=mistakes, hint="c = f * c + i * g")


def forward(case: Case, layer: Any = None) -> Any:
    """What forward gives, h0 and c0 left out where they are zeros."""
    states = {name: getattr(case, name).copy() for name in ("h0", "c0") if getattr(case, name).any()}
    return (layer_of(case) if layer is None else layer).forward(case.xs.copy(), **states)


def check_forward(case: Case, *, got: Any = None, asked: Asked = "", hint: str = "") -> None:
    """Hold outputs and last state to the formula."""
    __tracebackhide__ = True
    (hs, cs, c), asked = run(case), asked or asked_of(case) + call("forward", case.xs, h0=case.h0, c0=case.c0)
    got = forward(case) if got is None else got
    check.equal([len(got), len(got[1])], [2, 2], asked=asked + ": the numbers of results", hint="return hs, (h, c)")
    back = case._replace(xs=case.xs[:, ::-1])
    mistakes: Mistakes = {
        **{text: lambda f=f: run(case, f)[0] for text, f in STEP_MISTAKES.items()},
        "the cells: hs has the outputs": cs,
        "h0 is not used": lambda: run(case._replace(h0=0 * case.h0))[0],
        "c0 is not used": lambda: run(case._replace(c0=0 * case.c0))[0],
        "h0 and c0 are swapped": lambda: run(case._replace(h0=case.c0, c0=case.h0))[0],
        "steps are taken from the last to the first": lambda: run(back)[0],
        "each step starts from h0 and c0: go on from the step before": lambda: run(
            case, lambda case, x, *_: step(case, x, case.h0, case.c0)
        )[0],
        "the shape is (t, b, h): rows first": hs.swapaxes(0, 1),
        "the last output only": hs[:, -1],
    }
    mistakes, hint = {} if hint else mistakes, hint or "one step after the other"
    check.close(got[0], hs, asked=asked + ": hs", mistakes=mistakes, hint=hint)
    swapped = {"h and c are swapped: (h, c)": c, "of the first step": hs[:, 0]}
    check.close(got[1][0], hs[:, -1], asked=asked + ": h", mistakes=swapped, hint="h is the last output")
    swapped = {"h and c are swapped: (h, c)": hs[:, -1], "of the first step": cs[:, 0]}
    check.close(got[1][1], c, asked=asked + ": c", mistakes=swapped, hint="the cells after the last step")


def gradient_mistakes(case: Case, name: str) -> Mistakes:
    """What mistakes give for the gradient with respect to a parameter, or to xs."""
    right, (b, t) = gradients(case)[name], case.xs.shape[:2]
    zero = case._replace(h0=0 * case.h0, c0=0 * case.c0)
    return {
        **{text: lambda wrong=wrong: gradients(case, wrong)[name] for text, wrong in CHAIN_MISTAKES.items()},
        "a mean over the rows: sum": right / b,
        "a mean over the steps: sum": right / t,
        "a mean over rows and steps: sum": right / (b * t),
        "the shape is (t, b, d): rows first": lambda: right.swapaxes(0, 1),
        "each row starts from zeros, not from h0 and c0": lambda: gradients(zero)[name],
    }


def check_backward(case: Case, *, layer: Any = None, note: str = "", hint: str = "") -> None:
    """Hold all gradients to the slope of the loss; xs first, for what is cut shows there most plainly."""
    __tracebackhide__ = True
    if layer is None:
        layer = layer_of(case)
        forward(case, layer)
    asked = (
        asked_of(case)
        + call("forward", case.xs, h0=case.h0, c0=case.c0)
        + ", then "
        + call("backward", case.dhs)
        + note
    )
    because = hint or "it has the shape of hs"
    dxs, grads = check.accepts(lambda: layer.backward(case.dhs.copy()), asked=asked, because=because)
    check.true(set(NAMES) <= set(grads), asked=asked, came=sorted(grads), expected="gradients for W_x, W_h and b")
    for name, got in (("xs", dxs), *((name, grads[name]) for name in NAMES)):

        def losses(points: list[Float64Array], name: str = name) -> list[float]:
            return [loss_of(case._replace(**{name: point})) for point in points]

        mistakes = {} if hint else gradient_mistakes(case, name)
        tip = hint or "the chain rule, step by step from the last one"
        check.gradient(
            got, losses, getattr(case, name), asked=asked + f": d{name}", name=name, mistakes=mistakes, hint=tip
        )


@pytest.mark.example
def test_worked_example_of_a_step() -> None:
    check_step(EXAMPLE._replace(c0=np.array([[2.0]])))
    check_step(TWO)


@pytest.mark.example
def test_worked_example_of_forward() -> None:
    check_forward(EXAMPLE)
    check_forward(TWO)


@pytest.mark.example
def test_worked_example_of_backward() -> None:
    check_backward(EXAMPLE)
    check_backward(TWO)


@pytest.mark.law
@settings(max_examples=30)
@given(CASES)
def test_step_and_forward_equal_the_formula(case: Case) -> None:
    check_step(case)
    check_forward(case)


@pytest.mark.law
@settings(max_examples=10)
@given(CASES)
def test_each_gradient_is_the_slope_of_the_loss_through_all_steps(case: Case) -> None:
    check_backward(case)


@pytest.mark.law
def test_weights_start_at_random_and_forget_gates_open() -> None:
    lstm, asked = kata.LSTM(60, 40, random_state=3), "LSTM(60, 40, random_state=3)."
    b = np.repeat([0.0, 1.0, 0.0, 0.0], 40)
    wrong = {
        "the biases of the forget gate start at 1": 0 * b,
        "all start at 1: those of the forget gate only": 0 * b + 1,
    }
    wrong["the ones are those of the input gate: the order is i, f, g, o"] = np.roll(b, -40)
    check.equal(lstm.b, b, asked=asked + "b", mistakes=wrong)
    values = {name: np.array(getattr(lstm, name)) for name in ("W_x", "W_h")}
    for name, value in values.items():
        check.float_array(value, (60 if name == "W_x" else 40, 160), asked=asked + name)
        spread, mean = float(value.std()), float(value.mean())
        fits = 0.018 < spread < 1.1 and abs(mean) < 6 * spread / math.sqrt(value.size)
        came, want = f"a deviation of {spread:.3g}, a mean of {mean:.3g}", "a deviation from 0.02 to 1, a mean of 0"
        mistake = "draw numbers of mean 0 and scale them: rng.normal(scale=...), or uniform on [-a, a]"
        check.true(fits, asked=asked + name, came=came, expected=want, mistake=mistake)
    pairs = [(values["W_x"][:40], values["W_h"]), *((x[:, :40], x[:, 40:80]) for x in values.values())]
    common = max(abs(float(np.corrcoef(x.ravel(), y.ravel())[0, 1])) for x, y in pairs)
    mistake = "equal weights, or generators of one seed: make one generator, and draw from it for all weights"
    check.true(
        common < 0.15, asked="correlations of W_x, W_h and two gates", came=common, expected="about 0", mistake=mistake
    )


@pytest.mark.law
@pytest.mark.parametrize("state", [0, 5, None, "left out", "Generator"])
def test_the_start_follows_random_state(state: Any) -> None:
    global_state, rng = GlobalRandomState(), np.random.default_rng(3)
    kwargs = {} if state == "left out" else {"random_state": rng if state == "Generator" else state}
    layers = [kata.LSTM(3, 2, **kwargs) for _ in range(3)]
    came = len({np.array(lstm.W_x).tobytes() + np.array(lstm.W_h).tobytes() for lstm in layers})
    asked = f"how many different layers 3 calls of LSTM(3, 2) give, random_state={state}"
    hint = "an int, 0 too, gives the same layer each time; a Generator is drawn from; None, the default, draws anew"
    check.equal(came, 1 if isinstance(state, int) else 3, asked=asked, hint=hint)
    global_state.check_kept()


@pytest.mark.edge
def test_backward_is_about_the_latest_forward() -> None:
    other, layer = make_case(5, (1, 4, 2, 2)), layer_of(TWO)
    forward(other, layer)
    forward(TWO, layer)
    layer.step(other.xs[:, 0].copy(), other.h0.copy(), other.c0.copy())
    hint = "forward starts with nothing kept, step keeps nothing, and each backward starts with gradients of 0"
    for note in (" after another forward, and after a step", ", once more"):
        check_backward(TWO, layer=layer, note=note, hint=hint)
    plain = TWO._replace(h0=0 * TWO.h0, c0=0 * TWO.c0)
    check_forward(plain, got=forward(plain, layer), hint="without h0 and c0 each forward starts from zeros")


@pytest.mark.edge
def test_large_scores_give_right_gates() -> None:
    for sign in (1.0, -1.0):
        W_x = sign * np.array([[1000.0, -1000.0, 1000.0, 1000.0]])
        case = EXAMPLE._replace(W_x=W_x, W_h=0 * EXAMPLE.W_h, xs=np.ones((1, 1, 1)), c0=np.array([[0.5]]))
        want = (math.tanh(1.0), 1.0) if sign > 0 else (0.0, 0.5)
        asked, hint = asked_of(case) + call("step", case.xs[:, 0], case.h0, case.c0), "exp(1000) is infinite"
        nan = {"NaN: exp(z) / (1 + exp(z)) is inf / inf for a large z; take 1 / (1 + exp(-z)), or tanh": math.nan}
        got = np.concatenate(layer_of(case).step(case.xs[:, 0], case.h0, case.c0))
        check.close(got.ravel(), want, asked=asked, mistakes=nan, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("kind", ["uint8", "lists", "float32"])
def test_is_computed_in_float64(kind: str) -> None:
    rng = np.random.default_rng(2)
    whole = (rng.integers(0, 9, size=shape) for shape in ((2, 3, 2), (2, 2), (2, 2), (2, 3, 2)))
    case = Case(*(value / 9 for value in TWO[:3]), *(value / (7 if kind == "lists" else 1) for value in whole))
    xs, h0, c0, dhs = (x.tolist() if kind == "lists" else x.astype(kind) for x in case[3:])
    layer, asked, hint = (
        layer_of(case),
        asked_of(case) + f"forward and backward, with {kind}",
        "np.asarray(x, dtype=np.float64)",
    )
    check_forward(case, got=layer.forward(xs, h0, c0), asked=asked, hint=hint)
    dxs, grads = layer.backward(dhs)
    right = gradients(case)
    for name, got in (("xs", dxs), *((name, grads[name]) for name in NAMES)):
        check.close(got, right[name], asked=asked + f": d{name}", hint=hint)
    first = [[row[0] for row in xs] if kind == "lists" else xs[:, 0], h0, c0]
    check.close(layer.step(*first)[0], run(case)[0][:, 0], asked=asked_of(case) + f"step, with {kind}", hint=hint)


MISFITS: dict[str, dict[str, list[tuple[int, ...]]]] = {
    "step": {"x": [(2, 4), (3,), (0, 3), (1, 3)], "h": [(2, 1), (1, 2), (2,)], "c": [(2, 1), (1, 2), (3, 2)]},
    "forward": {"xs": [(2, 3), (2, 4, 2), (0, 4, 3), (2, 0, 3)], "h0": [(1, 2), (2,), (2, 3)], "c0": [(2, 1), (3, 2)]},
    "backward": {"dhs": [(2, 4, 1), (2, 3, 2), (1, 4, 2), (4, 2, 2), (2, 2), ()]},
}
FITTING: dict[str, dict[str, tuple[int, ...]]] = {
    "step": {"x": (2, 3), "h": (2, 2), "c": (2, 2)},
    "forward": {"xs": (2, 4, 3)},
    "backward": {},
}


@pytest.mark.edge
@pytest.mark.parametrize(("method", "name"), [(method, name) for method, names in MISFITS.items() for name in names])
def test_a_wrong_shape_or_an_axis_of_length_zero_is_an_error(method: str, name: str) -> None:
    layer, because = (
        kata.LSTM(3, 2),
        "x is (b, 3), xs (b, t, 3), h and c (b, 2), and dhs has the shape of hs, (2, 4, 2)",
    )
    layer.forward(np.ones((2, 4, 3)))
    for shape in MISFITS[method][name]:
        shapes = {**FITTING[method], name: shape}
        given = {key: np.ones(size) for key, size in shapes.items()}
        asked, hint = f"LSTM(3, 2).{method} with shapes {shapes}", "compare the shapes first: NumPy broadcasts silently"
        check.raises(ValueError, partial(getattr(layer, method), **given), asked=asked, because=because, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("sizes", [(0, 2), (2, 0), (-1, 2), (2, -1)], ids=str)
def test_sizes_below_1_are_an_error(sizes: tuple[int, int]) -> None:
    asked, because = call("LSTM", *sizes), "both sizes are at least 1"
    check.raises(ValueError, partial(kata.LSTM, *sizes), asked=asked, because=because, hint="check them in __init__")


@pytest.mark.edge
def test_backward_before_forward_is_a_runtime_error() -> None:
    asked, because = "LSTM(1, 1).backward([[[1.0]]]) before forward", "there was no forward pass"
    hint = "ask whether there was one before anything that forward sets is looked up"
    check.raises(RuntimeError, lambda: kata.LSTM(1, 1).backward([[[1.0]]]), asked=asked, because=because, hint=hint)


@pytest.mark.edge
def test_arguments_stay_as_they_were_and_two_layers_share_nothing() -> None:
    layer, (xs, h0, c0, dhs) = layer_of(TWO), (x.copy() for x in TWO[3:])
    with check.untouched(asked="step, forward and backward", xs=xs, h0=h0, c0=c0, dhs=dhs):
        _ = layer.step(xs[:, 0], h0, c0), layer.forward(xs, h0, c0), layer.backward(dhs)
    forward(EXAMPLE, layer_of(EXAMPLE))
    check_backward(TWO, layer=layer, note=" after another layer's forward", hint="keep everything on self")
