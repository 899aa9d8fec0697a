"""By odds: posterior odds against the condition are prior odds times the ratio of likelihoods."""

import numpy as np


def bayes_posterior(prior, sensitivity, specificity, positive=True):
    stacked = np.stack(np.broadcast_arrays(*(np.array(x, dtype=np.float64) for x in (prior, sensitivity, specificity))))
    if not stacked.size or stacked.min() < 0 or stacked.max() > 1:
        raise ValueError(f"probabilities must lie in [0, 1], and there must be some: {stacked}")
    p, sensitivity, specificity = stacked
    present = p * (sensitivity if positive else 1 - sensitivity)
    absent = (1 - p) * (1 - specificity if positive else specificity)
    if ((present == 0) & (absent == 0)).any():
        raise ValueError("the result has probability 0")
    with np.errstate(divide="ignore"):
        return 1 / (1 + absent / present)
