"""From a save to the verdict on the screen: `python -m harness.bench.watch [KATA]`, or with `nox -s bench`.

Files are saved into a throw-away copy of the katas, before the real loop; what it is held against is pytest started anew on
the same file and suite, turn by turn. Nothing is asserted here.
"""

from __future__ import annotations

import itertools
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.catalog.load import find_kata, find_root, load_catalog
from harness.core.model import Kata, Status
from harness.history.store import History
from harness.interview.storage import refuse_in_interview
from harness.subject.resolve import reference_folder
from harness.watch.file_changes import watch_files
from harness.watch.loop import Watch
from harness.watch.records import LearnerRecords
from harness.watch.view import View
from harness.watch.warm_runs import WarmParent

SAVES = 19
_PATIENCE_S = 60.0
_WANTED = (
    "wanted: at most 250 ms, and 4 times as fast; "
    "a wrong answer is known at its first failing test, a right one at the last"
)


class _Stopwatch:
    """A screen that only knows when the verdict came, and when the run was over."""

    has_keys = True

    def __init__(self) -> None:
        self.verdict_at: float | None = None
        self.verdict: Status | None = None
        self.over = threading.Event()

    def arm(self) -> None:
        """The next verdict is the one that is asked for."""
        self.verdict_at = None
        self.over.clear()

    def page_lines(self) -> int:
        """There are no pages."""
        return 1

    def show(self, view: View) -> None:
        """Take the time."""
        self.verdict = view.verdict
        if self.verdict is not None and self.verdict_at is None:
            self.verdict_at = time.perf_counter()
        if view.is_settled:
            self.over.set()


class Bench:
    """One kata in a copy of the checkout, watched by the real loop."""

    def __init__(self, root: Path, folder: Path, kata: Kata) -> None:
        shutil.copytree(root / "katas", folder / "katas", ignore=shutil.ignore_patterns("__pycache__"))
        shutil.copy(root / "pyproject.toml", folder)
        self._folder = folder
        self.kata = find_kata(load_catalog(folder), kata.slug)
        self._screen = _Stopwatch()
        state = folder / ".kata"
        state.mkdir()
        self._state = state
        self._number = 0

    def measure(self, sources: Sequence[str]) -> tuple[list[float], list[float]]:
        """Seconds from the save of each source to its verdict, and of pytest started anew on the same."""
        warm = WarmParent(self.kata, self._state / "scratch")
        watch, ended = self._watch(warm)
        warm_s, cold_s = [], []
        try:
            with watch_files(self._folder, lambda _: watch.saved()):
                self._save(sources[0])  # everything has run once
                for source in sources:
                    warm_s.append(self._save(source))
                    cold_s.append(self._cold())
        finally:
            watch.press("q")
            ended()
            warm.close()
        return warm_s, cold_s

    def _watch(self, warm: WarmParent) -> tuple[Watch, Callable[[], None]]:
        """A loop in a thread of its own, and what waits for its end."""
        ready = threading.Event()
        made: list[Watch] = []

        def loop() -> None:
            history = History(self._state)  # SQLite wants to stay in one thread
            made.append(
                Watch(
                    self.kata,
                    LearnerRecords(self._folder, self._state, history, refuse_in_interview),
                    warm,
                    self._screen,
                )
            )
            ready.set()
            made[0].run()
            history.close()

        thread = threading.Thread(target=loop)
        thread.start()
        ready.wait()
        return made[0], thread.join

    def _save(self, source: str) -> float:
        """Save `source`, which differs from the last one in a comment; seconds to the verdict."""
        time.sleep(0.2)
        self._number += 1
        self._screen.arm()
        begun = time.perf_counter()
        self.kata.stub.write_text(f"{source}\n# save {self._number}\n", encoding="utf-8")
        if not self._screen.over.wait(_PATIENCE_S) or self._screen.verdict_at is None:
            raise TimeoutError(f"no verdict after {_PATIENCE_S:.0f} s")
        return self._screen.verdict_at - begun

    def _cold(self) -> float:
        command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(self.kata.suite_file())]
        env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "KATA_"))}
        begun = time.perf_counter()
        subprocess.run(command, cwd=self._folder, env=env, capture_output=True, check=False)
        return time.perf_counter() - begun


def sources(kata: Kata) -> dict[str, list[str]]:
    """What a learner may save: each mistake there is, and what is right."""
    folder = reference_folder(kata)
    wrong = itertools.cycle(sorted((folder / "wrong").glob("*.py")))
    files = {"a wrong answer": itertools.islice(wrong, SAVES), "the right one": [folder / f"{kata.module}.py"] * SAVES}
    return {name: [file.read_text(encoding="utf-8") for file in some] for name, some in files.items()}


def table(root: Path, kata: Kata) -> Table:
    """From save to verdict, median of all saves, against pytest from cold."""
    title = f"{kata.id}, from save to verdict, median of {SAVES}; {os.cpu_count()} cores"
    result = Table("saved", "watch", "slowest", "pytest, cold", "times as fast", title=title, caption=_WANTED)
    for name, texts in sources(kata).items():
        with tempfile.TemporaryDirectory(prefix="kata-bench-") as folder:
            warm_s, cold_s = Bench(root, Path(folder), kata).measure(texts)
        warm, cold = statistics.median(warm_s), statistics.median(cold_s)
        cells = (f"{1000 * warm:.0f} ms", f"{1000 * max(warm_s):.0f} ms", f"{1000 * cold:.0f} ms")
        result.add_row(name, *cells, f"{cold / warm:.1f}")
    return result


def main() -> None:
    """Measure and print."""
    root = find_root(Path.cwd())
    kata = find_kata(load_catalog(root), sys.argv[1] if len(sys.argv) > 1 else "a01")
    Console(highlight=False).print(table(root, kata))


if __name__ == "__main__":
    main()
