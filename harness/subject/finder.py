"""Which file a suite tests, and how it gets in: `import mse as kata` is answered by the finder below, by nobody else.

The subject's imports are held to what its kata allows, once by reading the source and once while it runs. This is
help for honest people, who are told at once that scikit-learn would be cheating; it is not a defence against hostile code.
"""

from __future__ import annotations

import ast
import builtins
import hashlib
import importlib.util
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType
from typing import Any

from harness.core.errors import SubjectError
from harness.core.model import Kata
from harness.core.source_text import SourceTextError, decode_source
from harness.core.state import state_folder, write_atomically
from harness.subject import mistakes

LEARNER = "learner"
REFERENCE = "reference"

Names = Callable[[ModuleType, str], object]
"""Looks up a name of a subject that lives elsewhere, for the module that stands for it."""


@dataclass(frozen=True, slots=True)
class Subject:
    """The file that stands for a kata's module in one run."""

    kata: Kata
    choice: str
    """What was asked for: `learner`, `reference`, a path, or a mistake in a page."""
    file: Path


def resolve(kata: Kata, choice: str) -> Subject:
    """The subject that `choice` means for `kata`: the stub, the reference, or `mse.py` in a folder (or a file itself).

    `solutions/a01_mse/mistakes.md::sum_not_mean` is a named mistake, whose module is written into the state folder.
    Raises `SubjectError` when there is no such file.
    """
    if (mistake := mistakes.split_choice(choice)) is not None:
        return Subject(kata, choice, _written(kata, *mistake))
    if choice == LEARNER:
        file = kata.stub
        hint = f"git checkout -- {kata.slug}/{file.name} in katas/ brings the stub back"
    elif choice == REFERENCE:
        file = reference_folder(kata) / f"{kata.module}.py"
        hint = "a learners' edition has no references"
    else:
        given = Path(choice)
        file = given / f"{kata.module}.py" if given.is_dir() else given
        hint = "--subject takes learner, reference, a folder that holds the module, a file, or mistakes.md::NAME"
    if not file.is_file():
        raise SubjectError(f"{kata.slug}: there is no {file.name} to test in {file.parent}", hint=hint)
    return Subject(kata, choice, file.resolve())


def _written(kata: Kata, page: Path, name: str) -> Path:
    """The file of a mistake's module, which is named after its content, so that nobody ever sees it change."""
    source = mistakes.patched(page, mistakes.find(page, name)).encode()
    digest = hashlib.sha256(source).hexdigest()[:16]
    folder = state_folder(kata.folder.parent.parent) / "mistakes" / kata.slug / f"{name}-{digest}"
    file = (folder / f"{kata.module}.py").resolve()
    if not file.is_file() or file.read_bytes() != source:
        write_atomically(file, source)
    return file


def reference_folder(kata: Kata) -> Path:
    """Where the reference, the wrong and the also-right solutions of `kata` live."""
    return kata.folder.parent.parent / "solutions" / kata.slug


class SubjectFinder(MetaPathFinder):
    """Answers imports of subjects and of their katas' helper modules, before anything on `sys.path` can."""

    def __init__(self) -> None:
        self._files: dict[str, Path] = {}
        self._subjects: dict[str, Subject] = {}
        self.sources: dict[Path, bytes] = {}
        """Subject files as they were when they were read, so that one that deletes itself can be put back."""
        self.errors: dict[str, SubjectError] = {}
        """Subjects that did not import, by module name."""
        self.elsewhere: Callable[[Kata, str, str], Names] | None = None
        """Loads a subject (kata, source, file name) in another process; None to run it in this one."""
        self.stand_in: Names | None = None
        """Looks up names of subjects that nobody wants to run: their files are not even read."""
        self.helper: Callable[[Callable[..., Any], tuple[Any, ...], dict[str, Any]], Any] | None = None
        """Calls a function of a helper module where its subject is; None when that is this process."""
        self.each: Callable[[Callable[..., Any], Sequence[tuple[Any, ...]]], list[Any]] | None = None
        """Calls a function of the subject's again and again where that is; None when that is this process."""

    def add(self, subject: Subject) -> None:
        """Serve `subject` and its kata's helpers from now on. Raises `SubjectError` when the name is taken already."""
        name = subject.kata.module
        self._refuse_foreign(name, subject.file)
        self._subjects[name] = subject
        self._files[name] = subject.file
        for helper in subject.kata.helpers:
            file = subject.kata.folder / f"{helper}.py"
            self._refuse_foreign(helper, file)
            self._files[helper] = file

    def _refuse_foreign(self, name: str, file: Path) -> None:
        loaded = sys.modules.get(name)
        if loaded is None:
            return
        origin = getattr(loaded, "__file__", None)
        if origin is None or Path(origin).resolve() != file.resolve():
            raise SubjectError(
                f"the module {name} was imported from {origin or 'nowhere'} before the suite could ask for {file}",
                hint="a conftest.py or a plugin imports it; the suite refuses to test another file than it was told to",
            )

    def verify(self, subject: Subject) -> None:
        """Raise `SubjectError` unless the module in use came from the subject's file, through this finder."""
        name = subject.kata.module
        loaded = sys.modules.get(name)
        origin = getattr(loaded, "__file__", None)
        if loaded is not None and (origin is None or Path(origin) != subject.file):
            raise SubjectError(f"the suite imported {name} from {origin}, and not from {subject.file}")

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002 (the import system passes it)
        target: ModuleType | None = None,  # noqa: ARG002
    ) -> ModuleSpec | None:
        """The import system's question; None for every module that is no subject or helper."""
        file = self._files.get(fullname)
        if file is None:
            return None
        loader = _SubjectLoader(self, fullname, file, self._subjects.get(fullname))
        return importlib.util.spec_from_file_location(fullname, file, loader=loader)

    def forget(self) -> None:
        """Take the served modules out of `sys.modules` again."""
        for name, file in self._files.items():
            loaded = sys.modules.get(name)
            if loaded is not None and getattr(loaded, "__file__", None) == str(file):
                del sys.modules[name]

    def restore_deleted(self) -> list[Path]:
        """Write back each subject file that has vanished since it was read; returns the files."""
        restored = []
        for file, source in self.sources.items():
            if not file.exists():
                write_atomically(file, source)  # another process may read it just now
                restored.append(file)
        return restored


class _SubjectLoader(Loader):
    """Compiles from source each time (a stub is small, and nobody wants `__pycache__` in a kata folder)."""

    def __init__(self, finder: SubjectFinder, name: str, file: Path, subject: Subject | None) -> None:
        self._finder = finder
        self._name = name
        self._file = file
        self._subject = subject

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002 (the default module object will do)
        """Leave it to the import system."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run the source; whatever goes wrong becomes a `SubjectError` with a sentence and a line."""
        try:
            self._exec(module)
        except SubjectError as error:
            self._finder.errors[self._name] = error
            raise

    def _exec(self, module: ModuleType) -> None:
        if self._subject is not None and self._finder.stand_in is not None:
            module.__dict__["__getattr__"] = partial(self._finder.stand_in, module)
            return
        try:
            source = self._file.read_bytes()
        except OSError as error:
            raise SubjectError(f"{self._file.name} cannot be read: {error.strerror}") from error
        if self._subject is not None:
            self._finder.sources[self._file] = source
        try:
            # Compiling bytes would let wrong encodings in comments pass, which every other tool then stumbles over.
            text = decode_source(source)
            tree = ast.parse(text, filename=str(self._file))
            code = compile(tree, str(self._file), "exec", dont_inherit=True)
        except SourceTextError as error:
            hint = "save it as UTF-8, or declare its encoding in the first line: # coding: latin-1"
            raise SubjectError(f"{self._file.name} is not valid Python: it {error}", hint=hint) from error
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            raise _syntax_error(self._file, error) from error
        if self._subject is not None:
            for fault in forbidden_imports(tree, self._subject.kata):
                raise fault
            module.__dict__["__builtins__"] = _guarded_builtins(self._subject.kata, self._file.name)
        try:
            if self._subject is not None and self._finder.elsewhere is not None:
                names = self._finder.elsewhere(self._subject.kata, text, str(self._file))
                module.__dict__["__getattr__"] = partial(names, module)
            else:
                exec(code, module.__dict__)
        except KeyboardInterrupt:
            raise
        except SubjectError:
            raise
        except BaseException as error:  # sys.exit() at import must not end the session
            raise _import_failure(self._file, error) from error


def _syntax_error(file: Path, error: Exception) -> SubjectError:
    line = getattr(error, "lineno", None)
    reason = getattr(error, "msg", None) or str(error) or type(error).__name__
    place = f" in line {line}" if line else ""
    return SubjectError(f"{file.name} is not valid Python{place}: {reason}", line=line)


def _import_failure(file: Path, error: BaseException) -> SubjectError:
    line = line_in(error, file)
    place = f" (line {line})" if line else ""
    if isinstance(error, ModuleNotFoundError):
        return SubjectError(
            f"{file.name} imports {error.name}, which is not installed{place}",
            hint="remove the import, or install the library",
            line=line,
        )
    if isinstance(error, SystemExit):
        return SubjectError(
            f"{file.name} ends the program (sys.exit) while it is imported{place}",
            hint='put what should run on its own under `if __name__ == "__main__":`',
            line=line,
        )
    text = str(error).strip()
    reason = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return SubjectError(f"{file.name} cannot be imported: {reason}{place}", line=line)


def line_in(error: BaseException, file: Path) -> int | None:
    """The last line of `file` that the traceback of `error` went through."""
    line = None
    trace = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == str(file):
            line = trace.tb_lineno
        trace = trace.tb_next
    return line


def forbidden_imports(tree: ast.Module, kata: Kata) -> Iterator[SubjectError]:
    """One error for each import statement (or literal `import_module`) in `tree` that `kata` does not allow."""
    for node in ast.walk(tree):
        for name in _imported_names(node):
            refusal = refuse_import(name, kata)
            if refusal:
                line = getattr(node, "lineno", None)
                yield SubjectError(f"{kata.module}.py, line {line}: {refusal}", line=line)


def _imported_names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
        return [f"{node.module}.{alias.name}" for alias in node.names]
    if isinstance(node, ast.Call) and node.args:
        called = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        first = node.args[0]
        if (
            called in ("import_module", "__import__")
            and isinstance(first, ast.Constant)
            and isinstance(first.value, str)
        ):
            return [first.value]
    return []


def refuse_import(name: str, kata: Kata) -> str:
    """Why `kata` does not allow importing `name`; empty when it does."""
    top = name.split(".", 1)[0]
    for barred in kata.forbidden:
        if name == barred or name.startswith(f"{barred}."):
            return f"{barred} may not be used in {kata.slug}"
    if top in sys.stdlib_module_names or top in kata.imports or top in kata.helpers:
        return ""
    allowed = ", ".join(("the standard library", *kata.imports))
    return f"{top} may not be imported in {kata.slug}, which allows {allowed}"


def _guarded_builtins(kata: Kata, file_name: str) -> dict[str, object]:
    """Builtins for the subject alone, with an `__import__` that refuses at run time what the source check cannot see."""

    def guarded_import(
        name: str,
        globals: dict[str, object] | None = None,  # noqa: A002 (so __import__ is called)
        locals: dict[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        refusal = refuse_import(name, kata) if level == 0 else ""
        if refusal:
            raise SubjectError(f"{file_name}: {refusal}")
        return builtins.__import__(name, globals, locals, fromlist or (), level)

    return {**vars(builtins), "__import__": guarded_import}
