"""pyauparse: a parser for Linux audit logs, in pure Python with only the standard library.

from pyauparse import events  # in a checkout: from ingest.pyauparse import events
for event in events("/var/log/audit/audit.log"):
    print(event.time, event.serial, [record.type for record in event.records])
"""

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
