"""How a subject gets into its suite: `import mse as kata` is answered by the finder below, before anything on `sys.path`."""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Sequence
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from pathlib import Path
from types import ModuleType

from harness.core.errors import SubjectError
from harness.core.state import write_atomically
from harness.subject.host import LocalHost, SubjectHost
from harness.subject.program import Program, compile_program, import_failure, read_source
from harness.subject.resolve import Subject


class SubjectFinder(MetaPathFinder):
    """Answers imports of subjects and of their katas' helper modules, before anything on `sys.path` can."""

    def __init__(self, host: SubjectHost | None = None) -> None:
        """`host` runs the subjects; they run in this process when it is None."""
        self.host: SubjectHost = host or LocalHost()
        self._files: dict[str, Path] = {}
        self._subjects: dict[str, Subject] = {}
        self.sources: dict[Path, bytes] = {}
        """Subject files as they were when they were read, so that one that deletes itself can be put back."""
        self.errors: dict[str, SubjectError] = {}
        """Subjects that did not import, by module name."""

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

    def subject_modules(self) -> tuple[str, ...]:
        """The names by which suites import the subjects."""
        return tuple(self._subjects)

    def bind(self, subject: Subject) -> None:
        """Run `subject` in the module that its suite has imported with placeholders. Raises `SubjectError` as an import would."""
        name = subject.kata.module
        module = sys.modules.pop(name)  # it came from another file, which `add` would refuse
        self.add(subject)
        sys.modules[name] = module
        module.__dict__.pop("__getattr__", None)
        importlib.reload(module)

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
        """The import system's question; None for every other module than a subject or a helper."""
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
    """Compiles from source each time: a stub is small, and a kata folder should have no `__pycache__`."""

    def __init__(self, finder: SubjectFinder, name: str, file: Path, subject: Subject | None) -> None:
        """`subject` is None for a helper module, which suite and subject share."""
        self._finder = finder
        self._name = name
        self._file = file
        self._subject = subject

    def create_module(self, spec: ModuleSpec) -> ModuleType | None:  # noqa: ARG002 (the default module object will do)
        """Leave it to the import system."""
        return None

    def exec_module(self, module: ModuleType) -> None:
        """Run the source; anything that goes wrong becomes a `SubjectError` with a sentence and a line."""
        try:
            self._exec(module)
        except KeyboardInterrupt:
            raise
        except SubjectError as error:
            self._finder.errors[self._name] = error
            raise
        except BaseException as error:  # sys.exit() at import must not end the session
            failure = self._finder.errors[self._name] = import_failure(self._file, error)
            raise failure from error

    def _exec(self, module: ModuleType) -> None:
        if self._subject is not None:
            self._finder.host.load(self._subject, module, self._read)
        else:
            exec(self._read().code, module.__dict__)

    def _read(self) -> Program:
        source = read_source(self._file)
        if self._subject is None:
            return compile_program(self._file, source)
        self._finder.sources[self._file] = source
        return compile_program(self._file, source, self._subject.kata)
