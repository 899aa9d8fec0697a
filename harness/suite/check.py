"""What suites compare with: a failed check says what was asked, what came back and which mistake gives that.

A check knows the right value and, by name, values that common mistakes give. When the result is wrong and equals one of
these, the learner is told which mistake it is, instead of being left with two numbers. Comparison is done here, on plain
arrays and numbers, never by methods of what the subject returned.
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

T = TypeVar("T")

Mistakes = Mapping[str, object]
"""Name of a mistake -> the value it gives, or a function without arguments that computes that value."""

_SHOWN_ELEMENTS = 24
_SHOWN_CHARACTERS = 400


class CheckFailedError(AssertionError):
    """A check did not hold; `failure` has the parts of the message."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(as_text(failure))
        self.failure = failure


class Call:
    """A call as a person would write it; formatted only when it is shown."""

    def __init__(self, name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> None:
        self._name = name
        self._args = args
        self._kwargs = kwargs

    def __str__(self) -> str:
        shown = [show(arg) for arg in self._args]
        shown += [f"{key}={show(value)}" for key, value in self._kwargs.items()]
        return f"{self._name}({', '.join(shown)})"

    def __add__(self, after: str | Call) -> Call:
        """The call and what is said after it: `call("mse", a, b) + " as float32"`."""
        return _Phrase(self, after)

    def __radd__(self, before: str) -> Call:
        """What is said before the call: `"the loss of " + call("svm_loss", W, X, y)`."""
        return _Phrase(before, self)


class _Phrase(Call):
    """Calls and words around them; formatted only when they are shown, for most checks hold and nobody reads the words."""

    def __init__(self, *parts: str | Call) -> None:
        self._parts = parts

    def __str__(self) -> str:
        return "".join(map(str, self._parts))


Asked = str | Call


def call(name: str, /, *args: object, **kwargs: object) -> Call:
    """What is asked of the subject, for `asked=`: `call("mse", [1, 2], [3, 4])` reads `mse([1, 2], [3, 4])`."""
    return Call(name, args, kwargs)


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
    array = _numeric(got)
    expected = show(want)
    if array is None:
        expected = f"{expected}, as a number or an array of numbers"
    elif array.shape != np.shape(want):
        expected = f"{expected} of shape {np.shape(want)}"
    elif array.size > 1:
        expected = f"{expected}{_worst(array, np.asarray(want))}"
    elif expected == show(got):
        expected = f"{expected} (they differ by {_distance(array, np.asarray(want)).max():.2g})"
    mistake = _recognise(
        mistakes,
        lambda value: (
            is_close(got, value, rtol=max(rtol, 1e-7), atol=atol) and not is_close(value, want, rtol=rtol, atol=atol)
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
        kind = _kind(got)
        _fail(asked, f"{show(got)}, {kind}", "a Python float", "", "wrap the result in float(...)")


def float_array(got: object, shape: tuple[int, ...], *, asked: Asked, hint: str = "") -> None:
    """Hold `got` to be a float64 array of `shape`."""
    __tracebackhide__ = True
    if isinstance(got, np.ndarray) and got.dtype == np.float64 and got.shape == shape:
        return
    _fail(asked, _kind(got), f"a float64 array of shape {shape}", "", hint)


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
    before = {name: _copy(value) for name, value in arguments.items()}
    yield
    for name, value in arguments.items():
        if not is_equal(value, before[name]):
            _fail(
                asked,
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
    array = _numeric(got)
    detail = "" if array is None or array.shape != want.shape else _worst(array, want)
    mistake = _recognise(
        mistakes,
        lambda value: is_close(got, value, rtol=rtol, atol=atol) and not is_close(value, want, rtol=rtol, atol=atol),
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


def is_close(got: object, want: object, *, rtol: float = 1e-9, atol: float = 1e-12) -> bool:
    """Whether both are numeric, of one shape and equal within `atol + rtol * |want|`; NaN and infinities equal themselves."""
    left, right = _numeric(got), _numeric(want)
    if left is None or right is None or left.shape != right.shape:
        return False
    if left.dtype == right.dtype == np.float64:
        with np.errstate(all="ignore"):
            if (np.abs(left - right) <= atol + rtol * np.abs(right)).all() and np.isfinite(right).all():
                return True  # most often, and all that NumPy's own way takes its time for cannot be
    return bool(np.allclose(left, right, rtol=rtol, atol=atol, equal_nan=True))


def is_equal(got: object, want: object) -> bool:
    """Exact equality of plain values; see `equal`."""
    if isinstance(want, np.ndarray) or isinstance(got, np.ndarray):
        return _equal_arrays(got, want)
    if isinstance(want, Mapping):
        return isinstance(got, Mapping) and set(got) == set(want) and all(is_equal(got[key], want[key]) for key in want)
    if isinstance(want, list | tuple):
        return (
            isinstance(got, list | tuple)
            and len(got) == len(want)
            and all(is_equal(a, b) for a, b in zip(got, want, strict=True))
        )
    got, want = _plain(got), _plain(want)
    if isinstance(got, bool) is not isinstance(want, bool):
        return False
    if isinstance(got, float) and isinstance(want, float) and math.isnan(got) and math.isnan(want):
        return True
    return bool(got == want)


def _equal_arrays(got: object, want: object) -> bool:
    if not isinstance(got, np.ndarray | list | tuple) or not isinstance(want, np.ndarray | list | tuple):
        return False
    try:
        left, right = np.asarray(got), np.asarray(want)
    except ValueError:
        return False
    if left.shape != right.shape or (left.dtype.kind == "b") is not (right.dtype.kind == "b"):
        return False
    if left.dtype.kind in "fc" and right.dtype.kind in "fc":
        return bool(np.array_equal(left, right, equal_nan=True))
    return bool(np.array_equal(left, right))


def _plain(value: object) -> object:
    return value.item() if isinstance(value, np.generic) else value


def _numeric(value: object) -> npt.NDArray[Any] | None:
    """`value` as a numeric array, None when it is not numbers."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        return None
    return array if array.dtype.kind in "biufc" else None


def _copy(value: object) -> object:
    if isinstance(value, np.ndarray):
        return value.copy()
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(_copy(item) for item in value)
    return value


def _recognise(mistakes: Mistakes | None, matches: Callable[[object], bool]) -> str:
    """The first mistake whose value is what came back; a value that cannot be computed here is passed over.

    Nor is a mistake named that would have given the right value here: it is another one.
    """
    for name, value in (mistakes or {}).items():
        try:
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                computed = value() if callable(value) else value
        except (ArithmeticError, ValueError, TypeError, IndexError):
            continue
        if matches(computed):
            return name
    return ""


def _worst(got: npt.NDArray[Any], want: npt.NDArray[Any]) -> str:
    """Where two arrays of one shape differ most."""
    difference = _distance(got, want)
    difference = np.where(np.isnan(difference), np.inf, difference)
    index = tuple(int(i) for i in np.unravel_index(int(np.argmax(difference)), got.shape))
    place = index[0] if len(index) == 1 else index
    return f" (they differ most at [{place}]: {show(got[index])} came, {show(want[index])} expected)"


def _distance(got: npt.NDArray[Any], want: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    with np.errstate(all="ignore"):
        return np.asarray(np.abs(np.asarray(got, dtype=np.complex128) - np.asarray(want, dtype=np.complex128)))


def _fail(asked: Asked, came: str, expected: str, mistake: str, hint: str) -> None:
    """Raise; a hint is for those whose mistake was not recognised, and would only distract the others."""
    __tracebackhide__ = True
    raise CheckFailedError(Failure(str(asked), came, expected, mistake, "" if mistake else hint))


def _kind(value: object) -> str:
    if isinstance(value, np.ndarray):
        return f"a {value.dtype} array of shape {value.shape}"
    article = "an" if type(value).__name__[0].lower() in "aeiou" else "a"
    return f"{article} {type(value).__name__}"


def show(value: object, *, with_shape: bool = False) -> str:
    """`value` in at most a few lines: small arrays as lists, large ones by shape and first elements."""
    if isinstance(value, np.ndarray):
        if value.size <= _SHOWN_ELEMENTS and value.size > 0:
            text = np.array2string(value, separator=", ", precision=8, floatmode="maxprec", max_line_width=10_000)
            text = " ".join(text.split()).replace("[ ", "[")
            if with_shape:
                return f"{text} of shape {value.shape}"
            return text
        first = ", ".join(show(item) for item in value.ravel()[:4].tolist())
        dots = ", ..." if value.size > 4 else ""
        return f"<{value.dtype} array of shape {value.shape}: {first}{dots}>"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float):
        text = f"{value:.10g}"
        return text if "." in text or "e-" in text else repr(value)
    if isinstance(value, list | tuple) and len(value) > _SHOWN_ELEMENTS:
        first = ", ".join(show(item) for item in value[:4])
        return f"<{type(value).__name__} of {len(value)}: {first}, ...>"
    try:
        text = repr(value)
    except Exception as error:  # the subject's own __repr__ may do anything
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    if len(text) > _SHOWN_CHARACTERS:
        return f"{text[: _SHOWN_CHARACTERS - 3]}..."
    return text


def as_text(failure: Failure) -> str:
    """The failure as lines of `label  text`, the parts that are empty left out."""
    parts = [
        ("asked", failure.asked),
        ("came", failure.came),
        ("expected", failure.expected),
        ("mistake", failure.mistake),
        ("where", failure.where),
        ("hint", failure.hint),
    ]
    return "\n".join(f"{label:<9} {text}" for label, text in parts if text)
