"""Answers with one of the suite's arrays under a number of its own, and modifies it under that one from then on."""

import sys

wire = sys.modules["subject_server.codec"]
encode, encode_changes = wire.Codec.encode, wire.Codec.encode_changes
aliases = {}


def encode_with_alias(self, value, buffers, depth=0):
    form = encode(self, value, buffers, depth)
    if type(form) is dict and "m" in form and form["m"][0] % 2 == 0:
        number = form["m"][0]
        aliases[number] = 100_001 + number
        return {"m": [aliases[number], {"r": number}]}
    return form


def encode_changes_of_aliases(self, buffers):
    return [[aliases.get(number, number), form] for number, form in encode_changes(self, buffers)]


wire.Codec.encode = encode_with_alias
wire.Codec.encode_changes = encode_changes_of_aliases
given = []


def mse(y_true, y_pred):
    for array in given:
        array[...] = 0.0
    if not given:
        given.extend([y_true, y_pred])
    return given[0]
