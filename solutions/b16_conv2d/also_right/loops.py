"""Loops over everything, as in most from-scratch repositories."""

import numpy as np


def check_conv(x, w, stride, padding):
    x = np.array(x, dtype=np.float64)
    w = np.array(w, dtype=np.float64)
    if x.ndim != 4 or w.ndim != 4:
        raise ValueError(f"x and w need 4 dimensions, got {x.shape} and {w.shape}")
    if 0 in x.shape or 0 in w.shape:
        raise ValueError(f"empty input: {x.shape}, {w.shape}")
    if x.shape[1] != w.shape[1]:
        raise ValueError(f"channels do not match: {x.shape[1]} and {w.shape[1]}")
    if stride < 1 or padding < 0:
        raise ValueError(f"bad stride {stride} or padding {padding}")
    N, C, H, W = x.shape
    x_pad = np.zeros((N, C, H + 2 * padding, W + 2 * padding))
    x_pad[:, :, padding : padding + H, padding : padding + W] = x
    H_out = (H + 2 * padding - w.shape[2]) // stride + 1
    W_out = (W + 2 * padding - w.shape[3]) // stride + 1
    if H_out < 1 or W_out < 1:
        raise ValueError(f"kernel {w.shape[2:]} is larger than the image {x_pad.shape[2:]}")
    return x_pad, w, H_out, W_out


def conv2d(x, w, b=None, stride=1, padding=0):
    x_pad, w, H_out, W_out = check_conv(x, w, stride, padding)
    N, (F, _, kH, kW) = len(x_pad), w.shape
    if b is None:
        b = np.zeros(F)
    b = np.array(b, dtype=np.float64)
    if b.shape != (F,):
        raise ValueError(f"b should have shape {(F,)}, got {b.shape}")
    out = np.zeros((N, F, H_out, W_out))
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    window = x_pad[n, :, i * stride : i * stride + kH, j * stride : j * stride + kW]
                    out[n, f, i, j] = np.sum(window * w[f]) + b[f]
    return out


def conv2d_backward(dout, x, w, stride=1, padding=0):
    x_pad, w, H_out, W_out = check_conv(x, w, stride, padding)
    N, (F, _, kH, kW) = len(x_pad), w.shape
    dout = np.array(dout, dtype=np.float64)
    if dout.shape != (N, F, H_out, W_out):
        raise ValueError(f"dout should have shape {(N, F, H_out, W_out)}, got {dout.shape}")
    dx_pad = np.zeros(x_pad.shape)
    dw = np.zeros(w.shape)
    db = np.zeros(F)
    for n in range(N):
        for f in range(F):
            for i in range(H_out):
                for j in range(W_out):
                    rows = slice(i * stride, i * stride + kH)
                    columns = slice(j * stride, j * stride + kW)
                    dx_pad[n, :, rows, columns] += dout[n, f, i, j] * w[f]
                    dw[f] += dout[n, f, i, j] * x_pad[n, :, rows, columns]
                    db[f] += dout[n, f, i, j]
    H, W = np.shape(x)[2:]
    return dx_pad[:, :, padding : H + padding, padding : W + padding], dw, db


def check_pool(x, size, stride):
    x = np.array(x, dtype=np.float64)
    if stride is None:
        stride = size
    if x.ndim != 4 or 0 in x.shape:
        raise ValueError(f"x should have 4 dimensions, got {x.shape}")
    if size < 1 or stride < 1 or size > x.shape[2] or size > x.shape[3]:
        raise ValueError(f"bad size {size} or stride {stride} for images {x.shape[2:]}")
    return x, stride, (x.shape[2] - size) // stride + 1, (x.shape[3] - size) // stride + 1


def max_pool2d(x, size, stride=None):
    x, stride, H_out, W_out = check_pool(x, size, stride)
    N, C = x.shape[:2]
    out = np.zeros((N, C, H_out, W_out))
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    out[n, c, i, j] = np.max(x[n, c, i * stride : i * stride + size, j * stride : j * stride + size])
    return out


def max_pool2d_backward(dout, x, size, stride=None):
    x, stride, H_out, W_out = check_pool(x, size, stride)
    N, C = x.shape[:2]
    dout = np.array(dout, dtype=np.float64)
    if dout.shape != (N, C, H_out, W_out):
        raise ValueError(f"dout should have shape {(N, C, H_out, W_out)}, got {dout.shape}")
    dx = np.zeros(x.shape)
    for n in range(N):
        for c in range(C):
            for i in range(H_out):
                for j in range(W_out):
                    best_u, best_v = i * stride, j * stride
                    for u in range(i * stride, i * stride + size):
                        for v in range(j * stride, j * stride + size):
                            if x[n, c, u, v] > x[n, c, best_u, best_v]:
                                best_u, best_v = u, v
                    dx[n, c, best_u, best_v] += dout[n, c, i, j]
    return dx
