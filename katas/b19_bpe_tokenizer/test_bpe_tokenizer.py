"""Suite of B19: merges and ids against a plain loop, any Unicode there and back, and words that greedy matching loses."""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from typing import Any

import bpe_tokenizer as kata
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import each
from harness.suite.check import Asked, Mistakes, call

Ids = list[int]
Pair = tuple[int, int]

# --- byte pair encoding, by plain loops ------------------------------------------------------------------------------


def replace(ids: Ids, pair: Pair, new: int) -> Ids:
    """Each occurrence replaced, from left to right."""
    done: Ids = []
    for token in ids:
        if done and (done[-1], token) == pair:
            done[-1] = new
        else:
            done.append(token)
    return done


def apart(ids: Ids, pair: Pair) -> int:
    """Occurrences that do not overlap: each replacement makes the list shorter by one."""
    return len(ids) - len(replace(ids, pair, -1))


def to_bytes(text: str) -> Ids:
    return list(text.encode("utf-8"))


def loop_train(
    ids: Ids,
    n_merges: float,
    *,
    count: Callable[[Ids, Pair], int] = apart,
    ties: Callable[[list[Pair]], Pair] = min,
    least: int = 2,
) -> list[Pair]:
    """The definition; the keyword arguments are what mistakes change."""
    merges: list[Pair] = []
    while len(merges) < n_merges:
        counts = {pair: count(ids, pair) for pair in dict.fromkeys(pairwise(ids))}  # in the order of appearance
        top = max(counts.values(), default=0)
        if top < least:
            break
        merges.append(ties([pair for pair in counts if counts[pair] == top]))
        ids = replace(ids, merges[-1], 255 + len(merges))
    return merges


def train_mistakes(text: str, vocab_size: int) -> Mistakes:
    ids, n = to_bytes(text), vocab_size - 256
    first: Any = {"ties": lambda pairs: pairs[0]}
    overlap: Any = {"count": lambda ids, pair: [*pairwise(ids)].count(pair)}
    within_words: Any = {"count": lambda ids, pair: 0 if 32 in pair else apart(ids, pair)}
    return {
        "overlapping occurrences are counted: aaa has (a, a) once": partial(loop_train, ids, n, **overlap),
        "of equally frequent pairs the first in the text: take the smallest": partial(loop_train, ids, n, **first),
        "overlaps are counted, and of equals the first is taken": partial(loop_train, ids, n, **overlap, **first),
        "of equally frequent pairs the largest: take the smallest": partial(loop_train, ids, n, ties=max),
        "merges of pairs that occur once: end when no pair occurs twice": partial(loop_train, ids, n, least=1),
        "ends too early: pairs that occur twice are merged": partial(loop_train, ids, n, least=3),
        "vocab_size merges: 256 of the ids are bytes": partial(loop_train, ids, vocab_size),
        "one merge too few: vocab_size counts the bytes 0 to 255 and the merges": partial(loop_train, ids, n - 1),
        "one merge too many: vocab_size counts the bytes 0 to 255 and the merges": partial(loop_train, ids, n + 1),
        "code points in place of bytes: start from text.encode('utf-8')": partial(loop_train, [*map(ord, text)], n),
        "no merge has a space in it: the text is one sequence of bytes": partial(loop_train, ids, n, **within_words),
    }


def loop_encode(ids: Ids, merges: list[Pair]) -> Ids:
    """Merge after merge. A later one never makes an earlier one possible: its id is larger than those."""
    for i, pair in enumerate(merges):
        ids = replace(ids, pair, 256 + i)
    return ids


def token_bytes(merges: list[Pair]) -> dict[int, bytes]:
    table = {i: bytes([i]) for i in range(256)}
    for i, (left, right) in enumerate(merges, 256):
        table[i] = table[left] + table[right]
    return table


def longest_match(data: bytes, table: dict[int, bytes]) -> Ids:
    """A common mistake: the longest token from the left."""
    if not data:
        return []
    token = max((token for token in table if data.startswith(table[token])), key=lambda token: len(table[token]))
    return [token, *longest_match(data[len(table[token]) :], table)]


def by_choice(ids: Ids, merges: list[Pair], choose: Callable[[list[int]], int], most: float = math.inf) -> Ids:
    """Makes the merge that `choose` takes from the ranks in the text, in their order; `most` such steps."""
    while (ranks := [merges.index(pair) for pair in pairwise(ids) if pair in merges]) and most:
        rank, most = choose(ranks), most - 1
        ids = replace(ids, merges[rank], 256 + rank)
    return ids


def encode_mistakes(text: str, merges: list[Pair]) -> Mistakes:
    ids = to_bytes(text)
    first = "the merge that was learned earliest comes first"
    return {
        f"the longest token from the left: {first}": partial(longest_match, bytes(ids), token_bytes(merges)),
        f"the latest merge first: {first}": partial(by_choice, ids, merges, max),
        f"the merge that is leftmost: {first}": partial(by_choice, ids, merges, lambda ranks: ranks[0]),
        "only one merge is made: go on until there is none": partial(by_choice, ids, merges, min, 1),
        "bytes: no merge is made": ids,
    }


def merges_of(model: Any) -> list[Pair]:
    return [tuple(pair) for pair in model.merges]


def check_train(text: str, vocab_size: int, model: Any = None, *, hint: str = "") -> Any:
    """Train (a new tokenizer, or the one given), hold its merges to the definition, and return it."""
    __tracebackhide__ = True
    model = kata.BPETokenizer() if model is None else model
    asked = call("BPETokenizer().train", text, vocab_size)
    trained = check.accepts(lambda: model.train(text, vocab_size), asked=asked, because="any text will do")
    check.true(trained is not None, asked=asked, came="None", expected="self", mistake="return self")
    check.equal(
        merges_of(trained),
        loop_train(to_bytes(text), vocab_size - 256),
        asked=asked + ".merges",
        mistakes={} if hint else train_mistakes(text, vocab_size),
        hint=hint or "pairs of ids: the most frequent, of equally frequent ones the smallest, counted without overlap",
    )
    return trained


def check_encode(model: Any, text: str, *, asked: Asked = "", hint: str = "") -> Ids:
    """Hold `encode` to the merges that the tokenizer shows; return the ids."""
    __tracebackhide__ = True
    merges = merges_of(model)
    asked = asked or call("encode", text) + f" with the merges {merges}"
    got = check.accepts(lambda: model.encode(text), asked=asked, because="any text has tokens")
    mistakes = {} if hint else encode_mistakes(text, merges)
    want = loop_encode(to_bytes(text), merges)
    check.equal(got, want, asked=asked, mistakes=mistakes, hint=hint or "each merge in its turn, wherever it occurs")
    return want


def check_decode(model: Any, ids: Ids, *, asked: Asked = "") -> None:
    """Hold `decode` to the bytes of the ids, joined."""
    __tracebackhide__ = True
    merges, asked = merges_of(model), asked or call("decode", ids)
    pieces = [token_bytes(merges)[i] for i in ids]
    raw = b"".join(pieces)
    got = check.accepts(lambda: model.decode(ids), asked=asked, because="all of these ids exist")
    one_by_one = "each token is decoded for itself: join the bytes first, a character may be spread over tokens"
    check.equal(
        got,
        raw.decode("utf-8", errors="replace"),
        asked=asked,
        mistakes={
            one_by_one: "".join(piece.decode("utf-8", errors="replace") for piece in pieces),
            "bytes that are not UTF-8 are left out: errors='replace'": raw.decode("utf-8", errors="ignore"),
            "bytes are taken for characters: decode them as UTF-8": raw.decode("latin-1"),
            "bytes, not a string": raw,
            "an id is taken for a character": "".join(map(chr, ids)),
        },
        hint="the bytes of all ids, joined, then decoded once",
    )  # fmt: skip


TEXTS = st.text(alphabet="ab\u00e9 A", max_size=24)
TRAINED_ON = [
    "the cat sat on the mat, the cat ate the rat",
    "日本語の日本人は日本へ、東京の東側",  # many merges end within a character
    "नमस्ते नमस्कार ελλάδα ελληνικά",
    "👍🏽👍🏽👍🏾👩‍👩‍👧👩‍👩‍👧",
]
ANY_TEXT = st.one_of(st.text(max_size=20), st.sampled_from(TRAINED_ON).flatmap(lambda text: st.text(text, max_size=20)))


@pytest.mark.example
@pytest.mark.parametrize(
    ("learned", "vocab_size", "text"),
    [("aaabdaaabac", 259, "aaabdaaabac"), ("bcbcbcabab", 258, "abc"), ("aaaxbcbcdede", 257, "aaabc")],
    ids=["three_merges", "one_after_the_other", "aaa_has_aa_once"],
)
def test_worked_examples_of_bpe(learned: str, vocab_size: int, text: str) -> None:
    model = check_train(learned, vocab_size)
    check_decode(model, check_encode(model, text))


@pytest.mark.law
@given(TEXTS, st.integers(256, 264))
@example("ba ab ba ab", 300)
@example("aaaaaaaaa", 300)
@example("", 300)
def test_train_learns_the_most_frequent_pairs_in_order(text: str, vocab_size: int) -> None:
    check_train(text, vocab_size)


@pytest.mark.law
@given(TEXTS.filter(lambda text: len(text) > 4), TEXTS)
@example("bcbcbcabab", "abcabcbcabb")
def test_encode_makes_the_earliest_merge_first(learned: str, text: str) -> None:
    model = kata.BPETokenizer().train(learned * 2, 268)
    check_encode(model, text)
    check_encode(model, learned[::-1] + learned)


@pytest.mark.law
@given(st.sampled_from(TRAINED_ON), ANY_TEXT)
def test_any_text_comes_back(trained_on: str, text: str) -> None:
    model = kata.BPETokenizer().train(trained_on, 290)
    ids = check_encode(model, text)
    check_decode(model, ids, asked=call("decode", ids) + f", the ids of {text!r}")


@pytest.mark.law
@given(st.sampled_from(TRAINED_ON[1:]), st.lists(st.integers(128, 263), min_size=1, max_size=6))
@example(TRAINED_ON[1], [0xE6, 0x97])
def test_bytes_that_are_not_utf8_are_replaced(trained_on: str, ids: Ids) -> None:
    check_decode(kata.BPETokenizer().train(trained_on, 264), ids)


EXOTIC = ["", " two  spaces ", "\ttab\r\nline\n", "Straße ÉCOLE", "e\u0301 \u00e9", "\x00\x7f\u0080\ufffd", "𝔘🏳️‍🌈"]


@pytest.mark.edge
@pytest.mark.parametrize("text", EXOTIC, ids=repr)
def test_nothing_is_normalised_stripped_or_changed_in_case(text: str) -> None:
    model = kata.BPETokenizer().train(text * 3, 270)
    hint = f"the text is {text!r}: no character is replaced, left out or written in another case"
    check_decode(model, check_encode(model, text, hint=hint))
    check_train(text * 3, 270, hint=hint)


@pytest.mark.edge
def test_before_train_a_token_is_a_byte() -> None:
    model, because = kata.BPETokenizer(), "before train there are no merges, and a token is a byte"
    check.equal(merges_of(model), [], asked="BPETokenizer().merges", hint=because)
    for text in ("", "aaé"):
        check_decode(model, check_encode(model, text, asked=call("BPETokenizer().encode", text), hint=because))


@pytest.mark.edge
def test_train_again_forgets_and_two_tokenizers_share_nothing() -> None:
    model, text = kata.BPETokenizer().train("xyxyxyxyzz zz zz", 262), "aaabxyacacab"
    check_decode(model, check_encode(model, text))
    check_train("aaabdaaabac", 259, model, hint="this was its second train: it replaces all that the first one set")
    kata.BPETokenizer().train("acacacac", 258)
    hint = "this tokenizer was trained twice, and another one since: neither the first time nor the other one shows"
    check_decode(model, check_encode(model, text, asked=call("encode", text), hint=hint))


@pytest.mark.edge
@pytest.mark.parametrize("vocab_size", [255, 0, -1])
def test_a_vocabulary_smaller_than_the_bytes_is_an_error(vocab_size: int) -> None:
    train, asked = kata.BPETokenizer().train, call("BPETokenizer().train", "abab", vocab_size)
    hint = "compare vocab_size with 256 before anything else"
    check.raises(ValueError, lambda: train("abab", vocab_size).merges, asked=asked, because="256 are bytes", hint=hint)


@pytest.mark.edge
@pytest.mark.parametrize("unknown", [257, 1000, -1])
def test_an_id_that_does_not_exist_is_a_key_error(unknown: int) -> None:
    model = kata.BPETokenizer().train("abab", 257)
    check.raises(
        KeyError,
        lambda: model.decode([97, unknown, 98]),
        asked=f"decode([97, {unknown}, 98]) after a train with one merge",
        because=f"the ids are 0 to 256, and {unknown} is none of them",
        mistakes={
            "unknown ids are left out: raise KeyError": "ab",
            "an unknown id became U+FFFD: raise KeyError": "a\ufffdb",
            "ids count from the end: raise KeyError for a negative one": "aabb",
        },
        hint="look it up in a dict, or compare it with 0 and with the number of ids",
    )


@pytest.mark.edge
def test_arguments_stay_as_they_were() -> None:
    model, ids, vocab = kata.BPETokenizer().train("abab", 257), [256, 97, 99], [*UNAFFABLE]
    with check.untouched(asked="decode(ids) and WordPiece(vocab).tokenize('unaffable')", ids=ids, vocab=vocab):
        model.decode(ids)
        kata.WordPiece(vocab).tokenize("unaffable")


# --- WordPiece -------------------------------------------------------------------------------------------------------

PIECES = ["a", "b", "ab", "ba", "abb", "aab", "é", "##a", "##b", "##ab", "##ba", "##bb", "##aba", "##É"]
UNAFFABLE = ["un", "##aff", "##able", "##a", "able"]


def greedy(word: str, vocab: set[str], *, shortest: bool = False) -> tuple[list[str], str]:
    """The pieces that are found, and what is left of the word."""
    pieces: list[str] = []
    while word:
        lengths = range(1, len(word) + 1) if shortest else range(len(word), 0, -1)
        mark = "##" if pieces else ""
        length = next((n for n in lengths if mark + word[:n] in vocab), 0)
        if not length:
            break
        pieces.append(mark + word[:length])
        word = word[length:]
    return pieces, word


def splits(word: str, vocab: set[str], mark: str = "") -> list[list[str]]:
    """All ways to split the word into pieces."""
    if not word:
        return [[]]
    found = []
    for n in range(len(word), 0, -1):
        if mark + word[:n] in vocab:
            found += [[mark + word[:n], *rest] for rest in splits(word[n:], vocab, "##")]
    return found


def word_mistakes(word: str, vocab: set[str], unknown: str) -> Mistakes:
    def whole(known: set[str], *, shortest: bool = False) -> list[str]:
        pieces, rest = greedy(word, known, shortest=shortest)
        return [unknown] if rest else pieces

    right, marked = greedy(word, vocab)[0], vocab | {"##" + piece for piece in vocab}
    return {
        "a part of the word is kept before the unknown token: the whole word is unknown": [*right, unknown],
        "the part that was found, without the rest: the whole word is unknown": right,
        "no piece at all: the word is [unknown]": [],
        "another split is tried: greedy matching does not go back": lambda: splits(word, vocab)[0],
        "the shortest piece that fits: take the longest": whole(vocab, shortest=True),
        "pieces that begin a word are used within it: only those with ## continue it": whole(marked),
        "the ## is taken off: pieces are as in vocab": [piece.removeprefix("##") for piece in right],
        "'[UNK]', where another unknown token was given": ["[UNK]"],
        "the word itself: it has no split, so it is [unknown]": [word],
        "case is changed": lambda: greedy(word.lower(), vocab)[0],
    }


def check_words(words: list[str], vocab: list[str], unknown: str | None = None, *, hint: str = "") -> None:
    """Hold `tokenize` to greedy matching."""
    __tracebackhide__ = True
    more = () if unknown is None else (unknown,)
    model, known = kata.WordPiece(list(vocab), *more), set(vocab)
    for word, got in zip(words, each(model.tokenize, [(word,) for word in words]), strict=True):
        pieces, left = greedy(word, known)
        check.equal(
            got,
            [unknown or "[UNK]"] if left else pieces,
            asked=call("WordPiece", vocab, *more) + call(".tokenize", word),
            mistakes={} if hint else word_mistakes(word, known, unknown or "[UNK]"),
            hint=hint or "the longest piece from the left; behind it only pieces with ##; no piece, no word",
        )


@pytest.mark.example
def test_worked_examples_of_tokenize() -> None:
    check_words(["unaffable", "un", "able"], UNAFFABLE)
    check_words(["abc"], ["ab", "a", "##bc"])
    check_words(["unaffabel", "affable"], UNAFFABLE)


@pytest.mark.law
@given(
    st.lists(st.sampled_from(PIECES), unique=True),
    st.lists(st.text(alphabet="abbaéÉ", max_size=8), min_size=1, max_size=12),
)
def test_tokenize_takes_the_longest_piece_or_gives_up_the_word(vocab: list[str], words: list[str]) -> None:
    check_words(words, vocab)


@pytest.mark.edge
def test_the_unknown_token_is_the_one_that_was_given() -> None:
    check_words(["unx", "x", ""], UNAFFABLE, "<unk>")
    check_words(["a", ""], [])


@pytest.mark.edge
def test_texts_and_words_of_any_length_are_split() -> None:
    check_words(["ab" * 110, "ab" * 110 + "c"], ["a", "##b", "##a", "##" + "ba" * 50], hint="words may have any length")
    # In its second half the text has other pairs: what was learned from a part of it shows.
    text = "".join(
        random.Random(0).choices("abc ", k=1500) + random.Random(1).choices("xyz ", weights=[9, 5, 3, 1], k=1500)
    )
    hint = "a long text: all of it is counted, and all of it is merged"
    check_encode(check_train(text, 262, hint=hint), text, asked="encode(text) of 3000 characters", hint=hint)
