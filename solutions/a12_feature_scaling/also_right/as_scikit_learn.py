"""With the attributes of scikit-learn; a column is constant when its deviation is what rounding makes of 0."""

import numpy as np


class Base:
    fitted = False

    def check(self, X):
        X = np.asarray(X)
        if X.ndim != 2 or 0 in X.shape:
            raise ValueError(f"a matrix with elements is needed, got shape {X.shape}")
        if self.fitted and X.shape[1] != self.n_features_in_:
            raise ValueError(f"{X.shape[1]} features came, {self.n_features_in_} were expected")
        return X.astype(np.float64)

    def start(self, X):
        self.fitted = False
        X = self.check(X)
        self.n_features_in_ = X.shape[1]
        self.fitted = True
        return X

    def fit_transform(self, X):
        return self.fit(X).transform(X)

    def check_is_fitted(self):
        if not self.fitted:
            raise RuntimeError("not fitted yet")


class StandardScaler(Base):
    def fit(self, X):
        X = self.start(X)
        self.mean_ = X.mean(axis=0)
        self.var_ = X.var(axis=0)
        eps = np.finfo(float).eps
        constant = self.var_ <= len(X) * eps * self.var_ + (len(X) * self.mean_ * eps) ** 2
        self.scale_ = np.sqrt(np.where(constant, 1.0, self.var_))
        return self

    def transform(self, X):
        self.check_is_fitted()
        X = self.check(X)
        X -= self.mean_
        X /= self.scale_
        return X

    def inverse_transform(self, Z):
        self.check_is_fitted()
        return self.check(Z) * self.scale_ + self.mean_


class MinMaxScaler(Base):
    def __init__(self, feature_range=(0, 1)):
        self.feature_range = feature_range

    def fit(self, X):
        low, high = self.feature_range
        if low >= high:
            raise ValueError(f"minimum of the feature range must be smaller than maximum, got {self.feature_range}")
        X = self.start(X)
        data_min, data_max = X.min(axis=0), X.max(axis=0)
        data_range = data_max - data_min
        data_range[data_range == 0] = 1
        self.scale_ = (high - low) / data_range
        self.min_ = low - data_min * self.scale_
        return self

    def transform(self, X):
        self.check_is_fitted()
        return self.check(X) * self.scale_ + self.min_

    def inverse_transform(self, Z):
        self.check_is_fitted()
        return (self.check(Z) - self.min_) / self.scale_
