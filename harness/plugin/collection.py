"""Collection: which subject a suite is given, whether its tests are in bands, and in which order they run."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest
from threadpoolctl import threadpool_limits

from harness.catalog.load import SLUG, load_kata
from harness.core.errors import KataError
from harness.core.model import FOLLOW_UP_SUITE, Suite
from harness.core.text import clean_text
from harness.plugin.hangs import COLLECT_GRACE_S
from harness.plugin.session import BANDS, Session, SuiteKey, band_of, kata_folder, suite_of
from harness.subject.resolve import resolve
from harness.suite.remote_subject import REMOTE_SUBJECT


class Collection:
    """Serves each suite its subject while it is imported, and keeps what there is to run."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._collected = session.collected

    def pytest_ignore_collect(self, collection_path: Path, config: pytest.Config) -> bool | None:  # noqa: ARG002
        """Leave follow-ups out unless they are asked for."""
        if collection_path.name != FOLLOW_UP_SUITE or kata_folder(collection_path) is None:
            return None
        settings = self._session.settings
        is_asked_for = settings.runs_follow_ups or collection_path.resolve() in settings.named
        return None if is_asked_for else True

    @pytest.hookimpl(wrapper=True)
    def pytest_make_collect_report(
        self, collector: pytest.Collector
    ) -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
        """Serve the subject before its suite is imported; turn what goes wrong into one clear sentence."""
        folder = kata_folder(collector.path) if isinstance(collector, pytest.Module | pytest.Class) else None
        if folder is None:
            return (yield)
        collected, suite = self._collected, suite_of(collector.path)
        sentence = ""
        watching: Any = nullcontext()
        if isinstance(collector, pytest.Module):
            sentence = self._serve(collector.path)
            self._session.progress.note("collect", folder.name)
            known = collected.katas.get(folder)
            watching = self._session.watchdog.limit(COLLECT_GRACE_S + (known.hang_limit_s if known else 0.0))
        with watching:
            report = yield
        kata = collected.katas.get(folder)
        players = self._session.players
        player = players.find(kata) if players is not None and kata is not None else None
        if player is not None:
            collector.stash[REMOTE_SUBJECT] = player
        if not sentence and kata is not None:
            sentence = import_problem(self._session, suite) or (
                _band_problem(report) if report.outcome == "passed" else ""
            )
        if not sentence and report.outcome == "passed":
            tests = (item for item in report.result if isinstance(item, pytest.Item))
            collected.whole.setdefault(suite, {}).update((item.nodeid, band_of(item)) for item in tests)
        if sentence:
            collected.problems[suite] = sentence
            report.outcome = "failed"
            report.longrepr = sentence
            report.result = []
        elif report.outcome == "failed":
            text = clean_text(report.longreprtext)[-800:]
            collected.problems.setdefault(suite, f"the suite cannot be collected: {text}")
        return report

    def _serve(self, path: Path) -> str:
        """Let the finder answer for the kata of this suite; returns the sentence when that cannot be."""
        folder = path.parent
        if not SLUG.fullmatch(folder.name):
            return f"{folder.name} is not a kata folder name, expected one like a01_mse"
        try:
            kata = load_kata(folder)
            subject = resolve(kata, self._session.settings.choice)
            self._session.finder.add(subject)
        except KataError as error:
            return error.sentence
        self._collected.katas[folder] = kata
        self._collected.subjects[suite_of(path)] = subject
        return ""

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        """Put easy bands first, and remember what there is before `-m` or `-k` takes any away.

        A follow-up comes after the suite that it follows, whatever their names.
        """
        places: dict[Path, int] = {}
        for item in items:
            places.setdefault(item.path, len(places))
            if self._collected.kata_of(item) is not None:
                self._collected.expected.setdefault(suite_of(item.path), {})[item.nodeid] = band_of(item)

        def place(item: pytest.Item) -> tuple[int, bool, int]:
            kata = self._collected.kata_of(item)
            if kata is None:
                return places[item.path], False, 0
            is_follow_up = suite_of(item.path).suite is Suite.FOLLOW_UP
            first = places.get(kata.suite_file(), places[item.path]) if is_follow_up else places[item.path]
            return first, is_follow_up, BANDS.index(band_of(item))

        items.sort(key=place)

    def pytest_collection_finish(self) -> None:
        """Leave one thread to BLAS and OpenMP, as in grading: on small arrays, threads wait for each other most of the time."""
        if self._collected.expected:
            threadpool_limits(limits=1)

    def pytest_deselected(self, items: list[pytest.Item]) -> None:
        """Remember what was taken away: it is not missing from the report, it was not wanted."""
        for item in items:
            if self._collected.kata_of(item) is not None:
                self._collected.deselected.setdefault(suite_of(item.path), []).append(item.nodeid)


def import_problem(session: Session, key: SuiteKey) -> str:
    """Why the subject of a suite was not imported as it should be; empty when it was."""
    subject = session.collected.subjects[key]
    error: KataError | None = session.finder.errors.get(subject.kata.module)
    if error is None:
        try:
            session.finder.verify(subject)
        except KataError as foreign:
            error = foreign
    return "" if error is None else clean_text(error.sentence)


def _band_problem(report: pytest.CollectReport) -> str:
    """The sentence for tests that are in no band or in several."""
    faults = []
    for item in report.result:
        if isinstance(item, pytest.Item):
            bands = sorted({mark.name for mark in item.iter_markers() if mark.name in BANDS})
            if len(bands) != 1:
                faults.append(f"{item.name} is in {' and '.join(bands) or 'no band'}")
    if not faults:
        return ""
    return f"every kata test needs exactly one of the markers {', '.join(BANDS)}: {'; '.join(faults)}"
