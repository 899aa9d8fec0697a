"""Films and genres as columns of arrays, similar users as rows of a small matrix; a heap of what ends, and version numbers."""

import heapq
import threading
from collections import OrderedDict
from datetime import datetime, timedelta
from itertools import count

import numpy as np

NAMES = ("collaborative", "content", "trending", "diversity")
WEIGHTS = np.array([0.4, 0.3, 0.2, 0.1])


class RecommendationEngine:
    def __init__(self, clock=datetime.now, cache_seconds=300):
        if not cache_seconds >= 0:
            raise ValueError(f"cache_seconds={cache_seconds} is negative")
        self._clock, self._time, self._before = clock, timedelta(), None
        self._keep, self._lock, self._serial = timedelta(seconds=cache_seconds), threading.RLock(), count()
        self._films, self._genre_columns, self._titles = OrderedDict(), {}, []
        self._genres = []  # for each film the columns of its genres
        self._of_user, self._of_film = {}, []
        self._recent = []  # how often each film was watched in a week
        self._ends = []  # heap of (time, serial, kind, key)
        self._answers = {}
        self._n = {"hits": 0, "misses": 0, "recent_watches": 0}

    def add_content(self, content_id, title, genres):
        with self._lock:
            if content_id in self._films or not list(genres):
                raise ValueError(f"{content_id} is known, or has no genres: {genres}")
            self._films[content_id] = len(self._films)
            self._titles.append(title)
            columns = {self._genre_columns.setdefault(genre, len(self._genre_columns)) for genre in genres}
            self._genres.append(sorted(columns))
            self._of_film.append(set())
            self._recent.append(0)

    def log_watch(self, user_id, content_id, rating):
        if not 1 <= rating <= 5:
            raise ValueError(f"rating={rating}")
        with self._lock:
            film = self._films.get(content_id)
            if film is None:
                raise KeyError(content_id)
            self._tick()
            self._of_user.setdefault(user_id, {})[film] = float(rating)
            self._of_film[film].add(user_id)
            self._recent[film] += 1
            self._n["recent_watches"] += 1
            heapq.heappush(self._ends, (self._time + timedelta(7), next(self._serial), "watch", film))
            for key in list(self._answers.get(user_id, {})):
                del self._answers[user_id][key]

    def get_recommendations(self, user_id, num_recommendations=10):
        if num_recommendations <= 0:
            raise ValueError(f"num_recommendations={num_recommendations}")
        with self._lock:
            self._tick()
            kept = self._answers.get(user_id, {}).get(num_recommendations)
            self._n["misses" if kept is None else "hits"] += 1
            if kept is None:
                kept = next(self._serial), self._compute(user_id, num_recommendations)
                if self._keep:
                    self._answers.setdefault(user_id, {})[num_recommendations] = kept
                    key = user_id, num_recommendations, kept[0]
                    heapq.heappush(self._ends, (self._time + self._keep, next(self._serial), "answer", key))
            return [
                {
                    "content_id": film,
                    "title": title,
                    "score": sum(parts),
                    "recommendation_type": NAMES[int(np.argmax(parts))],
                    "explanation": dict(zip(NAMES, parts, strict=True)),
                }
                for film, title, parts in kept[1]
            ]

    def stats(self):
        with self._lock:
            return {**self._n, "cached": sum(map(len, self._answers.values()))}

    def _tick(self):
        reading = self._clock()
        if self._before is not None and reading > self._before:
            self._time += reading - self._before
        self._before = reading
        while self._ends and self._ends[0][0] <= self._time:
            _, _, kind, key = heapq.heappop(self._ends)
            if kind == "watch":
                self._recent[key] -= 1
                self._n["recent_watches"] -= 1
                continue
            user_id, number, serial = key
            answers = self._answers.get(user_id, {})
            if answers.get(number, (None,))[0] == serial:
                del answers[number]
            if not answers:
                self._answers.pop(user_id, None)

    def _compute(self, user_id, number):
        n, mine = len(self._films), self._of_user.get(user_id, {})
        if not n:
            return []
        own = self._row(mine)
        genres = np.zeros((n, len(self._genre_columns)))
        for film, columns in enumerate(self._genres):
            genres[film, columns] = 1
        others = sorted(set().union(*(self._of_film[film] for film in mine)) - {user_id})
        signals = np.zeros((4, n))
        if others:
            rows = np.array([self._row(self._of_user[other]) for other in others])
            alike = rows @ own / (np.linalg.norm(rows, axis=1) * np.linalg.norm(own))
            signals[0] = alike @ rows / (5 * alike.sum())
        taste = (own - 3 * (own > 0)) @ genres
        if taste.any():
            match = genres @ taste / (np.linalg.norm(taste) * np.sqrt(genres.sum(axis=1)))
            signals[1] = np.maximum(match, 0)
        recent = np.array(self._recent)
        signals[2] = recent / max(recent.max(), 1)
        is_new = (own > 0) @ genres == 0
        signals[3] = genres @ is_new / genres.sum(axis=1)
        parts = WEIGHTS[:, None] * signals
        order = np.argsort(parts.sum(axis=0))[::-1]
        best = [film for film in order.tolist() if film not in mine][:number]
        names = list(self._films)
        return [(names[film], self._titles[film], parts[:, film].tolist()) for film in best]

    def _row(self, ratings):
        row = np.zeros(len(self._films))
        for film, rating in ratings.items():
            row[film] = rating
        return row
