"""Numbers users and variants, counts with NumPy, and tests by the square of z; blake2b with a salt for the experiment."""

import hashlib
import math
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction

import numpy as np


@dataclass(slots=True)
class Experiment:
    name: str
    variants: dict[str, float]
    start_date: datetime
    end_date: datetime | None = None
    status: str = "active"

    def running(self, now):
        started = self.start_date <= now
        return self.status == "active" and started and (self.end_date is None or now <= self.end_date)


@dataclass(frozen=True, slots=True)
class UserAssignment:
    user_id: str
    experiment_name: str
    variant: str
    assigned_at: datetime


class Study:
    def __init__(self, experiment):
        self.experiment = experiment
        self.names = tuple(experiment.variants)
        shares = np.array([experiment.variants[name] for name in self.names], dtype=np.float64)
        if shares.size == 0 or not (shares >= 0).all() or abs(shares.sum() - 1) > 1e-6:
            raise ValueError(f"shares must be at least 0 and sum to 1, got {shares}")
        if experiment.end_date is not None and experiment.start_date > experiment.end_date:
            raise ValueError("start_date must not be after end_date")
        self.borders = np.cumsum(shares)
        self.borders[np.flatnonzero(shares)[-1] :] = 1.0
        self.salt = hashlib.sha256(experiment.name.encode()).digest()[:16]
        self.numbers = {}
        self.variants = []
        self.assignments = []
        self.event_users = []
        self.event_types = []
        self.event_values = []
        self.type_numbers = {}

    def draw(self, user_id):
        digest = hashlib.blake2b(user_id.encode(), digest_size=4, salt=self.salt).digest()
        return int(np.searchsorted(self.borders, int.from_bytes(digest, "little") / 2**32, side="right"))

    def counts(self):
        k = len(self.names)
        variants = np.array(self.variants, dtype=int)
        users = np.bincount(variants, minlength=k)
        types = np.array(self.event_types, dtype=int)
        who = np.array(self.event_users, dtype=int)
        where = variants[who] if who.size else who
        cells = where * len(self.type_numbers) + types
        size = k * len(self.type_numbers)
        events = np.bincount(cells, minlength=size).reshape(k, -1) if size else np.zeros((k, 0), dtype=int)
        values = np.bincount(cells, weights=self.event_values, minlength=size).reshape(k, -1) if size else events
        converted = np.unique(who[types == self.type_numbers.get("conversion", -1)])
        conversions = np.bincount(variants[converted], minlength=k) if converted.size else np.zeros(k, dtype=int)
        return users, events, values, conversions


class ABTestingFramework:
    def __init__(self, clock=datetime.now):
        self.clock = clock
        self.studies = {}

    def study(self, name):
        study = self.studies.get(name)
        if study is None:
            raise KeyError(f"unknown experiment: {name}")
        return study

    def create_experiment(self, experiment):
        study = Study(experiment)
        if self.studies.setdefault(experiment.name, study) is not study:
            raise ValueError(f"duplicate experiment: {experiment.name}")

    def assign_user_to_variant(self, user_id, experiment_name):
        study = self.study(experiment_name)
        number = study.numbers.get(user_id)
        if number is None:
            now = self.clock()
            if not study.experiment.running(now):
                raise ValueError(f"not running: {experiment_name}")
            number = study.numbers[user_id] = len(study.numbers)
            variant = study.draw(user_id)
            study.variants.append(variant)
            study.assignments.append(UserAssignment(user_id, experiment_name, study.names[variant], now))
        return study.assignments[number]

    def log_event(self, user_id, experiment_name, event_type, value=1.0):
        study = self.study(experiment_name)
        number = study.numbers.get(user_id)
        if number is None:
            raise KeyError(f"{user_id} is not in {experiment_name}")
        study.event_users.append(number)
        study.event_types.append(study.type_numbers.setdefault(event_type, len(study.type_numbers)))
        study.event_values.append(float(value))

    def calculate_metrics(self, experiment_name):
        study = self.study(experiment_name)
        users, events, values, conversions = study.counts()
        result = {}
        for i, name in enumerate(study.names):
            there = [(kind, j) for kind, j in study.type_numbers.items() if events[i, j]]
            result[name] = {
                "users": users[i],
                "events": {kind: events[i, j] for kind, j in there},
                "values": {kind: values[i, j] for kind, j in there},
                "conversions": conversions[i],
                "conversion_rate": conversions[i] / users[i] if users[i] else 0.0,
            }
        return result

    def determine_winner(self, experiment_name, metric="conversion_rate", alpha=0.05):
        study = self.study(experiment_name)
        if metric not in {"conversion_rate"} or not 0 < alpha < 1:
            raise ValueError(f"bad metric {metric} or alpha {alpha}")
        users, _, _, conversions = study.counts()
        arms = [(int(c), int(n), name) for c, n, name in zip(conversions, users, study.names, strict=True) if n >= 30]
        if len(arms) < 2:
            return None
        best = max(arms, key=lambda arm: Fraction(arm[0], arm[1]))
        rival = max((arm for arm in arms if arm is not best), key=lambda arm: Fraction(arm[0], arm[1]))
        (a, n, name), (b, m, _) = best, rival
        pooled = Fraction(a + b, n + m)
        if pooled in {0, 1}:
            return None
        squared = (Fraction(a, n) - Fraction(b, m)) ** 2 / (pooled * (1 - pooled) * (Fraction(1, n) + Fraction(1, m)))
        return name if math.erfc(math.sqrt(squared / 2)) * (len(arms) - 1) < alpha else None
