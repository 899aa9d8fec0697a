"""Stand-ins for runs, which the workers of a cluster import by name."""

from __future__ import annotations

import os
import signal
from typing import Any

from harness.core.model import KataReport


def unpack(task: Any) -> Any:
    """Stands for a run: says how many bytes were laid out for it."""
    from distributed import get_worker

    from harness.grading.worker import host_name

    host = get_worker().plugins[host_name(task.run)]
    host._run = lambda _, folder: weighed(task, sum(file.stat().st_size for file in folder.rglob("*.*")))
    return host.answer(task)


def weigh(task: Any) -> Any:
    """Stands for a run: says how many bytes rode along."""
    from harness.core.report import dump
    from harness.grading.worker import Reply

    return Reply(dump(weighed(task, sum(map(len, task.blobs.values())))))


def weighed(task: Any, count: int) -> KataReport:
    return KataReport(task.slug, "", (), digest=str(count))


def deadly(task: Any) -> Any:
    """Stands for a run that takes its worker with it."""
    if any(b"KILL" in data for data in task.blobs.values()):
        os.kill(os.getpid(), signal.SIGKILL)
    return weigh(task)
