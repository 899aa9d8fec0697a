"""The audit holds the questions of debriefs to be enough, short enough to be spoken, and asked once."""

from __future__ import annotations

import pytest

from harness.audit.debriefs import proofread_debriefs
from harness.bench.made_up import write_katas
from harness.catalog.load import load_catalog
from harness.core.model import Catalog

from checkout import ROOT, Checkout


def faults(checkout: Checkout, **questions: str) -> dict[str, tuple[str, ...]]:
    """What is said of katas whose debriefs have these questions."""
    for slug, text in questions.items():
        checkout.add(slug)
        folder = checkout.root / "solutions" / slug
        folder.mkdir(parents=True)
        (folder / "debrief.md").write_text(f"# D\n\n## Follow-up questions\n\n{text}", encoding="utf-8")
    catalog = load_catalog(checkout.root)
    return proofread_debriefs(catalog, catalog.katas)


def asked(*questions: str, words: int = 20) -> str:
    return "".join(f"{i}. {question}\n\n   {'word ' * words}\n\n" for i, question in enumerate(questions, 1))


def test_three_questions_with_answers_of_twenty_words_are_right(checkout: Checkout) -> None:
    assert faults(checkout, a01_one=asked("Why?", "How?", "When?")) == {"a01_one": ()}


@pytest.mark.parametrize(("words", "is_right"), [(19, False), (20, True), (150, True), (151, False)])
def test_an_answer_has_20_to_150_words(checkout: Checkout, words: int, is_right: bool) -> None:
    (found,) = faults(checkout, a01_one=asked("Why?", "How?") + asked("Long?", words=words)).values()
    wanted = f"debrief.md: 'Long?' is answered in {words} words, expected 20 to 150"
    assert found == (() if is_right else (wanted,))


def test_signs_without_letter_or_digit_are_no_words(checkout: Checkout) -> None:
    text = asked("Why?", "How?") + f"1. What?\n\n   {'a + b ' * 10}\n"
    assert faults(checkout, a01_one=text) == {"a01_one": ()}


def test_a_question_asked_twice_is_named_at_both_places_whatever_its_punctuation(checkout: Checkout) -> None:
    found = faults(checkout, a01_one=asked("Why so?", "How?", "When?"), a02_two=asked("*Why* so", "Who?", "Who?"))
    assert found["a01_one"] == ("debrief.md: 'Why so?' is asked twice, also in a02_two",)
    assert found["a02_two"] == (
        "debrief.md: '*Why* so' is asked twice, also in a01_one",
        *["debrief.md: 'Who?' is asked twice, also in this debrief"] * 2,
    )


def test_only_the_katas_that_are_audited_are_spoken_of(checkout: Checkout) -> None:
    faults(checkout, a01_one=asked("Why?"), a02_two=asked("Why?", "How?", "When?"))
    catalog = load_catalog(checkout.root)
    found = proofread_debriefs(catalog, catalog.katas[1:])
    assert found == {"a02_two": ("debrief.md: 'Why?' is asked twice, also in a01_one",)}


def test_a_debrief_that_is_missing_or_cannot_be_read_is_no_error(checkout: Checkout) -> None:
    assert faults(checkout, a01_one=asked("Why?", "How?", "When?"))
    checkout.add("a02_two")
    (checkout.root / "solutions" / "a01_one" / "debrief.md").write_bytes(b"\xff")
    catalog = load_catalog(checkout.root)
    found = proofread_debriefs(catalog, catalog.katas)
    assert found["a02_two"] == ()
    assert "debrief.md cannot be read" in found["a01_one"][0]


@pytest.mark.parametrize("of", ["this repository", "a benchmark"])
def test_the_debriefs_there_are_have_no_fault(checkout: Checkout, of: str) -> None:
    catalog: Catalog
    if of == "a benchmark":
        (checkout.root / "katas").rmdir()
        write_katas(checkout.root, 5)
        catalog = load_catalog(checkout.root)
    else:
        catalog = load_catalog(ROOT)
    found = proofread_debriefs(catalog, catalog.katas)
    assert {slug: list(said) for slug, said in found.items() if said} == {}
