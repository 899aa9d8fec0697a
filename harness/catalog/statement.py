"""What is written about a kata, taken apart: the numbered hints, and the interviewer's follow-up questions."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from pathlib import Path

from harness.core.errors import CatalogError
from harness.core.model import Kata

_HEADING = "follow-up questions"
_BOLD = re.compile(r"\*\*(?P<question>.+?)\*\*\s*(?P<answer>.*)", re.DOTALL)
_PARAGRAPHS = re.compile(r"\n[ \t]*\n")
_SPOILER = re.compile(r"\s*<!--\s*spoiler\s*-->")
"""Beside a question in a debrief: the answer gives the kata's solution away."""
_CODE = ("`", "~~~")


@dataclass(frozen=True, slots=True)
class Question:
    """What an interviewer asks after the code is written; both are Markdown."""

    question: str
    answer: str
    is_spoiler: bool = False
    """The answer gives the kata's solution away: it shows code, or is marked `<!-- spoiler -->`."""

    @property
    def key(self) -> str:
        """What two wordings of the same question share: its words, without case, punctuation and markup."""
        return question_key(self.question)

    @property
    def words(self) -> int:
        """Words of the answer, formulas included; what has neither letter nor digit is none."""
        return sum(any(letter.isalnum() for letter in word) for word in self.answer.split())


def question_key(question: str) -> str:
    """The words of a question, without case, punctuation and markup; the question itself when nothing is left."""
    return " ".join(re.findall(r"\w+", question.casefold())) or question


def read_statement(kata: Kata) -> str:
    """The kata's README, Markdown. Raises `CatalogError` when it cannot be read."""
    text = _read(kata.folder / "README.md")
    if not text:
        raise CatalogError(f"{kata.slug} has no README.md that says what it asks")
    return text


def read_hints(kata: Kata) -> list[str]:
    """The numbered hints of `hints.md` in order, Markdown; none when there is no such file.

    Raises `CatalogError` when the file cannot be read.
    """
    return _items(_read(kata.folder / "hints.md"))


def read_debrief_questions(root: Path, kata: Kata) -> list[Question]:
    """The follow-up questions of a kata's debrief, none when the debrief is not here.

    They are a numbered list, or paragraphs that begin with the question in bold. Raises `CatalogError` when it cannot be read.
    """
    section = _section(_read(root / "solutions" / kata.slug / "debrief.md"), _HEADING)
    return [_question(item) for item in _items(section) or _bold_paragraphs(section)]


def _read(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError:
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path.parent.name}/{path.name} cannot be read: {error}") from error


def _section(text: str, heading: str) -> str:
    """What stands under a second-level heading."""
    for part in re.split(r"^## ", text, flags=re.MULTILINE)[1:]:
        title, _, body = part.partition("\n")
        if title.strip().lower() == heading:
            return body
    return ""


def _items(text: str) -> list[str]:
    """The items of the numbered list in a Markdown text, each with all of its lines and its own indent taken off."""
    from markdown_it import MarkdownIt

    lines = text.expandtabs(4).splitlines()
    items = []
    is_numbered = False
    for token in MarkdownIt().parse("\n".join(lines)):
        if token.level == 0 and token.type in ("ordered_list_open", "ordered_list_close"):
            is_numbered = token.nesting == 1
        if is_numbered and token.type == "list_item_open" and token.level == 1 and token.map:
            first, *rest = lines[token.map[0] : token.map[1]]
            _, _, beginning = first.lstrip().partition(token.markup)
            items.append("\n".join([beginning.strip(), textwrap.dedent("\n".join(rest))]).strip())
    return items


def _bold_paragraphs(text: str) -> list[str]:
    """Paragraphs that begin in bold, each with those that follow it and do not."""
    items: list[str] = []
    for paragraph in filter(None, map(str.strip, _PARAGRAPHS.split(text))):
        if _BOLD.match(paragraph):
            items.append(paragraph)
        elif items:
            items[-1] += f"\n\n{paragraph}"
    return items


def _question(item: str) -> Question:
    text, marks = _SPOILER.subn("", item)
    bold = _BOLD.match(text)
    if bold:
        question, answer = bold["question"], bold["answer"]
    else:
        question, *rest = _PARAGRAPHS.split(text, maxsplit=1)
        answer = "".join(rest)
    is_spoiler = marks > 0 or any(sign in answer for sign in _CODE)
    return Question(_one_line(question), answer.strip(), is_spoiler)


def _one_line(text: str) -> str:
    return " ".join(text.split())
