"""What grading produced, and the folder that keeps it: a file a grade, named after the hash of what it depends on.

A grade is written once, whole, and never changed, so a run that was killed goes on where it was. `cohort.json` says
which grades belong to the run. Files that cannot be read are named, never taken for a grade.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from harness.core.documents import DamagedError, ResultsError, decode, encode
from harness.core.model import Kata, KataReport, KataSet, Status
from harness.core.state import write_atomically
from harness.grading.changes import Changes, read_changes
from harness.grading.late import LatePolicy
from harness.grading.model import Learner, Refusal, Submission, SubmissionInfo

GRADED = "graded"
SELF_REPORTED = "self-reported"
MODES = ("sandbox", "process", "none", SELF_REPORTED)

_KEY = re.compile(r"[0-9a-f]{16,128}")
_GRADE_KIND = "kata-grade"
_INDEX_KIND = "kata-cohort"


@dataclass(frozen=True, slots=True)
class Grade:
    """How one kata of one learner was graded."""

    learner: str
    """Slug of the learner."""
    kata: str
    """Slug of the kata."""
    status: Status
    """The verdict; it may be stricter than the report's, after a repetition."""
    report: KataReport
    mode: str
    """Where the code ran: `sandbox`, `process`, `none` or `self-reported`."""
    key: str
    """Hash of everything the grade depends on, and the name of its file."""
    submission_sha256: str = ""
    seed: str = ""
    unstable: tuple[str, ...] = ()
    """Names of tests whose verdict changed under repetition."""
    hold_out: tuple[str, ...] = ()
    """Names of tests from hold-out suites: learners are shown how many passed, and nothing else."""
    refusal: str = ""
    """Why it could not be graded, in a sentence; empty when it was."""


@dataclass(frozen=True, slots=True)
class KataEntry:
    """What pages say of a kata, so that they need no checkout."""

    slug: str
    id: str
    set: KataSet
    title: str
    minutes: int = 0
    faults: tuple[tuple[str, ...], ...] = ()
    """Of a debug kata: the tests of each planted fault."""

    @classmethod
    def of(cls, kata: Kata) -> KataEntry:
        """The entry of a kata of the catalogue."""
        faults = tuple(fault.tests for fault in kata.faults)
        return cls(kata.slug, kata.id, kata.set, kata.title, kata.minutes, faults)


@dataclass(frozen=True, slots=True)
class CohortIndex:
    """Who and what one run is about; all but the grades."""

    learners: tuple[Learner, ...]
    katas: tuple[KataEntry, ...]
    keys: tuple[str, ...] = ()
    """Keys of the grades that belong to this run, those to come included."""
    refusals: tuple[Refusal, ...] = ()
    origin: str = GRADED
    """`graded` here, or `self-reported` by forks."""
    created: float = 0.0
    """Seconds since the epoch."""
    dojo: str = ""
    """Version of the package."""
    remarks: tuple[Refusal, ...] = ()
    """Sentences on submissions that were taken: that a file had another name."""
    weights: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    """Weights of bands that were given for this run, by table (`default` or a kata's slug) and band."""
    times: Mapping[str, float] = field(default_factory=dict)
    """When submissions were handed in, seconds since the epoch, by `learner/kata`; those of which it is known."""
    late: LatePolicy | None = None
    """What lateness costs in this run."""


@dataclass(frozen=True, slots=True)
class Cohort:
    """Learners, katas and how they stand: what every export is made from."""

    index: CohortIndex
    grades: Mapping[tuple[str, str], Grade] = field(default_factory=dict)
    """By slugs of learner and kata; what is not graded yet is not in it."""
    notices: tuple[str, ...] = ()
    """A sentence for each file that had to be left out."""
    changes: Changes = field(default_factory=Changes)
    """Marks and regrades that were entered by hand."""

    @property
    def learners(self) -> tuple[Learner, ...]:
        """Everybody on the roster, in its order."""
        return self.index.learners

    @property
    def katas(self) -> tuple[KataEntry, ...]:
        """The katas that are graded, in the catalogue's order."""
        return self.index.katas

    @property
    def refusals(self) -> tuple[Refusal, ...]:
        """What could not be taken."""
        return self.index.refusals


class ResultsFolder:
    """A folder of grades. Reading never changes it, but for `get`, which moves a damaged file out of the way."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def index_file(self) -> Path:
        """Where the index is."""
        return self.path / "cohort.json"

    def grade_file(self, key: str) -> Path:
        """Where the grade of `key` is, or would be."""
        if not _KEY.fullmatch(key):
            raise ResultsError(f"{key[:100]!r} is not a key of a grade: expected 16 to 128 lower-case hex digits")
        return self.path / "grades" / key[:2] / f"{key}.json"

    def submission_file(self, sha256: str) -> Path:
        """Where the submission with this hash is, or would be."""
        if not _KEY.fullmatch(sha256):
            raise ResultsError(f"{sha256[:100]!r} is not a hash of a submission")
        return self.path / "submissions" / sha256[:2] / f"{sha256}.py"

    def get(self, key: str) -> Grade | None:
        """The grade of `key`, None when it has to be made.

        A file that is there and is not a grade is moved to `set-aside/`, where it stays for whoever wants to know.
        """
        try:
            return self._read_grade(self.grade_file(key))
        except FileNotFoundError:
            return None
        except DamagedError:
            self._set_aside(self.grade_file(key))
            return None

    def put(self, grade: Grade) -> bool:
        """Keep `grade`, unless there is one of its key already; returns whether it was written."""
        path = self.grade_file(grade.key)
        if self.get(grade.key) is not None:
            return False
        _write(path, encode(_GRADE_KIND, grade))
        return True

    def all(self) -> Iterator[Grade]:
        """Every readable grade of the folder, whichever run made it."""
        for path in sorted((self.path / "grades").glob("??/*.json")):
            try:
                yield self._read_grade(path)
            except (ResultsError, FileNotFoundError):
                continue

    def put_submission(self, submission: Submission) -> SubmissionInfo:
        """Keep the source of `submission`: for grading, for grading one case again, and for similarity."""
        ticket = submission.ticket
        path = self.submission_file(ticket.sha256)
        if not path.exists():
            _write(path, submission.source)
        return ticket

    def submission(self, sha256: str) -> bytes | None:
        """The source with this hash, None when it is not kept."""
        try:
            return self.submission_file(sha256).read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise ResultsError(f"{self.submission_file(sha256)} cannot be read: {error.strerror}") from error

    def write_index(self, index: CohortIndex) -> None:
        """Say which run this folder holds. Graded and self-reported results never share a folder."""
        self.require(index.origin)
        _write(self.index_file, encode(_INDEX_KIND, index))

    def require(self, origin: str) -> None:
        """Raises `ResultsError` when this folder holds results of another origin, `graded` or `self-reported`."""
        before = self.read_index().origin if self.index_file.exists() else origin
        if before != origin:
            raise ResultsError(
                f"{self.path} holds {before} results, and these are {origin}",
                hint="give them a folder of their own with --out",
            )

    def read_index(self) -> CohortIndex:
        """The index. Raises `ResultsError` when this is not a results folder, or a damaged one."""
        try:
            return decode(_read(self.index_file), str(self.index_file), _INDEX_KIND, CohortIndex)
        except FileNotFoundError:
            raise ResultsError(
                f"{self.path} is not a results folder: there is no cohort.json in it",
                hint="`kata grade --out DIR` and `kata cohort pull --out DIR` make them",
            ) from None

    def cohort(self) -> Cohort:
        """The run that the index names, with all of its grades that are there."""
        index = self.read_index()
        changes = read_changes(self.path)
        keys: dict[tuple[str, str], str] = {}
        notices = []
        for key in map(changes.present, index.keys):
            try:
                grade = self._read_grade(self.grade_file(key))
            except FileNotFoundError:
                continue
            except ResultsError as error:
                notices.append(f"left out: {error}")
            else:
                keys[grade.learner, grade.kata] = key
        return Cohort(index, _KeptGrades(self, keys), tuple(notices), changes)

    def kept(self, key: str) -> Grade:
        """The grade of `key`, which was there a moment ago. Raises `ResultsError` when it is not there any more."""
        try:
            return self._read_grade(self.grade_file(key))
        except FileNotFoundError:
            raise ResultsError(f"{self.grade_file(key)} was removed while it was read") from None

    def _read_grade(self, path: Path) -> Grade:
        grade = decode(_read(path), str(path), _GRADE_KIND, Grade)
        if grade.key != path.stem:
            raise DamagedError(
                f"{path} is the grade of another key, {grade.key[:100]!r}: the file was copied or renamed"
            )
        return grade

    def _set_aside(self, path: Path) -> None:
        folder = self.path / "set-aside"
        number = 0
        target = folder / path.name
        while target.exists():
            number += 1
            target = folder / f"{path.stem}.{number}{path.suffix}"
        try:
            folder.mkdir(parents=True, exist_ok=True)
            path.replace(target)
        except OSError as error:
            raise ResultsError(f"{path} is damaged and cannot be moved away: {error.strerror}") from error


class _KeptGrades(Mapping[tuple[str, str], Grade]):
    """Grades that stay on disk until they are looked at: thousands of them, with all that their tests say, are a lot."""

    def __init__(self, folder: ResultsFolder, keys: Mapping[tuple[str, str], str]) -> None:
        self._folder = folder
        self._keys = keys

    def __getitem__(self, where: tuple[str, str]) -> Grade:
        return self._folder.kept(self._keys[where])

    def __contains__(self, where: object) -> bool:
        return where in self._keys

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self._keys)

    def __len__(self) -> int:
        return len(self._keys)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        raise
    except OSError as error:
        raise ResultsError(f"{path} cannot be read: {error.strerror}") from error


def _write(path: Path, data: bytes) -> None:
    try:
        write_atomically(path, data)
    except OSError as error:
        raise ResultsError(f"cannot write {path}: {error.strerror}") from error
