"""Suite of D11: scripts against a plain feed whatever the fan-out limit, pages, authors who cross it, threads, cost.

Time is a clock that the suite moves. Threads are stopped before each of their steps, so no result depends on timing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial
from typing import Any

import news_feed as kata
import newsroom
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from newsroom import Step

from harness.suite import check
from harness.suite.batch import in_subject_process
from harness.suite.concurrency import crowd, interleave
from harness.suite.speed import Contest, Grower, Racer, Task

play, star, friends = map(in_subject_process, (newsroom.play, newsroom.star, newsroom.friends))
publish_often, first_pages = in_subject_process(newsroom.publish_often), in_subject_process(newsroom.first_pages)
pages, new_bench = in_subject_process(newsroom.pages), in_subject_process(newsroom.Bench)
Script = Sequence[Step]
LIMITS = [0, 1, 2, 1000]
MANY = 300


# --- a feed that is plain --------------------------------------------------------------------------------------------


class Plain:
    """A feed that looks at all posts; `slip` is a mistake."""

    def __init__(self, slip: str = "") -> None:
        self.slip, self.now = slip, 1024.0
        self.authors: list[str] = []
        self.times: list[float] = []
        self.deleted = set[int]()
        self.follows: dict[tuple[str, str], int] = {}
        """The number of posts there were at the follow."""
        self.past: dict[tuple[str, str], int] = {}
        self.places: dict[str, Any] = {}
        self.first: dict[str, list[int]] = {}

    def advance(self, seconds: float) -> None:
        """Let time pass, or set the clock back."""
        self.now += seconds

    def follow(self, follower: str, author: str) -> Any:
        """The error for oneself."""
        if follower == author and self.slip != "oneself":
            return "ValueError"
        self.follows.setdefault((follower, author), len(self.authors))
        return None

    def unfollow(self, follower: str, author: str) -> None:
        """Forget it."""
        if self.follows.pop((follower, author), None) is not None:
            self.past[follower, author] = len(self.authors)

    def post(self, author: str) -> int:
        """The number."""
        self.authors.append(author)
        self.times.append(self.now)
        return len(self.authors) - 1

    def delete(self, number: int) -> Any:
        """The error for an unknown post."""
        if number >= len(self.authors) or (number in self.deleted and self.slip != "deleted twice"):
            return "KeyError"
        self.deleted.add(number)
        return None

    def is_shown(self, user: str, number: int) -> bool:
        """Whether a post is in the feed."""
        pair = user, self.authors[number]
        if number in self.deleted and self.slip not in ("deleted stays", "short page"):
            return False
        if self.slip == "no older" and pair in self.follows:
            return number >= self.follows[pair]
        if self.slip == "unfollowed stays" and number < self.past.get(pair, 0):
            return True
        return pair in self.follows or (self.slip == "own" and pair[0] == pair[1])

    def whole(self, user: str) -> list[int]:
        """All posts of a feed."""
        found = [number for number in reversed(range(len(self.authors))) if self.is_shown(user, number)]
        if self.slip == "by time":
            found.sort(key=lambda number: -self.times[number])
        return found[::-1] if self.slip == "oldest first" else found

    def feed(self, user: str, limit: int) -> Any:
        """The first page."""
        self.first[user] = self.whole(user)
        return self.page(user, limit, None)

    def more(self, user: str, limit: int) -> Any:
        """The page after the last one."""
        place = self.places.get(user)
        return "end" if place is None else self.page(user, limit, place)

    def page(self, user: str, limit: int, place: Any) -> Any:
        """The page from a place on: the last post before it, and how many came."""
        if limit < 1:
            return "ValueError"
        found = self.first[user] if self.slip == "snapshot" else self.whole(user)
        last, offset = place or (-1, 0)
        if place is not None:
            if self.slip in ("offset", "snapshot"):
                found = found[offset:]
            elif self.slip == "time cursor":
                found = [number for number in found if self.times[number] < self.times[last]]
            elif self.slip in ("by time", "index"):
                found = found[found.index(last) + 1 :] if last in found else []
            elif self.slip == "oldest first":
                found = [number for number in found if number > last]
            else:
                found = [number for number in found if number < last + (self.slip == "inclusive")]
        page = found[:limit]
        has_more = len(found) >= limit if self.slip == "cursor when full" else len(found) > limit
        self.places[user] = (page[-1], offset + limit) if page and has_more else None
        if self.slip == "short page":
            page = [number for number in page if number not in self.deleted]
        return [page, has_more]


def plain(script: Script, slip: str = "") -> list[Any]:
    """The answers of a plain feed to a script."""
    feed = Plain(slip)
    return [getattr(feed, method)(*args) for method, *args in script]


SLIPS = {
    "offset": "the cursor counts posts: what is posted or deleted meanwhile moves the pages",
    "snapshot": "later pages are those of the feed as it was at the first: deleted posts and unfollowed authors are gone",
    "time cursor": "the next page begins at an earlier time: posts of the same time are left out, so go by the order",
    "by time": "posts are in the order of their times: clocks go back, so go by the order of the calls",
    "index": "the next page begins after the last post, which is not there any more: go on with older ones",
    "oldest first": "the oldest post comes first: the last",
    "inclusive": "a page begins with the last post of the page before",
    "cursor when full": "there is a cursor although no older posts are there",
    "no older": "posts from before the follow are missing",
    "unfollowed stays": "posts of an author who was unfollowed stay in the feed",
    "own": "one's own posts are in the feed",
    "oneself": "one can follow oneself",
    "deleted stays": "deleted posts stay in the feed",
    "short page": "deleted posts leave gaps: a page has `limit` posts as long as there are so many",
    "deleted twice": "a deleted post can be deleted again",
}
TWICE = "a post is in a feed twice: it was handed over and is fetched, or followed or put there twice"
ORDER = "the right posts are out of order: lists must stay in order when older posts come into them"
FETCHED = "posts are missing from before the author came to have more followers than fanout_limit, or fewer again"


def check_script(script: Script, limits: Sequence[int] = (1000, 0, 1, 2), hint: str = "") -> None:
    """Hold the answers to a script to those of the plain feed, for each fan-out limit."""
    __tracebackhide__ = True
    wants = plain(script)
    for limit in limits:
        for i, (came, want) in enumerate(zip(play(limit, script), wants, strict=True)):
            if check.is_equal(came, want):
                continue
            told = ", ".join(f"{method}({', '.join(map(repr, args))})" for method, *args in script[: i + 1])
            asked = (
                f"fanout_limit={limit}, posts by their numbers (0, 1, ...): {told}: the last page, is there a cursor"
            )
            page = came[0] if isinstance(came, list) else []
            check.true(len(page) == len(set(page)), asked=asked, came=came, expected=check.show(want), mistake=TWICE)
            slips = {text: partial(lambda s, i: plain(script, s)[i], slip, i) for slip, text in SLIPS.items()}
            is_out = (
                len(page) > 1
                and sorted(page) == sorted(want[0])
                and not any(check.is_equal(came, s()) for s in slips.values())
            )
            check.true(not is_out, asked=asked, came=came, expected=check.show(want), mistake=ORDER)
            check.equal(came, want, asked=asked, mistakes=slips, hint=hint)


FOLLOW: Script = [("follow", "ada", "bob"), ("follow", "ada", "cy")]
POSTS: Script = [("post", "bob"), ("post", "cy"), ("post", "dan"), ("post", "bob"), ("post", "cy")]


@pytest.mark.example
def test_a_feed_has_the_posts_of_those_who_are_followed() -> None:
    check_script([*FOLLOW, *POSTS, ("feed", "ada", 10), ("feed", "bob", 10), ("feed", "nobody", 10)])
    check_script([*POSTS, *FOLLOW, ("feed", "ada", 10)])
    check_script([*FOLLOW, *POSTS, ("unfollow", "ada", "bob"), ("feed", "ada", 10)])
    check_script(
        [*FOLLOW, *POSTS, *FOLLOW, ("post", "bob"), ("feed", "ada", 10)], hint="a second follow changes nothing"
    )
    again = [("unfollow", "ada", "bob"), ("unfollow", "ada", "bob"), ("follow", "ada", "bob"), ("feed", "ada", 10)]
    check_script([*FOLLOW, *POSTS, *again])
    check_script([*FOLLOW, ("post", "ada"), *POSTS, ("follow", "bob", "ada"), ("feed", "ada", 10), ("feed", "bob", 10)])


@pytest.mark.example
def test_the_last_that_was_posted_comes_first_whatever_the_clock_says() -> None:
    back = [("post", "bob"), ("advance", -50.0), ("post", "cy"), ("advance", 10.0), ("post", "bob"), ("feed", "ada", 2)]
    check_script([*FOLLOW, *back, ("more", "ada", 2), ("feed", "ada", 3)])
    check_script([*FOLLOW, *POSTS, ("feed", "ada", 1), ("more", "ada", 1), ("more", "ada", 2)])


@pytest.mark.example
def test_deleted_posts_are_in_no_feed_and_leave_no_gap() -> None:
    check_script([*FOLLOW, *POSTS, ("delete", 3), ("feed", "ada", 2), ("more", "ada", 2), ("more", "ada", 2)])
    check_script([*POSTS, ("delete", 0), *FOLLOW, ("feed", "ada", 3), ("delete", 0), ("delete", 9), ("feed", "ada", 9)])
    check_script(
        [*FOLLOW, *POSTS, ("unfollow", "ada", "bob"), ("delete", 3), ("follow", "ada", "bob"), ("feed", "ada", 9)]
    )
    check_script([*FOLLOW, *POSTS, ("feed", "ada", 3), ("delete", 0), ("feed", "ada", 3)], hint="the page is just full")


@pytest.mark.example
def test_pages_are_stable_under_new_posts() -> None:
    check_script([*FOLLOW, *POSTS, ("feed", "ada", 2), ("post", "bob"), ("post", "cy"), ("more", "ada", 2)])
    check_script([*FOLLOW, *POSTS, ("feed", "ada", 2), ("delete", 4), ("more", "ada", 2)])
    check_script([*FOLLOW, *POSTS, ("feed", "ada", 2), ("delete", 3), ("more", "ada", 2)])
    check_script([*FOLLOW, *POSTS, ("feed", "ada", 2), ("delete", 1), ("more", "ada", 2)])
    check_script([*FOLLOW, *POSTS, ("feed", "ada", 1), ("unfollow", "ada", "bob"), ("more", "ada", 2)])
    check_script([*FOLLOW, *POSTS, ("feed", "ada", 1), ("follow", "ada", "dan"), ("more", "ada", 2)])
    check_script([*FOLLOW, *POSTS, ("feed", "ada", 2), ("more", "ada", 2)], hint="all 4 on two full pages: no cursor")


@pytest.mark.example
@pytest.mark.parametrize("limit", [0, 1, 2])
def test_authors_may_cross_the_limit_up_and_down(limit: int) -> None:
    join: Script = [("follow", user, "bob") for user in ("u", "v", "w")]
    leave: Script = [("unfollow", user, "bob") for user in ("w", "v", "u")]
    read: Script = [("feed", "ada", 3), ("more", "ada", 9), ("feed", "u", 9), ("feed", "w", 9)]
    up = [*FOLLOW, ("post", "bob"), ("post", "cy"), *join, ("post", "bob"), *read]
    down = [*leave, ("post", "bob"), *read, ("follow", "w", "bob"), *read, ("unfollow", "ada", "bob"), *read]
    for script in (
        up,
        [*up, *down],
        [*up, *down, *join, ("post", "bob"), ("delete", 2), ("follow", "ada", "bob"), *read],
    ):
        check_script(script, [limit], FETCHED)


@pytest.mark.example
def test_a_post_has_id_author_text_and_time() -> None:
    bench = new_bench(10)
    bench.follow("ada", "bob")
    bench.advance(6.5)
    post_id = bench.news.post("bob", "")
    for seconds in (0.0, 10.0):
        bench.advance(seconds)
        (posts, cursor) = bench.news.feed("ada", 5)
        want = [{"id": post_id, "author": "bob", "text": "", "created_at": 1030.5}]
        asked = f"the feed after a post of an empty text at 1030.5, {seconds:g} s later"
        given = {"the stored dict was given away, and its caller changed it": [[{**want[0], "text": "changed"}], None]}
        check.equal([posts, cursor], [want, None], asked=asked, mistakes=given)
        if isinstance(posts, list) and posts:
            posts[0]["text"] = "changed"
    hint = "return new lists and dicts at each call"
    check.equal(bench.texts("ada"), [""], asked="texts of the feed after its caller changed what it got", hint=hint)


USERS = st.sampled_from(["ada", "bob", "cy", "dan"])
STEPS = st.one_of(
    st.tuples(st.sampled_from(["follow", "follow", "unfollow"]), USERS, USERS),
    st.tuples(st.just("post"), USERS),
    st.tuples(st.just("delete"), st.integers(0, 5)),
    st.tuples(st.sampled_from(["feed", "more", "more"]), USERS, st.integers(1, 3)),
    st.tuples(st.just("advance"), st.sampled_from([1.0, -1.0])),
)


@pytest.mark.law
@given(st.lists(STEPS, min_size=1, max_size=30), st.sampled_from(LIMITS))
def test_any_script_is_answered_as_by_a_plain_feed(script: list[Step], limit: int) -> None:
    for reader in ("ada", "bob"):
        script = [*script, ("feed", reader, 2), ("more", reader, 50)]
    check_script(script, [limit])


@pytest.mark.law
@settings(max_examples=20)
@given(st.integers(0, 10**6), st.sampled_from([0, 3, 1000]))
def test_long_feeds_are_read_whole_page_by_page(seed: int, limit: int) -> None:
    rng = np.random.default_rng(seed)
    authors = [f"a{i}" for i in range(8)]
    script: list[Step] = [("follow", f"fan{j}", author) for author in authors[:4] for j in range(4)]
    script += [("post", str(author)) for author in rng.choice(authors, MANY)]
    script += [("follow", "ada", author) for author in authors]
    script += [("delete", int(number)) for number in set(rng.integers(0, MANY, 40).tolist())]
    script += [
        ("feed", "ada", 37),
        *[("more", "ada", 37)] * 3,
        ("post", "a0"),
        ("delete", MANY // 2),
        *[("more", "ada", 37)] * 6,
    ]
    check_script(script, [limit])


# --- errors ----------------------------------------------------------------------------------------------------------


@pytest.mark.edge
def test_bad_arguments_are_errors() -> None:
    bench = new_bench(10)
    bench.follow("ada", "bob")
    for limit in (0, -1):
        for user in ("ada", "nobody"):
            ask, asked = partial(bench.feed, user, limit), f"feed({user!r}, {limit})"
            check.raises(
                ValueError, ask, asked=asked, because="a page has at least one post", hint="check the limit first"
            )
    because, hint = "nobody follows himself", "compare the two names first"
    ask = partial(bench.follow, "ada", "ada")
    check.raises(ValueError, ask, asked="follow('ada', 'ada')", because=because, hint=hint)
    make, hint = partial(new_bench, -1), "check it in the constructor"
    check.raises(ValueError, make, asked="NewsFeed(clock, -1)", because="fanout_limit is at least 0", hint=hint)
    for number in (0, 7):
        because = "there is no such post"
        check.raises(KeyError, partial(bench.delete, number), asked="delete of an unknown id", because=because)


@pytest.mark.edge
def test_feeds_share_nothing_and_clocks_have_a_default() -> None:
    one, other = kata.NewsFeed(), kata.NewsFeed()
    one.follow("ada", "bob")
    other.follow("ada", "cy")
    one.post("bob", "one")
    other.post("bob", "other")
    (posts, _), (none, _) = one.feed("ada", 5), other.feed("ada", 5)
    shared = {
        "two objects share who follows whom": [["one"], ["other"]],
        "two objects share their posts": [["other", "one"], ["other", "one"]],
    }
    came = [[post["text"] for post in page] for page in (posts, none)]
    check.equal(came, [["one"], []], asked="two feeds, of which one follows bob", mistakes=shared)
    made = posts[0]["created_at"]
    check.true(abs(made - time.time()) < 3600, asked="created_at without a clock", came=made, expected="time.time()")


# --- threads ---------------------------------------------------------------------------------------------------------

THREADS = "two threads are between the same steps: hold one lock for the whole call"
MEETINGS: dict[str, tuple[Step, Step]] = {
    "posts": (("publish", "bob", "x"), ("publish", "cy", "y")),
    "post_and_follow": (("publish", "bob", "x"), ("follow", "dan", "bob")),
    "follow_and_post": (("follow", "dan", "bob"), ("publish", "bob", "x")),
    "unfollow_and_post": (("unfollow", "ada", "bob"), ("publish", "bob", "x")),
    "post_and_unfollow": (("publish", "bob", "x"), ("unfollow", "ada", "bob")),
    "delete_and_follow": (("delete", 0), ("follow", "dan", "bob")),
    "deletes": (("delete", 0), ("delete", 0)),
    "feed_and_delete": (("texts", "ada"), ("delete", 0)),
}


@pytest.mark.edge
@pytest.mark.parametrize("limit", [1, 10])
@pytest.mark.parametrize("meeting", MEETINGS)
def test_calls_that_meet_give_what_they_give_one_after_the_other(meeting: str, limit: int) -> None:
    first, other = MEETINGS[meeting]
    before = [*FOLLOW, ("post", "bob"), ("post", "cy"), ("post", "bob")]
    asking = [("texts", "ada"), ("texts", "dan")]
    interleave((newsroom.Bench, limit), first, other, before=before, after=asking, mistake=THREADS)


@pytest.mark.edge
def test_fifty_threads_post_fifty_posts() -> None:
    bench = new_bench(10)
    bench.follow("ada", "bob")
    crowd((bench.publish, "bob", "x"), times=50)
    check.equal(len(bench.texts("ada")), 50, asked="posts in a feed after posts by 50 threads at once", hint=THREADS)


# --- cost ------------------------------------------------------------------------------------------------------------


@pytest.mark.speed
def test_a_post_costs_the_same_however_many_follow_beyond_the_limit(growth: Grower) -> None:
    def prepare(_: np.random.Generator, n: int) -> Task:
        return Task(partial(publish_often, star(n, 10), "star", 50), lambda: ["new 49", "new 48", "new 47"])

    hint = "beyond fanout_limit a post is stored once, and fetched when a feed is read"
    asked = "50 posts of an author with more and more followers, fanout_limit=10"
    growth(prepare, (100, 400, 1600), same=check.equal, at_most=0.5, asked=asked, hint=hint)


@pytest.mark.speed
def test_a_page_costs_the_same_however_many_are_followed(growth: Grower) -> None:
    def prepare(_: np.random.Generator, n: int) -> Task:
        last = list(range(2 * n - 1, 2 * n - 11, -1))
        return Task(partial(first_pages, friends(n, 2), "ada", 30), lambda: last)

    hint = (
        "up to fanout_limit a post is handed to each follower when it is written; do not look at all who are followed"
    )
    asked = "30 pages of 10 of a user who follows more and more authors with one follower each, fanout_limit=10"
    growth(prepare, (100, 400, 1600), same=check.equal, at_most=0.5, asked=asked, hint=hint)


@pytest.mark.speed
@pytest.mark.parametrize("limit", [10, 0], ids=["handed_over", "fetched"])
def test_a_page_costs_the_same_however_many_posts_there_are(growth: Grower, limit: int) -> None:
    def prepare(_: np.random.Generator, n: int) -> Task:
        last = list(range(n - 1, n - 101, -1))
        return Task(partial(pages, star(5, limit, posts=n), "fan0", 10), lambda: last)

    hint = "find the cursor's place by bisection, and take no more posts than a page needs"
    asked = f"the first 10 pages of 10 of a feed of more and more posts, fanout_limit={limit}"
    growth(prepare, (200, 800, 3200), same=check.equal, at_most=0.5, asked=asked, hint=hint)


@pytest.mark.speed
def test_a_page_is_faster_than_sorting_all_posts(race: Racer) -> None:
    def contest(_: np.random.Generator) -> Contest:
        bench = friends(500, 4, stars=2)
        posts = {f"friend{i}": [i + 502 * j for j in range(4)] for i in range(500)}
        posts |= {f"star{i}": [500 + i + 502 * j for j in range(4)] for i in range(2)}

        def sort_all() -> list[int]:
            found: list[int] = []
            for _ in range(20):
                found = sorted((number for numbers in posts.values() for number in numbers), reverse=True)[:10]
            return found

        return Contest(partial(first_pages, bench, "ada", 20), sort_all)

    asked = "20 pages of 10 of a user who follows 500 authors with 4 posts each, and two beyond the limit"
    race(contest, same=check.equal, at_least=3, versus="gathering and sorting all posts", asked=asked)
