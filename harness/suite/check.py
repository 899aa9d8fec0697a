"""What suites compare with: a failed check says what was asked, what came back and which mistake gives that.

A check knows the right value and, by name, values that common mistakes give. When the result is wrong and equals one of
these, the learner is told which mistake it is, instead of being left with two numbers.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from harness.core.model import Failure
from harness.suite.compare import as_numbers, copy_plain, distance, is_close, is_equal
from harness.suite.show import Asked, Call, as_text, call, describe, show

__all__ = [
    "Asked",
    "Call",
    "CheckFailedError",
    "Mistakes",
    "accepts",
    "call",
    "close",
    "equal",
    "float_array",
    "gradient",
    "is_close",
    "is_equal",
    "numeric_gradient",
    "python_float",
    "raises",
    "show",
    "true",
    "untouched",
]

_NAMED_MISTAKES = 3
T = TypeVar("T")

Mistakes = Mapping[str, object]
"""Name of a mistake -> the value it gives, or a function without arguments that computes that value."""


class CheckFailedError(AssertionError):
    """A check did not hold; `failure` has the parts of the message."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(as_text(failure))
        self.failure = failure


def close(
    got: object,
    want: npt.ArrayLike,
    *,
    asked: Asked,
    rtol: float = 1e-9,
    atol: float = 1e-12,
    mistakes: Mistakes | None = None,
    hint: str = "",
) -> None:
    """Hold `got` to be numeric, of the shape of `want`, and equal to it within `atol + rtol * |want|`; NaN equals NaN."""
    __tracebackhide__ = True
    if is_close(got, want, rtol=rtol, atol=atol):
        return
    array = as_numbers(got)
    expected = show(want)
    if array is None:
        expected = f"{expected}, as a number or an array of numbers"
    elif array.shape != np.shape(want):
        expected = f"{expected} of shape {np.shape(want)}"
    elif array.size > 1:
        expected = f"{expected}{_worst(array, np.asarray(want), rtol, atol)}"
    elif expected == show(got):
        expected = f"{expected} (they differ by {distance(array, np.asarray(want)).max():.2g})"
    mistake = _recognise(
        mistakes,
        lambda value: (
            _is_nan_for(value, array)
            or (
                is_close(got, value, rtol=max(rtol, 1e-7), atol=atol)
                and not is_close(value, want, rtol=rtol, atol=atol)
            )
        ),
    )
    _fail(asked, show(got, with_shape=True), expected, mistake, hint)


def equal(got: object, want: object, *, asked: Asked, mistakes: Mistakes | None = None, hint: str = "") -> None:
    """Hold `got` to equal `want` exactly: numbers, strings, None, arrays and containers of them.

    A NumPy scalar equals the Python number of the same value, an array equals only an array or sequence of the same shape; a
    float never equals a bool, and NaN equals NaN.
    """
    __tracebackhide__ = True
    if is_equal(got, want):
        return
    mistake = _recognise(mistakes, lambda value: is_equal(got, value) and not is_equal(value, want))
    _fail(asked, show(got, with_shape=True), show(want, with_shape=isinstance(want, np.ndarray)), mistake, hint)


def true(
    condition: bool | np.bool_, *, asked: Asked, came: object, expected: str, mistake: str = "", hint: str = ""
) -> None:
    """Hold any other condition, with the words for it. `mistake` is what most often breaks this condition."""
    __tracebackhide__ = True
    if condition is not True and not (isinstance(condition, np.bool_) and bool(condition)):
        _fail(asked, came if isinstance(came, str) else show(came), expected, mistake, hint)


def python_float(got: object, *, asked: Asked) -> None:
    """Hold `got` to be a Python float (`np.float64` is one), not an array of no dimensions, an int or a float32."""
    __tracebackhide__ = True
    if not isinstance(got, float):
        kind = describe(got)
        _fail(asked, f"{show(got)}, {kind}", "a Python float", "", "wrap the result in float(...)")


def float_array(got: object, shape: tuple[int, ...], *, asked: Asked, hint: str = "") -> None:
    """Hold `got` to be a float64 array of `shape`."""
    __tracebackhide__ = True
    if isinstance(got, np.ndarray) and got.dtype == np.float64 and got.shape == shape:
        return
    _fail(asked, describe(got), f"a float64 array of shape {shape}", "", hint)


def raises(
    error: type[Exception],
    thunk: Callable[[], object],
    *,
    asked: Asked,
    because: str,
    mistakes: Mistakes | None = None,
    hint: str = "",
) -> None:
    """Hold `thunk()` to raise `error` (or a subclass) with a message in it.

    `because` says what is wrong with the call. "Not implemented" is never taken for the error that was asked for,
    although `NotImplementedError` is a `RuntimeError`.
    """
    __tracebackhide__ = True
    expected = f"{error.__name__}, because {because}"
    try:
        result = thunk()
    except NotImplementedError:
        raise
    except error as raised:
        if not str(raised).strip(" '\""):
            _fail(
                asked,
                f"{type(raised).__name__} without a message",
                expected,
                "",
                "say what was wrong and what was expected",
            )
        return
    except Exception as raised:
        came = f"{type(raised).__name__}: {raised}"
        failure = Failure(str(asked), came, expected, "", hint)
        raise CheckFailedError(failure) from raised
    mistake = _recognise(mistakes, lambda value: is_equal(result, value) or is_close(result, value))
    _fail(asked, f"no error, but {show(result, with_shape=True)}", expected, mistake, hint)


def accepts(thunk: Callable[[], T], *, asked: Asked, because: str) -> T:
    """Hold `thunk()` to be taken without an exception, and return its result; `because` says why the call is right."""
    __tracebackhide__ = True
    try:
        return thunk()
    except NotImplementedError:
        raise
    except Exception as raised:
        failure = Failure(str(asked), f"{type(raised).__name__}: {raised}", "a result", f"refused, though {because}")
        raise CheckFailedError(failure) from raised


@contextmanager
def untouched(*, asked: Asked, **arguments: object) -> Iterator[None]:
    """Hold that the body leaves the named arguments (arrays, lists, dicts of plain values) as they were."""
    __tracebackhide__ = True
    before = {name: copy_plain(value) for name, value in arguments.items()}
    shown = str(asked)  # now, for afterwards it would show what was made of the arguments
    yield
    for name, value in arguments.items():
        if not is_equal(value, before[name]):
            _fail(
                shown,
                f"{name} is {show(value)} after the call",
                f"{name} still {show(before[name])}",
                f"the caller's {name} is modified: work on a copy, or compute a new array",
                "",
            )


def gradient(
    got: object,
    function: Callable[[list[npt.NDArray[np.float64]]], Sequence[float]],
    at: npt.ArrayLike,
    *,
    asked: Asked,
    name: str = "the argument",
    step: float = 1e-6,
    rtol: float = 1e-5,
    atol: float = 1e-7,
    mistakes: Mistakes | None = None,
    hint: str = "",
) -> None:
    """Hold `got` to be the gradient of a function at `at`, by central differences; `function` tells its values at many points."""
    __tracebackhide__ = True
    want = numeric_gradient(function, at, step=step)
    if is_close(got, want, rtol=rtol, atol=atol):
        return
    array = as_numbers(got)
    detail = "" if array is None or array.shape != want.shape else _worst(array, want, rtol, atol)
    mistake = _recognise(
        mistakes,
        lambda value: (
            _is_nan_for(value, array)
            or (is_close(got, value, rtol=rtol, atol=atol) and not is_close(value, want, rtol=rtol, atol=atol))
        ),
    )
    expected = f"the slope of the value itself with respect to {name}, by finite differences: {show(want)}{detail}"
    _fail(asked, show(got, with_shape=True), expected, mistake, hint)


def numeric_gradient(
    function: Callable[[list[npt.NDArray[np.float64]]], Sequence[float]], at: npt.ArrayLike, *, step: float = 1e-6
) -> npt.NDArray[np.float64]:
    """Central differences `(f(x + h e_i) - f(x - h e_i)) / 2h` of a scalar function, in the shape of `at`."""
    x = np.array(at, dtype=np.float64)
    points = []
    for index in np.ndindex(x.shape):
        here = x[index]
        for there in (here + step, here - step):
            x[index] = there
            points.append(x.copy())
        x[index] = here
    values = np.array([float(value) for value in function(points)])
    slopes: npt.NDArray[np.float64] = (values[::2] - values[1::2]) / (2 * step)
    return slopes.reshape(x.shape)


def _recognise(mistakes: Mistakes | None, matches: Callable[[object], bool]) -> str:
    """The mistakes whose value is what came back, three at most; a value that cannot be computed here is passed over.

    A mistake that would have given the right value here is not named: it is another one. Where several fit, the learner is
    told all of them, because the value alone does not tell them apart.
    """
    found: list[str] = []
    for name, value in (mistakes or {}).items():
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                computed = value() if callable(value) else value
        except (ArithmeticError, ValueError, TypeError, IndexError):
            continue
        if matches(computed):
            found.append(name)
    if len(found) < 2:
        return "".join(found)
    return "one of: " + "; ".join(f"({number}) {name}" for number, name in enumerate(found[:_NAMED_MISTAKES], 1))


def _is_nan_for(value: object, got: npt.NDArray[Any] | None) -> bool:
    """Whether a mistake's value is a single NaN, and there are NaNs in the array that came."""
    return (
        isinstance(value, float)
        and math.isnan(value)
        and got is not None
        and got.size > 1
        and bool(np.isnan(got).any())
    )


def _worst(got: npt.NDArray[Any], want: npt.NDArray[Any], rtol: float, atol: float) -> str:
    """Where two arrays of one shape differ most, in terms of the tolerance: next to 1e9, 1e-3 may not show."""
    difference = distance(got, want)
    with np.errstate(all="ignore"):
        difference = difference / (atol + rtol * np.abs(want) + np.finfo(np.float64).tiny)
    difference = np.where(np.isnan(difference), np.inf, difference)
    difference = np.where(np.isclose(got, want, rtol=0.0, atol=0.0, equal_nan=True), 0.0, difference)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(difference)), got.shape))
    place = index[0] if len(index) == 1 else index
    return f" (they differ most at [{place}]: {show(got[index])} came, {show(want[index])} expected)"


def _fail(asked: Asked, came: str, expected: str, mistake: str, hint: str) -> None:
    """Raise; a hint is for those whose mistake was not recognised, and would only distract the others."""
    __tracebackhide__ = True
    raise CheckFailedError(Failure(str(asked), came, expected, mistake, "" if mistake else hint))
