"""How learning platforms name the files of a bulk download.

Moodle ("Download all submissions") writes `<full name>_<participant>_assignsubmission_file_<file>`, or a folder that is
named like that without the file. Canvas ("Download submissions") writes `<name>[_LATE]_<user>_<attachment>_<file>`, the name
in small letters without spaces, or `anon_<code>` in its place when grading is anonymous. Blackboard ("Assignment File Download")
writes `<assignment>_<user>_attempt_<time>_<file>`; Moodle's VPL has a folder `<time>` for each attempt.
"""

from __future__ import annotations

import contextlib
import re
from dataclasses import dataclass
from datetime import datetime

from harness.sources.layout import is_hidden

_MOODLE = re.compile(r"(?P<who>.+?)(?:_(?P<id>\d+))?_assignsubmission_(?P<plugin>[a-z]+)(?:_(?P<file>.*))?", re.DOTALL)
_CANVAS = re.compile(r"(?P<who>.+?)(?:_(?:LATE|late))?_(?P<id>\d+)_\d+_(?P<file>.+)", re.DOTALL)
_CANVAS_ANONYMOUS = re.compile(r"(?:LATE_|late_)?anon_(?P<id>[A-Za-z0-9]+)_\d+_(?P<file>.+)", re.DOTALL)
_TIME = r"\d{4}(?:-\d\d){5}"
_BLACKBOARD = re.compile(rf"(?:.*_)?(?P<who>[^_]+)_attempt_{_TIME}(?:_(?P<file>.+)|\.txt)?", re.DOTALL)
_TIMES = re.compile(rf"(?:^|[_/]){_TIME}(?=[_/.]|$)")
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
    """`moodle`, `canvas`, `blackboard`, or empty."""
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
    match = _BLACKBOARD.fullmatch(top)
    if match:
        return Part(f"blackboard-{match['who']}", match["who"], match["who"], "blackboard", match["file"] or "")
    match = _CANVAS_ANONYMOUS.fullmatch(top)
    if match:
        return Part(f"canvas-{match['id']}", f"anon {match['id']}", "", "canvas", _COPY.sub("", match["file"]))
    match = _CANVAS.fullmatch(top)
    if match:
        return Part(f"canvas-{match['id']}", match["who"], match["id"], "canvas", _COPY.sub("", match["file"]))
    if top.lower().endswith(".zip"):
        return Part(top, top[: -len(".zip")], "", "", top)
    return None


def time_in(path: str) -> float | None:
    """When a platform says that something was handed in, by a time such as `2026-11-30-23-59-12` in its path.

    Seconds since the epoch; platforms write their own local time, which is taken for this machine's. None when there is no time.
    """
    times = []
    for found in _TIMES.finditer(path):
        with contextlib.suppress(ValueError, OverflowError, OSError):
            times.append(datetime.strptime(found[0].strip("_/"), "%Y-%m-%d-%H-%M-%S").timestamp())
    return max(times, default=None)


def is_said_to_be_late(path: str) -> bool:
    """Whether Canvas has named a file of a bulk download as late; it does not say how late."""
    return re.match(r"(?:[^/]+_)?LATE_(?:anon_)?\w+?_\d+_", path) is not None
