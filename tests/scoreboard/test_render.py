"""The same scoreboard in every form: whole, escaped, readable without colour, and on a phone."""

from __future__ import annotations

import json
import re
import shutil
import struct
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness.core.model import Catalog, Status, Suite
from harness.scoreboard.model import Scoreboard
from harness.scoreboard.render import Format, render
from harness.scoreboard.render.markdown import escape
from harness.scoreboard.render.words import bar
from harness.scoreboard.tally import tally

from boards import make_kata, make_report, mixed_board
from pages import Page


def board_titled(title: str) -> Scoreboard:
    return tally(Catalog((make_kata("a01_mse", title=title),)), [])


@pytest.mark.parametrize("form", list(Format))
def test_every_form_ends_with_one_newline(form: Format) -> None:
    text = render(mixed_board(), form)
    assert text.endswith("\n")
    assert not text.endswith("\n\n\n")


@pytest.mark.parametrize("form", [Format.TERMINAL, Format.MARKDOWN, Format.HTML, Format.JSON])
def test_every_form_shows_each_kata_each_status_the_fault_and_what_is_next(form: Format) -> None:
    text = render(mixed_board(), form, width=120)
    for row in mixed_board().rows:
        assert row.id in text
    for status in Status:
        assert status.value in text
    assert "kata.toml" in text
    assert "a02" in text.replace("\\", "")
    assert "40x as fast as the loop" in text


def test_an_empty_catalogue_can_be_shown_too() -> None:
    empty = tally(Catalog(()), [])
    for form in Format:
        assert render(empty, form)


# --- terminal ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [80, 100, 160])
def test_a_terminal_line_is_never_wider_than_the_terminal(width: int) -> None:
    for line in render(mixed_board(), Format.TERMINAL, width=width).splitlines():
        assert len(line) <= width


def test_without_colour_there_is_no_escape_and_the_words_are_the_same() -> None:
    plain = render(mixed_board(), Format.TERMINAL)
    coloured = render(mixed_board(), Format.TERMINAL, color=True)
    assert "\x1b" not in plain
    assert "\x1b[" in coloured
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured) == plain


def test_without_unicode_it_is_ascii() -> None:
    assert render(mixed_board(), Format.TERMINAL, unicode=False).isascii()


# --- old passes fade ---------------------------------------------------------------------------------------------------


def faded_board() -> Scoreboard:
    """One kata that passes and is due, one that is due and fails, and one that passes."""
    slugs = ("a01_mse", "a02_r2_score", "a03_softmax")
    reports = [make_report(slug, "PP" if slug != "a02_r2_score" else "PF") for slug in slugs]
    return tally(Catalog(tuple(map(make_kata, slugs))), reports, due={"a01_mse", "a02_r2_score"})


def test_only_what_passes_can_be_due_and_it_stays_passed() -> None:
    board = faded_board()
    assert [(row.status, row.due) for row in board.rows] == [
        (Status.PASSED, True),
        (Status.IN_PROGRESS, False),
        (Status.PASSED, False),
    ]
    assert (board.passed, board.due, board.sets[0].due) == (2, 1, 1)


def test_a_pass_that_is_due_is_faint_and_says_so_on_a_terminal() -> None:
    plain = render(faded_board(), Format.TERMINAL, width=80)
    assert "2 of 3 katas passed, 1 of them due" in plain
    assert plain.count("passed, due") == 1
    assert all(len(line) <= 80 for line in plain.splitlines())
    assert "\x1b[2;32mpassed, due" in render(faded_board(), Format.TERMINAL, color=True)
    assert "due" not in render(mixed_board(), Format.TERMINAL)


def test_a_pass_that_is_due_says_so_in_markdown() -> None:
    text = render(faded_board(), Format.MARKDOWN)
    assert text.count("🔁 passed, due |") == 1
    assert text.count("✅ passed |") == 1
    assert "due" not in render(mixed_board(), Format.MARKDOWN)


def test_a_pass_that_is_due_fades_on_the_page_and_in_its_ring() -> None:
    text = render(faded_board(), Format.HTML)
    assert '<td class="status passed due">passed, due</td>' in text
    assert '<td class="status passed">passed</td>' in text
    arcs = re.findall(r'<circle class="([^"]+)".*?stroke-dasharray="([\d.]+) .*?<title>([^<]+)</title>', text)
    assert [(css, label) for css, _, label in arcs] == [
        ("passed", "1 passed"),
        ("passed due", "1 passed, due"),
        ("in-progress", "1 in progress"),
    ]
    assert len({length for _, length, _ in arcs}) == 1
    assert "passed due" not in render(mixed_board(), Format.HTML)


def test_a_pass_that_is_due_is_in_the_json_and_on_the_badge() -> None:
    document = json.loads(render(faded_board(), Format.JSON))
    assert [row["due"] for row in document["rows"]] == [True, False, False]
    assert document["due"] == document["sets"][0]["due"] == 1
    assert json.loads(render(faded_board(), Format.BADGE))["message"] == "2/3 passed, 1 due"


@given(st.integers(0, 50), st.integers(1, 50), st.integers(2, 40))
def test_a_bar_is_full_only_at_the_end_and_empty_only_at_the_beginning(passed: int, total: int, width: int) -> None:
    passed = min(passed, total)
    drawn = bar(passed, total, width, unicode=False)
    assert len(drawn) == width
    assert (drawn == "#" * width) is (passed == total)
    assert (drawn == "." * width) is (passed == 0)


def test_a_star_stands_beside_passed_in_every_form() -> None:
    reports = [make_report("a01_mse", "PPPP"), make_report("a01_mse", "PP", suite=Suite.FOLLOW_UP)]
    board = tally(Catalog((make_kata("a01_mse"), make_kata("a02_r2_score"))), reports)
    assert "1 of 2 katas passed (1 with the follow-up), 4 of 4 tests pass" in render(board, Format.TERMINAL)
    assert "passed ★ " in render(board, Format.TERMINAL)
    assert "passed * " in render(board, Format.TERMINAL, unicode=False)
    assert "| ✅ passed ★ |" in render(board, Format.MARKDOWN)
    assert Page(render(board, Format.HTML)).words.count("★") == 1
    document = json.loads(render(board, Format.JSON))
    assert [(row["star"], row["follow_up"]) for row in document["rows"]] == [
        (True, {"passed": 2, "total": 2}),
        (False, None),
    ]
    assert (document["passed"], document["stars"]) == (1, 1)


def test_a_pass_that_fades_keeps_its_star_and_80_columns_are_enough() -> None:
    reports = [make_report("a01_mse", "PPPP"), make_report("a01_mse", "PP", suite=Suite.FOLLOW_UP)]
    board = tally(Catalog((make_kata("a01_mse", title="A title of some length" * 3),)), reports, due={"a01_mse"})
    text = render(board, Format.TERMINAL, width=80)
    assert "passed, due ★ " in text
    assert "15 min" in text
    assert max(map(len, text.splitlines())) <= 80
    assert Page(render(board, Format.HTML)).words.count("passed, due ★") == 1


# --- markdown, JSON, badge ---------------------------------------------------------------------------------------------


def test_markdown_tables_have_the_same_number_of_cells_in_each_row() -> None:
    tables = re.findall(r"(?:^\|.*\n)+", render(mixed_board(), Format.MARKDOWN), re.MULTILINE)
    assert len(tables) == 4
    for table in tables:
        assert len({len(re.findall(r"(?<!\\)\|", line)) for line in table.splitlines()}) == 1


@given(st.text())
def test_escaped_text_has_no_markup_of_its_own(text: str) -> None:
    escaped = escape(text)
    assert "\n" not in escaped
    assert not re.search(r"(?<!\\)(?:\\\\)*[`*_<>|\[\]]", escaped)


def test_json_is_versioned_and_complete() -> None:
    document = json.loads(render(mixed_board(), Format.JSON))
    assert document["format"] == 1
    assert (document["passed"], document["total"]) == (1, 7)
    assert document["rows"][0]["bands"]["speed"] == {"passed": 2, "total": 2}
    assert document["next_slug"] == "a02_r2_score"


def test_the_badge_is_what_shields_asks_for() -> None:
    badge = json.loads(render(mixed_board(), Format.BADGE))
    assert badge == {"schemaVersion": 1, "label": "katas", "message": "1/7 passed", "color": "lightgrey"}


def test_the_badge_turns_green_when_all_is_passed() -> None:
    board = tally(Catalog((make_kata("a01_mse"),)), [make_report("a01_mse", "PPPP")])
    assert json.loads(render(board, Format.BADGE))["color"] == "brightgreen"


# --- HTML --------------------------------------------------------------------------------------------------------------


def test_the_page_is_self_contained_and_has_no_script() -> None:
    text = render(mixed_board(), Format.HTML)
    page = Page(text)
    assert "script" not in page.tags
    assert all(address.startswith("#") for address in page.addresses)
    assert "http" not in text
    assert "url(" not in text
    assert "@import" not in text


def test_the_page_has_a_picture_for_each_set_and_knows_the_dark() -> None:
    text = render(mixed_board(), Format.HTML)
    assert text.count("<svg") == 4
    assert "prefers-color-scheme: dark" in text
    assert 'aria-label="Set A: 1 of 3 passed"' in text


@given(st.text(alphabet="<>&\"'{}%abc/ ", min_size=1, max_size=30))
def test_what_people_write_never_becomes_markup(title: str) -> None:
    plain = Page(render(board_titled("x"), Format.HTML))
    hostile = Page(render(board_titled(title), Format.HTML))
    assert hostile.tags == plain.tags
    assert title.strip() in hostile.words


BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome", "chrome"))), None)


def screenshot(page: Path, size: tuple[int, int], *extra: str) -> bytes:
    """The page as a PNG, drawn by a headless browser."""
    picture = page.with_suffix(".png")
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--no-first-run"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync", *extra]
    command += [f"--user-data-dir={page.parent / 'profile'}", f"--window-size={size[0]},{size[1]}"]
    subprocess.run([*command, f"--screenshot={picture}", page.as_uri()], capture_output=True, check=True, timeout=120)
    return picture.read_bytes()


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is installed")
def test_a_browser_draws_the_page_wide_narrow_and_dark(tmp_path: Path) -> None:
    page = tmp_path / "scoreboard.html"
    page.write_text(render(mixed_board(), Format.HTML), encoding="utf-8")
    pictures = {
        "wide": screenshot(page, (1200, 1500)),
        "phone": screenshot(page, (500, 2600)),
        "dark": screenshot(page, (1200, 1500), "--force-dark-mode", "--blink-settings=preferredColorScheme=0"),
    }
    assert struct.unpack(">II", pictures["phone"][16:24]) == (500, 2600)
    assert all(len(picture) > 10_000 for picture in pictures.values())
    assert pictures["dark"] != pictures["wide"]


@pytest.mark.skipif(BROWSER is None, reason="no Chromium or Chrome is installed")
def test_nothing_sticks_out_of_a_phone(tmp_path: Path) -> None:
    page = tmp_path / "scoreboard.html"
    probe = "<script>document.title = document.documentElement.scrollWidth + ' of ' + window.innerWidth</script>"
    page.write_text(render(mixed_board(), Format.HTML).replace("</body>", probe + "</body>"), encoding="utf-8")
    command = [str(BROWSER), "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--dump-dom"]
    command += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
    command += [f"--user-data-dir={tmp_path / 'profile'}", "--window-size=500,900", "--virtual-time-budget=2000"]
    done = subprocess.run([*command, page.as_uri()], capture_output=True, text=True, check=True, timeout=120)
    match = re.search(r"<title>(\d+) of (\d+)</title>", done.stdout)
    assert match is not None, done.stdout[:500]
    assert int(match[1]) <= int(match[2])
