"""Peak memory in this process: exact for what allocators tell of, and not blind to what they do not."""

from __future__ import annotations

import mmap
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from harness.suite.measure import Task
from harness.suite.memory import KernelMemory, peak_memory_mib

linux = pytest.mark.skipif(sys.platform != "linux", reason="the kernel tells of memory by /proc")
MIB = 2**20


def nothing(got: object, want: object) -> None:
    """Compare nothing."""


def peak(call: Callable[[], object]) -> float:
    return peak_memory_mib(lambda: Task(call, lambda: None), nothing)


def test_an_array_that_is_gone_again_is_seen() -> None:
    assert 8.0 <= peak(lambda: np.ones(MIB).sum()) < 9.0


def test_what_was_there_before_is_not_counted() -> None:
    before = np.ones(4 * MIB)
    assert peak(before.sum) < 0.1


@linux
def test_a_block_that_was_laid_out_before_is_seen_when_it_is_filled() -> None:
    block = np.empty(2 * MIB)

    def fill() -> Any:
        block[:] = 1.0
        return block.sum()

    assert 13.0 < peak(fill) < 18.0


@linux
def test_a_block_that_no_allocator_tells_of_is_seen() -> None:
    def take() -> float:
        with mmap.mmap(-1, 16 * MIB) as block:
            block.write(b"x" * (16 * MIB))
        return 0.0

    assert peak(take) > 14.0


@linux
def test_the_kernels_peak_is_that_since_the_reset() -> None:
    kernel = KernelMemory("self")
    np.ones(8 * MIB).sum()  # too large to be kept by the heap
    assert 60.0 < kernel.growth_mib() < 68.0
    assert kernel.reset_peak()
    assert kernel.growth_mib() < 4.0


def test_a_process_that_the_kernel_does_not_tell_of_has_no_memory() -> None:
    kernel = KernelMemory("nobody")
    assert not kernel.reset_peak()
    assert kernel.growth_mib() == 0.0
