"""A kata is to be written unless its kata.toml says that it is to be debugged; only then there are planted faults."""

from __future__ import annotations

import pytest

from harness.catalog.load import load_catalog, load_kata
from harness.core.model import KataKind, PlantedFault

from checkout import Checkout


def test_a_kata_is_to_be_written_by_default(checkout: Checkout) -> None:
    kata = load_kata(checkout.add("a01_double"))
    assert (kata.kind, kata.faults) == (KataKind.WRITE, ())


def test_a_debug_kata_has_the_faults_of_its_table_in_order(checkout: Checkout) -> None:
    toml = 'kind = "debug"\n[faults]\nfault_2 = ["test_b"]\nfault_1 = ["test_a", "test_c"]\n'
    kata = load_kata(checkout.add("a01_double", toml=toml))
    assert kata.kind is KataKind.DEBUG
    assert kata.faults == (PlantedFault("fault_2", ("test_b",)), PlantedFault("fault_1", ("test_a", "test_c")))


@pytest.mark.parametrize(
    ("toml", "sentence"),
    [
        ('kind = "read"\n', "is not complete: Invalid enum value 'read'"),
        ('[faults]\nfault_1 = ["test_a"]\n', '[faults] is for a kata of kind = "debug"'),
        ('kind = "debug"\nfaults = 3\n', "is not complete"),
    ],
)
def test_what_is_no_kind_or_has_faults_without_it_is_not_usable(checkout: Checkout, toml: str, sentence: str) -> None:
    checkout.add("a01_double", toml=toml)
    (fault,) = load_catalog(checkout.root).faults
    assert sentence in fault.sentence
