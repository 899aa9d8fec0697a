"""From what `kata grade` is told, `--scheduler tcp://host:8786` or `--cluster local:2`, to the executor that it names."""

from __future__ import annotations

import contextlib
import importlib.util
import json
import logging
import os
import re
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from harness.grading.cluster import CONNECT_S, ClusterError, ClusterExecutor

if TYPE_CHECKING:
    from distributed import Client

    from harness.grading.cluster import Work

_ADDRESS = re.compile(r"(?:tcp|tls)://(?:\[[0-9a-fA-F:.]+\]|[^\s/:\[\]]+):(?P<port>\d{1,5})")
_LOCAL = re.compile(r"local:(?P<workers>\d{1,3})")


def executor_for(scheduler: str | None, cluster: str | None, player: str) -> Callable[[], ClusterExecutor]:
    """What opens the cluster that one of the two names, when there is something to do for it.

    Raises `ClusterError` at once for what is not a cluster, and when the library is missing.
    """
    if (scheduler is None) == (cluster is None):
        raise ClusterError("--scheduler and --cluster are two ways to say where: give one of them")
    if scheduler is not None:
        match = _ADDRESS.fullmatch(scheduler)
        if match is None or not 0 < int(match["port"]) < 2**16:
            raise ClusterError(f"{scheduler!r} is not a scheduler's address", hint="expected one like tcp://host:8786")
        _require("distributed")
        return partial(open_scheduler, scheduler, player=player)
    match = _LOCAL.fullmatch(str(cluster))
    if match is None or not int(match["workers"]):
        raise ClusterError(
            f"{cluster!r} is not a cluster", hint="expected local:2, or another number of worker processes"
        )
    _require("distributed", "cryptography")
    return partial(open_local, int(match["workers"]), player=player)


def _require(*libraries: str) -> None:
    for name in libraries:
        if sys.modules.get(name, name) is None or importlib.util.find_spec(name) is None:
            raise ClusterError(
                f"grading on a cluster needs {name}, which is not installed",
                hint="in the checkout: pip install -e '.[cluster,cohort]'",
            )


def open_scheduler(address: str, *, player: str = "none") -> ClusterExecutor:
    """The workers of a scheduler that somebody else has started. Raises `ClusterError` when they cannot be used."""
    client = _client(address, f"no scheduler answers at {address}")
    with _closed_on_failure(client.close):
        return ClusterExecutor(client, player=player)


def open_local(workers: int, *, player: str = "none", work: Work | None = None) -> ClusterExecutor:
    """So many worker processes on this machine, that do one task at a time; they end with the executor, or with us."""
    from distributed import Security

    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "harness.grading.local_cluster", str(workers)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C is for us, who tell it to end
    )
    end = partial(_end, process)
    with _closed_on_failure(end):
        said = process.stdout.readline() if process.stdout else b""
        if not said:
            raise ClusterError("the local cluster could not be started", hint="what kept it from that is said above")
        place = json.loads(said)
        client = _client(
            place["address"],
            "the local cluster does not answer",
            Security(require_encryption=True, **place["security"]),
        )
        with _closed_on_failure(client.close):
            return ClusterExecutor(client, player=player, work=work, left=end)


def _end(process: subprocess.Popen[bytes]) -> None:
    for stream in (process.stdin, process.stdout):
        if stream is not None:
            stream.close()
    process.wait()


@contextlib.contextmanager
def _closed_on_failure(close: Callable[[], object]) -> Iterator[None]:
    try:
        yield
    except BaseException:
        with contextlib.suppress(Exception):  # the failure is what is to be heard of
            close()
        raise


def _silence() -> None:
    """Keep the library's own messages from the terminal: what is to be said is said here, in sentences."""
    for name, logger in logging.root.manager.loggerDict.items():
        if name.split(".")[0] == "distributed" and isinstance(logger, logging.Logger):
            logger.setLevel(logging.CRITICAL)


def _client(address: str, complaint: str, security: Any = None) -> Client:
    from distributed import Client
    from distributed.versions import VersionMismatchWarning

    _silence()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", VersionMismatchWarning)  # what has to fit is looked at afterwards
        try:
            return Client(
                address, timeout=CONNECT_S, security=security, set_as_default=False, name=f"kata-grade-{os.getpid()}"
            )
        except Exception as error:  # what a server of another kind says can end in anything, also in lack of memory
            raise ClusterError(f"{complaint}: {error}", hint="is it running, and is the port right?") from error
