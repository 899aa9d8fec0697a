"""Named routes through the katas: what the table may say, what the repository's own says, and how far a learner is."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.catalog.load import load_catalog
from harness.catalog.paths import along, find_path, load_paths
from harness.core.errors import CatalogError
from harness.core.model import Catalog, LearningPath, Status
from harness.scoreboard.render import Format, render
from harness.scoreboard.tally import tally

from boards import make_kata, make_report
from checkout import Checkout
from people import Person

ROOT = Path(__file__).parents[2]
TABLE = '[first]\ntitle = "The first"\nkatas = ["b01_thrice", "a01_twice", "z99_gone"]\n'


def write_table(root: Path, text: str) -> None:
    (root / "katas" / "paths.toml").write_text(text, encoding="utf-8")


# --- the table -------------------------------------------------------------------------------------------------------


def test_the_repositorys_paths_name_katas_there_are_each_after_what_it_builds_on() -> None:
    catalog = load_catalog(ROOT)
    assert {path.name for path in catalog.paths} >= {"llm", "ml-basics", "vision", "serving", "rl"}
    requires = {kata.slug: kata.requires for kata in catalog.katas}
    for path in catalog.paths:
        assert path.missing == 0, path.name
        for at, slug in enumerate(path.slugs):
            later = set(path.slugs[at:]) & set(requires[slug])
            assert not later, f"{path.name}: {slug} comes before {later}"


def test_a_path_keeps_its_order_and_counts_what_is_not_in_the_checkout(checkout: Checkout) -> None:
    checkout.add("a01_twice")
    checkout.add("b01_thrice")
    write_table(checkout.root, TABLE + '[gone]\ntitle = "Not here"\nkatas = ["z99_gone"]\n')
    catalog = load_catalog(checkout.root)
    assert catalog.paths == (LearningPath("first", "The first", ("b01_thrice", "a01_twice"), missing=1),)
    assert [kata.slug for kata in along(catalog, catalog.paths[0]).katas] == ["b01_thrice", "a01_twice"]
    assert find_path(catalog, "FIRST") is catalog.paths[0]


def test_without_a_table_there_are_no_paths(checkout: Checkout) -> None:
    assert load_paths(checkout.root, ()) == ()
    assert load_catalog(checkout.root).faults == ()
    with pytest.raises(CatalogError, match=r"has no katas/paths\.toml"):
        find_path(Catalog(()), "llm")


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("[first", "is not valid TOML"),
        ('[first]\ntitle = "x"\n', "is not complete"),
        ('[first]\ntitle = "x"\nkatas = ["a01_twice"]\nminutes = 3\n', "is not complete"),
        ('["First path"]\ntitle = "x"\nkatas = []\n', "'First path' is not a name of a path"),
        ('[first]\ntitle = "x"\nkatas = ["a01_twice", "a01_twice"]\n', "names a01_twice more than once"),
    ],
)
def test_a_table_that_cannot_be_used_is_a_fault_and_the_katas_go_on(
    checkout: Checkout, text: str, sentence: str
) -> None:
    checkout.add("a01_twice")
    write_table(checkout.root, text)
    catalog = load_catalog(checkout.root)
    assert [kata.slug for kata in catalog.katas] == ["a01_twice"]
    (fault,) = catalog.faults
    assert (fault.folder, catalog.paths) == ("paths.toml", ())
    assert sentence in fault.sentence


# --- what a learner sees ---------------------------------------------------------------------------------------------


@pytest.fixture
def walker(person: Person) -> Person:
    person.add("b01_thrice")
    write_table(person.checkout.root, TABLE)
    return person


def test_all_paths_and_one_path(walker: Person) -> None:
    walker.has_run()
    whole = walker.types("path")
    assert (whole.code, "1/2" in whole.out, "The first" in whole.out) == (0, True, True)
    one = walker.types("path", "first").out.splitlines()
    assert [line.split()[0] for line in one[1:3]] == ["b01_thrice", "a01_twice"]
    assert one[3].endswith("1 of 2 passed; 1 more is not in this checkout")
    (row,) = json.loads(walker.types("path", "first", "--json").out)
    assert (row["passed"], row["total"], row["missing"]) == (1, 2, 1)
    assert row["katas"][1] == {"slug": "a01_twice", "passed": True}


def test_the_list_and_what_is_next_follow_a_path(walker: Person) -> None:
    listed = walker.types("list", "--path", "first").out.splitlines()
    assert [line.split()[0] for line in listed] == ["b01_thrice", "a01_twice", "first"]
    assert [line.split()[0] for line in walker.types("list", "--path", "first", "--set", "a").out.splitlines()] == [
        "a01_twice"
    ]
    assert walker.types("next").out.startswith("a01_twice")
    assert walker.types("next", "--path", "first").out.startswith("b01_thrice")


def test_a_path_that_is_done_says_so(walker: Person) -> None:
    write_table(walker.checkout.root, '[first]\ntitle = "The first"\nkatas = ["a01_twice"]\n')
    walker.has_run()
    assert walker.types("next", "--path", "first").out.startswith("Every kata of the path first is passed")


@pytest.mark.parametrize("command", [["path", "frist"], ["list", "--path", "frist"], ["next", "--path", "frist"]])
def test_an_unknown_path_is_an_error_with_the_nearest_names(walker: Person, command: list[str]) -> None:
    done = walker.types(*command)
    assert done.code == 2
    assert "no path is called 'frist'" in done.err
    assert "did you mean first?" in done.err


def test_a_checkout_without_paths_says_so(person: Person) -> None:
    done = person.types("path")
    assert (done.code, "has no paths" in done.err) == (2, True)


@pytest.mark.parametrize("form", [Format.TERMINAL, Format.MARKDOWN, Format.HTML, Format.JSON])
def test_the_scoreboard_shows_how_far_each_path_is(form: Format) -> None:
    katas = (make_kata("a01_mse"), make_kata("b01_knn"))
    catalog = Catalog(katas, paths=(LearningPath("rl", "Bandits", ("b01_knn", "a01_mse")),))
    board = tally(catalog, [make_report("a01_mse", "PP")])
    assert [row.status for row in board.rows] == [Status.PASSED, Status.NOT_STARTED]
    text = render(board, form)
    if form is Format.JSON:
        assert json.loads(text)["paths"] == [{"name": "rl", "title": "Bandits", "passed": 1, "total": 2}]
    else:
        assert "rl 1/2" in text
