"""SciPy's statistics where they are the ones that were asked for."""

import warnings
from collections import Counter

import numpy as np
from scipy import stats


def ks_statistic(a, b):
    a, b = _sample(a), _sample(b)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return float(stats.ks_2samp(a, b, method="asymp").statistic)


def chi2_statistic(a_counts, b_counts):
    if np.ndim(a_counts) != 1 or np.shape(a_counts) != np.shape(b_counts):
        raise ValueError("two rows of one length are needed")
    table = np.array([a_counts, b_counts])
    if (table < 0).any() or (table.sum(axis=1) == 0).any():
        raise ValueError("counts must not be negative, nor all 0")
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] == 1:
        return 0.0, 0
    result = stats.chi2_contingency(table, correction=False)
    return float(result[0]), int(result[2])


def psi(reference, batch, bins=10):
    if bins < 2:
        raise ValueError("bins must be at least 2")
    reference, batch = _sample(reference), _sample(batch)
    edges = np.unique(np.quantile(reference, np.linspace(0, 1, bins + 1)[1:-1]))
    # np.histogram has the lower edge in a bin; turned around, that is the upper one.
    turned = [-np.inf, *-edges[::-1], np.inf]
    return _psi(np.histogram(-reference, turned)[0], np.histogram(-batch, turned)[0])


def _psi(was, now):
    was, now = np.array(was) + 0.5, np.array(now) + 0.5
    was, now = was / was.sum(), now / now.sum()
    return float(np.sum(stats.entropy(now, was) + stats.entropy(was, now)))


def _sample(values):
    values = np.array(values, dtype=float)
    if values.ndim != 1 or not values.size:
        raise ValueError(f"a sample must be 1-D and not empty, got shape {values.shape}")
    return values


def _p_value(was, now):
    table = np.array([was, now])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:
        return 1.0
    if stats.contingency.expected_freq(table).min() >= 5:
        return float(stats.chi2.sf(*chi2_statistic(*table)))
    total, drawn = int(table.sum()), int(table[1].sum())
    ps = []
    for x, y in table.T:
        urn = total, int(x + y), drawn
        ps.append(2 * min(stats.hypergeom.cdf(y, *urn), stats.hypergeom.sf(y - 1, *urn)))
    return float(min(1.0, len(ps) * min(ps)))


def _split(table):
    found = {}
    for name, given in table.items():
        column = np.array(list(given), dtype=object) if np.ndim(given) == 1 else np.zeros((0, 0))
        if column.ndim != 1 or not len(column):
            raise ValueError(f"{name} must be 1-D and have rows")
        lost = np.array([value is None or value != value for value in column])
        found[name] = [getattr(value, "item", lambda v=value: v)() for value in column[~lost]], int(lost.sum())
    if len({len(values) + lost for values, lost in found.values()}) > 1:
        raise ValueError("columns must have one length")
    return found


class DriftMonitor:
    def __init__(self, reference, alpha=0.01):
        if not 0 < alpha < 1 or not reference:
            raise ValueError("alpha must be between 0 and 1, and there must be features")
        self._alpha, self._was = alpha, _split(reference)
        self._kinds = {name: self._kind(values) for name, (values, _) in self._was.items()}
        if any(len(kind) != 1 for kind in self._kinds.values()):
            raise ValueError("a column must have either numbers or categories")

    @staticmethod
    def _kind(values):
        is_number = {isinstance(value, (int, float)) and not isinstance(value, bool) for value in values}
        return {"numeric" if one else "categorical" for one in is_number}

    def check(self, batch):
        if batch.keys() != self._was.keys():
            raise ValueError("a batch must have the features of the reference")
        now = _split(batch)
        return {name: self._check(self._kinds[name], *self._was[name], *now[name]) for name in self._was}

    def _check(self, kind, was, was_lost, now, now_lost):
        (kind,) = kind
        if kind == "numeric":
            if self._kind(now) - {"numeric"}:
                raise ValueError("a numeric column has other values")
            statistic, index, new = (ks_statistic(was, now), psi(was, now), []) if now else (0.0, 0.0, [])
            z = statistic * np.sqrt(1 / (1 / len(was) + 1 / max(len(now), 1)))
            p = float(min(1, 2 * stats.kstwobign.sf(z), 2 * _p_value([len(was), was_lost], [len(now), now_lost])))
        else:
            a, b = Counter(was), Counter(now)
            a[None], b[None] = was_lost, now_lost
            rows = zip(*[(a[c], b[c]) for c in a | b if a[c] + b[c]], strict=True)
            rows = [list(row) for row in rows]
            statistic, index, p = chi2_statistic(*rows)[0], _psi(*rows), _p_value(*rows)
            new = sorted((c for c in b if c is not None and not a[c]), key=str)
        return {"kind": kind, "statistic": statistic, "p_value": p, "psi": index, "new_categories": new,
                "drifted": bool(p * len(self._was) <= self._alpha)}  # fmt: skip
