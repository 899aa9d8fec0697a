"""Hints and follow-up questions are all found, whole, in whichever of the ways they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.catalog.load import load_catalog
from harness.catalog.statement import question_key, read_debrief_questions, read_hints, read_statement
from harness.core.errors import CatalogError
from harness.core.model import Kata

from checkout import ROOT, Checkout

KATAS = load_catalog(ROOT).katas


@pytest.fixture
def kata(checkout: Checkout) -> Kata:
    checkout.add("a01_twice")
    return load_catalog(checkout.root).katas[0]


@pytest.mark.parametrize("kata", KATAS, ids=lambda kata: kata.slug)
def test_every_kata_has_at_least_three_hints_and_none_is_cut_or_glued(kata: Kata) -> None:
    hints = read_hints(kata)
    written = (kata.folder / "hints.md").read_text(encoding="utf-8")
    assert len(hints) >= 3
    assert sum(len("".join(hint.split())) for hint in hints) > 0.9 * len("".join(written.split()))
    for number, hint in enumerate(hints, 1):
        assert f"\n{number}. {hint.splitlines()[0]}" in written
        assert not hint.startswith(tuple("0123456789"))


@pytest.mark.parametrize("kata", KATAS, ids=lambda kata: kata.slug)
def test_every_debrief_has_at_least_three_questions_with_answers(kata: Kata) -> None:
    questions = read_debrief_questions(ROOT, kata)
    assert len(questions) >= 3
    for asked in questions:
        assert asked.question.endswith(("?", ".")), asked
        assert "\n" not in asked.question
        assert "**" not in asked.question
        assert len(asked.answer) > len("It depends.")
    assert any(asked.question.endswith("?") for asked in questions)


def test_hints_keep_their_lines_code_and_sublists(kata: Kata) -> None:
    (kata.folder / "hints.md").write_text(
        "# Hints\n\nRead them slowly.\n\n1. One\n   and more.\n\n   ```python\n   x = 1\n       # deep\n   ```\n\n"
        "2. Two:\n   1. inner\n   2. inner too\n\n10. Ten\n"
    )
    assert read_hints(kata) == [
        "One\nand more.\n\n```python\nx = 1\n    # deep\n```",
        "Two:\n1. inner\n2. inner too",
        "Ten",
    ]


def test_questions_in_bold_paragraphs_keep_all_paragraphs_of_their_answers(kata: Kata, checkout: Checkout) -> None:
    folder = checkout.root / "solutions" / kata.slug
    folder.mkdir(parents=True)
    (folder / "debrief.md").write_text(
        "# D\n\n## Trade-offs\n\n**Not this?** No.\n\n## Follow-up questions\n\n**Why\nso?** Because.\n\nReally.\n\n"
        "**And then?** Nothing.\n\n## More\n\n**Nor this?** No.\n"
    )
    questions = read_debrief_questions(checkout.root, kata)
    assert [(asked.question, asked.answer) for asked in questions] == [
        ("Why so?", "Because.\n\nReally."),
        ("And then?", "Nothing."),
    ]


@pytest.mark.parametrize(
    ("text", "is_spoiler"),
    [
        ("1. Why `x`?\n\n   Because.\n", False),
        ("1. Why `x`?\n\n   Because of `x + 1`.\n", True),
        ("1. Why `x`?\n\n   Because:\n\n   ~~~python\n   x = 1\n   ~~~\n", True),
        ("1. Why `x`? <!-- spoiler -->\n\n   Because.\n", True),
        ("1. **Why `x`?** <!--spoiler--> Because.\n", True),
        ("**Why `x`?** <!-- spoiler --> Because.\n", True),
        ("**Why `x`?** Because. <!-- spoilers are many -->\n", False),
    ],
)
def test_an_answer_with_code_or_a_mark_gives_the_solution_away(
    kata: Kata, checkout: Checkout, text: str, is_spoiler: bool
) -> None:
    folder = checkout.root / "solutions" / kata.slug
    folder.mkdir(parents=True)
    (folder / "debrief.md").write_text(f"## Follow-up questions\n\n{text}")
    (asked,) = read_debrief_questions(checkout.root, kata)
    assert (asked.question, asked.is_spoiler) == ("Why `x`?", is_spoiler)
    assert "<!-- spoiler -->" not in asked.answer
    assert asked.answer.startswith("Because")


def test_the_key_of_a_question_is_its_words() -> None:
    assert question_key("**Why** is `log(x)` so\u2026 Slow?") == question_key("why is log x so slow")
    assert question_key("Why is R² so?") != question_key("Why is R so?")
    assert question_key("???") == "???"


def test_what_is_not_there_is_empty_and_what_cannot_be_read_is_a_sentence(kata: Kata, tmp_path: Path) -> None:
    assert read_hints(kata) == []
    assert read_debrief_questions(tmp_path, kata) == []
    with pytest.raises(CatalogError, match=r"has no README\.md"):
        read_statement(kata)
    (kata.folder / "hints.md").write_bytes(b"1. caf\xe9\n")
    with pytest.raises(CatalogError, match=r"hints\.md cannot be read"):
        read_hints(kata)
