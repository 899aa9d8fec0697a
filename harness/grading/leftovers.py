"""Temporary folders of runs that were killed: a later run on the same machine removes them."""

from __future__ import annotations

from pathlib import Path

from harness.core.temporary import sweep

_OF_RUNS = ("grade-", "run-")
_OF_THE_SYSTEM = ("kata-shared-", "kata-player-", "kata-collect-")


def sweep_leftovers(state: Path | None = None) -> None:
    """Remove what dead runs have left in the system's temporary folder and in `state`; living runs keep theirs."""
    for prefix in _OF_THE_SYSTEM:
        sweep(prefix)
    for prefix in _OF_RUNS if state is not None else ():
        sweep(prefix, state)
