"""Whose commands are whose: what a learners' edition refuses, and what it does not speak of."""

from __future__ import annotations

AUTHORS = ("audit", "mutate", "new", "release", "stamp")
"""They need solutions, or make them; an edition refuses them."""
INSTRUCTORS = ("cohort", "export", "grade", "mark", "regrade", "similarity")
"""They work in an edition, too, and are of no use to learners."""
