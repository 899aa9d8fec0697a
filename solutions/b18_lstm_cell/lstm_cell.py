"""Long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers et al. 2000): the reference."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


class _Step(NamedTuple):
    """What a step's backward pass needs, each (b, h) but x, which is (b, d)."""

    x: FloatArray
    h: FloatArray
    c: FloatArray
    i: FloatArray
    f: FloatArray
    g: FloatArray
    o: FloatArray
    tanh_c: FloatArray


class LSTM:
    """A layer of LSTM cells: d = `input_size` inputs, h = `hidden_size` cells.

    `W_x` (d, 4h), `W_h` (h, 4h) and `b` (4h,) have the columns of the gates i, f, g, o side by side.
    """

    def __init__(
        self, input_size: int, hidden_size: int, random_state: int | np.random.Generator | None = None
    ) -> None:
        if input_size < 1 or hidden_size < 1:
            raise ValueError(f"input_size and hidden_size must be at least 1, got {input_size} and {hidden_size}")
        rng = np.random.default_rng(random_state)
        self.input_size, self.hidden_size = input_size, hidden_size
        self.W_x = rng.normal(scale=input_size**-0.5, size=(input_size, 4 * hidden_size))
        self.W_h = rng.normal(scale=hidden_size**-0.5, size=(hidden_size, 4 * hidden_size))
        self.b = np.zeros(4 * hidden_size)
        self.b[hidden_size : 2 * hidden_size] = 1.0  # open forget gates: cells remember until they learn to forget
        self._steps: list[_Step] = []

    def step(self, x: npt.ArrayLike, h: npt.ArrayLike, c: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
        """Return the next (h, c), each (b, h), for inputs `x` (b, d), outputs `h` (b, h) and cells `c` (b, h)."""
        inputs = _array(x, "x", 2, self.input_size)
        new_h, new_c, _ = self._advance(inputs, self._state(h, "h", len(inputs)), self._state(c, "c", len(inputs)))
        return new_h, new_c

    def forward(
        self, xs: npt.ArrayLike, h0: npt.ArrayLike | None = None, c0: npt.ArrayLike | None = None
    ) -> tuple[FloatArray, tuple[FloatArray, FloatArray]]:
        """Return the outputs of all steps, (b, t, h), and (h, c) after the last; `h0` and `c0` are zeros by default."""
        inputs = _array(xs, "xs", 3, self.input_size)
        h, c = self._state(h0, "h0", len(inputs)), self._state(c0, "c0", len(inputs))
        self._steps, hs = [], []
        for x in inputs.swapaxes(0, 1):
            h, c, step = self._advance(x, h, c)
            self._steps.append(step)
            hs.append(h)
        return np.stack(hs, axis=1), (h, c)

    def backward(self, dhs: npt.ArrayLike) -> tuple[FloatArray, dict[str, FloatArray]]:
        """Return the gradients for `xs` of the latest `forward` and for the parameters, given that for `hs` (b, t, h)."""
        if not self._steps:
            raise RuntimeError("backward needs a forward pass: call forward first")
        slopes = np.asarray(dhs, dtype=np.float64)
        wanted = (len(self._steps[0].x), len(self._steps), self.hidden_size)
        if slopes.shape != wanted:
            raise ValueError(f"dhs must have the shape of hs, {wanted}, got shape {slopes.shape}")
        grads = {name: np.zeros_like(value) for name, value in (("W_x", self.W_x), ("W_h", self.W_h), ("b", self.b))}
        dxs = np.empty((*wanted[:2], self.input_size))
        dh = dc = np.zeros((wanted[0], wanted[2]))  # what reaches output and cells from later steps
        for t in reversed(range(len(self._steps))):
            s = self._steps[t]
            dh = dh + slopes[:, t]
            dc = dc + dh * s.o * (1 - s.tanh_c**2)
            by_gate = (
                dc * s.g * s.i * (1 - s.i),
                dc * s.c * s.f * (1 - s.f),
                dc * s.i * (1 - s.g**2),
                dh * s.tanh_c * s.o * (1 - s.o),
            )
            dz = np.concatenate(by_gate, axis=1)
            grads["W_x"] += s.x.T @ dz
            grads["W_h"] += s.h.T @ dz
            grads["b"] += dz.sum(axis=0)
            dxs[:, t] = dz @ self.W_x.T
            dh, dc = dz @ self.W_h.T, dc * s.f
        return dxs, grads

    def _advance(self, x: FloatArray, h: FloatArray, c: FloatArray) -> tuple[FloatArray, FloatArray, _Step]:
        """The next output and cells, and what `backward` needs of this step."""
        z_i, z_f, z_g, z_o = np.split(x @ self.W_x + h @ self.W_h + self.b, 4, axis=1)
        i, f, g, o = _sigmoid(z_i), _sigmoid(z_f), np.tanh(z_g), _sigmoid(z_o)
        new_c = f * c + i * g
        tanh_c = np.tanh(new_c)
        return o * tanh_c, new_c, _Step(x, h, c, i, f, g, o, tanh_c)

    def _state(self, values: npt.ArrayLike | None, name: str, b: int) -> FloatArray:
        """`values` as float64, shape (b, h); zeros for None."""
        state = np.zeros((b, self.hidden_size)) if values is None else _array(values, name, 2, self.hidden_size)
        if len(state) != b:
            raise ValueError(f"{name} must have {b} rows, as the inputs, got {len(state)}")
        return state


def _array(values: npt.ArrayLike, name: str, ndim: int, size: int) -> FloatArray:
    """`values` as float64 with `ndim` axes, none of length zero, the last of length `size`."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != ndim or array.shape[-1] != size or array.size == 0:
        raise ValueError(
            f"{name} must have {ndim} axes, none empty, the last of length {size}, got shape {array.shape}"
        )
    return array


def _sigmoid(z: FloatArray) -> FloatArray:
    """1 / (1 + exp(-z)); as tanh it overflows nowhere."""
    return np.asarray(0.5 + 0.5 * np.tanh(z / 2))
