"""Row by row, by Welford's running means and sums of squares: one for each class, and one for all rows."""

import numpy as np


class Running:
    def __init__(self, d):
        self.n, self.mean, self.squares = 0, np.zeros(d), np.zeros(d)

    def add(self, x):
        self.n += 1
        delta = x - self.mean
        self.mean = self.mean + delta / self.n
        self.squares = self.squares + delta * (x - self.mean)


class NaiveBayes:
    def __init__(self):
        self.all = None

    def fit(self, X, y):
        X, y = self._batch(X, y)
        return self._add(X, y, np.unique(y), {}, Running(X.shape[1]), X[0].copy())

    def partial_fit(self, X, y, classes=None):
        X, y = self._batch(X, y)
        if classes is not None:
            classes = np.asarray(classes)
            if classes.ndim != 1 or classes.size < 1:
                raise ValueError(f"classes of shape {classes.shape}")
            classes = np.unique(classes)
        if self.all is None:
            if classes is None:
                raise ValueError("which classes can there be?")
            running, everything, origin = {}, Running(X.shape[1]), X[0].copy()
        else:
            if classes is not None and classes.tolist() != self.classes.tolist():
                raise ValueError(f"the classes were {self.classes}, now they are {classes}")
            classes, running, everything, origin = self.classes, self.running, self.all, self.origin
            if X.shape[1] != len(everything.mean):
                raise ValueError(f"{len(everything.mean)} features before, now {X.shape[1]}")
        if set(y.tolist()) - set(classes.tolist()):
            raise ValueError(f"{set(y.tolist()) - set(classes.tolist())} are not in classes")
        return self._add(X, y, classes, running, everything, origin)

    def _batch(self, X, y):
        X, y = np.array(X, dtype="float64"), np.array(y)
        if X.ndim != 2 or y.ndim != 1 or len(X) != len(y) or X.size == 0:
            raise ValueError(f"X {X.shape} and y {y.shape} do not make a batch")
        return X, y

    def _add(self, X, y, classes, running, everything, origin):
        if everything.n == 0:
            self.varies = False
        self.classes, self.running, self.all, self.origin = classes, running, everything, origin
        for x, label in zip(X, y.tolist(), strict=True):
            running.setdefault(label, Running(len(x))).add(x)
            everything.add(x)
        self.varies = self.varies or bool((origin != X).any())
        extra = 1e-9 * (everything.squares / everything.n).max() if self.varies else 1e-9
        names = classes.tolist()
        self.class_priors = {name: running[name].n / everything.n if name in running else 0.0 for name in names}
        self.feature_likelihoods = {
            name: (running[name].mean, running[name].squares / running[name].n + extra)
            for name in names
            if name in running
        }
        return self

    def predict_proba(self, X):
        if self.all is None:
            raise RuntimeError("there was no fit")
        there = np.array([name in self.running for name in self.classes.tolist()])
        pairs = [self.feature_likelihoods[name] for name in self.classes[there].tolist()]
        mean, variance = (np.array(part) for part in zip(*pairs, strict=True))
        X = np.array(X, dtype="float64")
        if X.ndim != 2 or X.shape[0] < 1 or X.shape[1:] != mean.shape[1:]:
            raise ValueError(f"got {X.shape}, expected (m, {mean.shape[1]})")
        difference = X[:, np.newaxis, :] - mean[np.newaxis]
        log_density = -0.5 * (np.log(2 * np.pi * variance) + difference * difference / variance)
        log_joint = np.log([p for p in self.class_priors.values() if p]) + log_density.sum(axis=-1)
        log_joint -= log_joint.max(axis=-1)[:, np.newaxis]
        joint = np.exp(log_joint)
        result = np.zeros((len(X), len(self.classes)))
        result[:, there] = joint / joint.sum(axis=-1)[:, np.newaxis]
        return result

    def predict(self, X):
        best = np.argmax(self.predict_proba(X), axis=1)
        return self.classes[best]
