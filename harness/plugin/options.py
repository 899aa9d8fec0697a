"""Options of the plugin, the hypothesis profiles, and the limits of the process."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness.core.errors import KataError
from harness.core.model import FOLLOW_UP_SUITE
from harness.core.state import state_folder
from harness.subject.resolve import LEARNER

RECORD_EXAMPLES = "--kata-record-examples"
REPLAY_EXAMPLES = "--kata-replay-examples"


@dataclass(slots=True)
class Settings:
    """What a session was asked for."""

    choice: str
    """The subject, as `--subject` takes it."""
    profile: str
    """The hypothesis profile."""
    seed: str
    """The hypothesis seed; empty when there is none."""
    runs_follow_ups: bool
    """Whether all follow-ups are run."""
    named: frozenset[Path]
    """The follow-ups that the command line names."""


def add_options(parser: pytest.Parser) -> None:
    """Add the options; those for the runner are described in `harness.runner.processes`."""
    group = parser.getgroup("kata", "code katas")
    group.addoption(
        "--subject",
        default=LEARNER,
        metavar="WHO",
        help="the code that kata suites test: learner (the stub, default), reference, a folder with the module, or a file",
    )
    group.addoption(
        "--follow-up",
        action="store_true",
        help=f"run the follow-ups of katas too, {FOLLOW_UP_SUITE}, where the kata's own suite passes",
    )
    group.addoption(
        "--player",
        choices=("none", "process", "sandbox"),
        default="none",
        help="where the subject runs: in this process (default), in one of its own, or in a sandbox",
    )
    for name, help_text in (
        ("--kata-progress", "append progress events to FILE (for the runner)"),
        ("--kata-gate", "wait until FILE exists before the speed band (for the runner)"),
        (RECORD_EXAMPLES, "only record the examples of laws, into FILE (for the runner)"),
        (REPLAY_EXAMPLES, "try laws on the examples in FILE first (for the runner)"),
    ):
        group.addoption(name, default=None, metavar="FILE", help=help_text)
    group.addoption(
        "--kata-memory-mib", type=int, default=0, metavar="N", help="limit this process's memory (for the runner)"
    )


def path_option(config: pytest.Config, name: str) -> Path | None:
    """The file that an option names, None when it is not given."""
    value = config.getoption(name)
    return Path(value) if value else None


def read_settings(config: pytest.Config) -> Settings:
    """What the session was asked for; registers the hypothesis profiles, and loads the one that applies."""
    profile = _register_profiles(config)
    follow_ups = (Path(name).resolve() for name in named_paths(config) if Path(name).name == FOLLOW_UP_SUITE)
    return Settings(
        choice=config.getoption("--subject"),
        profile=profile,
        seed=str(config.getoption("--hypothesis-seed", default=None) or ""),
        runs_follow_ups=config.getoption("--follow-up"),
        named=frozenset(follow_ups),
    )


def named_paths(config: pytest.Config) -> list[str]:
    """The files and folders that the command line names."""
    return [argument.partition("::")[0] for argument in config.args]


def _register_profiles(config: pytest.Config) -> str:
    """Register practice, ci, audit, mutate and grade with hypothesis, load the one that applies, and return its name.

    `audit` is ci for runs that mostly fail, as they should: it does not matter on which example, so nothing is shrunk. `mutate`
    is for runs that only ask whether any test fails: the first failure ends the session, too.
    """
    from hypothesis import Phase, Verbosity, settings
    from hypothesis.database import DirectoryBasedExampleDatabase

    always: dict[str, Any] = {
        "deadline": None,  # machines are noisy; hang limits and speed bands watch the time
        "max_examples": 50,
        "report_multiple_bugs": False,  # one mistake at a time
        "print_blob": False,
        "verbosity": Verbosity.normal,
        "phases": (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink),
    }
    try:
        database = DirectoryBasedExampleDatabase(state_folder(config.rootpath) / "examples")
    except KataError:
        database = None
    settings.register_profile("practice", derandomize=False, database=database, **always)
    settings.register_profile("ci", derandomize=True, database=None, **always)
    settings.register_profile("grade", derandomize=False, database=None, **always)
    unshrunk = (Phase.explicit, Phase.generate)
    for name in ("audit", "mutate"):
        settings.register_profile(name, derandomize=True, database=None, **{**always, "phases": unshrunk})
    asked = config.getoption("--hypothesis-profile", default=None)
    profile = asked or ("ci" if os.environ.get("CI") else "practice")
    if not asked:
        settings.load_profile(profile)
    if profile == "grade" and config.getoption("--hypothesis-seed", default=None) is None:
        config.option.hypothesis_seed = str(int.from_bytes(os.urandom(4), "big"))
    if profile == "mutate":
        config.option.maxfail = 1
    return str(profile)


def limit_memory(limit_mib: int) -> None:
    """Bound address space and file sizes, so that a mistake with shapes ends in `MemoryError` and not in a dead machine.

    0 sets no limit; nor does Windows have any.
    """
    if not limit_mib or sys.platform == "win32":
        return
    import resource

    for kind, mib in ((resource.RLIMIT_AS, limit_mib), (resource.RLIMIT_FSIZE, 1024), (resource.RLIMIT_CORE, 0)):
        _, hard = resource.getrlimit(kind)
        wanted = mib * 2**20
        resource.setrlimit(kind, (wanted if hard == resource.RLIM_INFINITY else min(wanted, hard), hard))
