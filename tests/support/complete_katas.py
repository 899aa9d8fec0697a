"""A kata with everything in it, its follow-up, and edits that take something away again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from checkout import FOLLOW_UP, GOOD, GOOD_FOLLOW_UP, STUB, Checkout, Done

KATA, SOLUTIONS = "katas/a01_double", "solutions/a01_double"
SUITE = """
import pytest
import {module} as kata
from harness.suite import check
from harness.suite.check import call
from harness.suite.speed import Contest

@pytest.mark.example
def test_two_is_four():
    check.equal(kata.double(2), 4, asked=call("double", 2), mistakes={{"not doubled: return 2 * x": 2}}, hint="2 * x")

@pytest.mark.speed
def test_is_fast(race):
    def prepare(rng):
        x = int(rng.integers(1000))
        return Contest(lambda: kata.double(x), lambda: sum(range(30_000)), lambda: 2 * x)

    race(prepare, same=check.equal, at_least=3, versus="a loop", asked="double(x)")
"""
README = "# A01 · Double\n\n## Task\n\n## Rules\n\n## Example\n"
HINTS = "# Hints\n\n1. One.\n2. Two.\n3. Three.\n"
ANSWER = f"   {'Because it is asked. ' * 5}"
DEBRIEF = f"""# Debrief

## Complexity

## Trade-offs

## Follow-up questions

1. Why?

{ANSWER}

2. How?

{ANSWER}

3. When?

{ANSWER}
"""
WRONG = '"""Mistake {i}.\n\nCaught by: test_two_is_four\n"""\n\n\ndef double(x):\n    return 2 * x + {i}\n'
SLOW = '"""Counts.\n\nCaught by: test_is_fast\n"""\n\n\ndef double(x):\n    return 2 * x + 0 * sum(range(90_000))\n'


PAGE = """base: double.py

### not_doubled
Gives its argument back.
Caught by: test_two_is_four
```diff
-    return 2 * x
+    return x
```

### also_slow
Counts.
Caught by: test_is_fast
```diff
-    return 2 * x
+    return 2 * x + 0 * sum(range(90_000))
```
"""
EDIT = """
### {name}
Adds {i}.
Caught by: {test}
```diff
-    return {old}
+    return {old} + {i}
```
"""


def complete(checkout: Checkout, wrong: int = 2) -> Checkout:
    """A kata with everything in it, and so many wrong solutions beside one that is slow."""
    folder = checkout.add("a01_double", STUB, suite=SUITE)
    (folder / "README.md").write_text(README, encoding="utf-8")
    (folder / "hints.md").write_text(HINTS)
    solutions = checkout.root / "solutions" / "a01_double"
    for part in ("wrong", "also_right"):
        (solutions / part).mkdir(parents=True)
    (solutions / "double.py").write_text(GOOD)
    (solutions / "debrief.md").write_text(DEBRIEF)
    for i in range(1, wrong + 1):
        (solutions / "wrong" / f"plus_{i}.py").write_text(WRONG.format(i=i))
    (solutions / "wrong" / "slow.py").write_text(SLOW)
    for i in range(2):
        (solutions / "also_right" / f"way_{i}.py").write_text(f"def double(x):\n    return x + x + {i - i}\n")
    return checkout


ONCE = """\"\"\"Plus {i}.

Caught by: test_two_doubled_twice_is_eight
\"\"\"


def double(x, times=1):
    return 2**times * x + {i} * (times > 1)
"""
FAST = """
from harness.suite.speed import Contest

@pytest.mark.speed
def test_many_times_are_fast(race):
    def prepare(rng):
        x = int(rng.integers(1000))
        return Contest(lambda: kata.double(x, times=9), lambda: sum(range(30_000)), lambda: 512 * x)

    race(prepare, same=check.equal, at_least=3, versus="a loop", asked="double(x, times=9)")
"""


def with_follow_up(checkout: Checkout) -> Checkout:
    """A complete kata with a complete follow-up."""
    complete(checkout)
    checkout.add_follow_up("a01_double", FOLLOW_UP + FAST)
    folder = checkout.root / SOLUTIONS / "follow_up"
    for part in ("wrong", "also_right"):
        (folder / part).mkdir(parents=True)
    (folder / "double.py").write_text(GOOD_FOLLOW_UP)
    (folder / "also_right" / "shift.py").write_text("def double(x, times=1):\n    return x << times\n")
    for i in range(1, 5):
        (folder / "wrong" / f"plus_{i}.py").write_text(ONCE.format(i=i))
    return checkout


def run_audit(checkout: Checkout, cache: Path, *more: str, is_draft: bool = True) -> Done:
    """Audit a kata with fewer solutions than a published one needs, unless `is_draft` is false."""
    draft = ("--draft",) if is_draft else ()
    return checkout.here("audit", *draft, *more, env={"KATA_STATE": str(cache), "COLUMNS": "160"})


def edit(path: str, old: str, new: str) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        file = root / path
        text = file.read_text(encoding="utf-8")
        assert old in text
        file.write_text(text.replace(old, new), encoding="utf-8")

    return change


def remove(path: str) -> Callable[[Path], None]:
    return lambda root: (root / path).unlink()


def write(path: str, text: str = "", *, encoding: str = "utf-8") -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / path).write_text(text, encoding=encoding)

    return change
