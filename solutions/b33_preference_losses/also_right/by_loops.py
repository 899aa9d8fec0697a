"""Sample by sample with the math module."""

import math

import numpy as np


def _lists(*arguments):
    arrays = [np.asarray(a, dtype=float) for a in arguments]
    for array in arrays:
        if array.ndim != 1 or len(array) == 0 or len(array) != len(arrays[0]):
            raise ValueError("expected arrays of one shape (N,), N at least 1")
    return [array.tolist() for array in arrays]


def _exp(x):
    return math.inf if x > 709 else math.exp(x)


def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    rows = list(zip(*_lists(policy_chosen, policy_rejected, reference_chosen, reference_rejected), strict=True))
    if beta <= 0:
        raise ValueError("beta must be positive")
    n = len(rows)
    loss, d_chosen, d_rejected = 0.0, np.zeros(n), np.zeros(n)
    for i, (pc, pr, rc, rr) in enumerate(rows):
        margin = beta * ((pc - rc) - (pr - rr))
        if margin > 0:
            loss += math.log1p(math.exp(-margin)) / n
            wrong = math.exp(-margin) / (1 + math.exp(-margin))
        else:
            loss += (-margin + math.log1p(math.exp(margin))) / n
            wrong = 1 / (1 + math.exp(margin))
        d_chosen[i] = -beta * wrong / n
        d_rejected[i] = beta * wrong / n
    return loss, d_chosen, d_rejected


def ppo_clip_loss(log_probs, old_log_probs, advantages, clip=0.2):
    rows = list(zip(*_lists(log_probs, old_log_probs, advantages), strict=True))
    if clip <= 0 or clip >= 1:
        raise ValueError("clip must be in (0, 1)")
    total, gradient = 0.0, np.zeros(len(rows))
    for i, (new, old, advantage) in enumerate(rows):
        if advantage == 0:
            continue
        ratio = _exp(new - old)
        plain = ratio * advantage
        clipped = min(max(ratio, 1 - clip), 1 + clip) * advantage
        if plain <= clipped:
            total += plain
            gradient[i] = -plain / len(rows)
        else:
            total += clipped
    return -total / len(rows), gradient


def grpo_advantages(rewards):
    rewards = np.asarray(rewards, dtype=float)
    if rewards.ndim != 2 or 0 in rewards.shape:
        raise ValueError("rewards must be a table of groups")
    result = []
    for group in rewards.tolist():
        mean = sum(group) / len(group)
        deviation = math.sqrt(sum((r - mean) ** 2 for r in group) / len(group))
        same = all(r == group[0] for r in group)
        result.append([0.0 if same else (r - mean) / deviation for r in group])
    return np.array(result)


def kl_estimate(log_probs, reference):
    policy, ref = _lists(log_probs, reference)
    n = len(policy)
    ratios = [_exp(r - p) for p, r in zip(policy, ref, strict=True)]
    estimate = sum(ratio - 1 - (r - p) for ratio, p, r in zip(ratios, policy, ref, strict=True)) / n
    return estimate, np.array([(1 - ratio) / n for ratio in ratios])
