"""A news feed: handed over when it is written, or fetched when it is read: the reference."""

from __future__ import annotations

import heapq
import threading
import time
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable
from itertools import count, islice
from typing import Any


class _Author:
    def __init__(self) -> None:
        self.followers: set[str] = set()
        self.posts: list[int] = []
        self.is_fetched = False
        """Whether there were more followers than the limit: then no inbox has a post of this author."""


class _Reader:
    def __init__(self) -> None:
        self.inbox: list[int] = []
        self.fetched: set[str] = set()
        """Who is followed and fetched from."""


class NewsFeed:
    """Posts of those whom a user follows, the last first; safe under threads; `ValueError` for a limit below 0."""

    def __init__(self, clock: Callable[[], float] = time.time, fanout_limit: int = 1000) -> None:
        if fanout_limit < 0:
            raise ValueError(f"fanout_limit must be at least 0, got {fanout_limit}")
        self._clock = clock
        self._fanout_limit = fanout_limit
        self._lock = threading.Lock()
        self._numbers = count(1)
        self._posts: dict[int, dict[str, Any]] = {}
        # Lists of posts are in order everywhere, so that a page begins at a place that bisection finds.
        self._authors: defaultdict[str, _Author] = defaultdict(_Author)
        self._readers: defaultdict[str, _Reader] = defaultdict(_Reader)

    def follow(self, follower: str, author: str) -> None:
        """Put the author's posts, older ones too, into the follower's feed; `ValueError` for oneself."""
        if follower == author:
            raise ValueError(f"author must be somebody else, got {author!r} for both")
        with self._lock:
            source, reader = self._authors[author], self._readers[follower]
            if follower in source.followers:
                return
            source.followers.add(follower)
            if source.is_fetched:
                reader.fetched.add(author)
            elif len(source.followers) > self._fanout_limit:
                self._fetch_from_now_on(author)
            else:
                reader.inbox = sorted(reader.inbox + source.posts)

    def unfollow(self, follower: str, author: str) -> None:
        """Take the author's posts out of the follower's feed."""
        with self._lock:
            source = self._authors[author]
            if follower in source.followers:
                source.followers.remove(follower)
                self._readers[follower].fetched.discard(author)
                self._clear_inbox(follower, author)

    def post(self, author: str, text: str) -> int | str:
        """Return the id of a new post."""
        with self._lock:
            number, source = next(self._numbers), self._authors[author]
            self._posts[number] = {"id": number, "author": author, "text": text, "created_at": self._clock()}
            source.posts.append(number)
            if not source.is_fetched:
                for follower in source.followers:
                    self._readers[follower].inbox.append(number)
            return number

    def delete(self, post_id: int | str) -> None:
        """Take a post out of all feeds; `KeyError` if it is unknown or deleted."""
        with self._lock:
            if post_id not in self._posts:
                raise KeyError(f"no post has the id {post_id!r}")
            post = self._posts.pop(post_id)
            source = self._authors[post["author"]]
            lists = [source.posts]
            if not source.is_fetched:
                lists += [self._readers[follower].inbox for follower in source.followers]
            for numbers in lists:
                del numbers[bisect_left(numbers, post["id"])]

    def feed(self, user: str, limit: int, cursor: Any = None) -> tuple[list[dict[str, Any]], Any]:
        """Return a page of a user's feed, the last post first, and the cursor of the next page; see the stub."""
        if limit < 1:
            raise ValueError(f"limit must be at least 1, got {limit}")
        with self._lock:
            if user not in self._readers:
                return [], None
            reader = self._readers[user]
            lists = [reader.inbox, *(self._authors[author].posts for author in reader.fetched)]
            older = heapq.merge(*(_backwards(numbers, cursor) for numbers in lists), reverse=True)
            found = list(islice(older, limit + 1))
            page = [dict(self._posts[number]) for number in found[:limit]]
            return page, found[limit - 1] if len(found) > limit else None

    def _fetch_from_now_on(self, author: str) -> None:
        """Take the posts out of the inboxes of all followers, who are one more than the limit."""
        source = self._authors[author]
        source.is_fetched = True
        for follower in source.followers:
            self._clear_inbox(follower, author)
            self._readers[follower].fetched.add(author)

    def _clear_inbox(self, follower: str, author: str) -> None:
        reader = self._readers[follower]
        reader.inbox = [number for number in reader.inbox if self._posts[number]["author"] != author]


def _backwards(numbers: list[int], cursor: int | None) -> Any:
    """The numbers below the cursor, the largest first, one by one."""
    stop = len(numbers) if cursor is None else bisect_left(numbers, cursor)
    return (numbers[i] for i in range(stop - 1, -1, -1))
