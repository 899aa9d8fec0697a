"""Suite of B26: every slope against dual numbers on the same lines of code; shared nodes, deep graphs, gradients anew."""

from __future__ import annotations

import functools
import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from types import CodeType
from typing import Any

import autograd as kata
import autograd_graphs
import numpy as np
import pytest
from hypothesis import given

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import Mistakes
from harness.suite.strategies import seeds

run, chain, train = map(in_subject_process, (autograd_graphs.run, autograd_graphs.chain, autograd_graphs.train))
Leaves = Mapping[str, float]
Lines = Sequence[str]


@dataclass(frozen=True)
class Dual:
    """The oracle, forward mode: a number and its derivative in one chosen value."""

    data: float
    slope: float = 0.0

    def _by(self, other: Dual | float, function: Callable[..., float], mine: float, its: float) -> Dual:
        b = other if isinstance(other, Dual) else Dual(other)
        return Dual(function(self.data, b.data), mine * self.slope + its * b.slope)

    def __add__(self, other: Dual | float) -> Dual:
        return self._by(other, operator.add, 1, 1)

    def __mul__(self, other: Dual | float) -> Dual:
        return self._by(other, operator.mul, other.data if isinstance(other, Dual) else other, self.data)

    def __neg__(self) -> Dual:
        return Dual(-self.data, -self.slope)

    def __sub__(self, other: Dual | float) -> Dual:
        return self._by(other, operator.sub, 1, -1)

    def __truediv__(self, other: Dual | float) -> Dual:
        b = other.data if isinstance(other, Dual) else other
        return self._by(other, operator.truediv, 1 / b, -self.data / b**2)

    def __radd__(self, other: float) -> Dual:
        return Dual(other) + self

    def __rmul__(self, other: float) -> Dual:
        return Dual(other) * self

    def __rsub__(self, other: float) -> Dual:
        return Dual(other) - self

    def __rtruediv__(self, other: float) -> Dual:
        return Dual(other) / self

    def __pow__(self, n: float) -> Dual:
        return Dual(self.data**n, (n * self.data ** (n - 1) if n else 0.0) * self.slope)

    def exp(self) -> Dual:  # noqa: D102
        return Dual(math.exp(self.data), math.exp(self.data) * self.slope)

    def log(self) -> Dual:  # noqa: D102
        return Dual(math.log(self.data), self.slope / self.data)

    def tanh(self) -> Dual:  # noqa: D102
        return Dual(math.tanh(self.data), (1 - math.tanh(self.data) ** 2) * self.slope)

    def relu(self) -> Dual:  # noqa: D102
        return Dual(max(self.data, 0.0), self.slope if self.data > 0 else 0.0)


def names_in(expression: str) -> list[str]:
    """The values in it, without the names of methods."""
    return re.findall(r"(?<![.\w])[a-z]\w*", expression)


@functools.cache
def _code(expression: str) -> CodeType:
    return compile(expression, "the line of a graph", "eval")


def evaluate(leaves: Leaves, lines: Lines, moved: str = "") -> dict[str, Dual]:
    """All values of a graph, with their derivatives in the value `moved`."""
    values = {name: Dual(float(data), float(name == moved)) for name, data in leaves.items()}
    for line in lines:
        name, _, expression = line.partition(" = ")
        value = eval(_code(expression), {}, values)
        values[name] = Dual(value.data, 1.0) if name == moved else value
    return values


def gradients(leaves: Leaves, lines: Lines, out: str) -> dict[str, float]:
    """The derivative of `out` in each value; 0 for those that are not in its graph."""
    return {name: evaluate(leaves, lines, name)[out].slope for name in evaluate(leaves, lines)}


def in_graph(lines: Lines, out: str) -> set[str]:
    """Names of the values that `out` was made of, itself among them."""
    made = {line.partition(" = ")[0]: line.partition(" = ")[2] for line in lines}
    found, todo = set[str](), [out]
    while todo:
        name = todo.pop()
        if name not in found:
            found.add(name)
            todo += names_in(made.get(name, ""))
    return found


def text(leaves: Leaves, lines: Lines, backward: Sequence[str]) -> str:
    """The graph as code that can be pasted."""
    made = [f"{name} = Value({data})" for name, data in leaves.items()]
    return "; ".join([*made, *lines, *(f"{name}.backward()" for name in backward)])


def slope_mistakes(operation: str, x: float, y: float) -> Mistakes:
    """Wrong slopes of one operation with the operand x and the result y."""
    if "**" in operation:
        n = float(operation.rsplit(maxsplit=1)[-1])
        return {
            "the slope of x ** n is n * x ** (n - 1), not n * x ** n": n * x**n,
            "the factor n of the slope of x ** n is missing": x ** (n - 1),
        }
    found: dict[str, Mistakes] = {
        ".tanh": {
            "the slope of tanh is 1 - tanh², with a square": 1 - y,
            "it is 1 - tanh², of the result and not of x": 1 - x * x,
        },
        ".log": {"the slope of log is 1 / x": x, "the slope of log is 1 / x, not 1 / log x": lambda: 1 / y},
        ".exp": {"the slope of exp is exp x": x, "the slope of exp is exp x, not 1": 1.0},
        ".relu": {"the slope of relu is 0 at 0 and below, else 1": 1.0, "the slope of relu is 1, not the value": y},
        "*": {"the slope of a product is the other factor": x},
        "/": {
            "the slope of 1 / x is -1 / x²": lambda: 1 / x**2,
            "the slope of a / b in b is -a / b²": lambda: -1 / x**2,
            "the slope of a / b in b is -a / b², with a square": -y,
            "operands are swapped: c / x is not x / c": lambda: 1 / float(operation.split(maxsplit=1)[0]),
        },
    }
    return next((mistakes for sign, mistakes in found.items() if sign in operation), {})


def grad_mistakes(leaves: Leaves, lines: Lines, out: str, name: str, right: float) -> Mistakes:
    """What the usual mistakes give for a gradient."""
    found: dict[str, object] = {
        "gradients of an earlier call were added: every backward() begins anew": 2 * right,
        "no gradient: backward() sets that of every value in the graph": 0.0,
        "the sign is turned": -right,
    }
    if len(lines) == 1 and lines[0].removeprefix("out = ") in SINGLE.values():
        values = evaluate(leaves, lines)
        found |= slope_mistakes(lines[0].partition(" = ")[2], values[name].data, values[out].data)
    uses = [line for line in lines if name in names_in(line.partition(" = ")[2])]
    if len(uses) > 1:
        found["only its last use counts: add the gradients of all uses"] = partial(
            _through, leaves, lines, out, name, uses[-1]
        )
        found["only its first use counts: add the gradients of all uses"] = partial(
            _through, leaves, lines, out, name, uses[0]
        )
    if len(uses) == 1 and names_in(uses[0]).count(name) > 1:
        found["one of its two uses in a line is lost: add both"] = right / 2
    return found


def _through(leaves: Leaves, lines: Lines, out: str, name: str, use: str) -> float:
    """The derivative through one line alone."""
    target = use.partition(" = ")[0]
    local = evaluate(leaves, lines[: list(lines).index(use) + 1], name)[target].slope
    return local * gradients(leaves, lines, out)[target]


def check_graph(leaves: Leaves, lines: Lines, backward: Sequence[str] = ("out",), *, hint: str = "") -> None:
    """Hold all data, and the gradients of the last result, to forward mode."""
    __tracebackhide__ = True
    asked, values = text(leaves, lines, backward), evaluate(leaves, lines)
    because = hint or "these operations are asked for, with plain numbers on either side"
    got = check.accepts(partial(run, dict(leaves), list(lines), list(backward)), asked=asked, because=because)
    for name, dual in values.items():
        check.close(
            got[name][0], dual.data, asked=f"{asked}; {name}.data", hint="the value itself, before any gradient"
        )
        check.python_float(got[name][0], asked=f"{asked}; {name}.data")
    wants = dict.fromkeys(values, 0.0)
    for out in backward:
        slopes = gradients(leaves, lines, out)
        wants |= {name: slopes[name] for name in in_graph(lines, out)}
    for name in reversed(values):  # from the result to the leaves, so that the first wrong one is named
        is_in = name in in_graph(lines, backward[-1])
        mistakes = grad_mistakes(leaves, lines, backward[-1], name, wants[name]) if is_in else {}
        advice = hint or (
            "the chain rule, summed over all uses" if mistakes else "a value outside of the graph keeps its gradient"
        )
        check.close(
            got[name][1], wants[name], asked=f"{asked}; {name}.grad", atol=1e-11, mistakes=mistakes, hint=advice
        )


SINGLE = {
    "sum": "a + b",
    "difference": "a - b",
    "product": "a * b",
    "quotient": "a / b",
    "negative": "-a",
    "power": "a ** 3",
    "negative power": "a ** -2",
    "root": "a ** 0.5",
    "exp": "a.exp()",
    "log": "a.log()",
    "tanh": "a.tanh()",
    "relu": "a.relu()",
    "number plus": "2.5 + a",
    "number minus": "2.5 - a",
    "number times": "2.5 * a",
    "number over": "2.5 / a",
    "plus number": "a + 2.5",
    "minus number": "a - 2.5",
    "times number": "a * 2.5",
    "over number": "a / 2.5",
}

# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@pytest.mark.parametrize("name", SINGLE)
def test_one_operation(name: str) -> None:
    for a, b in ((0.75, 2.0), (1.5, -0.25)):
        check_graph({"a": a, "b": b}, [f"out = {SINGLE[name]}"])


@pytest.mark.example
def test_worked_example() -> None:
    check_graph({"a": 2.0, "b": -3.0}, ["c = a * b", "d = a ** 2", "e = c + d", "f = 1 / b", "out = e - f"])


SHARED = [
    "out = a + a",
    "out = a * a",
    "out = a / a",
    "out = a - a",
    "c = a * a; out = c + a",
    "c = a * 3; d = a + c; out = c * d",
]


@pytest.mark.example
@pytest.mark.parametrize("lines", SHARED)
def test_a_value_that_is_used_several_times_gets_the_sum(lines: str) -> None:
    check_graph({"a": 2.0}, lines.split("; "))


@pytest.mark.example
def test_a_node_waits_for_all_that_were_made_of_it() -> None:
    check_graph({"a": 2.0}, ["b = a * 3", "c = b.exp()", "d = c + b", "e = d * b", "out = e + b"])


# --- laws ------------------------------------------------------------------------------------------------------------


FORMS = ["{x} + {y}", "{x} - {y}", "{x} * {y}", "-{x}", "{x} ** 2", "{x}.tanh()", "{x}.relu()", "1.5 - {x}", "2 * {x}"]
FORMS += ["{y} / ({x} ** 2 + 1)", "(-{x} ** 2).exp()", "({x} ** 2 + 0.5).log()"]


def make_graph(seed: int, most: int = 10) -> tuple[dict[str, float], list[str]]:
    """Leaves and random lines, in each of which values stay near 1, so that nothing overflows."""
    rng = np.random.default_rng(seed)
    leaves = {name: float(rng.integers(4, 13)) / 8 for name in "abc"[: rng.integers(1, 4)]}
    names, lines = list(leaves), list[str]()
    for i in range(rng.integers(1, most + 1)):
        x, y = (names[int(rng.integers(len(names)))] for _ in range(2))
        form = FORMS[int(rng.integers(len(FORMS)))].format(x=x, y=y)
        lines.append(f"n{i} = ({form}).tanh()" if i % 3 == 2 else f"n{i} = {form}")
        names.append(f"n{i}")
    lines[-1] = f"out{lines[-1][lines[-1].index(' = ') :]}"
    return leaves, lines


@pytest.mark.law
@given(seeds())
def test_all_gradients_of_any_graph_equal_forward_mode(seed: int) -> None:
    check_graph(*make_graph(seed))


@pytest.mark.law
@given(seeds())
def test_backward_twice_and_of_several_results_begins_anew(seed: int) -> None:
    leaves, lines = make_graph(seed, most=5)
    earlier = lines[0].partition(" = ")[0]
    hint = "set the gradients of the graph to 0 first, and leave those of other values alone"
    for backward in (["out", "out"], ["out", earlier], [earlier, "out"]):
        check_graph(leaves, lines, backward, hint=hint)


@pytest.mark.law
def test_a_small_fit_learns() -> None:
    losses, w, b = [], 0.0, 0.0
    for _ in range(30):
        errors = [(x, w * x + b - y) for x, y in ((0, 1), (1, 3), (2, 5))]
        losses.append(sum(e * e for _, e in errors))
        w, b = w - 0.1 * sum(2 * e * x for x, e in errors), b - 0.1 * sum(2 * e for _, e in errors)
    asked = "the losses of y = w x + b fitted by w.data -= 0.1 * w.grad"
    check.close(train(30, 0.1), losses, asked=asked, rtol=1e-7, hint="gradients must not add up from step to step")


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize("kind", ["sum", "product"])
def test_a_chain_of_10_000_operations(kind: str) -> None:
    asked, because = f"a chain of 10 000 operations ({kind}); backward()", "any depth works: keep a stack of your own"
    data, grad = check.accepts(partial(chain, kind, 10_000), asked=asked, because=because)
    check.close(
        [data, grad],
        [10_001.0 if kind == "sum" else 1.0, 1.0],
        asked=f"data of the end and grad of the start of {asked}",
    )


@pytest.mark.edge
def test_a_graph_with_as_many_paths_as_numbers_visits_each_node_once() -> None:
    asked = "x = x + x, 14 times, then backward()"
    check.close(chain("doubled", 14), (2.0**14, 2.0**14), asked=f"data of the end and grad of the start of {asked}")
    asked = asked.replace("14", "60")
    check.close(chain("doubled", 60), (2.0**60, 2.0**60), asked=f"data of the end and grad of the start of {asked}")


@pytest.mark.edge
@pytest.mark.parametrize("a", [0.0, -0.5])
def test_relu_at_0_and_below_has_slope_0_and_powers_of_0_work(a: float) -> None:
    check_graph({"a": a}, ["out = a.relu()"])
    lines = ["b = a ** 2", "c = a ** 1", "d = b + c", "out = a ** 0 + d"]
    check_graph({"a": a}, lines, hint="the slope of x ** 0 is 0, also at 0")


@pytest.mark.edge
def test_integers_become_floats_and_large_arguments_of_tanh_are_fine() -> None:
    check_graph({"a": 3, "b": 2}, ["c = a / b", "out = c * 2"])
    check_graph({"a": 500.0}, ["out = a.tanh()"])


@pytest.mark.edge
def test_a_new_value_has_no_gradient_and_operands_stay_as_they_were() -> None:
    got = run({"a": 2.0, "b": 3.0}, ["c = a * b", "a = a + c", "d = a * 2"], [])
    check.equal(
        [value[1] for value in got.values()], [0.0] * 4, asked="grad of values before any backward()", hint="0.0"
    )
    check.equal(got["b"][0], 3.0, asked="b.data after c = a * b")
    check_graph({"a": 2.0}, ["out = a"], hint="the gradient of a value in itself is 1")


@pytest.mark.edge
@pytest.mark.parametrize("a", [0.0, -1.0])
def test_log_of_0_or_less_is_an_error(a: float) -> None:
    ask = partial(run, {"a": a}, ["out = a.log()"], [])
    check.raises(ValueError, ask, asked=f"Value({a}).log()", because="it has no logarithm", hint="math.log raises it")


@pytest.mark.edge
def test_a_value_as_the_exponent_is_an_error() -> None:
    ask = partial(run, {"a": 2.0, "b": 3.0}, ["out = a ** b"], [])
    because, hint = "the exponent must be a plain number", "its own gradient would be lost"
    check.raises(TypeError, ask, asked="Value(2.0) ** Value(3.0)", because=because, hint=hint)


@pytest.mark.edge
def test_a_single_value_can_be_asked_too() -> None:
    value: Any = kata.Value(2)
    value.backward()
    check.equal((value.data, value.grad), (2.0, 1.0), asked="Value(2).backward(); data and grad")
