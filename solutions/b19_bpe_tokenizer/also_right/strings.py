"""Ids are the characters of a string: `str.count` and `str.replace` go from left to right without overlap, as merges do."""


class BPETokenizer:
    def __init__(self):
        self.merges = []

    def train(self, text, vocab_size):
        if vocab_size < 256:
            raise ValueError(f"there are 256 bytes already, vocab_size {vocab_size} is too small")
        coded, merges = text.encode().decode("latin-1"), []
        while len(merges) < vocab_size - 256:
            # Smaller pairs come first, and max keeps the first of equals.
            pairs = sorted({coded[i : i + 2] for i in range(len(coded) - 1)})
            best = max(pairs, key=coded.count, default="")
            if coded.count(best) < 2 or not best:
                break
            coded = coded.replace(best, chr(256 + len(merges)))
            merges.append((ord(best[0]), ord(best[1])))
        self.merges = merges
        return self

    def encode(self, text):
        coded = text.encode().decode("latin-1")
        for i, (left, right) in enumerate(self.merges):
            coded = coded.replace(chr(left) + chr(right), chr(256 + i))
        return [ord(c) for c in coded]

    def decode(self, ids):
        return b"".join(self._bytes(int(i)) for i in ids).decode(errors="replace")

    def _bytes(self, i):
        if not 0 <= i < 256 + len(self.merges):
            raise KeyError(i)
        if i < 256:
            return bytes([i])
        left, right = self.merges[i - 256]
        return self._bytes(left) + self._bytes(right)


class WordPiece:
    def __init__(self, vocab, unknown="[UNK]"):
        self.starts = sorted((p for p in vocab if not p.startswith("##")), key=len, reverse=True)
        self.more = sorted((p for p in vocab if p.startswith("##")), key=len, reverse=True)
        self.unknown = unknown

    def tokenize(self, word):
        pieces, rest, known = [], word, self.starts
        while rest:
            at = 2 if pieces else 0
            piece = next((p for p in known if p[at:] and rest.startswith(p[at:])), None)
            if piece is None:
                return [self.unknown]
            pieces.append(piece)
            rest, known = rest[len(piece) - at :], self.more
        return pieces
