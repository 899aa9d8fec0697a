"""What is wrong with the follow-up questions of debriefs, which `kata quiz` and interviews ask: for authors."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from harness.catalog.statement import Question, read_debrief_questions
from harness.core.errors import CatalogError
from harness.core.model import Catalog, Kata
from harness.subject.resolve import reference_folder

LEAST_QUESTIONS = 3
LEAST_WORDS, MOST_WORDS = 20, 150
"""Of an answer: what can be said in 10 to 90 seconds."""
_SHOWN = 60
"""Characters of a question that a sentence quotes."""


def proofread_debriefs(catalog: Catalog, katas: Sequence[Kata]) -> dict[str, tuple[str, ...]]:
    """What is wrong with the questions of `katas`, by slug. All debriefs of the catalogue are read, to see questions twice."""
    questions: dict[str, list[Question]] = {}
    unreadable: dict[str, tuple[str, ...]] = {}
    for kata in catalog.katas:
        try:
            questions[kata.slug] = read_debrief_questions(kata.root, kata)
        except CatalogError as error:
            questions[kata.slug], unreadable[kata.slug] = [], (str(error),)
    places: dict[str, list[str]] = defaultdict(list)
    for slug, asked in questions.items():
        for question in asked:
            places[question.key].append(slug)
    return {
        kata.slug: unreadable.get(kata.slug) or tuple(_faults(kata, questions.get(kata.slug, []), places))
        for kata in katas
    }


def _faults(kata: Kata, asked: Sequence[Question], places: dict[str, list[str]]) -> Iterator[str]:
    if not (reference_folder(kata) / "debrief.md").is_file():
        return  # that it is missing is said already
    if len(asked) < LEAST_QUESTIONS:
        yield f"debrief.md has {len(asked)} follow-up questions, expected at least {LEAST_QUESTIONS}"
    for question in asked:
        name = f"debrief.md: {_shortened(question.question)!r}"
        if not LEAST_WORDS <= question.words <= MOST_WORDS:
            count = f"{question.words} word{'' if question.words == 1 else 's'}"
            yield f"{name} is answered in {count}, expected {LEAST_WORDS} to {MOST_WORDS}"
        others = list(places[question.key])
        others.remove(kata.slug)
        if others:
            where = "this debrief" if others[0] == kata.slug else others[0]
            yield f"{name} is asked twice, also in {where}"


def _shortened(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3].rstrip()}..."
