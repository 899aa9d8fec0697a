"""Suite of D16: search against plain loops, and files: copied, cut at each byte, damaged, out of room, seen while compacted.

Nothing is killed and no disk is filled: a file that was cut is what a killed process leaves, a limit on the size of files is
a full disk, and the states of a folder between any two calls are those in which a compaction can end.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np
import pytest
import store_lab
import vector_store as kata
from hypothesis import given, settings
from hypothesis import strategies as st
from store_lab import NAME, VECTORS, Op

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.check import call
from harness.suite.speed import Contest, Grower, Racer, Task, vary

played, openings, grown = map(in_subject_process, (store_lab.played, store_lab.openings, store_lab.grown))
full_disk, moments, aliased = map(in_subject_process, (store_lab.full_disk, store_lab.moments, store_lab.aliased))
filled, change_often = in_subject_process(store_lab.filled), in_subject_process(store_lab.change_often)
Items = dict[str, Any]


def put(key: str, vector: int, **metadata: Any) -> Op:
    return ("upsert", key, vector, metadata)


def shown(script: Sequence[Op]) -> str:
    return "; ".join(f"{op[0]}({', '.join(map(repr, op[1:]))})" for op in script)


# --- search ----------------------------------------------------------------------------------------------------------

POINTS = [("east", [3.0, 0.0]), ("north", [0.0, 2.0]), ("north-east", [10.0, 10.0]), ("west", [-1.0, 0.25])]
COMPASS = np.array([vector for _, vector in POINTS])


def found(query: Any, k: int, where: Any = None) -> list[list[Any]]:
    """Ids and scores that a store of POINTS finds."""
    store = kata.VectorStore(2)
    for i, (key, vector) in enumerate(POINTS):
        store.upsert(key, vector, {"half": "north" if i else "both", "number": i} | ({"note": None} if i == 2 else {}))
    return [[key, round(score, 5)] for key, score, _ in store.search(query, k, where)]


def ranked(scores: Any, k: int = 4, keep: Any = (True,) * 4, largest: bool = True) -> list[list[Any]]:
    order = np.argsort(-scores if largest else scores)
    return [[POINTS[i][0], round(float(scores[i]), 5)] for i in order if keep[i]][:k]


@pytest.mark.example
@pytest.mark.parametrize("query", [[2.0, 1.0], [-3.0, 1.0], [0, 7]], ids=str)
def test_scores_are_cosines_and_the_largest_come_first(query: Any) -> None:
    q = np.array(query, dtype=float)
    norms = np.linalg.norm(COMPASS, axis=1)
    products = COMPASS @ q
    cosines = products / norms / np.linalg.norm(q)
    mistakes = {
        "the dot product: divide by the lengths of both": ranked(products),
        "the query is not divided by its length": ranked(products / norms),
        "the vectors are not divided by their lengths": ranked(products / np.linalg.norm(q)),
        "the Euclidean distance": ranked(np.linalg.norm(COMPASS - q, axis=1), largest=False),
        "one minus the cosine, a distance: give the cosine": ranked(1 - cosines, largest=False),
        "the least similar come first": ranked(cosines, largest=False),
        "the absolute value of the cosine": ranked(np.abs(cosines)),
    }
    check.equal(found(query, 4), ranked(cosines), asked=f"search({query}, 4) in {POINTS}", mistakes=mistakes)
    check.equal(
        found(query, 2),
        ranked(cosines, 2),
        asked=f"search({query}, 2) in {POINTS}",
        mistakes={"k is not asked": ranked(cosines), "the first k items, sorted": ranked(cosines, 4, (1, 1, 0, 0))},
    )


FILTERS: dict[str, tuple[dict[str, Any], tuple[bool, ...]]] = {
    "one key": ({"half": "north"}, (False, True, True, True)),
    "two keys": ({"half": "north", "number": 3}, (False, False, False, True)),
    "two keys, no item with both": ({"half": "both", "number": 3}, (False,) * 4),
    "None is a value": ({"note": None}, (False, False, True, False)),
    "an unknown key": ({"colour": "red"}, (False,) * 4),
    "a value that is falsy": ({"number": 0}, (True, False, False, False)),
    "an empty filter": ({}, (True,) * 4),
}


@pytest.mark.example
@pytest.mark.parametrize("case", FILTERS)
def test_the_k_best_are_those_of_the_items_that_pass(case: str) -> None:
    where, keep = FILTERS[case]
    cosines = COMPASS @ [1.0, 0.0] / np.linalg.norm(COMPASS, axis=1)
    some = {"two keys": (False, True, True, True), "two keys, no item with both": (True, False, False, True)}
    for k in (1, 2, 4):
        mistakes: dict[str, Any] = {
            "the filter comes after the cut: the k best of all are filtered": [
                row for row in ranked(cosines, k) if keep[[key for key, _ in POINTS].index(row[0])]
            ],
            "an item that has one of the keys passes: it must have all of them": ranked(
                cosines, k, some.get(case, keep)
            ),
            "a key that is missing passes for None": ranked(cosines, k) if case == "None is a value" else None,
            "the filter is ignored": ranked(cosines, k),
        }
        asked = f"search([1, 0], {k}, where={where}) in {POINTS}, of which the first has half='both'"
        check.equal(found([1, 0], k, where), ranked(cosines, k, keep), asked=asked, mistakes=mistakes)


@pytest.mark.law
@pytest.mark.parametrize("n", [1, 2, 7, 300])
@pytest.mark.parametrize("dtype", ["float64", "float32", "int8"])
def test_a_search_finds_what_a_loop_finds(n: int, dtype: str) -> None:
    rng = np.random.default_rng(n)
    vectors = (rng.normal(size=(n, 16)) * 30).astype(dtype)
    store = kata.VectorStore(16)
    for i, vector in enumerate(vectors):
        store.upsert(f"v{i}", vector, {"odd": bool(i % 2)})
    for k in (1, 3, n, n + 5):
        query = (rng.normal(size=16) * 30).astype(dtype)
        cosines = [float(np.dot(v * 1.0, query * 1.0) / np.linalg.norm(v) / np.linalg.norm(query)) for v in vectors]
        for where, keep in ((None, range(n)), ({"odd": True}, range(1, n, 2))):
            got = store.search(query, k, where)
            best = sorted((cosines[i] for i in keep), reverse=True)[:k]
            asked = f"search(query, {k}, where={where}) among {n} vectors of 16 numbers, {dtype}"
            scores = [score for _, score, _ in got]
            unsorted = {"the k best, but not in order: argpartition does not sort": scores}
            mistakes = unsorted if check.is_close(sorted(scores, reverse=True), best, rtol=0, atol=1e-5) else {}
            check.close(scores, best, asked=f"scores of {asked}", rtol=0, atol=1e-5, mistakes=mistakes)
            theirs = [cosines[int(key[1:])] for key, _, _ in got]
            check.close(theirs, best, asked=f"cosines of the ids of {asked}", rtol=0, atol=1e-5)
            check.equal([m for *_, m in got], [{"odd": bool(int(key[1:]) % 2)} for key, *_ in got], asked=asked)


# --- items, in memory and in the file ----------------------------------------------------------------------------------


def plain(script: Sequence[Op], slip: str = "") -> list[list[Items]]:
    """Items in memory and in the file after each operation; `slip` is a mistake."""
    memory: Items = {}
    told: list[list[Items]] = []
    for op in script:
        if op[0] == "upsert":
            before = memory.get(op[1])
            vector, metadata = op[2:]
            if before:
                vector = before[0] if slip in ("first", "vector") else vector
                metadata = before[1] if slip in ("first", "metadata") else metadata
                metadata = before[1] | metadata if slip == "merged" else metadata
            memory = memory | {op[1]: [vector, metadata]}
        elif op[0] == "delete":
            memory = {key: item for key, item in memory.items() if key != op[1]}
        told.append([dict(sorted(memory.items())), dict(sorted(memory.items()))])
    if slip == "deletes":
        kept = plain([op for op in script if op[0] == "upsert"])
        turns = np.cumsum([op[0] == "upsert" for op in script])
        told = [[now, kept[turn - 1][1] if turn else {}] for (now, _), turn in zip(told, turns, strict=True)]
    if slip == "late":
        files = [Items(), *(file for _, file in told)]
        told = [[now, files[i]] for i, (now, _) in enumerate(told)]
    return [[now, {} if slip == "empty" else file] for now, file in told]


SLIPS = {
    "first": "an item that is there is not replaced",
    "vector": "the metadata is replaced, and the vector is not",
    "metadata": "the vector is replaced, and the metadata is not",
    "merged": "the new metadata is added to the old: it is replaced",
    "deletes": "deletions are not in the file: items come back",
    "late": "the last operation is not in the file at the path when it returns: it waits in a buffer, "
    "or went to the file that a compaction replaced",
    "empty": "nothing is in the file when an operation returns",
}


def check_played(script: Sequence[Op], with_path: bool = True) -> None:
    """Hold items after each operation to plain ones, up to the first that are wrong."""
    __tracebackhide__ = True
    got, want = played(script, with_path), plain(script)
    for i, (came, right) in enumerate(zip(got, want, strict=True)):
        slips = {text: plain(script, slip)[i] for slip, text in SLIPS.items()}
        for side, who in enumerate(("", ", for who opens the file")[: 1 + with_path]):
            mistakes = {text: items[side] for text, items in slips.items()}
            if is_other_vector(came[side], right[side]):
                mistakes["items have the vectors of others: after a deletion, whose row is which?"] = came[side]
            asked = f"items {{id: [number of the vector, metadata]}} after {shown(script[: i + 1])}{who}"
            check.equal(came[side], right[side], asked=asked, mistakes=mistakes)


def is_other_vector(came: Any, right: Items) -> bool:
    """Whether ids and metadata are right, and a vector is another item's."""
    if not isinstance(came, dict) or came.keys() != right.keys():
        return False
    return all(check.is_equal(came[key][1], right[key][1]) for key in right) and any(
        came[key][0] != vector and came[key][0] in [other for other, _ in right.values()]
        for key, (vector, _) in right.items()
    )


LIFE = [put("a", 0, lang="en"), put("b", 1, lang="de", year=2024), put("a", 2, draft=True), ("delete", "b")]
STORIES: dict[str, list[Op]] = {
    "replaced and deleted": [*LIFE, put("b", 3), ("reopen",), put("c", 4, n=1), ("delete", "a"), ("reopen",)],
    "compacted": [
        *LIFE,
        put("c", 5),
        ("compact",),
        ("reopen",),
        ("compact",),
        put("d", 6),
        ("delete", "c"),
        ("compact",),
    ],
    "nothing left": [put("a", 0), ("delete", "a"), ("compact",), ("reopen",), put("a", 1), ("reopen",)],
    "values": [put("a", 0, s="x", i=3, f=0.1, t=True, n=None, big=2**60, text='line\nbreak, "quote", ü, \\ and 🙂')],
    "ids": [
        put(key, i) for i, key in enumerate(["", "two words", "line\nbreak", "Zürich", '"quoted"\\', "🙂", "a,b\r\t"])
    ],
    "twenty": [put(f"v{i}", i % 8) for i in range(20)] + [("delete", f"v{i}") for i in range(0, 20, 3)] + [("reopen",)],
}


@pytest.mark.example
@pytest.mark.parametrize("story", STORIES)
def test_each_operation_is_in_memory_and_in_the_file(story: str) -> None:
    check_played(STORIES[story], with_path=False)
    check_played(STORIES[story])


METADATA: list[dict[str, Any]] = [{}, {"x": 1}, {"y": "z", "x": None}]


@st.composite
def scripts(draw: st.DrawFn) -> list[Op]:
    script: list[Op] = []
    there: set[str] = set()
    for _ in range(draw(st.integers(1, 10))):
        kind = draw(st.sampled_from(["upsert"] * 4 + ["delete"] * 3 + ["compact", "reopen"]))
        if kind == "delete" and there:
            key = draw(st.sampled_from(sorted(there)))
            there.discard(key)
            script.append(("delete", key))
        elif kind in ("compact", "reopen"):
            script.append((kind,))
        else:
            key = draw(st.sampled_from("abcd"))
            there.add(key)
            script.append(put(key, draw(st.integers(0, 7)), **draw(st.sampled_from(METADATA))))
    return script


@pytest.mark.law
@settings(max_examples=30)
@given(scripts())
def test_items_are_those_of_a_dict(script: list[Op]) -> None:
    check_played(script)


# --- cut, damaged, full -------------------------------------------------------------------------------------------------

LASTS: dict[str, tuple[list[Op], Op]] = {
    "the first": ([], put("a", 0, lang="en")),
    "a new item": (LIFE[:2], put("c", 4, lang="fr", text="one\ntwo")),
    "replaced": (LIFE[:2], put("a", 5)),
    "deleted": (LIFE[:2], ("delete", "a")),
    "after a compaction": ([*LIFE, ("compact",)], put("c", 6)),
}


def items_after(script: Sequence[Op]) -> Items:
    return plain(script)[-1][0] if script else {}


def check_append(before: bytes, after: bytes, asked: str) -> None:
    __tracebackhide__ = True
    check.true(
        len(after) > len(before) and after.startswith(before),
        asked=f"the file after {asked}",
        came=f"{len(after)} bytes, the first {len(before)} {'the same' if after.startswith(before) else 'changed'}",
        expected=f"the {len(before)} bytes that were there, and more",
        mistake="the file is written anew, or changed: append to it",
    )


@pytest.mark.edge
@pytest.mark.parametrize("case", LASTS)
def test_a_file_cut_in_the_last_write_opens_before_or_after_it(case: str) -> None:
    script, last = LASTS[case]
    *_, before, after = grown([*script, last])[0]
    check_append(before, after, shown([*script, last]))
    old, new = items_after(script), items_after([*script, last])
    then = put("z", 7, last=True)
    cuts = range(0 if not script else len(before), len(after) + 1)
    files = [{NAME: after[:cut]} for cut in cuts]
    for came, cut in zip(openings(files), cuts, strict=True):
        asked = f"open the file after {shown([*script, last])}, cut to {cut} of {len(after)} bytes; {len(before)} were there"
        mistake = "what was cut off is an error: it is a write that a crash has ended, leave it out"
        check.true(
            check.is_equal(came, new) or (cut < len(after) and check.is_equal(came, old)),
            asked=asked,
            came=came,
            expected=f"{new}" if cut == len(after) else f"{old} or {new}",
            mistake=mistake if isinstance(came, str) else "other items: what was cut off is taken for whole",
        )
    for came, cut in zip(openings(files, [then]), cuts, strict=True):
        check.true(
            check.is_equal(came, new | {"z": [7, {"last": True}]})
            or check.is_equal(came, old | {"z": [7, {"last": True}]}),
            asked=f"that file, cut to {cut} of {len(after)} bytes, opened, then {shown([then])}, closed and opened again",
            came=came,
            expected=f"{old} or {new}, and z",
            mistake="what is stored after a crash is glued to the remains of what was cut off: cut them off first",
        )


@pytest.mark.edge
def test_a_changed_byte_never_gives_other_items() -> None:
    script = [put("a", 0, lang="en"), put("b", 1), put("a", 2)]
    *_, before, after = grown(script)[0]
    changes = [(place, flip) for place in range(len(before)) for flip in (0x01, 0x80)]
    files = [{NAME: after[:place] + bytes([after[place] ^ flip]) + after[place + 1 :]} for place, flip in changes]
    right, old = items_after(script), items_after(script[:-1])
    for came, (place, flip) in zip(openings(files), changes, strict=True):
        is_short = isinstance(came, dict) and any(check.is_equal(came, items_after(script[:n])) for n in range(2))
        asked = f"open the file after {shown(script)}, its byte {place} of {len(after)} changed by ^ {flip:#x}"
        check.true(
            check.is_equal(came, right) or check.is_equal(came, old) or str(came).startswith("ValueError"),
            asked=asked,
            came=came,
            expected=f"{right} or a ValueError",
            mistake="operations are left out without a word: only the end of a file may be taken for one that was cut"
            if is_short
            else "other items: what was changed must not be taken, nor left out without a word; a checksum finds it"
            if isinstance(came, dict)
            else "another error: check before you parse",
        )


@pytest.mark.edge
@pytest.mark.parametrize("case", [case for case in LASTS if case != "the first"])
def test_what_a_full_disk_refuses_has_not_happened(case: str) -> None:
    script, last = LASTS[case]
    *_, before, after = grown([*script, last])[0]
    old, then = items_after(script), put("z", 7)
    more = old | {"z": [7, {}]}
    for room in sorted({0, 1, 9, (len(after) - len(before)) // 2, len(after) - len(before) - 1}):
        asked = f"{shown([last])} after {shown(script)}, when {room} of {len(after) - len(before)} bytes can be written"
        raised, memory, file, *later = full_disk(script, last, room, then)
        check.equal(
            raised,
            "OSError",
            asked=asked,
            mistakes={"a write that was done in part, or failed, is taken for done": "no error"},
        )
        hint = "it has failed, so it has not happened"
        check.equal(
            memory,
            old,
            asked=f"items after {asked}",
            mistakes={"memory is changed before the file: write first": items_after([*script, last])},
            hint=hint,
        )
        check.equal(file, old, asked=f"items for who opens the file after {asked}", hint=hint)
        for came, side in zip(later, ["", ", for who opens the file", ", closed and opened again"], strict=False):
            check.true(
                check.is_equal(came, more),
                asked=f"then, with room again, {shown([then])}: items{side}",
                came=came,
                expected=str(more),
                mistake="what was written in part stays in the file or in a buffer: take it away when a write fails",
            )


@pytest.mark.edge
@pytest.mark.parametrize("room", [0, 20, 150])
def test_a_compaction_that_a_full_disk_refuses_has_not_happened(room: int) -> None:
    script, then = [*LIFE, put("c", 4, lang="fr"), put("d", 5)], put("z", 7)
    old = items_after(script)
    more = old | {"z": [7, {}]}
    asked = f"compact() after {shown(script)}, when {room} bytes can be written"
    raised, memory, file, *later = full_disk(script, ("compact",), room, then)
    check.equal(raised, "OSError", asked=asked, mistakes={"a failed compaction is taken for done": "no error"})
    check.equal(memory, old, asked=f"items after {asked}")
    check.equal(
        file,
        old,
        asked=f"items for who opens the file after {asked}",
        hint="write a new file, and put it in the place of the old one when it is whole",
    )
    for came in later:
        check.equal(
            came, more, asked=f"items after {asked}, and {shown([then])}", hint="the store goes on with the old file"
        )


@pytest.mark.edge
def test_a_compaction_that_is_killed_leaves_all_items() -> None:
    script = [*LIFE, put("c", 4, lang="fr"), put("d", 5), ("delete", "c"), put("d", 6)]
    states = moments(script, ("compact",))
    right = items_after(script)
    for came, files in zip(openings(states), states, strict=True):
        sizes = {name: len(data) for name, data in files.items()}
        check.true(
            check.is_equal(came, right),
            asked=f"open the store as it is at a moment of compact(), files and bytes: {sizes}",
            came=came,
            expected=str(right),
            mistake="for a moment there is no whole file at the path: write another one, then os.replace",
        )
    for came, files in zip(openings(states, [("compact",), put("z", 7)]), states, strict=True):
        sizes = {name: len(data) for name, data in files.items()}
        asked = f"a compaction killed with files {sizes}; opened, compact(), {shown([put('z', 7)])}, opened again"
        hint = "the remains of a compaction that was killed must not stand in the way of the next"
        check.equal(came, right | {"z": [7, {}]}, asked=asked, hint=hint)


@pytest.mark.edge
def test_a_compacted_file_is_as_small_as_a_new_one() -> None:
    script = [*[put("a", i % 8, turn=i) for i in range(40)], put("b", 3, lang="de"), put("c", 4), ("delete", "c")]
    files, others = grown([*script, ("compact",)])
    fresh = grown([put("a", 7, turn=39), put("b", 3, lang="de")])[0]
    check.true(
        len(files[-1]) <= 1.1 * len(fresh[-1]),
        asked="the file after 43 operations that leave 2 items, and compact()",
        came=f"{len(files[-1])} bytes",
        expected=f"{len(fresh[-1])} bytes, as of a new store with these items, or 10 % more",
        mistake="what was replaced or deleted is still in the file",
    )
    check.equal(others, [], asked="other files in the folder after compact()", hint="take them away")


FOREIGN = {
    "text": b"hello\n",
    "JSON": b'{"vectors": []}\n',
    "zeros": bytes(200),
    "one byte": b"#",
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
}


@pytest.mark.edge
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_that_is_no_store_is_an_error_and_stays_as_it_was(kind: str) -> None:
    came = openings([{NAME: FOREIGN[kind]}])[0]
    check.true(
        str(came).startswith("ValueError") and not str(came).endswith("was changed)"),
        asked=f"VectorStore(3, path) of a file with {FOREIGN[kind][:20]!r}",
        came=came,
        expected="a ValueError, and the file as it was",
        mistake="somebody else's file is written over" if "changed" in str(came) else "it is taken for a store",
    )


@pytest.mark.edge
def test_a_store_of_another_dimension_is_an_error() -> None:
    path = in_subject_process(store_lab.new_path)()
    store = kata.VectorStore(2, path)
    store.upsert("a", [1, 2])
    store.delete("a")
    store.compact()
    store.close()
    check.raises(
        ValueError,
        lambda: len(kata.VectorStore(3, path)),
        asked="VectorStore(3, path) of a store of dimension 2, from which all was deleted, compacted",
        because="it has dimension 2",
        mistakes={"the dimension is not in the file, or not compared": 0},
    )
    again = kata.VectorStore(2, path)
    check.equal(len(again), 0, asked="len(VectorStore(2, path)), after it was refused for dimension 3")
    again.close()


# --- errors, and what is shared ------------------------------------------------------------------------------------------

REFUSED: dict[str, tuple[str, tuple[Any, ...], str]] = {
    "too short": ("upsert", ("a", [1.0, 2.0]), "the vector has 2 numbers of 3"),
    "a row": ("upsert", ("a", [[1.0, 2.0, 3.0]]), "the vector has shape (1, 3)"),
    "a number": ("upsert", ("a", 1.0), "a number has no length"),
    "zeros": ("upsert", ("a", [0, 0, 0]), "a vector of zeros has no direction"),
    "NaN": ("upsert", ("a", [1.0, np.nan, 0.0]), "a vector with NaN has no cosine"),
    "infinite": ("upsert", ("a", [1.0, np.inf, 0.0]), "a vector with an infinity has no cosine"),
    "a long query": ("search", ([1.0, 2.0, 3.0, 4.0], 1), "the query has 4 numbers of 3"),
    "a query of zeros": ("search", ([0.0, 0.0, 0.0], 1), "a query of zeros has no direction"),
    "a query with NaN": ("search", ([np.nan, 0.0, 0.0], 1), "a query with NaN has no cosine"),
    "k = 0": ("search", ([1.0, 0.0, 0.0], 0), "k is 0"),
    "k = -1": ("search", ([1.0, 0.0, 0.0], -1), "k is negative"),
}


@pytest.mark.edge
@pytest.mark.parametrize("case", REFUSED)
def test_what_is_refused_changes_nothing(case: str) -> None:
    method, args, because = REFUSED[case]
    path = in_subject_process(store_lab.new_path)()
    for store in (kata.VectorStore(3), kata.VectorStore(3, path)):
        if case in ("k = 0", "a query of zeros", "a long query"):
            check.raises(
                ValueError, partial(store.search, *args), asked=str(call(method, *args)) + ", empty", because=because
            )
        store.upsert("a", [1, 0, 0], {"old": True})
        check.raises(
            ValueError,
            partial(getattr(store, method), *args),
            asked=call(method, *args),
            because=because,
            mistakes={"it is stored": None},
        )
        right = [("a", 1.0, {"old": True})]
        check.equal(store.search([2, 0, 0], 5), right, asked=f"search after {call(method, *args)} was refused")
        store.close()
    again = kata.VectorStore(3, path)
    check.equal(again.search([2, 0, 0], 5), right, asked=f"search in the file after {call(method, *args)} was refused")
    again.close()
    again.close()


@pytest.mark.edge
def test_unknown_ids_and_dimensions() -> None:
    for path in (None, in_subject_process(store_lab.new_path)()):
        store = kata.VectorStore(3, path)
        check.raises(
            KeyError,
            partial(store.delete, "a"),
            asked="delete('a')",
            because="there are no items",
            mistakes={"an id that is not there is passed over without a word": None},
        )
        store.upsert("a", [1, 2, 3])
        store.delete("a")
        check.raises(
            KeyError,
            partial(store.delete, "a"),
            asked="delete('a') again",
            because="it was deleted",
            mistakes={"an id that is not there is passed over without a word": None},
        )
        check.equal(store.search([1, 1, 1], 3), [], asked="search when all is deleted")
        check.equal(len(store), 0, asked="len(store) when all is deleted")
        store.close()
        if path is not None:
            reopened, because = "VectorStore(3, path) again", "a delete that was refused leaves nothing in the file"
            again = check.accepts(partial(kata.VectorStore, 3, path), asked=reopened, because=because)
            check.equal(len(again), 0, asked=f"len of {reopened}")
            again.close()
    line = kata.VectorStore(1)
    line.upsert("left", [-5])
    check.equal(line.search([2], 1), [("left", -1.0, {})], asked="search([2], 1) in a store of dimension 1 with [-5]")
    for dimension in (0, -3):
        asked = call("VectorStore", dimension)
        check.raises(ValueError, partial(kata.VectorStore, dimension), asked=asked, because="it is below 1")


@pytest.mark.edge
def test_nothing_is_shared() -> None:
    stored, after_results = aliased()
    right = {"a": [0, {"lang": "en"}]}
    asked = "items after upsert('a', vector, metadata), both of which the caller then changed"
    check.equal(
        stored,
        right,
        asked=asked,
        mistakes={
            "the caller's metadata is kept: copy it": {"a": [0, {"lang": "de"}]},
            "the caller's vector is kept: copy it": {"a": [1, {"lang": "en"}]},
        },
    )
    asked = "items after the metadata in a result of search was changed"
    mistakes = {"results are the store's own metadata: give copies": {"a": [0, {"lang": "fr"}]}}
    check.equal(after_results, right, asked=asked, mistakes=mistakes)
    one, other = kata.VectorStore(3), kata.VectorStore(3)
    one.upsert("a", VECTORS[0])
    check.equal(
        len(other), 0, asked="len of a store, after upsert in another", mistakes={"two stores share their items": 1}
    )
    vector, metadata = np.array([3.0, 4.0, 0.0]), {"x": 1}
    with check.untouched(asked="upsert and search", vector=vector, metadata=metadata):
        one.upsert("b", vector, metadata)
        one.search(vector, 1, metadata)


# --- speed -----------------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_a_search_is_faster_than_a_loop(race: Racer) -> None:
    vectors = np.random.default_rng(0).normal(size=(5000, 64))
    store = filled(vectors)
    norms = [float(np.linalg.norm(vector)) for vector in vectors]

    def contest(rng: np.random.Generator) -> Contest:
        query = rng.normal(size=64)
        k = vary(rng, 10)

        def loop() -> list[float]:
            length = float(np.linalg.norm(query))
            cosines = [float(np.dot(v, query)) / norm / length for v, norm in zip(vectors, norms, strict=True)]
            return sorted(cosines, reverse=True)[:k]

        return Contest(lambda: [score for _, score, _ in store.search(query, k)], loop)

    same = partial(check.close, rtol=0, atol=1e-5)
    race(contest, same=same, at_least=5, versus="the loop", asked="search of 10 among 5000 vectors of 64 numbers")


@pytest.mark.speed
def test_changes_cost_the_same_among_many_items(growth: Grower) -> None:
    def prepare(rng: np.random.Generator, n: int) -> Task:
        store = filled(rng.normal(size=(n, 8)))
        return Task(partial(change_often, store, rng.normal(size=(100, 8))), lambda: n)

    hint = "do not build the matrix anew for each change: leave room in it, and fill the gap of what is deleted"
    asked = "100 upserts and deletes, among more and more items"
    growth(prepare, (250, 1000, 4000), same=check.equal, at_most=0.5, asked=asked, hint=hint)
