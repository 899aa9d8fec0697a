"""A mock interview: selection of katas, clock, questions, scores, report."""
