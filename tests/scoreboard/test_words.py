"""Words that several renderers share."""

from __future__ import annotations

from harness.core.model import Band, Figure, FigureKind, Outcome, TestResult
from harness.scoreboard.render.words import figure_texts


def measured(name: str, text: str) -> TestResult:
    figure = Figure(FigureKind.RACE, "the loop", 64.0, 20.0, text)
    return TestResult(name, Band.SPEED, Outcome.PASSED, figures=(figure,))


def test_several_measurements_say_what_was_measured_and_a_single_one_need_not() -> None:
    loss, jacobian = measured("test_loss_is_vectorised", "64x"), measured("test_jacobian[large]", "49x")
    assert figure_texts([loss]) == ("64x",)
    assert figure_texts([loss, jacobian]) == ("loss is vectorised: 64x", "jacobian: 49x")
    assert figure_texts([]) == ()
