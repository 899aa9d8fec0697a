"""`kata release --gradescope`: an autograder for Gradescope, a zip of the edition and of what runs it there.

The format: https://gradescope-autograders.readthedocs.io/en/latest/specs/.
"""

from __future__ import annotations

import io
import zipfile
from importlib.resources import files
from pathlib import Path

from harness.core.state import write_atomically
from harness.edition.manifest import EditionError
from harness.edition.release import Edition

_SCRIPTS = ("setup.sh", "run_autograder")
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""The date of all files, so that the same content gives the same bytes."""


def write_autograder(edition: Edition, target: Path, hold_out: Path | None) -> None:
    """Write the zip, with the suites of `hold_out` in it. Raises `EditionError` when it cannot be written."""
    if target.suffix != ".zip":
        raise EditionError(
            f"{target} is not the name of a zip", hint="an autograder is one: kata release --gradescope OUT.zip"
        )
    if target.exists():
        raise EditionError(f"{target} is there already", hint="name a file that is not there yet")
    found = dict(edition.files)
    if hold_out is not None:
        suites = (path for path in sorted(hold_out.rglob("*.py")) if path.is_file())
        found |= {f"hold_out/{path.relative_to(hold_out).as_posix()}": path.read_bytes() for path in suites}
    scripts = files("harness.edition").joinpath("templates/gradescope")
    found |= {name: scripts.joinpath(name).read_bytes() for name in _SCRIPTS}
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, content in sorted(found.items()):
            entry = zipfile.ZipInfo(path, _EARLIEST)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o100755 if path in _SCRIPTS else 0o100644) << 16
            archive.writestr(entry, content)
    try:
        write_atomically(target, data.getvalue())
    except OSError as error:
        raise EditionError(f"{target} cannot be written: {error.strerror or error}") from error
