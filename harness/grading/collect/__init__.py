"""From a roster to submissions: stub files are read as bytes, and nothing of a learner's is ever run or checked out."""

from __future__ import annotations

from harness.grading.collect.gather import collect
from harness.grading.collect.roster import read_roster
from harness.sources.entry import RosterError, clean

__all__ = ["RosterError", "clean", "collect", "read_roster"]
