"""The former name of `harness.plugin.hooks`, for environments that were installed before it was renamed."""

from harness.plugin.hooks import (
    elsewhere,
    growth,
    memory,
    pytest_addoption,
    pytest_configure,
    pytest_unconfigure,
    race,
    second_process,
)

__all__ = [
    "elsewhere",
    "growth",
    "memory",
    "pytest_addoption",
    "pytest_configure",
    "pytest_unconfigure",
    "race",
    "second_process",
]
