"""Measure the harness and print a table: `python -m harness.bench.scoreboard [KATA]...`, or `nox -s bench`.

Every figure is a ratio or a difference against something measured in the same run; nothing is asserted here.
"""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

from harness.catalog.load import find_root, load_catalog, select_katas
from harness.core.model import Kata, KataSet

_REPEATS = 15
_COLD_REPEATS = 5


@dataclass(frozen=True, slots=True)
class Line:
    """One row of the table."""

    what: str
    measured: str
    wanted: str


def main() -> None:
    """Measure everything and print it."""
    root = find_root(Path.cwd())
    katas = select_katas(load_catalog(root), sys.argv[1:])
    console = Console(highlight=False)
    table = Table("what", "measured", "wanted", title=f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")
    with tempfile.TemporaryDirectory(prefix="kata-bench-") as folder:
        state = Path(folder)
        steps: list[Callable[[], list[Line]]] = [
            lambda: [idle_scoreboard(root, state)],
            lambda: [idle_nox(root)],
            lambda: cold_katas(root, katas, state),
            lambda: [all_references(root, katas, state)],
            lambda: audits(root, katas, state),
        ]
        for step in steps:
            for line in step():
                console.print(f"{line.what}: {line.measured}")
                table.add_row(line.what, line.measured, line.wanted)
    console.print()
    console.print(table)


def run(command: list[str], root: Path, state: Path | None = None) -> float:
    """Seconds of wall time that `command` takes."""
    env = dict(os.environ)
    if state is not None:
        env["KATA_STATE"] = str(state)
    begun = time.perf_counter()
    subprocess.run(command, cwd=root, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=False)
    return time.perf_counter() - begun


def kata_command(*arguments: str) -> list[str]:
    """The `kata` command of this environment."""
    return [sys.executable, "-m", "harness.cli.main", *arguments]


def idle_scoreboard(root: Path, state: Path) -> Line:
    """A scoreboard with nothing to run, against an interpreter that does nothing."""
    run(kata_command("scoreboard"), root, state)
    pairs = [
        (run(kata_command("scoreboard"), root, state), run([sys.executable, "-c", "pass"], root))
        for _ in range(_REPEATS)
    ]
    extra_s = statistics.median(board - bare for board, bare in pairs)
    return Line("scoreboard, nothing changed, over python -c pass", f"{extra_s:.2f} s", "at most 0.4 s")


def idle_nox(root: Path) -> Line:
    """`nox` with nothing changed."""
    nox = shutil.which("nox") or shutil.which("nox", path=str(Path(sys.executable).parent))
    command = [nox] if nox else ["uvx", "nox"] if shutil.which("uvx") else []
    if not command:
        return Line("nox, nothing changed", "nox is not installed here", "at most 2 s")
    run(command, root)
    seconds = statistics.median(run(command, root) for _ in range(_COLD_REPEATS))
    return Line(
        f"{' '.join([Path(command[0]).name, *command[1:]])}, nothing changed", f"{seconds:.2f} s", "at most 2 s"
    )


def cold_katas(root: Path, katas: tuple[Kata, ...], state: Path) -> list[Line]:
    """One kata of set A at a time, cold, against plain pytest with the same plugins on the same suite."""
    lines = []
    plugins = [
        part for name in ("pytest_timeout", "pytest_jsonreport.plugin", "harness.plugin.hooks") for part in ("-p", name)
    ]
    report = ["--json-report", "--json-report-file", str(state / "plain.json")]
    for kata in [kata for kata in katas if kata.set is KataSet.A]:
        plain = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--subject", "reference"]
        plain += [
            "--disable-plugin-autoload",
            "-p",
            "_hypothesis_pytestplugin",
            *plugins,
            *report,
            str(kata.suite_file()),
        ]
        ours = kata_command("scoreboard", kata.slug, "--subject", "reference", "--fresh")
        run(ours, root, state)
        pairs = [(run(ours, root, state), run(plain, root)) for _ in range(_COLD_REPEATS)]
        ratio = statistics.median(mine / theirs for mine, theirs in pairs)
        lines.append(Line(f"{kata.slug} cold, over plain pytest", f"{ratio:.2f} times", "at most 1.3 times"))
    return lines


def all_references(root: Path, katas: tuple[Kata, ...], state: Path) -> Line:
    """All references, all bands, nothing in the cache."""
    names = [kata.slug for kata in katas]
    seconds = run(kata_command("scoreboard", *names, "--subject", "reference", "--fresh"), root, state)
    return Line(f"all {len(names)} references, cold", f"{seconds:.1f} s", "under 40 s for eleven")


def audits(root: Path, katas: tuple[Kata, ...], state: Path) -> list[Line]:
    """The audit cold, and again with nothing changed."""
    command = kata_command("audit", *(kata.slug for kata in katas))
    cold_s, warm_s = (run(command, root, state) for _ in range(2))
    return [
        Line(f"audit of {len(katas)} katas, cold", f"{cold_s:.0f} s", "under 480 s for eleven"),
        Line("the same, nothing changed", f"{warm_s:.2f} s", "immediate"),
    ]


if __name__ == "__main__":
    main()
