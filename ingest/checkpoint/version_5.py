"""Version 5 of the checkpoint, which was a pickle: read as the current one, by a reader that can build plain state and
nothing else.

A pickle is a program for a machine that can call anything. This one is the machine of the standard library in Python, of which
only the instructions are left that a pickle of plain objects needs, and which knows classes only by the names that they had
when the version was written. What it has read goes through the encoding of today: whatever is of a wrong type fails there.
"""

from __future__ import annotations

import io
import pickle
import struct
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from msgspec import EncodeError

from ..clock import Clock
from ..facts import FlowKind
from ..rules.gaps import Gaps
from ..state.host import Host
from ..state.objects import (
    Channel,
    Children,
    Description,
    DescriptionKind,
    Descriptor,
    FileNode,
    Fork,
    GraphObject,
    Image,
    Peer,
    PendingFlow,
    Run,
)
from ..state.unrecorded_calls import ALL_RECORDED, Stretch
from .decoding import decode
from .encoding import content_of, encode, position_of
from .errors import CheckpointError, damaged
from .schema import Content

VERSION = 5
_PLAIN: Mapping[tuple[str, str], type] = {
    ("ingest.blind", "Gaps"): Gaps,
    ("ingest.clock", "Clock"): Clock,
    ("ingest.host", "Host"): Host,
    ("ingest.state", "Channel"): Channel,
    ("ingest.state", "Children"): Children,
    ("ingest.state", "Description"): Description,
    ("ingest.state", "FileNode"): FileNode,
    ("ingest.state", "Image"): Image,
    ("ingest.state", "Peer"): Peer,
    ("ingest.state", "Run"): Run,
    ("ingest.state", "Tracked"): GraphObject,
    ("ingest.unrecorded", "Stretch"): Stretch,
}
"""Objects with attributes, by the module and name of then. A class that is renamed or moved keeps its line; an attribute that
is renamed needs a line in `_RENAMED`."""
_TUPLES: Mapping[tuple[str, str], type] = {
    ("ingest.state", "Descriptor"): Descriptor,
    ("ingest.state", "Fork"): Fork,
    ("ingest.state", "Owed"): PendingFlow,
}
_NUMBERS: Mapping[tuple[str, str], type] = {
    ("ingest.facts", "FlowKind"): FlowKind,
    ("ingest.state", "Opened"): DescriptionKind,
}
_RENAMED: Mapping[tuple[type, str], str] = {}
"""Attributes of today by the class and the name of then."""
_ATTRIBUTES, _ARGUMENTS, _VALUES = (frozenset(names.values()) for names in (_PLAIN, _TUPLES, _NUMBERS))
_CONTENT = (Host, Gaps, tuple, tuple, bytes)
_DAMAGED = (
    pickle.UnpicklingError,
    EncodeError,
    EOFError,
    AttributeError,
    TypeError,
    ValueError,
    LookupError,
    OverflowError,
    RecursionError,
    struct.error,
)
"""The errors that reading a damaged pickle may raise (the documentation of pickle), and what objects of wrong types do in the
encoding."""
_INSTRUCTIONS = (
    *(pickle.PROTO, pickle.FRAME, pickle.STOP, pickle.MARK, pickle.POP, pickle.POP_MARK),
    *(pickle.MEMOIZE, pickle.BINGET, pickle.LONG_BINGET, pickle.NONE, pickle.NEWTRUE, pickle.NEWFALSE),
    *(pickle.BININT, pickle.BININT1, pickle.BININT2, pickle.LONG1, pickle.LONG4),
    *(pickle.SHORT_BINUNICODE, pickle.BINUNICODE, pickle.SHORT_BINBYTES, pickle.BINBYTES),
    *(pickle.EMPTY_TUPLE, pickle.TUPLE1, pickle.TUPLE2, pickle.TUPLE3, pickle.TUPLE, pickle.EMPTY_LIST, pickle.APPEND),
    *(pickle.APPENDS, pickle.EMPTY_DICT, pickle.SETITEM, pickle.SETITEMS, pickle.EMPTY_SET, pickle.ADDITEMS),
    *(pickle.STACK_GLOBAL, pickle.NEWOBJ, pickle.REDUCE, pickle.BUILD),
)
"""The instructions that Python's pickler writes for plain objects with protocol 5. None of them asks for memory that the
pickle does not fill."""


def read(pickled: bytes) -> tuple[Content, bytes]:
    """The content of a checkpoint of version 5, in the form of a current one, and its raw lines. Raises
    CheckpointError."""
    try:
        content = _Reader(io.BytesIO(pickled)).load()
        if not isinstance(content, tuple) or tuple(map(type, content)) != _CONTENT:
            raise damaged("unexpected content")
        return decode(encode(_converted(len(pickled), *content[:4]))), content[4]
    except CheckpointError:
        raise
    except _DAMAGED as error:
        raise damaged(error) from error


def _converted(most: int, host: Host, gaps: Gaps, last: tuple[int, int], last_daemon: tuple[int, int]) -> Content:
    host.logins, host.elevated = {}, {}
    for name, value in {
        "lowest_serial": 0,
        "missing": [],
        "threads": {},
        "account_names": {},
        "boots": {},
        "daemon_records": {},
        "thread_numbers": 0,
        "recorded_kinds": ALL_RECORDED,
    }.items():
        vars(host).setdefault(name, value)
    position = position_of(host.clock, gaps, last, last_daemon)
    return content_of(host, position, most)


_Machine: Any = pickle._Unpickler
"""The machine in Python, which exists for such uses; it is an extra of CPython's that typing knows little of."""


class _Dispatch(dict[int, Callable[[Any], None]]):
    def __missing__(self, code: int) -> NoReturn:
        raise damaged(f"it must not hold the instruction {code:#x}")


class _Reader(_Machine):  # type: ignore[misc]
    dispatch = _Dispatch({code[0]: _Machine.dispatch[code[0]] for code in _INSTRUCTIONS})

    def find_class(self, module: str, name: str) -> type:
        """The class of today for one of then."""
        for known in (_PLAIN, _TUPLES, _NUMBERS):
            if (module, name) in known:
                return known[module, name]
        raise damaged(f"it must not hold {module}.{name}")

    def load_newobj(self) -> None:
        """An object of a class, which takes arguments when it is a tuple."""
        arguments, cls = self.stack.pop(), self.stack.pop()
        _require(cls in _ARGUMENTS or (cls in _ATTRIBUTES and arguments == ()))
        self.append(cls.__new__(cls, *arguments))

    def load_reduce(self) -> None:
        """A member of an enumeration."""
        arguments, cls = self.stack.pop(), self.stack.pop()
        _require(cls in _VALUES and len(arguments) == 1)
        self.append(cls(*arguments))

    def load_build(self) -> None:
        """The attributes of an object: a dictionary, or a pair of None and one."""
        state, plain = self.stack.pop(), self.stack[-1]
        _require(type(plain) in _ATTRIBUTES)
        attributes = state[1] if isinstance(state, tuple) else state
        if isinstance(plain, Description):
            plain.passed_on = False
            plain.requests = None
        if isinstance(plain, Image):
            plain.accounts = plain.ids = None
        for name, value in attributes.items():
            setattr(plain, _RENAMED.get((type(plain), name), name), value)

    dispatch[pickle.NEWOBJ[0]] = load_newobj
    dispatch[pickle.REDUCE[0]] = load_reduce
    dispatch[pickle.BUILD[0]] = load_build


def _require(true: bool) -> None:
    if not true:
        raise damaged("unexpected content")
