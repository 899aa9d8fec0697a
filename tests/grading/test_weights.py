"""Weights come from the command line and from a TOML file; what cannot be used is a sentence that says where it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.core.model import Band
from harness.grading.weights import DEFAULT, Weights, WeightsError, parse_option, read_weights, with_option

SLUGS = ("a01_mse", "b01_knn")


def test_a_kata_s_table_wins_over_the_option_and_that_over_the_general_table(tmp_path: Path) -> None:
    file = tmp_path / "weights.toml"
    file.write_text("[default]\nlaw = 5\nedge = 0\n[a01_mse]\nspeed = 7.5\nexample = 0\n")
    weights = Weights(with_option(read_weights(file, SLUGS), parse_option("law=6, example=2")))
    assert weights.of("b01_knn") == {Band.EXAMPLE: 2, Band.LAW: 6, Band.EDGE: 0, Band.SPEED: 2}
    assert weights.of("a01_mse") == {Band.EXAMPLE: 0, Band.LAW: 6, Band.EDGE: 0, Band.SPEED: 7.5}


def test_without_a_file_and_an_option_the_defaults_hold(tmp_path: Path) -> None:
    tables = with_option(read_weights(tmp_path / "weights.toml", SLUGS), parse_option(""))
    assert tables == {}
    assert Weights(tables).of("a01_mse") == DEFAULT


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("laws=1", "there is no band 'laws'"),
        ("law", "'law' is not BAND=NUMBER"),
        ("law=much", "'much' is not a number"),
        ("law=-1", "the weight of law is -1.0, expected a number that is at least 0"),
        ("law=nan", "the weight of law is nan"),
        ("law=inf", "the weight of law is inf"),
        ("law=1,law=2", "law is there twice"),
        ("example=0,law=0,edge=0,speed=0", "every band has the weight 0"),
    ],
)
def test_an_option_that_cannot_be_used_is_a_sentence(text: str, sentence: str) -> None:
    with pytest.raises(WeightsError) as caught:
        parse_option(text)
    assert str(caught.value).startswith("--weights: ")
    assert sentence in str(caught.value)


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"[default", "is not valid TOML"),
        (b"\xff", "is not valid TOML"),
        (b"law = 1", "law is not in a table"),
        (b"[a1_mse]\nlaw = 1", "there is no kata 'a1_mse'"),
        (b"[a01_mse]\nlaws = 1", "[a01_mse]: there is no band 'laws'"),
        (b"[a01_mse]\nlaw = '1'", "[a01_mse]: the weight of law is '1'"),
        (b"[default]\nlaw = true", "[default]: the weight of law is True"),
    ],
)
def test_a_file_that_cannot_be_used_is_a_sentence(tmp_path: Path, content: bytes, sentence: str) -> None:
    file = tmp_path / "weights.toml"
    file.write_bytes(content)
    with pytest.raises(WeightsError) as caught:
        read_weights(file, SLUGS)
    assert str(caught.value).startswith(str(file))
    assert sentence in str(caught.value)
