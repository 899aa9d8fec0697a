"""`kata quiz` as it is typed: over a pipe, in a terminal of 60 columns, interrupted, and where there is nothing to ask."""

from __future__ import annotations

import contextlib
import json
import os
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.catalog.load import load_catalog
from harness.history.quiz import record_answer
from harness.history.record import Grade
from harness.interview.state import Interview, Task
from harness.interview.storage import InterviewFolder, interviews_folder

from checkout import Checkout, environment
from people import Person

PIPES = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
DEBRIEF = """# D

## Follow-up questions

1. Why are two numbers enough?

   Because one is **too few**.

2. How is it written?

   As `2 * x`.
"""


@pytest.fixture
def learner(person: Person) -> Person:
    """Somebody whose checkout has one question that anybody may be asked, and one that gives the kata away."""
    write_debrief(person.checkout, "a01_twice")
    return person


def write_debrief(checkout: Checkout, slug: str, text: str = DEBRIEF) -> None:
    (checkout.root / "solutions" / slug / "debrief.md").write_text(text, encoding="utf-8")


def test_a_question_is_asked_answered_and_graded_over_a_pipe(learner: Person) -> None:
    done = learner.types("quiz", "--seed", "1", answer="\n3\n")
    assert done.code == 0, done.text
    assert "1 question: 1 new." in done.out
    assert "Question 1 of 1, A01 The kata twice (new)\nWhy are two numbers enough?" in done.out
    assert done.out.index("Why are") < done.out.index("Because one is **too few**.") < done.out.index("Good: it comes")
    assert "1 of 1 answered: 1 good." in done.out
    assert "1 question is held back: its answer gives away a kata that is not passed. --all asks it, too." in done.out
    assert "2 * x" not in done.out
    (((_, data)),) = learner.happened("quiz")
    assert (data["question"], data["rating"], data["typed"]) == ("Why are two numbers enough?", 3, "")
    again = learner.types("quiz", answer="\n3\n")
    assert (again.code, "No question is due, and none is new. The next comes back on" in again.out) == (0, True)
    assert "1 question: 1 not due yet." in learner.types("quiz", "--rapid", answer="\n1\n").out


def test_all_asks_what_gives_a_kata_away_and_a_pass_opens_it(learner: Person) -> None:
    done = learner.types("quiz", "--all", "--json", answer="said\n4\n\n1\n")
    told = json.loads(done.out)
    assert {one["question"]: one["grade"] for one in told["answers"]}.keys() == {
        "Why are two numbers enough?",
        "How is it written?",
    }
    assert [one["grade"] for one in told["answers"]] == ["easy", "again"]
    assert [one["typed"] for one in told["answers"]] == ["said", ""]
    assert "As `2 * x`." in done.err  # the quiz speaks on stderr
    with learner.history() as history:
        history.add("pass", "a01_twice", time.time())
    assert "held back" not in learner.types("quiz", "--list").out


def test_the_list_says_how_questions_stand(learner: Person) -> None:
    learner.add("b01_thrice")
    write_debrief(learner.checkout, "b01_thrice", DEBRIEF.replace("Why are", "When are"))
    with learner.history() as history:
        record_answer(history, "a01_twice", "Why are two numbers enough?", "", Grade.GOOD, 1_000.0)
    out = learner.types("quiz", "--list").out
    rows = [line.split(maxsplit=2) for line in out.splitlines()[:4]]
    assert rows[0] == ["A01", "due", "Why are two numbers enough?"]
    assert rows[1][1:] == ["held", "back  How is it written?"]
    assert rows[2] == ["B01", "new", "When are two numbers enough?"]
    assert "2 questions are held back" in out
    (row, _) = json.loads(learner.types("quiz", "--list", "--json", "--set", "a").out)
    assert (row["kata"], row["set"], row["topics"]) == ("a01_twice", "A", ["test"])
    assert (row["asked"], row["good"], row["last"], row["is_due"]) == (1, 1, "good", True)
    assert learner.happened("quiz")[0][1]["rating"] == 3


def test_questions_are_narrowed_by_set_and_topic(learner: Person) -> None:
    assert "2 questions" not in learner.types("quiz", "--set", "A", "--topic", "Test", answer="").out
    done = learner.types("quiz", "--topic", "tests")
    assert (done.code, "did you mean test?" in done.err) == (2, True)
    done = learner.types("quiz", "--set", "d")
    assert (done.code, "no kata matches --set D" in done.err) == (2, True)


def test_statistics_and_history_have_the_answers(learner: Person) -> None:
    learner.types("quiz", answer="\n3\n")
    with learner.history() as history:
        record_answer(history, "a01_twice", "A question that was reworded since?", "", Grade.AGAIN, 1_000.0)
    told = json.loads(learner.types("stats", "--json").out)
    assert told["quiz"] == {"name": "all", "asked": 2, "good": 1, "due": 0}
    assert told["quiz_topics"] == [{"name": "test", "asked": 2, "good": 1, "due": 0}]
    assert "quiz topic" in learner.types("stats").out
    assert "quiz, good: Why are two numbers enough?" in learner.types("history").out
    assert ',"quiz",' in learner.types("history", "export", "--format", "csv").out


# --- nothing to ask --------------------------------------------------------------------------------------------------


def test_without_debriefs_it_says_where_they_are(learner: Person) -> None:
    debrief = learner.checkout.root / "solutions" / "a01_twice" / "debrief.md"
    debrief.unlink()
    done = learner.types("quiz")
    assert done.code == 2
    assert "there are no questions to ask: no debrief in this checkout has any" in done.err
    assert "the whole repository has all of them" in done.err
    sealed = learner.checkout.root / ".dojo" / "sealed"
    sealed.mkdir(parents=True)
    (sealed / "a01_twice.json").write_text("{}")
    done = learner.types("quiz", "--list")
    assert "they stand in the debriefs, and one of those is sealed" in done.err
    assert "`kata unseal KATA` opens one" in done.err
    learner.add("b01_thrice")
    assert "1 kata has no questions in this checkout." in learner.types("quiz", answer="").out


def test_katas_of_an_interview_that_is_under_way_are_left_out_even_with_all(learner: Person) -> None:
    (interviews_folder(learner.checkout.state) / "one").mkdir(parents=True)
    task = Task("a01_twice", "Twice", 10)
    interview = Interview("one", time.time(), "", 10, 600.0, 1, (task,))
    catalog = load_catalog(learner.checkout.root)
    InterviewFolder(learner.checkout.state, "one", learner.checkout.root, catalog).save(interview)
    done = learner.types("quiz", "--all")
    assert done.code == 0
    assert "There is no question to ask." in done.out
    assert "Left out, as they are asked in the interview that is under way: a01_twice." in done.out


# --- as another process ----------------------------------------------------------------------------------------------


@contextlib.contextmanager
def quiz(checkout: Checkout, *arguments: str, **streams: int) -> Iterator[subprocess.Popen[bytes]]:
    """The command in a process of its own, which ends with the context."""
    process = subprocess.Popen(
        [sys.executable, "-m", "harness.cli.main", "quiz", *arguments],
        cwd=checkout.root,
        env={**environment(), "COLUMNS": "60", "TERM": "xterm-256color", "PYTHONUNBUFFERED": "1"},
        **streams,  # type: ignore[call-overload]
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def read_until(descriptor: int, text: str, limit_s: float = 60.0) -> str:
    """What comes, up to `text`."""
    told = ""
    deadline = time.monotonic() + limit_s
    while text not in told:
        assert time.monotonic() < deadline, f"{text!r} did not come:\n{told}"
        if select.select([descriptor], [], [], 0.2)[0]:
            data = os.read(descriptor, 65536)
            assert data, f"it ended before {text!r}:\n{told}"
            told += data.decode("utf-8", "replace")
    return told


@pytest.mark.skipif(sys.platform == "win32", reason="select cannot wait for a pipe there")
def test_a_warm_up_works_over_a_pipe_whose_lines_come_at_once(learner: Person) -> None:
    with quiz(learner.checkout, "--rapid", **PIPES) as process:
        out, err = process.communicate(b"in time\n2\n", timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert "15 s > " in out.decode()
    assert "The time is up." not in out.decode()
    assert [data["typed"] for _, data in learner.happened("quiz")] == ["in time"]


@pytest.mark.skipif(sys.platform == "win32", reason="needs signals of Unix")
def test_ctrl_c_keeps_what_was_answered(learner: Person) -> None:
    with quiz(learner.checkout, "--all", **PIPES) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"one\n3\ntwo\n")
        process.stdin.flush()
        told = read_until(process.stdout.fileno(), "Question 2 of 2")
        while told.count("How did it go?") < 2:
            told += read_until(process.stdout.fileno(), "How did it go?")
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (130, b"")
    assert "1 of 2 answered: 1 good." in out.decode()
    assert [(data["typed"], data.get("rating")) for _, data in learner.happened("quiz")] == [("one", 3), ("two", None)]


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_a_terminal_of_60_columns_shows_the_remaining_time_before_what_is_typed(learner: Person) -> None:
    import fcntl
    import pty
    import struct
    import termios

    long = "A long answer: " + "word " * 40
    write_debrief(learner.checkout, "a01_twice", DEBRIEF.replace("Because one is **too few**.", long))
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    before = termios.tcgetattr(theirs)
    with quiz(learner.checkout, "--rapid", stdin=theirs, stdout=theirs, stderr=theirs) as process:
        told = read_until(ours, "15 s > ")
        os.write(ours, b"typed \xc3\xa9 " * 12)
        told += read_until(ours, "s > ") + read_until(ours, "é \r")
        os.write(ours, b"\n")
        told += read_until(ours, "How did it go?")
        os.write(ours, b"3\n")
        told += read_until(ours, "1 of 1 answered: 1 good.")
        assert process.wait(timeout=60) == 0
    assert termios.tcgetattr(theirs) == before
    for descriptor in (ours, theirs):
        os.close(descriptor)
    assert max(len(plain(line)) for line in told.splitlines()) <= 60
    assert [data["typed"] for _, data in learner.happened("quiz")] == [("typed é " * 12).strip()]


def plain(line: str) -> str:
    """A line as it is seen: what was drawn over and colours are left out."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\x1b\][^\x07]*\x07", "", line.rpartition("\x1b[K")[2])


def test_nothing_is_written_beside_the_history(learner: Person, tmp_path: Path) -> None:
    before = {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if ".kata" not in path.parts}
    learner.types("quiz", answer="\n3\n")
    assert {path.relative_to(tmp_path) for path in tmp_path.rglob("*") if ".kata" not in path.parts} == before
