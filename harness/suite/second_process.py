"""The `second_process` fixture: calls a function of a kata's helper module in a new process, which sees the same subject."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from harness.core.model import Failure, FailureKind
from harness.suite.check import CheckFailedError, call
from harness.suite.remote_subject import remote_subject_of


class SecondProcess:
    """Calls functions of the kata's helper module in new Python processes."""

    def __init__(self, item: pytest.Item) -> None:
        self._item = item

    def __call__(self, module: str, function: str, *args: object, hash_seed: int = 0) -> Any:
        """`module.function(*args)` in another process, with `PYTHONHASHSEED` set; arguments and result travel as JSON.

        Raises `CheckFailedError` when the other process fails.
        """
        __tracebackhide__ = True
        player = remote_subject_of(self._item)
        if player is not None:
            return player.in_another(module, function, args, hash_seed)
        job = {
            "suite": str(self._item.path),
            "choice": self._item.config.getoption("--subject"),
            "module": module,
            "function": function,
            "args": args,
        }
        done = subprocess.run(
            [sys.executable, "-m", "harness.suite.helper_call"],
            input=json.dumps(job),
            capture_output=True,
            text=True,
            encoding="utf-8",
            cwd=Path(__file__).parents[2],
            env={**os.environ, "PYTHONHASHSEED": str(hash_seed), "PYTHONUTF8": "1"},
            check=False,
        )
        if done.returncode:
            last = (done.stderr.strip().splitlines() or ["the process ended without a message"])[-1]
            if last.startswith("NotImplementedError"):
                raise NotImplementedError
            asked = f"{call(function, *args)} in a new process"
            raise CheckFailedError(Failure(asked, last, "an answer", kind=FailureKind.RAISED))
        return json.loads(done.stdout)


@pytest.fixture
def second_process(request: pytest.FixtureRequest) -> SecondProcess:
    """A second process with the same subject."""
    return SecondProcess(request.node)


@pytest.fixture
def elsewhere(second_process: SecondProcess) -> SecondProcess:
    """The former name of `second_process`."""
    return second_process
