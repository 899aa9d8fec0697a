"""Jobs on real workers of a real scheduler: what they are sent, who may do them, and what it means when one is lost."""

from __future__ import annotations

import contextlib
import shutil
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from harness.catalog.load import load_catalog
from harness.core.files import listed_files
from harness.core.model import Kata, KataReport, ProblemKind
from harness.grading.blobs import blob_name
from harness.grading.cluster import ClusterError, ClusterExecutor
from harness.grading.connect import executor_for, open_scheduler
from harness.grading.fork_servers import ForkServerPool
from harness.runner.job import Job

from checkout import GOOD, ROOT, SUITE, Checkout
from cluster_work import deadly, unpack, weigh
from clusters import LIMIT_S, Cluster, wait_until

pytest.importorskip("distributed", reason="the extra `cluster` is not installed")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="workers are ended by signals")


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
    executor = open_scheduler(cluster.address)
    try:
        yield executor
    finally:
        executor.close()


@contextlib.contextmanager
def working(cluster: Cluster, work: Callable[[Any], Any]) -> Iterator[ClusterExecutor]:
    """With a stand-in for runs: a function of a module that workers can import, too."""
    from distributed import Client

    client = Client(cluster.address, set_as_default=False)
    executor = ClusterExecutor(client, work=work)
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


def run_all(executor: ClusterExecutor, jobs: list[Job]) -> list[KataReport]:
    """What the grader does: submit while there is room, and wait."""
    waiting = list(jobs)
    reports: dict[Job, KataReport] = {}
    while waiting or executor.busy:
        while waiting and executor.room:
            executor.submit(waiting.pop(0))
        job, report = executor.wait()
        assert job not in reports
        reports[job] = report
    return [reports[job] for job in jobs]


def other_harness(folder: Path) -> dict[str, str]:
    """The environment of a machine with another version of this package."""
    shutil.copytree(ROOT / "harness", folder / "harness", ignore=shutil.ignore_patterns("__pycache__"))
    with (folder / "harness" / "core" / "model.py").open("a") as file:
        file.write("# changed\n")
    return {"PYTHONPATH": str(folder)}


def no_harness(folder: Path) -> dict[str, str]:
    """The environment of a machine without this package."""
    folder.mkdir()
    (folder / "harness.py").write_text("")
    return {"PYTHONPATH": str(folder)}


def test_files_travel_once_to_each_worker_and_anew_only_when_they_are_damaged(
    cluster: Cluster, kata: Kata, tmp_path: Path
) -> None:
    cluster.start_worker("one")
    first, again, other = jobs_of(kata, tmp_path / "submissions", [GOOD, GOOD, GOOD + "# other\n"])
    files = len(listed_files(kata.folder)) + 1  # and pyproject.toml
    with working(cluster, unpack) as executor:
        laid_out = weight(run_all(executor, [first])[0])
        before = cluster.blobs()
        assert len(before) == files + 1
        assert weight(run_all(executor, [again])[0]) == laid_out
        assert cluster.blobs() == before
        cluster.start_worker("two")
        wait_until(lambda: len(cluster.blobs("two")) == files)  # what the other had, without the submission ...
        cluster.kill(1)
        assert weight(run_all(executor, [again])[0]) == laid_out  # ... which it says that it lacks
        assert len(cluster.blobs("two")) == files + 1
        for file in cluster.blobs("two"):
            file.write_bytes(b"damaged")
        assert weight(run_all(executor, [other])[0]) == laid_out + len("# other\n")
        whole = [file for file in cluster.blobs("two") if blob_name(file.read_bytes()) == file.name]
        assert len(whole) == files + 1  # all but the first submission, which was not asked for
    wait_until(lambda: not cluster.blobs("two"))  # nothing is left behind


def test_what_is_known_to_be_there_is_named_and_not_sent(kata: Kata, cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_worker("one")
    with working(cluster, weigh) as executor:
        reports = run_all(executor, jobs_of(kata, tmp_path / "submissions", [GOOD, GOOD, GOOD + "#\n"]))
    assert sorted(map(weight, reports)) == [0, len(GOOD), len(GOOD) + 2]


def weight(report: KataReport) -> int:
    return int(report.digest)


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


def test_machines_with_another_harness_or_none_are_refused(cluster: Cluster, tmp_path: Path) -> None:
    cluster.start_worker("one", env=other_harness(tmp_path / "other"))
    with pytest.raises(ClusterError, match=r"the worker .* is unfit: the harness there is .*, here it is") as caught:
        open_scheduler(cluster.address)
    assert "the same versions" in caught.value.hint
    cluster.kill(1)
    cluster.start_worker("two", env=no_harness(tmp_path / "none"))
    with pytest.raises(ClusterError, match=r"the worker .* is unfit: it cannot load this harness"):
        open_scheduler(cluster.address)


def test_a_scheduler_without_the_harness_is_refused(tmp_path: Path) -> None:
    bare = Cluster(tmp_path / "bare")
    try:
        bare.start_scheduler(env=no_harness(tmp_path / "none"))
        bare.start_worker("one")
        with pytest.raises(ClusterError, match=r"the scheduler is unfit: it cannot load this harness"):
            open_scheduler(bare.address)
    finally:
        bare.close()


def test_a_worker_without_a_sandbox_is_refused_where_one_is_asked_for(cluster: Cluster, tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    cluster.start_worker("one", env={"PATH": str(tmp_path / "bin")})
    with pytest.raises(ClusterError, match=r"the worker .* is unfit: there is no sandbox: ") as caught:
        open_scheduler(cluster.address, player="sandbox")
    assert "bubblewrap" in caught.value.hint
    open_scheduler(cluster.address, player="process").close()


def test_an_unfit_worker_that_comes_late_grades_nothing(cluster: Cluster, kata: Kata, tmp_path: Path) -> None:
    cluster.start_worker("one")
    (job,) = jobs_of(kata, tmp_path / "submissions", [GOOD])
    with opened(cluster) as executor:
        cluster.kill(1)
        cluster.start_worker("two", env=other_harness(tmp_path / "other"))
        executor.submit(job)
        with pytest.raises(ClusterError, match=r"is unfit: the harness"):
            executor.wait()


def test_a_task_that_ends_its_workers_is_a_report_and_its_neighbours_are_not_to_blame(
    cluster: Cluster, kata: Kata, tmp_path: Path
) -> None:
    cluster.start_worker("one", nanny=True)
    with working(cluster, deadly) as executor:
        reports = run_all(executor, jobs_of(kata, tmp_path / "submissions", [GOOD, "# KILL\n", GOOD + "#\n"]))
    problems = [report.problem for report in reports]
    assert [problem is not None and problem.kind is ProblemKind.DIED for problem in problems] == [False, True, False]
    problem = problems[1]
    assert problem is not None
    assert "ended each worker" in problem.sentence


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


def test_a_worker_that_cannot_write_is_named(cluster: Cluster, kata: Kata, tmp_path: Path) -> None:
    cluster.start_worker("one")
    (job,) = jobs_of(kata, tmp_path / "submissions", [GOOD])
    with opened(cluster) as executor:
        (folder,) = cluster.root.glob("one/local/*/*/kata-*")
        shutil.rmtree(folder)
        folder.write_text("in the way")
        executor.submit(job)
        with pytest.raises(ClusterError, match=r"the worker tcp://.* is unfit: it cannot work: .*Not a directory"):
            executor.wait()


def test_a_run_that_is_given_up_ends_on_the_workers_too(cluster: Cluster, kata: Kata, tmp_path: Path) -> None:
    cluster.start_worker("one")
    kata_toml = kata.folder / "kata.toml"
    kata_toml.write_text(kata_toml.read_text().replace("hang_limit_s = 2", "hang_limit_s = 600"))
    (job,) = jobs_of(kata, tmp_path / "submissions", ["import time\ntime.sleep(600)\n"])
    with opened(cluster) as executor:
        executor.submit(job)
        wait_until(cluster.runs)
    wait_until(lambda: not cluster.runs())


def test_a_nest_is_not_lent_after_the_end(tmp_path: Path) -> None:
    nests = ForkServerPool(tmp_path)
    nests.close()
    with nests.lend(tmp_path / "test_x.py") as nest:
        assert nest is None


@pytest.mark.parametrize(
    ("scheduler", "cluster", "sentence"),
    [
        (None, None, "give one of them"),
        ("tcp://a:1", "local:2", "give one of them"),
        ("a:8786", None, "not a scheduler's address"),
        ("tcp://a", None, "not a scheduler's address"),
        ("http://a:8786", None, "not a scheduler's address"),
        ("tcp://a:99999", None, "not a scheduler's address"),
        ("", None, "not a scheduler's address"),
        (None, "local:0", "not a cluster"),
        (None, "local:many", "not a cluster"),
        (None, "slurm:2", "not a cluster"),
        (None, "", "not a cluster"),
    ],
)
def test_what_is_no_cluster_is_a_sentence(scheduler: str | None, cluster: str | None, sentence: str) -> None:
    with pytest.raises(ClusterError, match=sentence):
        executor_for(scheduler, cluster, "process")


def test_an_address_without_a_scheduler_is_reported_in_a_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("harness.grading.connect.CONNECT_S", 1.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(LIMIT_S)
        is_over = threading.Event()
        talker = threading.Thread(target=_greet, args=(server, is_over))
        talker.start()
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        with pytest.raises(ClusterError, match="no scheduler answers"):
            open_scheduler(address)
        is_over.set()
        socket.create_connection(server.getsockname()).close()  # which ends its wait
        talker.join()
    with pytest.raises(ClusterError, match="no scheduler answers"):
        open_scheduler(address)


def _greet(server: socket.socket, is_over: threading.Event) -> None:
    """A server of another kind."""
    while not is_over.is_set():
        connection, _ = server.accept()
        with connection, contextlib.suppress(OSError):
            connection.sendall(b"220 mail.example.org ESMTP\r\n")


@pytest.mark.parametrize("library", ["distributed", "cryptography"])
def test_without_the_libraries_there_is_a_sentence(monkeypatch: pytest.MonkeyPatch, library: str) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ClusterError, match=f"needs {library}, which is not installed"):
        executor_for(None, "local:1", "process")
