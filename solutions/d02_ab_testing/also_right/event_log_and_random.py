"""Keeps every event in a log that reports read through, and draws from a generator seeded with the names."""

import math
import random
from collections import Counter
from dataclasses import dataclass
from datetime import datetime


@dataclass
class Experiment:
    name: str
    variants: dict
    start_date: datetime
    end_date: datetime | None = None
    status: str = "active"


@dataclass
class UserAssignment:
    user_id: str
    experiment_name: str
    variant: str
    assigned_at: datetime


class ABTestingFramework:
    def __init__(self, clock=datetime.now):
        self.clock = clock
        self.experiments = {}
        self.shares = {}
        self.assignments = {}
        self.log = {}

    def create_experiment(self, experiment):
        shares = dict(experiment.variants)
        if experiment.name in self.experiments:
            raise ValueError(f"{experiment.name} exists")
        if len(shares) == 0:
            raise ValueError("an experiment needs variants")
        if min(shares.values()) < 0:
            raise ValueError("shares must not be negative")
        if not math.isclose(sum(shares.values()), 1, abs_tol=1e-6):
            raise ValueError("shares must sum to 1")
        if experiment.end_date and experiment.end_date < experiment.start_date:
            raise ValueError("the end is before the start")
        self.experiments[experiment.name] = experiment
        self.shares[experiment.name] = shares
        self.log[experiment.name] = []

    def find(self, name):
        if name not in self.experiments:
            raise KeyError(f"no experiment {name}")
        return self.experiments[name]

    def assign_user_to_variant(self, user_id, experiment_name):
        experiment = self.find(experiment_name)
        key = (experiment_name, user_id)
        if key not in self.assignments:
            now = self.clock()
            late = experiment.end_date is not None and experiment.end_date < now
            if experiment.status != "active" or now < experiment.start_date or late:
                raise ValueError(f"{experiment_name} takes no users now")
            shares = self.shares[experiment_name]
            variant = random.Random(repr(key)).choices(list(shares), list(shares.values()))[0]
            self.assignments[key] = UserAssignment(user_id, experiment_name, variant, now)
        return self.assignments[key]

    def log_event(self, user_id, experiment_name, event_type, value=1.0):
        self.find(experiment_name)
        if (experiment_name, user_id) not in self.assignments:
            raise KeyError(f"{user_id} has no variant in {experiment_name}")
        self.log[experiment_name].append((user_id, event_type, value))

    def calculate_metrics(self, experiment_name):
        self.find(experiment_name)
        variant_of = {a.user_id: a.variant for (name, _), a in self.assignments.items() if name == experiment_name}
        users = Counter(variant_of.values())
        result = {}
        for variant in self.shares[experiment_name]:
            events, values, buyers = {}, {}, set()
            for user, kind, value in self.log[experiment_name]:
                if variant_of[user] != variant:
                    continue
                events[kind] = events.get(kind, 0) + 1
                values[kind] = values.get(kind, 0) + value
                if kind == "conversion":
                    buyers.add(user)
            result[variant] = {
                "users": users[variant],
                "events": events,
                "values": values,
                "conversions": len(buyers),
                "conversion_rate": len(buyers) / max(users[variant], 1),
            }
        return result

    def determine_winner(self, experiment_name, metric="conversion_rate", alpha=0.05):
        if metric != "conversion_rate":
            raise ValueError("the only metric is conversion_rate")
        if not 0 < alpha < 1:
            raise ValueError("alpha lies between 0 and 1")
        arms = {name: arm for name, arm in self.calculate_metrics(experiment_name).items() if arm["users"] >= 30}
        for name, arm in arms.items():
            rivals = [other for other_name, other in arms.items() if other_name != name]
            if not rivals:
                return None
            rival = max(rivals, key=lambda other: other["conversion_rate"])
            if arm["conversion_rate"] <= rival["conversion_rate"]:
                continue
            both = arm["users"] + rival["users"]
            pooled = (arm["conversions"] + rival["conversions"]) / both
            variance = pooled * (1 - pooled) * (1 / arm["users"] + 1 / rival["users"])
            z = (arm["conversion_rate"] - rival["conversion_rate"]) / math.sqrt(variance)
            if math.erfc(z / math.sqrt(2)) < alpha / len(rivals):
                return name
        return None
