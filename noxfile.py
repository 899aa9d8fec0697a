"""Sessions: scoreboard (default), tests, audit, lint, bench. Each takes kata ids after `--`."""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import nox

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.sessions = ["scoreboard"]

PYTHONS = ["3.11", "3.12", "3.13", "3.14"]
ROOT = Path(__file__).parent
LOCK = ".ci/requirements.txt"
TEST_LOCK = ".ci/requirements-tests.txt"
DEV_LOCK = ".ci/requirements-dev.txt"


def prepare(session: nox.Session, lock: str = LOCK) -> None:
    """Install the versions in `lock` and this package, unless nothing has changed since the last time.

    Asking the installer takes longer than showing a scoreboard, so a stamp in the environment answers instead.
    """
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + (ROOT / lock).read_bytes()).hexdigest()
    stamp = Path(session.virtualenv.location) / "installed.sha256"
    if stamp.is_file() and stamp.read_text() == wanted:
        return
    # uv leaves bytecode to the first run, which would make that run five times as slow.
    env = {"UV_COMPILE_BYTECODE": "1"}
    session.install("--require-hashes", "-r", lock, env=env)
    session.install("--no-deps", "-e", ".", env=env)
    stamp.write_text(wanted)


@nox.session
def scoreboard(session: nox.Session) -> None:
    """Run what has changed and show the scoreboard."""
    prepare(session)
    session.run("kata", "scoreboard", *session.posargs)


@nox.session
def tests(session: nox.Session) -> None:
    """Audit every kata, then test the harness; with ids, audit those only. Under CI, see `audit_options`."""
    prepare(session, TEST_LOCK)
    run_tests(session)


@nox.session(python=PYTHONS)
def tests_each(session: nox.Session) -> None:
    """The same on every supported Python that is installed."""
    prepare(session, TEST_LOCK)
    run_tests(session)


def run_tests(session: nox.Session) -> None:
    """What both test sessions do."""
    # One job more than the scoreboard has: some wrong solutions only wait for a lock. And suites are compiled once, not a
    # thousand times, whatever the surroundings say.
    env = {"CI": os.environ.get("CI", ""), "PYTHONDONTWRITEBYTECODE": None}
    spent_s: dict[str, float] = {}
    jobs = str((os.cpu_count() or 1) + 2)
    with timed(spent_s, "audit"):
        session.run("kata", "audit", *audit_options(), "--jobs", jobs, *session.posargs, env=env)
    if session.posargs:
        return
    alone = [
        "tests/suite/test_measure.py",
        "tests/suite/test_speed_attacks.py",
        "tests/isolation/test_attacks.py",
    ]  # they measure speed
    with timed(spent_s, "harness tests"):
        ignored = (f"--ignore={path}" for path in alone)
        session.run("pytest", "tests", "-n", "2", "--dist", "loadfile", *ignored, env=env)
    with timed(spent_s, "speed tests"):
        session.run("pytest", *alone, env=env)
    parts = ", ".join(f"{name} {seconds:.0f} s" for name, seconds in spent_s.items())
    session.log(f"time: {parts}; {sum(spent_s.values()):.0f} s in all")


def audit_options() -> list[str]:
    """How the test sessions audit: verdicts by way of the referee too, and in CI a part of what has not changed.

    `KATA_AUDIT=complete` has all audited in CI too, `KATA_AUDIT=rotating` a part elsewhere; `KATA_AUDIT_SINCE` names the
    commit since which changes count.
    """
    refereed = ["--player", "sandbox"] if shutil.which("bwrap") else []
    extent = os.environ.get("KATA_AUDIT") or ("rotating" if os.environ.get("CI") else "complete")
    if extent not in ("rotating", "complete"):
        raise ValueError(f"KATA_AUDIT is {extent!r}, expected rotating or complete")
    return [*refereed, *(["--rotate"] if extent == "rotating" else []), "--slowest", "20"]


@contextmanager
def timed(spent_s: dict[str, float], name: str) -> Iterator[None]:
    """Note how many seconds the body takes."""
    begun = time.monotonic()
    yield
    spent_s[name] = time.monotonic() - begun


@nox.session
def audit(session: nox.Session) -> None:
    """Say everything that is wrong with katas, in CI too; with `--player sandbox` after `--`, by way of the referee too.

    Ten mutants of each reference show how strong its suite is, unless `kata mutate` has run them all.
    """
    prepare(session)
    session.run("kata", "audit", "--mutants", "10", "--slowest", "20", *session.posargs)


@nox.session
def lint(session: nox.Session) -> None:
    """Format and rules by ruff, types by mypy, workflows by their schemas and zizmor; with ids, those katas only."""
    prepare(session, DEV_LOCK)
    if session.posargs:
        places = session.run("kata", "list", "--folders", *session.posargs, silent=True)
        session.run("ruff", "check", *str(places).split())
        return
    session.run("ruff", "check", ".")
    session.run("ruff", "format", "--check", ".")
    session.run("mypy")
    session.run("check-jsonschema", "--builtin-schema", "vendor.github-workflows", *workflows())
    session.run("check-jsonschema", "--builtin-schema", "vendor.gitlab-ci", ".gitlab-ci.yml")
    session.run("zizmor", "--offline", "--quiet", ".github/workflows")


def workflows() -> list[str]:
    """The files under `.github/workflows`."""
    return sorted(str(path.relative_to(ROOT)) for path in (ROOT / ".github" / "workflows").glob("*.yml"))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure the harness and print a table."""
    prepare(session, TEST_LOCK)
    session.run("python", "-m", "harness.bench.whole", *session.posargs)
    session.run("python", "-m", "harness.bench.scoreboard", *session.posargs)
    session.run("python", "-m", "harness.bench.grading", *session.posargs)
    session.run("python", "-m", "harness.bench.cluster")
    session.run("python", "-m", "harness.bench.audit")
    session.run("python", "-m", "harness.bench.mutants", *session.posargs)
    session.run("python", "-m", "harness.bench.watch", *session.posargs[:1])
