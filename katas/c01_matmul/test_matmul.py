"""Suite of C01: what a matrix product is, each way of missing it, and what its time is compared with."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

import matmul as kata
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.check import Asked, call
from harness.suite.speed import Contest, Grower, Racer, Task, vary
from harness.suite.strategies import Float64Array, normal_matrix, seeds

NAIVE, OPTIMIZED = "matrix_multiply_naive", "matrix_multiply_optimized"
LENGTHS = st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 6))
"""n, k and m."""
both = pytest.mark.parametrize("name", [NAIVE, OPTIMIZED])
"""Runs a test for each of the two functions."""

Lists = list[list[Any]]


def loop_product(left: Lists, right: Lists) -> Lists:
    """The definition: three loops over lists. Also what the optimized one races against."""
    product = []
    for row in left:
        entries = []
        for j in range(len(right[0])):
            total = 0
            for p in range(len(right)):
                total += row[p] * right[p][j]
            entries.append(total)
        product.append(entries)
    return product


def mistakes(A: Lists, B: Lists) -> dict[str, Any]:
    """What the usual mistakes give for these factors, the more telling ones first."""
    left, right, want = (np.array(factor, dtype=np.float64) for factor in (A, B, loop_product(A, B)))
    n, m = want.shape
    return {
        "the product element by element (A * B): each entry is a sum over a row of A and a column of B": lambda: (
            left * right
        ),
        "a plain number: the result has two axes, also where it has a single entry": want.item,
        "the result is transposed: row i comes from row i of A, column j from column j of B": lambda: want.T,
        "B is read with its indices swapped: the sum runs over B[p][j], down a column": lambda: left @ right.T,
        "the factors are swapped: this is B times A": lambda: right @ left,
        "all rows are one list that holds the last row: [[0] * m] * n copies the reference": lambda: want[[-1] * n],
        "all rows are one list that holds the sum of the rows: [[0] * m] * n copies the reference": lambda: np.tile(
            want.sum(axis=0), (n, 1)
        ),
        "the number of rows of A bounds all three loops: n, k and m are three different numbers": lambda: (
            left[:, :n] @ right[:n, :n]
        ),
        "the number of columns of B bounds the sum: it runs over the k columns of A": lambda: left[:, :m] @ right[:m],
        "only the last product is kept: add each of them to the sum": lambda: left[:, -1:] @ right[-1:],
        "the sum goes on along a row: start at zero for each entry": lambda: np.cumsum(want, axis=1),
        "the last product is left out: the innermost loop ends one too early": lambda: left[:, :-1] @ right[:-1],
        "the first product is left out: the innermost loop begins one too late": lambda: left[:, 1:] @ right[1:],
        "the fractions are cut off: hold the result in floats": lambda: np.trunc(want),
        "the fractions of the arguments are cut off: convert both to float64": lambda: np.trunc(left) @ np.trunc(right),
    }


def multiply(name: str, A: Any, B: Any, asked: Asked) -> Any:
    """The product of factors that fit."""
    __tracebackhide__ = True
    because = "the factors fit: (n, k) times (k, m), and n, k and m each bound a loop of their own"
    return check.accepts(partial(getattr(kata, name), A, B), asked=asked, because=because)


def check_product(
    name: str, A: Any, B: Any, *, want: Any = None, named: dict[str, Any] | None = None, rtol: float = 1e-9
) -> Any:
    """Hold a product to the definition and to its type; the naive one is asked with lists, `named` are mistakes."""
    __tracebackhide__ = True
    left, right = (factor.tolist() if isinstance(factor, np.ndarray) else factor for factor in (A, B))
    asked = call(name, A, B) + (f" ({A.dtype}, {B.dtype})" if isinstance(A, np.ndarray) else "")
    got = multiply(NAIVE, left, right, asked) if name == NAIVE else multiply(name, A, B, asked)
    want = loop_product(left, right) if want is None else want
    atol = 1e-13 * max(abs(x) for row in left for x in row) * max(abs(x) for row in right for x in row)
    known = {**(named or {}), **mistakes(left, right)}
    check.close(got, want, asked=asked, rtol=rtol, atol=atol, mistakes=known, hint="C[i][j] sums A[i][p] * B[p][j]")
    if name == OPTIMIZED:
        check.float_array(got, (len(left), len(right[0])), asked=asked, hint="convert both factors to float64 first")
        return got
    kinds, hint = sorted({type(got).__name__, *(type(row).__name__ for row in got)}), "return a list of lists"
    check.equal(kinds, ["list"], asked="the types of the result and its rows, for " + asked, hint=hint)
    return got


def counting(*shape: int) -> Float64Array:
    """1.0, 2.0, 3.0, ... in `shape`."""
    return np.arange(1.0, np.prod(shape) + 1).reshape(shape)


# --- examples ---------------------------------------------------------------------------------------------------------


@pytest.mark.example
@both
def test_worked_example_of_two_by_three_times_three_by_two(name: str) -> None:
    check_product(name, [[1, 2, 3], [4, 5, 6]], [[7, 8], [9, 10], [11, 12]])


@pytest.mark.example
@both
def test_worked_examples_of_a_square_and_of_a_column_times_a_row(name: str) -> None:
    check_product(name, [[1, 2], [3, 4]], [[5, 6], [7, 8]])
    check_product(name, [[1.0], [2.0], [3.0]], [[4.0, 5.0]])


@pytest.mark.example
def test_worked_example_of_large_integers() -> None:
    check_exact([[2**40]], [[2**40 + 1]])


# --- laws -------------------------------------------------------------------------------------------------------------


@pytest.mark.law
@both
@given(LENGTHS, seeds())
def test_equals_the_definition_for_any_shapes(name: str, lengths: tuple[int, int, int], seed: int) -> None:
    n, k, m = lengths
    check_product(name, normal_matrix(seed, n, k), normal_matrix(seed + 1, k, m))


@pytest.mark.law
@both
@given(LENGTHS, seeds())
def test_the_identity_changes_nothing_on_either_side(name: str, lengths: tuple[int, int, int], seed: int) -> None:
    A = normal_matrix(seed, *lengths[:2])
    check_product(name, A, np.eye(A.shape[1]), want=A.tolist())
    check_product(name, np.eye(A.shape[0]), A, want=A.tolist())


@pytest.mark.law
@given(LENGTHS, seeds())
def test_both_functions_agree(lengths: tuple[int, int, int], seed: int) -> None:
    n, k, m = lengths
    A, B = normal_matrix(seed, 2 * n, 2 * k), normal_matrix(seed + 1, 2 * k, 2 * m)
    check_product(OPTIMIZED, A, B, want=check_product(NAIVE, A, B))


def check_exact(A: Lists, B: Lists) -> None:
    """Hold the naive one to exact integers, and name what loses digits."""
    __tracebackhide__ = True

    def by_numpy(dtype: Any) -> Any:
        return (np.array(A).astype(dtype) @ np.array(B).astype(dtype)).tolist()

    asked, fractions = call(NAIVE, A, B), [[float(x) for x in row] for row in A]
    known = {
        "a product of NumPy's, whose integers wrap around at 2**63: multiply Python numbers": lambda: by_numpy(
            np.int64
        ),
        "computed in floats, which round beyond 2**53: start each sum at 0, not 0.0, and convert nothing": lambda: (
            loop_product(fractions, B)
        ),
        "computed by NumPy in float64, which rounds beyond 2**53: multiply Python numbers": lambda: by_numpy(
            np.float64
        ),
    }
    hint = "integers of Python are exact: multiply and add the numbers as they are, in plain Python"
    got = multiply(NAIVE, A, B, asked)
    check.equal(got, loop_product(A, B), asked=asked, mistakes=known, hint=hint)
    kinds = sorted({type(x).__name__ for row in got for x in row})
    check.equal(kinds, ["int"], asked="the types of the numbers in " + asked, hint=hint)


@pytest.mark.law
@given(LENGTHS, seeds(), st.sampled_from([30, 40, 62]))
def test_the_naive_one_is_exact_for_integers_of_any_size(lengths: tuple[int, int, int], seed: int, bits: int) -> None:
    (n, k, m), rng = lengths, np.random.default_rng(seed)
    A, B = ((2 * rng.integers(2 ** (bits - 1), 2**bits, size=shape) + 1).tolist() for shape in ((n, k), (k, m)))
    check_exact(A, B)


# --- edges ------------------------------------------------------------------------------------------------------------


@pytest.mark.edge
@both
@pytest.mark.parametrize(
    "lengths", [(1, 1, 1), (1, 5, 1), (4, 1, 3), (1, 3, 4), (4, 3, 1), (2, 3, 7), (7, 3, 2)], ids=str
)
def test_any_of_the_three_lengths_may_be_the_largest_or_one(name: str, lengths: tuple[int, int, int]) -> None:
    n, k, m = lengths
    check_product(name, counting(n, k), counting(k, m) ** 2)


@pytest.mark.edge
@both
@pytest.mark.parametrize("fractional", ["A", "B"])
def test_integers_times_floats_keep_their_fractions(name: str, fractional: str) -> None:
    whole, fractions = np.array([[1, 2], [3, 5]]), np.array([[0.5, 1.75], [2.25, -0.75]])
    check_product(name, *((fractions, whole) if fractional == "A" else (whole, fractions)))


DTYPES: dict[str, tuple[Any, Any]] = {
    "uint8": (np.array([[200, 200]], dtype=np.uint8), np.array([[200], [200]], dtype=np.uint8)),
    "int8 and int32": (np.array([[-100, 100]], dtype=np.int8), np.array([[2**31 - 1], [7]], dtype=np.int32)),
    "int64": (np.array([[2**40, 2**40]]), np.array([[2**40], [2**40]])),
    "float32": (np.array([[2.0**24, 1.0]], dtype=np.float32), np.array([[1.0, 0.1], [1.0, 0.3]], dtype=np.float32)),
    "whole floats": (np.array([[94906265.0, 1.0]]), np.array([[94906265.0, 1.0], [5.0, 2.0**24]])),
    "lists of ints": ([[2**40, 3]], [[2**40], [5]]),
}


@pytest.mark.edge
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_optimized_one_computes_in_float64(dtype: str) -> None:
    A, B = DTYPES[dtype]
    named = {
        "multiplied in the type of the arguments: convert both to float64 first": lambda: np.asarray(A) @ np.asarray(B),
        "computed in float32, which has too few digits": lambda: np.array(A, np.float32) @ np.array(B, np.float32),
    }
    exact = (np.array(A).astype(object) @ np.array(B).astype(object)).astype(np.float64).tolist()
    check_product(OPTIMIZED, A, B, want=exact, named=named, rtol=1e-15)


@pytest.mark.edge
@pytest.mark.parametrize(
    "lengths", [(13, 37, 29), (64, 64, 64), (65, 130, 33), (2050, 2, 3), (3, 2050, 2), (2, 3, 2050)]
)
def test_large_sizes_lose_nothing(lengths: tuple[int, int, int]) -> None:
    n, k, m = lengths
    A, B = normal_matrix(0, n, k), normal_matrix(1, k, m)
    asked, hint = f"{OPTIMIZED} of {A.shape} by {B.shape}", "what fills no whole block at the end counts, too"
    check.close(kata.matrix_multiply_optimized(A, B), np.einsum("ip,pj->ij", A, B), asked=asked, atol=1e-10, hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("n", [64, 256, 512])
def test_each_entry_is_right_by_itself(n: int) -> None:
    rng = np.random.default_rng(n)
    A, B = rng.uniform(1, 2, size=(n, n)), rng.uniform(1, 2, size=(n, n))
    want, scales = A @ B, 2.0 ** -rng.integers(0, 31, size=(n, 1))  # powers of 2, which cost no digit
    got = multiply(OPTIMIZED, A * scales, B, f"{OPTIMIZED} of two {n}x{n} matrices")
    error = float(np.max(np.abs(np.asarray(got) - want * scales) / (want * scales)))
    asked = f"the largest relative error of {OPTIMIZED}, of two {n}x{n} matrices, the rows of A from 1e-9 to 1 in size"
    hint = "add products only: sums of entries, as Strassen takes them, are right for the largest rows, not for each"
    check.true(error < 1e-9, asked=asked, came=f"{error:.1e}", expected="at most 1e-9", hint=hint)


INNER = [((2, 3), (2, 3)), ((2, 3), (4, 2)), ((2, 4), (3, 2)), ((2, 3), (1, 4)), ((2, 1), (3, 4)), ((1, 1), (2, 2))]


@pytest.mark.edge
@both
@pytest.mark.parametrize(("of_a", "of_b"), [*INNER, ((2, 17), (23, 3))], ids=str)
def test_inner_lengths_that_differ_are_an_error_that_says_the_shapes(name: str, of_a: Any, of_b: Any) -> None:
    A, B, shorter = counting(*of_a), counting(*of_b), min(of_a[1], of_b[0])
    args = (A.tolist(), B.tolist()) if name == NAIVE else (A, B)
    named = {
        "the longer inner axis is cut to the shorter, as zip does": lambda: A[:, :shorter] @ B[:shorter],
        "an inner axis of length 1 is broadcast": lambda: (A[:, :, np.newaxis] * B).sum(axis=1),
        "multiplied by the transpose of B to make it fit": lambda: A @ B.T,
        "the factors are swapped: this is B times A": lambda: B @ A,
    }
    because, hint = f"{of_a[1]} columns of A and {of_b[0]} rows of B do not pair", "compare A.shape[1] and B.shape[0]"
    asked, message, run = f"{name} of shapes {of_a} and {of_b}", "", partial(getattr(kata, name), *args)
    check.raises(ValueError, run, asked=asked, because=because, mistakes=named, hint=hint)
    try:
        run()
    except ValueError as error:
        message = str(error)
    said, mistake = set(re.findall(r"\d+", message)), "the message does not say the shapes: put both into it"
    is_right, expected = {str(x) for x in (*of_a, *of_b)} <= said, f"a message that contains {of_a} and {of_b}"
    check.true(is_right, asked="the error of " + asked, came=repr(message), expected=expected, mistake=mistake)


RANKS = [(3,), (1,), (), (2, 2, 2), (1, 2, 2)]


@pytest.mark.edge
@both
@pytest.mark.parametrize("side", ["A", "B"])
@pytest.mark.parametrize("shape", RANKS, ids=str)
def test_anything_but_two_axes_is_an_error(name: str, side: str, shape: tuple[int, ...]) -> None:
    odd, last = counting(*shape), shape[-1] if shape else 1
    fits = counting(last, 2) if side == "A" else counting(2, shape[-2] if len(shape) > 1 else last)
    A, B = (odd, fits) if side == "A" else (fits, odd)
    args = (A.tolist(), B.tolist()) if name == NAIVE else (A, B)
    named = {
        "a number is taken as a factor of all entries": lambda: np.multiply(A, B) if odd.ndim == 0 else None,
        "vectors and stacks are multiplied as NumPy does": lambda: A @ B,
        "np.dot over more or less than two axes": lambda: np.dot(A, B),
        "a vector or a number is taken as a matrix of one row": lambda: np.atleast_2d(A) @ np.atleast_2d(B),
        "a vector is taken as a matrix of one column": lambda: A @ B[:, np.newaxis],
    }
    asked, because = f"{name} of shapes {A.shape} and {B.shape}", f"{side} has {odd.ndim} axes, not 2"
    run = partial(getattr(kata, name), *args)
    check.raises(ValueError, run, asked=asked, because=because, mistakes=named, hint="look at the number of axes first")


EMPTY: list[tuple[Lists, Lists]] = [([], []), ([[]], [[]]), ([[1.0]], [[]]), ([[]], [[1.0]]), ([[], []], [])]
RAGGED: list[tuple[Lists, Lists]] = [
    ([[1, 2], [3]], [[1], [2]]),
    ([[1], [2, 3]], [[1]]),
    ([[1, 2]], [[1], [2, 3]]),
    ([[1, 2]], [[1, 2], [3]]),
]


@pytest.mark.edge
@both
@pytest.mark.parametrize(("A", "B"), [*EMPTY, *RAGGED], ids=str)
def test_empty_axes_and_rows_of_unequal_length_are_an_error(name: str, A: Lists, B: Lists) -> None:
    hint = "compare the length of every row with that of the first, and refuse lengths of zero"
    because = "an axis has length zero, or rows differ in length"
    check.raises(ValueError, partial(getattr(kata, name), A, B), asked=call(name, A, B), because=because, hint=hint)


@pytest.mark.edge
def test_an_inner_axis_of_length_zero_is_an_error() -> None:
    run, asked = partial(kata.matrix_multiply_optimized, np.ones((2, 0)), np.ones((0, 3))), "(2, 0) by (0, 3)"
    mistake = {"all zeros, out of no products": np.zeros((2, 3))}
    check.raises(ValueError, run, asked=asked, because="the inner axis has length zero", mistakes=mistake)


@pytest.mark.edge
@both
def test_arguments_stay_as_they_were(name: str) -> None:
    whole, fractions, other = [[2**53 + 1, 2], [3, 4]], [[0.5, 2.25], [3.0, 4.0]], [[5, 6], [7, 8]]
    pairs: list[tuple[Any, Any]] = [(A, B) for A in (whole, fractions) for B in (A, other)]
    if name == OPTIMIZED:
        pairs += [(array, array) for array in map(np.array, (whole, fractions))]
        pairs += [(np.array(A), np.array(B)) for A in (whole, fractions) for B in (other, fractions)]
    for A, B in pairs:
        with check.untouched(asked=call(name, A, B), A=A, B=B):
            multiply(name, A, B, call(name, A, B))


@pytest.mark.edge
@both
def test_each_row_of_each_result_is_new(name: str) -> None:
    as_given = np.array if name == OPTIMIZED else (lambda rows: [list(row) for row in rows])
    for A, B in (
        ([[1.0], [1.0]], [[2.0, 3.0]]),
        ([[1.0, 2.0], [3.0, 4.0]], [[1.0, 0.0], [0.0, 1.0]]),
        ([[1.0]], [[1.0]]),
    ):
        left, right, want = as_given(A), as_given(B), loop_product(A, B)
        first, second = (multiply(name, left, right, call(name, A, B)) for _ in range(2))
        first[0][0], want[0][0] = -1.0, -1.0
        asked = call(name, A, B) + ", after -1 was written into its first entry"
        check.close(first, want, asked=asked, hint="equal rows are rows of their own, not one row with two names")
        others = f"the arguments and a second result of {call(name, A, B)}, after -1 was written into the first result"
        got, hint = [np.array(x).tolist() for x in (left, right, second)], "make new arrays or lists for each result"
        check.equal(got, [A, B, loop_product(A, B)], asked=others, hint=hint)


@pytest.mark.edge
def test_a_later_call_changes_no_earlier_result() -> None:
    A, B = counting(3, 3), counting(3, 3) ** 2
    first, asked = multiply(OPTIMIZED, A, B, call(OPTIMIZED, A, B)), "the first of two results, after the second call"
    want: Float64Array = np.array(loop_product(A.tolist(), B.tolist()))
    multiply(OPTIMIZED, B, A, call(OPTIMIZED, B, A))
    hint = "two results share one buffer: make a new array for each"
    check.close(first, want, asked=asked, mistakes={hint: loop_product(B.tolist(), A.tolist())}, hint=hint)


# --- speed ------------------------------------------------------------------------------------------------------------


@pytest.mark.speed
@pytest.mark.parametrize("axis", ["n", "k", "m"])
def test_the_naive_one_grows_no_faster_than_each_axis(growth: Grower, axis: str) -> None:
    def prepare(rng: np.random.Generator, length: int) -> Task:
        n, k, m = (length if axis == name else 4 for name in "nkm")
        A, B = rng.normal(size=(n, k)).tolist(), rng.normal(size=(k, m)).tolist()
        return Task(lambda: kata.matrix_multiply_naive(A, B), lambda: loop_product(A, B))

    asked = f"{NAIVE} with {axis} from 64 to 512, and the other lengths 4"
    hint = f"a loop over {axis} costs n^1: is something of that length, a column say, built anew inside it?"
    growth(prepare, (64, 128, 256, 512), same=check.close, at_most=1.6, asked=asked, hint=hint)


@pytest.mark.speed
@pytest.mark.parametrize(("n", "at_least", "versus"), [(100, 50, "the loops"), (400, 1 / 3, "A @ B")])
def test_the_optimized_one_is_fast(race: Racer, n: int, at_least: float, versus: str) -> None:
    def prepare(rng: np.random.Generator) -> Contest:
        size = vary(rng, n)
        A, B = rng.normal(size=(2, size, size))
        baseline = partial(loop_product, A.tolist(), B.tolist()) if n == 100 else partial(np.matmul, A, B)
        return Contest(lambda: kata.matrix_multiply_optimized(A, B), baseline)

    asked = f"{OPTIMIZED} of two {n}x{n} float64 arrays"
    hint = "use a product that reaches BLAS: @, np.dot, np.matmul; einsum does only where it is told to optimize"
    race(prepare, same=partial(check.close, atol=1e-10), at_least=at_least, versus=versus, asked=asked, hint=hint)
