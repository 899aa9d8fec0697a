"""What of the host a sandbox shows: shared libraries, one interpreter and its standard library, and nothing that was installed.

Packages stand beside the standard library (`site-packages`, `dist-packages`) or below other folders of the prefix, and a
submission can put any folder on `sys.path`. So neither a prefix nor `/usr` is mounted: of the prefix there are the
interpreter, the shared libraries of its `lib` and the standard library, of which everything else is covered.
"""

from __future__ import annotations

import functools
import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

_ASK = "import json,sys; print(json.dumps([sys.path,sorted(sys.stdlib_module_names)]))"
_STANDARD_FOLDERS = ("lib-dynload", "__pycache__")
"""Extension modules and compiled ones; with the prefixes, what is not a module by name."""
_STANDARD_PREFIXES = ("_sysconfigdata", "config-", "__hello__", "__phello__")
_MODULE_SUFFIXES = (".py", ".pyc", ".so", ".zip", ".egg", ".pth")
_FILES = ("/etc/ld.so.cache", "/etc/localtime", "/etc/alternatives", "/usr/share/zoneinfo", "/usr/lib/locale")
"""What libraries look up by fixed paths: where libraries are, time zones, locales. `alternatives` has links to BLAS."""


class StandardLibrary(NamedTuple):
    """The standard library of an interpreter."""

    folders: tuple[Path, ...]
    """None is in another."""
    names: frozenset[str]
    """Its modules."""

    def foreign(self) -> list[Path]:
        """What is in its folders and can be imported, but is not a part of it: first of all `site-packages`."""
        return sorted(entry for folder in self.folders for entry in folder.iterdir() if self._is_foreign(entry))

    def _is_foreign(self, entry: Path) -> bool:
        stem = entry.name.split(".", 1)[0]
        is_standard = stem in self.names or entry.name in _STANDARD_FOLDERS or stem.startswith(_STANDARD_PREFIXES)
        if is_standard or entry.is_symlink():  # what links lead to is not mounted
            return False
        return entry.is_dir() or entry.suffix in _MODULE_SUFFIXES


def base_interpreter() -> Path:
    """The interpreter behind this process, behind its virtual environment where it is in one."""
    return Path(getattr(sys, "_base_executable", None) or sys.executable).resolve()


@functools.cache
def standard_library(interpreter: Path) -> StandardLibrary:
    """As the interpreter itself says, without its site. Raises `OSError` or `CalledProcessError` when it does not run."""
    done = subprocess.run(
        [interpreter, "-I", "-S", "-c", _ASK], capture_output=True, text=True, check=True, env={}, timeout=30
    )
    path, names = json.loads(done.stdout)
    folders = [folder for folder in map(Path, path) if folder.is_dir()]
    outer = [folder for folder in folders if not any(parent in folders for parent in folder.parents)]
    return StandardLibrary(tuple(outer), frozenset(names))


def system_mounts(interpreter: Path) -> list[str]:
    """Arguments of bubblewrap that mount what `interpreter` runs on, read-only. Raises as `standard_library`."""
    library = standard_library(interpreter)
    arguments = _shared_libraries(library)
    for file in _FILES:
        arguments += ["--ro-bind-try", file, file]
    beside = sorted((interpreter.parent.parent / "lib").glob("*.so*"))
    if interpreter.parent.parent != Path("/usr"):
        arguments += _bind(file for file in beside if file.is_file())
    arguments += _bind([interpreter, *library.folders])
    return [*arguments, *_cover(library.foreign())]


def _shared_libraries(library: StandardLibrary) -> list[str]:
    """The system's shared libraries. Debian has them in folders of their own, others among all else."""
    arguments: list[str] = []
    own_folders = [folder for folder in sorted(Path("/usr/lib").glob("*-linux-gnu*")) if folder.is_dir()]
    folders = [Path(f"/usr/{name}") for name in ("lib", "lib32", "lib64")]
    if own_folders:
        folders = [*own_folders, *folders[1:]]
    for folder in folders:
        if folder.is_dir() and not folder.is_symlink():
            arguments += _bind([folder])
            arguments += _cover(_python_folders(folder, library))
        elif folder.is_symlink():
            arguments += ["--symlink", str(folder.readlink()), str(folder)]
    for path in map(Path, ("/lib", "/lib32", "/lib64")):
        if path.is_symlink():
            arguments += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            arguments += _bind([path])
            arguments += _cover(_python_folders(path, library))
    return arguments


def _python_folders(folder: Path, library: StandardLibrary) -> list[Path]:
    """Folders of modules of Python among shared libraries; not the standard library, which is covered by itself."""
    found = {*folder.glob("python*"), *folder.glob("pypy*")}
    found |= {path for kind in ("site", "dist") for path in folder.glob(f"*/{kind}-packages")}
    holders = {parent for standard in library.folders for parent in (standard, *standard.parents)}
    covered = [path for path in sorted(found) if path.is_dir() and not path.is_symlink() and path not in holders]
    return [path for path in covered if not any(parent in covered for parent in path.parents)]


def _bind(paths: Iterable[Path]) -> list[str]:
    return [part for path in paths for part in ("--ro-bind", str(path), str(path))]


def _cover(paths: Iterable[Path]) -> list[str]:
    """Empty folders and files over these."""
    arguments: list[str] = []
    for path in paths:
        if path.is_dir():
            arguments += ["--size", "4096", "--tmpfs", str(path), "--remount-ro", str(path)]
        else:
            arguments += ["--ro-bind", "/dev/null", str(path)]
    return arguments
