"""Checkpoints as version 5 wrote them: pickles with the module and class names of that version."""

from __future__ import annotations

import copyreg
import io
import pickle
import zlib
from typing import Any, ClassVar

from provenance.ingest.checkpoint import version_5
from provenance.ingest.deriver import Deriver
from provenance.ingest.state.host import Host
from provenance.ingest.state.objects import Image

HEAD = b"provenance-checkpoint/5\n"
NAMES = {
    cls: name for known in (version_5._PLAIN, version_5._TUPLES, version_5._NUMBERS) for name, cls in known.items()
}
_LEFT_OUT = {"batch", "flows", "changed_images", "changed_files", "tallies", "named"}
_ADDED = {"logins", "elevated", "boots", "daemon_records", "thread_numbers"}
"""What the host of version 5 did not have yet."""
_Pickler: Any = pickle._Pickler


class OldPickler(_Pickler):  # type: ignore[misc]
    """Python's pickler, which calls classes by the names that they had then."""

    dispatch: ClassVar[dict[type, Any]] = dict(_Pickler.dispatch)

    def save_global(self, obj: Any, name: str | None = None) -> None:
        """Write the name of a class."""
        module, name = NAMES.get(obj, (obj.__module__, obj.__qualname__))
        self.save(module)
        self.save(name)
        self.write(pickle.STACK_GLOBAL)
        self.memoize(obj)

    dispatch[type] = save_global

    def reducer_override(self, obj: Any) -> Any:
        """A host left out what it can find again, and what came later; so did an image."""
        if isinstance(obj, Image):
            slots = {name for cls in Image.__mro__ for name in getattr(cls, "__slots__", ())}
            held = {name: getattr(obj, name) for name in sorted(slots - {"accounts", "ids"})}
            return copyreg.__newobj__, (Image,), (None, held)  # type: ignore[attr-defined]
        if isinstance(obj, type) or not isinstance(obj, Host):
            return NotImplemented
        state = {name: value for name, value in vars(obj).items() if name not in _LEFT_OUT | _ADDED}
        return copyreg.__newobj__, (Host,), state  # type: ignore[attr-defined]


def pickled(content: object) -> bytes:
    """An object as the content of a checkpoint of version 5."""
    stream = io.BytesIO()
    OldPickler(stream, 5).dump(content)
    return stream.getvalue()


def old_checkpoint(source: Deriver, held: bytes = b"") -> bytes:
    """What `save` of version 5 wrote."""
    return sealed(pickled((source.host, source.gaps, source.last, source.last_daemon, held)))


def sealed(content: bytes) -> bytes:
    """A checkpoint of version 5 with this content."""
    return HEAD + zlib.compress(content, 1)
