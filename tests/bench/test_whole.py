"""The table of `nox -s bench`."""

from __future__ import annotations

import io

from rich.console import Console

from harness.bench.whole import Measured, table_of


def test_the_table_says_how_much_faster_than_a_loop_of_pytest() -> None:
    screen = io.StringIO()
    found = [Measured("scoreboard", 2.0, 10.0, 4), Measured("audit", 30.0, 300.0, 50)]
    Console(file=screen, width=200).print(table_of(found, measured=4, wanted=40))
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in screen.getvalue().splitlines() if "│" in line]
    assert rows == [
        ["scoreboard", "2.0 s", "10.0 s for 4 runs", "5.0", "20 s"],
        ["audit", "30.0 s", "300.0 s for 50 runs", "10.0", "5.0 min"],
    ]
