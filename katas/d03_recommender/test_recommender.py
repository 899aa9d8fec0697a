"""Suite of D03: answers against plain sums over everything that was ever watched; cache, clocks, memory, threads.

Time is a clock that the suite sets. Threads are stopped before each of their steps, so no result depends on timing.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import audience
import numpy as np
import pytest
import recommender as kata
from audience import Step
from hypothesis import given, settings
from hypothesis import strategies as st

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.concurrency import crowd, interleave
from harness.suite.speed import Grower, MemoryMeter, Task

answers, changed_by_callers = in_subject_process(audience.answers), in_subject_process(audience.changed_by_callers)
new_house, crowded = in_subject_process(audience.House), in_subject_process(audience.crowded)
misses, hits = in_subject_process(audience.misses), in_subject_process(audience.hits)
long_life = in_subject_process(audience.long_life)
DAY, WEEK = 86_400.0, 7 * 86_400.0
PARTS = ("collaborative", "content", "trending", "diversity")
WEIGHTS = dict(zip(PARTS, (0.4, 0.3, 0.2, 0.1), strict=True))
Watch = tuple[float, str, str, float]
"""Time, user, film, rating."""


# --- an engine that remembers everything -----------------------------------------------------------------------------


def cosine(a: dict[str, float], b: dict[str, float]) -> float:
    """Of two vectors by name; 0 for a vector of zeros."""
    norms = math.sqrt(sum(x * x for x in a.values()) * sum(x * x for x in b.values()))
    return sum(x * b.get(name, 0.0) for name, x in a.items()) / norms if norms else 0.0


def rated(log: Sequence[Watch], slip: str) -> dict[str, dict[str, float]]:
    """The ratings of each user."""
    found: dict[str, dict[str, float]] = {}
    for _, user, film, rating in log:
        mine = found.setdefault(user, {})
        before = mine.get(film, 0.0)
        mine[film] = before if before and slip == "keeps the first" else rating + (before if slip == "adds up" else 0.0)
    return found


def similarity(a: dict[str, float], b: dict[str, float], slip: str) -> float:
    """Of the ratings of two users."""
    common = {film for film in a if film in b}
    if slip == "common only":
        return cosine({f: a[f] for f in common}, {f: b[f] for f in common})
    if slip == "counts":
        return float(len(common))
    if slip == "jaccard":
        return len(common) / len({*a, *b})
    if slip == "dot":
        return sum(a[film] * b[film] for film in common)
    return cosine(a, b)


def ranking(
    user: str, films: dict[str, list[str]], log: Sequence[Watch], now: float, slip: str
) -> dict[str, dict[str, float]]:
    """The parts of the score of each film that may be recommended."""
    ratings = rated(log, slip)
    mine = ratings.get(user, {})
    others = {v: r for v, r in ratings.items() if v != user or slip == "is a neighbour of oneself"}
    alike = {v: similarity(mine, r, slip) for v, r in others.items()}
    if slip == "most similar only":
        alike = dict(sorted(alike.items(), key=lambda one: -one[1])[:1])
    neutral = {"raw ratings": 0.0, "liked counts": -2.0, "centred on 2.5": 2.5}.get(slip, 3.0)
    taste: dict[str, float] = {}
    for film, rating in mine.items():
        for genre in films[film] if slip == "genres twice" else set(films[film]):
            weight = 1.0 if slip == "genres counted" else rating - neutral
            taste[genre] = taste.get(genre, 0.0) + weight
    length = DAY if slip == "a day of trend" else math.inf if slip == "all time" else WEEK
    watched = [
        (w[1], w[2])
        for w in log
        if (now - w[0] <= length if slip == "week with its end" else now - w[0] < length)
        and (w[1] != user or slip != "trend of others")
    ]
    watched = sorted(set(watched)) if slip == "viewers" else watched
    watched = [one for one in watched if slip != "good ones" or ratings[one[0]][one[1]] > 3]
    n = {film: sum(one[1] == film for one in watched) for film in films}
    most = max((n[film] for film in films if film not in mine or slip != "most of the unwatched"), default=0)
    most = len(watched) if slip == "share of all" else most
    found = {}
    for film, genres in films.items():
        if film in mine and slip != "watched too" and not (slip == "only liked are left out" and mine[film] < 3):
            continue
        raters = {v: s for v, s in alike.items() if film in others[v]}
        total = sum(raters.values() if slip == "raters only" else alike.values())
        total = {"not divided": 1.0, "divided by users": float(len(alike) or 1)}.get(slip, total)
        sums = sum(s * others[v][film] for v, s in raters.items())
        match = cosine(taste, dict.fromkeys(genres, 1.0))
        if slip == "sum of tastes":
            match = sum(taste.get(genre, 0.0) for genre in genres)
        elif slip == "share of genres":
            match = sum(taste.get(genre, 0.0) > 0 for genre in genres) / len(set(genres))
        elif slip == "genres twice":
            match *= math.sqrt(len(set(genres)) / len(genres))
        new = {genre for genre in genres if taste.get(genre, 0.0) <= (0.0 if slip == "liked are old" else -math.inf)}
        new |= {genre for genre in genres if genre not in taste}
        share = len(new) / len(set(genres))
        share = {"any new": float(bool(new)), "number of new": float(len(new)), "old": 1 - share}.get(slip, share)
        if slip == "nothing new without watches" and not mine:
            share = 0.0
        scale = 1.0 if slip == "not by five" else 5.0
        signals = (
            sums / (scale * total) if total else 0.0,
            match if slip == "negative" else max(match, 0.0),
            n[film] / most if most else 0.0,
            share,
        )
        weights = {"swapped": (0.3, 0.4, 0.2, 0.1), "equal": (0.25, 0.25, 0.25, 0.25)}.get(slip, WEIGHTS.values())
        found[film] = dict(zip(PARTS, (w * x for w, x in zip(weights, signals, strict=True)), strict=True))
    return found


def refused(name: str, args: Sequence[Any], known: dict[str, list[str]]) -> str | None:
    """The error of a step that is wrong."""
    if name == "watch" and args[1] not in known:
        return "KeyError"
    is_wrong: dict[str, Callable[[], bool]] = {
        "add": lambda: args[0] in known or not args[1],
        "watch": lambda: not 1 <= args[2] <= 5,
        "ask": lambda: args[1] < 1,
        "pass": lambda: False,
    }
    return "ValueError" if is_wrong[name]() else None


class Memory:
    """The engine that remembers everything; `slip` is a mistake."""

    def __init__(self, lasts: float, slip: str) -> None:
        self.lasts, self.slip = lasts, slip
        self.clock = self.last_clock = self.now = 0.0
        self.films: dict[str, list[str]] = {}
        self.log: list[Watch] = []
        self.cache: dict[Any, Any] = {}
        self.hits = self.misses = 0

    def move(self) -> None:
        """Take the time from the clock, and drop old answers."""
        moved, slip = self.clock - self.last_clock, self.slip
        self.last_clock = self.clock
        if slip == "stands still":
            self.now = max(self.now, self.clock)
        else:
            self.now += moved if slip == "goes back" else max(moved, 0.0)
        limit = math.inf if slip == "never ends" else self.lasts
        for key, (at, _) in list(self.cache.items()):
            age = (self.now - at) % DAY if slip == "days forgotten" else self.now - at
            if slip == "no cache" or (age > limit if slip == "end included" else age >= limit):
                del self.cache[key]

    def watch(self, user: str, film: str, rating: float) -> None:
        """Log a watch, and end what it ends."""
        self.move()
        self.log.append((self.now, user, film, rating))
        for key in list(self.cache):
            ends = key[0] == user and self.slip != "own do not end" and (self.slip != "only of ten" or key[1] == 10)
            if ends or self.slip == "anybody's":
                del self.cache[key]

    def ask(self, user: str, number: int) -> Any:
        """The parts of all films, and the number."""
        self.move()
        key = user, number if self.slip != "number forgotten" else 0
        if key in self.cache:
            self.hits += 1
            if self.slip == "hits renew":
                self.cache[key] = self.now, self.cache[key][1]
            return self.cache[key][1]
        self.misses += 1
        answer = ranking(user, self.films, self.log, self.now, self.slip), number
        self.cache[key] = self.now, answer
        return answer

    def step(self, name: str, *args: Any) -> Any:
        """What a step gives."""
        error = refused(name, args, self.films)
        if name == "add" and (error is None or self.slip == "added again"):
            self.films[args[0]] = list(args[1])
        elif name == "pass":
            self.clock += args[0]
        elif error is None:
            return getattr(self, name)(*args)
        return error


def expected(script: Sequence[Step], options: dict[str, Any], slip: str = "") -> tuple[list[Any], dict[str, int]]:
    """What each step gives (for a question the parts of all films, and the number), and the counts."""
    memory = Memory(float(options.get("cache_seconds", 300)), slip)
    told = [memory.step(*step) for step in script]
    cached = sum(memory.now - at < memory.lasts for at, _ in memory.cache.values())
    recent = sum(memory.now - watch[0] < WEEK for watch in memory.log)
    return told, {"hits": memory.hits, "misses": memory.misses, "cached": cached, "recent_watches": recent}


SLIPS = {
    "watched too": "a film that the user has watched is recommended",
    "only liked are left out": "a film that the user has watched and did not like is recommended",
    "is a neighbour of oneself": "the user is one of the similar users: only the others",
    "common only": "the cosine is over the films that both watched: the norms go over all ratings",
    "counts": "the similarity is the number of common films: the cosine of the ratings",
    "jaccard": "the similarity is the share of common films: the cosine of the ratings",
    "dot": "the similarity is not divided by the norms: the cosine",
    "most similar only": "only the most similar user counts: all with a similarity above 0",
    "raters only": "the sum of similarities goes over those who watched the film: over all similar users",
    "not divided": "the ratings are not divided by the sum of the similarities",
    "divided by users": "the ratings are divided by the number of users: by the sum of the similarities",
    "not by five": "the ratings are not divided by 5",
    "raw ratings": "a film with 1 star adds to the taste for its genres: add rating - 3",
    "centred on 2.5": "the taste adds rating - 2.5: rating - 3",
    "genres counted": "the taste counts films and not their ratings: add rating - 3",
    "sum of tastes": "the match is a sum: the cosine of taste and genres",
    "share of genres": "the match is the share of liked genres: the cosine of taste and genres",
    "negative": "a taste against a film makes its part negative: 0 is the least",
    "genres twice": "a genre that is named twice counts twice",
    "all time": "the trend counts watches of all time: those of the last 7 days",
    "a day of trend": "the trend counts a day: 7 days",
    "week with its end": "a watch counts when exactly 7 days have passed",
    "trend of others": "the trend leaves out the user's own watches: everybody's count",
    "viewers": "the trend counts users: watches, those of one user too",
    "good ones": "the trend counts good ratings only: all watches",
    "most of the unwatched": "n is divided by the largest among the films that are left: among all films",
    "share of all": "n is divided by the number of all watches: by the largest n",
    "any new": "a single new genre gives the whole diversity: the share of new genres",
    "number of new": "diversity is the number of new genres: their share",
    "old": "diversity is the share of genres that the user knows: of those that are new",
    "liked are old": "a genre that the user watched without liking it counts as new: it was watched",
    "nothing new without watches": "without watches there is no diversity: all genres are new",
    "swapped": "the weights of collaborative and content are mixed up: 0.4 and 0.3",
    "equal": "the parts have equal weights: 0.4, 0.3, 0.2, 0.1",
    "keeps the first": "the second rating of a film is ignored: it replaces the first",
    "adds up": "two ratings of one film are added: the second replaces the first",
    "added again": "a film that was added before is changed by the second one",
    "no cache": "the answer is computed anew within cache_seconds: it is given again",
    "never ends": "an answer is kept for more than cache_seconds",
    "days forgotten": "the age of an answer without its days (timedelta.seconds): total_seconds()",
    "end included": "an answer is given again when exactly cache_seconds have passed",
    "own do not end": "the user's own watch does not end the kept answers",
    "only of ten": "a watch ends only the answer with 10 recommendations: those for all numbers",
    "anybody's": "everybody's watch ends the kept answers: only the user's own",
    "hits renew": "a hit begins cache_seconds anew: they count from when the answer was computed",
    "number forgotten": "the answer for another number of recommendations is given",
    "goes back": "time goes back with the clock: no time has passed then",
    "stands still": "after the clock went back, time stands still until it has caught up: it goes on from there",
}


def fits(got: Any, parts: dict[str, dict[str, float]], number: int) -> bool:
    """Whether an answer is right for these parts, whatever the order of equal scores."""
    try:
        scores = [one["score"] for one in got]
        right = sorted((sum(part.values()) for part in parts.values()), reverse=True)[:number]
        named = {one["content_id"] for one in got}
        return (
            len(scores) == len(right) == len(named)
            and bool(np.allclose(scores, right, rtol=0, atol=1e-9))
            and all(
                set(one) == {"content_id", "title", "score", "recommendation_type", "explanation"}
                and one["title"] == one["content_id"].upper()
                and set(one["explanation"]) == set(PARTS)
                and all(abs(one["explanation"][p] - parts[one["content_id"]][p]) < 1e-9 for p in PARTS)
                and abs(sum(parts[one["content_id"]].values()) - one["score"]) < 1e-9
                and parts[one["content_id"]][one["recommendation_type"]] > max(parts[one["content_id"]].values()) - 1e-9
                for one in got
            )
        )
    except (TypeError, KeyError, AttributeError):
        return False


def told_as(parts: dict[str, dict[str, float]], number: int) -> list[dict[str, Any]]:
    """An answer in full, rounded."""
    return [
        {
            "content_id": film,
            "title": film.upper(),
            "score": round(sum(part.values()), 9),
            "recommendation_type": max(part, key=part.__getitem__),
            "explanation": {name: round(value, 9) for name, value in part.items()},
        }
        for film, part in sorted(parts.items(), key=lambda one: -sum(one[1].values()))[:number]
    ]


def agrees(got: Any, want: Any) -> bool:
    """Whether what a step gave is right."""
    return fits(got, *want) if isinstance(want, tuple) else check.is_equal(got, want)


def hold(script: Sequence[Step], counts: bool = False, **options: Any) -> None:
    """Run a script, and compare what its steps give (and the counts) with the engine that remembers everything."""
    told, counted = answers(script, options)
    want, want_counted = expected(script, options)
    for i, (got, right) in enumerate(zip(told, want, strict=True)):
        if agrees(got, right):
            continue
        slips = {slip: expected(script, options, slip)[0] for slip in SLIPS}
        met = [slip for slip, one in slips.items() if all(map(agrees, told, one))]
        met = met or [slip for slip, one in slips.items() if all(map(agrees, told[: i + 1], one[: i + 1]))]
        asked = f"{story(script[: i + 1])} (the last step{', ' + str(options) if options else ''})"
        full = told_as(*right) if isinstance(right, tuple) else right
        hint = "compare each part of the explanation with README's formula; the type is the name of the largest part"
        mistake = said(met) or without_formula(got, right)
        check.true(False, asked=asked, came=got, expected=check.show(full), mistake=mistake, hint=hint)
    if counts:
        hint = "hits and misses of questions; answers and watches that are too old are dropped by the next call"
        check.equal(counted, want_counted, asked="stats() after " + story(script), hint=hint)


def without_formula(got: Any, want: Any) -> str:
    """A mistake in what is made of the right parts."""
    try:
        parts, number = want
        scores = [one["score"] for one in got]
        if scores != sorted(scores, reverse=True):
            return "the highest score must come first"
        for one in got:
            mine = parts[one["content_id"]]
            if abs(one["score"] - sum(mine.values())) < 1e-9 and any(
                abs(one["explanation"][part] - mine[part]) > 1e-9 for part in PARTS
            ):
                return "the explanation has other parts than those that make the score: they are weighted"
            if one["recommendation_type"] in PARTS and mine[one["recommendation_type"]] < max(mine.values()) - 1e-9:
                return "the type is not the largest part: compare the weighted parts"
        return "" if len(got) <= number else "more are recommended than were asked for"
    except (TypeError, KeyError, AttributeError, ValueError):
        return ""


def said(slips: Sequence[str]) -> str:
    """The mistakes that fit, three at most."""
    return "" if not slips else "; or ".join(SLIPS[slip] for slip in slips[:3])


def story(script: Sequence[Step]) -> str:
    """A script in words, the last steps of a long one."""
    words = [" ".join(map(str, step)) for step in script]
    return ("... " if len(words) > 16 else "") + "; ".join(words[-16:])


def films(**genres: str) -> list[Step]:
    """Films by the initials of their genres."""
    return [("add", name, list(letters)) for name, letters in genres.items()]


def watches(*watched: str) -> list[Step]:
    """Watches written as "ada alien 5"."""
    return [("watch", user, film, float(rating)) for user, film, rating in map(str.split, watched)]


ADA, NEW = ("ask", "ada", 10), ("ask", "new", 10)


# --- examples --------------------------------------------------------------------------------------------------------


@pytest.mark.example
def test_worked_example() -> None:
    script = [
        ("add", "alien", ["horror", "space"]),
        ("add", "solaris", ["drama", "space"]),
        ("add", "amelie", ["romance"]),
        *watches("ada alien 5", "bob alien 4", "bob solaris 3"),
    ]
    hold([*script, ADA, ("ask", "new", 2)])
    right = {"collaborative": 0.24, "content": 0.15, "trending": 0.1, "diversity": 0.05}
    first = answers([*script, ADA], {})[0][-1][0]
    check.equal(first["content_id"], "solaris", asked="the first recommendation of README's example")
    for part in PARTS:
        check.close(first["explanation"][part], right[part], asked=f"explanation[{part!r}] of README's example")


@pytest.mark.example
def test_similar_users_count_more() -> None:
    shown = films(a="x", b="x", c="x", d="x", e="x")
    hold(
        [*shown, *watches("ada a 5", "ada b 1", "bob a 5", "bob c 4", "eve b 5", "eve d 4", "eve a 1", "eve c 2"), ADA]
    )
    hold([*shown, *watches("ada a 4", "bob a 4", "bob b 5", "bob c 1", "eve c 5", "eve d 5"), ADA])
    hold([*shown, *watches("ada a 1", "bob a 5", "bob e 5", "eve a 2", "eve b 5", "eve c 3"), ADA])


@pytest.mark.example
def test_taste_is_for_and_against_genres() -> None:
    shown = films(a="xy", b="x", c="yz", d="xyz", e="z", f="xx", g="w")
    hold([*shown, *watches("ada a 5"), ADA])
    hold([*shown, *watches("ada b 5", "ada e 1"), ADA])
    hold([*shown, *watches("ada b 1"), ADA])
    hold([*shown, *watches("ada b 2.5", "ada e 4"), ADA])
    hold([*shown, *watches("ada b 3"), ADA])


@pytest.mark.example
def test_the_trend_is_of_seven_days_and_of_everybody() -> None:
    shown = films(a="x", b="x", c="x")
    old = [*shown, *watches("bob a 1", "bob a 1", "eve a 1", "eve b 5", "ada c 5", "ada c 4", "ada c 4", "ada c 4")]
    hold([*old, ADA, NEW])
    for passed in (DAY, WEEK - 1, WEEK, WEEK + 1):
        hold([*old, ("pass", passed), *watches("bob b 2"), ADA, NEW], counts=True)


@pytest.mark.example
def test_diversity_is_the_share_of_new_genres() -> None:
    hold([*films(a="xy", b="xz", c="z", d="yx", e="zwx", f="zzx"), *watches("ada a 3"), ADA])
    hold([*films(a="xy", b="xz", c="z", d="yx", e="zwx", f="zzx"), *watches("ada a 1"), ADA])


@pytest.mark.example
def test_new_users_get_what_trends() -> None:
    shown = films(a="x", b="xy", c="z")
    hold([NEW, *shown, NEW, ("pass", 300), *watches("ada b 5", "bob b 1", "bob c 4"), NEW, ("ask", "new", 1)])
    hold([*shown, *watches("new a 5"), NEW, *watches("new b 5", "new c 5"), NEW])


@pytest.mark.example
def test_watching_again_replaces_the_rating() -> None:
    shown = films(a="x", b="x", c="y", d="xy")
    hold([*shown, *watches("ada a 5", "bob a 5", "bob b 2", "ada a 1", "bob b 5"), ADA])
    hold([*shown, *watches("ada a 2", "ada c 4", "ada a 3", "bob a 1", "bob a 2", "bob d 2"), ADA, NEW])


# --- laws ------------------------------------------------------------------------------------------------------------

FILM = st.sampled_from("abcdef")
USER = st.sampled_from(["ada", "bob", "eve"])
STEP = st.one_of(
    st.tuples(st.just("watch"), USER, FILM, st.sampled_from([1.0, 2.0, 2.5, 3.0, 4.0, 5.0])),
    st.tuples(st.just("watch"), USER, FILM, st.sampled_from([1.0, 5.0])),
    st.tuples(st.just("ask"), USER, st.sampled_from([1, 2, 10])),
    st.tuples(st.just("pass"), st.sampled_from([1.0, 299.0, 300.0, DAY, WEEK - 300, -60.0, -DAY])),
)
SHOWN = films(a="xy", b="x", c="yz", d="w", e="xyz", f="zz")


@pytest.mark.law
@given(script=st.lists(STEP, max_size=20), seconds=st.sampled_from([300, 300, 300, 100_000, 1, 0]))
def test_answers_as_an_engine_that_remembers_everything(script: list[Step], seconds: int) -> None:
    hold([*SHOWN, *script, ADA, NEW], counts=True, **({} if seconds == 300 else {"cache_seconds": seconds}))


@pytest.mark.law
@settings(max_examples=15)
@given(seed=st.integers(0, 10**6))
def test_dozens_of_users_and_films(seed: int) -> None:
    rng = np.random.default_rng(seed)
    letters = ["".join(rng.choice(list("uvwxyz"), size=rng.integers(1, 4))) for _ in range(40)]
    script = films(**{f"f{i}": genres for i, genres in enumerate(letters)})
    for _ in range(150):
        script.append(("watch", f"u{rng.integers(20)}", f"f{rng.integers(40)}", float(rng.integers(2, 11)) / 2))
    hold([*script, ("ask", "u0", 40), ("ask", "u1", 7), ("ask", "u2", 1)])


# --- cache, time, memory ---------------------------------------------------------------------------------------------

BEFORE = [*films(a="x", b="y", c="xy", d="z"), *watches("ada a 5", "bob a 4", "bob c 3")]
OTHERS = watches("bob b 5", "bob d 1", "eve d 1")


@pytest.mark.edge
@pytest.mark.parametrize("passed", [0.0, 1.0, 299.0, 300.0, 301.0, DAY, DAY + 1, 3 * DAY + 299])
def test_an_answer_is_given_again_for_five_minutes(passed: float) -> None:
    hold([*BEFORE, ADA, *OTHERS, ("pass", passed), ADA, ("pass", 200.0), *OTHERS[:1], ADA], counts=True)


@pytest.mark.edge
def test_new_films_wait_for_the_next_answer() -> None:
    hold([*BEFORE, ADA, *films(e="xy"), ADA, ("ask", "ada", 9), ("pass", 300.0), ADA], counts=True)


@pytest.mark.edge
def test_the_users_own_watch_ends_all_answers_for_this_user() -> None:
    asking: list[Step] = [("ask", user, number) for user in ("ada", "bob", "new") for number in (1, 2, 10)]
    hold([*BEFORE, *asking, *watches("ada c 1"), *asking], counts=True)
    hold([*BEFORE, ("ask", "ada", 1), ("pass", 200.0), ADA, ("pass", 100.0), *watches("ada c 1"), ADA], counts=True)
    hold([*BEFORE, *asking, *watches("ada a 1"), *asking, *watches("new d 4"), *asking], counts=True)


@pytest.mark.edge
@pytest.mark.parametrize("back", [-60.0, -10 * DAY], ids=["a minute", "10 days"])
def test_no_time_passes_when_the_clock_goes_back(back: float) -> None:
    hold([*BEFORE, ADA, *OTHERS, ("pass", back), ADA, ("pass", 299.0), ADA, ("pass", 1.0), ADA], counts=True)
    hold([*BEFORE, ("pass", back), NEW, ("pass", WEEK), *OTHERS[:1], NEW, ADA], counts=True)


@pytest.mark.edge
def test_what_is_too_old_is_dropped_by_the_next_call() -> None:
    script = [*BEFORE, ADA, NEW, ("pass", 300.0), *OTHERS[:1], ("pass", WEEK), ("ask", "eve", 1), ("pass", 1.0), ADA]
    for end in range(len(BEFORE), len(script) + 1):
        hold(script[:end], counts=True)


@pytest.mark.edge
def test_without_cache_seconds_nothing_is_kept() -> None:
    hold([*BEFORE, ADA, *OTHERS, ADA, ADA], counts=True, cache_seconds=0)


# --- errors, callers -------------------------------------------------------------------------------------------------


@pytest.mark.edge
@pytest.mark.parametrize(
    ("wrong", "because"),
    [
        (("watch", "ada", "z", 4.0), "the film was never added"),
        (("watch", "ada", "b", 0.9), "a rating is at least 1"),
        (("watch", "ada", "b", 5.1), "a rating is at most 5"),
        (("watch", "ada", "b", math.nan), "NaN is not from 1 to 5"),
        (("add", "a", ["q"]), "the film was added before"),
        (("add", "q", []), "a film without genres has no share of new ones"),
        (("ask", "ada", 0), "at least one is asked for"),
        (("ask", "ada", -1), "at least one is asked for"),
    ],
    ids=str,
)
def test_errors_change_nothing(wrong: Step, because: str) -> None:
    right = "KeyError" if "never" in because else "ValueError"
    told = answers([*BEFORE, ADA, wrong], {})[0][-1]
    mistakes = {f"there is no error, though {because}": None}
    if isinstance(told, list):
        mistakes[f"there is an answer, though {because}"] = told  # type: ignore[assignment]
    check.equal(told, right, asked=f"{wrong}, an error because {because}", mistakes=mistakes, hint="with a message")
    hold([*BEFORE, ADA, wrong, ADA, *watches("ada c 4"), wrong, ADA, NEW], counts=True)


@pytest.mark.edge
def test_a_cache_does_not_last_less_than_no_time() -> None:
    make = partial(kata.RecommendationEngine, cache_seconds=-1)
    check.raises(ValueError, make, asked="RecommendationEngine(cache_seconds=-1)", because="-1 is below 0")


@pytest.mark.edge
def test_the_caller_may_change_what_it_gave_and_was_given() -> None:
    first, second, third, counted = changed_by_callers(BEFORE)
    hint = "keep a copy, of the list, its dicts and their explanations"
    asked = "get_recommendations('ada') after the caller changed an earlier answer"
    mine = next(one["explanation"] for one in first if one["content_id"] == "mine")
    check.close(mine["diversity"], 0.1, asked="diversity of a film, its list of genres changed later", hint="copy it")
    check.equal(second, first, asked=asked, hint=hint)
    check.equal(third, first, asked=asked + " from the cache", hint=hint)
    check.equal(counted, 2, asked="stats()['hits'] after the caller changed an earlier dict", hint="a new dict")


@pytest.mark.edge
def test_two_engines_share_nothing_and_the_clock_has_a_default() -> None:
    new_house([*BEFORE, ADA])
    zeros = dict.fromkeys(("hits", "misses", "cached", "recent_watches"), 0)
    check.equal(new_house().stats(), zeros, asked="stats() of a new engine", hint="keep state in the object")
    hold([ADA, *BEFORE, NEW])
    default = kata.RecommendationEngine()
    for i in range(12):
        default.add_content(f"f{i}", "F", ["x"])
    found = default.get_recommendations("ada")
    check.equal(len(found), 10, asked="len(get_recommendations('ada')) of 12 films", hint="10 by default")
    default.get_recommendations("ada")
    check.equal(default.stats()["hits"], 1, asked="hits after the same question twice, clock and cache by default")


# --- threads ---------------------------------------------------------------------------------------------------------

THREADS = "two threads are between the same steps: hold one lock from the first look to the last change"
SMALL = [*films(a="x", b="y"), *watches("bob a 4")]
AFTER = [("stats",), ("ask_ids", "ada", 1), ("ask_ids", "bob", 1)]


@pytest.mark.edge
@pytest.mark.parametrize(
    ("first", "other"),
    [
        (("ask_ids", "ada", 1), ("watch", "ada", "a", 4)),
        (("watch", "ada", "a", 4), ("ask_ids", "ada", 1)),
        (("watch", "ada", "a", 4), ("watch", "eve", "a", 4)),
        (("add", "c", "y"), ("add", "c", "z")),
        (("stats",), ("ask_ids", "ada", 1)),
    ],
    ids=["ask, watch", "watch, ask", "watch, watch", "add, add", "stats, ask"],
)
def test_calls_that_meet_give_what_they_give_one_after_the_other(first: Any, other: Any) -> None:
    interleave((audience.House, SMALL), first, other, after=AFTER, mistake=THREADS)


@pytest.mark.edge
def test_forty_pages_and_one_answer() -> None:
    house = new_house(SMALL)
    crowd((house.ask_ids, "ada", 1), times=40)
    found = house.stats()
    asked = "(hits, misses) after the same question of 40 threads"
    check.equal((found["hits"], found["misses"]), (39, 1), asked=asked, hint=THREADS)


# --- scale -----------------------------------------------------------------------------------------------------------


@pytest.mark.speed
@pytest.mark.parametrize("kind", ["misses", "hits"])
def test_a_call_costs_the_same_among_many_users(growth: Grower, kind: str) -> None:
    def prepare(_: np.random.Generator, n: int) -> Task:
        house, often = crowded(n, 20), 20
        return Task(partial(misses if kind == "misses" else hits, house, often), lambda: ["film-2"] * often)

    hint = "find similar users by the films that they share: keep who has watched each film; keep counts of the trend"
    asked = f"20 {kind} and watches, among more and more users with nothing in common"
    growth(prepare, (200, 800, 3200), same=check.equal, at_most=0.5, asked=asked, hint=hint)


@pytest.mark.speed
def test_what_is_too_old_takes_no_memory(memory: MemoryMeter) -> None:
    want = {"hits": 0, "misses": 1200, "cached": 1, "recent_watches": 168}
    asked, hint = "1200 watches and new users, one an hour", "drop old answers, and watches older than 7 days"
    memory(
        lambda _: Task(partial(long_life, 1200), lambda: want),
        same=check.equal,
        at_most_mib=0.25,
        asked=asked,
        hint=hint,
    )
