"""Placeholders for a subject that is not run."""

from __future__ import annotations

import sys

import pytest

from harness.subject.placeholder import placeholder


def test_a_placeholder_has_every_name_except_special_ones() -> None:
    with pytest.raises(AttributeError):
        placeholder(sys, "__path__")

    class Model(placeholder(sys, "Model")):  # type: ignore[misc]
        pass

    assert Model.__mro__ == (Model, object)
    assert placeholder(sys, "mse").__name__ == "mse"
