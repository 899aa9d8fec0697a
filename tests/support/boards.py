"""Scoreboards made by hand, for tests of renderers."""

from __future__ import annotations

from pathlib import Path

from harness.core.model import (
    Band,
    Catalog,
    Failure,
    Fault,
    Figure,
    FigureKind,
    Kata,
    KataReport,
    KataSet,
    Outcome,
    Problem,
    ProblemKind,
    Suite,
    TestResult,
)
from harness.scoreboard.model import Scoreboard
from harness.scoreboard.tally import tally


def make_kata(slug: str, *, requires: tuple[str, ...] = (), title: str = "") -> Kata:
    """A kata that needs no folder."""
    prefix, _, module = slug.partition("_")
    return Kata(
        slug=slug,
        id=prefix.upper(),
        set=KataSet(prefix[0].upper()),
        module=module,
        folder=Path("katas") / slug,
        title=title or module.replace("_", " ").capitalize(),
        minutes=15,
        topics=("test",),
        requires=requires,
        imports=("numpy",),
        forbidden=(),
        helpers=(),
        hang_limit_s=20.0,
        stub_sha256="",
    )


def make_report(
    slug: str, outcomes: str, *, problem: Problem | None = None, created: float = 0.0, suite: Suite = Suite.OWN
) -> KataReport:
    """A report with one test a letter: P passed, F failed, N not run; bands in turn."""
    named = {"P": Outcome.PASSED, "F": Outcome.FAILED, "N": Outcome.NOT_RUN}
    bands = tuple(Band)
    tests = tuple(
        TestResult(
            name=f"test_{i}",
            band=bands[i % 4],
            outcome=named[letter],
            failure=Failure("f(1)", "3", "2", "added one: return it as it is") if letter == "F" else None,
            figures=(Figure(FigureKind.RACE, "the loop", 40.0, 20.0, "40x as fast as the loop"),)
            if letter == "P" and bands[i % 4] is Band.SPEED
            else (),
        )
        for i, letter in enumerate(outcomes)
    )
    return KataReport(slug, "learner", tests, problem, created=created, suite=suite)


def mixed_board() -> Scoreboard:
    """Every status, all four sets, a fault, and a title that wants escaping."""
    katas = [
        make_kata(slug)
        for slug in ("a01_mse", "a02_r2_score", "a03_softmax", "b01_knn", "b02_naive_bayes", "c01_matmul")
    ]
    katas.append(make_kata("d01_serving", title="Serving <models> | & more"))
    reports = [
        make_report("a01_mse", "PPPPPPPP"),
        make_report("a02_r2_score", "PPFP"),
        make_report("a03_softmax", "FFFF"),
        make_report(
            "b01_knn",
            "",
            problem=Problem(ProblemKind.BROKEN, "knn.py is not valid Python in line 3: '(' was never closed"),
        ),
        make_report(
            "b02_naive_bayes", "PNNN", problem=Problem(ProblemKind.TIMED_OUT, "b02_naive_bayes hung in test_1")
        ),
    ]
    catalog = Catalog(tuple(katas), (Fault("x99", "x99 has no kata.toml"),))
    return tally(catalog, reports, best_times_s={"a01_mse": 581.0})
