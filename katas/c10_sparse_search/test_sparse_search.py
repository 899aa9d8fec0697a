"""Suite of C10: sparse products and searches against plain loops, with nothing dense, and at the cost of what is found."""

from __future__ import annotations

import math
from collections import Counter
from functools import partial
from typing import Any

import numpy as np
import pytest
import sparse_calls
import sparse_search as kata
from hypothesis import given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each, in_subject_process
from harness.suite.check import Mistakes, call
from harness.suite.speed import Contest, Grower, MemoryMeter, Racer, Task, vary
from harness.suite.strategies import Float64Array

Entries = list[tuple[int, int, float]]
Document = list[str]
search_each, first_of_rows = map(in_subject_process, (sparse_calls.search_each, sparse_calls.first_of_rows))


def made(entries: Entries, shape: tuple[int, int]) -> Any:
    rows, columns, values = ([entry[part] for entry in entries] for part in range(3))
    return kata.CSRMatrix(rows, columns, values, shape)


def loop_dot(entries: Entries, vector: Any, n: int) -> list[float]:
    """The definition, entry by entry."""
    result = [0.0] * n
    for row, column, value in entries:
        result[row] += value * vector[column]
    return result


def check_matrix(entries: Entries, shape: tuple[int, int], *, hint: str = "") -> None:
    """Hold the product and all rows to the entries, added up."""
    __tracebackhide__ = True
    n, m = shape
    asked, because = f"CSRMatrix of the entries {entries}, shape={shape}", "entries are inside, and none may be there"
    matrix = check.accepts(partial(made, entries, shape), asked=asked, because=because)
    vector, want = np.array([2.0**i + 1 for i in range(m)]), partial(loop_dot, n=n)
    right, last = want(entries, vector), {(r, c): v for r, c, v in entries}
    only = [(*place, v) for place, v in last.items()]
    mistakes: Mistakes = {
        "of several entries at one place one counts: add them up": want(only, vector),
        "rows and columns are exchanged": lambda: want([(c, r, v) for r, c, v in entries], vector),
        "rows without entries are missing at the end": right[: max((r for r, _, _ in entries), default=-1) + 1],
    }
    hint = hint or "a row is the sum over its own entries; np.add.reduceat gives empty rows a product of the next one"
    got, dot = matrix.dot(vector.copy()), asked + str(call(".dot", vector))
    check.close(got, right, asked=dot, atol=1e-9, mistakes=mistakes, hint=hint)
    for i, (columns, values) in enumerate(each(matrix.row, [(i,) for i in range(n)])):
        places = np.asarray(columns).tolist()
        dense = np.array([math.fsum(v for r, c, v in entries if (r, c) == (i, column)) for column in range(m)])
        asked_row = asked + f".row({i})"
        must = np.flatnonzero(dense).tolist()
        good = places == sorted(set(places)) and set(must) <= set(places) <= {*range(m)}
        twice = "entries at one place stand side by side: add them up"
        mistake = twice if len(set(places)) < len(places) else "sort the columns" if places != sorted(places) else ""
        expected = f"the columns {must}, rising, each once"
        check.true(good, asked=asked_row, came=columns, expected=expected, mistake=mistake, hint=hint)
        check.close(values, dense[places], asked=asked_row + ", its values", atol=1e-9, hint=hint)


@st.composite
def matrices_(draw: st.DrawFn) -> tuple[Entries, tuple[int, int]]:
    """Up to 10 entries in any order, some at one place."""
    n, m = draw(st.integers(1, 5)), draw(st.integers(1, 5))
    entry = st.tuples(st.integers(0, n - 1), st.integers(0, m - 1), st.integers(-9, 9).map(lambda v: v / 4))
    return draw(st.lists(entry, max_size=10)), (n, m)


@pytest.mark.example
def test_worked_examples_of_a_matrix() -> None:
    check_matrix([(0, 1, 1.0), (2, 0, 2.0), (2, 2, 3.0), (0, 1, 4.0)], (3, 3))
    check_matrix([(1, 2, 5.0), (1, 0, -1.0), (3, 1, 2.0)], (5, 4))


@pytest.mark.law
@given(matrices_())
def test_products_and_rows_are_those_of_the_entries(matrix: tuple[Entries, tuple[int, int]]) -> None:
    check_matrix(*matrix)


@pytest.mark.edge
def test_no_entries_and_empty_rows_at_both_ends() -> None:
    check_matrix([], (2, 3), hint="no entries at all are a matrix of zeros")
    check_matrix([(2, 0, 7.0)], (5, 1), hint="rows without entries have the product 0 and no columns")


@pytest.mark.edge
def test_small_integers_do_not_wrap_around() -> None:
    arrays = np.array([0, 0], dtype=np.uint8), np.array([1, 1], dtype=np.uint8), np.array([200, 100], dtype=np.uint8)
    matrix = kata.CSRMatrix(*arrays, (2, 300))
    vector = np.full(300, 2, dtype=np.uint8)
    hint = "the numbers came in uint8: make them float64, and indices of more than 8 bits"
    check.close(matrix.dot(vector), [600.0, 0.0], asked="200 + 100, times 2, all in uint8", hint=hint)
    make = partial(kata.CSRMatrix, np.array([250], dtype=np.uint8), np.array([255], dtype=np.uint8), [1], (300, 300))
    far = check.accepts(make, asked="an entry at (250, 255) of 300 x 300, indices in uint8", because="it is inside")
    check.close(far.dot(np.arange(300))[250], 255.0, asked="an entry at (250, 255), indices in uint8", hint=hint)
    halves = np.array([0.1, 0.2], dtype=np.float32)
    got = kata.CSRMatrix([0, 0], [0, 0], halves, (1, 1)).dot([1])
    check.close(got, [halves.astype(float).sum()], asked="0.1 and 0.2 of float32 at one place", hint="add in float64")
    check_matrix([(0, 0, 0.7)], (1, 1), hint="float32 has seven digits: keep values in float64")


@pytest.mark.edge
def test_a_matrix_may_have_more_places_than_32_bits_count() -> None:
    n, hint = 100_000, "number places in 64 bits, or sort by row and then by column: 10^10 places are more than 2^32"
    entries = [(i, j, 1.0) for i in (99_999, 70_000, 42_950, 0) for j in (5, 99_999, 67_296)] * 2
    matrix = made(entries, (n, n))
    rows = [tuple(np.asarray(part).tolist() for part in matrix.row(i)) for i in (99_999, 70_000, 42_950, 0)]
    asked = f"four rows with entries twice at the columns 5, 67296 and 99999, of a matrix of {n} x {n}"
    check.equal(rows, [([5, 67_296, 99_999], [2.0] * 3)] * 4, asked=asked, hint=hint)
    asked = "the sum of its product with ones"
    check.close(float(np.sum(matrix.dot(np.ones(n)))), 24.0, asked=asked, hint=hint)


# --- search ----------------------------------------------------------------------------------------------------------


def weights_of(words: Document, documents: list[Document], idf: str = "smooth") -> dict[str, float]:
    n, weights = len(documents), {}
    for word, count in Counter(words).items():
        containing = sum(word in document for document in documents)
        rarity = {
            "smooth": math.log((1 + n) / (1 + containing)) + 1,
            "plain": math.log(n / containing) if containing else 0.0,
            "without + 1": math.log((1 + n) / (1 + containing)),
        }
        weights[word] = count * rarity[idf]
    return weights


def length(weights: dict[str, float]) -> float:
    return math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0


def loop_scores(
    documents: list[Document], query: Document, *, idf: str = "smooth", unknown: bool = False, cosine: str = "both"
) -> Float64Array:
    """The definition, document by document; the keyword arguments are what mistakes change."""
    known = query if unknown else [word for word in query if any(word in document for document in documents)]
    asked, scores = weights_of(known, documents, idf), []
    for document in documents:
        weights = weights_of(document, documents, idf)
        product = sum(weight * weights.get(word, 0.0) for word, weight in asked.items())
        by_document = length(weights) if cosine in ("both", "document") else 1.0
        scores.append(product / by_document / (length(asked) if cosine in ("both", "query") else 1.0))
    return np.array(scores)


def search_mistakes(documents: list[Document], query: Document, k: int) -> Mistakes:
    once = partial(loop_scores, [list(dict.fromkeys(document)) for document in documents])
    wrong = {
        "unknown words count for the query's length: leave them out": loop_scores(documents, query, unknown=True),
        "the query is not divided by its length": loop_scores(documents, query, cosine="document"),
        "documents are not divided by their length": loop_scores(documents, query, cosine="query"),
        "ln(n / n_w), without the ones": loop_scores(documents, query, idf="plain"),
        "the 1 behind the logarithm is missing": loop_scores(documents, query, idf="without + 1"),
        "a word that a document has twice counts once": once(query),
        "a word that the query has twice counts once": loop_scores(documents, list(dict.fromkeys(query))),
    }
    return {name: np.sort(scores[scores > 0])[::-1][:k] for name, scores in wrong.items()}


def check_search(documents: list[Document], query: Document, k: int, index: Any = None, *, hint: str = "") -> None:
    """Hold what is found to the definition; which of nearly equal documents comes first is free, of equal ones it is not."""
    __tracebackhide__ = True
    asked = call("TfidfIndex", documents) + str(call(".search", query, k))
    index = kata.TfidfIndex([[*document] for document in documents]) if index is None else index
    because = "there are documents, and k is at least 1"
    found = check.accepts(lambda: index.search([*query], k), asked=asked, because=because)
    ids, scores = np.asarray(found[0]), np.asarray(found[1])
    right = loop_scores(documents, query)
    want = np.sort(right[right > 0])[::-1][:k]
    many = "documents that share no word with the query are found: leave them out" if len(ids) > len(want) else ""
    expected = f"{len(want)} documents"
    check.true(len(ids) == len(want), asked=asked, came=ids, expected=expected, mistake=many, hint=hint)
    mistakes, usual = search_mistakes(documents, query, k), "cosines, the largest first"
    check.close(scores, want, asked=asked + ", its scores", mistakes=mistakes, hint=hint or usual)
    is_once = len(set(ids.tolist())) == len(ids)
    mixed = "the ids are not those of the scores" if is_once else "an id twice"
    same = is_once and check.is_close(right[ids.astype(int)], scores, rtol=1e-9, atol=1e-9)
    check.true(same, asked=asked, came=ids, expected=f"ids whose scores are {scores}", mistake=mixed)
    for document in {tuple(sorted(documents[i])) for i in ids.tolist()}:
        equal = [i for i, other in enumerate(documents) if tuple(sorted(other)) == document]
        came = [i for i in ids.tolist() if i in equal]
        mistake = "of equal documents the one with the lower id comes first"
        check.true(came == equal[: len(came)], asked=asked, came=ids, expected=f"of {equal} the first", mistake=mistake)


HENS = [["red", "fox"], ["red", "red", "hen"], [], ["hen"]]
WORDS = st.sampled_from(["a", "b", "c", "d", "e"])
DOCUMENTS = st.lists(st.lists(WORDS, max_size=6), min_size=1, max_size=7)


@pytest.mark.example
def test_worked_examples_of_search() -> None:
    check_search(HENS, ["hen", "unicorn"], 5)
    check_search(HENS, ["red", "fox", "red"], 2)


@pytest.mark.law
@given(DOCUMENTS, st.lists(WORDS, max_size=5), st.integers(1, 8), st.booleans())
def test_search_finds_the_largest_cosines(documents: list[Document], query: Document, k: int, strange: bool) -> None:
    check_search(documents, query + ["zebra"] * strange, k)


@pytest.mark.edge
def test_nothing_is_found_without_a_common_word() -> None:
    cases: list[tuple[list[Document], Document]]
    cases = [(HENS, []), (HENS, ["unicorn"]), ([[], []], ["hen"]), ([["a"]], ["A"])]
    for documents, query in cases:
        check_search(documents, query, 3, hint="two empty arrays: no word of the query is in a document")


@pytest.mark.edge
def test_equal_documents_come_by_id() -> None:
    documents = [["a", "b"], ["c"], ["b", "a"], ["a"], ["a", "b"], ["a"]] * 20
    index = kata.TfidfIndex(documents)
    for query, k in [(["a", "b"], 50), (["a"], 15), (["c"], 7)]:
        check_search(documents, query, k, index)


@pytest.mark.edge
def test_arguments_stay_and_later_changes_have_no_effect() -> None:
    rows, columns, values = np.array([2, 0, 1]), np.array([1, 0, 1]), np.array([3.0, 4.0, 5.0])
    vector, documents, query = np.array([1.0, 2.0]), [[*document] for document in HENS], ["hen", "red"]
    arguments = {"rows": rows, "columns": columns, "values": values, "vector": vector, "documents": documents}
    with check.untouched(asked="all methods", query=query, **arguments):
        matrix, index = kata.CSRMatrix(rows, columns, values, (3, 2)), kata.TfidfIndex(documents)
        first = np.array(matrix.dot(vector))
        index.search(query, 3)
    rows[:], columns[:], values[:] = 0, 0, 9.0
    for array in matrix.row(0):
        array[:] = 1
    documents[0].append("hen")
    hint = "keep copies, and return new arrays: the caller's arrays and lists were changed since"
    check.close(matrix.dot(vector), first, asked="the same product once more", hint=hint)
    check_search(HENS, query, 3, index, hint=hint)


BAD: list[Any] = [
    *[("entries", *e) for e in [([0], [0, 1], [1, 2]), ([0, 1], [0, 1], [1]), ([[0]], [[0]], [[1]]), ([0], [-1], [1])]],
    *[("entries", *e) for e in [([0, 3], [0, 0], [1, 1]), ([0, 0], [0, 2], [1, 1]), ([-1, 0], [0, 0], [1, 1])]],
    *[("dot", [1.0]), ("dot", [1.0, 2.0, 3.0]), ("dot", [[1.0], [2.0]]), ("row", 3), ("row", -1)],
    *[("shape", (0, 2)), ("shape", (2, 0)), ("k", 0), ("documents", [])],
]


@pytest.mark.edge
@pytest.mark.parametrize("bad", BAD, ids=str)
def test_wrong_arguments_are_an_error(bad: Any) -> None:
    what, *arguments = bad
    matrix, index = made([(0, 1, 1.0)], (3, 2)), kata.TfidfIndex([["a"]])
    attempts = {
        "entries": lambda *entries: kata.CSRMatrix(*entries, (3, 2)),
        "dot": matrix.dot,
        "row": matrix.row,
        "shape": partial(kata.CSRMatrix, [], [], []),
        "k": partial(index.search, ["a"]),
        "documents": kata.TfidfIndex,
    }
    because, hint = {
        "entries": ("there are 3 rows and 2 columns, and one value for each place", "-1 is no index here"),
        "dot": ("the vector has shape (2,)", "compare shapes: NumPy broadcasts"),
        "row": ("rows are 0, 1 and 2", "-1 is no index here, and a slice is empty in silence"),
        "shape": ("there is at least one row and one column", "check shape, also where there are no entries"),
        "k": ("k is at least 1", "check k first: a slice is empty in silence"),
        "documents": ("there is at least one document", "check it first"),
    }[what]
    thunk, asked = partial(attempts[what], *arguments), f"{what} {arguments}, of a matrix of shape (3, 2)"
    check.raises(ValueError, lambda: thunk() is None, asked=asked, because=because, hint=hint)


# --- speed and memory ------------------------------------------------------------------------------------------------


def many_documents(rng: np.random.Generator, n: int, words: int) -> list[Document]:
    """Documents of 10 words out of `words`."""
    return [[f"w{word}" for word in row] for row in rng.integers(0, words, size=(n, 10)).tolist()]


def same_search(got: Any, want: Any, *, asked: check.Asked) -> None:
    """Hold scores (of which ids may tie) of one or many searches."""
    __tracebackhide__ = True
    check.close(np.concatenate([scores for _, scores in got]), np.concatenate(want), asked=asked)


@pytest.mark.speed
def test_a_product_is_faster_than_a_loop(race: Racer) -> None:
    def prepare(rng: np.random.Generator) -> Contest:
        m = vary(rng, 50_000)
        rows, columns = rng.integers(0, 2000, size=(2, m))
        values, vector = rng.normal(size=m), rng.normal(size=2000)
        matrix = kata.CSRMatrix(rows, columns, values, (2000, 2000))
        entries, numbers = list(zip(rows.tolist(), columns.tolist(), values.tolist(), strict=True)), vector.tolist()
        return Contest(lambda: matrix.dot(vector), lambda: loop_dot(entries, numbers, 2000))

    asked, hint = "dot of a matrix of 2000 x 2000 with about 50 000 entries", "multiply all values at once"
    race(prepare, same=partial(check.close, atol=1e-9), at_least=5, versus="the loop", asked=asked, hint=hint)


class Scan:
    """The baseline: each document is compared with the query. There may be others, that share no word with it."""

    def __init__(self, documents: list[Document], others: int = 0) -> None:
        n, containing = len(documents) + others, Counter(word for document in documents for word in set(document))
        self.idf = {word: math.log((1 + n) / (1 + n_w)) + 1 for word, n_w in containing.items()}
        self.weights = [self.weigh(document) for document in documents]

    def weigh(self, words: Document) -> dict[str, float]:
        """Weights of length 1."""
        weights = {word: count * self.idf[word] for word, count in Counter(words).items()}
        total = length(weights)
        return {word: weight / total for word, weight in weights.items()}

    def search(self, query: Document, k: int) -> list[float]:
        """The best k scores."""
        asked = self.weigh(query)
        scores = [sum(asked[word] * weights.get(word, 0.0) for word in asked) for weights in self.weights]
        return sorted((score for score in scores if score > 0), reverse=True)[:k]


@pytest.mark.speed
def test_a_search_is_faster_than_comparing_each_document(race: Racer) -> None:
    documents = many_documents(np.random.default_rng(0), 2000, 1000)
    scan, indices = Scan(documents), dict[str, Any]()

    def prepare(rng: np.random.Generator) -> Contest:
        queries = [[f"w{word}" for word in row] for row in rng.integers(0, 1000, size=(20, 3)).tolist()]
        index = indices.get("index") or indices.setdefault("index", kata.TfidfIndex(documents))
        return Contest(lambda: search_each(index, queries, 10), lambda: [scan.search(query, 10) for query in queries])

    asked = "20 searches with 3 words among 2000 documents"
    hint = "read the postings of the query's words, nothing else"
    race(prepare, same=same_search, at_least=10, versus="comparing each document", asked=asked, hint=hint)


@pytest.mark.speed
def test_a_row_costs_what_is_in_it(growth: Grower) -> None:
    matrices: dict[int, Any] = {}

    def prepare(rng: np.random.Generator, n: int) -> Task:
        if n not in matrices:
            rows, columns = np.repeat(np.arange(n), 10), np.tile(np.arange(10), n)
            matrices[n] = kata.CSRMatrix(rows, columns, np.arange(10.0 * n), (n, 10))
        chosen = rng.integers(0, n, size=100).tolist()
        return Task(lambda: first_of_rows(matrices[n], chosen), lambda: [10.0 * i for i in chosen])

    asked, hint = "100 calls of row, with more and more rows", "keep where each row begins: nothing is searched"
    growth(prepare, (400, 1600, 6400), same=check.close, at_most=0.4, asked=asked, hint=hint)


@pytest.mark.speed
def test_a_search_costs_what_it_finds(growth: Grower) -> None:
    indices: dict[int, Any] = {}
    common = many_documents(np.random.default_rng(1), 100, 50)

    def prepare(rng: np.random.Generator, n: int) -> Task:
        if n not in indices:
            indices[n] = kata.TfidfIndex(common + [["other"]] * n), Scan(common, others=n)
        index, scan = indices[n]
        queries = [[f"w{word}" for word in row] for row in rng.integers(0, 50, size=(50, 3)).tolist()]
        return Task(lambda: search_each(index, queries, 5), lambda: [scan.search(query, 5) for query in queries])

    asked = "50 searches, with more and more documents of other words"
    hint = "have no array with a place for each document"
    growth(prepare, (4_000, 16_000, 64_000), same=same_search, at_most=0.4, asked=asked, hint=hint)


@pytest.mark.speed
def test_nothing_dense_is_made(memory: MemoryMeter) -> None:
    def product(rng: np.random.Generator) -> Task:
        n = vary(rng, 3000)
        rows, columns = rng.integers(0, n, size=(2, 6000))
        values, vector = rng.normal(size=6000), rng.normal(size=n)
        want = np.zeros(n)
        np.add.at(want, rows, values * vector[columns])
        return Task(lambda: kata.CSRMatrix(rows, columns, values, (n, n)).dot(vector), lambda: want)

    def search(rng: np.random.Generator) -> Task:
        documents = many_documents(rng, 1500, 6000)
        query = documents[7][:3]
        return Task(lambda: [kata.TfidfIndex(documents).search(query, 5)], lambda: [Scan(documents).search(query, 5)])

    hint = "a table of rows x columns has 9 million numbers, 69 MiB"
    asked = "a matrix of 3000 x 3000 with 6000 entries, and its product"
    memory(product, same=partial(check.close, atol=1e-9), at_most_mib=8, asked=asked, hint=hint)
    asked = "an index of 1500 documents with 10 words each, of 6000, and a search"
    hint = "a table of documents x words has 9 million numbers, 69 MiB"
    memory(search, same=same_search, at_most_mib=24, asked=asked, hint=hint)
