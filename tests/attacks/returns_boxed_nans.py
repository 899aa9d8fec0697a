"""Returns a NaN with a message in its payload."""

import struct


def mse(y_true, y_pred):
    return struct.unpack("<d", b"expectd\x7f")[0]
