"""States of random generators, as JSON can hold them."""

from __future__ import annotations

import ctypes
import random
import sys
from typing import Any

import numpy as np

from .forms import read_dtype
from .protocol import ProtocolError, expect_list

_WORDS = 624
_MT19937_BYTES = 4 * (_WORDS + 1)
"""The words of its state and the position among them (Matsumoto and Nishimura, 1998)."""
_KINDS = ("PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64")


def rng_state(rng: np.random.Generator) -> dict[str, Any]:
    """The state of a generator, as JSON can say it."""
    return _listed(dict(rng.bit_generator.state))  # type: ignore[no-any-return]


def _listed(value: Any) -> Any:
    """`value` with its arrays (n,) as hexadecimal digits: item by item they would take ten times as long to tell."""
    if isinstance(value, dict):
        return {key: _listed(item) for key, item in value.items()}
    if isinstance(value, np.ndarray):
        return {"array": value.tobytes().hex(), "dtype": value.dtype.str}
    return value.item() if isinstance(value, np.generic) else value


def _unlisted(value: Any) -> Any:
    if isinstance(value, dict):
        if set(value) == {"array", "dtype"}:
            return np.frombuffer(bytes.fromhex(value["array"]), dtype=read_dtype(value["dtype"]))
        return {key: _unlisted(item) for key, item in value.items()}
    return value


def set_rng_state(rng: np.random.Generator, state: Any) -> None:
    """Put `rng` into a state that `rng_state` has told; raises `ProtocolError` for anything else."""
    try:
        rng.bit_generator.state = _unlisted(state)
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise ProtocolError(f"this is not a state of a random generator: {type(error).__name__}") from None


class GlobalRandom:
    """NumPy's global random generator: whether it has moved, and its state as JSON can say it.

    Looking whether it has moved comes with every message, so it must cost nothing: it reads the generator's memory, whose
    address NumPy publishes, instead of asking for a copy of its state, and writes there as well.
    """

    def __init__(self) -> None:
        self.watches_standard_library = False
        """Whether the state of `random` is watched as well; it costs more."""
        self._standard = random.getstate()
        self._generator = np.random.get_bit_generator()  # type: ignore[attr-defined]
        self._address = self._generator.ctypes.state_address
        self._seen = self._memory()

    def has_moved(self) -> bool:
        """Whether it has moved since this was last asked, or `set` was called."""
        now = self._memory()
        has_moved, self._seen = now != self._seen, now
        if self.watches_standard_library:
            state = random.getstate()
            has_moved, self._standard = has_moved or state != self._standard, state
        return has_moved

    def state(self) -> Any:
        """Its state, and that of `random` where it is watched."""
        return [self._memory().hex(), random.getstate() if self.watches_standard_library else None]

    def set(self, state: Any) -> None:
        """Put it into that state; raises `ProtocolError` for anything else."""
        try:
            numpys, standard = expect_list(state)
            self._overwrite(bytes.fromhex(numpys))
            if standard is not None and self.watches_standard_library:
                version, words, gauss = expect_list(standard)
                random.setstate((version, tuple(words), gauss))
                self._standard = random.getstate()
        except (ValueError, TypeError, KeyError, OverflowError) as error:
            raise ProtocolError(f"this is not a state of the global random generator: {type(error).__name__}") from None
        self._seen = self._memory()

    def _overwrite(self, memory: bytes) -> None:
        if len(memory) != _MT19937_BYTES or not 0 <= int.from_bytes(memory[-4:], sys.byteorder, signed=True) <= _WORDS:
            raise ValueError("a position among the words, or they themselves, are missing")
        ctypes.memmove(self._address, memory, _MT19937_BYTES)

    def _memory(self) -> bytes:
        return ctypes.string_at(self._address, _MT19937_BYTES)


def new_generator(state: Any) -> np.random.Generator:
    """A generator of one of NumPy's own kinds, in that state; raises `ProtocolError` for anything else."""
    name = state.get("bit_generator") if isinstance(state, dict) else None
    if name not in _KINDS:
        raise ProtocolError("there is no such random generator")
    rng = np.random.Generator(getattr(np.random, name)())
    set_rng_state(rng, state)
    return rng
