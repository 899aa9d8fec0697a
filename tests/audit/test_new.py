"""`kata new` and `kata stamp`: all files of a new kata, and nothing of another one is touched."""

from __future__ import annotations

import pytest

from checkout import GOOD, ROOT, Checkout


def test_new_writes_every_file_and_the_audit_says_what_is_left_to_do(checkout: Checkout) -> None:
    done = checkout.here("new", "b26", 'Gaussian "mixture"')
    assert done.code == 0, done.text
    written = {line.strip() for line in done.out.splitlines()[:-1]}
    assert written == {
        f"katas/b26_gaussian_mixture/{name}"
        for name in ("README.md", "hints.md", "kata.toml", "gaussian_mixture.py", "test_gaussian_mixture.py")
    } | {
        f"solutions/b26_gaussian_mixture/{name}"
        for name in ("debrief.md", "gaussian_mixture.py", "mistakes.md", "also_right/another_way.py")
    }
    assert checkout.here("stamp", "b26").out == "b26_gaussian_mixture: stamped\n"
    assert checkout.here("stamp", "b26").out == "b26_gaussian_mixture: was stamped already\n"
    audited = checkout.here("audit")
    assert audited.code == 1
    assert "there are 1 wrong solutions, expected at least 15" in audited.out
    assert "Traceback" not in audited.text


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("a01", "Other"), "there is a kata a01_double already"),
        (("b01", "Double"), "there is a kata a01_double already"),
        (("e01", "Other"), "'e01' is not a kata id"),
        (("b", "Other"), "'b' is not a kata id"),
        (("b02", "!!!"), "gives no module name"),
        (("b02", "3 things"), "gives no module name"),
        (("b02", "Follow-up"), "test_follow_up.py is the suite of a kata's follow-up"),
    ],
)
def test_new_refuses_what_is_taken_or_has_no_name(
    checkout: Checkout, arguments: tuple[str, str], sentence: str
) -> None:
    folder = checkout.add("a01_double", GOOD)
    done = checkout.here("new", *arguments)
    assert done.code == 2
    assert sentence in done.err
    assert (folder / "double.py").read_text() == GOOD


def test_every_kata_of_this_repository_is_in_the_catalogue() -> None:
    folders = {path.name for path in (ROOT / "katas").iterdir() if path.is_dir() and not path.name.startswith("__")}
    solved = {path.name for path in (ROOT / "solutions").iterdir() if path.is_dir()}
    assert folders == solved
