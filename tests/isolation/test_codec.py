"""What crosses between client and server comes out as it went in; what no server would send is one clean error."""

from __future__ import annotations

import contextlib
import datetime as dt
import json
import math
import socket
import struct
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from harness.isolation.channel import Channel
from harness.isolation.codec import Codec
from harness.isolation.protocol import ProtocolError
from harness.isolation.random_state import GlobalRandom
from harness.isolation.shared_objects import SharedObjects


def refuse(*_: object) -> Any:
    raise ProtocolError("no other values here")


def two_sides() -> tuple[Codec, Codec]:
    return Codec(SharedObjects(first=0, weak=True), refuse, refuse), Codec(
        SharedObjects(first=1, weak=False), refuse, refuse, resend=True
    )


def arrived(buffers: list[Any]) -> list[memoryview]:
    """Buffers as a channel gives them: in memory that can be written to."""
    return [memoryview(bytearray(buffer)) for buffer in buffers]


def across(value: object) -> Any:
    """`value` as it arrives on the other side, over a real socket."""
    here, there = two_sides()
    left, right = socket.socketpair()
    buffers: list[Any] = []
    form = here.encode(value, buffers)
    Channel(left).send({"v": form}, buffers)
    header, received = Channel(right).receive()
    left.close()
    right.close()
    return there.decode(header["v"], received)


def same(left: Any, right: Any) -> bool:
    if isinstance(left, np.ndarray | np.generic):
        return (
            type(left) is type(right)
            and left.dtype == right.dtype
            and left.shape == right.shape
            and left.tobytes() == right.tobytes()
        )
    if isinstance(left, float) and math.isnan(left):
        return isinstance(right, float) and math.isnan(right)
    if isinstance(left, list | tuple):
        return type(left) is type(right) and len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    return type(left) is type(right) and bool(left == right)


SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text()
    | st.binary()
    | st.complex_numbers(allow_nan=False)
    | st.dates()
    | st.datetimes(timezones=st.none() | st.just(dt.UTC))
    | st.timedeltas()
)
KEYS = st.text() | st.integers() | st.tuples(st.integers(), st.text())
VALUES = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.tuples(inner, inner)
        | st.dictionaries(KEYS, inner, max_size=4)
        | st.frozensets(st.integers(), max_size=4)
    ),
    max_leaves=12,
)
DTYPES = (
    hnp.boolean_dtypes()
    | hnp.integer_dtypes(endianness="?")
    | hnp.floating_dtypes(endianness="?")
    | hnp.complex_number_dtypes()
    | hnp.unicode_string_dtypes(max_len=5)
    | hnp.datetime64_dtypes()
)
ARRAYS = DTYPES.flatmap(
    lambda dtype: hnp.arrays(dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4))
)


@given(VALUES)
def test_plain_values_come_out_as_they_went_in(value: object) -> None:
    assert same(value, across(value))


@given(ARRAYS)
def test_arrays_come_out_as_they_went_in(array: np.ndarray[Any, Any]) -> None:
    assert same(array, across(array))
    assert same(array.T, across(array.T))
    if array.ndim:
        assert same(array[::-1], across(array[::-1]))


@pytest.mark.parametrize(
    "value", [np.float64(1.5), np.float32(0.1), np.int8(-3), np.bool_(True), np.str_("ä")], ids=repr
)
def test_numpy_scalars_keep_their_types(value: object) -> None:
    assert same(value, across(value))


def test_layout_and_writeability_survive() -> None:
    array = np.arange(12.0).reshape(3, 4)
    assert across(array.T).flags.f_contiguous
    gaps = across(array[:, ::2])
    assert not gaps.flags.c_contiguous
    assert not gaps.flags.f_contiguous
    frozen = array.copy()
    frozen.flags.writeable = False
    assert not across(frozen).flags.writeable
    assert across(array).flags.writeable


def test_paths_slices_and_ranges_travel() -> None:
    assert across([Path("a/b"), slice(1, None, 2), range(3, 9, 2), ...]) == [
        Path("a/b"),
        slice(1, None, 2),
        range(3, 9, 2),
        ...,
    ]


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_random_generators_of_each_kind_travel_in_their_state(kind: str) -> None:
    rng = np.random.Generator(getattr(np.random, kind)(5))
    rng.random(3)
    assert across(rng).random(1000).tolist() == rng.random(1000).tolist()


def test_the_global_random_state_travels_and_nothing_else_is_taken_for_one() -> None:
    before = np.random.get_state()  # noqa: NPY002
    try:
        watched = GlobalRandom()
        state = json.loads(json.dumps(watched.state()))
        wanted = np.random.random(700)  # noqa: NPY002
        assert watched.has_moved()
        assert not watched.has_moved()
        watched.set(state)
        assert not watched.has_moved()
        assert np.array_equal(np.random.random(700), wanted)  # noqa: NPY002
        memory = state[0]
        beyond = memory[:-8] + (625).to_bytes(4, sys.byteorder).hex()
        before_the_first = memory[:-8] + "ff" * 4
        for other in ([beyond, None], [before_the_first, None], [memory[:-2], None], ["?", None], [5, None], [], None):
            with pytest.raises(ProtocolError):
                watched.set(other)
    finally:
        np.random.set_state(before)  # noqa: NPY002


def test_an_object_array_is_rebuilt_from_plain_values() -> None:
    array = np.array([[1, "x"], [None, 2.5]], dtype=object)
    assert across(array).tolist() == array.tolist()


def test_changes_are_seen_on_the_other_side_in_both_directions() -> None:
    here, there = two_sides()
    array, numbers = np.arange(4.0), [1, 2]
    buffers: list[Any] = []
    forms = [here.encode(value, buffers) for value in (array, numbers)]
    far_array, far_numbers = (there.decode(form, arrived(buffers)) for form in forms)
    array[2] = 9.0
    numbers.append(7)
    sent: list[Any] = []
    changes = here.encode_changes(sent)
    there.apply_changes(json.loads(json.dumps(changes)), arrived(sent))
    assert far_array.tolist() == [0.0, 1.0, 9.0, 3.0]
    assert far_numbers == [1, 2, 7]
    far_array *= 2
    back: list[Any] = []
    assert here.apply_changes(there.encode_changes(back), arrived(back)) == [0]
    assert array.tolist() == [0.0, 2.0, 18.0, 6.0]
    assert here.encode_changes([]) == []


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("dtype", ["f8", "i8", "f4", "c16"])
def test_of_a_large_array_only_what_was_modified_travels(order: Any, dtype: str) -> None:
    here, there = two_sides()
    array = np.zeros((60, 50), dtype=dtype, order=order)
    buffers: list[Any] = []
    far = there.decode(here.encode(array, buffers), arrived(buffers))
    for side, other, mine, its in ((here, there, array, far), (there, here, far, array)):
        for place in ((0, 0), (7, 3), (59, 49)):
            mine[place] += 1
            sent: list[Any] = []
            changes = side.encode_changes(sent)
            assert sum(map(len, sent)) < 200
            other.apply_changes(json.loads(json.dumps(changes)), arrived(sent))
            assert np.array_equal(array, far)
            assert its[place] == mine[place] != 0
            assert other.encode_changes([]) == side.encode_changes([]) == []


def test_a_large_array_that_is_read_only_is_modified_as_it_is_there() -> None:
    here, there = two_sides()
    array = np.zeros(1000)
    shown = array.view()
    shown.flags.writeable = False
    buffers: list[Any] = []
    far = there.decode(here.encode(shown, buffers), arrived(buffers))
    array[3] = 5.0
    sent: list[Any] = []
    there.apply_changes(here.encode_changes(sent), arrived(sent))
    assert (far[3], far.flags.writeable) == (5.0, False)


@pytest.mark.parametrize(
    ("where", "now"),
    [
        (np.array([1000]), np.array([1], np.uint64)),
        (np.array([-1]), np.array([1], np.uint64)),
        (np.array([1, 2]), np.array([1], np.uint64)),
        (np.array([1.0]), np.array([1], np.uint64)),
        (np.array([[1]]), np.array([[1]], np.uint64)),
        (np.array([1]), np.array([1], np.uint8)),
        (np.array([1]), np.array([1.0])),
        (np.array([1]), 7),
    ],
)
def test_places_that_an_array_does_not_have_are_refused(where: Any, now: Any) -> None:
    here, there = two_sides()
    array = np.zeros(1000)
    buffers: list[Any] = []
    far = there.decode(here.encode(array, buffers), arrived(buffers))
    forger = Codec(SharedObjects(first=5, weak=False), refuse, refuse)
    sent: list[Any] = []
    forms = [value if isinstance(value, int) else forger._content(value, sent, 0) for value in (where, now)]
    with pytest.raises(ProtocolError):
        here.apply_changes([[0, {"z": forms}]], arrived(sent))
    assert not array.any()
    assert not far.any()


def test_whether_an_array_may_be_written_to_is_shared() -> None:
    here, there = two_sides()
    array = np.arange(4.0)
    buffers: list[Any] = []
    form = here.encode(array, buffers)
    far = there.decode(form, arrived(buffers))

    def tell_here() -> None:
        sent: list[Any] = []
        changes = there.encode_changes(sent)
        here.apply_changes(changes, arrived(sent))

    far.flags.writeable = False
    tell_here()
    assert not array.flags.writeable
    far.flags.writeable = True
    far[1] = 8.0
    far.flags.writeable = False
    tell_here()
    assert (array.tolist(), array.flags.writeable) == ([0.0, 8.0, 2.0, 3.0], False)
    far.flags.writeable = True
    tell_here()
    assert array.flags.writeable


def test_objects_without_other_holders_are_forgotten() -> None:
    here, _ = two_sides()
    kept = np.arange(3)
    for value in (np.zeros(2), [1, 2], kept):
        here.encode(value, [])
    del value
    here.encode_changes([])
    assert here.shared.take_dropped() == [0, 2]
    assert 4 in here.shared


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=5) | st.dictionaries(st.sampled_from("armndOtlfscDETiRepyYghkHx"), inner, max_size=2)
    ),
    max_leaves=20,
)


@given(JSON, st.lists(st.binary(max_size=40), max_size=3))
@settings(max_examples=300)
def test_any_form_is_a_value_or_one_clean_error(form: Any, buffers: list[bytes]) -> None:
    codec, _ = two_sides()
    with contextlib.suppress(ProtocolError):
        codec.decode(form, [memoryview(buffer) for buffer in buffers])


@given(st.binary(max_size=300), st.booleans())
@settings(max_examples=200)
def test_any_bytes_are_a_message_or_one_clean_error(data: bytes, framed: bool) -> None:
    left, right = socket.socketpair()
    left.sendall(struct.pack("<IQ", len(data), 0) + data if framed else data)
    left.shutdown(socket.SHUT_WR)
    with contextlib.suppress(ProtocolError, EOFError):
        header, _ = Channel(right).receive()
        assert isinstance(header, dict)
    left.close()
    right.close()


HOSTILE: dict[str, Any] = {
    "a pickle": {"P": "gASVAAAA"},
    "an object dtype": {"a": ["|O", [1], "C", True, 0]},
    "a structured dtype": {"a": ["|V16", [1], "C", True, 0]},
    "a dtype with code in it": {"a": ["f8,O", [1], "C", True, 0]},
    "an array of a petabyte": {"a": ["<f8", [2**47], "C", True, 0]},
    "many axes of size 2": {"a": ["<f8", [2] * 64, "C", True, 0]},
    "nothing times everything": {"a": ["<f8", [0, 2**40], "C", True, 0]},
    "empty strings without number": {"a": ["<U0", [2**30], "C", True, 0]},
    "a negative axis": {"a": ["<f8", [-2], "C", True, 0]},
    "a shape that does not fit": {"a": ["<f8", [3], "C", True, 0]},
    "a buffer that is not there": {"a": ["<f8", [2], "C", True, 7]},
    "a buffer by negative index": {"a": ["<f8", [2], "C", True, -1]},
    "a cell that is not there": {"r": 3},
    "a cell without a number": {"m": ["x", {"l": []}]},
    "a number as a cell": {"m": [1, 3]},
    "an unhashable key": {"d": [[{"l": []}, 1]]},
    "an unhashable member": {"s": [{"l": []}]},
    "two tags": {"l": [], "t": []},
    "a date of the year 0": {"E": "0000-01-01"},
    "an unknown generator": {"g": {"bit_generator": "os.system"}},
    "no base64": {"y": "???"},
}


@pytest.mark.parametrize("why", HOSTILE)
def test_what_no_server_would_send_is_refused(why: str) -> None:
    codec, _ = two_sides()
    with pytest.raises(ProtocolError):
        codec.decode(HOSTILE[why], [memoryview(bytes(16))])


def test_deep_nesting_is_refused() -> None:
    codec, _ = two_sides()
    form: Any = 1
    for _ in range(200):
        form = {"l": [form]}
    with pytest.raises(ProtocolError):
        codec.decode(form, [])
    left, right = socket.socketpair()
    data = b"[" * 200_000
    left.sendall(struct.pack("<IQ", len(data), 0) + data[:100_000])
    left.shutdown(socket.SHUT_WR)
    with pytest.raises((ProtocolError, EOFError)):
        Channel(right).receive()
    left.close()
    right.close()


def test_a_bool_of_any_byte_is_a_bool() -> None:
    codec, _ = two_sides()
    array = codec.decode({"a": ["|b1", [3], "C", True, 0]}, [memoryview(b"\x00\x02\xff")])
    assert array.tolist() == [False, True, True]
    assert (array == np.array([False, True, True])).all()


def test_a_message_that_is_too_large_is_refused_before_it_is_read() -> None:
    left, right = socket.socketpair()
    left.sendall(struct.pack("<IQ", 2, 2**50) + b"{}")
    with pytest.raises(ProtocolError, match="too large"):
        Channel(right).receive()
    left.close()
    right.close()
