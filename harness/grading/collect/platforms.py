"""How learning platforms name the files of a bulk download.

Moodle ("Download all submissions") writes `<full name>_<participant>_assignsubmission_file_<file>`, or a folder that is
named like that without the file. Canvas ("Download submissions") writes `<name>[_LATE]_<user>_<attachment>_<file>`, the name
in small letters without spaces, or `anon_<code>` in its place when grading is anonymous.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from harness.sources.layout import is_hidden

_MOODLE = re.compile(r"(?P<who>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL)
_CANVAS = re.compile(r"(?P<who>.+?)(?:_(?:LATE|late))?_(?P<id>\d+)_\d+_(?P<file>.+)", re.DOTALL)
_CANVAS_ANONYMOUS = re.compile(r"(?:LATE_|late_)?anon_(?P<id>[A-Za-z0-9]+)_\d+_(?P<file>.+)", re.DOTALL)
_COPY = re.compile(r"-\d+(?=\.(?:py|zip)$)")
"""What Canvas adds to the name of a file that is handed in again."""


@dataclass(frozen=True, slots=True)
class Part:
    """A file or folder of a collection of submissions, and whose it is."""

    key: str
    """Tells the learners of one collection apart: `moodle-12`, `canvas-34`, `name/` or `name.zip`."""
    who: str
    """The name, as the platform or the folder has it."""
    id: str
    """The platform's number of the learner; empty when there is none."""
    platform: str
    """`moodle`, `canvas`, or empty."""
    rest: str
    """The path within what the learner handed in; empty for the top itself."""


def part_of(path: str) -> Part | None:
    """What `path`, from the top of a collection, is a part of; a folder ends with `/`. None when that is nobody's."""
    top, slash, below = path.removeprefix("./").partition("/")
    if not top or top == ".." or is_hidden(top):
        return None
    match = _MOODLE.fullmatch(top)
    if match:
        key = f"moodle-{match['id'] or match['who']}"
        rest = below if slash else match["file"] or ""
        return Part(key, match["who"], match["id"] or "", "moodle", rest if match["plugin"] == "file" else "")
    if slash:
        return Part(f"{top}/", top, "", "", below)
    match = _CANVAS_ANONYMOUS.fullmatch(top)
    if match:
        return Part(f"canvas-{match['id']}", f"anon {match['id']}", "", "canvas", _COPY.sub("", match["file"]))
    match = _CANVAS.fullmatch(top)
    if match:
        return Part(f"canvas-{match['id']}", match["who"], match["id"], "canvas", _COPY.sub("", match["file"]))
    if top.lower().endswith(".zip"):
        return Part(top, top[: -len(".zip")], "", "", top)
    return None
