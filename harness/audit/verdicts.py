"""What became of mutants, kept under hashes in the state folder: what was run once is not run again."""

from __future__ import annotations

import contextlib
import json
from pathlib import Path


class Verdicts:
    """The verdicts on the mutants of one suite: by hash, the test that killed it, or the empty string.

    Each is written as soon as it is known, one JSON object a line, so that an interrupted run loses none.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._known: dict[str, str] = {}
        with contextlib.suppress(OSError):
            for line in file.read_text(encoding="utf-8").splitlines():
                with contextlib.suppress(ValueError, KeyError, TypeError):  # a line that was cut short
                    entry = json.loads(line)
                    self._known[str(entry["digest"])] = str(entry["killed_by"])

    def __bool__(self) -> bool:
        """Whether there are any."""
        return bool(self._known)

    def get(self, digest: str) -> str | None:
        """The test that killed a mutant, the empty string for a survivor, None when it was never run."""
        return self._known.get(digest)

    def add(self, digest: str, killed_by: str, *, is_kept: bool = True) -> None:
        """Note a verdict; one that is not kept is forgotten with this object. Raises `OSError` when it cannot be written."""
        self._known[digest] = killed_by
        if not is_kept:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with self._file.open("a", encoding="utf-8") as file:
            file.write(json.dumps({"digest": digest, "killed_by": killed_by}) + "\n")

    def forget_all_but(self, digests: set[str]) -> None:
        """Drop verdicts on what is not a mutant any more. Raises `OSError` when the file cannot be written."""
        if self._known.keys() <= digests:
            return
        kept = {digest: killed_by for digest, killed_by in self._known.items() if digest in digests}
        self._file.unlink(missing_ok=True)
        self._known = {}
        for digest, killed_by in kept.items():
            self.add(digest, killed_by)
