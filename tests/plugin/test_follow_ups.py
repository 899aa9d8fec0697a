"""Follow-ups: when they run, and after which suite."""

from __future__ import annotations

from harness.core.model import Outcome, Status, Suite

from checkout import GOOD, GOOD_FOLLOW_UP, Checkout


def test_a_follow_up_is_run_only_when_it_is_asked_for(checkout: Checkout) -> None:
    checkout.add("a01_more", GOOD)
    checkout.add_follow_up("a01_more")
    done, reports = checkout.reports("katas")
    assert (done.code, set(reports)) == (0, {Suite.OWN}), done.text
    assert "a01_more  the interviewer asks for more: follow_up.md, then test_follow_up.py" in done.out
    done, reports = checkout.reports("katas/a01_more/test_follow_up.py")
    assert (done.code, set(reports)) == (1, {Suite.FOLLOW_UP}), done.text
    assert "a01_more follow-up  example 0/1  edge 1/1  first to mend: test_two_doubled_twice_is_eight" in done.out
    done, reports = checkout.reports("katas", "--follow-up")
    assert (done.code, set(reports)) == (1, set(Suite)), done.text
    assert [reports[kind].status for kind in Suite] == [Status.PASSED, Status.IN_PROGRESS]


def test_a_follow_up_waits_for_its_suite_unless_it_is_named(checkout: Checkout) -> None:
    checkout.add("a01_more", "def double(x, times=1):\n    return 2**times * x if x else 1\n")
    checkout.add_follow_up("a01_more")
    done, reports = checkout.reports("katas/a01_more", "--follow-up")
    assert done.out.count("not run, because test_more.py comes first, and does not pass") >= 2
    assert reports[Suite.FOLLOW_UP].count(outcome=Outcome.NOT_RUN) == 2
    _, reports = checkout.reports("katas/a01_more", "katas/a01_more/test_follow_up.py")
    assert [reports[kind].status for kind in Suite] == [Status.IN_PROGRESS, Status.PASSED]


def test_subject_player_bands_and_broken_files_are_the_same_for_a_follow_up(checkout: Checkout) -> None:
    folder = checkout.add("a01_more")
    suite = checkout.add_follow_up("a01_more")
    (checkout.root / "better.py").write_text(GOOD_FOLLOW_UP)
    named = ("katas/a01_more/test_follow_up.py", "--subject", "better.py")
    for more in ((), ("--player", "process")):
        done, reports = checkout.reports(*named, *more)
        assert (done.code, reports[Suite.FOLLOW_UP].status) == (0, Status.PASSED), done.text
    (folder / "more.py").write_text("def double(x:\n")
    _, reports = checkout.reports(named[0])
    assert set(reports) == {Suite.FOLLOW_UP}
    assert "more.py is not valid Python" in str(reports[Suite.FOLLOW_UP].problem)
    suite.write_text(suite.read_text().replace("@pytest.mark.edge", ""))
    assert "test_once_is_what_it_was is in no band" in checkout.reports(*named)[0].out
