"""A page of mistakes, `mistakes.md`: named edits of a right solution, as they are written and as they are read.

```
base: mse.py

### sum_not_mean
The sum of the squares, not divided by their number.
Caught by: test_equals_the_definition_for_any_shape
(a block fenced as diff: lines that begin with a space, `-` or `+`; hunks are separated by `@@`)
```

The repairs of a debug kata, `repairs.md`, are written the same way: `base: stub`, and no `Caught by:`.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

_BASE = re.compile(r"base:\s*`?(.*?)`?\s*")
_BASE_FILE = re.compile(r"(also_right/)?\w+\.py")
STUB = "stub"
"""The base of repairs: the published stub."""
_HEADING = re.compile(r"(#{1,3})\s+(.*)")
_LEVEL = 3
_CAUGHT_BY = re.compile(r"Caught by:\s*(.*?)\.?\s*")
_TESTS = re.compile(r"test_\w+(, test_\w+)*")
_EQUIVALENT = re.compile(r"- `(.+?)` -> `(.*?)`:\s+(.+)", re.DOTALL)
_SENTENCE = re.compile(r"(.+?[.!?:])(\s|$)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Hunk:
    """One block of lines, without trailing white space, and what stands there after the edit."""

    old: tuple[str, ...]
    new: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake, as its page has it."""

    name: str
    description: str
    """Markdown: one sentence, or more."""
    caught_by: tuple[str, ...]
    """The tests that must fail; none of a repair."""
    base: str
    """The right file that is edited, seen from the page's folder: `mse.py`, `also_right/moments.py`; or `STUB`."""
    hunks: tuple[Hunk, ...]
    diff: str
    """The edit as it is written."""
    line: int
    """Where its heading stands in the page."""

    @property
    def sentence(self) -> str:
        """The first sentence of the description."""
        text = " ".join(self.description.split())
        match = _SENTENCE.match(text)
        return match[1] if match else text


@dataclass(frozen=True, slots=True)
class Equivalent:
    """An automatic mutant that changes nothing that a suite could see."""

    before: str
    after: str
    reason: str


@dataclass(frozen=True, slots=True)
class Fault:
    """Something in a page that cannot be used as it is."""

    line: int
    name: str
    """Of the mistake; empty when it is the page's."""
    reason: str


@dataclass(frozen=True, slots=True)
class Page:
    """What a `mistakes.md` says."""

    mistakes: tuple[Mistake, ...] = ()
    equivalents: tuple[Equivalent, ...] = ()
    equivalent_text: str = ""
    """All that stands under `## Equivalent`."""
    faults: tuple[Fault, ...] = ()
    """Mistakes that have one are not among `mistakes`."""


class EditError(Exception):
    """An edit that does not give another module; says why."""


@dataclass(slots=True)
class _Draft:
    """A mistake while it is read."""

    name: str
    line: int
    base: str
    description: list[str] = field(default_factory=list)
    caught_by: list[str] = field(default_factory=list)
    """What each `Caught by:` says."""
    diffs: list[list[str]] = field(default_factory=list)
    is_open: bool = False
    """Whether a diff block had no end."""


@functools.lru_cache(maxsize=256)
def parse(text: str, *, is_repairs: bool = False) -> Page:
    """Read the text of a page, of mistakes or of repairs; what is wrong with it is in its `faults`."""
    lines = text.split("\n")
    end = next((i for i, line in enumerate(lines) if re.fullmatch(r"##\s+Equivalent\s*", line)), len(lines))
    mistakes: dict[str, Mistake] = {}
    faults = []
    for found in _drafts(lines[:end], is_repairs=is_repairs):
        if isinstance(found, Fault):
            faults.append(found)
            continue
        mistake = _finished(found, is_repairs=is_repairs)
        if isinstance(mistake, Fault):
            faults.append(mistake)
        elif mistake.name in mistakes:
            first = mistakes[mistake.name].line
            faults.append(
                Fault(
                    mistake.line,
                    mistake.name,
                    f"is a second {'repair' if is_repairs else 'mistake'} of this name, after line {first}",
                )
            )
        else:
            mistakes[mistake.name] = mistake
    rest = "\n".join(lines[end + 1 :]).strip()
    return Page(tuple(mistakes.values()), tuple(_equivalents(rest)), rest, tuple(faults))


def _base_fault(base: str, *, is_repairs: bool) -> str:
    """Why a page cannot have this base; empty when it can."""
    if is_repairs:
        return "" if base == STUB else f"the base {base!r} is not `{STUB}`, which repairs are edits of"
    return (
        "" if _BASE_FILE.fullmatch(base) else f"the base {base!r} is neither a file like mse.py nor also_right/NAME.py"
    )


def _drafts(lines: Sequence[str], *, is_repairs: bool) -> Iterator[_Draft | Fault]:
    """What begins at each heading of a mistake, and faults of lines that belong to none."""
    base = ""
    draft: _Draft | None = None
    number = 0
    while number < len(lines):
        line = lines[number].rstrip()
        number += 1
        heading, based = _HEADING.fullmatch(line), _BASE.fullmatch(line)
        if line.startswith("```"):
            block, number, is_open = _fenced(lines, number)
            if draft is not None:
                _add_block(draft, line, block, is_open=is_open)
        elif heading or based:
            if draft is not None:
                yield draft
            draft = None
            if based:
                base = based[1]
                if reason := _base_fault(base, is_repairs=is_repairs):
                    yield Fault(number, "", reason)
            elif heading and len(heading[1]) == _LEVEL:
                draft = _Draft(heading[2], number, base)
        elif draft is not None:
            _add_line(draft, line)
    if draft is not None:
        yield draft


def _fenced(lines: Sequence[str], start: int) -> tuple[list[str], int, bool]:
    """The lines up to the end of a fence, the number of the line after it, and whether there is no end."""
    for number in range(start, len(lines)):
        if lines[number].rstrip() == "```":
            return [line.rstrip() for line in lines[start:number]], number + 1, False
    return [line.rstrip() for line in lines[start:]], len(lines), True


def _add_block(draft: _Draft, fence: str, block: list[str], *, is_open: bool) -> None:
    if fence.removeprefix("```").strip() == "diff":
        draft.diffs.append(block)
        draft.is_open = is_open
    else:
        draft.description += [fence, *block, "```"]


def _add_line(draft: _Draft, line: str) -> None:
    if match := _CAUGHT_BY.fullmatch(line):
        draft.caught_by.append(match[1])
    elif draft.caught_by and draft.caught_by[-1].endswith(","):
        draft.caught_by[-1] += f" {line.strip().rstrip('.')}"
    else:
        draft.description.append(line)


def _finished(draft: _Draft, *, is_repairs: bool) -> Mistake | Fault:
    """The mistake that a draft is, or the first thing that it lacks."""
    try:
        for problem in _problems(draft, is_repairs=is_repairs):
            return Fault(draft.line, draft.name, problem)
        hunks = tuple(_hunks(draft.diffs[0]))
    except EditError as error:
        return Fault(draft.line, draft.name, str(error))
    tests = tuple(draft.caught_by[0].split(", ")) if draft.caught_by else ()
    description, diff = "\n".join(draft.description).strip(), "\n".join(draft.diffs[0])
    return Mistake(draft.name, description, tests, draft.base, hunks, diff, draft.line)


def _problems(draft: _Draft, *, is_repairs: bool) -> Iterator[str]:
    if not draft.name.isidentifier():
        yield "is not an identifier, expected a name like sum_not_mean"
    if not draft.base:
        yield f"has no `base: {STUB if is_repairs else 'FILE'}` above it"
    elif _base_fault(draft.base, is_repairs=is_repairs):
        yield f"has no base that can be used, but {draft.base!r}"
    if not any(draft.description):
        yield "has no description"
    if is_repairs:
        if draft.caught_by:
            yield "says Caught by:, but the tests of a fault are named in kata.toml"
    elif len(draft.caught_by) != 1:
        yield f"has {len(draft.caught_by) or 'no'} line{'s' * (len(draft.caught_by) > 1)} `Caught by: test_...`, expected one"
    elif not _TESTS.fullmatch(draft.caught_by[0]):
        yield f"says Caught by: {draft.caught_by[0]!r}, expected names of tests: test_a, test_b"
    if len(draft.diffs) != 1:
        yield f"has {len(draft.diffs) or 'no'} diff{'s' * (len(draft.diffs) > 1)}, expected one ```diff block"
    elif draft.is_open:
        yield "has a diff without an end (```)"
    elif not any(draft.diffs[0]):
        yield "has a diff without any line"


def _hunks(lines: Sequence[str]) -> Iterator[Hunk]:
    """The hunks of a diff. Raises `EditError` for a line or a hunk that says nothing."""
    parts: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("@@"):
            parts.append([])
        elif line and line[0] not in "+- ":
            raise EditError(f"has a line in its diff that begins neither with a space nor with - or +: {line}")
        else:
            parts[-1].append(line or " ")
    for part in parts:
        if not part:
            continue
        old = tuple(line[1:].rstrip() for line in part if line[0] != "+")
        new = tuple(line[1:].rstrip() for line in part if line[0] != "-")
        if not any(old):
            raise EditError("has a hunk without any line of the base, so nothing says where it belongs")
        yield Hunk(old, new)


def _equivalents(text: str) -> Iterator[Equivalent]:
    for item in re.split(r"^(?=- )", text, flags=re.MULTILINE):
        if match := _EQUIVALENT.fullmatch(item.strip()):
            yield Equivalent(match[1], match[2], " ".join(match[3].split()))
