"""From a roster to submissions: stub files are read as bytes, and nothing of a learner's is ever run or checked out."""

from __future__ import annotations

from harness.cohort.collect.entry import RosterError, clean
from harness.cohort.collect.gather import collect
from harness.cohort.collect.roster import read_roster

__all__ = ["RosterError", "clean", "collect", "read_roster"]
