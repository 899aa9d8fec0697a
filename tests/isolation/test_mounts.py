"""A sandbox has an interpreter and its standard library, the allowed packages, and nothing else of Python."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from harness.isolation.mounts import (
    StandardLibrary,
    _python_folders,
    base_interpreter,
    standard_library,
    system_mounts,
)
from harness.isolation.sandbox import SANDBOX, sandbox_problem

from checkout import ROOT
from remote_subjects import loaded

pytestmark = pytest.mark.skipif(bool(sandbox_problem()), reason=sandbox_problem() or "there is a sandbox")

INSTALLED = ("site-packages", "dist-packages", ".")
"""Where somebody may have put a package, below the folder of the standard library."""
VERSION = f"python{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture(scope="module")
def prefix(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter as pyenv and uv lay it out, in which more is installed than the standard library."""
    real, folder = base_interpreter(), tmp_path_factory.mktemp("installed") / "prefix"
    if real.parent.parent == Path("/usr"):
        pytest.skip("an interpreter of the system cannot be moved")
    standard = standard_library(real).folders[0]
    link = functools.partial(_link_or_copy)
    shutil.copytree(
        standard,
        folder / "lib" / VERSION,
        copy_function=link,
        ignore=shutil.ignore_patterns("site-packages", "dist-packages", "__pycache__", "test", "idlelib", "config-*"),
    )
    (folder / "bin").mkdir()
    shutil.copy2(real, folder / "bin" / VERSION)
    for library in (real.parent.parent / "lib").glob("*.so*"):
        shutil.copy2(library, folder / "lib" / library.name)
    for place in INSTALLED:
        package = folder / "lib" / VERSION / place / f"installed_in_{place.replace('-', '_').replace('.', 'the_open')}"
        package.mkdir(parents=True)
        (package / "__init__.py").write_text("", encoding="utf-8")
    (folder / "lib" / VERSION / "single_file.py").write_text("", encoding="utf-8")
    other = folder / "lib" / "python3" / "dist-packages" / "installed_as_in_debian"
    other.mkdir(parents=True)
    (other / "__init__.py").write_text("", encoding="utf-8")
    return folder


def _link_or_copy(source: str, destination: str) -> None:
    try:
        os.link(source, destination)
    except OSError:
        shutil.copy2(source, destination)


def python(interpreter: Path, code: str) -> str:
    """What `code` prints in a sandbox of that interpreter."""
    command = ["bwrap", "--unshare-all", *system_mounts(interpreter), "--dev", "/dev", "--", str(interpreter), "-S"]
    environment = {"LD_LIBRARY_PATH": str(interpreter.parent.parent / "lib")}  # it knows its library by another prefix
    done = subprocess.run([*command, "-c", code], capture_output=True, text=True, check=False, env=environment)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


WALK = """
import os, sys
found = []
for folder, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/dev", "/sys")]
    found += [os.path.join(folder, name) for name in files if name.endswith((".py", ".so", ".pyc", ".pth", ".egg"))]
"""


def test_nothing_that_was_installed_is_in_the_prefix(prefix: Path) -> None:
    interpreter = prefix / "bin" / VERSION
    code = f"""
import importlib, os, sys
sys.path += [os.path.join({str(prefix)!r}, "lib", place) for place in (
    {VERSION!r}, {VERSION + "/site-packages"!r}, {VERSION + "/dist-packages"!r}, "python3/dist-packages")]
for name in ("installed_in_site_packages", "installed_in_dist_packages", "installed_in_the_open",
             "installed_as_in_debian", "single_file"):
    try:
        print(importlib.import_module(name).__file__ or "", end="")  # an empty folder is a module without a file
    except ImportError:
        pass
import ctypes, json, sqlite3, ssl, zlib, decimal, statistics, dataclasses, lzma, bz2, hashlib  # these there are
"""
    assert python(interpreter, code) == ""


def test_the_same_interpreter_sees_its_packages_outside(prefix: Path) -> None:
    code = "import installed_in_site_packages, installed_in_the_open, single_file"
    done = subprocess.run([prefix / "bin" / VERSION, "-c", code], check=False, env={}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("options", [[], ["--copies"]], ids=["links", "copies"])
def test_behind_an_environment_is_the_interpreter_that_it_was_made_of(
    prefix: Path, tmp_path: Path, options: list[str]
) -> None:
    made = [str(prefix / "bin" / VERSION), "-m", "venv", "--without-pip", *options, str(tmp_path / "environment")]
    subprocess.run(made, check=True, env={})
    code = "from harness.isolation.mounts import base_interpreter; print(base_interpreter())"
    for interpreter in (prefix / "bin" / VERSION, tmp_path / "environment" / "bin" / "python"):
        done = subprocess.run(
            [interpreter, "-c", code], capture_output=True, text=True, check=True, env={"PYTHONPATH": str(ROOT)}
        )
        assert Path(done.stdout.strip()) == prefix / "bin" / VERSION


@pytest.mark.parametrize("path", ["/usr/bin/python3", "/usr/local/bin/python3"])
def test_an_interpreter_of_the_system_has_its_standard_library_alone(path: str) -> None:
    interpreter = Path(path).resolve()
    if not interpreter.exists():
        pytest.skip(f"there is no {path}")
    folders = standard_library(interpreter).folders
    code = f"""{WALK}
tops = {tuple(map(str, folders))!r}
names = sys.stdlib_module_names
print([path for path in found if not path.startswith(tops) and not path.endswith(".so")])
import ctypes, json, sqlite3, ssl, zlib, decimal  # these there are
"""
    assert python(interpreter, code) == "[]"
    code = "import sys; sys.path += ['/usr/lib/python3/dist-packages', '/usr/local/lib/python3/dist-packages']; "
    code += "import os; print([os.listdir(path) for path in sys.path if 'packages' in path and os.path.exists(path)])"
    assert python(interpreter, code) == "[]"


def test_a_player_has_no_module_but_those_of_the_standard_library_and_the_allowed_packages(tmp_path: Path) -> None:
    source = f"""
def walk():
{"".join(f"    {line}" for line in WALK.splitlines(keepends=True))}
    return found

def try_import(name, folders):
    import importlib, sys
    sys.path += folders
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True
"""
    standard = standard_library(base_interpreter())
    with loaded(source, SANDBOX, tmp_path) as subject:
        found = [Path(path) for path in subject.walk()]
        installed = [str(folder / "site-packages") for folder in standard.folders]
        installed += [str(path) for path in map(Path, sys.path) if path.name.endswith("-packages")]
        for name in ("sci" + "py.spatial.distance", "pytest", "_pytest", "hypothesis", "harness"):
            assert not subject.try_import(name, installed)
    assert found
    tops = (*map(str, standard.folders), "/player/")
    elsewhere = [path for path in found if not str(path).startswith(tops) and path.suffix != ".so"]
    assert elsewhere == []
    assert not [path for path in found if {"site-packages", "dist-packages"} & set(path.parts)]


def test_folders_of_python_among_shared_libraries_are_covered_but_not_the_standard_library(tmp_path: Path) -> None:
    for name in (
        "python3/dist-packages",
        "python3.11/site-packages",
        "pypy3/dist-packages",
        "other/site-packages",
        "gcc",
    ):
        (tmp_path / name).mkdir(parents=True)
    standard = StandardLibrary((tmp_path / "python3.11",), frozenset())
    covered = {str(path.relative_to(tmp_path)) for path in _python_folders(tmp_path, standard)}
    assert covered == {"python3", "python3.11/site-packages", "pypy3", "other/site-packages"}
