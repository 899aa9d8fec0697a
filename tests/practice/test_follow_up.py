"""A follow-up in the course of practice: run once the kata passes, a star when it passes too, and never in the way."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from harness.catalog.load import load_kata
from harness.core.model import Suite
from harness.grading.blobs import pack
from harness.history.store import History
from harness.practice.follow_up import invitation, record_follow_up, run_follow_up
from harness.runner.job import Job, digest
from harness.scoreboard.tally import follow_up_note

from boards import make_kata, make_report
from checkout import FOLLOW_UP, GOOD, GOOD_FOLLOW_UP, Checkout

SLUG = "a01_more"
MORE = "\n@pytest.mark.edge\ndef test_more():\n    check.equal(kata.double(1), 2, asked='double(1)')\n"


def row_of(checkout: Checkout, *arguments: str) -> dict[str, Any]:
    done = checkout.kata("scoreboard", "--format", "json", *arguments)
    assert done.code == 0, done.text
    row: dict[str, Any] = json.loads(done.out)["rows"][0]
    return row


def stands(row: dict[str, Any]) -> tuple[str, list[int] | None, bool]:
    tests = row["follow_up"]
    return row["status"], tests and [tests["passed"], tests["total"]], row["star"]


def test_a_learner_passes_sees_the_follow_up_and_earns_the_star(checkout: Checkout) -> None:
    folder = checkout.add(SLUG)
    suite = checkout.add_follow_up(SLUG)
    own, followed = (checkout.state / "reports" / f"{SLUG}{kind}.json" for kind in ("", ".follow_up"))

    assert stands(row_of(checkout)) == ("not started", None, False)
    (folder / "more.py").write_text("def double(x):\n    return x\n")
    assert stands(row_of(checkout)) == ("in progress", None, False)
    assert not followed.exists()

    (folder / "more.py").write_text(GOOD)
    row = row_of(checkout, "--require", "A")
    assert stands(row) == ("passed", [1, 2], False)
    assert row["note"].startswith("follow-up 1/2: test_two_doubled_twice_is_eight: TypeError")
    made = own.read_bytes()

    suite.write_text(suite.read_text() + MORE)
    assert stands(row_of(checkout)) == ("passed", [2, 3], False)
    assert own.read_bytes() == made, "the kata's own suite was run again, and nothing of it has changed"

    (folder / "more.py").write_text(GOOD_FOLLOW_UP)
    assert stands(row_of(checkout)) == ("passed", [3, 3], True)
    made = followed.read_bytes()
    assert stands(row_of(checkout)) == ("passed", [3, 3], True)
    assert followed.read_bytes() == made

    (folder / "more.py").write_text(GOOD_FOLLOW_UP + "    assert False\n" + "def double(x, times=1):\n    return x\n")
    assert stands(row_of(checkout)) == ("in progress", None, False), "an old star does not shine on code that fails"

    history = History(checkout.state)
    noted = [
        (entry.data["passed"], entry.data["total"], entry.data["status"]) for entry in history.entries("follow_up")
    ]
    history.close()
    assert noted == [(1, 2, "in progress"), (2, 3, "in progress"), (3, 3, "passed")]


def test_a_report_of_a_follow_up_is_never_taken_for_one_of_the_kata(checkout: Checkout) -> None:
    checkout.add(SLUG, GOOD_FOLLOW_UP)
    checkout.add_follow_up(SLUG)
    for name, file in (("own", "test_more.py"), ("more", "test_follow_up.py")):
        done = checkout.pytest(f"katas/{SLUG}/{file}", "--json-report", f"--json-report-file={name}.json")
        assert done.code == 0, done.text
    rows = {
        names: json.loads(checkout.kata("tally", "-f", "json", *names).out)["rows"][0]
        for names in (("more.json",), ("own.json",), ("more.json", "own.json"))
    }
    assert [stands(row) for row in rows.values()] == [
        ("not started", None, False),
        ("passed", None, False),
        ("passed", [2, 2], True),
    ]


def test_a_suite_and_a_follow_up_depend_on_nothing_of_each_other(checkout: Checkout) -> None:
    folder = checkout.add(SLUG, GOOD)
    suite = checkout.add_follow_up(SLUG)
    kata = load_kata(folder)
    assert kata.suite_file(Suite.FOLLOW_UP) == suite
    own, followed = Job(kata), Job(kata, suite=Suite.FOLLOW_UP)
    before = digest(own, GOOD.encode()), digest(followed, GOOD.encode()), pack(kata)[0]
    suite.write_text(FOLLOW_UP + MORE)
    assert digest(own, GOOD.encode()) == before[0]
    assert digest(followed, GOOD.encode()) != before[1]
    assert pack(kata)[0] == before[2], "what is sent away to be graded has no follow-up in it"
    between = digest(followed, GOOD.encode())
    kata.suite_file().write_text(kata.suite_file().read_text() + MORE)
    assert digest(own, GOOD.encode()) != before[0]
    assert digest(followed, GOOD.encode()) == between


def test_no_kata_is_called_like_a_follow_up(checkout: Checkout) -> None:
    checkout.add("a01_follow_up", GOOD)
    done = checkout.kata("scoreboard")
    assert done.code == 1
    assert "a01_follow_up cannot be called that: test_follow_up.py is the suite" in " ".join(done.out.split())


def test_a_report_from_the_cache_is_no_news_to_the_history(tmp_path: Path) -> None:
    history = History(tmp_path)
    kata = make_kata("a01_mse")
    report = make_report("a01_mse", "PPF", created=10.0, suite=Suite.FOLLOW_UP)
    assert record_follow_up(history, kata, report, 11.0)
    assert not record_follow_up(history, kata, report, 12.0)
    assert not record_follow_up(history, kata, replace(report, created=20.0, suite=Suite.OWN), 21.0)
    assert not record_follow_up(history, kata, replace(report, created=20.0, started=False), 21.0)
    assert record_follow_up(history, kata, replace(report, created=20.0), 21.0)
    (first, second) = history.entries("follow_up", slug="a01_mse")
    history.close()
    assert (first.at, second.at) == (11.0, 21.0)
    assert first.data == {"passed": 2, "total": 3, "status": "in progress"}


def test_whoever_sees_a_pass_can_go_on_with_the_follow_up(checkout: Checkout) -> None:
    folder = checkout.add(SLUG, GOOD)
    checkout.state.mkdir()
    history = History(checkout.state)
    kata = load_kata(folder)
    assert (invitation(kata), run_follow_up(kata, history, state=checkout.state, now=1.0)) == ("", None)

    checkout.add_follow_up(SLUG)
    kata = load_kata(folder)
    assert "follow_up.md" in invitation(kata)
    first, again = (run_follow_up(kata, history, state=checkout.state, now=now) for now in (1.0, 2.0))
    assert first is not None
    assert first == again
    assert follow_up_note(first).startswith("follow-up 1/2: test_two_doubled_twice_is_eight")
    assert len(history.entries("follow_up")) == 1
    history.close()
    assert row_of(checkout)["follow_up"] == {"passed": 1, "total": 2}
