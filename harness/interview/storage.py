"""Where interviews are kept: a folder each under `.kata/interviews/`, with the state, the candidate's files, what was
submitted, and the report. What a candidate has in `katas/` is never touched.
"""

from __future__ import annotations

import contextlib
import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, replace
from pathlib import Path

import msgspec

from harness.catalog.load import is_published_stub
from harness.catalog.published_stub import published_stub
from harness.core.errors import KataError, StateError
from harness.core.model import Catalog, Kata, KataReport
from harness.core.state import write_atomically
from harness.interview.state import VERSION, Answer, Interview, Phase, with_time
from harness.runner.job import Job

STATE = "interview.json"
_CLOCK = "clock.json"


class InterviewError(KataError):
    """An interview that cannot be had as it was asked for."""


class DamagedInterviewError(InterviewError):
    """An interview whose state cannot be read."""


def interviews_folder(state: Path) -> Path:
    """Where all interviews are."""
    return state / "interviews"


def interview_in_progress(state: Path) -> set[str]:
    """Slugs of the katas of an interview that is not finished: no hint and no reference may be shown for them."""
    interviews, _ = load_all(state)
    return {task.slug for interview in interviews if interview.phase is not Phase.DONE for task in interview.tasks}


def refuse_in_interview(state: Path, kata: Kata) -> None:
    """Raise `InterviewError` when `kata` is asked in an interview that is not finished: nothing may be given away then."""
    if kata.slug in interview_in_progress(state):
        raise InterviewError(
            f"{kata.slug} is asked in the interview that is under way: no hints, and no reference, until it is over",
            hint="`kata interview --resume` goes on with it, `kata interview --abandon` ends it as it is",
        )


def load_all(state: Path) -> tuple[list[Interview], list[Path]]:
    """All interviews, oldest first, and the state files that cannot be read."""
    interviews, damaged = [], []
    for path in sorted(interviews_folder(state).glob(f"*/{STATE}")):
        try:
            interviews.append(_load(path))
        except DamagedInterviewError:
            damaged.append(path)
    return sorted(interviews, key=lambda interview: (interview.created, interview.id)), damaged


def set_aside(path: Path) -> str:
    """Move a state that cannot be read out of the way; the sentence that says so. The files beside it stay."""
    aside = path.with_name(f"interview-unreadable-{time.time_ns()}.json")
    with _writing(path.parent):
        path.replace(aside)
    return (
        f"interview {path.parent.name} could not be read; its state is set aside as {path.parent.name}/{aside.name}, "
        f"and the code written in it stays in {path.parent / 'katas'}"
    )


def _load(path: Path) -> Interview:
    try:
        interview = msgspec.json.decode(path.read_bytes(), type=Interview)
    except (OSError, msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DamagedInterviewError(f"{path} cannot be read: {error}") from error
    if interview.version != VERSION or interview.id != path.parent.name:
        raise DamagedInterviewError(f"{path} is of another version, or of another interview")
    return interview


@contextlib.contextmanager
def alone(state: Path) -> Iterator[None]:
    """One interview at a time in a checkout. Raises `InterviewError` when another terminal has it open."""
    import filelock

    folder = interviews_folder(state)
    with _writing(folder):
        folder.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder / "interview.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise InterviewError(
            "an interview is under way in another terminal of this checkout",
            hint="go on there, or `quit` it there first",
        ) from None
    try:
        yield
    finally:
        lock.release()


def new_folder(state: Path, now: float) -> Path:
    """A folder for an interview that begins `now`, named after the day."""
    day = time.strftime("%Y-%m-%d", time.localtime(now))
    number = 1
    while True:
        folder = interviews_folder(state) / f"{day}-{number:02d}"
        with _writing(folder):
            try:
                folder.mkdir(parents=True)
            except FileExistsError:
                number += 1
                continue
        return folder


@contextlib.contextmanager
def _writing(what: Path) -> Iterator[None]:
    """Turn what the disk may say into a sentence."""
    try:
        yield
    except OSError as error:
        if isinstance(error, FileExistsError):
            raise
        raise StateError(
            f"cannot write to {what}: {error.strerror or error}",
            hint="all steps before this one are kept; make room, then `kata interview --resume` goes on",
        ) from error


class InterviewFolder:
    """The folder of one interview, and the katas it asks."""

    def __init__(self, state: Path, identity: str, root: Path, catalog: Catalog) -> None:
        self.folder = interviews_folder(state) / identity
        self._state = state
        self._root = root
        self._katas = {kata.slug: kata for kata in catalog.katas}

    # --- state ---

    def save(self, interview: Interview) -> None:
        """Write where the interview stands, all of it or nothing. Raises `StateError` when the disk is full."""
        with _writing(self.folder):
            write_atomically(self.folder / STATE, msgspec.json.format(msgspec.json.encode(interview), indent=1))

    def load(self) -> Interview:
        """Where the interview stood, with the time up to the last beat of its clock."""
        interview = _load(self.folder / STATE)
        with contextlib.suppress(OSError, msgspec.MsgspecError):
            spent_s = msgspec.json.decode((self.folder / _CLOCK).read_bytes(), type=float)
            interview = with_time(interview, spent_s)
        return interview

    def beat(self, spent_s: float) -> None:
        """Note the time on the clock, for the case that this process is killed; a full disk costs seconds, no more."""
        with contextlib.suppress(OSError):
            write_atomically(self.folder / _CLOCK, msgspec.json.encode(spent_s))

    # --- the candidate's files ---

    def kata(self, slug: str) -> Kata | None:
        """The kata, None when its folder is gone or not usable any more."""
        return self._katas.get(slug)

    def file(self, kata: Kata) -> Path:
        """The file that the candidate edits."""
        return self.folder / "katas" / kata.slug / f"{kata.module}.py"

    def submitted(self, kata: Kata) -> Path:
        """What was handed in: later changes of the candidate's file don't count."""
        return self.folder / "submitted" / kata.slug / f"{kata.module}.py"

    def put_stub(self, kata: Kata) -> None:
        """The file to edit, made from the published stub unless it is there already. Raises `StubLostError`."""
        file = self.file(kata)
        if file.exists():
            return
        source = published_stub(self._state, kata)
        with _writing(file):
            write_atomically(file, source)

    def hand_in(self, kata: Kata) -> Path:
        """Copy the file as it is now; the copy. Raises `StateError` when the disk is full."""
        copy = self.submitted(kata)
        with _writing(copy):
            source = self.file(kata).read_bytes() if self.file(kata).is_file() else b""
            write_atomically(copy, source)
        return copy

    def is_empty(self, kata: Kata, file: Path) -> bool:
        """Whether nothing was written yet."""
        try:
            source = file.read_bytes()
        except OSError:
            return True
        return not source.strip() or is_published_stub(kata, source)

    def judge(self, kata: Kata, file: Path) -> KataReport:
        """Run the suite against a file."""
        from harness.runner.run import run_jobs

        source = file.read_bytes()
        (report,) = run_jobs([Job(kata, choice=str(file))], state=self._state, fresh=True)
        if not file.exists():  # a module that deletes its own file must not cost anybody their work
            with _writing(file):
                write_atomically(file, source)
        return replace(report, subject="interview")

    def code(self, interview: Interview) -> dict[str, str]:
        """What was handed in, by slug; what the candidate's file holds where nothing was."""
        found = {}
        for task in interview.tasks:
            for folder in ("submitted", "katas"):
                files = sorted((self.folder / folder / task.slug).glob("*.py"))
                if files:
                    found[task.slug] = files[0].read_bytes().decode("utf-8", "replace")
                    break
        return found

    # --- the debrief ---

    def questions(self, interview: Interview) -> tuple[list[Answer], list[str]]:
        """The follow-up questions of all drawn katas, and a sentence for each kata that has none here."""
        from harness.catalog.statement import read_debrief_questions

        answers: list[Answer] = []
        notices = []
        for task in interview.tasks:
            kata = self.kata(task.slug)
            try:
                asked = read_debrief_questions(self._root, kata) if kata else []
            except KataError as error:
                notices.append(str(error))
                continue
            answers += [Answer(task.slug, question.question, question.answer) for question in asked]
            if not asked:
                notices.append(f"{task.slug} has no follow-up questions in this checkout")
        return answers, notices

    def write_report(self, markdown: str, html: str) -> tuple[Path, Path]:
        """Keep the report; its two files."""
        paths = self.folder / "report.md", self.folder / "report.html"
        with _writing(self.folder):
            for path, text in zip(paths, (markdown, html), strict=True):
                write_atomically(path, text.encode("utf-8", "backslashreplace"))
        return paths

    def discard(self) -> None:
        """Take back a folder in which nothing has happened yet."""
        shutil.rmtree(self.folder, ignore_errors=True)


def run_entry(report: KataReport, failed: Sequence[str]) -> dict[str, object]:
    """What the history keeps of a run in an interview."""
    from harness.core.model import Outcome

    return {
        "trigger": "interview",
        "status": report.status.value,
        "passed": report.count(outcome=Outcome.PASSED),
        "total": len(report.tests),
        "failed": list(failed),
        "duration_s": report.duration_s,
    }


def interview_entry(interview: Interview) -> dict[str, object]:
    """What the history keeps of an interview."""
    return {
        "id": interview.id,
        "role": interview.role,
        "minutes": interview.minutes,
        "seed": interview.seed,
        "spent_s": interview.spent_s,
        "passed": interview.passed,
        "total": interview.total,
        "solved": interview.solved,
        "scores": {aspect.value: score for aspect, score in interview.scores.items()},
        "rubric": interview.rubric,
        "abandoned": interview.was_abandoned,
        "tasks": [
            {
                key: value
                for key, value in asdict(task).items()
                if key in ("slug", "ending", "passed", "total", "spent_s")
            }
            for task in interview.tasks
        ],
    }
