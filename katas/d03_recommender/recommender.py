"""Recommend films by what similar users watched, by taste, by trend and for a change."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any


class RecommendationEngine:
    """Rank what a user has not watched by four weighted signals. Methods may be called from several threads.

    Args:
        clock: tells the time as a naive `datetime`; when it goes back, no time has passed.
        cache_seconds: how long an answer is given again, at least 0, else `ValueError`; 0 keeps none.
    """

    def __init__(self, clock: Callable[[], datetime] = datetime.now, cache_seconds: float = 300) -> None:
        raise NotImplementedError

    def add_content(self, content_id: str, title: str, genres: list[str]) -> None:
        """Add a film. Raises `ValueError` for one that was added before, and without genres."""
        raise NotImplementedError

    def log_watch(self, user_id: str, content_id: str, rating: float) -> None:
        """Record that a user watched a film; a second rating replaces the first. Ends the user's cached answers.

        Raises:
            KeyError: the film was never added.
            ValueError: rating is not from 1 to 5.
        """
        raise NotImplementedError

    def get_recommendations(self, user_id: str, num_recommendations: int = 10) -> list[dict[str, Any]]:
        """Return the best films that the user has not watched: content_id, title, score, recommendation_type, explanation.

        Raises `ValueError` for `num_recommendations` below 1.
        """
        raise NotImplementedError

    def stats(self) -> dict[str, int]:
        """Return a new dict: hits, misses, cached, recent_watches."""
        raise NotImplementedError
