"""Arrays of indices, computed once: fancy indexing gathers the columns, and a weighted bincount adds them back."""

from __future__ import annotations

import numpy as np


def _indices(shape, kernel, stride, padding):
    """Flat places in a padded plane, (kh * kw, oh * ow), and the sizes of output and padded plane."""
    kh, kw = kernel
    H, W = shape[2] + 2 * padding, shape[3] + 2 * padding
    if len(shape) != 4 or 0 in shape or kh < 1 or kw < 1 or stride < 1 or padding < 0 or kh > H or kw > W:
        raise ValueError(f"no windows of {kernel} in {shape}, stride {stride}, padding {padding}")
    top, left = np.arange(0, H - kh + 1, stride), np.arange(0, W - kw + 1, stride)
    i = np.arange(kh).repeat(kw)[:, None] + top.repeat(len(left))
    j = np.tile(np.arange(kw), kh)[:, None] + np.tile(left, len(top))
    return i * W + j, (len(top), len(left)), (H, W)


def im2col(x, kernel, stride=1, padding=0):
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 4:
        raise ValueError(f"x must have four axes, got {x.ndim}")
    places, _, (H, W) = _indices(x.shape, kernel, stride, padding)
    n, c = x.shape[:2]
    padded = np.zeros((n, c, H, W))
    padded[:, :, padding : H - padding, padding : W - padding] = x
    return np.take(padded.reshape(n, c, H * W), places, axis=2).reshape(n, -1, places.shape[1])


def col2im(columns, shape, kernel, stride=1, padding=0):
    if len(shape) != 4:
        raise ValueError(f"shape must have four numbers, got {shape}")
    places, _, (H, W) = _indices(shape, kernel, stride, padding)
    n, c = shape[:2]
    columns = np.asarray(columns, dtype=np.float64)
    if columns.shape != (n, c * len(places), places.shape[1]):
        raise ValueError(f"columns must be {(n, c * len(places), places.shape[1])}, got {columns.shape}")
    planes = np.arange(n * c)[:, None, None] * (H * W) + places
    sums = np.bincount(planes.ravel(), weights=columns.ravel(), minlength=n * c * H * W)
    return sums.reshape(n, c, H, W)[:, :, padding : H - padding, padding : W - padding]


def conv2d_im2col(x, w, b=None, stride=1, padding=0):
    x, w = np.asarray(x, dtype=np.float64), np.asarray(w, dtype=np.float64)
    if w.ndim != 4 or x.ndim != 4 or 0 in w.shape or w.shape[1] != x.shape[1]:
        raise ValueError(f"x and w must be (n, c, h, w) and (f, c, kh, kw), got {x.shape} and {w.shape}")
    _, (oh, ow), _ = _indices(x.shape, w.shape[2:], stride, padding)
    columns = im2col(x, w.shape[2:], stride, padding)
    output = np.tensordot(w.reshape(len(w), -1), columns, axes=(1, 1)).swapaxes(0, 1)
    if b is not None:
        if np.shape(b) != (len(w),):
            raise ValueError(f"b must have shape ({len(w)},), got {np.shape(b)}")
        output = output + np.asarray(b, dtype=np.float64)[:, None]
    return output.reshape(len(x), len(w), oh, ow)
