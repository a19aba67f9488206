# Distributed under the Boost Software License, Version 1.0. See LICENSE.
"""Tables in Arrow's C data interface, made by hand, so that anything about them can be wrong.

A table is exported by pyarrow, and its structs are then changed in place. They are never given back
to pyarrow: what releases them here only marks them as released.
"""

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_int64, c_void_p

import pyarrow as pa


class ArrowSchema(ctypes.Structure):
    """As the specification gives it."""


class ArrowArray(ctypes.Structure):
    """As the specification gives it."""


class ArrowArrayStream(ctypes.Structure):
    """As the specification gives it."""


RELEASE_SCHEMA = ctypes.CFUNCTYPE(None, POINTER(ArrowSchema))
RELEASE_ARRAY = ctypes.CFUNCTYPE(None, POINTER(ArrowArray))
RELEASE_STREAM = ctypes.CFUNCTYPE(None, POINTER(ArrowArrayStream))
GET_SCHEMA = ctypes.CFUNCTYPE(c_int, POINTER(ArrowArrayStream), POINTER(ArrowSchema))
GET_NEXT = ctypes.CFUNCTYPE(c_int, POINTER(ArrowArrayStream), POINTER(ArrowArray))
GET_ERROR = ctypes.CFUNCTYPE(c_void_p, POINTER(ArrowArrayStream))

ArrowSchema._fields_ = [
    ("format", c_char_p),
    ("name", c_char_p),
    ("metadata", c_char_p),
    ("flags", c_int64),
    ("n_children", c_int64),
    ("children", POINTER(POINTER(ArrowSchema))),
    ("dictionary", POINTER(ArrowSchema)),
    ("release", RELEASE_SCHEMA),
    ("private_data", c_void_p),
]
ArrowArray._fields_ = [
    ("length", c_int64),
    ("null_count", c_int64),
    ("offset", c_int64),
    ("n_buffers", c_int64),
    ("n_children", c_int64),
    ("buffers", POINTER(c_void_p)),
    ("children", POINTER(POINTER(ArrowArray))),
    ("dictionary", POINTER(ArrowArray)),
    ("release", RELEASE_ARRAY),
    ("private_data", c_void_p),
]
ArrowArrayStream._fields_ = [
    ("get_schema", GET_SCHEMA),
    ("get_next", GET_NEXT),
    ("get_last_error", GET_ERROR),
    ("release", RELEASE_STREAM),
    ("private_data", c_void_p),
]

_new_capsule = ctypes.pythonapi.PyCapsule_New
_new_capsule.restype = ctypes.py_object
_new_capsule.argtypes = [c_void_p, c_char_p, c_void_p]


@RELEASE_SCHEMA
def release_schema(schema):
    schema.contents.release = RELEASE_SCHEMA()


@RELEASE_ARRAY
def release_array(array):
    array.contents.release = RELEASE_ARRAY()


@RELEASE_STREAM
def release_stream(stream):
    stream.contents.release = RELEASE_STREAM()


def _own(node, release) -> None:
    """Makes a struct, and all in it, be released by us."""
    node.release = release
    for i in range(node.n_children):
        _own(node.children[i].contents, release)
    if node.dictionary:
        _own(node.dictionary.contents, release)


class ByHand:
    """A table of one batch. ``as_stream`` says by which of the two protocols it is handed over."""

    def __init__(self, table: pa.RecordBatch, as_stream: bool) -> None:
        self.held = table
        self.schema, self.array, self.stream = ArrowSchema(), ArrowArray(), ArrowArrayStream()
        table._export_to_c(ctypes.addressof(self.array), ctypes.addressof(self.schema))
        _own(self.schema, release_schema)
        _own(self.array, release_array)
        self._give(as_stream)

    def _give(self, as_stream: bool) -> None:
        if as_stream:
            self.__arrow_c_stream__ = self._stream
        else:
            self.__arrow_c_array__ = self._array

    def column(self, i: int) -> ArrowArray:
        """The i-th column's array."""
        return self.array.children[i].contents

    def type(self, i: int) -> ArrowSchema:
        """The i-th column's schema."""
        return self.schema.children[i].contents

    def _array(self, requested_schema=None):
        return (
            _new_capsule(ctypes.addressof(self.schema), b"arrow_schema", None),
            _new_capsule(ctypes.addressof(self.array), b"arrow_array", None),
        )

    def _stream(self, requested_schema=None):
        batches = [self.array]

        def get_schema(_, out):
            ctypes.memmove(out, ctypes.addressof(self.schema), ctypes.sizeof(ArrowSchema))
            return 0

        def get_next(_, out):
            if batches:
                ctypes.memmove(out, ctypes.addressof(batches.pop()), ctypes.sizeof(ArrowArray))
            else:
                out.contents.release = RELEASE_ARRAY()
            return 0

        s = self.stream
        s.get_schema, s.get_next = GET_SCHEMA(get_schema), GET_NEXT(get_next)
        s.get_last_error, s.release = GET_ERROR(lambda _: None), release_stream
        self.kept = get_schema, get_next
        return _new_capsule(ctypes.addressof(s), b"arrow_array_stream", None)


class Deep:
    """A schema of lists of lists of …, so many levels deep, in a table of one column."""

    def __init__(self, levels: int) -> None:
        self.nodes = [ArrowSchema() for _ in range(levels)]
        self.pointers = []
        for i, node in enumerate(self.nodes):
            node.format = b"+s" if i == 0 else b"u" if i == levels - 1 else b"+l"
            node.name, node.release = b"lead", release_schema
            if i + 1 < levels:
                inner = (POINTER(ArrowSchema) * 1)(ctypes.pointer(self.nodes[i + 1]))
                self.pointers.append(inner)
                node.n_children = 1
                node.children = ctypes.cast(inner, POINTER(POINTER(ArrowSchema)))
        self.array = ArrowArray()
        self.array.release = release_array

    def __arrow_c_array__(self, requested_schema=None):
        return (
            _new_capsule(ctypes.addressof(self.nodes[0]), b"arrow_schema", None),
            _new_capsule(ctypes.addressof(self.array), b"arrow_array", None),
        )
