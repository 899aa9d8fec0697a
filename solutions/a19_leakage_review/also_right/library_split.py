"""train_test_split does the splitting, of features, labels and row numbers at once; a pipeline ties scaler and model."""

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def train_model(X, y, test_size=0.25, random_state=0):
    X, y = np.asarray(X), np.asarray(y)
    if not 0 < test_size < 1:
        raise ValueError(f"test_size must be between 0 and 1, got {test_size}")
    X_train, X_test, y_train, y_test, train, test = train_test_split(
        X, y, np.arange(len(X)), test_size=float(test_size), random_state=random_state
    )
    pipeline = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    pipeline.fit(X_train, y_train)
    return {
        "model": pipeline[-1],
        "scaler": pipeline[0],
        "train_indices": train,
        "test_indices": test,
        "train_accuracy": float(accuracy_score(y_train, pipeline.predict(X_train))),
        "test_accuracy": float(accuracy_score(y_test, pipeline.predict(X_test))),
    }
