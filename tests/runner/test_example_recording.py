"""Which recordings of examples are made."""

from __future__ import annotations

from pathlib import Path

from harness.catalog.load import load_catalog
from harness.core.model import Kata
from harness.runner.example_recording import ExampleRecordings
from harness.runner.job import Job

from checkout import GOOD, Checkout


class _Ended:
    pid = 1
    returncode = 0

    def poll(self) -> int:
        return 0

    def wait(self, timeout: float | None = None) -> int:  # noqa: ARG002
        return 0


def test_examples_are_recorded_once_for_a_suite_that_is_run_again(tmp_path: Path, checkout: Checkout) -> None:
    for slug in ("a01_one", "a02_two"):
        checkout.add(slug, GOOD)
    one, two = load_catalog(checkout.root).katas
    asked: list[tuple[str, int | None, Path]] = []

    def record(job: Job, file: Path) -> _Ended:
        asked.append((job.kata.slug, job.seed, file))
        return _Ended()

    recordings = ExampleRecordings(tmp_path, record)

    def job(kata: Kata, seed: int | None = 7) -> Job:
        return Job(kata, profile="grade", seed=seed)

    assert [recordings.find(job(one)), recordings.find(job(two)), recordings.find(job(one, 8))] == [None] * 3
    assert [recordings.find(job(one, None)) for _ in range(3)] == [None] * 3
    assert asked == []
    assert [recordings.find(job(one)), recordings.find(job(one))] == [None] * 2
    ((slug, seed, file),) = asked
    assert (slug, seed) == ("a01_one", 7)
    file.write_bytes(b"")
    assert recordings.find(job(one)) == file
    assert recordings.find(job(two)) is None
    assert len({file for *_, file in asked}) == len(asked) == 2
    assert len(recordings.processes()) == 2
