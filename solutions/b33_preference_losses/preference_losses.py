"""Losses that learn from preferences: DPO, PPO's clipped objective, GRPO's advantages, an estimate of KL: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def dpo_loss(
    policy_chosen: npt.ArrayLike,
    policy_rejected: npt.ArrayLike,
    reference_chosen: npt.ArrayLike,
    reference_rejected: npt.ArrayLike,
    beta: float = 0.1,
) -> tuple[float, Float64Array, Float64Array]:
    """Return the mean DPO loss of N pairs, and its gradients in the policy's log-probabilities of chosen and rejected.

    Rafailov et al.: Direct preference optimization, 2023. Raises `ValueError` for wrong shapes and a beta not above 0.
    """
    chosen, rejected, ref_chosen, ref_rejected = _samples(
        policy_chosen=policy_chosen,
        policy_rejected=policy_rejected,
        reference_chosen=reference_chosen,
        reference_rejected=reference_rejected,
    )
    if not beta > 0:
        raise ValueError(f"beta must be above 0, got {beta}")
    margin = beta * ((chosen - ref_chosen) - (rejected - ref_rejected))
    d_chosen = -beta * np.exp(-np.logaddexp(0.0, margin)) / len(margin)  # the slope of -ln sigmoid(m) is -sigmoid(-m)
    return float(np.logaddexp(0.0, -margin).mean()), d_chosen, -d_chosen


def ppo_clip_loss(
    log_probs: npt.ArrayLike, old_log_probs: npt.ArrayLike, advantages: npt.ArrayLike, clip: float = 0.2
) -> tuple[float, Float64Array]:
    """Return minus the mean clipped objective of N samples, and its gradient in `log_probs`.

    Schulman et al.: Proximal policy optimization algorithms, 2017. Raises `ValueError` for wrong shapes and clips.
    """
    new, old, gain = _samples(log_probs=log_probs, old_log_probs=old_log_probs, advantages=advantages)
    if not 0 < clip < 1:
        raise ValueError(f"clip must be between 0 and 1, got {clip}")
    log_ratio = new - old
    # Moving on in the direction that the advantage favours is worth nothing beyond the limit, and only there.
    is_clipped = np.where(gain > 0, log_ratio > np.log1p(clip), log_ratio < np.log1p(-clip)) | (gain == 0)
    limit = np.where(gain > 0, 1 + clip, 1 - clip)
    ratio = np.exp(np.where(is_clipped, 0.0, log_ratio))  # where clipped it could overflow, and is not needed
    slope = np.where(is_clipped, 0.0, gain * ratio)
    objective = np.where(is_clipped, gain * limit, slope)
    return -float(objective.mean()), -slope / len(slope)


def grpo_advantages(rewards: npt.ArrayLike) -> Float64Array:
    """Return rewards (G, K), standardised within each row; 0 in rows of equal rewards.

    Shao et al.: DeepSeekMath, 2024. Raises `ValueError` for wrong shapes.
    """
    groups = np.asarray(rewards, dtype=np.float64)
    if groups.ndim != 2 or groups.size == 0:
        raise ValueError(f"rewards must have shape (G, K), no axis of length zero, got shape {groups.shape}")
    centred = groups - groups.mean(axis=1, keepdims=True)
    is_equal = np.all(groups == groups[:, :1], axis=1, keepdims=True)
    deviation = np.where(is_equal, 1.0, groups.std(axis=1, keepdims=True))
    advantages: Float64Array = np.where(is_equal, 0.0, centred) / deviation
    return advantages


def kl_estimate(log_probs: npt.ArrayLike, reference: npt.ArrayLike) -> tuple[float, Float64Array]:
    """Return the mean of the k3 estimates of KL(policy || reference), and its gradient in `log_probs`.

    Schulman: Approximating KL divergence, 2020. Raises `ValueError` for wrong shapes.
    """
    policy, ref = _samples(log_probs=log_probs, reference=reference)
    d = ref - policy
    return float(np.mean(np.expm1(d) - d)), -np.expm1(d) / len(d)


def _samples(**named: npt.ArrayLike) -> list[Float64Array]:
    """The arguments as float64, all of one shape (N,)."""
    arrays = {name: np.asarray(values, dtype=np.float64) for name, values in named.items()}
    shapes = {array.shape for array in arrays.values()}
    if len(shapes) != 1 or any(len(shape) != 1 or 0 in shape for shape in shapes):
        got = ", ".join(f"{name} {array.shape}" for name, array in arrays.items())
        raise ValueError(f"all must have one shape (N,), N at least 1, got {got}")
    return list(arrays.values())
