"""Which submissions of the same kata are alike: for the instructor's eyes, and a reason to look, never a verdict.

Code is compared as copydetect does it (winnowing: Schleimer, Wilkerson and Aiken, SIGMOD 2003): names, strings, comments
and layout do not count, and neither does what the published stub has. Fingerprints cost a few milliseconds a submission.
Which pairs share many of them comes from one sparse matrix product a kata, in blocks of rows, so memory grows with
the number of submissions and time with its square; only pairs that share enough are then compared in detail,
`MOST_COMPARED` a kata at the most.
"""

from __future__ import annotations

import heapq
import itertools
import statistics
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from io import StringIO
from typing import Any

from harness.core.errors import KataError
from harness.core.source_text import SourceTextError, decode_source
from harness.grading.model import Submission

THRESHOLD = 0.8
"""The share of a submission that the other must have, for the pair to be shown."""
MOST_BYTES = 65_536
"""A longer source is named, and not compared: no honest solution is that long."""
MOST_COMPARED = 5_000
"""Pairs a kata that are compared in detail; those that share most come first."""

_GRAM = 25
"""Characters of a fingerprint, in code whose names are one letter each; what copydetect takes when not told."""
_LEAST_OVERLAP = 2 * _GRAM
"""Characters that a pair must share: less is a common turn of phrase."""
_BLOCK = 256
_SAMPLE = 200


class MissingExtraError(KataError):
    """A library that only cohorts need is not installed."""


@dataclass(frozen=True, slots=True)
class Pair:
    """Two submissions that are alike."""

    kata: str
    left: str
    """Slug of one learner."""
    right: str
    """Slug of the other."""
    left_share: float
    """How much of the left one the right one has, 0 to 1."""
    right_share: float
    is_identical: bool
    """Whether the files are the same, byte for byte."""
    usual: float
    """The median over pairs of this kata: where all right solutions look alike, a high share says little."""

    @property
    def share(self) -> float:
        """The larger of both shares, so that padding one of them does not help."""
        return max(self.left_share, self.right_share)


@dataclass(frozen=True, slots=True)
class Similarity:
    """All pairs above the threshold, the most alike first."""

    threshold: float
    pairs: tuple[Pair, ...]
    compared: int
    """Submissions that were compared."""
    notices: tuple[str, ...] = ()
    """A sentence for each submission or pair that was not compared."""


def find_similar(
    submissions: Iterable[Submission], stubs: Mapping[str, bytes], *, threshold: float = THRESHOLD
) -> Similarity:
    """Pairs of submissions of the same kata that share at least `threshold` of their code.

    `stubs` are the published stubs by kata: what they have is not counted as a learner's. Submissions equal to the
    stub are left out.
    Raises `MissingExtraError` when copydetect is not installed.
    """
    by_kata: defaultdict[str, list[Submission]] = defaultdict(list)
    notices = []
    for submission in submissions:
        if submission.source == stubs.get(submission.kata):
            continue
        if len(submission.source) > MOST_BYTES:
            size = len(submission.source) // 1024
            notices.append(
                f"{submission.learner} {submission.kata} has {size} KiB: too long to compare, look at it yourself"
            )
        else:
            by_kata[submission.kata].append(submission)
    pairs: list[Pair] = []
    for kata, found in sorted(by_kata.items()):
        alike, left_out = _of_kata(kata, found, stubs.get(kata, b""), threshold)
        pairs += alike
        if left_out:
            notices.append(f"{kata}: {left_out} pairs more share code, and were not compared in detail")
    pairs.sort(key=lambda pair: (-pair.share, pair.kata, pair.left, pair.right))
    return Similarity(threshold, tuple(pairs), sum(map(len, by_kata.values())), tuple(notices))


def _of_kata(kata: str, found: Sequence[Submission], stub: bytes, threshold: float) -> tuple[list[Pair], int]:
    """The pairs of one kata, and how many candidates were left out."""
    fingerprints = _fingerprints(found, stub)
    candidates, left_out = _candidates(fingerprints, threshold)
    usual = statistics.median([max(_shares(fingerprints[i], fingerprints[j])) for i, j in _sample(len(found))] or [0.0])
    pairs = []
    for i, j in candidates:
        left, right = found[i], found[j]
        is_identical = left.source == right.source
        shares = (1.0, 1.0) if is_identical else _shares(fingerprints[i], fingerprints[j])
        if max(shares) >= threshold:
            pairs.append(Pair(kata, left.learner, right.learner, *shares, is_identical, usual))
    return pairs, left_out


def _fingerprints(found: Sequence[Submission], stub: bytes) -> list[Any]:
    try:
        import numpy as np
        from copydetect import CodeFingerprint  # type: ignore[import-untyped,import-not-found,unused-ignore]
    except ImportError as error:
        raise MissingExtraError(
            f"similarity needs a library that is not installed: {error.name}",
            hint="in the checkout: pip install -e '.[cohort]'",
        ) from error

    def fingerprint(source: bytes, boilerplate: Any) -> Any:
        text = StringIO(_text(source))
        # a window of one keeps every fingerprint: which ones would be dropped depends on the process' hash seed
        return CodeFingerprint("submission.py", _GRAM, 1, boilerplate, True, "python", text)

    known = np.array(sorted(fingerprint(stub, None).hashes), dtype=np.int64)
    made: dict[bytes, Any] = {}
    for submission in found:
        if submission.source not in made:
            made[submission.source] = fingerprint(submission.source, known)
    return [made[submission.source] for submission in found]


def _text(source: bytes) -> str:
    """A source as Python reads it. Results of older versions may hold one that is refused today."""
    try:
        return decode_source(source)
    except SourceTextError:
        return source.decode("utf-8", "replace")


def _candidates(fingerprints: Sequence[Any], threshold: float) -> tuple[list[tuple[int, int]], int]:
    """Pairs that share at least half of `threshold` of their fingerprints, and how many such pairs there were too many.

    Half, because a stretch that both have counts a little longer in detail than its fingerprints.
    """
    best: list[tuple[float, int, int]] = []
    too_many = 0
    for share, i, j in _shared(fingerprints, threshold / 2):
        if len(best) < MOST_COMPARED:
            heapq.heappush(best, (share, i, j))
        else:
            heapq.heappushpop(best, (share, i, j))
            too_many += 1
    return sorted((i, j) for _, i, j in best), too_many


def _shared(fingerprints: Sequence[Any], least: float) -> Iterator[tuple[float, int, int]]:
    """For each pair the share of the smaller one's fingerprints that the other has, when it is at least `least`."""
    import numpy as np
    from scipy.sparse import csr_array

    columns: dict[int, int] = {}
    indices = [columns.setdefault(value, len(columns)) for one in fingerprints for value in one.hashes]
    sizes = np.array([len(one.hashes) for one in fingerprints])
    starts = np.concatenate([[0], np.cumsum(sizes)])
    shape = (len(fingerprints), max(len(columns), 1))
    matrix = csr_array((np.ones(len(indices), dtype=np.int32), np.array(indices, dtype=np.int64), starts), shape=shape)
    transposed = matrix.T.tocsr()
    for first in range(0, len(fingerprints), _BLOCK):
        common = (matrix[first : first + _BLOCK] @ transposed).tocoo()
        rows, others = common.row + first, common.col
        shares = common.data / np.maximum(np.minimum(sizes[rows], sizes[others]), 1)
        wanted = (others > rows) & (shares >= least)
        for share, i, j in zip(shares[wanted], rows[wanted], others[wanted], strict=True):
            yield float(share), int(i), int(j)


def _shares(left: Any, right: Any) -> tuple[float, float]:
    """How much of each the other has; nothing, when it is but a turn of phrase."""
    from copydetect import compare_files

    overlap, shares, _ = compare_files(left, right)
    if overlap < _LEAST_OVERLAP:
        return 0.0, 0.0
    return min(float(shares[0]), 1.0), min(float(shares[1]), 1.0)


def _sample(count: int) -> Iterable[tuple[int, int]]:
    """At most `_SAMPLE` pairs of `count`, spread evenly over all of them, the same each time."""
    total = count * (count - 1) // 2
    return itertools.islice(itertools.combinations(range(count), 2), 0, None, max(1, total // _SAMPLE))
