"""What README says of the katas is true of the katas that there are."""

from __future__ import annotations

import re

import pytest

from harness.catalog.load import load_catalog
from harness.core.model import KataSet

from checkout import ROOT


@pytest.mark.parametrize("letter", list(KataSet))
def test_the_table_counts_the_katas_of_each_set_and_the_list_names_them(letter: KataSet) -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    there = sum(kata.set is letter for kata in load_catalog(ROOT).katas)
    row = re.search(rf"^\| {letter} \|.*\| (\d+) \|$", readme, re.MULTILINE)
    assert row is not None
    assert int(row[1]) == there
    listed = re.search(rf"^- \*\*{letter}\*\* (.*?)(?=^- \*\*|\n\n)", readme, re.MULTILINE | re.DOTALL)
    assert listed is not None
    assert listed[1].count(" ·") + 1 == there
