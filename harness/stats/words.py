"""Words that terminal and page share."""

from __future__ import annotations

from harness.scoreboard.render.words import minutes
from harness.stats.model import Stats


def headline(stats: Stats) -> str:
    """The whole history in one line."""
    if stats.is_empty:
        what = "No kata" if stats.quiz.asked else "Nothing"
        return f"{what} practised yet: `kata watch` begins, `kata next` says with what"
    here = [group for group in stats.sets if group.name in ("A", "B", "C", "D")]
    passed, katas = sum(group.passed for group in here), sum(group.katas for group in here)
    return (
        f"{passed} of {katas} katas passed, {plural(stats.all.greens, 'pass', 'passes')} in "
        f"{plural(stats.all.attempts, 'attempt')}, {plural(stats.all.runs, 'run')} on {plural(len(stats.days), 'day')}"
    )


def lines(stats: Stats) -> list[tuple[str, str]]:
    """What else there is to say, each with its name."""
    found = [("streak", streak_line(stats)), ("clock", clock_line(stats))]
    if stats.reviews or any(kata.due_s is not None for kata in stats.katas):
        found.append(("reviews", reviews_line(stats)))
    help_taken = f"{plural(stats.all.hints, 'hint')}, {plural(stats.all.given_up, 'attempt')} given up"
    found.append(("help", help_taken))
    if stats.quiz.asked:
        found.append(("quiz", quiz_line(stats)))
    return [*found, ("interviews", f"{stats.interviews} held")] if stats.interviews else found


def streak_line(stats: Stats) -> str:
    """Days in a row up to now, and the most there ever were."""
    streak = stats.streak
    if not streak.days:
        now = "none at present"
    elif streak.today:
        now = f"{plural(streak.days, 'day')} in a row, today too"
    else:
        now = f"{plural(streak.days, 'day')} in a row up to yesterday"
    return f"{now}; the longest was {plural(streak.longest, 'day')}" if streak.longest else now


def clock_line(stats: Stats) -> str:
    """How passes stand to the interview clock."""
    whole = round(stats.on_clock_s / 60)
    spent = f"{whole // 60} h {whole % 60} min" if whole >= 60 else f"{whole} min"
    if not stats.all.timed:
        return f"{spent} in all, and no pass on it yet: `kata start` starts it"
    took = share(stats.all.share or 0.0)
    return (
        f"{spent} in all; {stats.all.within} of {plural(stats.all.timed, 'pass', 'passes')} within the interview clock, "
        f"taking {took} of it (the median)"
    )


def reviews_line(stats: Stats) -> str:
    """Passes from an empty stub after the first, and what is due."""
    return (
        f"{stats.reviews} passed; {', '.join(stats.due)} due now" if stats.due else f"{stats.reviews} passed; none due"
    )


def quiz_line(stats: Stats) -> str:
    """Answers to concept questions, and what is due."""
    quiz = stats.quiz
    due = f"{plural(quiz.due, 'question')} due now" if quiz.due else "none due"
    return f"{plural(quiz.asked, 'answer')}, {quiz.good} good or easy; {due}"


def plural(number: int, one: str, many: str = "") -> str:
    """`1 run`, `2 runs`."""
    return f"{number} {one if number == 1 else many or one + 's'}"


def share(value: float) -> str:
    """A share of the interview clock: `64 %`; what is many times too long as `12×`."""
    return f"{value:.0f}×" if value >= 10 else f"{100 * value:.0f} %"


def hours(seconds: float) -> str:
    """Seconds as `9:41`, from an hour on as `1:09:41`."""
    if seconds < 3599.5:
        return minutes(seconds)
    whole, rest = divmod(round(seconds), 3600)
    return f"{whole}:{rest // 60:02d}:{rest % 60:02d}"


def on_clock(spent_s: float | None, limit: int | None) -> str:
    """A time against the interview clock, `9:41/15`; the clock alone when there is no time."""
    if limit is None:
        return "" if spent_s is None else hours(spent_s)
    return f"{limit} min" if spent_s is None else f"{hours(spent_s)}/{limit}"


def level(number: int, most: int, levels: int = 4) -> int:
    """A shade from 1 to `levels` for a number from 1 to `most`, 0 for none."""
    return 0 if number <= 0 else min(levels, 1 + (number - 1) * levels // max(most, levels))


def spans(most: int) -> list[tuple[int, tuple[int, int]]]:
    """Each shade that numbers up to `most` have, with the least and the greatest of its numbers."""
    shades = [level(number, most) for number in range(most + 1)]
    return [
        (shade, (shades.index(shade), len(shades) - 1 - shades[::-1].index(shade))) for shade in dict.fromkeys(shades)
    ]


def notes(stats: Stats) -> list[str]:
    """What is odd about the history, in sentences."""
    found = []
    if stats.ahead:
        found.append(
            f"{_entries(stats.ahead)} dated after today's time: the system clock was ahead then, or is behind now. "
            "They count everywhere but in the streak."
        )
    if stats.strange:
        found.append(f"{_entries(stats.strange)} of a kind that this version does not know, and left out.")
    gone = [kata.title for kata in stats.katas if kata.set is None]
    if gone:
        found.append(f"no longer in this checkout: {', '.join(gone)}")
    return found


def _entries(number: int) -> str:
    return "1 entry is" if number == 1 else f"{number} entries are"
