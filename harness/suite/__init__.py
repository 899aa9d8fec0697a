"""Everything that the suites of katas import: checks, strategies, speed fixtures, batched calls."""
