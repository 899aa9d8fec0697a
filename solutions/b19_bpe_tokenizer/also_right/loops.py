"""As people publish it: dicts, while loops and functions for statistics and merging, no cleverness."""

from itertools import pairwise


def merge_pair(ids, pair, new_id):
    result = []
    i = 0
    while i < len(ids):
        if i < len(ids) - 1 and ids[i] == pair[0] and ids[i + 1] == pair[1]:
            result.append(new_id)
            i = i + 2
        else:
            result.append(ids[i])
            i = i + 1
    return result


class BPETokenizer:
    def __init__(self):
        self.merges = []
        self.vocab = {i: bytes([i]) for i in range(256)}

    def train(self, text, vocab_size):
        if vocab_size < 256:
            raise ValueError("vocab_size must be at least 256")
        self.merges = []
        self.vocab = {i: bytes([i]) for i in range(256)}
        ids = list(text.encode("utf-8"))
        for i in range(vocab_size - 256):
            best, best_count = None, 1
            for pair in sorted(set(pairwise(ids))):
                # Each replacement makes the list shorter by one.
                count = len(ids) - len(merge_pair(ids, pair, -1))
                if count > best_count:
                    best, best_count = pair, count
            if best is None:
                break
            ids = merge_pair(ids, best, 256 + i)
            self.merges.append(best)
            self.vocab[256 + i] = self.vocab[best[0]] + self.vocab[best[1]]
        return self

    def encode(self, text):
        ids = list(text.encode("utf-8"))
        for i, pair in enumerate(self.merges):
            ids = merge_pair(ids, pair, 256 + i)
        return ids

    def decode(self, ids):
        text = b""
        for i in ids:
            if i not in self.vocab:
                raise KeyError(f"unknown id {i}")
            text += self.vocab[i]
        return text.decode("utf-8", "replace")


class WordPiece:
    def __init__(self, vocab, unknown="[UNK]"):
        self.vocab = vocab
        self.unknown = unknown

    def tokenize(self, word):
        tokens = []
        start = 0
        while start < len(word):
            end = len(word)
            current = None
            while start < end:
                substring = word[start:end]
                if start > 0:
                    substring = "##" + substring
                if substring in self.vocab:
                    current = substring
                    break
                end -= 1
            if current is None:
                return [self.unknown]
            tokens.append(current)
            start = end
        return tokens
