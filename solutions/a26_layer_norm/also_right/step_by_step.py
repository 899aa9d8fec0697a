"""The computational graph, walked back node by node, as in courses on backpropagation."""

import numpy as np


def _read(x, gamma, *same_as_gamma, dout=None):
    x, gamma = np.asarray(x, float), np.asarray(gamma, float)
    if x.ndim == 0 or 0 in x.shape:
        raise ValueError("x needs at least one value along each of its axes, and one axis")
    for parameter in (gamma, *same_as_gamma):
        if np.shape(parameter) != (x.shape[-1],):
            raise ValueError("gamma and beta must have shape (D,)")
    if dout is not None and np.shape(dout) != x.shape:
        raise ValueError("dout must have the shape of x")
    return x, gamma


def layer_norm(x, gamma, beta, eps=1e-5):
    beta = np.asarray(beta, float)
    x, gamma = _read(x, gamma, beta)
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + eps) * gamma + beta


def layer_norm_backward(dout, x, gamma, eps=1e-5):
    dout = np.asarray(dout, float)
    x, gamma = _read(x, gamma, dout=dout)
    d, leading = x.shape[-1], tuple(range(x.ndim - 1))
    mu = x.mean(-1, keepdims=True)
    centred = x - mu
    var = (centred**2).mean(-1, keepdims=True)
    std = np.sqrt(var + eps)
    xhat = centred / std

    dxhat = dout * gamma
    dstd = (dxhat * -centred / std**2).sum(-1, keepdims=True)
    dvar = dstd * 0.5 / std
    dcentred = dxhat / std + dvar * 2 * centred / d
    dmu = -dcentred.sum(-1, keepdims=True)
    return dcentred + dmu / d, (dout * xhat).sum(leading), dout.sum(leading)


def rms_norm(x, gamma, eps=1e-6):
    x, gamma = _read(x, gamma)
    return x / np.sqrt((x**2).mean(-1, keepdims=True) + eps) * gamma


def rms_norm_backward(dout, x, gamma, eps=1e-6):
    dout = np.asarray(dout, float)
    x, gamma = _read(x, gamma, dout=dout)
    root = np.sqrt((x**2).mean(-1, keepdims=True) + eps)
    dxhat = dout * gamma
    droot = (dxhat * -x / root**2).sum(-1, keepdims=True)
    return dxhat / root + droot * x / (root * x.shape[-1]), (dout * x / root).sum(tuple(range(x.ndim - 1)))
