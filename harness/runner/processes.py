"""Processes that run pytest: started afresh, or forked from a nest that has imported everything already."""

from __future__ import annotations

import ast
import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any, Protocol

from harness.runner.job import Job
from harness.subject.resolve import LEARNER

PLUGINS = ("pytest_timeout", "_hypothesis_pytestplugin", "pytest_jsonreport.plugin", "harness.plugin.hooks")
"""What a child loads. Other installed plugins stay out: they cost time, and could change results."""

_OURS = (
    "harness.suite.explain",
    "harness.suite.speed",
    "harness.isolation.sessions",
    "harness.core.report",
    "harness.suite.strategies",
    "harness.subject.finder",
    "harness.suite.second_process",
)
"""What the nest imports of this package. Not the plugins: pytest warns when one is there before it could rewrite it."""
_PRELOADED = ("hypothesis", "numpy", "scipy", "sklearn")
ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS"), "1"
)


class Process(Protocol):
    """What is asked of a child, whoever started it."""

    returncode: int | Any

    @property
    def pid(self) -> int:
        """Its number."""

    def poll(self) -> int | None:
        """The exit code, None while it runs."""

    def wait(self) -> int:
        """The exit code, once there is one."""


class _Hatchling:
    """A process that the nest forked."""

    def __init__(self) -> None:
        self.number = 0
        self.returncode = 0
        self.born = threading.Event()
        self.ended = threading.Event()

    @property
    def pid(self) -> int:
        """Its number, as soon as it has one. Raises `ProcessLookupError` when it was never born."""
        self.born.wait()
        if not self.number:  # 0 would mean ourselves to whoever wants to end it
            raise ProcessLookupError("the nest was gone before it could fork")
        return self.number

    def poll(self) -> int | None:
        return self.returncode if self.ended.is_set() else None

    def wait(self) -> int:
        self.ended.wait()
        return self.returncode

    def end(self, code: int) -> None:
        self.returncode = code
        self.born.set()
        self.ended.set()


class Nest:
    """The runner's end of `harness.runner.fork_server`: starts it, gives it jobs, hears of their ends."""

    def __init__(self, modules: Iterable[str], root: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "harness.runner.fork_server", *modules],
            cwd=root,
            env={**os.environ, **ONE_THREAD, "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._numbers = itertools.count(1)
        self._hatchlings: dict[int, _Hatchling] = {}
        self._lock = threading.Lock()
        self._is_gone = False
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    @property
    def is_alive(self) -> bool:
        """Whether it can still start anything."""
        return not self._is_gone and self._process.poll() is None

    def start(self, arguments: list[str], env: dict[str, str], cwd: Path, folder: Path) -> Process:
        """Have a child forked that runs pytest with `arguments`, its output in `folder`."""
        hatchling = _Hatchling()
        with self._lock:
            number = next(self._numbers)
            if self._is_gone:
                hatchling.end(-signal.SIGKILL)
            else:
                self._hatchlings[number] = hatchling
                self._say(job_line(arguments, env, cwd, folder, number))
        return hatchling

    def _say(self, line: bytes) -> None:
        stdin = self._process.stdin
        if stdin is not None:
            with contextlib.suppress(OSError):  # it is gone, and whoever listens will say so
                stdin.write(line)
                stdin.flush()

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            message = json.loads(line)
            with self._lock:
                if "pid" in message:
                    hatchling = self._hatchlings[message["id"]]
                    hatchling.number = message["pid"]
                    hatchling.born.set()
                else:
                    self._hatchlings.pop(message["id"]).end(message["code"])
        with self._lock:  # the nest is gone: nobody must wait for ever
            self._is_gone = True
            for hatchling in self._hatchlings.values():
                hatchling.end(-signal.SIGKILL)
            self._hatchlings.clear()

    def close(self) -> None:
        """End it; its children are ended by whoever waits for them."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def job_line(arguments: list[str], env: dict[str, str], cwd: Path, folder: Path, number: int = 0) -> bytes:
    """A run as `harness.runner.fork_server` is told of it."""
    out, err = str(folder / "stdout"), str(folder / "stderr")
    job = {"id": number, "argv": arguments, "env": env, "cwd": str(cwd), "out": out, "err": err}
    return json.dumps(job).encode() + b"\n"


def open_nest(suites: Iterable[Path]) -> Nest | None:
    """A nest with what `suites` import, where forking is safe and there are any."""
    files = sorted(set(suites))
    if sys.platform != "linux" or not files:
        return None
    return Nest(preloaded(files), files[0].parent.parent.parent)


def preloaded(suites: Iterable[Path]) -> list[str]:
    """The modules that are worth having before these suites run: ours, and what they import of libraries."""
    return sorted({*_OURS, *(name for suite in suites for name in _library_imports(suite))})


def _library_imports(suite: Path) -> set[str]:
    """Modules of installed libraries that a suite imports at its top."""
    try:
        tree = ast.parse(suite.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return set()
    names = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if name.split(".")[0] in _PRELOADED}


def _memory_limit_mib() -> int:
    """Half of the machine's memory, and at least 4 GiB: address space is not all used."""
    try:
        total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):  # Windows
        return 0
    return max(4096, total // 2**21)


class Starter(Protocol):
    """What can start pytest in less time than a new process takes."""

    def start(self, arguments: list[str], env: dict[str, str], cwd: Path, folder: Path) -> Process:
        """Have a process run pytest with `arguments`, its output in `folder`."""


def start_recording(job: Job, cache: Path, folder: Path, nest: Starter | None) -> Process:
    """Start a session that writes the examples of the laws of `job` into `cache`, and all else in `folder`."""
    recording = replace(job, choice=LEARNER, player="none", only=())  # the stub must be there, but it is not read
    return start_pytest(recording, folder, nest, gated=False, options=(f"--kata-record-examples={cache}",))


def replay_options(cache: Path | None) -> tuple[str, ...]:
    """Options of a run that tries laws on the examples in `cache` first."""
    return (f"--kata-replay-examples={cache}",) if cache is not None else ()


def start_pytest(
    job: Job,
    folder: Path,
    nest: Starter | None,
    *,
    gated: bool,
    plugins: Iterable[str] = (),
    options: Iterable[str] = (),
) -> Process:
    """Start the run of `job`, with all that it writes in `folder`; when `gated`, its speed band waits for `folder/go`.

    `plugins` are loaded beside those that every run has; `options` are more words for pytest.
    """
    kata = job.kata
    root = kata.root
    targets = [f"{job.suite_file}::{name}" for name in job.only] or [str(job.suite_file)]
    config = root / "pyproject.toml"
    arguments = ["--rootdir", str(root), *(["-c", str(config)] if config.is_file() else [])]
    arguments += [part for plugin in (*PLUGINS, *plugins) for part in ("-p", plugin)]
    arguments += ["-p", "no:cacheprovider", "-q", "--no-header", "--subject", job.choice]
    arguments += ["--hypothesis-profile", job.profile, "--kata-progress", str(folder / "progress")]
    arguments += [] if job.player == "none" else ["--player", job.player]
    arguments += [] if job.seed is None else ["--hypothesis-seed", str(job.seed)]
    arguments += ["--kata-memory-mib", str(_memory_limit_mib())]
    arguments += ["--json-report", "--json-report-file", str(folder / "report.json")]
    arguments += ["--json-report-omit", "collectors", "log", "traceback", "streams", "warnings", "keywords"]
    arguments += ["--kata-gate", str(folder / "go")] if gated else []
    arguments += [*options, "--", *targets]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_", "HYPOTHESIS_"))}
    env |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUTF8": "1", "NO_COLOR": "1", **ONE_THREAD}
    if nest is not None:
        return nest.start(arguments, env, root, folder)
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "pytest", *arguments],
            cwd=root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=sys.platform != "win32",
        )
