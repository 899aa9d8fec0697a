"""A news feed: handed over when it is written, or fetched when it is read."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any


class NewsFeed:
    """Posts of those whom a user follows, the last first; safe under threads; `ValueError` for a limit below 0."""

    def __init__(self, clock: Callable[[], float] = time.time, fanout_limit: int = 1000) -> None:
        raise NotImplementedError

    def follow(self, follower: str, author: str) -> None:
        """Put the author's posts, older ones too, into the follower's feed; `ValueError` for oneself."""
        raise NotImplementedError

    def unfollow(self, follower: str, author: str) -> None:
        """Take the author's posts out of the follower's feed."""
        raise NotImplementedError

    def post(self, author: str, text: str) -> int | str:
        """Return the id of a new post."""
        raise NotImplementedError

    def delete(self, post_id: int | str) -> None:
        """Take a post out of all feeds; `KeyError` if it is unknown or deleted."""
        raise NotImplementedError

    def feed(self, user: str, limit: int, cursor: Any = None) -> tuple[list[dict[str, Any]], Any]:
        """Return a page of a user's feed, the last post first, and the cursor of the next page.

        Args:
            user: whose feed.
            limit: how many posts at most, at least 1.
            cursor: None for the first page, or what came with the page before.

        Returns:
            Dicts with "id", "author", "text" and "created_at"; and a cursor, None when no older posts are there.

        Raises:
            ValueError: for a limit below 1.
        """
        raise NotImplementedError
