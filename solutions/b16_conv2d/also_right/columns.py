"""Each window becomes a column of a matrix; forward and backward are then matrix products, and back by `np.add.at`."""

import numpy as np


def places(shape, kernel, stride):
    """Rows and columns of the image that each place of each window is at: (kH * kW, H' * W'), and (H', W')."""
    out = [(length - k) // stride + 1 for length, k in zip(shape, kernel, strict=True)]
    u, v = (index.reshape(-1, 1) for index in np.indices(kernel))
    i, j = (index.reshape(1, -1) for index in np.indices(out))
    return i * stride + u, j * stride + v, out


def prepare(x, kernel, stride, padding=0):
    x = np.asarray(x, dtype=np.float64)
    if x.ndim != 4 or x.size == 0:
        raise ValueError(f"x must have shape (N, C, H, W), got {x.shape}")
    if stride < 1 or padding < 0 or min(kernel) < 1:
        raise ValueError(f"got stride {stride}, padding {padding}, windows of {kernel}")
    x = np.pad(x, [(0, 0), (0, 0), (padding, padding), (padding, padding)])
    if kernel[0] > x.shape[2] or kernel[1] > x.shape[3]:
        raise ValueError(f"windows of {kernel} do not fit into {x.shape[2:]}")
    rows, columns, out = places(x.shape[2:], kernel, stride)
    return x, rows, columns, out


def as_filters(w, x):
    w = np.asarray(w, dtype=np.float64)
    if w.ndim != 4 or w.size == 0 or w.shape[1:2] != np.shape(x)[1:2]:
        raise ValueError(f"w must have shape (F, C, kH, kW), with the channels of x, got {w.shape}")
    return w


def as_slopes(dout, shape):
    dout = np.asarray(dout, dtype=np.float64)
    if dout.shape != tuple(shape):
        raise ValueError(f"dout must have shape {tuple(shape)}, got {dout.shape}")
    return dout.reshape(*dout.shape[:2], -1)


def conv2d(x, w, b=None, stride=1, padding=0):
    w = as_filters(w, x)
    x, rows, columns, out = prepare(x, w.shape[2:], stride, padding)
    patches = x[:, :, rows, columns].reshape(len(x), -1, rows.shape[1])
    result = w.reshape(len(w), -1) @ patches
    if b is not None:
        b = np.asarray(b, dtype=np.float64)
        if b.shape != (len(w),):
            raise ValueError(f"b must have shape ({len(w)},), got {b.shape}")
        result += b[:, None]
    return result.reshape(len(x), len(w), *out)


def conv2d_backward(dout, x, w, stride=1, padding=0):
    w = as_filters(w, x)
    x, rows, columns, out = prepare(x, w.shape[2:], stride, padding)
    slopes = as_slopes(dout, (len(x), len(w), *out))
    patches = x[:, :, rows, columns].reshape(len(x), -1, rows.shape[1])
    dw = (slopes @ patches.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)
    dpatches = (w.reshape(len(w), -1).T @ slopes).reshape(*x.shape[:2], *rows.shape)
    dx = np.zeros_like(x)
    np.add.at(dx, (slice(None), slice(None), rows, columns), dpatches)
    dx = dx[:, :, padding : dx.shape[2] - padding, padding : dx.shape[3] - padding]
    return dx, dw, slopes.sum(axis=(0, 2))


def max_pool2d(x, size, stride=None):
    x, rows, columns, out = prepare(x, (size, size), size if stride is None else stride)
    return x[:, :, rows, columns].max(axis=2).reshape(*x.shape[:2], *out)


def max_pool2d_backward(dout, x, size, stride=None):
    x, rows, columns, out = prepare(x, (size, size), size if stride is None else stride)
    slopes = as_slopes(dout, (*x.shape[:2], *out))
    best = x[:, :, rows, columns].argmax(axis=2)
    window = np.arange(rows.shape[1])
    n, c = np.indices(x.shape[:2])[..., None]
    dx = np.zeros_like(x)
    np.add.at(dx, (n, c, rows[best, window], columns[best, window]), slopes)
    return dx
