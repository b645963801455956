"""pyauparse: a parser for Linux audit logs, in pure Python with only the standard library.

from pyauparse import events  # in a checkout: from ingest.pyauparse import events
for event in events("/var/log/audit/audit.log"):
    print(event.time, event.serial, [record.type for record in event.records])
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .columns import Columns
    from .counts import CorruptLine, Counts
    from .errors import AuditInputError, CompressionError, FormatError, UnreadableError
    from .event import Event
    from .parser import Parser
    from .record import Record
    from .sources import events, follow

__version__ = "0.1.0"

__all__ = [
    "AuditInputError",
    "Columns",
    "CompressionError",
    "CorruptLine",
    "Counts",
    "Event",
    "FormatError",
    "Parser",
    "Record",
    "UnreadableError",
    "events",
    "follow",
]

# A name is imported when somebody first uses it: a program that only catches AuditInputError does not load the parser.
_HOMES = {
    "AuditInputError": "errors",
    "Columns": "columns",
    "CompressionError": "errors",
    "CorruptLine": "counts",
    "Counts": "counts",
    "Event": "event",
    "FormatError": "errors",
    "Parser": "parser",
    "Record": "record",
    "UnreadableError": "errors",
    "events": "sources",
    "follow": "sources",
}


def __getattr__(name: str) -> object:
    """The public name `name`, from its module (PEP 562). AttributeError for any other."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value: object = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return [*globals(), *_HOMES]
