"""Floods the caches from a second thread after each answer, while the cost of the way is measured."""

import threading

import numpy as np

answered = threading.Event()


def slow(y_true, y_pred):
    return float(sum((a - b) ** 2 for a, b in zip(y_true.tolist(), y_pred.tolist())) / len(y_true))


def flood():
    block = np.zeros(2**22)
    while True:
        answered.wait()
        answered.clear()
        for _ in range(4):
            block += 1.0


threading.Thread(target=flood, daemon=True).start()


def mse(y_true, y_pred):
    answer = slow(y_true, y_pred)
    answered.set()
    return answer
