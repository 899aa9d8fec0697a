"""Modules of `harness.suite` that run where the subject is, for the suites that use them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from harness.core.model import Kata
from harness.suite import stepping, threads

SHARED_MODULES = tuple(str(module.__name__) for module in (threads, stepping))
_FILES = tuple(Path(str(module.__file__)) for module in (threads, stepping))
_NAMES = r"(concurrency|threads|stepping)\b"
_USES = re.compile(rf"^\s*(from|import) harness\.suite(\.{_NAMES}| import .*\b{_NAMES})", re.MULTILINE)


def shared_sources(kata: Kata, helpers: Iterable[str]) -> dict[str, str]:
    """The sources of these modules by name, none when neither a suite nor a helper of the kata (its source) imports one."""
    suites = (path.read_text(encoding="utf-8") for path in sorted(kata.folder.glob("test_*.py")))
    if not any(_USES.search(text) for text in (*helpers, *suites)):
        return {}
    texts = (file.read_text(encoding="utf-8") for file in _FILES)
    return dict(zip(SHARED_MODULES, texts, strict=True))
