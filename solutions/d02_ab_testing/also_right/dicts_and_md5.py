"""Nested dicts and md5 in 10 000 buckets, as in many repositories; p by the standard library's normal distribution."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from statistics import NormalDist


@dataclass
class Experiment:
    name: str
    variants: dict
    start_date: datetime
    end_date: datetime = None
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
        self.assignments = {}
        self.events = defaultdict(list)

    def create_experiment(self, experiment):
        if experiment.name in self.experiments:
            raise ValueError(f"Experiment {experiment.name} already exists")
        shares = list(experiment.variants.values())
        if not shares or any(share < 0 or share > 1 for share in shares):
            raise ValueError("Shares must lie between 0 and 1")
        if abs(sum(shares) - 1) > 1e-6:
            raise ValueError("Shares must sum to 1")
        if experiment.end_date is not None and experiment.end_date < experiment.start_date:
            raise ValueError("An experiment cannot end before it starts")
        self.experiments[experiment.name] = experiment

    def get_experiment(self, name):
        if name not in self.experiments:
            raise KeyError(f"Experiment {name} not found")
        return self.experiments[name]

    def assign_user_to_variant(self, user_id, experiment_name):
        experiment = self.get_experiment(experiment_name)
        key = (experiment_name, user_id)
        if key in self.assignments:
            return self.assignments[key]
        now = self.clock()
        if experiment.status != "active":
            raise ValueError(f"Experiment {experiment_name} is not active")
        if now < experiment.start_date:
            raise ValueError(f"Experiment {experiment_name} has not started")
        if experiment.end_date is not None and now > experiment.end_date:
            raise ValueError(f"Experiment {experiment_name} has ended")
        variant = self.hash_to_variant(f"{user_id}:{experiment_name}", experiment.variants)
        self.assignments[key] = UserAssignment(user_id, experiment_name, variant, now)
        return self.assignments[key]

    def hash_to_variant(self, key, variants):
        bucket = int(hashlib.md5(key.encode()).hexdigest(), 16) % 10_000 / 10_000
        cumulative = 0.0
        for variant, share in variants.items():
            cumulative += share
            if bucket < cumulative:
                return variant
        return variant

    def log_event(self, user_id, experiment_name, event_type, value=1.0):
        self.get_experiment(experiment_name)
        key = (experiment_name, user_id)
        if key not in self.assignments:
            raise KeyError(f"User {user_id} is not assigned in {experiment_name}")
        variant = self.assignments[key].variant
        self.events[experiment_name].append((variant, user_id, event_type, value))

    def calculate_metrics(self, experiment_name):
        experiment = self.get_experiment(experiment_name)
        metrics = {variant: {"users": 0, "events": {}, "values": {}} for variant in experiment.variants}
        for assignment in self.assignments.values():
            if assignment.experiment_name == experiment_name:
                metrics[assignment.variant]["users"] += 1
        converted = {variant: set() for variant in experiment.variants}
        for variant, user_id, event_type, value in self.events[experiment_name]:
            events, values = metrics[variant]["events"], metrics[variant]["values"]
            events[event_type] = events.get(event_type, 0) + 1
            values[event_type] = values.get(event_type, 0.0) + value
            if event_type == "conversion":
                converted[variant].add(user_id)
        for variant, counts in metrics.items():
            counts["conversions"] = len(converted[variant])
            counts["conversion_rate"] = counts["conversions"] / counts["users"] if counts["users"] else 0.0
        return metrics

    def determine_winner(self, experiment_name, metric="conversion_rate", alpha=0.05):
        metrics = self.calculate_metrics(experiment_name)
        if metric != "conversion_rate":
            raise ValueError(f"Unknown metric {metric}")
        if alpha <= 0 or alpha >= 1:
            raise ValueError("alpha must lie between 0 and 1")
        large = [counts | {"name": variant} for variant, counts in metrics.items() if counts["users"] >= 30]
        large.sort(key=lambda counts: counts["conversion_rate"], reverse=True)
        if len(large) < 2:
            return None
        best, second = large[:2]
        if best["conversion_rate"] == second["conversion_rate"]:
            return None
        n1, n2 = best["users"], second["users"]
        pooled = (best["conversions"] + second["conversions"]) / (n1 + n2)
        standard_error = (pooled * (1 - pooled) * (1 / n1 + 1 / n2)) ** 0.5
        z = (best["conversion_rate"] - second["conversion_rate"]) / standard_error
        p_value = 2 * (1 - NormalDist().cdf(z))
        return best["name"] if p_value < alpha / (len(large) - 1) else None
