"""The planted faults of a debug kata and their repairs, as far as they can be checked without running anything: for authors."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import SubjectError
from harness.core.model import Kata
from harness.subject import mistakes
from harness.subject.policy import forbidden_imports

LEAST_FAULTS = 3


@dataclass(frozen=True, slots=True)
class Repair:
    """The stub with one fault less."""

    name: str
    """What sentences call it: `repairs.md:5 fault_1`."""
    fault: str
    """The name of the fault that is repaired."""
    choice: str
    """How a job finds it."""


def fault_problems(kata: Kata, known: Collection[str]) -> Iterator[str]:
    """What is wrong with the table `faults` of a `kata.toml`; `known` are the tests of the suite."""
    for fault in kata.faults:
        if not fault.tests:
            yield f"kata.toml: {fault.name} fails no test"
        for test in fault.tests:
            if test not in known:
                yield f"kata.toml: {fault.name} names {test}, which is no test of the suite"
    uses = Counter(test for fault in kata.faults for test in fault.tests)
    for test, count in uses.items():
        if count > 1:
            yield f"kata.toml: faults name {test} {count} times, so no single repair can make it pass"


def too_few_faults(kata: Kata) -> Iterator[str]:
    """Hold a debug kata to have something to find."""
    if len(kata.faults) < LEAST_FAULTS:
        yield f"the stub has {len(kata.faults)} planted faults, expected at least {LEAST_FAULTS}"


def read_repairs(kata: Kata, file: Path, faults: list[str]) -> list[Repair]:
    """The repairs that can be made; what is wrong with the others, and with their names, is added to `faults`."""
    page = mistakes.read_page(file)
    faults += [mistakes.fault_sentence(file, fault) for fault in page.faults]
    found = []
    planted = [fault.name for fault in kata.faults]
    for repair in page.mistakes:
        name = mistakes.place(file, repair)
        if repair.name not in planted:
            faults.append(f"{name}: kata.toml has no fault of this name")
            continue
        try:
            source = mistakes.patched(file, repair)
        except SubjectError as error:
            faults.append(str(error))
            continue
        faults += [f"{name}: {fault}" for fault in forbidden_imports(ast.parse(source), kata)]
        found.append(Repair(name, repair.name, f"{file}::{repair.name}"))
    there = {repair.name for repair in page.mistakes} | {fault.name for fault in page.faults}
    faults += [f"{file.name} has no repair of {name}" for name in planted if name not in there]
    return found
