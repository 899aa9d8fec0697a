"""A function of one number with an if in it, made elementwise by a loop."""

import math

import numpy as np


def sigmoid_of_number(value):
    if value >= 0:
        return 1 / (1 + math.exp(-value))
    return math.exp(value) / (1 + math.exp(value))


def elementwise(function, x):
    x = np.asarray(x)
    if not x.size:
        raise ValueError("x is empty")
    results = np.zeros(x.size)
    for i, value in enumerate(x.flatten()):
        results[i] = function(float(value))
    return results.reshape(x.shape)


def sigmoid(x):
    return elementwise(sigmoid_of_number, x)


def sigmoid_derivative(x):
    return elementwise(lambda value: sigmoid_of_number(value) * sigmoid_of_number(-value), x)
