"""Tells when a file of the katas or of the harness has been saved, whichever way an editor does that."""

from __future__ import annotations

import contextlib
import hashlib
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

STEP_MS = 10
"""How long it must be quiet after a save. Editors write a file in two or three steps, within a millisecond."""
DEBOUNCE_MS = 100
_SUFFIXES = (".py", ".toml")
HARNESS = Path(__file__).parent.parent


@contextlib.contextmanager
def watch_files(root: Path, changed: Callable[[bool], None]) -> Iterator[None]:
    """Call `changed`, from a thread, whenever something may have been saved, as long as the context lasts.

    Its argument says whether that was in the harness itself.

    Folders are watched and not files: many editors write a new file and give it the name of the old one.
    """
    from watchfiles import Change, watch

    def matters(_: Change, path: str) -> bool:
        return path.endswith(_SUFFIXES)

    stopped = threading.Event()

    def listen(*, polling: bool | None = None) -> None:
        for changes in watch(
            root / "katas",
            HARNESS,
            watch_filter=matters,
            step=STEP_MS,
            debounce=DEBOUNCE_MS,
            stop_event=stopped,
            rust_timeout=500,
            raise_interrupt=False,
            force_polling=polling,
        ):
            inside = [Path(path).is_relative_to(HARNESS) for _, path in changes]
            for in_harness in sorted({*inside}):
                changed(in_harness)

    def listen_somehow() -> None:
        try:
            listen()
        except (OSError, RuntimeError):  # the system has no watches left: look at the files again and again
            with contextlib.suppress(OSError, RuntimeError):
                listen(polling=True)

    listener = threading.Thread(target=listen_somehow, daemon=True)
    listener.start()
    try:
        yield
    finally:
        stopped.set()
        listener.join()


def harness_fingerprint() -> str:
    """Hash of the harness as it is on the disk."""
    sha = hashlib.sha256()
    for file in sorted(HARNESS.rglob("*.py")):
        with contextlib.suppress(OSError):  # in the middle of being replaced: the next look will see
            sha.update(str(file).encode() + b"\0" + file.read_bytes())
    return sha.hexdigest()
