"""`kata try`: a line of one's own on the stub, and after a pass on the reference beside it."""

from __future__ import annotations

from checkout import GOOD
from people import Person


def test_before_a_pass_only_ones_own_code_answers(person: Person) -> None:
    person.stub.write_text("def double(x):\n    return x\n")
    done = person.types("try", "a1", "double(2)")
    assert (done.code, done.out) == (0, "yours      2\n")


def test_after_a_pass_the_reference_answers_beside_it(person: Person) -> None:
    person.stub.write_text(GOOD)
    person.types("submit", "a1")
    done = person.types("try", "a1", "y = np.arange(3)\nprint('hello')\ndouble(y)")
    lines = [line.split() for line in done.out.splitlines()]
    answer = ["array([0,", "2,", "4])"]
    assert lines == [["yours", "hello"], answer, ["reference", "hello"], answer]


def test_what_is_raised_is_shown_with_ones_own_lines_only(person: Person) -> None:
    person.stub.write_text("def double(x):\n    return x / 0\n")
    done = person.types("try", "a1", "double(2)")
    assert done.code == 1
    assert "twice.py:2 in double: return x / 0" in done.out
    assert "ZeroDivisionError: division by zero" in done.out
    assert "exec" not in done.out


def test_an_empty_stub_and_a_slip_in_the_line_are_told_apart(person: Person) -> None:
    assert "not implemented yet" in person.types("try", "a1", "double(2)").out
    assert "SyntaxError" in person.types("try", "a1", "double(2").out
    assert "NameError: name 'dubble' is not defined" in person.types("try", "a1", "dubble(2)").out


def test_a_line_that_does_not_end_and_one_that_prints_too_much_come_to_an_end(person: Person) -> None:
    person.stub.write_text(GOOD)
    assert "no answer: still running after 2 s" in person.types("try", "a1", "while True: pass").out
    flood = person.types("try", "a1", "print('x' * 10**6)")
    assert len(flood.out) < 25_000
    assert "characters more" in flood.out
