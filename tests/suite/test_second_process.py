"""The fixture that calls a helper in a new process."""

from __future__ import annotations

from checkout import Checkout


def test_second_process_calls_the_subject_in_a_new_process_with_another_hash_seed(checkout: Checkout) -> None:
    suite = """
    import pytest
    import {module} as kata
    from harness.suite import check

    @pytest.mark.law
    def test_hash(second_process):
        check.equal(second_process("asker", "ask", "user-7", hash_seed=1), second_process("asker", "ask", "user-7", hash_seed=2),
                    asked="the same in two processes", mistakes={{}}, hint="hash() differs from process to process")
    """
    folder = checkout.add(
        "a01_hashes", "def double(x):\n    return hash(x)\n", suite=suite, toml='helpers = ["asker"]\n'
    )
    (folder / "asker.py").write_text("import hashes\ndef ask(x):\n    return hashes.double(x)\n")
    done = checkout.pytest("katas")
    assert "hash() differs from process to process" in done.out, done.out
    (folder / "hashes.py").write_text("import sys\nprint('noise')\ndef double(x):\n    return sum(map(ord, x))\n")
    assert checkout.pytest("katas").code == 0
    (folder / "hashes.py").write_text("def double(x):\n    raise NotImplementedError\n")
    assert "not implemented yet" in checkout.pytest("katas").out
    (folder / "hashes.py").write_text("def double(x):\n    raise OSError('broken')\n")
    assert "OSError: broken" in checkout.pytest("katas").out
