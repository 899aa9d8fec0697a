"""`kata mistake` shows, writes and runs mistakes; `kata reveal` shows their page after a pass."""

from __future__ import annotations

import json

import pytest

from checkout import FOLLOW_UP
from people import REFERENCE, Person

PAGE = """base: twice.py

### not_doubled
Gives its argument back. Nobody
doubles it.
Caught by: test_two_is_four
```diff
-    return x + x
+    return x
```

### another_right_way
Multiplies, which is not a mistake.
Caught by: test_zero_stays_zero
```diff
-    return x + x
+    return 2 * x
```
"""
EDITED = REFERENCE.replace("x + x", "x")


@pytest.fixture
def mistaken(person: Person) -> Person:
    """A person whose kata has a page of mistakes."""
    (person.checkout.root / "solutions" / "a01_twice" / "mistakes.md").write_text(PAGE)
    return person


def test_without_a_name_mistakes_are_listed_by_their_first_sentences(mistaken: Person) -> None:
    done = mistaken.types("mistake", "a1")
    assert done.code == 0
    assert done.out.splitlines() == [
        "not_doubled        Gives its argument back.",
        "another_right_way  Multiplies, which is not a mistake.",
    ]
    page = mistaken.checkout.root / "solutions" / "a01_twice" / "mistakes.md"
    page.write_text(PAGE.replace("Caught by: test_two_is_four", ""))
    assert "mistakes.md:3 not_doubled: has no line `Caught by" in mistaken.types("mistake", "a1").err


def test_a_mistake_is_printed_or_written_as_a_whole_module(mistaken: Person) -> None:
    assert mistaken.types("mistake", "a1", "not_doubled").out == EDITED
    file = mistaken.checkout.root / "mine.py"
    assert mistaken.types("mistake", "a1", "not_doubled", "--output", str(file)).out == ""
    assert file.read_text() == EDITED
    file.write_text("mine\n")
    refused = mistaken.types("mistake", "a1", "not_doubled", "--output", str(file))
    assert (refused.code, "is left as it is" in refused.err, file.read_text()) == (2, True, "mine\n")
    assert mistaken.types("mistake", "a1", "not_doubled", "--output", str(file), "--force").code == 0
    assert file.read_text() == EDITED
    folder = mistaken.types("mistake", "a1", "not_doubled", "--output", str(file.parent), "--force")
    assert "is a folder" in folder.err


def test_a_run_shows_the_suite_and_whether_the_named_test_catches_it(mistaken: Person) -> None:
    caught = mistaken.types("mistake", "a1", "not_doubled", "--run")
    assert caught.code == 0, caught.text
    assert "1 of 2 tests pass" in caught.out
    assert "not doubled: return 2 * x" in caught.out
    assert "mistakes.md:3 not_doubled is caught by test_two_is_four, as it should be" in caught.out
    missed = mistaken.types("mistake", "a1", "another_right_way", "--run")
    assert missed.code == 1
    assert "another_right_way survives test_zero_stays_zero, which should catch it" in missed.out
    assert mistaken.happened() == []  # it is not the learner's run


def test_a_follow_up_has_mistakes_of_its_own(mistaken: Person) -> None:
    mistaken.checkout.add_follow_up("a01_twice", FOLLOW_UP)
    folder = mistaken.checkout.root / "solutions" / "a01_twice" / "follow_up"
    assert "the page follow_up/mistakes.md of a01_twice is not" in mistaken.types("mistake", "a1", "--follow-up").err
    folder.mkdir()
    (folder / "twice.py").write_text("def double(x, times=1):\n    return 2**times * x\n")
    page = PAGE.partition("\n### another")[0].replace("return x + x", "return 2**times * x")
    (folder / "mistakes.md").write_text(
        page.replace("+    return x", "+    return 2 * x").replace(
            "test_two_is_four", "test_two_doubled_twice_is_eight"
        )
    )
    done = mistaken.types("mistake", "a1", "not_doubled", "--follow-up", "--run")
    assert done.code == 0, done.text
    assert "follow_up/mistakes.md:3 not_doubled is caught by test_two_doubled_twice_is_eight" in done.out


def test_what_cannot_be_shown_is_a_sentence(mistaken: Person) -> None:
    unknown = mistaken.types("mistake", "a1", "other")
    assert (unknown.code, "has no mistake other" in unknown.err, "not_doubled" in unknown.err) == (2, True, True)
    assert "which mistake?" in mistaken.types("mistake", "a1", "--run").err
    (mistaken.checkout.root / "solutions" / "a01_twice" / "mistakes.md").unlink()
    assert "the page mistakes.md of a01_twice is not in this checkout" in mistaken.types("mistake", "a1").err


def test_in_an_edition_a_mistake_is_shown_after_a_pass_only(mistaken: Person) -> None:
    edition = mistaken.checkout.root / ".dojo" / "manifest.json"
    edition.parent.mkdir()
    edition.write_text("{}")
    done = mistaken.types("mistake", "a1", "not_doubled")
    assert (done.code, done.out, "is not passed" in done.err) == (2, "", True)
    mistaken.has_run()
    assert mistaken.types("mistake", "a1", "not_doubled").out == EDITED


def test_reveal_shows_the_mistakes_after_a_pass_only(mistaken: Person) -> None:
    given_up = mistaken.types("reveal", "a1", "--yes")
    assert given_up.code == 0
    assert "Mistakes people make here" not in given_up.out
    mistaken.has_run()
    told = mistaken.types("reveal", "a1").out
    assert REFERENCE in told
    assert "## Mistakes people make here\n\n### not_doubled\n\nGives its argument back." in told
    assert "```diff\n-    return x + x\n+    return x\n```" in told
    assert told.index("## Follow-up questions") < told.index("## Mistakes people make here")
    document = json.loads(mistaken.types("reveal", "a1", "--json").out)
    assert [mistake["name"] for mistake in document["mistakes"]] == ["not_doubled", "another_right_way"]
    assert document["mistakes"][0]["caught_by"] == ["test_two_is_four"]
