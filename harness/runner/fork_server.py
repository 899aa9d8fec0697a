"""A process that has imported what suites need, and forks a child for each run: `python -m harness.runner.fork_server MODULE...`.

Starting Python, pytest, hypothesis, NumPy and scikit-learn takes a second and more; forking takes milliseconds. Requests are
those of `harness.core.forking`, on stdin and stdout, each with `"argv": [...], "env": {...}, "cwd": "...", "out": "...",
"err": "..."`.
Only where fork is safe (Linux), and only with one BLAS thread: OpenMP deadlocks in a child whose parent has used it, so
nothing is ever computed here.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import sys
import tempfile
import traceback
from collections.abc import Iterator, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any, NoReturn

from harness.core.forking import Channel, ForkLoop
from harness.isolation.sandbox import SANDBOX, sandbox_problem
from harness.runner.processes import PLUGINS, SERVE


def main() -> None:
    """Import, then serve until stdin ends."""
    warm_up(sys.argv[1:])
    request = ForkLoop(Channel(0, 1, 0), _prepare).run()
    if request is not None:
        if request.channel is not None:
            request.data["argv"].insert(0, f"{SERVE}={request.channel}")
        run_job(request.data)


def _prepare(request: dict[str, Any]) -> None:
    if SANDBOX in request["argv"]:
        sandbox_problem()  # asked here, and once: what it has found out is forked along


def warm_up(modules: Sequence[str]) -> None:
    """Import what a run needs, and do once what is slow only the first time."""
    for name in ("pytest", *modules):
        with contextlib.suppress(Exception):  # a module that fails here fails again in the child, where it is reported
            importlib.import_module(name)
    with _silence():
        _rehearse()
    gc.collect()
    if hasattr(gc, "freeze"):
        gc.freeze()  # collections in children leave alone what they did not make


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Nothing is said meanwhile: standard output is the way to the runner."""
    kept = os.dup(1), os.dup(2)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    try:
        for target in (1, 2):
            os.dup2(nowhere, target)
        yield
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        for target, file in zip((1, 2), kept, strict=True):
            os.dup2(file, target)
        for file in (nowhere, *kept):
            os.close(file)


def _rehearse() -> None:
    """Run a small suite: what pytest, its plugins and hypothesis do at first use, no child has to do."""
    import pytest
    from hypothesis import configuration, core

    # Rehearsed or not, what comes after will work: a failure here is a failure there, where it is reported.
    with contextlib.suppress(Exception, SystemExit), tempfile.TemporaryDirectory(prefix="kata-rehearsal-") as folder:
        suite = Path(folder) / "test_rehearsal.py"
        suite.write_bytes(files("harness.runner").joinpath("templates/test_rehearsal.py.txt").read_bytes())
        (Path(folder) / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib\n", encoding="utf-8")
        before = dict(os.environ)
        os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
        arguments = ["--rootdir", folder, "-c", str(Path(folder) / "pytest.ini"), "-q", "-p", "no:cacheprovider"]
        arguments += [part for plugin in PLUGINS for part in ("-p", plugin)]
        arguments += ["--hypothesis-profile", "ci", "--json-report", "--json-report-file", str(Path(folder) / "report")]
        try:
            pytest.main([*arguments, str(suite)])
        finally:
            os.environ.clear()
            os.environ.update(before)
    configuration.notice_initialization_restarted(warn=False)  # its plugin would take the above for a mistake of ours
    with contextlib.suppress(AttributeError):  # or all children would try the same examples
        core.threadlocal._hypothesis_global_random = None


def run_job(job: dict[str, Any]) -> NoReturn:
    """Become the child: its own streams and environment, then pytest; never returns."""
    code = 3
    try:
        for target, flags, path in ((0, os.O_RDONLY, os.devnull), (1, _NEW, job["out"]), (2, _NEW, job["err"])):
            opened = os.open(path, flags, 0o600)
            os.dup2(opened, target)
            os.close(opened)
        os.environ.clear()
        os.environ.update(job["env"])
        os.chdir(job["cwd"])
        import pytest

        code = int(pytest.main(job["argv"]))
        sys.stdout.flush()
        sys.stderr.flush()
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 1
    except BaseException:  # whatever it is, it must not go on as a second fork server
        traceback.print_exc()
    finally:
        os._exit(code)


_NEW = os.O_WRONLY | os.O_CREAT | os.O_TRUNC

if __name__ == "__main__":
    main()
