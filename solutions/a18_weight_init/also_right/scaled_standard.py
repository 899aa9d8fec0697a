"""Standard draws, scaled afterwards; the uniform ones come from [0, 1)."""

import numpy as np


def draw(kind, fan_in, fan_out, variance, random_state):
    if min(fan_in, fan_out) < 1:
        raise ValueError(f"a layer needs inputs and outputs, got {fan_in} and {fan_out}")
    rng = random_state if isinstance(random_state, np.random.Generator) else np.random.default_rng(random_state)
    if kind == "normal":
        return rng.standard_normal((fan_in, fan_out)) * np.sqrt(variance())
    return (rng.random((fan_in, fan_out)) - 0.5) * np.sqrt(12 * variance())


def xavier_uniform(fan_in, fan_out, random_state=None):
    return draw("uniform", fan_in, fan_out, lambda: 2 / (fan_in + fan_out), random_state)


def xavier_normal(fan_in, fan_out, random_state=None):
    return draw("normal", fan_in, fan_out, lambda: 2 / (fan_in + fan_out), random_state)


def he_normal(fan_in, fan_out, random_state=None):
    return draw("normal", fan_in, fan_out, lambda: 2 / fan_in, random_state)
