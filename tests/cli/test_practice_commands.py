"""What a person types and reads: lists, statements, clock, hints, what is next, help and completion."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from pathlib import Path

import pytest

from harness.cli.main import app

from checkout import environment
from people import Person

DAY = 86400.0


# --- list and show ---------------------------------------------------------------------------------------------------


def test_the_list_says_how_katas_stand_without_running_anything(person: Person) -> None:
    person.add("b01_thrice")
    assert person.types("list").out.split("\n")[0].split() == [
        *("a01_twice", "10", "min", "not", "started", "The", "kata", "twice")
    ]
    person.stub.write_text("x = 1\n")
    assert "changed" in person.types("list", "a1").out
    person.has_run(outcomes="PF")
    assert "in progress" in person.types("list", "a1").out
    person.has_run(outcomes="PP")
    assert "passed" in person.types("list", "a1").out
    assert not (person.checkout.state / "run.lock").exists()


def test_the_list_is_narrowed_by_set_topic_and_status(person: Person) -> None:
    person.add("b01_thrice")
    person.has_run(outcomes="PF")
    assert "b01" not in person.types("list", "--set", "a").out
    assert "a01" not in person.types("list", "--status", "not-started").out
    assert "a01" not in person.types("list", "--status", "not started").out
    assert "b01" not in person.types("list", "--status", "in-progress").out
    assert len(person.types("list", "--topic", "TEST").out.splitlines()) == 2
    done = person.types("list", "--status", "passed")
    assert (done.code, done.out, done.err) == (0, "", "none\n")
    done = person.types("list", "--topic", "tests")
    assert (done.code, "did you mean test?" in done.err) == (2, True)
    assert "topics are test" in person.types("list", "--topic", "zzz").err


def test_the_list_for_scripts(person: Person) -> None:
    (row,) = json.loads(person.types("list", "--json").out)
    assert row["slug"] == "a01_twice"
    assert (row["set"], row["status"], row["due"], row["next_review"]) == ("A", "not started", False, None)
    assert row["stub"] == "katas/a01_twice/twice.py"
    assert person.types("list", "--folders").out.splitlines() == ["katas/a01_twice", "solutions/a01_twice"]


def test_a_pass_fades_to_due_in_the_list(person: Person) -> None:
    person.has_run()
    with person.history() as history:
        history.add("card", "a01_twice", 1_000.0, rating=3, card={}, due=2_000.0)
    assert "passed, due" in person.types("list").out
    assert "a01_twice" in person.types("list", "--status", "due").out
    assert "a01_twice" in person.types("list", "--status", "passed").out


def test_an_unknown_kata_is_answered_with_the_nearest(person: Person) -> None:
    for command in ("show", "start", "hint", "reset", "restore", "submit", "reveal", "diff", "mistake"):
        done = person.types(command, "twise")
        assert done.code == 2, command
        assert "no kata is called 'twise'" in done.err, command
        assert "did you mean twice" in done.err, command
        assert "Traceback" not in done.err, command
    assert "did you mean" in person.types("list", "a1x").err


def test_the_statement_comes_as_it_is_over_a_pipe(person: Person) -> None:
    assert person.types("show", "twice").out == "# a01_twice\n\nDouble *it*, with `double`.\n"
    assert json.loads(person.types("show", "twice", "--json").out)["statement"].startswith("# a01_twice")
    (person.folder / "README.md").unlink()
    assert "has no README.md" in person.types("show", "twice").err


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
def test_the_statement_is_rendered_on_a_terminal(person: Person) -> None:
    import pty

    ours, theirs = pty.openpty()
    env = {**environment(), "COLUMNS": "80", "TERM": "xterm-256color", "NO_COLOR": ""}
    command = [sys.executable, "-m", "harness.cli.main", "show", "twice"]
    process = subprocess.Popen(command, cwd=person.checkout.root, env=env, stdout=theirs, stderr=theirs)
    os.close(theirs)
    told = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and (process.poll() is None or select.select([ours], [], [], 0.2)[0]):
        if select.select([ours], [], [], 0.2)[0]:
            try:
                read = os.read(ours, 65536)
            except OSError:
                break
            if not read:
                break
            told += read
    assert process.wait(timeout=60) == 0
    os.close(ours)
    text = told.decode()
    assert "\x1b[" in text
    assert "a01_twice" in text
    assert "# a01" not in text
    assert "`double`" not in text


def test_without_a_name_it_is_the_kata_at_hand(person: Person) -> None:
    done = person.types("show")
    assert (done.code, "None is begun" in done.err) == (2, True)
    other = person.add("b01_thrice")
    person.stub.write_text("x = 1\n")
    assert "a01_twice" in person.types("show").out
    (other / "thrice.py").write_text("x = 1\n")
    os.utime(person.stub, (1_000, 1_000))
    assert "b01_thrice" in person.types("show").out
    person.types("start", "a1")
    assert "a01_twice" in person.types("show").out


# --- the clock -------------------------------------------------------------------------------------------------------


def test_the_clock_is_started_once_and_says_how_far_it_is(person: Person) -> None:
    assert person.types("start", "a1").out == "a01_twice: 10 min on the clock. Good luck.\n"
    done = person.types("start", "a1")
    assert done.code == 2
    assert "the clock of a01_twice is running already: 0:0" in done.err
    assert "`kata stop`" in done.err
    person.add("b01_thrice")
    assert "the clock of a01_twice is running already" in person.types("start", "b1").err
    assert json.loads(person.types("stop", "--json").out)["slug"] == "a01_twice"
    done = person.types("stop")
    assert (done.code, "no clock is running" in done.err) == (2, True)


def test_a_started_clock_goes_on_where_it_was(person: Person) -> None:
    with person.history() as history:
        history.start("a01_twice", 1_000.0)
        history.stop(1_090.0)
    assert person.types("start", "a1").out == "a01_twice: 10 min on the clock, 1:30 of them spent before. Good luck.\n"


def test_system_time_that_jumps_back_never_makes_less(person: Person) -> None:
    with person.history() as history:
        history.start("a01_twice", 1_000.0)
        history.stop(1_090.0)
        history.start("a01_twice", time.time() + 10 * DAY)
    assert "1:30" in person.types("start", "a1").err
    assert person.types("stop").out == "a01_twice: stopped at 1:30 of 10 min\n"


def test_a_passed_kata_has_nothing_to_time_until_its_stub_is_back(person: Person) -> None:
    person.types("list")
    person.has_run()
    person.types("scoreboard")
    done = person.types("start", "a1")
    assert done.code == 2
    assert "a01_twice is passed" in done.err
    assert "`kata reset a01` puts the empty stub back" in done.err
    person.types("reset", "a1")
    assert person.types("start", "a1").code == 0


def test_a_stub_that_was_emptied_by_hand_is_another_attempt(person: Person) -> None:
    empty = person.stub.read_text()
    person.has_run()
    person.types("scoreboard")
    person.stub.write_text(empty)
    assert person.types("start", "a1").code == 0
    assert person.happened("reset") == [("reset", {"kept": ""})]


# --- hints -----------------------------------------------------------------------------------------------------------


def test_hints_come_one_by_one_and_are_remembered(person: Person) -> None:
    assert "No hint of a01_twice is taken yet" in person.types("hint", "a1", "--again").out
    assert person.types("hint", "a1").out == "Hint 1 of 3\n\nLook.\n"
    assert person.types("hint", "a1").out == "Hint 2 of 3\n\nLook\nagain.\n"
    assert person.types("hint", "a1", "--again").out == "Hint 1 of 3\n\nLook.\nHint 2 of 3\n\nLook\nagain.\n"
    assert json.loads(person.types("hint", "a1", "--json").out) == {
        "slug": "a01_twice",
        "number": 3,
        "of": 3,
        "text": "Add `x` to itself.",
    }
    assert person.types("hint", "a1").out.startswith("Hint 3 of 3: there are no more\n")
    assert person.happened("hint") == [("hint", {"number": i}) for i in (1, 2, 3)]


def test_a_finished_kata_and_one_without_hints_have_none(person: Person) -> None:
    person.has_run()
    done = person.types("hint", "a1")
    assert (done.code, "a01_twice is passed: there is nothing left to hint at" in done.err) == (2, True)
    assert person.happened("hint") == []
    person.has_run(outcomes="PF")
    assert person.types("hint", "a1").code == 0
    (person.folder / "hints.md").unlink()
    assert "a01_twice has no hints" in person.types("hint", "a1").err


# --- what is next ----------------------------------------------------------------------------------------------------


def test_next_says_what_why_and_how(person: Person) -> None:
    person.add("b01_thrice")
    told = person.types("next").out.splitlines()
    assert told[:2] == ["a01_twice: The kata twice, 10 min", "Because it is the first of the new ones."]
    assert "kata start a01" in told[2]
    person.has_run(outcomes="PF")
    told = person.types("next").out.splitlines()
    assert told[1] == "Because it is begun: 1 of 2 tests pass."
    assert told[2] == "Go on in katas/a01_twice/twice.py; `kata submit a01` runs it."
    person.has_run()
    document = json.loads(person.types("next", "--json").out)
    assert document["kata"] == "b01_thrice"
    assert document["due"] == {}


def test_next_begins_what_it_names(person: Person) -> None:
    assert "on the clock" in person.types("next", "--begin").out
    with person.history() as history:
        assert history.running() is not None


def test_next_says_when_all_is_done_until_when(person: Person) -> None:
    person.has_run()
    assert person.types("next").out == "Every kata is passed, and none is due.\n"
    with person.history() as history:
        history.add("card", "a01_twice", 1_000.0, rating=3, card={}, due=time.time() + 5 * DAY)
    assert "the next review, a01_twice, comes on" in person.types("next").out
    assert json.loads(person.types("next", "--json").out)["kata"] is None


# --- help and completion ---------------------------------------------------------------------------------------------


def all_commands() -> list[str]:
    import click

    return app.list_commands(click.Context(app))


def test_help_has_every_command_once_in_a_section(person: Person) -> None:
    told = person.types("--help").out
    listed = [line.split()[0] for line in told.splitlines() if line.startswith("  ") and line[2:3].isalpha()]
    for name in all_commands():
        assert listed.count(name) == 1, name
    assert "\nOthers:" not in told
    assert "\\b" not in told
    assert "Exit codes: 0 done" in told
    assert max(map(len, told.splitlines())) <= 80


@pytest.mark.parametrize(
    "name",
    [
        *("scoreboard", "list", "tally", "audit", "new", "stamp", "completion", "show", "next", "start", "stop"),
        *("hint", "reset", "restore", "review", "submit", "reveal", "diff", "mutate", "quiz"),
    ],
)
def test_each_command_explains_itself_with_an_example(person: Person, name: str) -> None:
    told = person.types("help", name).out
    assert told == person.types(name, "--help").out
    assert f"  kata {name}" in told or f"$(kata {name}" in told
    assert "\\b" not in told


def test_a_command_that_is_mistyped_is_answered_with_the_nearest(person: Person) -> None:
    assert "Did you mean hint?" in person.types("hnt").err
    assert "To work on it: kata watch a1" in person.types("a1").err
    assert "`kata --help` lists" in person.types("xyzzy").err


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_asks_kata_itself(person: Person, shell: str) -> None:
    done = person.types("completion", shell)
    assert done.code == 0
    assert "_KATA_COMPLETE" in done.out
    assert person.types("completion", "tcsh").code == 2


def completed(root: Path, *words: str) -> list[str]:
    """What bash would offer after these words."""
    env = {**environment(), "_KATA_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(("kata", *words))}
    env["COMP_CWORD"] = str(len(words))
    command = [sys.executable, "-m", "harness.cli.main"]
    done = subprocess.run(command, cwd=root, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert not done.stderr
    return [line.partition(",")[2] for line in done.stdout.splitlines() if "," in line]


def test_a_shell_completes_commands_katas_and_choices(person: Person, tmp_path: Path) -> None:
    person.add("b01_thrice")
    assert {"reset", "reveal", "release"} <= set(completed(person.checkout.root, "re"))
    assert completed(person.checkout.root, "hint", "a") == ["a01_twice"]
    assert completed(person.checkout.root, "scoreboard", "thr") == ["thrice"]
    assert completed(tmp_path, "hint", "a") == []
    assert completed(person.checkout.root, "quiz", "--topic", "te") == ["test"]
    assert completed(person.checkout.root, "list", "--topic", "x") == []
    assert completed(tmp_path, "quiz", "--topic", "te") == []


@pytest.mark.parametrize("name", ["show", "start", "hint", "reset", "restore", "submit", "reveal", "diff", "review"])
def test_every_command_with_a_kata_completes_it(name: str) -> None:
    import click

    command = app.get_command(click.Context(app), name)
    assert command is not None
    (argument,) = [param for param in command.params if param.name == "kata_id"]
    assert argument.type.name == "kata"


def test_outside_of_a_checkout_every_command_says_so(
    person: Person, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    for command in ("list", "next", "stop", "show a1", "submit a1", "reset a1"):
        done = person.types(*command.split())
        assert (done.code, "no katas/ folder" in done.err) == (2, True), command
