"""Suite of A09: columns in an order that every run agrees on, and rows that stand for nothing."""

from __future__ import annotations

from collections import Counter
from functools import partial
from typing import Any

import numpy as np
import numpy.typing as npt
import one_hot as kata
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Mistakes, call
from harness.suite.strategies import Float64Array

WORDS = ["owl", "Owl", "cat", "ant", "bee", "emu", "owl ", "10", "9", "2", "a b", "cats", "crocodile", "crocodiles"]
VALUES: st.SearchStrategy[list[Any]] = st.one_of(
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=12),
    st.lists(st.integers(-12, 12), min_size=1, max_size=12),
    st.lists(st.sampled_from([-2.5, 0.25, 0.5, 1.0, 10.0, 9.0]), min_size=1, max_size=8),
)
"""Values of one kind: strings, integers or floats."""


def loop_encode(values: list[Any], columns: list[Any]) -> Float64Array:
    """The definition, entry by entry."""
    return np.array([[1.0 if value == column else 0.0 for column in columns] for value in values])


def order_mistakes(values: list[Any]) -> Mistakes:
    """Lists of distinct values that are not in ascending order, or not distinct."""
    return {
        "in order of first sight: sort the distinct values": list(dict.fromkeys(values)),
        "in falling order: sort ascending": sorted(set(values), reverse=True),
        "the most frequent first: sort by value": [value for value, _ in Counter(values).most_common()],
        "sorted as text: 10 comes before 9 only where they are strings": lambda: sorted(set(values), key=str),
        "upper and lower case sorted as one: sort as sorted does": lambda: sorted(sorted(set(values)), key=str.lower),
        "upper and lower case taken for one value": lambda: sorted({str.lower(value) for value in values}),
        "blanks were cut off: they are part of the value": lambda: sorted({str.strip(value) for value in values}),
        "in the order of a set, which differs from one process to the next: sort it": list(set(values)),
        "every value is listed, repeated ones too: list the distinct ones": sorted(values),
        "the first distinct value is left out: each one has a column": sorted(set(values))[1:],
        "text: the values keep their type": [str(value) for value in sorted(set(values))],
    }


def matrix_mistakes(values: list[Any]) -> Mistakes:
    """Matrices that the usual mistakes give."""
    columns = sorted(set(values))
    right = loop_encode(values, columns)
    return {
        "transposed: a row for each value, a column for each distinct one": right.T,
        "numbers of columns instead of rows with a 1 (label encoding)": lambda: right.argmax(axis=1),
        "without the first column (dummy coding): each distinct value has one": right[:, 1:],
        "columns in order of first sight: they follow the sorted values": lambda: loop_encode(
            values, list(dict.fromkeys(values))
        ),
        "columns in falling order: they follow the sorted values": right[:, ::-1],
        "a 1 in all columns up to the right one (thermometer code)": lambda: right[:, ::-1].cumsum(axis=1)[:, ::-1],
        "all rows are one row, as [[0] * c] * n makes them": lambda: np.tile(right.max(axis=0), (len(values), 1)),
        "divided by how often the value occurs: the entry is 1": lambda: right / right.sum(axis=0),
        "each distinct value once: a row for each of the n values": lambda: np.eye(len(columns)),
        "the value stands in its column: it is 1": lambda: right * np.array(values, dtype=np.float64)[:, np.newaxis],
    }


def check_encode(values: Any) -> None:
    """Hold `one_hot_encode` to the definition."""
    __tracebackhide__ = True
    asked, plain = call("one_hot_encode", values), list(np.asarray(values).tolist())
    got = kata.one_hot_encode(values)
    pair = isinstance(got, tuple | list) and len(got) == 2
    check.true(pair, asked=asked, came=got, expected="two things: the matrix and the list of distinct values")
    columns = sorted(set(plain))
    check.equal(
        got[1],
        columns,
        asked=asked + ", the categories",
        mistakes=order_mistakes(plain),
        hint="the distinct values, once each, as sorted gives them",
    )
    check.close(
        got[0],
        loop_encode(plain, columns),
        asked=asked + ", the matrix",
        mistakes=matrix_mistakes(plain),
        hint="a row for each value, with a single 1 in the column of that value",
    )


def check_decode(matrix: npt.ArrayLike, categories: Any, *, hint: str = "") -> None:
    """Hold `one_hot_decode` to the definition."""
    __tracebackhide__ = True
    places, names = np.asarray(matrix).argmax(axis=1), list(categories)
    check.equal(
        kata.one_hot_decode(matrix, categories),
        [names[place] for place in places],
        asked=call("one_hot_decode", matrix, categories),
        mistakes={
            "numbers of columns: look each up in categories": places.tolist(),
            "categories was sorted: column j stands for categories[j], in the order given": lambda: [
                sorted(names)[place] for place in places
            ],
            "each value once: one for each row": lambda: list(dict.fromkeys(names[place] for place in places)),
            "sorted: the values follow the rows": lambda: sorted(names[place] for place in places),
            "text: the values keep their type": lambda: [str(names[place]) for place in places],
            "looked up by columns: there is one value for each row": lambda: [
                names[place] for place in np.asarray(matrix).argmax(axis=0)
            ],
        },
        hint=hint or "for each row, the category of the column that has the 1",
    )


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example_of_encoding() -> None:
    check_encode(["blue", "red", "green", "red"])


@pytest.mark.example
def test_worked_example_of_decoding() -> None:
    check_decode([[0, 1, 0], [0, 0, 1]], ["blue", "green", "red"])


@pytest.mark.example
def test_integers_are_values_and_not_numbers_of_columns() -> None:
    check_encode([30, 9, -2, 10, 9])
    check_decode([[0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0]], [-2, 9, 10, 30])


@pytest.mark.example
def test_many_words_are_in_ascending_order() -> None:
    check_encode(list(reversed(WORDS)) + WORDS[3:6])


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@given(VALUES)
def test_encoding_equals_the_definition(values: list[Any]) -> None:
    check_encode(values)


@pytest.mark.law
@given(VALUES, st.randoms(use_true_random=False))
def test_decoding_looks_up_the_categories_in_the_order_given(values: list[Any], random: Any) -> None:
    columns = sorted(set(values))
    random.shuffle(columns)
    check_decode(loop_encode(values, columns), columns)


@pytest.mark.law
@given(VALUES)
def test_decoding_what_was_encoded_gives_the_values_back(values: list[Any]) -> None:
    asked = "one_hot_decode(*" + call("one_hot_encode", values) + ")"
    hint = "decode must take what encode returns, and give back the same values in the same order"
    check.equal(kata.one_hot_decode(*kata.one_hot_encode(values)), values, asked=asked, hint=hint)


# --- edges -----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize(
    "values", [["only"], [7, 7, 7], [True, False, True], np.array(["b", "a", "b"]), np.array([3, 200, 3], np.uint8)]
)
def test_one_value_bools_and_arrays_are_encoded(values: Any) -> None:
    check_encode(values)


@pytest.mark.edge
def test_the_matrix_is_float64() -> None:
    hint = "make the matrix of dtype float64: in uint8, 0 - 1 is 255"
    check.float_array(
        kata.one_hot_encode([4, 2, 4])[0], (3, 2), asked="the matrix of one_hot_encode([4, 2, 4])", hint=hint
    )


@pytest.mark.edge
def test_integers_beyond_2_to_the_53_stay_apart() -> None:
    values = [2**60 + 1, 2**60]
    asked = call("one_hot_encode", values)
    matrix, categories = kata.one_hot_encode(values)
    hint = "the values passed through float64, which holds integers up to 2**53 only: keep them as they come"
    check.equal([int(value) for value in categories], sorted(values), asked=asked + ", the categories", hint=hint)
    check.close(matrix, [[0.0, 1.0], [1.0, 0.0]], asked=asked + ", the matrix", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("dtype", [bool, np.uint8, np.float64])
def test_matrices_of_any_dtype_are_decoded(dtype: type) -> None:
    matrix: npt.NDArray[Any] = np.array([[0, 1], [1, 0], [0, 1]], dtype=dtype)
    asked, because = call("one_hot_decode", matrix, ["a", "b"]), "its rows are one-hot"
    check.accepts(partial(kata.one_hot_decode, matrix, ["a", "b"]), asked=asked, because=because)
    check_decode(matrix, np.array(["a", "b"]))


NOT_ONE_HOT: dict[str, list[list[float]]] = {
    "a row of zeros": [[0, 0, 0]],
    "a row of two ones": [[1, 0, 1]],
    "probabilities": [[0.1, 0.7, 0.2]],
    "a 2": [[0, 2, 0]],
    "a half": [[0, 0.5, 0]],
    "a 1 and a fraction": [[1, 0, 0.5]],
    "a 1 and a 2": [[1, 0, 2]],
    "a -1": [[0, -1, 0]],
    "a 1, and others that cancel": [[1, -1, 1]],
    "a row of zeros and one of two ones": [[0, 0, 0], [1, 1, 0]],
    "two columns that are one-hot": [[0, 0, 0], [0, 0, 0], [1, 0, 1]],
}


@pytest.mark.edge
@pytest.mark.parametrize("kind", NOT_ONE_HOT)
def test_rows_that_are_not_one_hot_are_refused(kind: str) -> None:
    matrix, names = [[0.0, 1.0, 0.0], *NOT_ONE_HOT[kind]], ["a", "b", "c"]
    check.raises(
        ValueError,
        partial(kata.one_hot_decode, matrix, names),
        asked=call("one_hot_decode", matrix, names),
        because=f"it has {kind}: in each row one entry must be 1, and all others 0",
        mistakes={
            "argmax finds a column in any row: check every entry first, as it came": lambda: [
                names[place] for place in np.argmax(matrix, axis=1)
            ],
            "rows that are not one-hot were left out: refuse them": ["b"],
            "fractions were cut off before the check": lambda: [
                names[row.index(1)] for row in np.trunc(matrix).tolist() if np.any(np.trunc(matrix) != matrix)
            ],
        },
        hint="look at each entry of each row: the sum, the maximum or the number of ones alone miss some",
    )


AB = ["a", "b"]
NO_FIT: dict[str, tuple[Any, Any]] = {
    "a number": (1.0, ["a"]),
    "a vector": ([1.0, 0.0], AB),
    "three axes": ([[[1.0, 0.0], [0.0, 1.0]]], AB),
    "no rows": (np.zeros((0, 2)), AB),
    "no columns": (np.zeros((2, 0)), []),
    "a column too many": (np.eye(2), ["a"]),
    "a column too few": (np.eye(2), ["a", "b", "c"]),
    "a single column": ([[1.0], [1.0]], AB),
    "categories of two axes": (np.eye(2), [["a", "b"], ["c", "d"]]),
    "categories in a row of their own": (np.eye(2), [AB]),
    "a string for the categories": (np.eye(2), "ab"),
}


@pytest.mark.edge
@pytest.mark.parametrize("kind", NO_FIT)
def test_a_matrix_that_does_not_fit_the_categories_is_an_error(kind: str) -> None:
    matrix, categories = NO_FIT[kind]
    check.raises(
        ValueError,
        partial(kata.one_hot_decode, matrix, categories),
        asked=call("one_hot_decode", matrix, categories),
        because=f"this is {kind}: matrix must have shape (m, c), categories (c,), and no axis length zero",
        mistakes={"an empty list for no rows: raise": []},
        hint="check the axes of both, and the number of columns against the number of categories",
    )


@pytest.mark.edge
@pytest.mark.parametrize("values", [[], np.zeros((0, 2)), [["a", "b"], ["c", "a"]], [["a"], ["b"]], "red", 5])
def test_anything_but_a_vector_of_values_is_an_error(values: Any) -> None:
    shape = np.shape(values)
    check.raises(
        ValueError,
        partial(kata.one_hot_encode, values),
        asked=call("one_hot_encode", values),
        because=f"categories must have shape (n,), n at least 1, and this has shape {shape}",
        mistakes={
            "the letters of a string were encoded: it is a single value": (
                loop_encode(list("red"), list("der")),
                list("der"),
            )
        },
        hint="make it an array first, and look at .ndim and .size",
    )


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    values, array = ["b", "a", "c", "a"], np.array([3, 1, 2])
    matrix, names = np.array([[0.0, 1.0], [1.0, 0.0]]), ["z", "a"]
    with check.untouched(asked=call("one_hot_encode", values), categories=values, array=array):
        kata.one_hot_encode(values)
        kata.one_hot_encode(array)
    with check.untouched(asked=call("one_hot_decode", matrix, names), matrix=matrix, categories=names):
        kata.one_hot_decode(matrix, names)
