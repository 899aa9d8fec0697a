"""Benchmarks: commands that measure the harness and print a table."""
