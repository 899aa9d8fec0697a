"""What the keys of a watch do."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from harness.core.errors import KataError
from harness.core.model import Kata, Status
from harness.watch import keys
from harness.watch.events import Files
from harness.watch.kata_list import KataList
from harness.watch.view import Page

if TYPE_CHECKING:
    from harness.watch.loop import Watch

HELP = """\
h  one hint more            n  next failing test
a  run all, speed too       o  open the statement
r  reveal the reference     k  next kata
l  select a kata            c  start or stop the clock
?  this page                q  quit

Save the file, and its suite runs. Speed is measured once all answers are right.
Once the kata passes, each save runs its follow-up as well, where it has one.
A pass before a reveal counts; a reveal before a pass counts as given up.
"""


class KeyCommands:
    """The keys, and what each does to a watch."""

    def __init__(self, watch: Watch, files: Files) -> None:
        self._watch = watch
        self._files = files
        self._keys: dict[str, Callable[[], None]] = {
            "h": self._hint,
            "n": self._next_failure,
            "a": lambda: watch.begin(all_bands=True),
            "o": lambda: self._open(files.statement),
            "r": self._ask_to_reveal,
            "k": self._next_kata,
            "l": lambda: watch.show(kata_list=files.board(watch.view.kata, watch.now())),
            "c": self._toggle_clock,
            "?": lambda: watch.show(page=Page("Keys", HELP, is_short=True)),
            "q": watch.quit,
        }

    def press(self, key: str) -> None:
        """Do what a key asks for."""
        if self._watch.view.kata_list is not None:
            self._select(self._watch.view.kata_list, key)
        elif self._watch.view.page is not None:
            self._turn_page(key)
        elif self._watch.view.question:
            self._watch.show(question="")
            if key in ("y", "Y"):
                self._open(lambda kata: self._files.reveal(kata, self._watch.now(), given_up=True))
        elif key in self._keys:
            try:
                self._keys[key]()
            except KataError as error:
                self._watch.notice(f"{error.sentence}: {error.hint}" if error.hint else error.sentence)

    def _select(self, shown: KataList, key: str) -> None:
        if key in ("q", "l", "?", keys.ESCAPE):
            self._watch.show(kata_list=None)
        elif key != keys.ENTER:
            self._watch.show(kata_list=shown.moved(key, self._watch.page_lines()))
        elif shown.kata.slug == self._watch.view.kata.slug:
            self._watch.show(kata_list=None)
        else:
            self._watch.switch(shown.kata)

    def _turn_page(self, key: str) -> None:
        page = self._watch.view.page
        lines = self._watch.page_lines()
        steps = {" ": lines, keys.PAGE_DOWN: lines, keys.DOWN: 1, "j": 1, "b": -lines, keys.PAGE_UP: -lines}
        steps |= {keys.UP: -1, "k": -1}
        if page is None or page.is_short or key not in steps:
            self._watch.show(page=None)
            return
        self._watch.show(page=replace(page, offset=max(0, page.offset + steps[key])))

    def _open(self, page: Callable[[Kata], Page]) -> None:
        try:
            self._watch.show(page=page(self._watch.view.kata))
        except KataError as error:
            self._watch.notice(error.sentence)

    def _hint(self) -> None:
        if self._watch.view.report is not None and self._watch.view.report.status is Status.PASSED:
            self._watch.notice("it is passed: there is nothing left to hint at")
            return
        hint = self._files.hint(self._watch.view.kata, self._watch.now())
        self._watch.show(hint=hint.text, hint_number=hint.number, hints_there=hint.there)

    def _next_failure(self) -> None:
        if self._watch.view.failing:
            self._watch.show_tests(
                self._watch.view.tests, chosen=(self._watch.view.chosen + 1) % len(self._watch.view.failing)
            )
        else:
            self._watch.notice("no test is failing")

    def _ask_to_reveal(self) -> None:
        passed = self._watch.view.report is not None and self._watch.view.report.status is Status.PASSED
        if passed or self._files.is_free(self._watch.view.kata):
            self._open(lambda kata: self._files.reveal(kata, self._watch.now(), given_up=False))
        else:
            self._watch.show(question="show the reference? It counts as given up.")

    def _toggle_clock(self) -> None:
        self._watch.notice(self._files.toggle_clock(self._watch.view.kata, self._watch.now()))
        self._watch.tick_soon()

    def _next_kata(self) -> None:
        kata, reason = self._files.next_kata(self._watch.view.kata, self._watch.now())
        self._watch.switch(kata)
        self._watch.notice(f"{kata.slug}: {reason}")
