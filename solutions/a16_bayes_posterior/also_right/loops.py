"""Element by element with two branches, as from-scratch repositories write it."""

import numpy as np


def posterior(prior, sensitivity, specificity, positive):
    for probability in (prior, sensitivity, specificity):
        if probability < 0 or probability > 1:
            raise ValueError(f"{probability} is no probability")
    if positive:
        numerator = sensitivity * prior
        denominator = sensitivity * prior + (1 - specificity) * (1 - prior)
    else:
        numerator = (1 - sensitivity) * prior
        denominator = (1 - sensitivity) * prior + specificity * (1 - prior)
    if denominator == 0:
        raise ValueError("this result cannot happen")
    return numerator / denominator


def bayes_posterior(prior, sensitivity, specificity, positive=True):
    arrays = np.broadcast_arrays(*(np.asarray(x, dtype=float) for x in (prior, sensitivity, specificity)))
    if arrays[0].size == 0:
        raise ValueError("an argument is empty")
    results = [
        posterior(*(float(x) for x in numbers), positive) for numbers in zip(*map(np.ravel, arrays), strict=True)
    ]
    if arrays[0].ndim == 0:
        return results[0]
    return np.array(results).reshape(arrays[0].shape)
