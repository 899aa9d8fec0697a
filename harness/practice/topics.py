"""What katas are about: the topics that roles ask for, and the topics that give a learner trouble. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from harness.core.model import Kata, KataSet, Status
from harness.history.store import Entry


class Role(StrEnum):
    """Whom the interview looks for."""

    ML_ENGINEER = "ml-engineer"
    RESEARCH_SCIENTIST = "research-scientist"
    DATA_SCIENTIST = "data-scientist"


@dataclass(frozen=True, slots=True)
class Interest:
    """How much a role's interviews ask of each set and topic; what is not named weighs 1."""

    sets: Mapping[KataSet, float]
    topics: Mapping[str, float]


ROLES = {
    # Builds what runs in production: interviews go for speed, memory, concurrency and design; the basics are taken for granted.
    Role.ML_ENGINEER: Interest(
        {KataSet.A: 0.7, KataSet.B: 1.0, KataSet.C: 1.6, KataSet.D: 1.8},
        {
            "system design": 2.0,
            "serving": 2.0,
            "performance": 2.0,
            "caching": 1.6,
            "threads": 1.6,
            "optimization": 1.5,
            "algorithms": 1.3,
            "data structures": 1.3,
            "evaluation": 1.2,
            "numerics": 1.2,
            "nlp": 1.2,
            "reinforcement learning": 0.6,
            "statistics": 0.6,
            "regression": 0.8,
        },
    ),
    # Derives and implements new methods: gradients, probability, linear algebra on a whiteboard; services are somebody else's.
    Role.RESEARCH_SCIENTIST: Interest(
        {KataSet.A: 1.2, KataSet.B: 1.8, KataSet.C: 1.2, KataSet.D: 0.3},
        {
            "gradients": 2.0,
            "losses": 1.8,
            "neural networks": 1.8,
            "probability": 1.8,
            "linear algebra": 1.8,
            "dimensionality reduction": 1.6,
            "unsupervised": 1.4,
            "numerics": 1.4,
            "nlp": 1.4,
            "vision": 1.4,
            "reinforcement learning": 1.4,
            "clustering": 1.2,
            "preprocessing": 0.6,
            "algorithms": 0.6,
            "serving": 0.3,
            "caching": 0.3,
            "threads": 0.3,
            "hashing": 0.4,
        },
    ),
    # Answers questions with data: metrics, tests of hypotheses, standard models and what they assume; speed matters least.
    Role.DATA_SCIENTIST: Interest(
        {KataSet.A: 1.4, KataSet.B: 1.5, KataSet.C: 0.5, KataSet.D: 1.0},
        {
            "statistics": 2.5,
            "metrics": 2.0,
            "evaluation": 1.8,
            "regression": 1.8,
            "classification": 1.6,
            "preprocessing": 1.6,
            "ensembles": 1.5,
            "clustering": 1.3,
            "probability": 1.3,
            "dimensionality reduction": 1.3,
            "neural networks": 0.7,
            "reinforcement learning": 0.5,
            "vision": 0.6,
            "algorithms": 0.6,
            "performance": 0.4,
            "serving": 0.3,
            "caching": 0.3,
            "threads": 0.2,
        },
    ),
}
"""The table behind `--role`, with the reason above each."""

WEAK = 0.25
"""From this much trouble on, a topic is called weak."""


def topic_name(topic: str) -> str:
    """One spelling for `linear-algebra` and `Linear algebra`."""
    return " ".join(topic.lower().replace("-", " ").replace("_", " ").split())


def trouble_by_topic(katas: Sequence[Kata], entries: Sequence[Entry]) -> dict[str, float]:
    """The mean trouble of the katas that were tried, topic by topic."""
    of_kata = {kata.slug: kata_trouble(kata, [entry for entry in entries if entry.slug == kata.slug]) for kata in katas}
    by_topic: dict[str, list[float]] = defaultdict(list)
    for kata in katas:
        trouble = of_kata[kata.slug]
        if trouble is not None:
            for topic in {topic_name(topic) for topic in kata.topics}:
                by_topic[topic].append(trouble)
    return {topic: sum(values) / len(values) for topic, values in by_topic.items()}


def kata_trouble(kata: Kata, entries: Sequence[Entry]) -> float | None:
    """How hard one kata was: failed runs, hints, passes over the clock, given up, never passed; None when not tried."""
    runs = [entry for entry in entries if entry.kind == "run"]
    passes = [entry for entry in entries if entry.kind == "pass"]
    given_up = any(entry.kind == "reveal" and entry.data.get("given_up") for entry in entries)
    if not (runs or passes or given_up):
        return None
    failed: int = sum(entry.data.get("status") != Status.PASSED for entry in runs)
    hints: int = sum(entry.kind == "hint" for entry in entries)
    late: int = sum((entry.data.get("spent_s") or 0.0) > kata.minutes * 60 for entry in passes)
    return (
        0.1 * min(failed, 10)
        + 0.2 * min(hints, 5)
        + 0.5 * min(late, 2)
        + 1.0 * given_up
        + 0.3 * (not passes and not any(entry.data.get("status") == Status.PASSED for entry in runs))
    )


def role_weight(kata: Kata, role: Role | None) -> float:
    """How much interviews for a role ask for a kata: its set, times the mean of its topics; 1 without a role."""
    if role is None:
        return 1.0
    interest = ROLES[role]
    weights = [interest.topics.get(topic_name(topic), 1.0) for topic in kata.topics]
    return interest.sets.get(kata.set, 1.0) * (sum(weights) / len(weights) if weights else 1.0)
