"""A process that has imported what suites need, and forks a child for each run: `python -m harness.nest MODULE...`.

Starting Python, pytest, hypothesis, NumPy and scikit-learn takes a second and more; forking takes milliseconds. Jobs
come as JSON lines on stdin, `{"id": 1, "argv": [...], "env": {...}, "cwd": "...", "out": "...", "err": "..."}`; what
becomes of them goes out as JSON lines on stdout, `{"id": 1, "pid": 4711}` and `{"id": 1, "code": 0}`. Only where fork
is safe (Linux), and only with one BLAS thread: OpenMP deadlocks in a child whose parent has used it, so nothing is
ever computed here.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import select
import sys
import traceback
from typing import Any

from harness.referee.sandbox import sandbox_problem

_POLL_S = 0.005


def main() -> None:
    """Import, then serve until stdin ends."""
    for name in ("pytest", *sys.argv[1:]):
        with contextlib.suppress(Exception):  # a module that fails here fails again in the child, where it is reported
            importlib.import_module(name)
    _warm_up()
    sandbox_problem()  # children remember the answer
    gc.collect()
    gc.freeze()  # collections in children leave alone what they did not make
    jobs: dict[int, int] = {}
    pending = b""
    is_open = True
    while is_open or jobs:
        if is_open and select.select([0], [], [], _POLL_S if jobs else None)[0]:
            data = os.read(0, 65536)
            is_open = bool(data)
            *lines, pending = (pending + data).split(b"\n")
            for line in lines:
                job = json.loads(line)
                pid = os.fork()
                if pid == 0:
                    _run(job)
                jobs[pid] = job["id"]
                _say({"id": job["id"], "pid": pid})
        elif not is_open:
            select.select([], [], [], _POLL_S)
        while jobs:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if pid == 0:
                break
            if pid in jobs:
                _say({"id": jobs.pop(pid), "code": os.waitstatus_to_exitcode(status)})


def _warm_up() -> None:
    """Do once what hypothesis does at first use, so that no child has to."""
    from hypothesis import HealthCheck, Phase, configuration, given, settings
    from hypothesis import strategies as st

    @settings(
        max_examples=5, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck)
    )
    @given(st.data())
    def example(data: st.DataObject) -> None:
        data.draw(st.lists(st.floats() | st.integers(0, 9), max_size=3))
        data.draw(st.text(max_size=2))
        data.draw(st.tuples(st.booleans(), st.sampled_from("ab"), st.permutations([1, 2])))

    example()
    configuration.notice_initialization_restarted(warn=False)  # its plugin would take the above for a mistake of ours


def _say(message: dict[str, int]) -> None:
    os.write(1, json.dumps(message).encode() + b"\n")


def _run(job: dict[str, Any]) -> None:
    """The child: a session of its own, its own streams and environment, then pytest; never returns."""
    code = 3
    try:
        os.setsid()
        for target, flags, path in ((0, os.O_RDONLY, os.devnull), (1, _NEW, job["out"]), (2, _NEW, job["err"])):
            opened = os.open(path, flags, 0o600)
            os.dup2(opened, target)
            os.close(opened)
        os.environ.clear()
        os.environ.update(job["env"])
        os.chdir(job["cwd"])
        import pytest

        code = int(pytest.main(job["argv"]))
        sys.stdout.flush()
        sys.stderr.flush()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:  # whatever it is, it must not go on as a second nest
        traceback.print_exc()
    finally:
        os._exit(code)


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC

if __name__ == "__main__":
    main()
