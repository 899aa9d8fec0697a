"""As people write it: dicts of dicts, a cache for each user, all candidates sorted, time in seconds."""

from copy import deepcopy
from datetime import datetime
from math import sqrt
from threading import RLock


class RecommendationEngine:
    def __init__(self, clock=datetime.now, cache_seconds=300):
        if cache_seconds < 0:
            raise ValueError("cache_seconds is negative")
        self.clock = clock
        self.cache_seconds = cache_seconds
        self.last_time = None
        self.seconds = 0.0
        self.contents = {}
        self.user_ratings = {}
        self.content_ratings = {}
        self.recent = []
        self.first_recent = 0
        self.counts = {}
        self.cache = {}
        self.order = []
        self.hit_count = 0
        self.miss_count = 0
        self.lock = RLock()

    def add_content(self, content_id, title, genres):
        with self.lock:
            if content_id in self.contents:
                raise ValueError(f"{content_id} exists")
            if len(genres) == 0:
                raise ValueError("no genres")
            self.contents[content_id] = {"title": title, "genres": sorted(set(genres))}
            self.content_ratings[content_id] = {}
            self.counts[content_id] = 0

    def log_watch(self, user_id, content_id, rating):
        with self.lock:
            if content_id not in self.contents:
                raise KeyError(f"no content {content_id}")
            if not (rating >= 1 and rating <= 5):
                raise ValueError(f"rating {rating}")
            self.update_time()
            if user_id not in self.user_ratings:
                self.user_ratings[user_id] = {}
            self.user_ratings[user_id][content_id] = rating
            self.content_ratings[content_id][user_id] = rating
            self.counts[content_id] += 1
            self.recent.append((self.seconds, content_id))
            self.cache.pop(user_id, None)

    def update_time(self):
        now = self.clock()
        if self.last_time is not None and now > self.last_time:
            self.seconds += (now - self.last_time).total_seconds()
        self.last_time = now
        while self.first_recent < len(self.recent):
            when, content_id = self.recent[self.first_recent]
            if self.seconds - when < 7 * 24 * 3600:
                break
            self.counts[content_id] -= 1
            self.first_recent += 1
        if self.first_recent > 100 and self.first_recent > len(self.recent) / 2:
            self.recent = self.recent[self.first_recent :]
            self.first_recent = 0
        old = 0
        for when, user_id, number in self.order:
            if self.seconds - when < self.cache_seconds:
                break
            old += 1
            answers = self.cache.get(user_id, {})
            if number in answers and answers[number][0] == when:
                del answers[number]
                if not answers:
                    del self.cache[user_id]
        self.order = self.order[old:] if old else self.order

    def get_recommendations(self, user_id, num_recommendations=10):
        if num_recommendations < 1:
            raise ValueError("ask for one at least")
        with self.lock:
            self.update_time()
            answers = self.cache.get(user_id, {})
            if num_recommendations in answers:
                self.hit_count += 1
                return deepcopy(answers[num_recommendations][1])
            self.miss_count += 1
            watched = self.user_ratings.get(user_id, {})
            collaborative = self.get_collaborative(user_id, watched)
            result = []
            for content_id, content in self.contents.items():
                if content_id in watched:
                    continue
                parts = {
                    "collaborative": 0.4 * collaborative.get(content_id, 0),
                    "content": 0.3 * self.get_content(watched, content["genres"]),
                    "trending": 0.2 * self.get_trend(content_id),
                    "diversity": 0.1 * self.get_diversity(watched, content["genres"]),
                }
                best = "collaborative"
                for name, part in parts.items():
                    if part > parts[best]:
                        best = name
                result.append(
                    {
                        "content_id": content_id,
                        "title": content["title"],
                        "score": sum(parts.values()),
                        "recommendation_type": best,
                        "explanation": parts,
                    }
                )
            result.sort(key=lambda r: (-r["score"], r["content_id"]))
            result = result[:num_recommendations]
            if self.cache_seconds > 0:
                self.cache.setdefault(user_id, {})[num_recommendations] = (self.seconds, deepcopy(result))
                self.order.append((self.seconds, user_id, num_recommendations))
            return result

    def get_collaborative(self, user_id, watched):
        similar = set()
        for content_id in watched:
            similar.update(self.content_ratings[content_id])
        similar.discard(user_id)
        sums, total = {}, 0.0
        for other in similar:
            theirs = self.user_ratings[other]
            dot = sum(watched[c] * theirs[c] for c in watched if c in theirs)
            similarity = dot / (length(watched) * length(theirs))
            total += similarity
            for content_id in theirs:
                sums[content_id] = sums.get(content_id, 0) + similarity * theirs[content_id]
        return {content_id: value / total / 5 for content_id, value in sums.items()}

    def get_content(self, watched, genres):
        profile = {}
        for content_id, rating in watched.items():
            for genre in self.contents[content_id]["genres"]:
                profile[genre] = profile.get(genre, 0) + rating - 3
        if length(profile) == 0:
            return 0.0
        dot = sum(profile.get(genre, 0) for genre in genres)
        return max(0.0, dot / length(profile) / sqrt(len(genres)))

    def get_trend(self, content_id):
        most = max(self.counts.values())
        return self.counts[content_id] / most if most else 0.0

    def get_diversity(self, watched, genres):
        seen = set()
        for content_id in watched:
            seen.update(self.contents[content_id]["genres"])
        return len([genre for genre in genres if genre not in seen]) / len(genres)

    def stats(self):
        with self.lock:
            return {
                "hits": self.hit_count,
                "misses": self.miss_count,
                "cached": sum(len(answers) for answers in self.cache.values()),
                "recent_watches": len(self.recent) - self.first_recent,
            }


def length(vector):
    return sqrt(sum(x**2 for x in vector.values()))
