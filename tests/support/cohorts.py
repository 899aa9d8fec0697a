"""Cohorts made by hand, for tests of what is done with their results."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from harness.core.model import KataReport, Problem, ProblemKind
from harness.grading.model import Learner, Refusal
from harness.grading.results import GRADED, Cohort, CohortIndex, Grade, KataEntry

from boards import make_kata, make_report

RUNNER = {
    "CLASSROOM": "ml",
    "ASSIGNMENT": "katas",
    "SUBMISSION_TAG": "submit/2026-06-01T14-32-05Z-a1b2c3d",
    "COMMIT_URL": "https://github.com/ml/x/commit/1",
    "RELEASE_URL": "https://github.com/ml/x/releases/tag/1",
    "OWNER": "zoe",
    "ASSIGNMENT_TYPE": "individual",
}
"""What the runner of Classroom 50 sets."""
KATAS = ("a01_mse", "a02_r2_score", "b01_knn", "c01_matmul", "d01_serving")


def make_learner(number: int, *, name: str = "", group: str = "") -> Learner:
    """`learner-3`, or another name with that slug."""
    slug = f"learner-{number}"
    identifiers = {"Canvas ID": str(100 + number), "SIS Login ID": f"login{number}", "ID number": f"N{number}"}
    return Learner(
        name or slug, slug, f"forks/{slug}", group=group, email=f"{slug}@example.org", identifiers=identifiers
    )


def make_grade(learner: str, report: KataReport, *, mode: str = "sandbox", salt: str = "") -> Grade:
    """A grade of `report`, its key made from learner and kata."""
    key = hashlib.sha256(f"{learner} {report.slug} {salt}".encode()).hexdigest()
    source = hashlib.sha256(f"source {learner} {report.slug}".encode()).hexdigest()
    return Grade(learner, report.slug, report.status, report, mode, key, submission_sha256=source, seed="12345")


def make_cohort(
    learners: tuple[Learner, ...],
    grades: tuple[Grade, ...],
    *,
    katas: tuple[str, ...] = KATAS,
    refusals: tuple[Refusal, ...] = (),
    origin: str = GRADED,
) -> Cohort:
    """A cohort of these, as a results folder would give it."""
    index = CohortIndex(
        learners,
        tuple(KataEntry.of(make_kata(slug)) for slug in katas),
        tuple(grade.key for grade in grades),
        refusals,
        origin,
        1_700_000_000.0,
        "0.1.0",
    )
    return Cohort(index, {(grade.learner, grade.kata): grade for grade in grades})


def mixed_cohort(count: int = 8) -> Cohort:
    """Every state there is, two groups, hold-out tests, an unstable verdict, refusals, and what is not graded yet."""
    learners = tuple(make_learner(i, group="north" if i % 2 else "south") for i in range(count))
    grades = []
    for i, learner in enumerate(learners[:-2]):
        outcomes = ("PPPPPPPP", "PPFPFPPP", "FFFF", "PPPP", "PFPP", "PPPPPP")
        for j, kata in enumerate(KATAS):
            if i == 2 and j == 3:
                continue  # not graded yet
            grades.append(make_grade(learner.slug, make_report(kata, outcomes[(i * 3 + j * 2) % len(outcomes)])))
    hung = make_report("b01_knn", "PNNN", problem=Problem(ProblemKind.TIMED_OUT, "b01_knn hung in test_1"))
    broken = make_report("b01_knn", "", problem=Problem(ProblemKind.BROKEN, "knn.py is not valid Python in line 3"))
    idle = replace(make_report("d01_serving", ""), started=False)
    special = {
        ("learner-1", "b01_knn"): make_grade("learner-1", hung),
        ("learner-3", "b01_knn"): make_grade("learner-3", broken),
        ("learner-4", "d01_serving"): make_grade("learner-4", idle),
        ("learner-0", "a01_mse"): replace(
            make_grade("learner-0", make_report("a01_mse", "PPPPPFP")), hold_out=("test_4", "test_5", "test_6")
        ),
        ("learner-0", "a02_r2_score"): replace(
            make_grade("learner-0", make_report("a02_r2_score", "PPPP")), unstable=("test_3",)
        ),
    }
    kept = [grade for grade in grades if (grade.learner, grade.kata) not in special]
    refusals = (
        Refusal(learners[-2].slug, "", "the zip file is a bomb: it unpacks to 40 GiB"),
        Refusal(learners[-1].slug, "a01_mse", "mse.py is a symbolic link"),
    )
    return make_cohort(learners, (*kept, *special.values()), refusals=refusals)
