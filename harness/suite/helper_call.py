"""The process that `harness.suite.second_process` starts: reads a call of a helper's function from stdin, makes it, and
writes its result on stdout. `python -m harness.suite.helper_call`.
"""

from __future__ import annotations

import importlib
import json
import os
import sys
from pathlib import Path

from harness.catalog.load import load_kata
from harness.subject.finder import SubjectFinder
from harness.subject.resolve import resolve


def main() -> None:
    """Serve the subject, call the function, write its result as JSON."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)  # what the subject prints must not mix with the answer
    job = json.load(sys.stdin)
    finder = SubjectFinder()
    finder.add(resolve(load_kata(Path(job["suite"]).parent), job["choice"]))
    sys.meta_path.insert(0, finder)
    function = getattr(importlib.import_module(job["module"]), job["function"])
    json.dump(function(*job["args"]), answers)
    answers.close()


if __name__ == "__main__":
    main()
