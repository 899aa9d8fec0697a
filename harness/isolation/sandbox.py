"""Where a server runs: in a bubblewrap sandbox, or, where there is none, in a plain process with limits.

In the sandbox there is no network, the system is read-only, `/tmp` is private and bounded, and of Python there is the
interpreter, its standard library, and the libraries that the kata allows with what these need themselves: in most katas
scikit-learn is not forbidden, it is not there.
Neither suites nor solutions nor the host's homes are mounted. A plain process has the same limits and the same library
path, but sees the host's files and network: reports say which of the two it was.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.util
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.machinery import SourceFileLoader
from pathlib import Path

from harness.core.errors import KataError
from harness.core.lifetime import ending_with_me
from harness.core.temporary import OwnedFolder
from harness.isolation.libraries import library_paths
from harness.isolation.mounts import base_interpreter, system_mounts
from harness.isolation.refusal import Refusal, missing, refused
from harness.isolation.seccomp import seccomp_filter

SANDBOX = "sandbox"
PROCESS = "process"
NONE = "none"

TMP_MIB = 64
SHM_MIB = 1
"""Of `/dev/shm`, where locks of `multiprocessing` are."""
MEMORY_MIB = 4096
"""Of one process, by its addresses; of all processes of a server together, by what they take (see `limits`)."""
PROCESSES = 128
THREADS = 512
"""Of all processes of a server together (see `limits`)."""
TMP_FILES = 5000
"""In `/tmp`, and in `/dev/shm` (see `limits`)."""
FILES = 256
CPU_S = 600
_HERE = Path(__file__).parent
_PARTS = (
    "__init__", "channel", "codec", "descriptions", "forms", "helper_guard", "operations", "protocol", "random_state",
    "server", "shared_objects", "subject_imports",
)  # fmt: skip
"""All of the harness that is in a sandbox: modules that import each other, NumPy and the standard library alone."""
_PACKAGE = "subject_server"
"""Their package there."""
_INTERPRETER = base_interpreter()
"""Nothing of a virtual environment is shown to a server."""
_LIMITED = (
    "import os,resource as r,sys\n"
    "for kind,value in ((r.RLIMIT_AS,{memory}),(r.RLIMIT_NPROC,{processes}),(r.RLIMIT_NOFILE,{files}),"
    "(r.RLIMIT_CPU,{cpu}),(r.RLIMIT_FSIZE,{size}),(r.RLIMIT_CORE,0)):\n"
    "    hard=r.getrlimit(kind)[1]\n"
    "    limit=value if hard==r.RLIM_INFINITY else min(value,hard)\n"
    "    r.setrlimit(kind,(limit,limit))\n"
)
_START = f"from {_PACKAGE} import server\nsys.modules['__main__']=server\nserver.main()"
"""Imported and not run as a script, because Python keeps what it has compiled of imports alone."""


class SandboxError(KataError):
    """A sandbox was required, and there is none."""


@dataclass(slots=True)
class ServerProcess:
    """A running server: its process and the two sockets to it."""

    process: subprocess.Popen[bytes]
    sockets: tuple[socket.socket, socket.socket]
    mode: str
    home: OwnedFolder | None = None

    def cpu_clock(self) -> int:
        """The kernel's clock of the CPU time of the server itself, which is the innermost process of its sandbox."""
        return (~self.innermost() << 3) | 2  # as clock_getcpuclockid(3) computes it

    def innermost(self) -> int:
        """The number of the process that the subject runs in."""
        if self.mode != SANDBOX:
            return self.process.pid
        pid = self.process.pid
        for _ in range(2):  # bwrap outside, bwrap as the first process inside, the server
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
            pid = int(children[0]) if children else pid
        return pid

    def kill(self) -> None:
        """End it and all that it started; the sandbox dies with its first process."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.process.pid, signal.SIGKILL)
        with contextlib.suppress(ProcessLookupError):
            self.process.kill()
        self.process.wait()
        if self.home is not None:
            self.home.close()
            self.home = None


def sandbox_problem() -> str:
    """Why there is no sandbox on this machine; empty when there is one."""
    found = sandbox_refusal()
    return found.problem if found is not None else ""


@functools.cache
def sandbox_refusal() -> Refusal | None:
    """Why there is no sandbox on this machine, and what to do about it; None when there is one."""
    if sys.platform != "linux":
        return Refusal("bubblewrap runs on Linux only", "take `--player process`, which isolates less")
    path = shutil.which("bwrap")
    if path is None:
        return missing()
    command = [path, *_isolation(), "--", str(_INTERPRETER), "-I", "-S", "-c", ""]
    done = subprocess.run(command, capture_output=True, text=True, errors="replace", check=False, timeout=30)
    return refused(done.stderr, done.returncode) if done.returncode else None


def require_sandbox() -> None:
    """Raise `SandboxError` unless there is a sandbox here."""
    found = sandbox_refusal()
    if found is not None:
        raise SandboxError(f"there is no sandbox: {found.problem}", hint=found.remedy)


def start_server(
    mode: str, libraries: Sequence[str], *, shared: Path | None = None, hash_seed: int | None = None
) -> ServerProcess:
    """Start a server that can import `libraries`; `shared` is a folder that suite and subject both may write to."""
    ours, theirs = zip(*(socket.socketpair() for _ in range(2)), strict=True)
    descriptors = [str(sock.fileno()) for sock in theirs]
    filter_fd = 0
    libraries_by_name = library_paths(tuple(libraries))
    owned = None
    if mode == SANDBOX:
        mounts = [
            part for name, path in libraries_by_name.items() for part in ("--ro-bind", str(path), f"/player/lib/{name}")
        ]
        mounts += [part for name, file in _parts().items() for part in ("--ro-bind", str(file), f"/player/{name}")]
        mounts += ["--bind", str(shared), str(shared)] if shared else []
        filter_fd = _filter_descriptor()
        mounts += ["--seccomp", str(filter_fd)] if filter_fd else []
        folder = "/player"
        command = [shutil.which("bwrap") or "bwrap", *_isolation(), *mounts, "--remount-ro", "/", "--"]
        environment = {"PATH": os.defpath}
        cwd = Path("/")
    else:
        owned = OwnedFolder("kata-player-")
        home = owned.path
        for name, file in _parts().items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(file, home / name)  # with its time, by which Python knows what was compiled from it
        (home / "lib").mkdir()
        for name, path in libraries_by_name.items():
            (home / "lib" / name).symlink_to(path)
        folder = str(home)
        command = []
        environment = {"PATH": os.defpath, "HOME": str(home), "TMPDIR": str(home)}
        cwd = home
    limits = _LIMITED.format(
        memory=MEMORY_MIB * 2**20, processes=PROCESSES, files=FILES, cpu=CPU_S, size=TMP_MIB * 2**20
    )
    arguments = [f"{folder}/{_PACKAGE}/server.py", *descriptors]
    start = f"{limits}sys.argv={arguments!r}\nsys.path[:0]=[{folder + '/lib'!r},{folder!r}]\n{_START}"
    threads = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL")}
    threads["JOBLIB_MULTIPROCESSING"] = "0"  # it would try to make a lock, and warn that it may not
    # Memory that was freed is kept, as it is in the grown heap of a process that has been running for a while.
    threads |= {"MALLOC_MMAP_THRESHOLD_": str(2**25), "MALLOC_TRIM_THRESHOLD_": str(2**29)}
    seed = {} if hash_seed is None else {"PYTHONHASHSEED": str(hash_seed)}
    process = subprocess.Popen(
        [*command, str(_INTERPRETER), "-s", "-P", "-S", "-B", "-c", start],
        env={**environment, **threads, "LANG": "C.UTF-8", **_kept(), **seed},
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        pass_fds=[*(sock.fileno() for sock in theirs), *([filter_fd] if filter_fd else [])],
        start_new_session=True,
        preexec_fn=ending_with_me() if mode != SANDBOX else None,  # noqa: PLW1509 (it takes no lock)
    )
    for sock in theirs:
        sock.close()
    if filter_fd:
        os.close(filter_fd)
    return ServerProcess(process, (ours[0], ours[1]), mode, owned)


@functools.cache
def _parts() -> dict[str, Path]:
    """All of the harness that a server has, by its place: sources, and what Python has compiled from them, where it may."""
    parts = {}
    for part in _PARTS:
        source = _HERE / f"{part}.py"
        compiled = Path(importlib.util.cache_from_source(str(source)))
        parts[f"{_PACKAGE}/{source.name}"] = source
        with contextlib.suppress(OSError):
            if not sys.dont_write_bytecode and not _is_newer(compiled, source):
                SourceFileLoader(source.stem, str(source)).get_code(source.stem)  # writes it, if it may
            if _is_newer(compiled, source):
                parts[f"{_PACKAGE}/{compiled.parent.name}/{compiled.name}"] = compiled
    return parts


def _is_newer(file: Path, other: Path) -> bool:
    return file.is_file() and file.stat().st_mtime >= other.stat().st_mtime


@functools.cache
def _can_seal_namespaces() -> bool:
    """Whether this bubblewrap can keep those inside from making namespaces of their own (0.8 and later)."""
    done = subprocess.run([shutil.which("bwrap") or "bwrap", "--help"], capture_output=True, text=True, check=False)
    return "--disable-userns" in done.stdout


def _filter_descriptor() -> int:
    """A descriptor from which the filter of system calls can be read; 0 where there is none for this machine."""
    program = seccomp_filter()
    if not program:
        return 0
    descriptor = os.memfd_create("seccomp")
    os.write(descriptor, program)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _kept() -> dict[str, str]:
    """What tells BLAS which processor it is on; another kernel gives other last digits than the suite's process has."""
    return {name: value for name, value in os.environ.items() if name.startswith("OPENBLAS_CORE")}


@functools.cache
def _isolation() -> list[str]:
    """The sandbox without what a server needs in it."""
    arguments = ["--unshare-all", "--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", "player"]
    arguments += ["--unshare-user", "--disable-userns"] if _can_seal_namespaces() else []
    if os.getuid() == 0:
        arguments += ["--uid", "65534", "--gid", "65534"]
    arguments += system_mounts(_INTERPRETER)
    # Read-only, or a process could have the kernel forget how much memory it had.
    arguments += ["--proc", "/proc", "--remount-ro", "/proc"]
    # Every folder in memory has a size, and `/dev` itself takes no files.
    arguments += ["--dev", "/dev", *_tmpfs("/dev/shm", SHM_MIB), "--remount-ro", "/dev"]
    return [*arguments, *_tmpfs("/tmp", TMP_MIB)]


def _tmpfs(path: str, size_mib: int) -> list[str]:
    return ["--size", str(size_mib * 2**20), "--tmpfs", path]
