"""As in training code: ratios and masks, with the overflow silenced and NaN put right."""

import numpy as np


def _check(*arrays):
    arrays = [np.array(a, dtype=np.float64) for a in arrays]
    if any(a.ndim != 1 or a.shape != arrays[0].shape for a in arrays):
        raise ValueError("all arguments must be vectors of one length")
    if arrays[0].size == 0:
        raise ValueError("no samples")
    return arrays


def _sigmoid(x):
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1 / (1 + e), e / (1 + e))


def dpo_loss(policy_chosen, policy_rejected, reference_chosen, reference_rejected, beta=0.1):
    pc, pr, rc, rr = _check(policy_chosen, policy_rejected, reference_chosen, reference_rejected)
    if not beta > 0:
        raise ValueError(f"beta = {beta}")
    logits = beta * (pc - pr - (rc - rr))
    losses = np.maximum(-logits, 0) + np.log1p(np.exp(-np.abs(logits)))
    grad = beta * (_sigmoid(logits) - 1) / len(logits)
    return float(np.mean(losses)), grad, -grad


def ppo_clip_loss(log_probs, old_log_probs, advantages, clip=0.2):
    lp, old, adv = _check(log_probs, old_log_probs, advantages)
    if not (0 < clip < 1):
        raise ValueError(f"clip = {clip}")
    with np.errstate(over="ignore", invalid="ignore"):
        ratio = np.exp(lp - old)
        unclipped = np.where(adv == 0, 0.0, ratio * adv)
        clipped = np.clip(ratio, 1 - clip, 1 + clip) * adv
        objective = np.minimum(unclipped, clipped)
        grad = np.where(unclipped <= clipped, -unclipped / len(lp), 0.0)
    return float(-objective.mean()), grad


def grpo_advantages(rewards):
    r = np.array(rewards, dtype=np.float64)
    if r.ndim != 2 or r.size == 0:
        raise ValueError(f"rewards: expected (G, K), got {r.shape}")
    spread = r.max(axis=1, keepdims=True) - r.min(axis=1, keepdims=True)
    centred = r - r.mean(axis=1, keepdims=True)
    deviation = np.sqrt((centred**2).mean(axis=1, keepdims=True))
    return np.divide(centred, deviation, out=np.zeros_like(r), where=np.broadcast_to(spread > 0, r.shape))


def kl_estimate(log_probs, reference):
    lp, ref = _check(log_probs, reference)
    with np.errstate(over="ignore"):
        ratio = np.exp(ref - lp)
        return float(np.mean(ratio - 1 + lp - ref)), (1 - ratio) / len(lp)
