"""Feeds with a clock that stands still, and scripts for them, which run where the feeds are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import news_feed as kata

from harness.suite.threads import ManualClock

Step = tuple[Any, ...]
"""A method of a `Bench`, and its arguments."""


class Bench:
    """A feed and its clock (at 1024). Posts are asked for by number, 0 being the first that was posted."""

    def __init__(self, fanout_limit: int) -> None:
        self.clock = ManualClock(1024.0)
        self.news = kata.NewsFeed(self.clock, fanout_limit)
        self.ids: list[Any] = []
        self.cursors: dict[str, Any] = {}

    def follow(self, follower: str, author: str) -> None:
        """Pass it on."""
        self.news.follow(follower, author)

    def unfollow(self, follower: str, author: str) -> None:
        """Pass it on."""
        self.news.unfollow(follower, author)

    def post(self, author: str) -> int:
        """Post, the text being the number; return the number."""
        self.ids.append(self.news.post(author, str(len(self.ids))))
        return len(self.ids) - 1

    def publish(self, author: str, text: str) -> None:
        """Post a text of one's own, in one step."""
        self.news.post(author, text)

    def delete(self, number: int) -> None:
        """Delete the post with a number; with none yet, one that is unknown."""
        self.news.delete(self.ids[number] if number < len(self.ids) else "unknown")

    def feed(self, user: str, limit: int) -> list[Any]:
        """The numbers of the posts of the first page, and whether there is a cursor."""
        return self.page(user, limit, None)

    def more(self, user: str, limit: int) -> Any:
        """The same of the page after the last one; "end" without asking if that had no cursor."""
        cursor = self.cursors.get(user)
        return "end" if cursor is None else self.page(user, limit, cursor)

    def page(self, user: str, limit: int, cursor: Any) -> list[Any]:
        """The numbers of the posts of a page, and whether there is a cursor."""
        posts, self.cursors[user] = self.news.feed(user, limit, cursor)
        return [[int(post["text"]) for post in posts], self.cursors[user] is not None]

    def texts(self, user: str) -> list[str]:
        """The texts of the first 100 posts."""
        return [post["text"] for post in self.news.feed(user, 100)[0]]

    def advance(self, seconds: float) -> None:
        """Let time pass, or set the clock back."""
        self.clock.advance(seconds)


def play(fanout_limit: int, script: Sequence[Step]) -> list[Any]:
    """What a new feed answers to a script; errors are their names."""
    bench, told = Bench(fanout_limit), []
    for method, *args in script:
        try:
            told.append(getattr(bench, method)(*args))
        except (KeyError, ValueError) as error:
            told.append(type(error).__name__)
    return told


def star(n: int, fanout_limit: int, posts: int = 0) -> Bench:
    """A feed where the star has so many followers, fan0 the first of them, and posts."""
    bench = Bench(fanout_limit)
    for i in range(n):
        bench.follow(f"fan{i}", "star")
    for _ in range(posts):
        bench.post("star")
    return bench


def friends(n: int, posts: int, stars: int = 0) -> Bench:
    """A feed where ada follows so many others with so many posts each, and some stars; the limit is 10."""
    bench = Bench(10)
    for i in range(stars):
        for j in range(12):
            bench.follow(f"fan{j}", f"star{i}")
        bench.follow("ada", f"star{i}")
    for i in range(n):
        bench.follow("ada", f"friend{i}")
    for _ in range(posts):
        for i in range(n):
            bench.post(f"friend{i}")
        for i in range(stars):
            bench.post(f"star{i}")
    return bench


def publish_often(bench: Bench, author: str, times: int) -> list[str]:
    """Post texts, and return the last ones as fan0 sees them."""
    for i in range(times):
        bench.publish(author, f"new {i}")
    return bench.texts("fan0")[:3]


def first_pages(bench: Bench, user: str, times: int) -> list[Any]:
    """The first page of 10 so many times; the numbers of the last."""
    return [list(bench.feed(user, 10)[0]) for _ in range(times)][-1]


def pages(bench: Bench, user: str, times: int) -> list[int]:
    """The numbers on so many pages of 10, from the first on."""
    found = list(bench.feed(user, 10)[0])
    for _ in range(times - 1):
        found += bench.more(user, 10)[0]
    return found
