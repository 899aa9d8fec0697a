"""Recommend films by what similar users watched, by taste, by trend and for a change: the reference."""

from __future__ import annotations

import heapq
import math
import threading
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

WEIGHTS = {"collaborative": 0.4, "content": 0.3, "trending": 0.2, "diversity": 0.1}
HIGHEST_RATING, NEUTRAL_RATING = 5, 3
TREND = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class _Content:
    title: str
    genres: frozenset[str]


class RecommendationEngine:
    """Rank what a user has not watched by four weighted signals. Methods may be called from several threads.

    Args:
        clock: tells the time as a naive `datetime`; when it goes back, no time has passed.
        cache_seconds: how long an answer is given again, at least 0, else `ValueError`; 0 keeps none.
    """

    def __init__(self, clock: Callable[[], datetime] = datetime.now, cache_seconds: float = 300) -> None:
        if cache_seconds < 0:
            raise ValueError(f"cache_seconds must be at least 0, got {cache_seconds}")
        self._clock = clock
        self._reading: datetime | None = None
        self._now = timedelta(0)
        self._contents: dict[str, _Content] = {}
        self._ratings: defaultdict[str, dict[str, float]] = defaultdict(dict)  # by user
        self._watchers: defaultdict[str, dict[str, float]] = defaultdict(dict)  # the same, by content
        self._recent: deque[tuple[timedelta, str]] = deque()
        self._trend: Counter[str] = Counter()
        self._cache_time = timedelta(seconds=cache_seconds)
        self._cache: dict[tuple[str, int], tuple[timedelta, list[dict[str, Any]]]] = {}  # the oldest first
        self._cached_numbers: defaultdict[str, set[int]] = defaultdict(set)  # by user
        self._hits = self._misses = 0
        self._lock = threading.Lock()

    def add_content(self, content_id: str, title: str, genres: list[str]) -> None:
        """Add a film. Raises `ValueError` for one that was added before, and without genres."""
        if not genres:
            raise ValueError(f"genres must not be empty, got {genres!r} for {content_id!r}")
        with self._lock:
            if content_id in self._contents:
                raise ValueError(f"content_id must be new, got {content_id!r}, which was added before")
            self._contents[content_id] = _Content(title, frozenset(genres))

    def log_watch(self, user_id: str, content_id: str, rating: float) -> None:
        """Record that a user watched a film; a second rating replaces the first. Ends the user's cached answers.

        Raises `KeyError` for a film that was never added, `ValueError` for a rating that is not from 1 to 5.
        """
        if not 1 <= rating <= HIGHEST_RATING:
            raise ValueError(f"rating must be from 1 to {HIGHEST_RATING}, got {rating}")
        with self._lock:
            if content_id not in self._contents:
                raise KeyError(f"content_id must have been added, got {content_id!r}")
            self._move_time()
            self._ratings[user_id][content_id] = self._watchers[content_id][user_id] = rating
            self._recent.append((self._now, content_id))
            self._trend[content_id] += 1
            for number in self._cached_numbers.pop(user_id, ()):
                del self._cache[user_id, number]

    def get_recommendations(self, user_id: str, num_recommendations: int = 10) -> list[dict[str, Any]]:
        """Return the best films that the user has not watched: content_id, title, score, recommendation_type, explanation.

        Raises `ValueError` for `num_recommendations` below 1.
        """
        if num_recommendations < 1:
            raise ValueError(f"num_recommendations must be at least 1, got {num_recommendations}")
        with self._lock:
            self._move_time()
            if (user_id, num_recommendations) in self._cache:
                self._hits += 1
                return _copy(self._cache[user_id, num_recommendations][1])
            self._misses += 1
            answer = self._rank(user_id, num_recommendations)
            if self._cache_time:
                self._cache[user_id, num_recommendations] = self._now, answer
                self._cached_numbers[user_id].add(num_recommendations)
            return _copy(answer)

    def stats(self) -> dict[str, int]:
        """Return a new dict: hits, misses, cached, recent_watches."""
        with self._lock:
            return {
                "hits": self._hits,
                "misses": self._misses,
                "cached": len(self._cache),
                "recent_watches": len(self._recent),
            }

    def _move_time(self) -> None:
        """Ask the clock, and drop what has become too old."""
        reading = self._clock()
        if self._reading is not None:
            self._now += max(reading - self._reading, timedelta(0))
        self._reading = reading
        while self._recent and self._now - self._recent[0][0] >= TREND:
            _, content_id = self._recent.popleft()
            self._trend[content_id] -= 1
            if not self._trend[content_id]:
                del self._trend[content_id]
        while self._cache:
            (user_id, number), (computed, _) = next(iter(self._cache.items()))
            if self._now - computed < self._cache_time:
                break
            del self._cache[user_id, number]
            self._cached_numbers[user_id].discard(number)
            if not self._cached_numbers[user_id]:
                del self._cached_numbers[user_id]

    def _rank(self, user_id: str, number: int) -> list[dict[str, Any]]:
        watched = self._ratings.get(user_id, {})
        collaborative = self._collaborative(user_id, watched)
        taste: defaultdict[str, float] = defaultdict(float)
        for content_id, rating in watched.items():
            for genre in self._contents[content_id].genres:
                taste[genre] += rating - NEUTRAL_RATING
        strength = _norm(taste.values())
        most_watched = max(self._trend.values(), default=1)

        def recommend(content_id: str, content: _Content) -> dict[str, Any]:
            genres = content.genres
            match = sum(taste[genre] for genre in genres if genre in taste)
            signals = {
                "collaborative": collaborative.get(content_id, 0.0),
                "content": max(match / (strength * math.sqrt(len(genres))), 0.0) if strength else 0.0,
                "trending": self._trend[content_id] / most_watched,
                "diversity": sum(genre not in taste for genre in genres) / len(genres),
            }
            parts = {name: weight * signals[name] for name, weight in WEIGHTS.items()}
            return {
                "content_id": content_id,
                "title": content.title,
                "score": sum(parts.values()),
                "recommendation_type": max(parts, key=parts.__getitem__),
                "explanation": parts,
            }

        candidates = (recommend(*item) for item in self._contents.items() if item[0] not in watched)
        return heapq.nlargest(number, candidates, key=lambda one: one["score"])

    def _collaborative(self, user_id: str, watched: dict[str, float]) -> dict[str, float]:
        """Ratings of each film by similar users, as a share of the highest possible; only users who share a film count."""
        products: defaultdict[str, float] = defaultdict(float)
        for content_id, rating in watched.items():
            for other, others_rating in self._watchers[content_id].items():
                if other != user_id:
                    products[other] += rating * others_rating
        own = _norm(watched.values())
        sums: defaultdict[str, float] = defaultdict(float)
        total = 0.0
        for other, product in products.items():
            ratings = self._ratings[other]
            similarity = product / (own * _norm(ratings.values()))
            total += similarity
            for content_id, rating in ratings.items():
                sums[content_id] += similarity * rating
        return {content_id: value / (HIGHEST_RATING * total) for content_id, value in sums.items()}


def _norm(values: Any) -> float:
    return math.sqrt(sum(value * value for value in values))


def _copy(answer: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """An answer that shares nothing with the one that is kept."""
    return [one | {"explanation": dict(one["explanation"])} for one in answer]
