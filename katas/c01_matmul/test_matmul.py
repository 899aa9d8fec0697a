"""Suite of C01: what a matrix product is, each way of missing it, and what three loops cost."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import matmul as kata
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Call, call
from harness.suite.speed import Grower, Racer
from harness.suite.strategies import Float64Array, arrays, normal_matrix, seeds

NAIVE, OPTIMIZED = "matrix_multiply_naive", "matrix_multiply_optimized"

both = pytest.mark.parametrize("name", [NAIVE, OPTIMIZED])
"""Runs a test for each of the two functions: they promise the same."""

LENGTHS = st.integers(1, 6)
PAIRS = st.tuples(LENGTHS, LENGTHS, LENGTHS).flatmap(
    lambda lengths: st.tuples(arrays(lengths[:2], 10.0), arrays(lengths[1:], 10.0))
)
"""Factors of shapes (n, k) and (k, m)."""
SQUARES = LENGTHS.flatmap(lambda n: st.tuples(*[arrays((n, n), 10.0)] * 3))
"""Three square matrices of one size."""

Pair = tuple[Float64Array, Float64Array]
Shape = tuple[int, ...]


# --- oracles ---------------------------------------------------------------------------------------------------------


def loop_product(left: list[list[float]], right: list[list[float]]) -> list[list[float]]:
    """The definition: three loops over lists. Also what the speed band races against."""
    inner, width = len(right), len(right[0])
    product = []
    for row in left:
        entries = []
        for j in range(width):
            total = 0.0
            for p in range(inner):
                total += row[p] * right[p][j]
            entries.append(total)
        product.append(entries)
    return product


def oracle(A: npt.ArrayLike, B: npt.ArrayLike) -> Float64Array:
    """The definition in float64, each sum exactly rounded."""
    left, right = np.asarray(A, dtype=np.float64), np.asarray(B, dtype=np.float64)
    product = np.empty((left.shape[0], right.shape[1]))
    for i, j in np.ndindex(product.shape):
        product[i, j] = math.fsum((left[i] * right[:, j]).tolist())
    return product


def truncated_sum(A: npt.ArrayLike, B: npt.ArrayLike) -> Float64Array:
    """What an integer array as accumulator gives: the fraction is lost at each addition."""
    left, right = np.asarray(A, dtype=np.float64), np.asarray(B, dtype=np.float64)
    product = np.zeros((left.shape[0], right.shape[1]))
    for p in range(left.shape[1]):
        product = np.trunc(product + left[:, p : p + 1] * right[p])
    return product


def mistakes(A: npt.ArrayLike, B: npt.ArrayLike) -> dict[str, object]:
    """What the usual mistakes give for these arguments, the more telling ones first."""
    left, right = np.asarray(A, dtype=np.float64), np.asarray(B, dtype=np.float64)
    n, m = left.shape[0], right.shape[1]
    want = oracle(left, right)
    return {
        "the product element by element (A * B): each entry is a sum over a row of A and a column of B": lambda: (
            left * right
        ),
        "a plain number: a (1, 1) result is an array too": want.item,
        "a vector: the result keeps both axes": want.ravel,
        "the result is transposed: row i comes from row i of A, column j from column j of B": lambda: want.T,
        "B is read with its indices swapped: the sum runs over B[p, j], down a column": lambda: left @ right.T,
        "A is read with its indices swapped: the sum runs over A[i, p], along a row": lambda: left.T @ right,
        "the factors are swapped: this is B times A": lambda: right @ left,
        "all rows are one list that holds the last row: [[0] * m] * n copies the reference": (
            lambda: np.tile(want[-1], (n, 1))
        ),
        "all rows are one list that holds the sum of the rows: [[0] * m] * n copies the reference": (
            lambda: np.tile(want.sum(axis=0), (n, 1))
        ),
        "the number of rows of A bounds all three loops: n, k and m are three different numbers": lambda: (
            left[:, :n] @ right[:n, :n]
        ),
        "the number of columns of B bounds all three loops: n, k and m are three different numbers": lambda: (
            left[:m, :m] @ right[:m]
        ),
        "only the last product is kept: add each of them to the sum": lambda: left[:, -1:] @ right[-1:],
        "the sum goes on from one entry to the next: start at zero for each entry": lambda: np.cumsum(
            want.ravel()
        ).reshape(n, m),
        "the sum goes on along a row: start at zero for each entry": lambda: np.cumsum(want, axis=1),
        "the last product is left out: the innermost loop ends one too early": lambda: left[:, :-1] @ right[:-1],
        "the first product is left out: the innermost loop begins one too late": lambda: left[:, 1:] @ right[1:],
        "the fractions are cut off after the sum: hold the result in float64": lambda: np.trunc(want),
        "the fractions are cut off at each addition: hold the result in float64": lambda: truncated_sum(left, right),
        "the fractions of the arguments are cut off: convert both to float64": lambda: np.trunc(left) @ np.trunc(right),
    }


# --- asking the subject ----------------------------------------------------------------------------------------------


def multiply(name: str, A: Any, B: Any, *, asked: Call | str) -> Any:
    """The subject's product of factors that fit; an error is a failure that says what those most often come from."""
    __tracebackhide__ = True
    function: Callable[[Any, Any], Any] = getattr(kata, name)
    try:
        return function(A, B)
    except (IndexError, ValueError) as error:
        overrun = isinstance(error, IndexError)
        check.true(
            False,
            asked=asked,
            came=f"{type(error).__name__}: {error}",
            expected=f"the product, of shape {(np.shape(A)[0], np.shape(B)[1])}",
            mistake="an index runs past its axis: n, k and m are three different numbers, and each loop has its own"
            if overrun
            else "factors that fit are refused: only the columns of A and the rows of B must be as many",
            hint="" if overrun else "(n, k) times (k, m) is fine for any n, k, m of at least 1",
        )
        raise


def check_product(
    name: str,
    A: Any,
    B: Any,
    *,
    asked: Call | str = "",
    want: npt.ArrayLike | None = None,
    named: dict[str, object] | None = None,
    rtol: float = 1e-9,
    atol: float = 1e-9,
    hint: str = "",
) -> Any:
    """Hold one function to the oracle (or `want`), and to a float64 array; `named` are mistakes to look for first."""
    __tracebackhide__ = True
    asked = asked or call(name, A, B)
    got = multiply(name, A, B, asked=asked)
    return check_answer(got, name, A, B, asked=asked, want=want, named=named, rtol=rtol, atol=atol, hint=hint)


def multiply_each(name: str, *pairs: tuple[Any, Any]) -> list[Any]:
    """The subject's products of several pairs of factors that fit, asked in one go."""
    __tracebackhide__ = True
    try:
        return each(getattr(kata, name), pairs)
    except (IndexError, ValueError):  # one by one, to say of which
        return [multiply(name, *pair, asked=call(name, *pair)) for pair in pairs]


def check_answer(
    got: Any,
    name: str,
    A: Any,
    B: Any,
    *,
    asked: Call | str = "",
    want: npt.ArrayLike | None = None,
    named: dict[str, object] | None = None,
    rtol: float = 1e-9,
    atol: float = 1e-9,
    hint: str = "",
) -> Any:
    """Hold what one function has given for A and B, as `check_product` does."""
    __tracebackhide__ = True
    asked = asked or call(name, A, B)
    expected = oracle(A, B) if want is None else np.asarray(want, dtype=np.float64)
    right = check.is_close(got, expected, rtol=rtol, atol=atol)
    check.close(
        got,
        expected,
        asked=asked,
        rtol=rtol,
        atol=atol,
        mistakes=None if right else {**(named or {}), **mistakes(A, B)},
        hint=hint,
    )
    check_type(got, expected.shape, asked="the type of " + asked)
    return got


def check_type(got: Any, shape: Shape, *, asked: Call | str) -> None:
    """Hold a result to be a float64 array."""
    __tracebackhide__ = True
    is_array = isinstance(got, np.ndarray)
    kind = f"{got.dtype} array" if is_array else type(got).__name__
    check.true(
        is_array and got.dtype == np.float64,
        asked=asked,
        came=f"{kind} of shape {np.shape(got)}",
        expected=f"float64 array of shape {shape}",
        mistake="the dtype of the arguments is kept: the result is float64"
        if is_array
        else f"the result is handed out as a {kind}: make it a float64 array",
    )
    check.float_array(got, shape, asked=asked)


def check_refused(
    name: str, A: Any, B: Any, *, because: str, named: dict[str, object] | None = None, hint: str = ""
) -> None:
    """Hold one function to a `ValueError` for these arguments."""
    __tracebackhide__ = True
    asked = f"{name} of {check.show(A)} (shape {np.shape(A)}) and {check.show(B)} (shape {np.shape(B)})"
    check.raises(
        ValueError, partial(getattr(kata, name), A, B), asked=asked, because=because, mistakes=named, hint=hint
    )


def counting(shape: Shape) -> Float64Array:
    """1.0, 2.0, 3.0, ... in `shape`."""
    return np.arange(1.0, math.prod(shape) + 1).reshape(shape)


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
@both
def test_worked_example_of_two_by_three_times_three_by_two(name: str) -> None:
    check_product(name, [[1, 2, 3], [4, 5, 6]], [[7, 8], [9, 10], [11, 12]], want=[[58, 64], [139, 154]])


@pytest.mark.example
@both
def test_worked_example_of_square_matrices(name: str) -> None:
    check_product(name, [[1, 2], [3, 4]], [[5, 6], [7, 8]], want=[[19, 22], [43, 50]])


@pytest.mark.example
@both
def test_worked_example_of_a_column_times_a_row_is_a_table(name: str) -> None:
    check_product(name, [[1.0], [2.0], [3.0]], [[4.0, 5.0]], want=[[4, 5], [8, 10], [12, 15]])


@pytest.mark.example
@both
def test_worked_example_of_integers_times_fractions(name: str) -> None:
    check_product(name, [[1, 2]], [[0.5], [0.25]], want=[[1.0]])


# --- laws ------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@both
@given(PAIRS)
def test_equals_the_definition_for_any_shapes(name: str, pair: Pair) -> None:
    check_product(name, *pair)


@pytest.mark.law
@both
@given(LENGTHS, LENGTHS, LENGTHS, seeds())
def test_equals_the_definition_for_numbers_that_all_differ(name: str, n: int, k: int, m: int, seed: int) -> None:
    check_product(name, normal_matrix(seed, n, k), normal_matrix(seed + 1, k, m))


@pytest.mark.law
@both
@given(PAIRS)
def test_the_identity_changes_nothing_on_either_side(name: str, pair: Pair) -> None:
    A, _ = pair
    n, k = A.shape
    on_the_right, on_the_left = (A, np.eye(k)), (np.eye(n), A)
    right, left = multiply_each(name, on_the_right, on_the_left)
    check_answer(right, name, *on_the_right, want=A)
    check_answer(left, name, *on_the_left, want=A)


@pytest.mark.law
@both
@given(PAIRS)
def test_the_transpose_of_a_product_is_the_product_of_the_transposes_in_reverse(name: str, pair: Pair) -> None:
    A, B = pair
    other = B.T.copy(order="K"), A.T.copy(order="K")
    straight, reverse = multiply_each(name, (A, B), other)
    check_answer(straight, name, A, B)
    check_answer(reverse, name, *other, want=straight.T)


@pytest.mark.law
@both
@given(SQUARES)
def test_is_linear_in_both_factors(name: str, matrices: tuple[Float64Array, Float64Array, Float64Array]) -> None:
    A, B, C = matrices
    parts, sums = ((A, C), (B, C), (A, B)), ((A + 2.0 * B, C), (A, B - 3.0 * C))
    AC, BC, AB, *of_sums = multiply_each(name, *parts, *sums)
    for pair, got in zip(parts, (AC, BC, AB), strict=True):
        check_answer(got, name, *pair)
    for pair, got, want in zip(sums, of_sums, (AC + 2.0 * BC, AB - 3.0 * AC), strict=True):
        check_answer(got, name, *pair, want=want)


@pytest.mark.law
@both
@given(SQUARES)
def test_is_associative(name: str, matrices: tuple[Float64Array, Float64Array, Float64Array]) -> None:
    A, B, C = matrices
    AB, BC = multiply_each(name, (A, B), (B, C))
    check_answer(AB, name, A, B)
    check_answer(BC, name, B, C)
    left_first, right_first = multiply_each(name, (AB, C), (A, BC))
    check_answer(left_first, name, AB, C)
    check_answer(right_first, name, A, BC, want=left_first)


@pytest.mark.law
@both
@given(PAIRS)
def test_rows_one_by_one_give_the_same_as_all_together(name: str, pair: Pair) -> None:
    A, B = pair
    rows = [A[i : i + 1].copy() for i in range(len(A))]
    together, *one_by_one = multiply_each(name, (A, B), *((row, B) for row in rows))
    check_answer(together, name, A, B)
    for i, (row, got) in enumerate(zip(rows, one_by_one, strict=True)):
        check_answer(got, name, row, B, want=together[i : i + 1])


@pytest.mark.law
@both
@given(LENGTHS, LENGTHS, LENGTHS, seeds())
def test_the_order_of_the_inner_axis_does_not_matter_and_that_of_the_outer_ones_is_kept(
    name: str, n: int, k: int, m: int, seed: int
) -> None:
    rng = np.random.default_rng(seed)
    A, B = rng.normal(size=(n, k)), rng.normal(size=(k, m))
    rows, inner, columns = rng.permutation(n), rng.permutation(k), rng.permutation(m)
    other = A[rows][:, inner], B[inner][:, columns]
    plain, reordered = multiply_each(name, (A, B), other)
    check_answer(plain, name, A, B)
    check_answer(reordered, name, *other, want=plain[rows][:, columns])


@pytest.mark.law
@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 12), seeds())
def test_both_functions_agree(n: int, k: int, m: int, seed: int) -> None:
    A, B = normal_matrix(seed, n, k), normal_matrix(seed + 1, k, m)
    naive = check_product(NAIVE, A, B)
    check_product(OPTIMIZED, A, B, want=naive, hint="matrix_multiply_naive gives the other one")


# --- shapes and layouts ----------------------------------------------------------------------------------------------


@pytest.mark.edge
@both
@pytest.mark.parametrize(
    "lengths",
    [(1, 1, 1), (1, 5, 1), (4, 1, 3), (1, 3, 4), (4, 3, 1), (2, 3, 7), (7, 3, 2), (2, 7, 3)],
    ids=lambda lengths: "x".join(map(str, lengths)),
)
def test_any_of_the_three_lengths_may_be_the_largest_or_one(name: str, lengths: tuple[int, int, int]) -> None:
    n, k, m = lengths
    check_product(name, counting((n, k)), counting((k, m)) ** 2)


@pytest.mark.edge
@both
@pytest.mark.parametrize(
    "lengths",
    [(13, 37, 29), (32, 32, 32), (33, 17, 65), (64, 70, 9), (2050, 2, 3), (3, 2050, 2), (2, 3, 2050)],
    ids=lambda lengths: "x".join(map(str, lengths)),
)
def test_sizes_that_are_no_multiple_of_a_block_lose_nothing(name: str, lengths: tuple[int, int, int]) -> None:
    check_large(name, lengths)


@pytest.mark.edge
@pytest.mark.parametrize(
    "lengths",
    [(100, 100, 100), (131, 257, 67), (67, 131, 514), (3, 1500, 2), (400, 400, 400), (513, 300, 129)],
    ids=lambda lengths: "x".join(map(str, lengths)),
)
def test_large_sizes_lose_nothing(lengths: tuple[int, int, int]) -> None:
    check_large(OPTIMIZED, lengths)


def large_mistake(got: Float64Array, want: Float64Array) -> str:
    """The mistake that a wrong product of large matrices of positive whole numbers shows."""
    if np.all(got <= want):
        return "part of the sums is missing: blocks that do not fill up at the end count too, and no length is too long"
    if check.is_close(got, want, rtol=1e-4):
        return "digits are lost, as float32 loses them: compute in float64"
    return ""


def check_large(name: str, lengths: tuple[int, int, int]) -> None:
    """Hold one function to `A @ B`, for whole numbers (so the sums are exact in any order)."""
    __tracebackhide__ = True
    n, k, m = lengths
    rng = np.random.default_rng(n)
    A, B = (rng.integers(1, 1000, size=shape).astype(np.float64) for shape in ((n, k), (k, m)))
    asked = f"{name} of whole numbers of shapes {A.shape} and {B.shape}"
    want = A @ B
    got = multiply(name, A, B, asked=asked)
    check_type(got, want.shape, asked=asked)
    low, high = int(np.sum(got < want)), int(np.sum(got > want))
    check.true(
        check.is_equal(got, want),
        asked=asked,
        came=f"{low} entries too small, {high} too large, the worst by {check.show(np.max(np.abs(got - want)))}",
        expected="the same as A @ B, exactly",
        mistake=large_mistake(got, want),
        hint="whole numbers of this size are exact in float64, in any order of summation",
    )


@pytest.mark.edge
@both
def test_views_in_any_memory_layout_are_accepted(name: str) -> None:
    A, B = counting((3, 4)), counting((4, 2)) ** 2
    store = np.zeros((6, 12))
    strided = store[::2, ::3]
    strided[...] = A
    locked = A.copy()
    locked.flags.writeable = False
    backwards = np.ascontiguousarray(A[::-1, ::-1])[::-1, ::-1]
    layouts = {
        "in Fortran order": np.asfortranarray(A),
        "a transposed view": np.ascontiguousarray(A.T).T,
        "a strided view": strided,
        "a reversed view": backwards,
        "read-only": locked,
    }
    for layout, view in layouts.items():
        in_memory_order = view.ravel(order="K").reshape(A.shape)
        check_product(
            name,
            view,
            B,
            asked=f"{call(name, A, B)} with A {layout}",
            want=oracle(A, B),
            named={"read in the order of memory: index the axes instead": oracle(in_memory_order, B)},
        )
        check_product(
            name,
            B.T,
            view.T,
            asked=f"{call(name, B.T, A.T)} with a B whose transpose is {layout}",
            want=oracle(A, B).T,
        )


@pytest.mark.edge
@both
def test_nested_lists_and_tuples_are_accepted(name: str) -> None:
    check_product(name, [[1.5, 2.0]], [[2.0], [4.0]], want=[[11.0]])
    check_product(name, ((1, 2), (3, 4)), [(5, 6), (7, 8)], want=[[19, 22], [43, 50]])
    check_product(name, [np.array([1.0, 2.0])], np.array([[3], [4]]), want=[[11.0]])


# --- dtypes ----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@both
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.int16, np.uint32, np.int32, np.int64, np.uint64])
def test_integers_do_not_wrap_around(name: str, dtype: type[np.integer[Any]]) -> None:
    high = int(np.iinfo(dtype).max) // 2 + 1  # a power of two: exact in float64, even squared
    A, B = np.array([[high, 3], [1, high]], dtype=dtype), np.array([[high, 1], [2, high]], dtype=dtype)
    asked = f"{call(name, A, B)} as {np.dtype(dtype).name}"
    with np.errstate(all="ignore"):  # NumPy's scalars warn where its arrays are silent; the value says more
        sums = (A @ B).astype(np.float64)
        products = (A[:, :, np.newaxis] * B).astype(np.float64).sum(axis=1)
        wrong: dict[str, object] = {
            "integers wrapped around: convert to float64 before multiplying": sums,
            "each product of integers wrapped around: convert to float64 before multiplying": products,
        }
        check_product(name, A, B, asked=asked, named=wrong, hint="convert to float64 before multiplying")


@pytest.mark.edge
@both
@pytest.mark.parametrize(("dtype", "length"), [("u1", 70_000), ("i1", 280_000), ("i2", 9), ("u4", 9), ("i4", 17)])
def test_sums_of_many_integers_do_not_wrap_around_in_a_wider_type_either(name: str, dtype: str, length: int) -> None:
    high = int(np.iinfo(dtype).max)
    A, B = np.full((1, length), high, dtype=dtype), np.full((length, 1), high, dtype=dtype)
    asked = f"{name} of a row and a column of {length} times {high}, as {np.dtype(dtype).name}"
    want = np.array([[float(high) ** 2 * length]])
    wrong: dict[str, object] = {}
    for wider in ("u2", "i2", "u4", "i4", "u8", "i8"):
        bits = 8 * np.dtype(wider).itemsize
        wrapped = np.array([[high**2 * length % 2**bits]], dtype=f"u{bits // 8}").view(wider).astype(np.float64)
        wrong[f"summed in {np.dtype(wider).name}, which wraps around as well: convert to float64 first"] = wrapped
    check_product(
        name, A, B, asked=asked, want=want, named=wrong, hint="float64 before multiplying, not a wider integer"
    )


@pytest.mark.edge
@both
@pytest.mark.parametrize("power", [-40, -200, -960, 300, 1000])
def test_tiny_and_huge_numbers_keep_their_digits(name: str, power: int) -> None:
    A, B = np.array([[1.23, 4.56], [7.0, -8.9]]), np.array([[0.12, 3.0], [0.5, -2.1]])
    scaled = A * 2.0**power
    asked = f"{name} of {check.show(A)} * 2**{power} and {check.show(B)}"
    want = oracle(A, B) * 2.0**power
    wrong: dict[str, object] = {}
    if power < 0:
        wrong["what is small is rounded away: the tolerance is relative"] = np.round(want, 12)
    hint = "float64 keeps its digits from 1e-300 to 1e308: round, clip and zero nothing"
    check_product(name, scaled, B, asked=asked, want=want, atol=0.0, named=wrong, hint=hint)


@pytest.mark.edge
@both
def test_booleans_count_as_zero_and_one(name: str) -> None:
    A, B = np.array([[True, True], [False, True]]), np.array([[True, False], [True, True]])
    wrong: dict[str, object] = {"booleans are or-ed: convert to float64 before multiplying": (A @ B).astype(np.float64)}
    check_product(name, A, B, asked=call(name, A, B) + " as booleans", want=[[2, 1], [1, 1]], named=wrong)


@pytest.mark.edge
@both
@pytest.mark.parametrize("integers", ["A", "B"])
@pytest.mark.parametrize("kind", ["an integer array", "a list of integers"])
def test_integers_times_floats_keep_their_fractions(name: str, integers: str, kind: str) -> None:
    whole: Any = np.array([[1, 2], [3, 5]]) if kind == "an integer array" else [[1, 2], [3, 5]]
    fractions = np.array([[0.5, 1.75], [2.25, -0.75]])
    A, B = (whole, fractions) if integers == "A" else (fractions, whole)
    hint = "the dtype of the result is float64, not that of an argument"
    check_product(name, A, B, asked=f"{call(name, A, B)} with {kind} as {integers}", hint=hint)


@pytest.mark.edge
@both
@pytest.mark.parametrize("dtype", [np.float64, np.int64])
def test_whole_numbers_are_exact_up_to_two_to_the_53(name: str, dtype: type[np.generic]) -> None:
    A = np.array([[94_906_265, 1], [2**24 + 1, 1]], dtype=dtype)
    B = np.array([[94_906_265, 1], [5, 2**24]], dtype=dtype)
    want = [[94_906_265**2 + 5, 94_906_265 + 2**24], [(2**24 + 1) * 94_906_265 + 5, 2**25 + 1]]
    asked = f"{call(name, A, B)} as {np.dtype(dtype).name}"
    got = multiply(name, A, B, asked=asked)
    in_float32 = (A.astype(np.float32) @ B.astype(np.float32)).astype(np.float64)
    check.equal(
        np.asarray(got),
        np.array(want, dtype=np.float64),
        asked=asked,
        mistakes={"computed in float32, which keeps seven digits: compute in float64": in_float32},
        hint="float32 keeps seven digits, float64 nearly sixteen",
    )


@pytest.mark.edge
@both
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_small_floats_are_computed_in_float64(name: str, dtype: type[np.floating[Any]]) -> None:
    last = 2.0 ** (np.finfo(dtype).nmant + 1)  # one more, and this dtype skips a whole number
    A, B = np.array([[last, 1.0]], dtype=dtype), np.array([[1.0, 0.1], [1.0, 0.3]], dtype=dtype)
    asked = f"{call(name, A, B)} as {np.dtype(dtype).name}"
    computed_in_it = (A @ B).astype(np.float64)
    wrong: dict[str, object] = {f"computed in {np.dtype(dtype).name}: convert to float64 first": computed_in_it}
    check_product(name, A, B, asked=asked, atol=0.0, named=wrong, hint="convert to float64 before multiplying")


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@both
@pytest.mark.parametrize(
    ("of_a", "of_b"),
    [
        ((2, 3), (2, 3)),
        ((3, 2), (3, 2)),
        ((2, 3), (4, 2)),
        ((2, 4), (3, 2)),
        ((3, 3), (2, 2)),
        ((2, 2), (3, 3)),
        ((2, 3), (1, 4)),
        ((2, 1), (3, 4)),
        ((1, 1), (2, 2)),
        ((3, 2), (4, 3)),
    ],
    ids=str,
)
def test_inner_lengths_that_differ_are_an_error(name: str, of_a: Shape, of_b: Shape) -> None:
    A, B = counting(of_a), counting(of_b)
    shorter = min(of_a[1], of_b[0])
    check_refused(
        name,
        A,
        B,
        because=f"{of_a[1]} columns of A and {of_b[0]} rows of B do not pair",
        named={
            "the longer inner axis is cut to the shorter (as zip does): compare the lengths first": lambda: (
                A[:, :shorter] @ B[:shorter]
            ),
            "an inner axis of length 1 is broadcast: compare the lengths first": lambda: (A[:, :, np.newaxis] * B).sum(
                axis=1
            ),
            "multiplied by the transpose of B to make it fit": lambda: A @ B.T,
            "multiplied the transpose of A to make it fit": lambda: A.T @ B,
            "the factors are swapped: this is B times A": lambda: B @ A,
        },
        hint="compare A.shape[1] and B.shape[0]",
    )


@pytest.mark.edge
@both
def test_the_error_about_inner_lengths_that_differ_says_both_of_them(name: str) -> None:
    A, B = np.ones((2, 17)), np.ones((23, 3))
    asked = f"the message of the error, for {name} of shapes {A.shape} and {B.shape}"
    message = ""
    try:
        getattr(kata, name)(A, B)
    except ValueError as error:
        message = str(error)
    check.true(
        {"17", "23"} <= set(re.findall(r"\d+", message)),
        asked=asked,
        came=repr(message) if message else "no ValueError, or one without a message",
        expected="one that says which shapes came: 17 columns of A, 23 rows of B",
        mistake="the message does not say the two lengths: put A.shape and B.shape into it" if message else "",
    )


@pytest.mark.edge
@both
@pytest.mark.parametrize(
    ("of_a", "of_b"),
    [
        ((3,), (3,)),
        ((3,), (3, 2)),
        ((2, 3), (3,)),
        ((1,), (1, 2)),
        ((2, 1), (3,)),
        ((), (2, 2)),
        ((), (1, 2)),
        ((2, 2), ()),
        ((2, 1), ()),
        ((), ()),
        ((2, 2, 2), (2, 2)),
        ((2, 2), (2, 2, 2)),
        ((3, 2, 2), (3, 2, 2)),
        ((1, 2, 2), (2, 2)),
        ((2, 2), (1, 2, 2)),
        ((1, 1, 2, 2), (2, 2)),
    ],
    ids=str,
)
def test_anything_but_two_axes_is_an_error(name: str, of_a: Shape, of_b: Shape) -> None:
    A, B = counting(of_a), counting(of_b)
    lowest, highest = sorted((A.ndim, B.ndim))
    wrong: dict[str, object] = {}
    if lowest == 0:
        wrong["a number is taken as a factor of all entries: only matrices are allowed"] = lambda: np.multiply(A, B)
    if lowest == 1:
        wrong["a vector is multiplied as NumPy does: only matrices are allowed"] = lambda: A @ B
    if highest > 2:
        wrong["a stack of matrices is multiplied one by one: only matrices are allowed"] = lambda: A @ B
        wrong["np.dot over more than two axes: only matrices are allowed"] = lambda: np.dot(A, B)
        wrong["a stack of matrices is taken for one matrix: only matrices are allowed"] = lambda: (
            A.reshape(-1, A.shape[-1]) @ B.reshape(-1, B.shape[-1])
        )
    if lowest < 2:
        wrong["a vector or number is taken as a matrix of one row: only matrices are allowed"] = lambda: (
            np.atleast_2d(A) @ np.atleast_2d(B)
        )
        wrong["a vector is taken as a matrix of one column: only matrices are allowed"] = lambda: (
            np.atleast_2d(A) @ (B[:, np.newaxis] if B.ndim == 1 else B)
        )
    axes = f"A has {A.ndim} axes and B has {B.ndim}: both must have 2"
    check_refused(
        name, A, B, because=axes, named=wrong, hint="check .ndim of both; NumPy takes other ranks without a word"
    )


@pytest.mark.edge
@both
@pytest.mark.parametrize(
    ("of_a", "of_b"),
    [((0, 3), (3, 2)), ((2, 0), (0, 3)), ((2, 3), (3, 0)), ((0, 0), (0, 0)), ((0, 1), (1, 0))],
    ids=str,
)
def test_an_axis_of_length_zero_is_an_error(name: str, of_a: Shape, of_b: Shape) -> None:
    A, B = np.zeros(of_a), np.zeros(of_b)
    wrong: dict[str, object] = {"NumPy's empty (or all-zero) product: check the lengths first": lambda: A @ B}
    check_refused(name, A, B, because="an axis has length zero", named=wrong)


@pytest.mark.edge
@both
def test_empty_lists_are_an_error(name: str) -> None:
    for A, B in (([], []), ([[]], [[]]), ([[1.0]], []), ([], [[1.0]]), ([[]], []), ([[1.0]], [[]])):
        check_refused(name, A, B, because="there are no numbers in an empty list")


@pytest.mark.edge
@both
def test_rows_of_unequal_length_are_an_error(name: str) -> None:
    ragged, square = [[1.0, 2.0], [3.0]], [[1.0, 2.0], [3.0, 4.0]]
    for A, B in ((ragged, square), (square, ragged)):
        asked = f"{name}({A}, {B})"
        because = "the rows of a matrix must have one length"
        check.raises(ValueError, partial(getattr(kata, name), A, B), asked=asked, because=because)


# --- arguments and results -------------------------------------------------------------------------------------------


@pytest.mark.edge
@both
def test_arguments_stay_as_they_were(name: str) -> None:
    A, B = counting((3, 3)), counting((3, 3)) ** 2
    with check.untouched(asked=call(name, A, B), A=A, B=B):
        multiply(name, A, B, asked=call(name, A, B))
    rows, columns = A.tolist(), B.tolist()
    with check.untouched(asked=call(name, rows, columns), A=rows, B=columns):
        multiply(name, rows, columns, asked=call(name, rows, columns))


@pytest.mark.edge
@both
def test_what_the_caller_may_do_with_the_arguments_stays_as_it_was(name: str) -> None:
    A, B = counting((3, 3)), counting((3, 3)) ** 2
    multiply(name, A, B, asked=call(name, A, B))
    for label, array in (("A", A), ("B", B)):
        check.true(
            array.flags.writeable,
            asked=f"whether {label} may be written to, after {call(name, A, B)}",
            came="it is read-only",
            expected="yes, as before",
            mistake="the caller's array is made read-only: leave its flags alone",
        )
    rows = [[1, 2], [3, 4]]
    multiply(name, rows, rows, asked=call(name, rows, rows))
    kinds = sorted({type(item).__name__ for row in rows for item in row})
    mistake = "the caller's lists are converted in place: make an array of them"
    asked = "the type of the numbers in the caller's list, after " + call(name, rows, rows)
    check.equal(kinds, ["int"], asked=asked, mistakes={mistake: ["float"]})


@pytest.mark.edge
@both
def test_arguments_that_have_changed_give_another_product(name: str) -> None:
    A, B = counting((3, 3)), counting((3, 3)) ** 2
    before = np.array(check_product(name, A, B))
    A[1, 1] = 50.0
    wrong: dict[str, object] = {"the product from before is remembered by its arguments: they can change": before}
    check_product(name, A, B, asked=call(name, A, B) + ", after A[1, 1] was changed", named=wrong)


@pytest.mark.edge
@both
def test_a_matrix_may_be_multiplied_by_itself(name: str) -> None:
    A = counting((3, 3))
    with check.untouched(asked=call(name, A, A), A=A):
        check_product(name, A, A, asked=call(name, A, A) + ", one object twice")
    check_product(name, A, A.T, asked=f"{name} of {check.show(A)} and its transposed view")


@pytest.mark.edge
@both
def test_each_result_is_an_array_of_its_own(name: str) -> None:
    A, B = counting((2, 2)), counting((2, 2)) ** 2
    want = oracle(A, B)
    first = check_product(name, A, B)
    check_product(name, B, A)
    check.equal(
        first,
        want,
        asked="the result of " + call(name, A, B) + ", after another call",
        mistakes={"two calls share one buffer: make a new array for each result": oracle(B, A)},
    )
    first[...] = -1.0
    check_product(
        name,
        A,
        B,
        asked=call(name, A, B) + ", after the caller wrote -1 into an earlier result of it",
        want=want,
        named={"an earlier result is handed out again: make a new array for each": np.full((2, 2), -1.0)},
    )
    one, same = np.array([[1.0]]), np.array([[2.0, 3.0], [2.0, 3.0]])
    for left, right in ((A, np.eye(2)), (np.eye(2), A), (one, one), (A[:, :1], one), (one, A[:1]), (same, np.eye(2))):
        asked = "writing into the result of " + call(name, left, right)
        with check.untouched(asked=asked, A=left, B=right):
            check_product(name, left, right)[...] = -1.0
    rows = check_product(name, np.ones((2, 1)), one + 4.0)
    rows[0] = -1.0
    check.equal(
        rows,
        np.array([[-1.0], [5.0]]),
        asked="the result of two equal rows times a column, after writing into the first row of it",
        mistakes={"equal rows share their memory: each row is its own": np.array([[-1.0], [-1.0]])},
    )


# --- speed -----------------------------------------------------------------------------------------------------------

SHORT = 4
AXES = ("rows of A", "inner axis", "columns of B")

stretched = pytest.mark.parametrize("axis", AXES)
"""Runs a test for each of the three axes, in factors where that one is long."""


def square_pair(n: int) -> Pair:
    """Two (n, n) matrices of normal numbers."""
    return normal_matrix(0, n, n), normal_matrix(1, n, n)


def stretched_pair(axis: str, length: int, others: int = SHORT) -> Pair:
    """Factors whose lengths are all `others`, but for `axis`."""
    n, k, m = (length if axis == other else others for other in AXES)
    return normal_matrix(0, n, k), normal_matrix(1, k, m)


@pytest.mark.speed
@stretched
def test_the_naive_one_pays_for_each_of_its_three_axes(race: Racer, axis: str) -> None:
    # Even the small product takes several times as long as asking for it from another process, whose cost is taken off.
    small, large = stretched_pair(axis, 16, others=16), stretched_pair(axis, 16 * 64, others=16)
    race(
        lambda: kata.matrix_multiply_naive(*small),
        lambda: kata.matrix_multiply_naive(*large),
        at_least=8,
        versus=f"with 64 times the {axis}",
        asked=f"matrix_multiply_naive of 16x16 by 16x16, against {large[0].shape} by {large[1].shape}",
        hint=f"the {axis} must be a loop in Python: here a library seems to do a whole row, column or matrix at once",
    )


@pytest.mark.speed
@stretched
def test_the_naive_one_is_no_library_product(race: Racer, axis: str) -> None:
    # A product of 512 numbers by a library shows here even if slow conversions hide that the axis costs next to nothing.
    A, B = stretched_pair(axis, 512, others=16)
    as_lists = A.tolist(), B.tolist()
    race(
        lambda: loop_product(*as_lists),
        lambda: kata.matrix_multiply_naive(A, B),
        at_least=1 / 4,
        versus="your matrix_multiply_naive",
        asked=f"three loops over lists, for {A.shape} by {B.shape}",
        hint="yours is too fast for three loops in Python: a library (@, np.dot, einsum, row * column) seems to do whole "
        "rows, columns or matrices",
    )


@pytest.mark.speed
@stretched
def test_the_naive_one_grows_no_faster_than_each_of_its_three_axes(growth: Grower, axis: str) -> None:
    growth(
        lambda length: partial(kata.matrix_multiply_naive, *stretched_pair(axis, length)),
        (64, 128, 256, 512),
        at_most=1.4,
        asked=f"matrix_multiply_naive with the {axis} from 64 to 512 and the other lengths {SHORT}",
        hint=f"a loop over the {axis} costs n^1: is something of that length (a row, a column) built inside it?",
    )


@pytest.mark.speed
def test_the_optimized_one_beats_three_loops_at_100(race: Racer) -> None:
    A, B = square_pair(100)
    as_lists = A.tolist(), B.tolist()
    race(
        lambda: kata.matrix_multiply_optimized(A, B),
        lambda: loop_product(*as_lists),
        at_least=50,
        versus="the loops",
        asked="matrix_multiply_optimized of two 100x100 float64 arrays",
        hint="leave the loops to NumPy's product; an (n, k, m) table of all the products is too slow as well",
    )


@pytest.mark.speed
def test_the_optimized_one_keeps_up_with_numpy_at_400(race: Racer) -> None:
    A, B = square_pair(400)
    race(
        lambda: kata.matrix_multiply_optimized(A, B),
        lambda: A @ B,
        at_least=1 / 3,
        versus="A @ B",
        asked="matrix_multiply_optimized of two 400x400 float64 arrays",
        hint="use a product that reaches BLAS: @, np.dot, np.matmul; einsum does not unless it is told to optimize",
    )
