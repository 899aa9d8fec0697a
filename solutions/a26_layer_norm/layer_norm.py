"""Layer norm and RMS norm over the last axis, forward and backward: the reference."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Float64Array = npt.NDArray[np.float64]


def layer_norm(x: npt.ArrayLike, gamma: npt.ArrayLike, beta: npt.ArrayLike, eps: float = 1e-5) -> Float64Array:
    """Return gamma * (x - mean) / sqrt(variance + eps) + beta over the last axis of x (..., D).

    Ba, Kiros, Hinton: Layer normalization, 2016. Raises `ValueError` for wrong shapes.
    """
    vectors = _vectors(x)
    scale, shift = _parameter(gamma, vectors, "gamma"), _parameter(beta, vectors, "beta")
    normalised, _ = _standardise(vectors, eps)
    return scale * normalised + shift


def layer_norm_backward(
    dout: npt.ArrayLike, x: npt.ArrayLike, gamma: npt.ArrayLike, eps: float = 1e-5
) -> tuple[Float64Array, Float64Array, Float64Array]:
    """Return the gradients of a loss in x (..., D), gamma (D,) and beta (D,), from that in the output.

    Raises `ValueError` for wrong shapes.
    """
    vectors, upstream = _vectors(x), _upstream(dout, x)
    scale = _parameter(gamma, vectors, "gamma")
    normalised, inverse = _standardise(vectors, eps)
    slope = upstream * scale  # in the normalised vectors
    # A shift of a whole vector and a change of its scale do not show in the output: their shares are taken out.
    slope = slope - slope.mean(axis=-1, keepdims=True)
    dx = inverse * (slope - normalised * (slope * normalised).mean(axis=-1, keepdims=True))
    return dx, _over_vectors(upstream * normalised), _over_vectors(upstream)


def rms_norm(x: npt.ArrayLike, gamma: npt.ArrayLike, eps: float = 1e-6) -> Float64Array:
    """Return gamma * x / sqrt(mean square + eps) over the last axis of x (..., D).

    Zhang, Sennrich: Root mean square layer normalization, 2019. Raises `ValueError` for wrong shapes.
    """
    vectors = _vectors(x)
    return _parameter(gamma, vectors, "gamma") * vectors * _inverse_rms(vectors, eps)


def rms_norm_backward(
    dout: npt.ArrayLike, x: npt.ArrayLike, gamma: npt.ArrayLike, eps: float = 1e-6
) -> tuple[Float64Array, Float64Array]:
    """Return the gradients of a loss in x (..., D) and gamma (D,), from that in the output.

    Raises `ValueError` for wrong shapes.
    """
    vectors, upstream = _vectors(x), _upstream(dout, x)
    scale, inverse = _parameter(gamma, vectors, "gamma"), _inverse_rms(vectors, eps)
    normalised, slope = vectors * inverse, upstream * scale
    dx = inverse * (slope - normalised * (slope * normalised).mean(axis=-1, keepdims=True))
    return dx, _over_vectors(upstream * normalised)


def _standardise(x: Float64Array, eps: float) -> tuple[Float64Array, Float64Array]:
    """`x` with mean 0 and variance 1 along the last axis, and 1 / sqrt(variance + eps), shape (..., 1)."""
    centred = x - x.mean(axis=-1, keepdims=True)
    inverse = _inverse_rms(centred, eps)
    return centred * inverse, inverse


def _inverse_rms(x: Float64Array, eps: float) -> Float64Array:
    """1 / sqrt(mean square + eps) along the last axis, shape (..., 1)."""
    inverse: Float64Array = 1.0 / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + eps)
    return inverse


def _over_vectors(terms: Float64Array) -> Float64Array:
    """The sum over all leading axes, shape (D,)."""
    total: Float64Array = terms.reshape(-1, terms.shape[-1]).sum(axis=0)
    return total


def _vectors(x: npt.ArrayLike) -> Float64Array:
    """`x` as float64, shape (..., D) without an axis of length zero."""
    vectors = np.asarray(x, dtype=np.float64)
    if vectors.ndim == 0 or vectors.size == 0:
        raise ValueError(f"x must have shape (..., D), no axis of length zero, got shape {vectors.shape}")
    return vectors


def _upstream(dout: npt.ArrayLike, x: npt.ArrayLike) -> Float64Array:
    """`dout` as float64, in the shape of `x`."""
    upstream = np.asarray(dout, dtype=np.float64)
    if upstream.shape != np.shape(x):
        raise ValueError(f"dout must have the shape of x, {np.shape(x)}, got shape {upstream.shape}")
    return upstream


def _parameter(values: npt.ArrayLike, x: Float64Array, name: str) -> Float64Array:
    """`values` as float64, shape (D,)."""
    array = np.asarray(values, dtype=np.float64)
    if array.shape != x.shape[-1:]:
        raise ValueError(f"{name} must have shape {x.shape[-1:]}, got shape {array.shape}")
    return array
