"""What collecting a cohort gives to grading: learners, submissions, refusals. Frozen data, no I/O."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Learner:
    """One row of the roster."""

    name: str
    """As the instructor wrote it; unique."""
    slug: str
    """Safe in a file system, unique, stable: used in file names."""
    source: str
    """Folder, zip, or git URL or path."""
    ref: str = ""
    """Git ref; empty is HEAD."""
    group: str = ""
    email: str = ""
    """An optional column of the roster, used by exports when it is there."""
    identifiers: Mapping[str, str] = field(default_factory=dict)
    """Other columns of the roster (canvas id, sis id, ...), by column name."""
    due: float | None = None
    """When this learner's work is due, whatever the katas say, seconds since the epoch; a column of the roster."""
    submitted: float | None = None
    """When it was handed in, where the roster says so."""


@dataclass(frozen=True, slots=True)
class Submission:
    """One kata of one learner."""

    learner: str
    """Slug of the learner."""
    kata: str
    """Slug of the kata, `a01_mse`."""
    source: bytes
    """The stub file's bytes, at most 1 MiB."""
    remark: str = ""
    """A sentence when something about it is remarkable: that it was taken under another name."""
    submitted: float | None = None
    """When it was handed in, seconds since the epoch; None when neither git nor the platform says."""

    @property
    def sha256(self) -> str:
        """Hash of the source."""
        return hashlib.sha256(self.source).hexdigest()

    @property
    def ticket(self) -> SubmissionInfo:
        """What stands for it once its source is kept elsewhere."""
        return SubmissionInfo(self.learner, self.kata, self.sha256)


@dataclass(frozen=True, slots=True)
class SubmissionInfo:
    """A submission without its source: what is held of each while thousands are graded."""

    learner: str
    kata: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something of a learner could not be taken; grading goes on with the others."""

    learner: str
    """Slug of the learner."""
    kata: str
    """Slug of the kata; empty means everything of that learner."""
    sentence: str
