"""The protocol between client and server: messages, their keys, and the forms of values.

A message is a header, which is a JSON object, followed by the raw buffers of arrays. The client asks, the server replies to each
request once, and may call back in between. There are two connections: one of the client's main thread, one of all others.

========= ====== ========= =====================================================================================
key       letter from      meaning
========= ====== ========= =====================================================================================
ID        i      both      number of a request; its reply has the same
OPERATION o      client    what is to be done: a name of `operations.OPERATIONS`
ARGS      a      both      forms of positional arguments; of one result, where a call back is answered
KWARGS    w      both      forms of keyword arguments, by name
VALUE     v      server    form of the result
ERROR     e      both      an exception. Server: class names, own name, text, arguments, line, function; client: name, text
PURE      p      server    true when only an attribute was looked up, so that nothing can have changed
WARNINGS  n      server    `[category, text, line]` of each warning
CALLBACK  k      server    number of a callable of the suite's to call; negative: to get an attribute of
THREAD    th     both      which thread of the client it is; negative: a thread that the subject has started
CHANGES   u      both      `[number, form of the content]` of each shared object that has changed since the last message
UNSHARED  x      client    numbers of shared objects that are forgotten
RELEASED  X      client    numbers of the subject's objects that are forgotten
TAMPERED  h      server    true when the subject has modified helper modules of the suite
RANDOM    g      both      state of the global random generators, when it has moved
BUFFERS   b      both      lengths of the buffers, in bytes
========= ====== ========= =====================================================================================

A request has ID, OPERATION and ARGS; a reply ID and VALUE or ERROR; a call back CALLBACK and ARGS; its answer ARGS or ERROR. All
else may be missing.

The form of None, a bool, an int, a float or a string is the value itself. Any other is an object with one key, its tag:

============ ====== =====================================================================
tag          letter body
============ ====== =====================================================================
KNOWN        r      number of a shared object that the receiver has
SHARED       m      number of a shared object, and the form of its content
LIST, TUPLE  l, t   forms of the items; so for SET (s) and FROZENSET (f)
DICT         d      `[form of key, form of value]` of each item
ARRAY        a      dtype, shape, layout (C, F, or S for memory with gaps), writeable, number of the buffer
SCALAR       n      dtype, number of the buffer
OBJECTS      O      shape and forms of the elements of an array of objects
PLACES       z      forms of two arrays: where the memory of an array has changed, and what is there now
GENERATOR    g      state of a `numpy.random.Generator`
BYTES        y      base64; so for BYTEARRAY (Y)
COMPLEX      c      real and imaginary part
DATETIME     D      ISO format, fold, and the offset from UTC as a TIMEDELTA has it
DATE         E      ISO format
TIMEDELTA    T      days, seconds, microseconds
SLICE        i      start, stop, step; so for RANGE (R)
ELLIPSIS     e      0
PATH         p      text
OBJECT       h      an object of the subject's. Client: its number; server: number, number of its class, the class
                    (name, abilities, methods) when it is new, and forms of brief attributes by name
CALLABLE     k      number of an object of the suite's, which can be called back
NAMED        H      module and name of a function or class that both sides have
============ ====== =====================================================================

Shared objects are what both sides can modify. Each has one number for a session, given by the side that made it: even
ones by the client, odd ones by the server. A number for an object that has another, content for a number that was never
given, and a change of something that was never handed over are errors, which end the run.
"""

from __future__ import annotations

from typing import Any

Header = dict[str, Any]


class ProtocolError(Exception):
    """What was received is not a message of this protocol."""


class Key:
    """Keys of a header."""

    ID = "i"
    OPERATION = "o"
    ARGS = "a"
    KWARGS = "w"
    VALUE = "v"
    ERROR = "e"
    PURE = "p"
    WARNINGS = "n"
    CALLBACK = "k"
    THREAD = "th"
    CHANGES = "u"
    UNSHARED = "x"
    RELEASED = "X"
    TAMPERED = "h"
    RANDOM = "g"
    BUFFERS = "b"


class Tag:
    """Tags of forms."""

    KNOWN = "r"
    SHARED = "m"
    LIST = "l"
    TUPLE = "t"
    SET = "s"
    FROZENSET = "f"
    DICT = "d"
    ARRAY = "a"
    SCALAR = "n"
    OBJECTS = "O"
    PLACES = "z"
    GENERATOR = "g"
    BYTES = "y"
    BYTEARRAY = "Y"
    COMPLEX = "c"
    DATETIME = "D"
    DATE = "E"
    TIMEDELTA = "T"
    SLICE = "i"
    RANGE = "R"
    ELLIPSIS = "e"
    PATH = "p"
    OBJECT = "h"
    METHOD = "b"
    CALLABLE = "k"
    NAMED = "H"


def expect_list(body: Any) -> list[Any]:
    """`body`; raises `ProtocolError` when it is not a list."""
    if type(body) is not list:
        raise ProtocolError("a list was expected")
    return body
