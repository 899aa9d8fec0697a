"""CRC-32 is linear: another experiment flips the same bits for all users.

Caught by: test_experiments_are_independent
"""

import math
import zlib
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
        self.experiments, self.shares, self.assigned, self.log = {}, {}, {}, {}

    def create_experiment(self, experiment):
        name, shares = experiment.name, dict(experiment.variants)
        if name in self.experiments:
            raise ValueError(f"{name} is taken")
        if not all(share >= 0 for share in shares.values()) or abs(sum(shares.values()) - 1) > 1e-6:
            raise ValueError("shares must be at least 0 and sum to 1")
        if experiment.end_date is not None and experiment.end_date < experiment.start_date:
            raise ValueError("the end is before the start")
        self.experiments[name], self.shares[name] = experiment, shares
        self.assigned[name], self.log[name] = {}, []

    def find(self, name):
        if name not in self.experiments:
            raise KeyError(f"no experiment {name}")
        return self.experiments[name]

    def assign_user_to_variant(self, user_id, experiment_name):
        experiment = self.find(experiment_name)
        if user_id in self.assigned[experiment_name]:
            return self.assigned[experiment_name][user_id]
        now = self.clock()
        self.check_running(experiment, now)
        variant = self.choose(experiment_name, user_id)
        assignment = UserAssignment(user_id, experiment_name, variant, now)
        self.assigned[experiment_name][user_id] = assignment
        return assignment

    def check_running(self, experiment, now):
        if experiment.status != "active":
            raise ValueError("not active")
        if now < experiment.start_date or (experiment.end_date is not None and now > experiment.end_date):
            raise ValueError("not running")

    def choose(self, name, user_id):
        point = self.point(name, user_id)
        border, chosen = 0, None
        for variant, share in self.shares[name].items():
            if share > 0 and (chosen is None or point >= border):
                chosen = variant
            border += share
        return chosen

    def point(self, name, user_id):
        return zlib.crc32(repr((name, user_id)).encode()) / 2**32

    def log_event(self, user_id, experiment_name, event_type, value=1.0):
        self.find(experiment_name)
        if user_id not in self.assigned[experiment_name]:
            raise KeyError(f"{user_id} is not assigned")
        self.log[experiment_name].append((user_id, event_type, value))

    def calculate_metrics(self, experiment_name):
        self.find(experiment_name)
        result = {
            variant: {"users": 0, "events": {}, "values": {}, "conversions": set()}
            for variant in self.shares[experiment_name]
        }
        for assignment in self.assigned[experiment_name].values():
            result[assignment.variant]["users"] += 1
        for user, kind, value in self.log[experiment_name]:
            part = result[self.assigned[experiment_name][user].variant]
            part["events"][kind] = part["events"].get(kind, 0) + 1
            part["values"][kind] = part["values"].get(kind, 0.0) + value
            if kind == "conversion":
                part["conversions"].add(user)
        for part in result.values():
            part["conversions"] = len(part["conversions"])
            part["conversion_rate"] = part["conversions"] / part["users"] if part["users"] else 0.0
        return result

    def determine_winner(self, experiment_name, metric="conversion_rate", alpha=0.05):
        if metric != "conversion_rate" or not 0 < alpha < 1:
            raise ValueError("bad metric or alpha")
        metrics = self.calculate_metrics(experiment_name)
        arms = {name: (part["users"], part["conversions"]) for name, part in metrics.items() if part["users"] >= 30}
        if len(arms) < 2:
            return None
        best, rival = sorted(arms, key=lambda name: -arms[name][1] / arms[name][0])[:2]
        return best if self.p_value(arms[best], arms[rival]) < alpha / (len(arms) - 1) else None

    def p_value(self, one, other):
        (n, c), (m, d) = one, other
        pooled = (c + d) / (n + m)
        error = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m))
        return math.erfc(abs(c / n - d / m) / error / math.sqrt(2)) if error else 1.0
