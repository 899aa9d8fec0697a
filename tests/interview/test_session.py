"""A mock interview through the real command: from the draw to the report, paused, killed, resumed, and in bad company."""

from __future__ import annotations

import contextlib
import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from harness.catalog.load import load_kata
from harness.cli.interview import interview_command
from harness.history.store import History
from harness.interview import storage
from harness.interview.storage import InterviewError, alone, interview_in_progress, load_all, refuse_in_interview

from checkout import GOOD, STUB, Checkout, Done, environment

DEBRIEF = """# A debrief

## Complexity

Not asked.

## Follow-up questions

1. Why two?

   Because one is **too few**.

2. And for `float32`?

   The same.
"""
WRONG = "def double(x):\n    return x\n"
PATIENCE_S = 60.0


@pytest.fixture
def small(checkout: Checkout) -> Checkout:
    """Two katas of ten minutes, one in the stub that its learner has filled in."""
    for slug in ("a01_twice", "b01_double"):
        checkout.add(slug)
        debrief(checkout, slug)
    return checkout


def debrief(checkout: Checkout, slug: str, text: str = DEBRIEF) -> None:
    folder = checkout.root / "solutions" / slug
    folder.mkdir(parents=True)
    (folder / "debrief.md").write_text(text, encoding="utf-8")


def sit(checkout: Checkout, *arguments: str, say: str = "", env: dict[str, str] | None = None) -> Done:
    """`kata interview` with a script on its stdin."""
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli.main", "interview", *arguments],
        cwd=checkout.root,
        env={**environment(), **(env or {})},
        input=say,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=300,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


class Candidate:
    """Sits at the command and waits for what it says before typing on."""

    def __init__(self, checkout: Checkout, *arguments: str) -> None:
        self.said = ""
        self.begun = time.monotonic()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "harness.cli.main", "interview", *arguments],
            cwd=checkout.root,
            env=environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        assert self.process.stdout is not None
        os.set_blocking(self.process.stdout.fileno(), False)

    def hear(self, text: str) -> None:
        """Wait until `text` was said, since the last time something was heard."""
        assert self.process.stdout is not None
        deadline = time.monotonic() + PATIENCE_S
        while text not in self.said:
            assert time.monotonic() < deadline, f"{text!r} was not said; it said\n{self.said}"
            self.said += (self.process.stdout.read() or b"").decode()
            time.sleep(0.01)
        self.said = self.said.partition(text)[2]

    def type(self, *lines: str) -> None:
        """Lines, each with Enter."""
        assert self.process.stdin is not None
        self.process.stdin.write("".join(f"{line}\n" for line in lines).encode())
        self.process.stdin.flush()

    def end(self, number: int) -> int:
        """Send a signal, and wait; the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE_S)


@contextlib.contextmanager
def candidate(checkout: Checkout, *arguments: str) -> Iterator[Candidate]:
    sitting = Candidate(checkout, *arguments)
    try:
        yield sitting
    finally:
        if sitting.process.poll() is None:
            sitting.process.kill()
        sitting.process.communicate()


def the_folder(checkout: Checkout) -> Path:
    (folder,) = [path for path in (checkout.state / "interviews").iterdir() if path.is_dir()]
    return folder


def stored(checkout: Checkout) -> dict[str, object]:
    loaded: dict[str, object] = json.loads((the_folder(checkout) / "interview.json").read_text(encoding="utf-8"))
    return loaded


def entries(checkout: Checkout, kind: str) -> list[dict[str, object]]:
    history = History(checkout.state)
    try:
        return [{"slug": entry.slug, **entry.data} for entry in history.entries(kind)]
    finally:
        history.close()


def change_state(checkout: Checkout, change: Callable[[dict[str, object]], None]) -> None:
    state = stored(checkout)
    change(state)
    (the_folder(checkout) / "interview.json").write_text(json.dumps(state), encoding="utf-8")


# --- one whole interview ---


def test_a_whole_interview_from_the_draw_to_the_report(small: Checkout) -> None:
    mine = small.root / "katas/b01_double/double.py"
    mine.write_text(GOOD)  # the candidate has passed it in practice: the interview begins it anew, in a file of its own
    (small.root / ".gitignore").write_text(".kata/\n")
    git(small, "init", "-q")
    git(small, "add", "-A")
    mine.write_text(STUB)
    git(small, "commit", "-qam", "the stub")
    mine.write_text(GOOD)

    with candidate(small, "--minutes", "20", "--seed", "1", "--role", "ml-engineer") as sitting:
        the_coding(small, sitting)
        assert interview_in_progress(small.state) == {"a01_twice", "b01_double"}
        the_debrief(sitting)
    assert mine.read_text() == GOOD
    assert interview_in_progress(small.state) == set()

    for name in ("report.md", "report.html"):
        text = (the_folder(small) / name).read_text(encoding="utf-8")
        for expected in ("too few.", "test_two_is_four", "ml engineer", "return x"):
            assert expected in text, f"{expected} is not in {name}"
    (noted,) = entries(small, "interview")
    assert (noted["passed"], noted["total"], noted["solved"], noted["rubric"]) == (3, 4, 1, 72.5)
    runs = entries(small, "run")
    assert [(run["slug"], run["passed"], run["trigger"]) for run in runs] == [
        ("a01_twice", 1, "interview"),
        ("a01_twice", 2, "interview"),
        ("b01_double", 1, "interview"),
    ]
    assert runs[0]["failed"] == ["test_two_is_four"]

    done = small.pytest("katas/a01_twice", "--subject", str(the_folder(small) / "submitted/a01_twice/twice.py"))
    assert done.code == 0, done.text


def the_coding(small: Checkout, sitting: Candidate) -> None:
    """One kata is solved in two goes, the other is handed in half right."""
    sitting.hear("2 katas, 20:00 on the clock")
    sitting.hear("Kata 1 of 2: A01")
    file = the_folder(small) / "katas/a01_twice/twice.py"
    assert file.read_text() == STUB
    sitting.type("run")
    sitting.hear("still the empty stub")
    file.write_text(WRONG)
    sitting.type("run")
    sitting.hear("1 of 2 tests pass.")
    sitting.hear("The first that fails: test_two_is_four")
    sitting.hear("came      2")
    sitting.type("hint")
    sitting.hear("left > ")
    sitting.hear("no hints")
    file.write_text(GOOD)
    sitting.type("next")
    sitting.hear("A01: solved, tests 2/2")
    sitting.hear("Kata 2 of 2: B01")
    file = the_folder(small) / "katas/b01_double/double.py"
    assert file.read_text() == STUB
    file.write_text(WRONG)
    sitting.type("n")  # the beginning of a command is enough
    sitting.hear("B01: handed in, partly right, tests 1/2")


def the_debrief(sitting: Candidate) -> None:
    """One answer, no more of them, and scores with slips of the hand."""
    sitting.hear("Why two?")
    sitting.type("One is", "too few.", "")
    sitting.hear("Because one is **too few**.")
    sitting.hear("Question 2 of 4")
    sitting.type("/done")
    sitting.hear("accuracy [3, by the tests] >")
    sitting.type("", "5", "four", "3", "2")
    sitting.hear("not '5'")
    sitting.hear("not 'four'")
    sitting.type("4")
    sitting.hear("Rubric: 72.5 of 100")  # 40*3/4 + 30*3/4 + 20*2/4 + 10*4/4
    assert sitting.process.wait(PATIENCE_S) == 0


def git(checkout: Checkout, *arguments: str) -> None:
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "core.hooksPath=/dev/null"]
    subprocess.run(["git", *who, *arguments], cwd=checkout.root, check=True, capture_output=True)


def test_interviews_are_listed_and_compared(small: Checkout) -> None:
    assert "no interview yet" in sit(small, "--list").out
    refused = sit(small, "--compare")
    assert refused.code == 2
    assert "there are 0" in refused.err
    for scores in ("1\n1\n1\n1\n", "2\n2\n2\n2\n"):
        done = sit(small, "--minutes", "10", "--seed", "1", say=f"skip\n/done\n{scores}")
        assert done.code == 0, done.text
    rows = json.loads(sit(small, "--list", "--json").out)
    assert [(row["rubric"], row["change"], row["state"]) for row in rows] == [
        (25, None, "finished"),
        (50, 25, "finished"),
    ]
    listed = sit(small, "--list", env={"COLUMNS": "80"}).out
    assert "+25" in listed
    assert all(len(line) <= 80 for line in listed.splitlines())
    for ids in ((), (rows[0]["id"],), (rows[0]["id"], rows[1]["id"])):
        assert [line.split()[-1] for line in sit(small, "--compare", *ids).out.splitlines() if "rubric" in line] == [
            "+25"
        ]
    turned = json.loads(sit(small, "--compare", rows[1]["id"], rows[0]["id"], "--json").out)
    assert turned["points"][0]["change"] == "-25"
    assert "no finished interview is called 'yesterday'" in sit(small, "--compare", "yesterday").err
    last_report = (small.state / "interviews" / rows[1]["id"] / "report.md").read_text(encoding="utf-8")
    assert "+25" in last_report
    assert rows[0]["id"] in last_report


# --- paused, killed, resumed ---


def test_a_killed_interview_goes_on_where_it_was(small: Checkout) -> None:
    with candidate(small, "--minutes", "20", "--seed", "1") as sitting:
        sitting.hear("Kata 1 of 2")
        file = the_folder(small) / "katas/a01_twice/twice.py"
        file.write_text(GOOD)
        sitting.type("run")
        sitting.hear("2 tests pass")
        spent = list_spent(small)
        deadline = time.monotonic() + PATIENCE_S
        while not (the_folder(small) / "clock.json").exists() or clock(small) <= spent:  # its clock goes on
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert sitting.end(signal.SIGKILL) == -signal.SIGKILL
    at_the_kill = clock(small)
    time.sleep(1.0)  # dead time, which does not count

    with candidate(small, "--resume") as sitting:
        sitting.hear("a01_twice")
        sitting.hear("Kata 1 of 2")
        assert file.read_text() == GOOD
        sitting.type("next")
        sitting.hear("solved")
        sitting.hear("Kata 2 of 2")
        assert at_the_kill <= list_spent(small) <= at_the_kill + time.monotonic() - sitting.begun
        sitting.type("skip")
        sitting.hear("Why two?")
        sitting.hear("  > ")
        sitting.type("half an")
        sitting.hear("  > ")  # it is kept before it asks for more
        sitting.end(signal.SIGKILL)

    with candidate(small, "--resume") as sitting:
        sitting.hear("You had begun: half an")
        sitting.type("answer", "", "/done", "4")
        sitting.hear("communication > ")
        sitting.end(signal.SIGKILL)

    done = sit(small, "--resume", say="3\n2\n1\n")
    assert done.code == 0, done.text
    assert "accuracy" not in done.out.lower().partition("communication")[0]  # was scored before the kill
    report = (the_folder(small) / "report.md").read_text(encoding="utf-8")
    assert "half an\nanswer" in report
    assert "resumed 3 times" in report
    assert len(entries(small, "interview")) == 1


def clock(checkout: Checkout) -> float:
    return float((the_folder(checkout) / "clock.json").read_text())


def list_spent(checkout: Checkout) -> float:
    return float(json.loads(sit(checkout, "--list", "--json").out)[0]["spent_s"])


def test_ctrl_c_pauses_and_says_how_to_go_on(small: Checkout) -> None:
    with candidate(small, "--minutes", "20", "--seed", "1") as sitting:
        sitting.hear("left > ")
        assert sitting.end(signal.SIGINT) == 130
        sitting.hear("Paused: a01_twice")
        sitting.hear("`kata interview --resume` goes on")
    with pytest.raises(InterviewError, match="a01_twice is asked in the interview that is under way"):
        refuse_in_interview(small.state, load_kata(small.root / "katas/a01_twice"))
    again = sit(small, "--minutes", "20")
    assert again.code == 2
    assert "is not finished: a01_twice" in again.err
    assert "--abandon" in again.err


@pytest.mark.parametrize(
    ("script", "stands"),
    [
        ("", "Paused: a01_twice, 20:00 left"),
        ("quit\n", "Paused: a01_twice"),
        ("skip\nskip\n/quit\n/done\n", "Paused: the questions"),
        ("skip\nskip\n/done\nquit\n1\n1\n1\n1\n", "Paused: your scores"),
    ],
    ids=["end of input", "coding", "questions", "scores"],
)
def test_it_can_be_paused_everywhere(small: Checkout, script: str, stands: str) -> None:
    done = sit(small, "--minutes", "20", say=script)
    assert (done.code, stands in done.out) == (0, True), done.text
    assert interview_in_progress(small.state) == {"a01_twice", "b01_double"}
    assert "goes on" in sit(small, "--resume").out


@pytest.mark.skipif(sys.platform == "win32", reason="needs a terminal of Unix")
def test_at_a_terminal_the_clock_is_in_the_title_and_ctrl_c_pauses(small: Checkout) -> None:
    import pty

    ours, theirs = pty.openpty()
    command = [sys.executable, "-m", "harness.cli.main", "interview", "--minutes", "20", "--seed", "1"]
    env = {**environment(), "TERM": "xterm-256color", "COLUMNS": "80"}
    process = subprocess.Popen(
        command, cwd=small.root, env=env, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    )
    os.close(theirs)
    os.set_blocking(ours, False)
    said, deadline = "", time.monotonic() + PATIENCE_S

    def hear(text: str) -> None:
        nonlocal said
        while text not in said:
            assert time.monotonic() < deadline, f"{text!r} was not said; it said\n{said}"
            with contextlib.suppress(BlockingIOError):
                said += os.read(ours, 65536).decode("utf-8", "replace")
            time.sleep(0.01)
        said = said.partition(text)[2]

    try:
        hear("20:00 left > ")
        hear("\x1b]0;a01_twice 19:5")  # the title
        os.write(ours, b"time\r")
        hear("left of 20:00")
        hear("left > ")
        process.send_signal(signal.SIGINT)
        hear("Paused: a01_twice")
        assert process.wait(PATIENCE_S) == 130
    finally:
        process.kill()
        process.wait()
        os.close(ours)


def test_a_seed_repeats_the_draw_whatever_interviews_came_between(checkout: Checkout) -> None:
    for slug in ("a01_x1", "a02_x2", "a03_x3", "a04_x4", "b01_x5", "b02_x6"):
        checkout.add(slug)
    drawn = []
    for _ in range(2):
        said = sit(checkout, "--minutes", "20", "--seed", "5").out
        assert "Weak topics" not in said
        drawn.append(json.loads(sit(checkout, "--list", "--json").out)[-1]["katas"])
        sit(checkout, "--abandon")
        note(checkout, [(slug, "interview") for slug in drawn[0] * 10])
    assert drawn[0] == drawn[1]
    note(checkout, [(slug, "watch") for slug in drawn[0] * 10])
    assert "Weak topics weigh more: test" in sit(checkout, "--minutes", "20", "--seed", "5").out


def note(checkout: Checkout, runs: list[tuple[str, str]]) -> None:
    """Failing runs in the history, of these katas and from there."""
    history = History(checkout.state)
    for slug, trigger in runs:
        history.add("run", slug, time.time(), trigger=trigger, status="failing")
    history.close()


def test_when_the_time_is_up_the_file_as_it_was_counts(small: Checkout) -> None:
    with candidate(small, "--minutes", "20", "--seed", "1") as sitting:
        sitting.hear("left > ")
        sitting.type("quit")
        sitting.process.wait(PATIENCE_S)
    change_state(small, lambda state: state.update(limit_s=1.5))
    file = the_folder(small) / "katas/a01_twice/twice.py"
    file.write_text(GOOD)
    with candidate(small, "--resume") as sitting:
        sitting.hear("Time is up")
        file.write_text(WRONG)
        sitting.type("run")
        sitting.hear("solved as time ran out, tests 2/2")
        sitting.hear("Question 1")
    ended = [(row["ending"], row["passed"]) for row in stored(small)["tasks"]]  # type: ignore[attr-defined]
    assert ended == [("time up", 2), ("not reached", 0)]


def test_an_interview_can_be_abandoned(small: Checkout) -> None:
    assert "there is no interview to abandon" in sit(small, "--abandon").err
    assert "there is no interview to resume" in sit(small, "--resume").err
    sit(small, "--minutes", "20", say="skip\nquit\n")
    done = sit(small, "--abandon")
    assert (done.code, "report.html" in done.out) == (0, True), done.text
    (row,) = json.loads(sit(small, "--list", "--json").out)
    assert (row["state"], row["rubric"]) == ("abandoned", None)
    assert interview_in_progress(small.state) == set()


# --- what can go wrong ---


def test_a_time_too_short_for_any_kata_is_refused(small: Checkout) -> None:
    done = sit(small, "--minutes", "9")
    assert done.code == 2
    assert "no kata fits into 9 min: the shortest, a01_twice, takes 10" in done.err
    assert not list((small.state / "interviews").glob("*/"))


def test_too_few_katas_are_said_to_be_too_few(small: Checkout) -> None:
    done = sit(small, "--minutes", "90", "--seed", "1")
    assert "There are not enough katas for 90 min: those that fit take 20 min" in done.out
    assert "20:00 left" in done.out


def test_an_unknown_role_and_options_that_do_not_go_together_are_refused(small: Checkout) -> None:
    for arguments, expected in (
        (("--role", "wizard"), "'wizard' is not one of"),
        (("--minutes", "0"), "not in the range"),
        (("--resume", "--abandon"), "exclude one another"),
        (("--resume", "--minutes", "10"), "for a new interview"),
        (("--json",), "--json goes with"),
        (("a01",), "--compare only"),
    ):
        done = sit(small, *arguments)
        assert (done.code, expected in done.err) == (2, True), done.text


def test_two_interviews_at_once_are_refused(small: Checkout) -> None:
    small.state.mkdir(parents=True)
    with alone(small.state):
        done = sit(small, "--minutes", "10")
    assert done.code == 2
    assert "under way in another terminal" in done.err


def test_a_damaged_state_is_set_aside_and_the_code_stays(small: Checkout) -> None:
    sit(small, "--minutes", "20", say="quit\n")
    folder = the_folder(small)
    (folder / "katas/a01_twice/twice.py").write_text(GOOD)
    for damage in (b"", b"{", b"\xff\xfe", b'{"id": 5}', (folder / "interview.json").read_bytes()[:-20]):
        (folder / "interview.json").write_bytes(damage)
        assert load_all(small.state) == ([], [folder / "interview.json"]), damage
    assert "cannot be read" in sit(small, "--list").err
    done = sit(small, "--resume")
    assert done.code == 2
    (aside,) = folder.glob("interview-unreadable-*.json")
    assert aside.read_bytes() == damage
    assert aside.name in done.err
    assert str(folder / "katas") in done.err
    assert "there is no interview to resume" in done.err
    assert (folder / "katas/a01_twice/twice.py").read_text() == GOOD
    assert "Paused" in sit(small, "--minutes", "20").out  # and a new one can begin


def test_a_kata_that_is_gone_is_left_out(small: Checkout) -> None:
    sit(small, "--minutes", "20", say="quit\n")
    shutil.rmtree(small.root / "katas/a01_twice")
    done = sit(small, "--resume", say="skip\n/done\n0\n0\n0\n0\n")
    assert done.code == 0, done.text
    assert "a01_twice is gone from katas/" in done.out
    assert "folder gone" in (the_folder(small) / "report.md").read_text(encoding="utf-8")


def test_without_debriefs_it_says_so_and_goes_on_to_the_scores(checkout: Checkout) -> None:
    checkout.add("a01_twice")
    done = sit(checkout, "--minutes", "10", say="skip\n1\n1\n1\n1\n")
    assert done.code == 0, done.text
    assert "a01_twice has no follow-up questions in this checkout" in done.out


def test_code_that_does_not_import_or_deletes_itself_costs_nothing(small: Checkout) -> None:
    with candidate(small, "--minutes", "10", "--seed", "1") as sitting:
        sitting.hear("left > ")
        (file,) = (the_folder(small) / "katas").glob("*/*.py")
        file.write_text("def double(:\n")
        sitting.type("run")
        sitting.hear("is not valid Python in line 1")
        sitting.hear("left > ")
        bomb = f"import os\nos.unlink({str(file)!r})\n{GOOD}"
        file.write_text(bomb)
        sitting.type("run")
        sitting.hear("tests pass")
        assert file.read_text() == bomb
        file.unlink()
        sitting.type("run")
        sitting.hear("not there any more")


def test_a_full_disk_loses_nothing(small: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    sit(small, "--minutes", "20", say="quit\n")
    before = stored(small)

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(storage, "write_atomically", full)
    monkeypatch.chdir(small.root)
    done = CliRunner().invoke(interview_command, ["--resume"], input="skip\n")
    assert str(done.exception).startswith(f"cannot write to {the_folder(small)}: No space left")
    assert "make room" in getattr(done.exception, "hint", "")
    assert stored(small) == before


def test_the_statement_names_the_command_that_runs_the_candidates_file(small: Checkout) -> None:
    for slug in ("a01_twice", "b01_double"):
        (small.root / "katas" / slug / "README.md").write_text(f"# A01\n\n```\npytest katas/{slug}\n```\n")
    said = sit(small, "--minutes", "10", "--seed", "1", say="quit\n").out
    (command,) = (line for line in said.splitlines() if line.startswith("pytest "))
    slug = command.split()[1].removeprefix("katas/")
    file = small.root / command.partition(" --subject ")[2]
    assert file.parent.parent.parent.parent == small.state / "interviews"
    file.write_text(GOOD)
    done = small.pytest(*command.split()[1:])
    assert done.code == 0, done.text
    assert f"{slug}  example 1/1  edge 1/1  passed" in done.out


def test_katas_whose_published_stub_is_lost_are_left_out(small: Checkout) -> None:
    (small.add("c01_lost", GOOD, stub=f"# another one\n{STUB}") / ".stub").unlink()
    done = sit(small, "--minutes", "20")
    assert "Left out, as their published stub is not to be found: c01_lost" in done.out
    sit(small, "--abandon")
    (small.root / "katas/a01_twice/twice.py").write_text(GOOD)  # the state folder has its stub
    (small.root / "katas/b01_double/double.py").write_text(GOOD)
    sit(small, "--minutes", "20")
    assert [path.read_text() for path in (small.state / "interviews").glob("*-02/katas/*/*.py")] == [STUB, STUB]


def test_typed_bytes_that_are_no_text_do_no_harm(small: Checkout) -> None:
    script = b"\xff\x00run\nskip\n\xff\xfe answer\n\n/done\n1\n1\n1\n1\n"
    done = subprocess.run(
        [sys.executable, "-m", "harness.cli.main", "interview", "--minutes", "10"],
        cwd=small.root,
        env=environment(),
        input=script,
        capture_output=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "answer" in (the_folder(small) / "report.md").read_text(encoding="utf-8")
