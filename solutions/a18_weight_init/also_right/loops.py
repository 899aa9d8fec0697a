"""Row by row with the standard library's random numbers, as in from-scratch code without NumPy."""

import random

import numpy as np


def make_random(random_state):
    if isinstance(random_state, np.random.Generator):
        return random.Random(int(random_state.integers(2**63)))
    return random.Random(random_state)


def check(fan_in, fan_out):
    if fan_in <= 0:
        raise ValueError("fan_in must be positive")
    if fan_out <= 0:
        raise ValueError("fan_out must be positive")


def xavier_uniform(fan_in, fan_out, random_state=None):
    check(fan_in, fan_out)
    rand = make_random(random_state)
    a = (6 / (fan_in + fan_out)) ** 0.5
    return np.array([[rand.uniform(-a, a) for _ in range(fan_out)] for _ in range(fan_in)])


def xavier_normal(fan_in, fan_out, random_state=None):
    check(fan_in, fan_out)
    rand = make_random(random_state)
    std = (2 / (fan_in + fan_out)) ** 0.5
    return np.array([[rand.gauss(0, std) for _ in range(fan_out)] for _ in range(fan_in)])


def he_normal(fan_in, fan_out, random_state=None):
    check(fan_in, fan_out)
    rand = make_random(random_state)
    std = (2 / fan_in) ** 0.5
    return np.array([[rand.gauss(0, std) for _ in range(fan_out)] for _ in range(fan_in)])
