"""Processes that run pytest: started afresh, or forked from a process that has imported everything already."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Protocol

from harness.core.lifetime import ending_with_me
from harness.runner.fork_client import ONE_THREAD, ForkedProcess, ForkServer, Process
from harness.runner.job import Job
from harness.subject.resolve import LEARNER

PLUGINS = ("pytest_timeout", "_hypothesis_pytestplugin", "pytest_jsonreport.plugin", "harness.plugin.hooks")
"""What a child loads. Other installed plugins stay out: they cost time, and could change results."""

SERVE = "--kata-serve"
"""The option of a session that forks; see `harness.plugin.suite_server`."""
_OURS = (
    "harness.suite.explain",
    "harness.suite.speed",
    "harness.isolation.sessions",
    "harness.core.report",
    "harness.suite.strategies",
    "harness.subject.finder",
    "harness.suite.second_process",
)
"""What the fork server imports of this package. Not the plugins: pytest warns when one is there before it could rewrite it."""
_LIBRARIES = ("hypothesis", "numpy", "scipy", "sklearn")
_LAZY = ("numpy.ma",)
"""What NumPy imports at the first call of `unique`."""


def open_fork_server(suites: Iterable[Path], subjects: Iterable[Path] = ()) -> ForkServer | None:
    """A fork server with what `suites` and `subjects` import of libraries, where forking is safe and there are any suites."""
    files = sorted(set(suites))
    if sys.platform != "linux" or not files:
        return None
    return ForkServer(preloaded({*files, *subjects}), files[0].parent.parent.parent)


def preloaded(files: Iterable[Path]) -> list[str]:
    """The modules that are worth having before these suites and subjects run: ours, and what they import of libraries."""
    return sorted({*_OURS, *_LAZY, *(name for file in files for name in _library_imports(file))})


def _library_imports(file: Path) -> set[str]:
    """Modules of installed libraries that a file imports at its top."""
    try:
        tree = ast.parse(file.read_bytes())
    except (OSError, SyntaxError, ValueError):
        return set()
    names = {alias.name for node in tree.body if isinstance(node, ast.Import) for alias in node.names}
    for node in tree.body:
        if isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name for name in names if name.split(".")[0] in _LIBRARIES}


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


def start_recording(job: Job, cache: Path, folder: Path, fork_server: Starter | None) -> Process:
    """Start a session that writes the examples of the laws of `job` into `cache`, and all else in `folder`."""
    recording = replace(job, choice=LEARNER, player="none", only=())  # the stub must be there, but it is not read
    return start_pytest(recording, folder, fork_server, gated=False, options=(f"--kata-record-examples={cache}",))


def replay_options(cache: Path | None) -> tuple[str, ...]:
    """Options of a run that tries laws on the examples in `cache` first."""
    return (f"--kata-replay-examples={cache}",) if cache is not None else ()


def start_pytest(
    job: Job,
    folder: Path,
    fork_server: Starter | None,
    *,
    gated: bool,
    plugins: Iterable[str] = (),
    options: Iterable[str] = (),
) -> Process:
    """Start the run of `job`, with all that it writes in `folder`; when `gated`, its speed band waits for `folder/go`.

    `plugins` are loaded beside those that every run has; `options` are more words for pytest.
    """
    gate = ("--kata-gate", str(folder / "go")) if gated else ()
    suite = _suite_path(job)
    targets = [f"{suite}::{name}" for name in job.only] or [suite]
    more = ["--kata-progress", str(folder / "progress"), *gate, *options]
    arguments = pytest_arguments(job, folder, targets, plugins=plugins, options=more)
    root, env = job.kata.root, pytest_environment()
    if fork_server is not None:
        return fork_server.start(arguments, env, root, folder)
    with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
        return subprocess.Popen(
            [sys.executable, "-P", "-m", "pytest", *arguments],
            cwd=root,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
            start_new_session=sys.platform != "win32",
            preexec_fn=ending_with_me(),  # noqa: PLW1509 (it takes no lock)
        )


def start_suite_server(job: Job, folder: Path, fork_server: ForkServer) -> ForkedProcess:
    """Start a session for the suite and the profile of `job` that forks a child for each subject."""
    # Tracebacks of pytest's own are not shown, and read the whole suite for each failure.
    arguments = pytest_arguments(
        replace(job, choice=LEARNER),
        folder,
        [_suite_path(job)],
        plugins=("harness.plugin.suite_server",),
        options=("--tb", "native"),
    )
    root = job.kata.root
    return fork_server.start(arguments, pytest_environment(), root, folder, serves=True)


def _suite_path(job: Job) -> str:
    """The suite as seen from the checkout, which runs begin in: pytest reads `[` and `::` in a path as parts of an id."""
    return job.suite_file.relative_to(job.kata.root).as_posix()


def pytest_arguments(
    job: Job, folder: Path, targets: Iterable[str], *, plugins: Iterable[str] = (), options: Iterable[str] = ()
) -> list[str]:
    """What pytest is called with."""
    root = job.kata.root
    config = root / "pyproject.toml"
    arguments = ["--rootdir", str(root), *(["-c", str(config)] if config.is_file() else [])]
    arguments += [part for plugin in (*PLUGINS, *plugins) for part in ("-p", plugin)]
    arguments += ["-p", "no:cacheprovider", "-q", "--no-header", "--subject", job.choice]
    arguments += ["--hypothesis-profile", job.profile]
    arguments += [] if job.player == "none" else ["--player", job.player]
    arguments += [] if job.seed is None else ["--hypothesis-seed", str(job.seed)]
    arguments += ["--kata-memory-mib", str(_memory_limit_mib())]
    arguments += ["--json-report", "--json-report-file", str(folder / "report.json")]
    arguments += ["--json-report-omit", "collectors", "log", "traceback", "streams", "warnings", "keywords"]
    return [*arguments, *options, "--", *targets]


def pytest_environment() -> dict[str, str]:
    """The environment that pytest runs in: nothing of a surrounding pytest, one thread."""
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_", "HYPOTHESIS_"))}
    return env | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUTF8": "1", "NO_COLOR": "1", **ONE_THREAD}
