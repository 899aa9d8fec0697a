"""Checks accept what is right, refuse what is wrong, and recognise the mistake by its value."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.model import Failure
from harness.suite import check
from harness.suite.check import CheckFailedError, call
from harness.suite.strategies import Float64Array, matrices, vectors


def failure_of(function: Any, *args: Any, **kwargs: Any) -> Failure:
    """The failure that a check raises."""
    with pytest.raises(CheckFailedError) as caught:
        function(*args, **kwargs)
    return caught.value.failure


def test_a_call_reads_as_a_person_would_write_it() -> None:
    assert str(call("mse", [1, 2], np.array([1.0, 2.5]), reg=0.5)) == "mse([1, 2], [1. , 2.5], reg=0.5)"


def test_words_about_a_call_are_put_together_only_when_they_are_read() -> None:
    read = []

    class Argument:
        def __repr__(self) -> str:
            read.append(self)
            return "x"

    phrase = "the loss of " + call("f", Argument()) + " against " + call("g", 1) + "."
    check.close(1.0, 1.0, asked=phrase)
    assert read == []
    assert failure_of(check.close, 1.0, 2.0, asked=phrase).asked == "the loss of f(x) against g(1)."


def test_a_large_array_is_shown_by_shape_and_first_elements() -> None:
    assert check.show(np.zeros((600, 8))) == "<float64 array of shape (600, 8): 0.0, 0.0, 0.0, 0.0, ...>"


def test_an_object_whose_repr_raises_is_still_shown() -> None:
    class Rude:
        def __repr__(self) -> str:
            raise RuntimeError("no")

    assert check.show(Rude()) == "<Rude whose repr raises RuntimeError>"


@given(matrices())
def test_close_accepts_an_array_as_array_and_as_lists(x: Float64Array) -> None:
    check.close(x, x.copy(), asked="")
    check.close(x.tolist(), x, asked="")


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (1.0, 1.1),
        ([1.0, 2.0], [1.0]),
        ([[1.0]], [1.0]),
        (math.nan, 1.0),
        (1.0, math.nan),
        (math.inf, -math.inf),
        ("1.0", 1.0),
        (None, 1.0),
        ([1.0, "x"], [1.0, 2.0]),
        (1.0 + 1e-3, 1.0),
        (object(), 1.0),
    ],
)
def test_close_refuses_what_differs(got: object, want: Any) -> None:
    failure = failure_of(check.close, got, want, asked="it")
    assert failure.asked == "it"
    assert failure.came
    assert failure.expected


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_nan_and_infinities_equal_themselves(value: float) -> None:
    check.close(value, value, asked="")
    check.equal(value, value, asked="")


def test_a_mistake_is_recognised_by_its_value_and_computed_only_then() -> None:
    computed: list[int] = []

    def halved() -> float:
        computed.append(1)
        return 0.5

    mistakes = {"doubled": 2.0, "halved": halved, "cannot be computed": lambda: 1 / 0}
    check.close(1.0, 1.0, asked="", mistakes=mistakes)
    assert computed == []
    assert failure_of(check.close, 0.5, 1.0, asked="", mistakes=mistakes).mistake == "halved"
    assert failure_of(check.close, 0.7, 1.0, asked="", mistakes=mistakes).mistake == ""


def test_mistakes_that_give_the_same_value_are_all_named() -> None:
    mistakes = {"absolute": 2.0, "halved": 8.0, "root": 2.0, "right after all": 4.0}
    failure = failure_of(check.close, 2.0, 4.0, asked="", mistakes=mistakes)
    assert failure.mistake == "one of: (1) absolute; (2) root"


def test_a_wrong_array_is_shown_where_it_differs_most() -> None:
    failure = failure_of(check.close, np.array([[1.0, 2.0], [3.0, 9.0]]), [[1.0, 2.1], [3.0, 4.0]], asked="")
    assert "at [(1, 1)]: 9.0 came, 4.0 expected" in failure.expected


def test_a_wrong_shape_is_named() -> None:
    assert "of shape (2, 1)" in failure_of(check.close, np.zeros((2, 1)), np.zeros(2), asked="").came


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (1, True),
        (True, 1),
        ("a", "b"),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": 1}, [("a", 1)]),
        (np.array([1, 2]), np.array([[1, 2]])),
        (np.array([True, False]), np.array([1, 0])),
        (None, 0),
        ("abc", ["a", "b", "c"]),
    ],
)
def test_equal_refuses_what_differs(got: object, want: object) -> None:
    failure_of(check.equal, got, want, asked="")


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (np.int64(3), 3),
        (3.0, 3),
        (np.str_("a"), "a"),
        (np.array(["a", "b"]), ["a", "b"]),
        ((1, 2), [1, 2]),
        ({"a": np.float64(1.0)}, {"a": 1.0}),
        (None, None),
    ],
)
def test_equal_accepts_the_same_value_in_another_type(got: object, want: object) -> None:
    check.equal(got, want, asked="")


class Liar:
    """Equal to everything, and to nothing that is checked without its help."""

    def __eq__(self, other: object) -> bool:
        return True

    def __hash__(self) -> int:
        return 0

    def __array__(self, *args: Any, **kwargs: Any) -> Any:
        raise TypeError("no")


def test_an_object_that_equals_everything_is_no_number() -> None:
    failure_of(check.close, Liar(), 1.0, asked="")


def test_true_wants_a_bool() -> None:
    check.true(True, asked="", came="", expected="")
    check.true(np.bool_(True), asked="", came="", expected="")
    for value in (False, 1, "yes", Liar(), np.False_):
        failure_of(check.true, value, asked="", came="that", expected="this")


def test_raises_wants_the_error_with_a_message() -> None:
    def fail(error: Exception) -> Any:
        def thunk() -> None:
            raise error

        return thunk

    check.raises(ValueError, fail(ValueError("too short")), asked="", because="")
    assert "without a message" in failure_of(check.raises, ValueError, fail(ValueError()), asked="", because="").came
    assert "TypeError: x" in failure_of(check.raises, ValueError, fail(TypeError("x")), asked="", because="").came
    failure = failure_of(check.raises, ValueError, lambda: 3.0, asked="", because="", mistakes={"let it through": 3.0})
    assert failure.mistake == "let it through"


def test_accepts_returns_the_result_and_names_the_refusal() -> None:
    def refuse() -> int:
        raise ValueError("rank 3")

    assert check.accepts(lambda: 3, asked="", because="") == 3
    failure = failure_of(check.accepts, refuse, asked="f(x)", because="any rank is right")
    assert failure.came == "ValueError: rank 3"
    assert failure.mistake == "refused, though any rank is right"


def test_not_implemented_is_never_the_error_that_was_asked_for() -> None:
    def stub() -> None:
        raise NotImplementedError

    with pytest.raises(NotImplementedError):
        check.raises(RuntimeError, stub, asked="", because="")


def test_untouched_sees_a_change_inside_a_list_of_arrays() -> None:
    arrays = [np.zeros(2), np.zeros(3)]
    with pytest.raises(CheckFailedError) as caught, check.untouched(asked="f(arrays)", arrays=arrays):
        arrays[1][0] = 1.0
    assert caught.value.failure.mistake == "the caller's arrays is modified: work on a copy, or compute a new array"


def test_untouched_lets_an_error_of_the_body_through() -> None:
    with pytest.raises(KeyError), check.untouched(asked="", x=[1]):
        raise KeyError("mine")


@given(vectors(max_size=5, bound=3.0))
def test_a_right_gradient_passes_and_a_scaled_one_is_recognised(x: Float64Array) -> None:
    def cubes(points: list[Float64Array]) -> list[float]:
        return [float(np.sum(point**3) + point.sum()) for point in points]

    right = 3 * x**2 + 1
    check.gradient(right, cubes, x, asked="")
    failure = failure_of(check.gradient, 2 * right, cubes, x, asked="", mistakes={"doubled": 2 * right})
    assert failure.mistake == "doubled"


@pytest.mark.parametrize(("value", "fine"), [(1.0, True), (np.float64(1), True), (np.float32(1), False), (1, False)])
def test_a_python_float_is_told_from_other_numbers(value: object, fine: bool) -> None:
    if fine:
        check.python_float(value, asked="")
    else:
        failure_of(check.python_float, value, asked="")


@given(st.integers(0, 4), st.integers(0, 4))
def test_a_float_array_has_the_shape_that_was_asked_for(n: int, m: int) -> None:
    check.float_array(np.zeros((n, m)), (n, m), asked="")
    failure_of(check.float_array, np.zeros((n, m + 1)), (n, m), asked="")
    failure_of(check.float_array, np.zeros((n, m), dtype=np.float32), (n, m), asked="")
    failure_of(check.float_array, np.zeros((n, m)).tolist(), (n, m), asked="")


def test_a_mistake_that_would_have_been_right_here_is_not_named() -> None:
    failure = failure_of(check.close, 1.0 + 1e-8, 1.0, asked="", mistakes={"transposed": 1.0, "float32": 1.0 + 1e-8})
    assert failure.mistake == "float32"
    assert "differ by 1e-11" in failure_of(check.close, 1.5 + 1e-11, 1.5, asked="", rtol=0).expected


def test_the_element_that_breaks_the_tolerance_most_is_shown() -> None:
    got, want = np.array([1e9 + 1e-3, 1.0, np.inf, np.nan]), np.array([1e9, 2e-3 + 1.0, np.inf, np.nan])
    with pytest.raises(check.CheckFailedError) as failed:
        check.close(got, want, asked="f()", rtol=1e-9)
    assert "differ most at [1]" in failed.value.failure.expected


def test_nan_in_an_array_is_the_mistake_that_gives_nan() -> None:
    with pytest.raises(check.CheckFailedError) as failed:
        check.close(np.array([1.0, np.nan]), [1.0, 2.0], asked="f()", mistakes={"0 / 0": np.nan, "zero": 0.0})
    assert failed.value.failure.mistake == "0 / 0"


def test_asked_shows_arguments_as_they_were_before_they_were_modified() -> None:
    x = [1.0, 2.0]
    with pytest.raises(check.CheckFailedError) as failed, check.untouched(asked=check.call("f", x), x=x):
        x.clear()
    assert failed.value.failure.asked == "f([1.0, 2.0])"
