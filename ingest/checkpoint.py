"""A deriver's state as bytes, to go on from in a later run.

The state is a graph of objects that refer to each other (a descriptor's description is shared by the images that inherited
it), which is what pickle keeps. A store can come from somebody else, so reading it may build nothing but the plain state
classes named here: a pickle that asks for anything else is refused.
"""

from __future__ import annotations

import io
import pickle
import zlib

from . import clock, deriver, facts, identity
from .rules import gaps as blind
from .state import host, unrecorded
from .state import objects as state

VERSION = 5
_MAGIC = b"provenance-checkpoint/"
_ALLOWED = {
    (cls.__module__, cls.__name__): cls
    for cls in (
        blind.Gaps,
        clock.Clock,
        facts.FlowKind,
        host.Host,
        identity.EntityKind,
        state.Channel,
        state.Children,
        state.Description,
        state.Descriptor,
        state.FileNode,
        state.Fork,
        state.Image,
        state.Opened,
        state.Owed,
        state.Peer,
        state.Run,
        state.Tracked,
        unrecorded.Stretch,
    )
}


_CONTENT = (host.Host, blind.Gaps, tuple, tuple, bytes)
_DAMAGED = (
    pickle.UnpicklingError,
    zlib.error,
    EOFError,
    AttributeError,
    TypeError,
    ValueError,
    LookupError,
    OverflowError,
)
"""What the documentation of pickle says that reading a damaged one may raise, and zlib's."""


class CheckpointError(ValueError):
    """A checkpoint that this version cannot go on from."""


class _Reader(pickle.Unpickler):
    def find_class(self, module: str, name: str) -> type:
        try:
            return _ALLOWED[module, name]
        except KeyError:
            raise CheckpointError(f"a checkpoint must not hold {module}.{name}") from None


def save(source: deriver.Deriver, held: bytes = b"") -> bytes:
    """The state of a deriver, and the raw lines of events that were not complete when its input ended."""
    content = (source.host, source.gaps, source.last, source.last_daemon, held)
    return _MAGIC + b"%d\n" % VERSION + zlib.compress(pickle.dumps(content, protocol=5), 1)


def load(saved: bytes, lines: bool = True) -> tuple[deriver.Deriver, bytes]:
    """The deriver that `save` was given, and the lines it held. Raises CheckpointError."""
    head, _, body = saved.partition(b"\n")
    if head != _MAGIC + b"%d" % VERSION:
        if not head.startswith(_MAGIC):
            raise CheckpointError("the checkpoint is damaged: it begins with something else")
        version = head[len(_MAGIC) :][:20].decode("ascii", "replace")
        raise CheckpointError(
            f"its state was saved by version {version} of the rules, and this is {VERSION}: what both derive does not fit "
            "together, so ingest its logs into a new store"
        )
    try:
        content = _Reader(io.BytesIO(zlib.decompress(body))).load()
    except CheckpointError:
        raise
    except _DAMAGED as error:
        raise CheckpointError(f"the checkpoint is damaged: {error}") from error
    if not isinstance(content, tuple) or tuple(map(type, content)) != _CONTENT:
        raise CheckpointError("the checkpoint is damaged: it holds something else than a state")
    restored = deriver.Deriver(content[0].name, lines)
    restored.host, restored.gaps, restored.last, restored.last_daemon, held = content
    return restored, held
