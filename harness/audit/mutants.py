"""Automatic mutants of a module: each is its text with one edit, made by an operator at one place."""

from __future__ import annotations

import ast
import difflib
import hashlib
import warnings
from collections.abc import Collection, Hashable, Iterator, Sequence
from dataclasses import dataclass

from harness.audit.edits import Edit, Operator, Source, changeable
from harness.audit.field_operators import FIELD
from harness.audit.operators import GENERAL
from harness.core.syntax import code_key
from harness.subject.mistake_page import Equivalent

_CONTEXT = 2
"""Unchanged lines around a change in a diff."""


@dataclass(frozen=True, slots=True)
class Mutant:
    """A module with one change."""

    operator: Operator
    line: int
    """Where the change begins, from 1."""
    text: str
    """The whole module."""
    before: str
    """The lines that change, without comments, stripped and joined by spaces."""
    after: str
    """The same lines after the change."""

    @property
    def digest(self) -> str:
        """Hash of the text."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    def diff(self, original: str, name: str) -> str:
        """The change as a unified diff of the file `name`."""
        lines = (original.splitlines(), self.text.splitlines())
        return "\n".join(difflib.unified_diff(*lines, name, name, n=_CONTEXT, lineterm=""))


def make_mutants(text: str, of: Collection[str] | None = None) -> list[Mutant]:
    """All mutants of a module, in the order of its lines; none is equal to it or to another one, or not valid Python.

    `of` asks for those whose lines before the change, as `Mutant.before` has them, are among these. Raises `SyntaxError` when
    `text` is not valid Python.
    """
    source = Source(text)
    known = {code_key(text, source.tree)}
    mutants = []
    for edit in sorted(_edits(source), key=lambda edit: (source.line_of(edit.start), edit.start)):
        if of is not None and source.changed_lines(edit)[0] not in of:
            continue
        mutated = source.apply(edit)
        key = _key(mutated)
        if key is not None and key not in known:
            known.add(key)
            line = source.line_of(edit.start)
            mutants.append(Mutant(edit.operator, line, mutated, *source.changed_lines(edit)))
    return mutants


def _edits(source: Source) -> Iterator[Edit]:
    """Operators of the field come first: of two equal mutants, the one with the more exact name is kept."""
    nodes = list(changeable(source))
    for operator in (*FIELD, *GENERAL):
        for node in nodes:
            yield from operator(source, node)


def _key(text: str) -> Hashable | None:
    """What equal modules share; None when it is not valid Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # `1 is not x` and the like
            tree = ast.parse(text)
            compile(tree, "mutant", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return None
    return code_key(text, tree)


def sample(mutants: Sequence[Mutant], size: int) -> list[Mutant]:
    """`size` mutants, chosen by their hashes: the same ones each time, as long as they are there."""
    chosen = sorted(mutants, key=lambda mutant: mutant.digest)[:size]
    return [mutant for mutant in mutants if mutant in chosen]


def is_declared(mutant: Mutant, equivalent: Equivalent) -> bool:
    """Whether an entry under `## Equivalent` is about this mutant. Comments may be given or left out."""
    return plain(equivalent.before) == mutant.before and plain(equivalent.after) == mutant.after


def plain(line: str) -> str:
    """A line without the comment at its end, stripped."""
    return line.partition("  # ")[0].strip()
