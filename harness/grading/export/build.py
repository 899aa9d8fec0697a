"""From a `Cohort` to the view that exports show."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from harness.core.model import Band, Failure, FailureKind, KataSet, Outcome, Status, TestResult
from harness.grading.export.options import BandCount, Scoring, counts
from harness.grading.export.settle import settled
from harness.grading.export.view import (
    FORMAT,
    NOT_GRADED,
    PASSED,
    REFUSED,
    STATES,
    UNSTABLE,
    BandView,
    CohortView,
    Count,
    KataView,
    LearnerView,
    MissedView,
    RefusalView,
    ResultView,
    SetView,
    TestView,
)
from harness.grading.late import LatePolicy
from harness.grading.model import Learner, Refusal
from harness.grading.results import SELF_REPORTED, Cohort, Grade, KataEntry
from harness.grading.weights import Weights
from harness.scoreboard.render.words import figure_texts
from harness.sources.untrusted_text import block, line

_MOST_MISSED = 20
_FORBIDDEN_IMPORT = re.compile(r"[^\n]{0,200}\bmay not be (?:imported|used) (?:here|in \w+)")
"""What the player and the suite's process say to an import that the kata does not allow, made while a test runs."""
_MASKED_IMPORT = "it imports what the kata does not allow"
_MASKED = "the run did not come through the tests that are held out"


def build(cohort: Cohort, scoring: Scoring | None = None) -> CohortView:
    """`cohort` counted and made harmless, but for what `build_learners` has: the tests, which are too many to hold."""
    scoring = scoring or scoring_of(cohort)
    missed = _Missed()
    modes: set[str] = set()
    briefs = []
    for learner in build_learners(cohort, scoring):
        missed.add(learner)
        modes |= {result.mode for result in learner.results if result.mode and result.key}
        briefs.append(_brief(learner))
    learners = tuple(briefs)
    names = {learner.slug: learner.name for learner in learners}
    return CohortView(
        kind="kata-results",
        format=FORMAT,
        origin="self-reported" if cohort.index.origin == SELF_REPORTED else "graded",
        dojo=line(cohort.index.dojo),
        created=cohort.index.created,
        modes=tuple(sorted(modes)),
        points=scoring.points,
        score=scoring.rule.value,
        katas=tuple(_kata(kata, i, learners, scoring) for i, kata in enumerate(cohort.katas)),
        learners=learners,
        missed=missed.most(),
        refusals=tuple(_sentence(one, names) for one in cohort.refusals),
        remarks=tuple(_sentence(one, names) for one in cohort.index.remarks),
        notices=tuple(line(notice, 500) for notice in cohort.notices),
    )


def scoring_of(cohort: Cohort) -> Scoring:
    """The points of a cohort when nothing else is asked for: by bands, with the weights it was graded with."""
    weights = Weights(cohort.index.weights)
    return Scoring(weights.general_points or 100.0, weights=weights, late=cohort.index.late or LatePolicy())


def _sentence(one: Refusal, names: Mapping[str, str]) -> RefusalView:
    learner = line(one.learner)
    return RefusalView(learner, names.get(learner, ""), line(one.kata), line(one.sentence, 500))


def build_learners(cohort: Cohort, scoring: Scoring | None = None) -> Iterator[LearnerView]:
    """Each learner of `cohort` with all tests, one after the other, so that none need be held."""
    refused = {(refusal.learner, refusal.kata): refusal.sentence for refusal in cohort.refusals}
    remarks = {(remark.learner, remark.kata): remark.sentence for remark in cohort.index.remarks}
    for learner in cohort.learners:
        found = _learner(learner, cohort, refused, scoring or scoring_of(cohort))
        yield replace(found, results=tuple(_with_remark(found, result, remarks) for result in found.results))


def _with_remark(learner: LearnerView, result: ResultView, remarks: Mapping[tuple[str, str], str]) -> ResultView:
    sentence = remarks.get((learner.slug, result.kata))
    return replace(result, remark=line(sentence, 500)) if sentence else result


def _brief(learner: LearnerView) -> LearnerView:
    """What tables show of a learner."""
    results = (
        replace(result, tests=(), figures=(), problem="", bands=(), seed="", submission_sha256="", key="")
        for result in learner.results
    )
    return replace(learner, results=tuple(results))


def _learner(learner: Learner, cohort: Cohort, refused: dict[tuple[str, str], str], scoring: Scoring) -> LearnerView:
    results = tuple(
        settled(
            _result(
                kata,
                cohort.grades.get((learner.slug, kata.slug)),
                refused.get((learner.slug, kata.slug), refused.get((learner.slug, ""), "")),
                scoring,
                is_self_reported=cohort.index.origin == SELF_REPORTED,
            ),
            learner,
            cohort,
            scoring,
        )
        for kata in cohort.katas
    )
    weights = [scoring.weights.weight(kata.slug) for kata in cohort.katas]
    return LearnerView(
        slug=line(learner.slug),
        name=line(learner.name) or line(learner.slug),
        group=line(learner.group),
        katas=_katas_passed(results),
        tests=_tests_passed(results),
        score=round(sum(weight * (result.score or 0.0) for weight, result in zip(weights, results, strict=True)), 2),
        most=round(sum(weight * result.points for weight, result in zip(weights, results, strict=True)), 2),
        sets=_sets(cohort.katas, results),
        results=results,
    )


def _sets(katas: Sequence[KataEntry], results: Sequence[ResultView]) -> tuple[SetView, ...]:
    views = []
    for known in KataSet:
        mine = [result for kata, result in zip(katas, results, strict=True) if kata.set is known]
        if mine:
            views.append(SetView(known, _katas_passed(mine), _tests_passed(mine)))
    return tuple(views)


def _katas_passed(results: Sequence[ResultView]) -> Count:
    return Count(sum(result.state == PASSED for result in results), len(results))


def _tests_passed(results: Iterable[ResultView]) -> Count:
    return sum((result.counts + result.hold_out for result in results), Count())


def _result(
    kata: KataEntry, grade: Grade | None, refusal: str, scoring: Scoring, *, is_self_reported: bool
) -> ResultView:
    if grade is None and not refusal and is_self_reported:  # forks report what they have begun, and nothing else
        return ResultView(kata.slug, Status.NOT_STARTED.value, 0.0, Count(), Count(), mode=SELF_REPORTED)
    if grade is None:
        state = REFUSED if refusal else NOT_GRADED
        sentence = line(refusal, 500) or (state if refusal else "")
        return ResultView(kata.slug, state, None, Count(), Count(), problem=sentence, reason=sentence)
    hidden = frozenset(grade.hold_out)
    state = _state(grade)
    bands = _bands(grade)
    sentence = grade.refusal or (grade.report.problem.sentence if grade.report.problem else "")
    problem = line(_without_hold_out(sentence, hidden), 500)
    reason = _reason(grade, state, problem) or _unrepaired(kata, grade)
    score = 0.0 if reason else scoring.score(kata.slug, bands, is_passed=state == PASSED)
    public = [test for test in grade.report.tests if test.name not in hidden]
    weights = scoring.weights.of(kata.slug)
    return ResultView(
        kata=kata.slug,
        state=state,
        score=None if state == REFUSED else score,
        counts=_count(public),
        hold_out=_count(test for test in grade.report.tests if test.name in hidden),
        tests=tuple(_test(test, frozenset(grade.unstable)) for test in public),
        figures=tuple(line(text) for text in figure_texts(public)),
        problem=problem,
        bands=tuple(
            BandView(band.value, count.passed, count.total, weights[band], counts(band, bands))
            for band, count in bands.items()
        ),
        reason=reason,
        unstable=len(grade.unstable),
        mode=line(grade.mode),
        seed=line(grade.seed),
        submission_sha256=line(grade.submission_sha256),
        key=line(grade.key),
    )


def _bands(grade: Grade) -> dict[Band, BandCount]:
    """The bands of which there are tests."""
    found = {}
    for band in Band:
        tests = [test for test in grade.report.tests if test.band is band]
        passed = sum(test.outcome is Outcome.PASSED and test.name not in grade.unstable for test in tests)
        if tests:
            found[band] = BandCount(passed, len(tests))
    return found


def _reason(grade: Grade, state: str, problem: str) -> str:
    """Why a grade gets no points whatever its tests say; empty when they decide."""
    if state == REFUSED:
        return problem or state
    if state == Status.BROKEN.value:
        return problem or "the run broke off"
    if state == Status.TIMED_OUT.value and not any(test.outcome is Outcome.PASSED for test in grade.report.tests):
        return problem or "the run took too long"
    hidden = frozenset(grade.hold_out)
    for test in grade.report.tests:
        match = _FORBIDDEN_IMPORT.search(test.failure.came) if test.failure is not None else None
        if match:
            return _MASKED_IMPORT if test.name in hidden else line(f"{match[0]} (in {test.name})", 500)
    return ""


def _unrepaired(kata: KataEntry, grade: Grade) -> str:
    """Why there are no points for a stub that passes some tests as it is: those are not the learner's work."""
    if not kata.faults or not grade.report.tests:
        return ""
    failed = {test.name.partition("[")[0] for test in grade.report.tests if test.outcome is not Outcome.PASSED}
    ran = {test.name.partition("[")[0] for test in grade.report.tests}
    is_any_repaired = any(all(test in ran - failed for test in tests) for tests in kata.faults)
    return "" if is_any_repaired else "no fault of the stub is repaired"


def _state(grade: Grade) -> str:
    if grade.refusal:
        return REFUSED
    if grade.status is Status.PASSED and grade.unstable:
        return UNSTABLE
    return grade.status.value


def _count(tests: Iterable[TestResult]) -> Count:
    outcomes = [test.outcome for test in tests]
    return Count(outcomes.count(Outcome.PASSED), len(outcomes))


def _without_hold_out(sentence: str, hidden: frozenset[str]) -> str:
    """A sentence on a whole run may name the test in which it hung."""
    named = any(name in sentence or name.split("[", 1)[0] in sentence for name in hidden)
    return _MASKED if named else sentence


def _test(test: TestResult, unstable: frozenset[str]) -> TestView:
    failure = test.failure or Failure("", "")
    return TestView(
        name=line(test.name),
        band=test.band.value,
        outcome=test.outcome.value,
        unstable=test.name in unstable,
        kind=test.failure.kind.value if test.failure else "",
        asked=block(failure.asked),
        came=block(failure.came),
        expected=block(failure.expected),
        mistake=block(failure.mistake),
        hint=block(failure.hint),
        where=line(failure.where),
    )


def _kata(kata: KataEntry, position: int, learners: Iterable[LearnerView], scoring: Scoring) -> KataView:
    states = Counter(learner.results[position].state for learner in learners)
    return KataView(
        line(kata.slug),
        line(kata.id),
        kata.set,
        line(kata.title),
        {state: states[state] for state in STATES if states[state]},
        {band.value: weight for band, weight in scoring.weights.of(kata.slug).items()},
        scoring.most(kata.slug),
        scoring.weights.weight(kata.slug),
    )


class _Missed:
    """The tests that most learners fail, of those who have begun the kata."""

    def __init__(self) -> None:
        self._failed: Counter[tuple[str, str]] = Counter()
        self._ran: Counter[tuple[str, str]] = Counter()
        self._mistakes: defaultdict[tuple[str, str], Counter[str]] = defaultdict(Counter)

    def add(self, learner: LearnerView) -> None:
        """Count one more learner."""
        for result in learner.results:
            for test in result.tests:
                if test.kind == FailureKind.NOT_IMPLEMENTED:  # says nothing about the test
                    continue
                where = (result.kata, test.name)
                self._ran[where] += test.outcome != Outcome.NOT_RUN.value
                self._failed[where] += test.outcome == Outcome.FAILED.value
                if test.mistake:
                    self._mistakes[where][line(test.mistake)] += 1

    def most(self) -> tuple[MissedView, ...]:
        """Those that most fail come first."""
        failed = self._failed
        most = sorted((where for where in failed if failed[where]), key=lambda where: (-failed[where], where))
        views = []
        for where in most[:_MOST_MISSED]:
            mistake, count = next(iter(self._mistakes[where].most_common(1)), ("", 0))
            views.append(MissedView(*where, Count(failed[where], self._ran[where]), mistake, count))
        return tuple(views)
