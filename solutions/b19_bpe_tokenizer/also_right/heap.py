"""Training counts by merging; encoding by a heap of candidate merges over a linked list, in O(n log n)."""

import heapq
import re
from collections import Counter
from itertools import pairwise


class BPETokenizer:
    merges = ()

    def train(self, text, vocab_size):
        if vocab_size < 256:
            raise ValueError(f"vocab_size is {vocab_size}, at least 256 are needed")
        self.merges = ()
        ids, merges = list(text.encode("utf-8")), []
        while len(merges) + 256 < vocab_size:
            counts = Counter(pairwise(ids))
            # Runs: k equal ids have k - 1 pairs, of which k // 2 can be replaced.
            start = 0
            for i in range(1, len(ids) + 1):
                if i == len(ids) or ids[i] != ids[start]:
                    run = i - start
                    counts[ids[start], ids[start]] -= (run - 1) - run // 2
                    start = i
            top = max(counts.values(), default=0)
            if top < 2:
                break
            merges.append(min(pair for pair, count in counts.items() if count == top))
            ids = self._replay(ids, {merges[-1]: 255 + len(merges)})
        self.merges = [(int(a), int(b)) for a, b in merges]
        return self

    def encode(self, text):
        return self._replay(list(text.encode("utf-8")), {pair: 256 + i for i, pair in enumerate(self.merges)})

    @staticmethod
    def _replay(ids, new):
        ids, n = list(ids), len(ids)
        after, before = [*range(1, n), None], [None, *range(n - 1)]
        heap = [(new[pair], i, pair) for i, pair in enumerate(pairwise(ids)) if pair in new]
        heapq.heapify(heap)
        while heap:
            token, i, pair = heapq.heappop(heap)
            j = after[i]
            if ids[i] is None or j is None or (ids[i], ids[j]) != pair:
                continue
            ids[i], ids[j], after[i] = token, None, after[j]
            if after[i] is not None:
                before[after[i]] = i
            for k in (before[i], i):
                if k is not None and after[k] is not None and (ids[k], ids[after[k]]) in new:
                    heapq.heappush(heap, (new[ids[k], ids[after[k]]], k, (ids[k], ids[after[k]])))
        return [token for token in ids if token is not None]

    def decode(self, ids):
        table = {i: bytes([i]) for i in range(256)}
        for i, (a, b) in enumerate(self.merges):
            table[256 + i] = table[a] + table[b]
        return b"".join([table[i] for i in ids]).decode("utf-8", "replace")


class WordPiece:
    """A regular expression whose alternatives go from long to short, and which does not go back."""

    def __init__(self, vocab, unknown="[UNK]"):
        longest = sorted(vocab, key=len, reverse=True)
        self.first = re.compile("|".join(re.escape(p) for p in longest if not p.startswith("##")) or "(?!)")
        self.more = re.compile("|".join(re.escape(p[2:]) for p in longest if p.startswith("##")) or "(?!)")
        self.unknown = unknown

    def tokenize(self, word):
        pieces, at = [], 0
        while at < len(word):
            found = (self.more if at else self.first).match(word, at)
            if not found or found.end() == at:
                return [self.unknown]
            pieces.append(("##" if at else "") + found[0])
            at = found.end()
        return pieces
