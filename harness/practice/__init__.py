"""The practice loop: what to do next, hints, submissions, resets."""
