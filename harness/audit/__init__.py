"""The authors' gate: everything that is wrong with katas, their suites and solutions."""
