"""Events that lack records as blind intervals (docs/semantics.md#blind-intervals).

The kernel writes each record of an event by itself, and drops those for which its backlog has no room (kernel/audit.c,
audit_log_lost). An event that is lost as a whole leaves no gap, because no serial was given to it. But SYSCALL says how many
PATH records follow (`items=`): one that lacks some shows that records were lost in the minute around it.
"""

from __future__ import annotations

from ..clock import at_ms, ms_of
from ..facts import Blind
from ..pyauparse import Event
from ..pyauparse.assembler import lacks_records
from ..state.host import Host

LACKING = "events that lack records"
"""The counter of such events."""
CUT_END = "..."
"""What stands for the missing end of a value (`ingest.pyauparse.cuts`)."""
CUT = "events with a line that was cut"
"""The counter of events that a collector has cut."""
WHY = "records of events are missing: the audit system lost them, and maybe complete events, or a filter left them out"
BEGINS_CUT = "the log begins in the middle of an event: what was recorded before is missing"
"""The reason of the interval at the beginning of such a log, as a rotation by copying or a late shipper leaves it."""
_MINUTE_MS = 60_000
_HIDING = "mq_"
"""Calls whose `items=` counts a folder that has no PATH record (ipc/mqueue.c, audit_inode_parent_hidden)."""


def check_complete(host: Host, event: Event, call: str) -> None:
    """Count an event with a SYSCALL record of which a line was cut, or that lacks PATH records, and emit the minute as a blind
    interval in the second case; `call` is the name of its call. The same minute again is the same interval."""
    if not event.complete and event.cut:
        host.count(CUT)
    if event.complete or call.startswith(_HIDING) or not lacks_records(event):
        return
    host.count(LACKING)
    first = ms_of(host.moment) // _MINUTE_MS * _MINUTE_MS
    host.batch.blinds.append(Blind(host.name, at_ms(first), at_ms(first + _MINUTE_MS), WHY))


def begin_cut(host: Host) -> None:
    """Emit the beginning of the host's log as a blind interval: nothing shows what the records before it were."""
    host.blind(BEGINS_CUT, host.first, host.first)
