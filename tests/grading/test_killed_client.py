"""When `kata grade` is killed, all that it started ends soon, and the next run removes what it has left."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from checkout import GOOD, ROOT, Checkout, environment

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="processes are found in /proc")

MARKER = "KATA_TEST_TREE"
ASLEEP = {
    "import": "import time\ntime.sleep(600)\n",
    "call": "import time\ndef double(x):\n    time.sleep(600)\n",
    "busy": "def double(x):\n    while True:\n        pass\n",
}
ENDS_WITHIN_S = 5.0


def stat(folder: Path) -> tuple[int, str]:
    """Parent and start time of a process. A zombie is not one."""
    state, parent, *rest = (folder / "stat").read_text().rpartition(")")[2].split()
    if state == "Z":
        raise ProcessLookupError
    return int(parent), rest[17]


def of_tree(client: int, value: str) -> dict[tuple[int, str], str]:
    """Commands by number and start time: the descendants of the client, and whatever else has its marker."""
    parents: dict[int, int] = {}
    started: dict[int, str] = {}
    commands: dict[int, str] = {}
    tree = {client}
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            pid = int(folder.name)
            parents[pid], started[pid] = stat(folder)
            commands[pid] = (folder / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace")
            if f"{MARKER}={value}".encode() in (folder / "environ").read_bytes():
                tree.add(pid)
        except OSError:
            continue
    for _ in range(10):
        tree |= {pid for pid, parent in parents.items() if parent in tree}
    return {(pid, started[pid]): commands[pid] for pid in tree if pid in commands}


def is_alive(process: tuple[int, str]) -> bool:
    try:
        return stat(Path(f"/proc/{process[0]}"))[1] == process[1]
    except OSError:
        return False


def wait_for_players(client: int, value: str) -> dict[tuple[int, str], str]:
    """The tree once two submissions are running."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        tree = of_tree(client, value)
        if sum("server.py" in command for command in tree.values()) >= 2:
            return tree
        time.sleep(0.1)
    raise AssertionError(f"no player was started: {of_tree(client, value)}")


@pytest.mark.parametrize("mode", ["process", "sandbox"])
def test_nothing_is_left_of_a_run_whose_client_was_killed(checkout: Checkout, tmp_path: Path, mode: str) -> None:
    if mode == "sandbox" and shutil.which("bwrap") is None:
        pytest.skip("bubblewrap is not installed")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    folder = checkout.add("a01_double")
    toml = folder / "kata.toml"
    toml.write_text(toml.read_text().replace("hang_limit_s = 2", "hang_limit_s = 60"))
    (checkout.root / "pyproject.toml").write_bytes((ROOT / "pyproject.toml").read_bytes())
    for name, source in ASLEEP.items():
        fork = checkout.root / "forks" / name / "katas" / "a01_double"
        fork.mkdir(parents=True)
        (fork / "double.py").write_text(source)
    value = f"{os.getpid()}-{mode}"
    env = {**environment(), MARKER: value, "TMPDIR": str(scratch)}
    command = [sys.executable, "-m", "harness.cli.main", "grade", "forks", "--player", mode, "--jobs", "3"]
    client = subprocess.Popen(
        command,
        cwd=checkout.root,
        env=env,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    known: set[tuple[int, str]] = set()
    try:
        known = {*wait_for_players(client.pid, value)}
        os.kill(client.pid, signal.SIGKILL)
        client.wait()
        deadline = time.monotonic() + ENDS_WITHIN_S
        while (left := {*filter(is_alive, known), *of_tree(client.pid, value)}) and time.monotonic() < deadline:
            time.sleep(0.1)
        assert not left, of_tree(client.pid, value)
    finally:
        for process in {*filter(is_alive, known), *of_tree(client.pid, value)}:
            os.kill(process[0], signal.SIGKILL)
        client.wait()
    work = checkout.root / "results" / ".work"
    folders = [*scratch.glob("kata-*"), *work.glob("grade-*"), *work.glob("run-*")]
    assert {path.name.partition("-")[0] for path in folders} == {"kata", "grade", "run"}
    for name in ASLEEP:
        (checkout.root / "forks" / name / "katas" / "a01_double" / "double.py").write_text(GOOD)
    done = checkout.kata("grade", "forks", "--player", mode, env={"TMPDIR": str(scratch)})
    assert done.code == 0, done.text
    assert [*scratch.glob("kata-*"), *work.glob("grade-*"), *work.glob("run-*")] == []
