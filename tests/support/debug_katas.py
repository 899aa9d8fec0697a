"""A debug kata as `kata new --kind debug` makes it: three planted faults, each with its repair."""

from __future__ import annotations

from pathlib import Path

from harness.catalog.load import load_kata
from harness.catalog.scaffold import new_kata, stamp
from harness.core.model import KataKind

from checkout import Checkout

SLUG = "a19_sum_of_squares"
MODULE = f"katas/{SLUG}/sum_of_squares.py"
REFERENCE = f"solutions/{SLUG}/sum_of_squares.py"
REPAIRS = f"solutions/{SLUG}/repairs.md"
FAULTS = {
    "fault_1": "test_worked_example",
    "fault_2": "test_no_elements_are_an_error",
    "fault_3": "test_argument_is_unmodified",
}


def add_debug_kata(checkout: Checkout) -> Path:
    """Write the kata, complete but for the number of its solutions; returns its folder."""
    new_kata(checkout.root, "A19", "Sum of squares", KataKind.DEBUG)
    folder = checkout.root / "katas" / SLUG
    debrief = checkout.root / "solutions" / SLUG / "debrief.md"
    answer = f"   {'So it is said at some length. ' * 4}\n"
    first = debrief.read_text().replace("   Its answer, as it is spoken: 20 to 150 words.\n", answer)
    debrief.write_text(f"{first}\n2. Why?\n\n{answer}\n3. How?\n\n{answer}")
    stamp(load_kata(folder))
    return folder


def repair(folder: Path, *faults: str) -> None:
    """Repair some of the faults in the learner's file."""
    edits = {
        "fault_1": ("values.mean()", "values.sum()"),
        "fault_2": (
            "np.asarray(x)\n",
            'np.asarray(x)\n    if not values.size:\n        raise ValueError("x is empty")\n',
        ),
        "fault_3": ("values *= values", "values = values * values"),
    }
    stub = folder / "sum_of_squares.py"
    source = stub.read_text()
    for fault in faults:
        old, new = edits[fault]
        assert old in source
        source = source.replace(old, new)
    stub.write_text(source)
