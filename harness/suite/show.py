"""Values, calls and failures in words, as short as a person can read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from harness.core.model import Failure

_SHOWN_ELEMENTS = 24
_PASTED_ELEMENTS = 100
"""Of an argument, so that a person can call the function with it again."""
_SHOWN_CHARACTERS = 400
_PASTED_CHARACTERS = 1600


class Call:
    """A call as a person would write it; formatted only when it is shown."""

    def __init__(self, name: str, args: Sequence[object], kwargs: Mapping[str, object]) -> None:
        self._name = name
        self._args = args
        self._kwargs = kwargs

    def __str__(self) -> str:
        shown = [show_argument(arg) for arg in self._args]
        shown += [f"{key}={show_argument(value)}" for key, value in self._kwargs.items()]
        return f"{self._name}({', '.join(shown)})"

    def __add__(self, after: str | Call) -> Call:
        """The call and what is said after it: `call("mse", a, b) + " as float32"`."""
        return _Phrase(self, after)

    def __radd__(self, before: str) -> Call:
        """What is said before the call: `"the loss of " + call("svm_loss", W, X, y)`."""
        return _Phrase(before, self)


class _Phrase(Call):
    """Calls and words around them; formatted only when they are shown, because most checks hold."""

    def __init__(self, *parts: str | Call) -> None:
        self._parts = parts

    def __str__(self) -> str:
        return "".join(map(str, self._parts))


Asked = str | Call


def call(name: str, /, *args: object, **kwargs: object) -> Call:
    """What is asked of the subject, for `asked=`: `call("mse", [1, 2], [3, 4])` reads `mse([1, 2], [3, 4])`."""
    return Call(name, args, kwargs)


def show_argument(value: object) -> str:
    """`value` as it can be pasted into a call, when it is not too large for that."""
    return show(value, most=_PASTED_ELEMENTS, characters=_PASTED_CHARACTERS)


def show(
    value: object, *, with_shape: bool = False, most: int = _SHOWN_ELEMENTS, characters: int = _SHOWN_CHARACTERS
) -> str:
    """`value` in at most a few lines: small arrays as lists, those of more than `most` elements by shape and first elements."""
    if isinstance(value, np.ndarray):
        if value.size <= most and value.size > 0:
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
    if isinstance(value, list | tuple) and len(value) > most:
        first = ", ".join(show(item) for item in value[:4])
        return f"<{type(value).__name__} of {len(value)}: {first}, ...>"
    try:
        text = repr(value)
    except Exception as error:  # the subject's own __repr__ may do anything
        text = f"<{type(value).__name__} whose repr raises {type(error).__name__}>"
    if len(text) > characters:
        return f"{text[: characters - 3]}..."
    return text


def describe(value: object) -> str:
    """The type of `value`, "a float64 array of shape (2, 3)"."""
    if isinstance(value, np.ndarray):
        return f"a {value.dtype} array of shape {value.shape}"
    article = "an" if type(value).__name__[0].lower() in "aeiou" else "a"
    return f"{article} {type(value).__name__}"


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
