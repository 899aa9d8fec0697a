"""Submitting, revealing, comparing, reviewing; and a history that fails, which must not lose a result."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from harness.core.errors import StateError
from harness.history.store import History
from harness.practice.solution import side_by_side, without_docstrings

from checkout import GOOD, STUB, Done, environment
from people import REFERENCE, Person

DAY = 86400.0
WRONG = "def double(x):\n    return x\n"


def due(person: Person, days: float = 1.0) -> None:
    """Have the review of their kata be due since some days."""
    with person.history() as history:
        history.add("card", "a01_twice", time.time(), rating=3, card={}, due=time.time() - days * DAY)


# --- submit ----------------------------------------------------------------------------------------------------------


def test_a_submission_passes_only_when_the_suite_does_and_says_what_helps(person: Person) -> None:
    empty = person.types("submit", "a1")
    assert empty.code == 1
    assert "not started" in empty.out
    assert "`kata show a01`" in empty.out
    assert person.happened() == []

    person.types("start", "a1")
    person.stub.write_text(WRONG)
    wrong = person.types("submit", "a1")
    assert wrong.code == 1
    assert "in progress, 1 of 2 tests pass" in wrong.out
    assert "test_two_is_four" in wrong.out
    assert "not doubled: return 2 * x" in wrong.out

    person.stub.write_text(GOOD)
    right = person.types("submit", "a1")
    assert right.code == 0, right.text
    assert "passed, 2 of 2 tests pass" in right.out
    assert "of 10 min" in right.out
    assert "again   on" in right.out
    assert [kind for kind, _ in person.happened()] == ["run", "run", "pass", "card"]
    assert [data["trigger"] for _, data in person.happened("run")] == ["submit", "submit"]
    (kept,) = (person.checkout.state / "attempts" / "a01_twice").glob("*.py")
    assert (kept.name, kept.read_text()) == ("0001-passed.py", GOOD)
    assert max(len(line) for line in (wrong.out + right.out).splitlines()) <= 80


def test_a_submission_for_scripts_and_one_that_is_broken(person: Person) -> None:
    person.stub.write_text("def double(x:\n")
    done = person.types("submit", "--json")
    document = json.loads(done.out)
    assert done.code == 1
    assert document["status"] == "broken"
    assert "line 1" in document["problem"]["sentence"]
    assert [data["status"] for _, data in person.happened("run")] == ["broken"]


def test_the_scoreboard_notes_what_it_ran_and_nothing_else(person: Person) -> None:
    person.types("scoreboard")
    assert person.happened() == []
    person.stub.write_text(WRONG)
    person.types("scoreboard")
    person.types("scoreboard")  # from the cache
    assert [data["trigger"] for _, data in person.happened("run")] == ["scoreboard"]
    person.stub.write_text(GOOD)
    person.types("scoreboard", "--subject", "reference")
    assert len(person.happened("run")) == 1
    person.types("scoreboard")
    assert [kind for kind, _ in person.happened()] == ["run", "run", "pass", "card"]


def test_a_pass_that_only_the_cache_knows_of_is_made_up_for(person: Person) -> None:
    person.has_run()
    person.types("scoreboard")
    person.types("scoreboard")
    assert [kind for kind, _ in person.happened()] == ["pass", "card"]


# --- reveal ----------------------------------------------------------------------------------------------------------


def test_before_a_pass_the_reference_is_shown_only_to_who_gives_up(person: Person) -> None:
    for answer in ("n\n", "", "\n"):
        done = person.types("reveal", "a1", answer=answer)
        assert (done.code, "nothing was done" in done.err) == (1, True)
        assert "x + x" not in done.out
    assert person.happened() == []
    person.types("start", "a1")
    done = person.types("reveal", "a1", answer="y\n")
    assert done.code == 0
    assert REFERENCE.strip() in done.out
    assert "Because." in done.out
    assert person.happened() == [("reveal", {"given_up": True})]
    person.stub.write_text(REFERENCE)
    told = person.types("submit", "a1").out
    assert "the reference was seen, so this is not a personal best" in told
    assert "to spare" not in told
    assert "/10" not in person.types("scoreboard").out


def test_after_a_pass_the_reference_is_free(person: Person) -> None:
    person.has_run()
    done = person.types("reveal", "a1", "--json")
    assert json.loads(done.out)["given_up"] is False
    assert person.happened() == [("reveal", {"given_up": False})]


def test_during_a_review_the_reference_is_not_free(person: Person) -> None:
    person.types("list")
    person.has_run()
    person.types("scoreboard")
    person.types("reset", "a1")
    assert person.types("reveal", "a1", answer="n\n").code == 1
    assert json.loads(person.types("reveal", "a1", "--yes", "--json").out)["given_up"] is True


def test_a_solution_that_is_sealed_or_not_there_is_a_sentence(person: Person) -> None:
    for path in (person.checkout.root / "solutions" / "a01_twice").iterdir():
        path.unlink()
    done = person.types("reveal", "a1", "--yes")
    assert (done.code, "is not in this checkout" in done.err) == (2, True)
    sealed = person.checkout.root / ".dojo" / "sealed" / "a01_twice.json"
    sealed.parent.mkdir(parents=True)
    sealed.write_text("{}")
    done = person.types("reveal", "a1", "--yes")
    assert (done.code, "`kata unseal a01` opens it" in done.err) == (2, True)
    assert person.happened() == []  # it does not count as given up
    person.has_run()
    assert "is sealed" in person.types("diff", "a1").err


@pytest.mark.parametrize("command", ["hint", "reveal", "diff"])
def test_nothing_is_given_away_while_an_interview_asks_for_it(
    person: Person, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    person.has_run(outcomes="PF" if command == "hint" else "PP")
    monkeypatch.setattr("harness.interview.storage.interview_in_progress", lambda _: {"a01_twice"})
    done = person.types(command, "a1")
    assert (done.code, "is asked in the interview that is under way" in done.err) == (2, True)
    assert "x + x" not in done.out
    assert person.happened() == []
    monkeypatch.setattr("harness.interview.storage.interview_in_progress", lambda _: {"b01_thrice"})
    assert person.types(command, "a1").code == 0


# --- diff ------------------------------------------------------------------------------------------------------------


def test_the_passing_code_stands_beside_the_reference(person: Person) -> None:
    person.has_run()
    told = person.types("diff", "a1").out
    assert told.startswith("--- yours/twice.py\n+++ reference/twice.py\n")
    assert "-    return 2 * x\n" in told
    assert "+    return x + x\n" in told
    assert "\x1b" not in told
    columns = person.types("diff", "a1", "--side-by-side").out
    assert any("return 2 * x" in line and "return x + x" in line for line in columns.splitlines())
    assert max(map(len, columns.splitlines())) <= 80
    assert json.loads(person.types("diff", "a1", "--json").out) == {
        "slug": "a01_twice",
        "own": GOOD,
        "reference": REFERENCE,
    }


def test_when_the_file_does_not_pass_any_more_the_last_attempt_that_did_is_compared(person: Person) -> None:
    done = person.types("diff", "a1")
    assert (done.code, "is not passed" in done.err) == (2, True)
    person.stub.write_text(GOOD)
    person.types("submit", "a1")
    person.stub.write_text(WRONG)
    assert "-    return 2 * x\n" in person.types("diff", "a1").out


def test_side_by_side_has_every_line_of_both_once_and_in_order() -> None:
    own, reference = "a\nb\nc\n", "a\nx\ny\nc\nd\n"
    pairs = list(side_by_side(own, reference))
    assert [pair.own for pair in pairs if pair.own is not None] == own.splitlines()
    assert [pair.reference for pair in pairs if pair.reference is not None] == reference.splitlines()
    assert [pair.is_same for pair in pairs] == [True, False, False, True, False]


# --- reviews ---------------------------------------------------------------------------------------------------------


def test_a_review_keeps_the_code_puts_the_stub_back_and_starts_the_clock(person: Person) -> None:
    person.types("list")
    person.stub.write_text(GOOD)
    person.types("submit", "a1")
    assert "no review is due" in person.types("review").err
    done = person.types("review", "a1")
    assert (done.code, "not now" in done.err, "`kata reset a01`" in done.err) == (2, True, True)
    due(person)
    assert "its review is due since yesterday" in person.types("next").out
    assert "kata review a01" in person.types("next").out
    assert person.types("review", answer="n\n").code == 1
    assert person.stub.read_text() == GOOD
    done = person.types("review", answer="y\n")
    assert done.code == 0, done.text
    assert person.stub.read_text() == STUB
    assert "10 min on the clock" in done.out
    person.stub.write_text(GOOD + "\n")
    assert "again   on" in person.types("submit").out
    passes = [data for _, data in person.happened("pass")]
    assert [one["review"] for one in passes] == [False, True]
    assert passes[1]["spent_s"] is not None
    assert "due" not in person.types("list").out
    assert [data["rating"] for _, data in person.happened("card")][-1] == 4


def test_a_review_can_be_begun_by_next_and_goes_on_when_it_is_begun(person: Person) -> None:
    person.types("list")
    person.has_run()
    person.types("scoreboard")
    due(person)
    assert person.types("next", "--begin", "--yes").code == 0
    assert person.stub.read_text() == STUB
    person.types("stop")
    person.stub.write_text(WRONG)
    done = person.types("review", "a1")
    assert "is begun already" in done.out
    assert person.stub.read_text() == WRONG


def test_a_review_while_another_clock_runs_is_begun_all_the_same(person: Person) -> None:
    person.add("b01_thrice")
    person.types("list")
    person.has_run()
    person.types("scoreboard")
    due(person)
    person.types("start", "b1")
    done = person.types("review", "--yes")
    assert done.code == 0
    assert "The clock was not started: the clock of b01_thrice is running already" in done.out
    assert person.stub.read_text() == STUB


def test_a_kata_that_was_never_passed_is_not_reviewed(person: Person) -> None:
    done = person.types("review", "a1")
    assert (done.code, "was not passed yet" in done.err) == (2, True)


def test_the_scoreboard_lets_an_old_pass_fade(person: Person) -> None:
    person.has_run()
    assert "passed, due" not in person.types("scoreboard").out
    due(person)
    told = person.types("scoreboard").out
    assert "passed, due" in told
    assert "1 of 1 katas passed, 1 of them due" in told
    assert "next: a01_twice (its review is due since yesterday" in told
    assert json.loads(person.types("scoreboard", "--format", "json").out)["rows"][0]["due"] is True


# --- a history that fails --------------------------------------------------------------------------------------------


def damage(person: Person) -> bytes:
    """Overwrite the middle of their history, as a bad disk would."""
    with person.history() as history, history.together():
        for i in range(300):
            history.add("run", "a01_twice", float(i), failed=["test_x"] * 20)
    path = person.checkout.state / "history.sqlite3"
    data = bytearray(path.read_bytes())
    data[len(data) // 2 : len(data) // 2 + 8192] = b"\xaa" * 8192
    path.write_bytes(bytes(data))
    return bytes(data)


def test_a_history_damaged_in_the_middle_is_set_aside_named_and_begun_anew(person: Person) -> None:
    damaged = damage(person)
    person.stub.write_text(GOOD)
    done = person.types("submit", "a1")
    assert done.code == 0, done.text
    assert "passed, 2 of 2" in done.out
    (aside,) = person.checkout.state.glob("history-unreadable-*.sqlite3")
    assert f"it is set aside as {aside.name}, and a new one is begun" in done.err
    assert aside.read_bytes() == damaged
    assert [kind for kind, _ in person.happened()] == ["run", "pass", "card"]
    assert person.types("scoreboard").err == ""


def test_two_who_find_the_history_damaged_set_it_aside_once(person: Person) -> None:
    damage(person)
    notices = []

    def find() -> None:
        history = History(person.checkout.state)
        notices.append(history.notice)
        history.add("hint", "a01_twice", 1.0, number=1)
        history.close()

    threads = [threading.Thread(target=find) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=60)
    assert len([notice for notice in notices if notice]) == 1
    assert len(person.happened("hint")) == 4
    assert len(list(person.checkout.state.glob("history-unreadable-*.sqlite3"))) == 1


def test_a_history_that_is_only_locked_is_not_set_aside(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    with person.history() as history:
        history.add("hint", "a01_twice", 1.0, number=1)
    monkeypatch.setattr("harness.history.store._PATIENCE_S", 0.05)
    person.has_run()
    other = sqlite3.connect(person.checkout.state / "history.sqlite3", isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    done = person.types("scoreboard")
    assert done.code == 0
    assert "1 of 1 katas passed" in done.out
    assert "the scoreboard is complete, but without the history" in done.err
    assert "locked" in done.err
    assert person.types("hint", "a1").code == 2
    assert "without the history" in person.types("list").err
    other.execute("ROLLBACK")
    other.close()
    assert list(person.checkout.state.glob("history-unreadable-*")) == []
    assert len(person.happened("hint")) == 1


def test_a_full_disk_loses_no_result(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_args: object, **_data: object) -> int:
        raise StateError("the history cannot be written: database or disk is full")

    monkeypatch.setattr(History, "add", full)
    person.stub.write_text(GOOD)
    done = person.types("submit", "a1")
    assert (done.code, "passed, 2 of 2" in done.out) == (0, True)
    assert "not noted: the history cannot be written: database or disk is full" in done.err
    done = person.types("scoreboard")
    assert (done.code, "1 of 1 katas passed" in done.out, "disk is full" in done.err) == (0, True, True)
    done = person.types("reveal", "a1")
    assert (done.code, "x + x" in done.out, "not noted" in done.err) == (0, True, True)
    for command in ("hint b1", "hint a1 --again"):
        assert "Traceback" not in person.types(*command.split()).err


@pytest.mark.skipif(sys.platform == "win32", reason="no limit on the size of files there")
def test_files_that_cannot_grow_any_more_are_a_sentence(person: Person) -> None:
    with person.history() as history:
        history.add("run", "a01_twice", 1.0, failed=["test_x"])
    before = person.happened()
    script = (
        "import resource, signal, sys\n"
        "sys.dont_write_bytecode = True\n"  # or Python caches a module cut short, which every later import trips over
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1024, 1024))\n"
        "sys.argv = ['kata', *sys.argv[1:]]\n"
        "from harness.cli.main import main\nmain()\n"
    )

    def limited(*arguments: str) -> Done:
        command = [sys.executable, "-c", script, *arguments]
        root = person.checkout.root
        done = subprocess.run(
            command, cwd=root, env=environment(), capture_output=True, text=True, timeout=120, check=False
        )
        return Done(done.returncode, done.stdout, done.stderr)

    for arguments in (("start", "a1"), ("hint", "a1")):
        done = limited(*arguments)
        assert done.code == 2, done.text
        assert "cannot be written" in done.err
        assert "Traceback" not in done.text
    assert person.happened() == before
    assert person.types("hint", "a1").code == 0


def test_two_commands_at_once_lose_nothing(person: Person) -> None:
    command = [sys.executable, "-m", "harness.cli.main", "hint", "a1"]
    root = person.checkout.root
    both = [
        subprocess.Popen(
            command, cwd=root, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        for _ in range(3)
    ]
    told = [process.communicate(timeout=120) for process in both]
    assert [process.returncode for process in both] == [0, 0, 0], told
    assert sorted(out.splitlines()[0] for out, _ in told) == ["Hint 1 of 3", "Hint 2 of 3", "Hint 3 of 3"]


@pytest.mark.skipif(sys.platform == "win32", reason="other rights there")
def test_a_history_that_is_a_folder_is_a_sentence(person: Person) -> None:
    (person.checkout.state / "history.sqlite3").mkdir(parents=True)
    person.has_run()
    done = person.types("scoreboard")
    assert (done.code, "cannot be opened" in done.err) == (0, True)
    done = person.types("start", "a1")
    assert (done.code, "Traceback" in done.err) == (2, False)
    assert Path(person.checkout.state / "history.sqlite3").is_dir()


# --- other ways ------------------------------------------------------------------------------------------------------

OTHER = '"""By adding it to itself."""\n\n\ndef double(x):\n    return x + x\n'


def write_other_way(person: Person) -> None:
    folder = person.checkout.root / "solutions/a01_twice/also_right"
    folder.mkdir(parents=True)
    (folder / "sum_of_two.py").write_text(OTHER)


def test_after_a_pass_other_ways_are_listed_shown_and_compared(person: Person) -> None:
    write_other_way(person)
    person.stub.write_text(GOOD)
    person.types("submit", "a1")
    assert "- `sum_of_two`: By adding it to itself." in person.types("reveal", "a1").out
    assert person.types("reveal", "a1", "--way", "sum_of_two").out == OTHER
    lines = person.types("diff", "a1", "--way", "sum_of_two").out.splitlines()
    assert lines[-2:] == ["-    return 2 * x", "+    return x + x"]
    unknown = person.types("reveal", "a1", "--way", "loop")
    assert unknown.code == 2
    assert "there are: sum_of_two" in unknown.err


def test_before_a_pass_other_ways_are_not_shown(person: Person) -> None:
    write_other_way(person)
    person.stub.write_text(WRONG)
    assert "sum_of_two" not in person.types("reveal", "a1", "--yes").out
    assert person.types("reveal", "a1", "--yes", "--way", "sum_of_two").code == 2


def test_docstrings_are_no_part_of_the_comparison_unless_asked_for(person: Person) -> None:
    person.stub.write_text(f'"""Mine."""\n\n# a comment\n\n\n{GOOD}')
    person.types("submit", "a1")
    assert "Mine" not in person.types("diff", "a1").out
    assert "# a comment" in person.types("diff", "a1").out
    assert '-"""Mine."""' in person.types("diff", "a1", "--docstrings").out


def test_a_function_of_nothing_but_its_docstring_keeps_it() -> None:
    source = 'class Error(Exception):\n    """Wrong."""\n'
    assert without_docstrings(source) == source
    assert without_docstrings("not python (") == "not python ("
