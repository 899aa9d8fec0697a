"""Run suites in child processes: one pytest a kata, in parallel over the cores, with the speed bands one at a time.

Whatever a child does (dies, hangs, forges, writes nothing), the outcome is a `KataReport`. pytest is reached by name and never
imported here, so that a scoreboard with nothing to run answers at once.
"""

from __future__ import annotations

import ast
import contextlib
import functools
import hashlib
import importlib.metadata
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import filelock

from harness.catalog import is_published_stub
from harness.errors import InterruptedRunError, ReportError, SubjectError
from harness.model import Kata, KataReport, Problem, ProblemKind
from harness.report import dump, parse, read
from harness.state import write_atomically
from harness.subject import LEARNER, resolve

PLUGINS = ("pytest_timeout", "_hypothesis_pytestplugin", "pytest_jsonreport.plugin", "harness.plugin")
"""What a child loads. Other installed plugins stay out: they cost time, and could change results."""

BATCH = 8
"""Children alive at once; those that wait for their speed band sleep, and cost only memory."""

_DEPENDENCIES = ("pytest", "pytest-timeout", "pytest-json-report", "hypothesis", "numpy", "scipy", "scikit-learn")
_OURS = ("harness.explain", "harness.fixtures", "harness.report", "harness.strategies", "harness.subject")
"""What the nest imports of this package. Not the plugins: pytest warns when one is there before it could rewrite it."""
_PRELOADED = ("hypothesis", "numpy", "scipy", "sklearn")
_POLL_S = 0.01
_START_LIMIT_S = 120.0
_TAIL_BYTES = 20_000
_ONE_THREAD = {
    name: "1" for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "VECLIB_MAXIMUM_THREADS")
}


@dataclass(frozen=True, slots=True)
class Job:
    """One suite against one subject."""

    kata: Kata
    choice: str = LEARNER
    only: tuple[str, ...] = ()
    """Names of tests to run; all when empty."""
    profile: str = "practice"
    gated: bool = True
    """Whether its speed band waits until nothing else runs, and is left out after a wrong answer."""
    store: str = ""
    """Where in the state folder the report is kept, `reports/a01_mse.json`; not kept when empty."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something to show while jobs run: `waiting`, `started`, `test`, `finished` or `cached`."""

    kind: str
    job: Job | None = None
    text: str = ""


Listener = Callable[[Event], None]


def learner_job(kata: Kata, choice: str, profile: str) -> Job:
    """The job of the scoreboard for one kata."""
    label = "" if choice == LEARNER else f"{_label(choice)}/"
    return Job(kata, choice, profile=profile, store=f"reports/{label}{kata.slug}.json")


def _label(choice: str) -> str:
    """A folder name for a subject that is not the learner."""
    readable = re.sub(r"\W+", "_", Path(choice).name) or "subject"
    digest = hashlib.sha256(os.path.abspath(choice).encode("utf-8", "surrogateescape")).hexdigest()[:8]
    return choice if choice.isidentifier() and not Path(choice).exists() else f"{readable}-{digest}"


def run_jobs(
    jobs: Sequence[Job],
    *,
    state: Path,
    workers: int | None = None,
    fresh: bool = False,
    listener: Listener = lambda event: None,
) -> list[KataReport]:
    """Run `jobs` and return their reports in the same order, taking from the cache what has not changed.

    A second call from another process waits for the first to end, and then finds its results in the cache. Raises
    `InterruptedRunError` on Ctrl-C; reports that were finished by then are kept.
    """
    reports: dict[int, KataReport] = {}
    todo: list[tuple[int, Job, str]] = []
    for i, job in enumerate(jobs):
        known = _without_a_run(job)
        job_digest = "" if known else digest(job)
        cached = known or (None if fresh else _cached(job, job_digest, state))
        if cached is None:
            todo.append((i, job, job_digest))
        else:
            reports[i] = cached
            listener(Event("cached", job))
    if todo:
        with _turn(state, listener):
            if not fresh:
                todo = [entry for entry in todo if not _take_cached(entry, state, reports, listener)]
            _run_all(todo, state, workers or os.cpu_count() or 1, listener, reports)
    return [reports[i] for i in range(len(jobs))]


def _take_cached(entry: tuple[int, Job, str], state: Path, reports: dict[int, KataReport], listener: Listener) -> bool:
    """Look again after waiting: the run that was in our way may have done the work."""
    i, job, job_digest = entry
    cached = _cached(job, job_digest, state)
    if cached is not None:
        reports[i] = cached
        listener(Event("cached", job))
    return cached is not None


@contextlib.contextmanager
def _turn(state: Path, listener: Listener) -> Iterator[None]:
    """One run at a time in a checkout: two would disturb each other's figures."""
    lock = filelock.FileLock(state / "run.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        listener(Event("waiting", text="another run is under way in this checkout; waiting for it to end"))
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


def _without_a_run(job: Job) -> KataReport | None:
    """The report of a job that needs no process: no subject, or one that is still the published stub."""
    try:
        subject = resolve(job.kata, job.choice)
        source = subject.file.read_bytes()
    except SubjectError as error:
        sentence = f"{error} ({error.hint})" if error.hint else str(error)
        return _empty(job, Problem(ProblemKind.BROKEN, sentence))
    except OSError as error:
        return _empty(job, Problem(ProblemKind.BROKEN, f"{subject.file.name} cannot be read: {error.strerror}"))
    if job.choice == LEARNER and not job.only and is_published_stub(job.kata, source):
        return replace(_empty(job, None), started=False)
    return None


def _empty(job: Job, problem: Problem | None) -> KataReport:
    return KataReport(job.kata.slug, job.choice, (), problem, created=time.time())


# --- the cache -----------------------------------------------------------------------------------------------------


def digest(job: Job) -> str:
    """Hash of all that the result depends on: subject, suite, harness, versions, and how it is run."""
    sha = hashlib.sha256(_environment_digest().encode())
    sha.update(repr((job.kata.slug, sorted(job.only), job.profile)).encode())
    subject = resolve(job.kata, job.choice).file
    sha.update(subject.read_bytes())
    for file in sorted(job.kata.folder.iterdir()):
        if file.suffix in (".py", ".toml") and file != job.kata.stub:
            sha.update(file.name.encode() + b"\0" + file.read_bytes() + b"\0")
    return sha.hexdigest()


@functools.cache
def _environment_digest() -> str:
    sha = hashlib.sha256(f"{platform.python_implementation()} {sys.version} {platform.platform()}".encode())
    for name in _DEPENDENCIES:
        sha.update(f"{name} {importlib.metadata.version(name)}\n".encode())
    for file in sorted(Path(__file__).parent.glob("*.py")):
        sha.update(file.read_bytes())
    return sha.hexdigest()


def _cached(job: Job, job_digest: str, state: Path) -> KataReport | None:
    if not job.store:
        return None
    try:
        (report,) = read(state / job.store)
    except (ReportError, ValueError):
        return None
    return report if report.digest == job_digest else None


# --- children --------------------------------------------------------------------------------------------------------


@dataclass(slots=True)
class _Child:
    """One pytest process and the files through which it is heard."""

    job: Job
    folder: Path
    process: Process
    begun: float = field(default_factory=time.monotonic)
    deadline: float = 0.0
    at_gate: bool = False
    overdue: bool = False
    last_test: str = ""
    _read: int = 0

    def follow(self, listener: Listener) -> None:
        """Take in what the child has said since the last look."""
        with contextlib.suppress(OSError), (self.folder / "progress").open("rb") as file:
            file.seek(self._read)
            data = file.read()
            whole = data[: data.rfind(b"\n") + 1]
            self._read += len(whole)
            for line in whole.decode("utf-8", "replace").splitlines():
                kind, _, what = line.partition(" ")
                if kind == "gate":
                    self.at_gate = True
                elif kind == "test":
                    self.last_test = what.rsplit("::", 1)[-1]
                    listener(Event("test", self.job, self.last_test))

    def wait(self, listener: Listener) -> None:
        """Until it ends, or stands at the gate, or is overdue (then it is ended)."""
        while True:
            ended = self.process.poll() is not None
            self.follow(listener)
            if ended or self.at_gate:
                return
            if time.monotonic() > self.deadline:
                self.overdue = True
                self.end()
                return
            time.sleep(_POLL_S)

    def open_gate(self) -> None:
        """Let it measure its speed."""
        self.at_gate = False
        self.deadline = time.monotonic() + _run_limit_s(self.job.kata)
        (self.folder / "go").touch()

    def end(self) -> None:
        """Kill it and all that it started."""
        if sys.platform == "win32":
            subprocess.run(["taskkill", "/F", "/T", "/PID", str(self.process.pid)], capture_output=True, check=False)
        else:
            for kill in (os.killpg, os.kill):  # the group, and the process itself should it have no group yet
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    kill(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def tail(self, name: str) -> str:
        """The end of what it printed."""
        with contextlib.suppress(OSError), (self.folder / name).open("rb") as file:
            file.seek(0, os.SEEK_END)
            file.seek(max(0, file.tell() - _TAIL_BYTES))
            return file.read().decode("utf-8", "replace")
        return ""


def _run_limit_s(kata: Kata) -> float:
    """When a whole run is given up although no single test hung."""
    return _START_LIMIT_S + 10 * kata.hang_limit_s


def _start(job: Job, folder: Path, nest: Nest | None, *, gated: bool) -> _Child:
    kata = job.kata
    root = kata.folder.parent.parent
    targets = [f"{kata.suite}::{name}" for name in job.only] or [str(kata.suite)]
    config = root / "pyproject.toml"
    arguments = ["--rootdir", str(root), *(["-c", str(config)] if config.is_file() else [])]
    arguments += [part for plugin in PLUGINS for part in ("-p", plugin)]
    arguments += ["-p", "no:cacheprovider", "-q", "--no-header", "--subject", job.choice]
    arguments += ["--hypothesis-profile", job.profile, "--kata-progress", str(folder / "progress")]
    arguments += ["--kata-memory-mib", str(_memory_limit_mib())]
    arguments += ["--json-report", "--json-report-file", str(folder / "report.json")]
    arguments += ["--json-report-omit", "collectors", "log", "traceback", "streams", "warnings", "keywords"]
    arguments += ["--kata-gate", str(folder / "go")] if gated else []
    arguments += ["--", *targets]
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTEST_", "COV_", "HYPOTHESIS_"))}
    env |= {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTHONUTF8": "1", "NO_COLOR": "1", **_ONE_THREAD}
    process: Process
    if nest is not None:
        process = nest.start(arguments, env, root, folder)
    else:
        with (folder / "stdout").open("wb") as out, (folder / "stderr").open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-P", "-m", "pytest", *arguments],
                cwd=root,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
                start_new_session=sys.platform != "win32",
            )
    return _Child(job, folder, process, deadline=time.monotonic() + _run_limit_s(kata))


class Process(Protocol):
    """What is asked of a child, whoever started it."""

    pid: int
    returncode: int | Any

    def poll(self) -> int | None:
        """The exit code, None while it runs."""

    def wait(self) -> int:
        """The exit code, once there is one."""


class _Hatchling:
    """A process that the nest forked."""

    def __init__(self) -> None:
        self.pid = 0
        self.returncode = 0
        self.born = threading.Event()
        self.ended = threading.Event()

    def poll(self) -> int | None:
        return self.returncode if self.ended.is_set() else None

    def wait(self) -> int:
        self.ended.wait()
        return self.returncode


class Nest:
    """The runner's end of `harness.nest`: starts it, gives it jobs, hears of their ends."""

    def __init__(self, modules: Iterable[str], root: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "harness.nest", *modules],
            cwd=root,
            env={**os.environ, **_ONE_THREAD, "PYTHONUTF8": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,
        )
        self._hatchlings: dict[int, _Hatchling] = {}
        self._writing = threading.Lock()
        self._reader = threading.Thread(target=self._listen, daemon=True)
        self._reader.start()

    def start(self, arguments: list[str], env: dict[str, str], cwd: Path, folder: Path) -> Process:
        """Have a child forked that runs pytest with `arguments`, its output in `folder`."""
        hatchling = _Hatchling()
        out, err = str(folder / "stdout"), str(folder / "stderr")
        with self._writing:
            number = len(self._hatchlings) + 1
            self._hatchlings[number] = hatchling
            job = {"id": number, "argv": arguments, "env": env, "cwd": str(cwd), "out": out, "err": err}
            stdin = self._process.stdin
            if stdin is not None:
                stdin.write(json.dumps(job).encode() + b"\n")
                stdin.flush()
        hatchling.born.wait()
        return hatchling

    def _listen(self) -> None:
        for line in self._process.stdout or ():
            message = json.loads(line)
            hatchling = self._hatchlings[message["id"]]
            if "pid" in message:
                hatchling.pid = message["pid"]
                hatchling.born.set()
            else:
                hatchling.returncode = message["code"]
                hatchling.ended.set()
        for hatchling in self._hatchlings.values():  # the nest is gone: nobody must wait for ever
            if not hatchling.ended.is_set():
                hatchling.returncode = -signal.SIGKILL
                hatchling.born.set()
                hatchling.ended.set()

    def close(self) -> None:
        """End it; its children are ended by whoever waits for them."""
        self._process.kill()
        self._process.wait()
        self._reader.join()
        for stream in (self._process.stdin, self._process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()


def _open_nest(jobs: Sequence[Job]) -> Nest | None:
    """A nest with what the suites of `jobs` import, where forking is safe and there is enough to do."""
    if sys.platform != "linux" or len(jobs) < 2:
        return None
    modules = {name for suite in {job.kata.suite for job in jobs} for name in _library_imports(suite)}
    return Nest(sorted({*_OURS, *modules}), jobs[0].kata.folder.parent.parent)


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


def _run_all(
    todo: list[tuple[int, Job, str]],
    state: Path,
    workers: int,
    listener: Listener,
    reports: dict[int, KataReport],
) -> None:
    """Run the jobs that the cache could not answer; fills `reports`."""
    children: list[_Child] = []
    stopped = threading.Event()
    scratch = Path(tempfile.mkdtemp(prefix="run-", dir=state))

    def start_and_wait(i: int, job: Job) -> _Child:
        folder = scratch / str(i)
        folder.mkdir()
        child = _start(job, folder, nest, gated=job.gated and len(todo) > 1)
        children.append(child)
        if stopped.is_set():
            child.end()
        listener(Event("started", job))
        child.wait(listener)
        return child

    def finish(i: int, job: Job, job_digest: str, child: _Child, source: bytes) -> None:
        report = reports[i] = replace(_conclude(child), digest=job_digest)
        _put_back(job, source)
        killed = report.problem is not None and report.problem.kind is ProblemKind.KILLED
        if job.store and not killed:  # whatever killed it was not the subject's doing alone: try again next time
            write_atomically(state / job.store, dump(report))
        listener(Event("finished", job))

    nest = _open_nest([job for _, job, _ in todo])
    pool = ThreadPoolExecutor(max_workers=workers)
    try:
        queue = iter(todo)
        while batch := list(islice(queue, BATCH)):
            sources = {i: resolve(job.kata, job.choice).file.read_bytes() for i, job, _ in batch}
            futures = [(entry, pool.submit(start_and_wait, entry[0], entry[1])) for entry in batch]
            waiting = []
            for (i, job, job_digest), future in futures:
                child = future.result()
                if child.at_gate:
                    waiting.append((i, job, job_digest, child))
                else:
                    finish(i, job, job_digest, child, sources[i])
            for i, job, job_digest, child in waiting:
                child.open_gate()
                child.wait(listener)
                finish(i, job, job_digest, child, sources[i])
    except KeyboardInterrupt:
        left = sum(i not in reports for i, *_ in todo)
        raise InterruptedRunError(
            f"interrupted; {len(todo) - left} of {len(todo)} runs were finished, and are kept",
            hint="run the same command again to go on",
        ) from None
    finally:
        stopped.set()
        for child in children:
            if child.process.poll() is None:
                child.end()
        pool.shutdown(cancel_futures=True)
        if nest is not None:
            nest.close()
        shutil.rmtree(scratch, ignore_errors=True)


def _put_back(job: Job, source: bytes) -> None:
    """A module that deletes its own file must not cost anybody their work."""
    file = job.kata.stub if job.choice == LEARNER else None
    if file is not None and not file.exists():
        write_atomically(file, source)


# --- what a process that ended has to say --------------------------------------------------------------------------


def _conclude(child: _Child) -> KataReport:
    """The report of a child that has ended, whatever became of it."""
    job = child.job
    duration_s = time.monotonic() - child.begun
    problem = _problem(child)
    report = None
    with contextlib.suppress(ReportError, OSError):
        found = {item.slug: item for item in parse((child.folder / "report.json").read_bytes(), job.kata.slug)}
        report = found.get(job.kata.slug)
    if report is None:
        return replace(_empty(job, problem or _died(child)), duration_s=duration_s)
    if report.problem is None and problem is not None:
        report = replace(report, problem=problem)
    return replace(report, duration_s=duration_s)


def _problem(child: _Child) -> Problem | None:
    """What the process's end says, before any report is believed."""
    slug, code = child.job.kata.slug, child.process.returncode
    where = f" in {child.last_test}" if child.last_test else " while it was imported"
    errors = child.tail("stderr")
    if "Timeout (" in errors and "most recent call first" in errors:
        return Problem(ProblemKind.TIMED_OUT, f"{slug} hung{where}{_dumped_line(child.job.kata, errors)}")
    if child.overdue:
        limit_s = round(_run_limit_s(child.job.kata))
        return Problem(ProblemKind.TIMED_OUT, f"{slug} was still running after {limit_s} s{where}")
    if code < 0:
        name = signal.Signals(-code).name
        if name == "SIGKILL":
            return Problem(
                ProblemKind.KILLED, f"{slug} was killed{where} (SIGKILL): most likely the machine ran out of memory"
            )
        return Problem(ProblemKind.DIED, f"{slug} crashed the interpreter{where} ({name})")
    return None


def _dumped_line(kata: Kata, errors: str) -> str:
    """The line of the subject in a dump of `faulthandler`."""
    match = re.search(rf'File "[^"]*{re.escape(kata.module)}\.py", line (\d+) in (\w+)', errors)
    return f", at {kata.module}.py:{match[1]} in {match[2]}" if match else ""


def _died(child: _Child) -> Problem:
    """The sentence for a process that left no report."""
    slug, code = child.job.kata.slug, child.process.returncode
    where = f"in {child.last_test}" if child.last_test else "while it was imported"
    if code in (0, 1) or child.last_test:
        return Problem(
            ProblemKind.DIED, f"{slug} ended the whole process {where} (exit code {code}): is there an os._exit?"
        )
    said = (child.tail("stderr") or child.tail("stdout")).strip().splitlines()
    reason = next((line for line in said if "rror" in line), said[-1] if said else "it said nothing")
    return Problem(ProblemKind.BROKEN, f"pytest could not run the suite of {slug} (exit code {code}): {reason}")
