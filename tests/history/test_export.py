"""An export holds all of a history and nothing else, is safe to open, and overwrites no file."""

from __future__ import annotations

import csv
import io
import json
import math
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from harness.cli.main import app
from harness.core.errors import KataError
from harness.history.export import export_csv, export_json
from harness.history.store import ClockPass, Entry, History, Interval
from harness.stats.history_text import LONGEST, as_document, as_lines, last_things

from checkout import Checkout
from histories import NOW, Diary

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
TEXTS = st.text(max_size=12) | st.sampled_from(
    ["=1+1", "@SUM(A1)", " =1", "-2", '"', "a\nb", "\x00", "\ud800", "test_x"]
)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
NAMES = st.sampled_from(["status", "failed", "passed", "due", "kept", "first", "card"]) | TEXTS
TIMES = st.floats(allow_nan=False, allow_infinity=False)
ENTRIES = st.lists(
    st.builds(Entry, st.integers(1, 10**6), TIMES, TEXTS, TEXTS, st.dictionaries(NAMES, VALUES, max_size=5)), max_size=6
)
INTERVALS = st.lists(
    st.builds(Interval, st.integers(1, 99), TEXTS, TIMES, st.none() | TIMES, st.none() | st.integers(0, 9)), max_size=3
)
PASSES = st.lists(st.builds(ClockPass, st.integers(1, 99), TEXTS, TIMES, TIMES), max_size=3)


def as_json(value: Any) -> Any:
    """`value` as JSON can hold it."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {name: as_json(part) for name, part in value.items()}
    return [as_json(part) for part in value] if isinstance(value, list) else value


@given(ENTRIES, INTERVALS, PASSES)
def test_the_document_holds_everything_as_it_was(
    entries: list[Entry], intervals: list[Interval], passes: list[ClockPass]
) -> None:
    text = export_json(entries, intervals, passes)
    assert text.isascii()
    found = json.loads(text)
    assert (found["format"], found["kind"]) == (1, "kata-history")
    assert found["entries"] == [
        {"id": entry.id, "at": entry.at, "kata": entry.slug, "kind": entry.kind, "data": as_json(entry.data)}
        for entry in entries
    ]
    assert [(part["id"], part["kata"], part["begun"], part["ended"]) for part in found["clock"]] == [
        (part.id, part.slug, part.begun, part.ended) for part in intervals
    ]
    assert [(part["closed"], part["pass"]) for part in found["clock"]] == [
        (part.pass_id is not None, part.pass_id or None) for part in intervals
    ]
    assert found["passes"] == [
        {"id": part.id, "kata": part.slug, "at": part.at, "spent_s": part.spent_s} for part in passes
    ]


@given(ENTRIES, INTERVALS, PASSES)
def test_the_table_has_a_row_for_each_and_no_cell_is_a_formula(
    entries: list[Entry], intervals: list[Interval], passes: list[ClockPass]
) -> None:
    text = export_csv(entries, intervals, passes)
    rows = list(csv.reader(io.StringIO(text, newline="")))
    assert {len(row) for row in rows} == {len(rows[0])}
    counts = [sum(row[0] == record for row in rows) for record in ("entry", "clock", "pass")]
    assert counts == [len(entries), len(intervals), len(passes)]
    quoted = csv.reader(io.StringIO(text, newline=""), quoting=csv.QUOTE_NONNUMERIC)
    for row in quoted:
        for cell in row:
            assert not isinstance(cell, str) or not cell.strip().startswith(FORMULAS)
    text.encode("utf-8")


@given(ENTRIES)
def test_nothing_that_an_entry_says_is_missing_in_the_table(entries: list[Entry]) -> None:
    table = list(csv.DictReader(io.StringIO(export_csv(entries, [], []), newline="")))
    for entry, row in zip(entries, table, strict=True):
        rest = json.loads(row["data"].removeprefix("'") or "{}")
        for name, value in entry.data.items():
            if value is not None:
                assert name in rest or row.get(name) not in (None, "") or value in ("", [])


def test_a_run_reads_well_in_the_table() -> None:
    diary = Diary()
    failed = [f"test_number_{i}_of_the_many_that_fail_for_the_same_reason" for i in range(50)]
    diary.add(
        "run", "a01_one", NOW, trigger="watch", status="failing", passed=0, total=50, failed=failed, duration_s=0.25
    )
    diary.add("card", "a01_one", NOW, rating=3, card={"card_id": 1}, due=NOW + 0.5)
    run, card = csv.DictReader(io.StringIO(export_csv(diary.entries, [], []), newline=""))
    assert (run["time"], run["passed"], run["total"], run["duration_s"]) == ("2025-12-31 17:00:00", "0", "50", "0.25")
    assert run["failed"].split() == failed
    assert json.loads(card["data"]) == {"card": {"card_id": 1}}
    assert card["due"] == str(NOW + 0.5)
    odd = Entry(3, NOW, "a01_one", "run", {"failed": ["test of two words", "test_b"]})
    (row,) = csv.DictReader(io.StringIO(export_csv([odd], [], []), newline=""))
    assert row["failed"] == ""
    assert json.loads(row["data"]) == {"failed": ["test of two words", "test_b"]}


def test_what_is_nested_deeper_than_anybody_meant_is_cut_off() -> None:
    data: dict[str, Any] = {}
    for _ in range(900):
        data = {"more": data}
    entry = Entry(1, NOW, "a01_one", "run", data)
    assert "nested too deeply" in export_json([entry], [], [])
    assert "nested too deeply" in export_csv([entry], [], [])


# --- the last things that happened ---


@given(ENTRIES, INTERVALS, PASSES, st.integers(1, 5))
def test_any_history_reads_as_lines(
    entries: list[Entry], intervals: list[Interval], passes: list[ClockPass], most: int
) -> None:
    things = last_things(entries, intervals, passes, most=most, zone=UTC)
    assert len(things) == min(most, len(last_things(entries, intervals, passes, most=10**6)))
    lines = as_lines(things, zone=UTC)
    assert all(line.isprintable() and len(line) <= LONGEST for line in lines)
    document = json.loads(as_document(things), parse_constant=pytest.fail)
    assert [(told["at"], told["kata"]) for told in document["things"]] == [thing[:2] for thing in things]
    assert all(told["text"].isprintable() for told in document["things"])


def test_the_last_lines_say_what_happened() -> None:
    diary = Diary()
    diary.intervals = [Interval(1, "a01_one", NOW - 600, NOW - 300, None), Interval(2, "a01_one", NOW - 100, NOW, 1)]
    diary.clock_passes = [ClockPass(1, "a01_one", NOW, 400.0)]
    diary.add(
        "run", "a01_one", NOW - 500, trigger="watch", status="failing", passed=0, total=3, failed=["test_a", "test_b"]
    )
    diary.add("run", "a01_one", NOW - 450, trigger="watch", status="broken", passed=0, total=0, failed=[])
    diary.add("hint", "a01_one", NOW - 400, number=2)
    diary.add("reveal", "a01_one", NOW - 90, given_up=True)
    diary.add("pass", "a01_one", NOW, spent_s=400.0, runs=3, hints=1, given_up=True, review=False)
    diary.add("card", "a01_one", NOW, rating=1, due=NOW + 86_400)
    diary.add("follow_up", "a01_one", NOW + 60, passed=1, total=2, status="in progress")
    diary.add("interview", "", NOW + 120, solved=1, tasks=[{}, {}])
    diary.add("from_tomorrow", "a01_one", NOW + 180)
    things = last_things(diary.entries, diary.intervals, diary.clock_passes, most=20, zone=UTC)
    lines = as_lines(things, zone=UTC)
    assert [line[18:].replace("a01_one", "").strip() for line in lines] == [
        "the clock was started",
        "run: 0 of 3 tests pass, not test_a and 1 more (watch)",
        "run: broken (watch)",
        "hint 2 was taken",
        "the clock was stopped, 5:00 after its start",
        "the clock was started",
        "the reference was revealed: given up",
        "passed in 6:40 after 3 runs with 1 hint, the reference had been seen",
        "the review was planned for 2026-01-01",
        "follow-up: 1 of 2 tests pass",
        "mock interview, 1 of 2 katas solved",
        "from_tomorrow",
    ]
    assert lines[-1].startswith("2025-12-31 17:03  a01_one  ")
    last = last_things(diary.entries, diary.intervals, diary.clock_passes, most=2, zone=UTC)
    assert as_lines(last, zone=UTC) == lines[-2:]
    assert json.loads(as_document(last)) == {
        "format": 1,
        "kind": "kata-history-last",
        "things": [
            {"at": NOW + 120, "kata": "", "text": "mock interview, 1 of 2 katas solved"},
            {"at": NOW + 180, "kata": "a01_one", "text": "from_tomorrow"},
        ],
    }


# --- the command ---


@pytest.fixture
def inside(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> Checkout:
    """A checkout with a history, and we are in it."""
    checkout.add("a01_one")
    checkout.state.mkdir()
    history = History(checkout.state)
    history.start("a01_one", NOW - 60)
    history.add("run", "a01_one", NOW, trigger="watch", status="passed", passed=2, total=2, failed=[], duration_s=0.1)
    history.record_pass("a01_one", NOW)
    history.add("pass", "a01_one", NOW, spent_s=60.0, runs=1)
    history.close()
    monkeypatch.chdir(checkout.root)
    return checkout


def kata(*arguments: str) -> str:
    done = CliRunner().invoke(app, arguments, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return done.stdout


@pytest.mark.usefixtures("inside")
def test_the_command_writes_to_stdout_the_same_every_time() -> None:
    found = json.loads(kata("history", "export"))
    assert [entry["kind"] for entry in found["entries"]] == ["run", "pass"]
    assert found["clock"] == [{"id": 1, "kata": "a01_one", "begun": NOW - 60, "ended": NOW, "pass": 1, "closed": True}]
    assert kata("history", "export") == kata("history", "export", "--format", "json")
    assert kata("history", "export", "--format", "csv").startswith('"record","id","kata"')
    assert len(kata("history", "-n", "2").splitlines()) == 2
    assert len(json.loads(kata("history", "-n", "2", "--json"))["things"]) == 2


def test_a_file_gets_the_form_that_its_name_ends_in(inside: Checkout) -> None:
    assert kata("history", "export", "-o", "mine.csv") == "mine.csv\n"
    assert (inside.root / "mine.csv").read_bytes().startswith(b'"record"')
    kata("history", "export", "-o", "mine.json")
    kata("history", "export", "-o", "mine.json")  # an earlier export may be written anew
    assert json.loads((inside.root / "mine.json").read_text())["format"] == 1


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("-o", "notes.md"), "will not be overwritten"),
        (("-f", "csv", "-o", "old.json"), "will not be overwritten"),
        (("-o", "katas"), "is a folder"),
        (("-f", "csv", "-o", ".kata/history.sqlite3"), "will not be overwritten"),
    ],
)
def test_a_file_that_is_no_earlier_export_stays(inside: Checkout, arguments: tuple[str, ...], sentence: str) -> None:
    for name in ("notes.md", "old.json"):
        (inside.root / name).write_text("mine")
    before = {path: path.read_bytes() for path in inside.root.rglob("*") if path.is_file()}
    with pytest.raises(KataError, match=sentence):
        CliRunner().invoke(app, ("history", "export", *arguments), catch_exceptions=False)
    assert {path: path.read_bytes() for path in inside.root.rglob("*") if path.is_file()} == before


def test_an_unknown_format_and_a_folder_that_cannot_be_written_are_sentences(inside: Checkout, tmp_path: Path) -> None:
    done = inside.kata("history", "export", "--format", "xml")
    assert done.code == 2
    assert "'xml' is not one of 'json', 'csv'" in done.err
    (tmp_path / "file").write_text("")
    done = inside.kata("history", "export", "-o", str(tmp_path / "file" / "below.json"))
    assert done.code == 2
    assert done.err.startswith("kata: cannot write ")


def test_an_empty_history_is_exported_as_such(checkout: Checkout, monkeypatch: pytest.MonkeyPatch) -> None:
    checkout.add("a01_one")
    monkeypatch.chdir(checkout.root)
    assert json.loads(kata("history", "export"))["entries"] == []
    assert len(kata("history", "export", "-f", "csv").splitlines()) == 1
