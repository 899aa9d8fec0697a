"""The harness around the katas: run them, tally the reports, show the scoreboard.

The root stays empty on purpose: `kata scoreboard` must answer before NumPy or pytest could even load,
so nothing may be imported just because the package is.
"""
