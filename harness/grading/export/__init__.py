"""A graded cohort as pages, tables and files that other programs import. Pure: a `Cohort` in, text out."""
