"""Which tests of a run go together into one child, so that all cores have as much to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from harness.core.model import Kata
from harness.runner.job import suite_tests

QUICK_S = 0.02
"""Test functions that take less are run together."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which test functions run together."""

    answers: tuple[tuple[str, ...], ...]
    """One tuple a child; a single empty one stands for the whole suite."""
    speed: tuple[str, ...] = ()
    """What is measured in a child of its own; empty when it is in the same child as the answers, or there is none."""


def plan_run(kata: Kata, weights: Mapping[str, float], children: int) -> Plan:
    """Share the tests out by how long they took: quick ones together, then the others, longest first, to whoever has least.

    There are no more children than cores: those with quick tests would have to wait for their turn. Speed is measured
    where the first child was.
    """
    tests = suite_tests(kata)
    names = [name for name, is_speed in tests.items() if not is_speed]
    speed = tuple(name for name, is_speed in tests.items() if is_speed)
    if children < 2 or len(names) < 2:
        return Plan(((),))

    def weight(name: str) -> float:
        return weights.get(name, QUICK_S)

    quick = [name for name in names if weights.get(name, QUICK_S) < QUICK_S]
    slow = sorted((name for name in names if name not in quick), key=weight, reverse=True)
    shares: list[list[str]] = [quick, *([] for _ in range(children - 1))]
    loads = [sum(map(weight, (*quick, *speed))), *(0.0 for _ in range(children - 1))]
    for name in slow:
        least = loads.index(min(loads))
        shares[least].append(name)
        loads[least] += weight(name)
    return Plan(tuple(tuple(share) for share in shares if share), speed)


def function_of(test: str) -> str:
    """The function of a test: its name without parameters."""
    return test.partition("[")[0]
