"""Films, watches, a clock, and scripts of all three, which run where the engine is."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import recommender as kata

START = datetime(2024, 5, 1, 20, 15)
Step = tuple[Any, ...]
"""("pass", seconds), ("add", content_id, genres), ("watch", user_id, content_id, rating) or ("ask", user_id, number)."""


class House:
    """An engine with a clock. An error is told by its name."""

    def __init__(self, script: Sequence[Step] = (), **options: Any) -> None:
        self.now = START
        self.engine = kata.RecommendationEngine(clock=lambda: self.now, **options)
        self.run(script)

    def add(self, content_id: str, genres: Sequence[str]) -> Any:
        """Add a film whose title is its id in capitals."""
        return self.engine.add_content(content_id, content_id.upper(), list(genres))

    def watch(self, user_id: str, content_id: str, rating: float) -> Any:
        """Log a watch."""
        return self.engine.log_watch(user_id, content_id, rating)

    def ask(self, user_id: str, number: int = 10) -> Any:
        """Ask for recommendations."""
        return self.engine.get_recommendations(user_id, number)

    def ask_ids(self, user_id: str, number: int) -> list[str]:
        """The ids of what is recommended."""
        return [one["content_id"] for one in self.ask(user_id, number)]

    def stats(self) -> dict[str, int]:
        """What the engine has counted."""
        return self.engine.stats()  # type: ignore[no-any-return]

    def run(self, script: Sequence[Step]) -> list[Any]:
        """Take the steps, and return what each gave."""
        told: list[Any] = []
        for name, *args in script:
            if name == "pass":
                self.now += timedelta(seconds=args[0])
                told.append(None)
                continue
            try:
                told.append(getattr(self, name)(*args))
            except NotImplementedError:
                raise
            except Exception as error:  # another error is an answer, too, and a wrong one
                told.append(type(error).__name__ if str(error).strip(" '\"") else "an error without a message")
        return told


def answers(script: Sequence[Step], options: dict[str, Any]) -> tuple[list[Any], dict[str, int]]:
    """What each step of a script gives, and the counts at its end."""
    house = House(**options)
    return house.run(script), house.stats()


def changed_by_callers(script: Sequence[Step]) -> list[Any]:
    """The answer for ada, and twice the same after the caller changed the lists that it gave and was given."""
    house, genres = House(script), ["new"]
    house.engine.add_content("mine", "MINE", genres)
    genres.append("x")
    told = []
    for _ in range(3):
        answer = house.ask("ada")
        told.append([one | {"explanation": dict(one["explanation"])} for one in answer])
        answer[0]["explanation"].update(trending=9.0)
        answer[0].update(score=9.0, title="?")
        answer.pop()
    house.stats().update(hits=99)
    return [*told, house.stats()["hits"]]


def crowded(n: int, films: int) -> House:
    """An engine with so many films, a few watched by ada and bob, the others by `n` users who share nothing with them."""
    script: list[Step] = [("add", f"film-{i}", ["drama"]) for i in range(films)]
    script += [("watch", user, f"film-{i}", 4) for user in ("ada", "bob") for i in range(2 + (user == "bob"))]
    script += [("watch", f"user-{i}", f"film-{3 + i % (films - 3)}", 1 + i % 5) for i in range(n)]
    return House(script)


def misses(house: House, times: int) -> list[str]:
    """The first recommendation for ada, so many times, with a watch of the same film between them."""
    told = []
    for i in range(times):
        house.watch("ada", "film-0", 3 + i % 3)
        told.append(house.ask_ids("ada", 1)[0])
    return told


def hits(house: House, times: int) -> list[str]:
    """The first recommendation for ada, so many times, and watches by somebody else between them."""
    told = []
    for i in range(times):
        house.watch("carl", "film-5", 1 + i % 5)
        told.append(house.ask_ids("ada", 1)[0])
    return told


def long_life(n: int) -> dict[str, int]:
    """The counts after `n` watches by one user and as many questions of new users, an hour apart."""
    house = House([("add", "a", "x"), ("add", "b", "y")])
    for i in range(n):
        house.now += timedelta(hours=1)
        house.watch("ada", "a", 4)
        house.ask(f"new-{i:0100d}", 2)
    return house.stats()
