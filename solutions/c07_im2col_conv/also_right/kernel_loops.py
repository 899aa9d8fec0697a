"""Loops over the places of the kernel with strided slices, as in many repositories; one product for the whole batch."""

from __future__ import annotations

import numpy as np


def out_size(size, k, stride, padding):
    if k < 1 or stride < 1 or padding < 0 or size + 2 * padding < k:
        raise ValueError(f"kernel {k}, stride {stride} and padding {padding} do not fit a side of {size}")
    return (size + 2 * padding - k) // stride + 1


def im2col(x, kernel, stride=1, padding=0):
    x = np.array(x, dtype=float)
    if x.ndim != 4 or x.size == 0:
        raise ValueError(f"x must be (N, C, H, W), got {x.shape}")
    N, C, H, W = x.shape
    kh, kw = kernel
    out_h, out_w = out_size(H, kh, stride, padding), out_size(W, kw, stride, padding)
    img = x
    if padding > 0:
        img = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
        img[:, :, padding:-padding, padding:-padding] = x
    col = np.zeros((N, C, kh, kw, out_h, out_w))
    for i in range(kh):
        i_max = i + stride * out_h
        for j in range(kw):
            j_max = j + stride * out_w
            col[:, :, i, j, :, :] = img[:, :, i:i_max:stride, j:j_max:stride]
    return col.reshape(N, C * kh * kw, out_h * out_w)


def col2im(columns, shape, kernel, stride=1, padding=0):
    N, C, H, W = shape
    if N < 1 or C < 1:
        raise ValueError(f"shape must have no zeros, got {shape}")
    kh, kw = kernel
    out_h, out_w = out_size(H, kh, stride, padding), out_size(W, kw, stride, padding)
    if H < 1 or W < 1:
        raise ValueError(f"shape must have no zeros, got {shape}")
    columns = np.array(columns, dtype=float)
    if columns.shape != (N, C * kh * kw, out_h * out_w):
        raise ValueError(f"columns have shape {columns.shape}, which does not fit {shape}")
    col = columns.reshape(N, C, kh, kw, out_h, out_w)
    img = np.zeros((N, C, H + 2 * padding + stride - 1, W + 2 * padding + stride - 1))
    for i in range(kh):
        i_max = i + stride * out_h
        for j in range(kw):
            j_max = j + stride * out_w
            img[:, :, i:i_max:stride, j:j_max:stride] += col[:, :, i, j, :, :]
    return img[:, :, padding : H + padding, padding : W + padding].copy()


def conv2d_im2col(x, w, b=None, stride=1, padding=0):
    x, w = np.asarray(x, dtype=float), np.asarray(w, dtype=float)
    if x.ndim != 4 or w.ndim != 4 or w.size == 0 or x.shape[1] != w.shape[1]:
        raise ValueError(f"x {x.shape} and w {w.shape} do not fit")
    F, C, kh, kw = w.shape
    N, _, H, W = x.shape
    out_h, out_w = out_size(H, kh, stride, padding), out_size(W, kw, stride, padding)
    col = im2col(x, (kh, kw), stride, padding).transpose(1, 0, 2).reshape(C * kh * kw, -1)
    out = np.dot(w.reshape(F, -1), col)
    if b is not None:
        b = np.asarray(b, dtype=float)
        if b.shape != (F,):
            raise ValueError(f"b must have {F} entries, got {b.shape}")
        out += b.reshape(F, 1)
    return out.reshape(F, N, out_h, out_w).transpose(1, 0, 2, 3)
