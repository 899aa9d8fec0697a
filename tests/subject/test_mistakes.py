"""A mistake is an edit of a right solution: pages are read, edits are made, and each thing that is wrong is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.core.errors import SubjectError
from harness.subject.mistake_edit import apply
from harness.subject.mistake_page import EditError, Equivalent, Mistake, parse
from harness.subject.mistakes import find, patched, split_choice

from checkout import GOOD, STUB, Checkout

BASE = '''"""The mean."""


def mean(x):
    total = 0

    for value in x:
        total += value
    return total / len(x)


def halved(x):
    total = sum(x)
    return total / 2
'''
PAGE = """# Mistakes

Words that belong to no mistake.

base: mean.py

### off_by_one
Divided by n - 1, as a sample variance is.
It is larger.
Caught by: test_a, test_b
```diff
-    return total / len(x)
+    return total / (len(x) - 1)
```

base: also_right/other.py

### two_places
Starts at one, and halves.

Caught by: test_a.
```diff
-    total = 0
+    total = 1

     for value in x:
@@
     total = sum(x)
-    return total / 2
+    return total / 4
```

## Equivalent

Words.

- `total = 0` -> `total = -0`: the sum
  is the same
- `a` -> ``: b
- nothing that can be read
"""


def mistake(diff: str) -> Mistake:
    page = parse(f"base: mean.py\n\n### wrong\nIs wrong.\nCaught by: test_a\n```diff\n{diff}```\n")
    assert not page.faults
    return page.mistakes[0]


def test_a_page_has_mistakes_of_several_bases() -> None:
    page = parse(PAGE)
    assert page.faults == ()
    first, second = page.mistakes
    assert (first.name, first.caught_by, first.base, first.line) == ("off_by_one", ("test_a", "test_b"), "mean.py", 7)
    assert first.sentence == "Divided by n - 1, as a sample variance is."
    assert first.description.endswith("It is larger.")
    assert (second.name, second.caught_by, second.base, second.line) == (
        "two_places",
        ("test_a",),
        "also_right/other.py",
        18,
    )
    assert second.description == second.sentence == "Starts at one, and halves."
    assert len(second.hunks) == 2
    assert page.equivalents == (Equivalent("total = 0", "total = -0", "the sum is the same"), Equivalent("a", "", "b"))
    assert page.equivalent_text.startswith("Words.")


def test_an_edit_replaces_its_lines_and_nothing_else() -> None:
    first, second = parse(PAGE).mistakes
    assert apply(first, BASE) == BASE.replace("len(x)", "(len(x) - 1)")
    assert apply(second, BASE) == BASE.replace("total = 0", "total = 1").replace("total / 2", "total / 4")


def test_trailing_white_space_and_kinds_of_newlines_do_not_matter() -> None:
    edit = mistake("-    total = 0   \n+    total = 1  \n\n")
    assert apply(edit, BASE.replace("total = 0", "total = 0  ").replace("\n", "\r\n")) == BASE.replace("= 0", "= 1")


def test_lines_can_be_added_at_either_end_and_taken_away() -> None:
    assert apply(mistake('+import os\n """The mean."""\n'), BASE) == f"import os\n{BASE}"
    assert apply(mistake("     return total / 2\n+    return 1\n"), BASE) == f"{BASE}    return 1\n"
    assert apply(mistake("         total += value\n-    return total / len(x)\n"), BASE) == BASE.replace(
        "    return total / len(x)\n", ""
    )


@pytest.mark.parametrize(
    ("diff", "sentence"),
    [
        ("-    total = 3\n+    total = 1\n", "does not match mean.py, which has no line 'total = 3'"),
        ("-    total = 0\n-    for value in x:\n", "does not match mean.py"),
        ("-    total = 0\n+    total = 1\n@@\n-    x\n", "hunk 2 does not match mean.py, which has no line 'x'"),
        ("-    return total / 2\n+    return 1\n", "matches mean.py 2 times"),
        (" def mean(x):\n-    total = 0\n@@\n-    total = 0\n+    total = 1\n", "has two hunks that overlap at line 5"),
        ("-    total = 0\n+    total = \n", "gives what is not valid Python in line 5: invalid syntax"),
        ("-    total = 0\n+    total = 0  # zero\n", "changes nothing in mean.py"),
        ("     total = 0\n", "changes nothing in mean.py"),
    ],
)
def test_an_edit_that_gives_no_other_module_says_why(diff: str, sentence: str) -> None:
    base = f"{BASE}\n\ndef halved_again(x):\n    total = sum(x)\n    return total / 2\n"
    with pytest.raises(EditError) as caught:
        apply(mistake(diff), base)
    assert str(caught.value).startswith(sentence)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("base: mean.py\n", "\n", "7 off_by_one: has no `base: FILE` above it"),
        ("base: mean.py", "base: ../mean.py", "5: the base '../mean.py' is neither a file like mean.py nor"),
        ("### off_by_one", "### off by one", "7 off by one: is not an identifier, expected a name like sum_not_mean"),
        ("### two_places", "### off_by_one", "18 off_by_one: is a second mistake of this name, after line 7"),
        ("Caught by: test_a, test_b", "", "7 off_by_one: has no line `Caught by: test_...`, expected one"),
        ("Caught by: test_a, test_b", "Caught by: me", "7 off_by_one: says Caught by: 'me', expected names of tests"),
        ("Starts at one, and halves.\n", "", "18 two_places: has no description"),
        ("@@", "what", "18 two_places: has a line in its diff that begins neither with a space nor with - or +: what"),
        ("@@", "@@\n+    x\n@@", "18 two_places: has a hunk without any line of the base"),
        ("```diff", "```python", "7 off_by_one: has no diff, expected one ```diff block"),
        ("/ 4\n```", "/ 4\n```\n```diff\n-x\n```", "18 two_places: has 2 diffs, expected one ```diff block"),
        ("/ 4\n```", "/ 4", "18 two_places: has a diff without an end (```)"),
    ],
)
def test_a_fault_of_a_page_has_its_line_and_name(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in PAGE
    page = parse(PAGE.replace(old, new))
    found = [f"{fault.line} {fault.name}: {fault.reason}".replace(" : ", ": ") for fault in page.faults]
    wanted = sentence.replace("like mean.py", "like mse.py")
    assert any(line.startswith(wanted) for line in found), found
    name = sentence.split(":", maxsplit=1)[0].partition(" ")[2]
    (tmp_path / "mistakes.md").write_text(PAGE.replace(old, new))
    if name and "second" not in sentence:
        with pytest.raises(SubjectError) as caught:
            find(tmp_path / "mistakes.md", name)
        assert str(caught.value).startswith(f"mistakes.md:{sentence}")


def test_what_cannot_be_found_is_named_with_its_place(tmp_path: Path) -> None:
    page = tmp_path / "follow_up" / "mistakes.md"
    page.parent.mkdir()
    with pytest.raises(SubjectError, match=r"there is no follow_up/mistakes\.md in"):
        find(page, "off_by_one")
    page.write_text(PAGE)
    with pytest.raises(SubjectError, match=r"follow_up/mistakes\.md has no mistake other") as caught:
        find(page, "other")
    assert caught.value.hint == "it has off_by_one, two_places"
    with pytest.raises(SubjectError, match=r"follow_up/mistakes\.md:7 off_by_one: its base mean\.py is not there"):
        patched(page, find(page, "off_by_one"))


def test_only_a_page_and_a_name_choose_a_mistake() -> None:
    assert split_choice("solutions/a01_mse/mistakes.md::sum") == (Path("solutions/a01_mse/mistakes.md"), "sum")
    assert split_choice("solutions/a01_mse/mistakes.md") is None
    assert split_choice("a::b") is None


# --- as subjects -------------------------------------------------------------------------------------------------------

DOUBLE_PAGE = """base: double.py

### not_doubled
Returns its argument.
Caught by: test_two_is_four
```diff
-    return 2 * x
+    return x
```
"""


@pytest.fixture
def doubled(checkout: Checkout) -> Checkout:
    checkout.add("a01_double", STUB)
    solutions = checkout.root / "solutions" / "a01_double"
    solutions.mkdir(parents=True)
    (solutions / "double.py").write_text(GOOD)
    (solutions / "mistakes.md").write_text(DOUBLE_PAGE)
    return checkout


CHOICE = "solutions/a01_double/mistakes.md::not_doubled"


def test_a_mistake_is_a_subject(doubled: Checkout) -> None:
    done = doubled.pytest("katas/a01_double", "--subject", CHOICE)
    assert done.code == 1, done.text
    assert "not doubled: return 2 * x" in done.out
    (file,) = doubled.state.glob("mistakes/a01_double/not_doubled-*/double.py")
    assert file.read_text() == GOOD.replace("2 * x", "x")


def test_a_scoreboard_of_a_mistake_follows_its_base_and_its_page(doubled: Checkout) -> None:
    page = doubled.root / "solutions" / "a01_double" / "mistakes.md"
    assert " 1/2 " not in doubled.kata("scoreboard", "--subject", "reference").out
    first = doubled.kata("scoreboard", "--subject", CHOICE)
    assert "1 of 2 tests pass" in first.out, first.text
    page.write_text(DOUBLE_PAGE.replace("+    return x", "+    return 2 * x + 0"))
    assert "2 of 2 tests pass" in doubled.kata("scoreboard", "--subject", CHOICE).out
    page.with_name("double.py").write_text(GOOD.replace("2 * x", "2*x"))
    gone = doubled.kata("scoreboard", "--subject", CHOICE)
    assert "mistakes.md:3 not_doubled: does not match double.py, which has no line 'return 2 * x'" in gone.out


def test_the_import_policy_holds_for_the_edited_module(doubled: Checkout) -> None:
    page = doubled.root / "solutions" / "a01_double" / "mistakes.md"
    page.write_text(DOUBLE_PAGE.replace("+    return x", "+    import scipy\n+    return x"))
    done = doubled.pytest("katas/a01_double", "--subject", CHOICE)
    assert "double.py, line 2: scipy may not be imported in a01_double" in done.text
