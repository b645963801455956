"""pyauparse: Linux audit logs as events, in pure Python and nothing but the standard library.

from ingest.pyauparse import events
for event in events("/var/log/audit/audit.log"):
    print(event.time, event.serial, [record.type for record in event.records])
"""

from ingest.pyauparse.columns import Columns
from ingest.pyauparse.counts import Corrupt, Counts
from ingest.pyauparse.errors import AuditInputError, CompressionError, FormatError, UnreadableError
from ingest.pyauparse.event import Event
from ingest.pyauparse.parser import Parser
from ingest.pyauparse.record import Record
from ingest.pyauparse.sources import events, follow

__all__ = [
    "AuditInputError",
    "Columns",
    "CompressionError",
    "Corrupt",
    "Counts",
    "Event",
    "FormatError",
    "Parser",
    "Record",
    "UnreadableError",
    "events",
    "follow",
]
