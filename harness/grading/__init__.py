"""Grading a cohort: submissions, results, exports, one machine or several."""
