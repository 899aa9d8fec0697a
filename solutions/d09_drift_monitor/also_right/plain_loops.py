"""Loops over sorted lists and dicts, exact binomial coefficients by logarithms; SciPy for chi-square only."""

import math

import numpy as np
from scipy.stats import chi2


def as_list(values, name):
    array = np.asarray(values, dtype=float)
    if array.ndim != 1 or array.size == 0:
        raise ValueError(f"{name} must be a list of numbers, got shape {array.shape}")
    return [float(x) for x in array]


def ks_statistic(a, b):
    a, b = sorted(as_list(a, "a")), sorted(as_list(b, "b"))
    i = j = 0
    best = 0.0
    while i < len(a) and j < len(b):
        x = min(a[i], b[j])
        while i < len(a) and a[i] == x:
            i += 1
        while j < len(b) and b[j] == x:
            j += 1
        best = max(best, abs(i / len(a) - j / len(b)))
    return best


def chi2_statistic(a_counts, b_counts):
    if np.ndim(a_counts) != 1 or np.shape(a_counts) != np.shape(b_counts):
        raise ValueError("counts must be two lists of one length")
    a, b = [int(x) for x in a_counts], [int(x) for x in b_counts]
    if any(x < 0 for x in a + b) or sum(a) == 0 or sum(b) == 0:
        raise ValueError("counts must not be negative, nor all 0")
    total, used = 0.0, 0
    for x, y in zip(a, b, strict=True):
        if x + y == 0:
            continue
        used += 1
        for count, size in ((x, sum(a)), (y, sum(b))):
            expected = (x + y) * size / (sum(a) + sum(b))
            total += (count - expected) ** 2 / expected
    return total, used - 1


def psi_from_counts(p, q):
    total = 0.0
    for x, y in zip(p, q, strict=True):
        was = (x + 0.5) / (sum(p) + 0.5 * len(p))
        now = (y + 0.5) / (sum(q) + 0.5 * len(q))
        total += (now - was) * (math.log(now) - math.log(was))
    return total


def psi(reference, batch, bins=10):
    if bins < 2:
        raise ValueError("bins must be 2 or more")
    reference, batch = as_list(reference, "reference"), as_list(batch, "batch")
    edges = []
    for i in range(1, bins):
        edge = float(np.quantile(reference, i / bins))
        if not edges or edge != edges[-1]:
            edges.append(edge)

    def count(sample):
        counts = [0] * (len(edges) + 1)
        for x in sample:
            place = 0
            while place < len(edges) and x > edges[place]:
                place += 1
            counts[place] += 1
        return counts

    return psi_from_counts(count(reference), count(batch))


def kolmogorov(z):
    if z < 0.2:
        return 1.0
    total = 0.0
    for j in range(1, 101):
        total += (-1) ** (j - 1) * math.exp(-2 * j * j * z * z)
    return min(1.0, max(0.0, 2 * total))


def log_choose(n, k):
    return math.lgamma(n + 1) - math.lgamma(k + 1) - math.lgamma(n - k + 1)


def p_value_of_counts(a, b):
    pairs = [(x, y) for x, y in zip(a, b, strict=True) if x + y > 0]
    if len(pairs) == 1:
        return 1.0
    n, m = sum(a), sum(b)
    smallest = min((x + y) * min(n, m) / (n + m) for x, y in pairs)
    if smallest >= 5:
        return float(chi2.sf(*chi2_statistic(a, b)))
    best = 1.0
    for x, y in pairs:
        low = high = 0.0
        for k in range(max(0, m - (n + m - x - y)), min(x + y, m) + 1):
            chance = math.exp(log_choose(x + y, k) + log_choose(n + m - x - y, m - k) - log_choose(n + m, m))
            if k <= y:
                low += chance
            if k >= y:
                high += chance
        best = min(best, 2 * min(low, high) * len(pairs))
    return best


def is_number(value):
    return isinstance(value, (int, float, np.integer, np.floating)) and not isinstance(value, bool)


class DriftMonitor:
    def __init__(self, reference, alpha=0.01):
        if alpha <= 0 or alpha >= 1:
            raise ValueError("alpha must be in (0, 1)")
        if len(reference) == 0:
            raise ValueError("no features")
        self.alpha = alpha
        self.columns = self.read(reference)
        self.numeric = {}
        for name, (values, _) in self.columns.items():
            if not values:
                raise ValueError(f"{name} has missing values only")
            kinds = {is_number(value) for value in values}
            if len(kinds) > 1:
                raise ValueError(f"{name} has numbers and categories")
            self.numeric[name] = kinds.pop()

    def read(self, table):
        columns, length = {}, None
        for name in table:
            if np.ndim(table[name]) != 1:
                raise ValueError(f"{name} must be 1-D")
            column = list(table[name])
            if length is None:
                length = len(column)
            if length == 0 or len(column) != length:
                raise ValueError(f"{name} has {len(column)} rows")
            values, missing = [], 0
            for value in column:
                if value is None or value != value:
                    missing += 1
                elif isinstance(value, (np.bool_, np.str_)):
                    values.append(value.item())
                else:
                    values.append(value)
            columns[name] = (values, missing)
        return columns

    def check(self, batch):
        if sorted(batch) != sorted(self.columns):
            raise ValueError("the features are not those of the reference")
        columns = self.read(batch)
        report = {}
        for name in self.columns:
            (was, was_missing), (now, now_missing) = self.columns[name], columns[name]
            if self.numeric[name]:
                if not all(is_number(value) for value in now):
                    raise ValueError(f"{name} must have numbers")
                p1, statistic, index, new = 1.0, 0.0, 0.0, []
                if now:
                    statistic, index = ks_statistic(was, now), psi(was, now)
                    p1 = kolmogorov(statistic * math.sqrt(len(was) * len(now) / (len(was) + len(now))))
                p2 = p_value_of_counts([len(was), was_missing], [len(now), now_missing])
                p = min(1.0, 2 * p1, 2 * p2)
            else:
                categories = []
                for value in was + now:
                    if value not in categories:
                        categories.append(value)
                a = [was.count(c) for c in categories] + [was_missing]
                b = [now.count(c) for c in categories] + [now_missing]
                if was_missing + now_missing == 0:
                    a.pop()
                    b.pop()
                statistic, index, p = chi2_statistic(a, b)[0], psi_from_counts(a, b), p_value_of_counts(a, b)
                new = sorted((c for c in categories if c not in was), key=str)
            report[name] = {
                "kind": "numeric" if self.numeric[name] else "categorical",
                "statistic": statistic,
                "p_value": p,
                "psi": index,
                "drifted": p <= self.alpha / len(self.columns),
                "new_categories": new,
            }
        return report
