"""A real scheduler and real workers on loopback: what they grade is what this machine grades, whoever dies on the way."""

from __future__ import annotations

import contextlib
import functools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from harness.catalog import load_catalog
from harness.cohort.blobs import blob_name
from harness.cohort.cluster import ClusterError, ClusterExecutor, open_cluster
from harness.jobs import Job
from harness.model import Kata, KataReport, ProblemKind, Status
from harness.runner import run_jobs

from checkout import GOOD, ROOT, STUB, SUITE, Checkout, environment

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="workers are ended by signals")

BAD = "def double(x):\n    return x\n"
LIMIT_S = 60


@dataclass
class Cluster:
    """A scheduler and workers, each a process in a folder of its own, with a home and a temporary folder of its own."""

    root: Path
    address: str = ""
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start_scheduler(self) -> None:
        file = self.root / "scheduler.json"
        arguments = ["--host", "127.0.0.1", "--port", "0", "--scheduler-file", str(file), "--no-dashboard"]
        self._start("scheduler", arguments, {"DASK_DISTRIBUTED__SCHEDULER__ALLOWED_FAILURES": "0"})
        wait_until(file.exists)
        self.address = json.loads(file.read_text())["address"]

    def start_worker(self, name: str, *, nanny: bool = False, env: dict[str, str] | None = None) -> None:
        place = self.root / name
        arguments = [self.address, "--name", name, "--nthreads", "1", "--no-dashboard", "--memory-limit", "0"]
        arguments += ["--nanny" if nanny else "--no-nanny", "--local-directory", str(place / "local")]
        self._start("worker", arguments, {"HOME": str(place), "TMPDIR": str(place), **(env or {})}, place)

    def _start(self, kind: str, arguments: list[str], env: dict[str, str], place: Path | None = None) -> None:
        folder = place or self.root
        folder.mkdir(exist_ok=True)
        with (folder / "log").open("wb") as log:
            self.processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", f"distributed.cli.dask_{kind}", *arguments],
                    cwd=folder,
                    env={**environment(), "PYTHONPATH": str(ROOT / "tests"), **env},
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
            )

    def kill(self, number: int) -> None:
        """End the scheduler (0) or a worker, at once and without a word."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.processes[number].pid, signal.SIGKILL)
        self.processes[number].wait()

    def close(self) -> None:
        for number in range(len(self.processes)):
            self.kill(number)


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.02)


@pytest.fixture
def cluster(tmp_path: Path) -> Iterator[Cluster]:
    """A scheduler without workers."""
    (tmp_path / "cluster").mkdir()
    found = Cluster(tmp_path / "cluster")
    try:
        found.start_scheduler()
        yield found
    finally:
        found.close()


@contextlib.contextmanager
def opened(cluster: Cluster) -> Iterator[ClusterExecutor]:
    executor = open_cluster(cluster.address, None)
    try:
        yield executor
    finally:
        executor.close()


@pytest.fixture
def kata(checkout: Checkout) -> Kata:
    checkout.add("a01_double")
    (checkout.root / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    return load_catalog(checkout.root).katas[0]


def jobs_of(kata: Kata, folder: Path, sources: list[str], **settings: Any) -> list[Job]:
    """A job for each source, its file in a folder of its own."""
    jobs = []
    for number, source in enumerate(sources):
        file = folder / str(number) / kata.stub.name
        file.parent.mkdir(parents=True)
        file.write_text(source)
        jobs.append(Job(kata, str(file), profile="grade", seed=number, **settings))
    return jobs


def run_all(
    executor: ClusterExecutor, jobs: list[Job], *, each: Callable[[int], None] = lambda _: None
) -> list[KataReport]:
    """What the grader does: submit while there is room, and wait; `each` hears how many have come back."""
    waiting = list(jobs)
    reports: dict[Job, KataReport] = {}
    while waiting or executor.busy:
        while waiting and executor.room:
            executor.submit(waiting.pop(0))
        job, report = executor.wait()
        assert job not in reports
        reports[job] = report
        each(len(reports))
    return [reports[job] for job in jobs]


def verdict(report: KataReport) -> object:
    """What must be the same wherever a run was."""
    tests = tuple(replace(test, duration_s=0.0, figures=()) for test in report.tests)
    return report.slug, report.subject, report.seed, report.started, report.problem, tests


def blobs(cluster: Cluster, worker: str = "*") -> dict[Path, int]:
    """The blobs of a worker, or of all, and which file each is: one that was written again is another file."""
    return {file: file.stat().st_ino for file in cluster.root.glob(f"{worker}/local/**/blobs/[0-9a-f]*")}


def test_two_workers_give_what_one_machine_gives_although_one_of_them_is_killed(
    cluster: Cluster, kata: Kata, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        cluster.start_worker(name)
    exits = "import os\nos._exit(0)\n"
    sources = [GOOD, BAD, "x = (", exits, STUB, GOOD + "# \u00e9\n"]
    jobs = jobs_of(kata, tmp_path / "submissions", sources)
    seen: dict[Path, int] = {}

    def disturb(count: int) -> None:
        if count == 3:
            seen.update(blobs(cluster))
            cluster.kill(1)

    with opened(cluster) as executor:
        wait_until(lambda: len(executor.census(fresh=True)) == 2)
        reports = run_all(executor, jobs, each=disturb)
        assert executor.busy == 0
        files = len(list(kata.folder.glob("*.*"))) + 1
        assert len(seen) == 2 * files  # each on each worker ...
        assert {file: inode for file, inode in blobs(cluster).items() if file in seen} == seen  # ... and once
    local = run_jobs(jobs, state=tmp_path, fresh=True)
    assert list(map(verdict, reports)) == list(map(verdict, local))
    assert reports[0].status is Status.PASSED
    assert not blobs(cluster, "two")  # and nothing is left behind


def test_a_late_worker_has_what_the_others_had_and_gets_anew_what_is_damaged(
    cluster: Cluster, kata: Kata, tmp_path: Path
) -> None:
    cluster.start_worker("one")
    jobs = jobs_of(kata, tmp_path / "submissions", [GOOD] * 3)
    with opened(cluster) as executor:
        run_all(executor, jobs[:1])
        cluster.kill(1)
        cluster.start_worker("two")
        assert [report.status for report in run_all(executor, jobs[1:2])] == [Status.PASSED]
        for file in blobs(cluster, "two"):
            file.write_bytes(b"damaged")
        assert [report.status for report in run_all(executor, jobs[2:])] == [Status.PASSED]
        assert all(blob_name(file.read_bytes()) == file.name for file in blobs(cluster, "two"))


def test_two_katas_of_one_name_are_two_katas(cluster: Cluster, kata: Kata, tmp_path: Path) -> None:
    hidden = Checkout(tmp_path / "hidden")
    hidden.add("a01_double", suite=SUITE.replace("test_two_is_four", "test_held_out"))
    (other,) = load_catalog(hidden.root).katas
    cluster.start_worker("one")
    (job,) = jobs_of(kata, tmp_path / "submissions", [GOOD])
    with opened(cluster) as executor:
        reports = run_all(executor, [job, replace(job, kata=other, only=("test_held_out",))])
    assert [test.name for test in reports[0].tests] == ["test_two_is_four", "test_zero_stays_zero"]
    assert [test.name for test in reports[1].tests] == ["test_held_out"]


def test_a_worker_with_another_harness_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "harness", tmp_path / "other" / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "other" / "harness" / "model.py").open("a") as file:
        file.write("# changed\n")
    cluster.start_worker("one", env={"PYTHONPATH": str(tmp_path / "other")})
    with pytest.raises(ClusterError, match=r"is unfit: the harness there is .*, here it is") as caught:
        open_cluster(cluster.address, None)
    assert "the same version" in caught.value.hint


def test_a_worker_without_the_harness_is_refused(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "none").mkdir()
    (tmp_path / "none" / "harness.py").write_text("")
    cluster.start_worker("one", env={"PYTHONPATH": str(tmp_path / "none")})
    with pytest.raises(ClusterError, match="it cannot load this harness"):
        open_cluster(cluster.address, None)


def test_an_unfit_worker_that_comes_late_gets_nothing_to_do(cluster: Cluster, kata: Kata, tmp_path: Path) -> None:
    cluster.start_worker("one")
    shutil.copytree(ROOT / "harness", tmp_path / "other" / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    with (tmp_path / "other" / "harness" / "model.py").open("a") as file:
        file.write("# changed\n")
    jobs = jobs_of(kata, tmp_path / "submissions", [GOOD] * 4)
    with opened(cluster) as executor:
        cluster.start_worker("two", env={"PYTHONPATH": str(tmp_path / "other")})
        wait_until(lambda: len(executor.census(fresh=True)) == 2)
        assert {report.status for report in run_all(executor, jobs)} == {Status.PASSED}
        cluster.kill(1)
        executor.submit(jobs[0])
        with pytest.raises(ClusterError, match=r"is unfit: the harness"):
            executor.wait()


def deadly(marker: str, task: Any) -> Any:
    """Stands for a run that takes its worker with it."""
    from harness.cohort.site import do_task

    if marker.encode() in task.submission:
        os.kill(os.getpid(), signal.SIGKILL)
    return do_task(task)


def test_a_task_that_ends_its_workers_is_a_report_and_its_neighbours_are_not_to_blame(
    cluster: Cluster, kata: Kata, tmp_path: Path
) -> None:
    import test_cohort_cluster as here  # workers load what they run by this name
    from distributed import Client

    cluster.start_worker("one", nanny=True)
    client = Client(cluster.address, set_as_default=False)
    executor = ClusterExecutor(client, work=functools.partial(here.deadly, "KILL"))
    try:
        reports = run_all(executor, jobs_of(kata, tmp_path / "submissions", [GOOD, GOOD + "# KILL\n", GOOD]))
    finally:
        executor.close()
    assert [report.status for report in reports] == [Status.PASSED, Status.BROKEN, Status.PASSED]
    problem = reports[1].problem
    assert problem is not None
    assert problem.kind is ProblemKind.DIED
    assert "ended each worker" in problem.sentence


def test_a_lost_scheduler_is_a_sentence(cluster: Cluster, kata: Kata, tmp_path: Path) -> None:
    cluster.start_worker("one")
    jobs = jobs_of(kata, tmp_path / "submissions", [GOOD] * 4)
    with opened(cluster) as executor:
        for job in jobs:
            executor.submit(job)
        executor.wait()
        cluster.kill(0)
        with pytest.raises(ClusterError, match=r"the scheduler at tcp://.* is gone") as caught:
            run_all(executor, [])
    assert "kept" in caught.value.hint


def test_no_worker_is_a_sentence_before_and_after(cluster: Cluster, kata: Kata, tmp_path: Path) -> None:
    from distributed import Client

    with (
        Client(cluster.address, set_as_default=False) as client,
        pytest.raises(ClusterError, match="no worker has come"),
    ):
        ClusterExecutor(client, patience_s=0.2)
    cluster.start_worker("one")
    (job,) = jobs_of(kata, tmp_path / "submissions", [GOOD])
    client = Client(cluster.address, set_as_default=False)
    client.wait_for_workers(1, timeout=LIMIT_S)
    executor = ClusterExecutor(client, patience_s=0.5)
    try:
        cluster.kill(1)
        executor.submit(job)
        with pytest.raises(ClusterError, match=r"all workers of .* are gone"):
            executor.wait()
    finally:
        executor.close()


def test_a_run_that_is_given_up_ends_on_the_workers_too(cluster: Cluster, kata: Kata, tmp_path: Path) -> None:
    cluster.start_worker("one")
    marker = tmp_path / "began"
    slow = f"import time\nopen({str(marker)!r}, 'w').close()\ntime.sleep(600)\n"
    (job,) = jobs_of(replace(kata, hang_limit_s=600), tmp_path / "submissions", [slow])
    with opened(cluster) as executor:
        executor.submit(job)
        wait_until(marker.exists)
        assert runs_below(cluster.root)
    wait_until(lambda: not runs_below(cluster.root))


def runs_below(root: Path) -> list[str]:
    """Processes that run a suite in a folder below `root`."""
    found = []
    for file in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            line = file.read_bytes().decode("utf-8", "replace")
            found += [line] if "--json-report" in line and str(root) in line else []
    return found


def test_a_local_cluster_is_one_too(kata: Kata, tmp_path: Path) -> None:
    executor = open_cluster(None, "local:1")
    try:
        assert executor.room > 0
        (report,) = run_all(executor, jobs_of(kata, tmp_path / "submissions", [GOOD], player="process"))
    finally:
        executor.close()
    assert report.status is Status.PASSED


@pytest.mark.parametrize(
    ("scheduler", "cluster", "sentence"),
    [
        (None, None, "not both"),
        ("tcp://a:1", "local:2", "not both"),
        ("a:8786", None, "no scheduler's address"),
        ("tcp://a", None, "no scheduler's address"),
        ("http://a:8786", None, "no scheduler's address"),
        ("tcp://a:99999", None, "no scheduler's address"),
        (None, "local:0", "no cluster"),
        (None, "local:many", "no cluster"),
        (None, "slurm:2", "no cluster"),
    ],
)
def test_what_is_no_cluster_is_a_sentence(scheduler: str | None, cluster: str | None, sentence: str) -> None:
    with pytest.raises(ClusterError, match=sentence):
        open_cluster(scheduler, cluster)


def test_an_address_where_nobody_or_somebody_else_listens_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.cohort.cluster.CONNECT_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        talker = threading.Thread(target=_greet, args=(server,), daemon=True)
        talker.start()
        with pytest.raises(ClusterError, match="no scheduler answers"):
            open_cluster(address, None)
    talker.join()
    with pytest.raises(ClusterError, match="no scheduler answers"):
        open_cluster(address, None)


def _greet(server: socket.socket) -> None:
    """A server of another kind."""
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"220 mail.example.org ESMTP\r\n")


def test_without_the_library_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(ClusterError, match="not installed"):
        open_cluster(None, "local:1")
