"""The counts of serials of one host: which of them an event of an input belongs to, when one input is read after another.

Serials start again at each boot. The parser counts how often they did in its input (`Event.generation`), which may be the
whole log again, or only what came since the last ingest. As a rule the time of an event says whether it is of a former
count. It does not where the clock was behind at a boot: then the first event of each count, which the host remembers, says
which count the events after it belong to.

An input can also begin with such a boot, when the log was cut exactly there: then no line before it shows that serials start
again, and its time lies within the present count. A record of a boot that was not read before shows it.
"""

from __future__ import annotations

from datetime import timedelta
from itertools import islice

from ..clock import end_of_ms, ms_of
from ..facts import Blind
from ..pyauparse import Event
from ..state.host import Host

OF_NO_INPUT = -1
"""The key of an event that has waited since an earlier ingest: it is of the present count."""
_KEPT = 1024
_GENERATION = 35
EARLY = 1024
"""Of serials up to here, the daemon starts when a machine boots."""
_NEAR = 1024
"""The first event of an input continues the present count if its serial is at most so far above the last one."""


class Counts:
    """Where in the counts of a host an input is. `key` is the key of the last event that was derived from it, `front` says
    whether the last event that was read is the newest of the host, `newest` is the newest count in the input that began on
    the host."""

    __slots__ = (
        "_booted",
        "_daemon_started",
        "_judged",
        "_opened",
        "_recognized",
        "_rewound",
        "front",
        "key",
        "newest",
    )

    def __init__(self) -> None:
        self.key = -1
        self.front = False
        self.newest = 0
        self._judged = -1
        self._recognized = -1
        """The count in the input whose first event was read before."""
        self._opened = False
        """Whether the input's first event was looked at."""
        self._daemon_started = False
        """Whether the input begins with a start of the daemon that was not read before."""
        self._booted = False
        """Whether the next event is the first of a new boot, whatever its time."""
        self._rewound = False
        """Whether the input has come to the beginning of a former count."""

    @property
    def _present(self) -> int:
        """The host's present count by the parser's number; -1 when the input has not come to it, as far as is known."""
        return self.key >> _GENERATION

    def begins(self, host: Host, event: Event, last: int) -> bool:
        """Whether an event is the first of a new count, by what the parser saw: its lines follow those of the present count,
        whose last serial is `last`."""
        if event.late or event.serial >= last or event.generation <= max(self._present, self.newest):
            return False
        return (self.front or self._present >= 0) and (event.ms, event.serial) not in host.boots

    def may_begin_input(self, host: Host, event: Event) -> bool:
        """Whether an event at the beginning of an input has a time within the present count."""
        if self._opened or self.key >= 0 or (event.key < 0 and not event.daemon):
            return False
        began = next(reversed(host.boots), (ms_of(host.first), 0))[0]
        return began <= event.ms <= ms_of(host.moment)

    def note_daemon(self, host: Host, event: Event) -> None:
        """Note a record of the daemon that was not read before."""
        if event.first("DAEMON_START") is not None and self.may_begin_input(host, event):
            self._daemon_started = True

    @property
    def begins_boot(self) -> bool:
        """Whether a boot begins now, whatever the time of its first event."""
        return self._booted

    def begin_boot(self) -> None:
        """Note that the next event is the first of a boot after everything that was read, although its time is earlier."""
        self._booted = True

    def begins_input(self, host: Host, event: Event, last: int) -> bool:
        """Whether an event is the first of its input, and of a boot whose clock was behind: a record of a boot stands there that
        was not read before, and its time lies within the present count, which did not end then."""
        within = self.may_begin_input(host, event)
        if self._booted:
            self._booted, self._opened = False, True
            return (event.ms, event.serial) not in host.boots
        self._opened = self._opened or event.key >= 0
        if not within or event.late or event.serial >= last or (event.ms, event.serial) in host.boots:
            return False
        early = event.serial <= EARLY or event.serial < host.lowest_serial
        return early and (self._daemon_started or is_boot(event))

    def is_former(self, host: Host, event: Event, last: int) -> bool:
        """Whether an event belongs to a count before the present one, whose last serial is `last`."""
        stamp = event.ms, event.serial
        present = next(reversed(host.boots), None)
        if stamp in host.boots:
            self._recognized = event.generation
            self._rewound = stamp != present
            if not self._rewound:
                self.key = event.key
        if event.ms > host.restarted_ms or event.key < 0:
            return False
        if self._rewound or present is None or present[0] > host.restarted_ms:
            return True
        if self._present < 0 and event.generation != self._judged:
            self._judged = event.generation
            if 0 < event.serial - last <= _NEAR:
                self.key = event.key
        return not 0 <= self._present <= event.generation

    def is_recognized(self, event: Event) -> bool:
        """Whether an event belongs to a count that was read before from its first event on."""
        return event.key >= 0 and event.generation == self._recognized

    def begin(self, host: Host, event: Event) -> None:
        """Note the first event of a count."""
        self.newest = max(self.newest, event.generation)
        self._rewound = False
        remember(host.boots, (event.ms, event.serial), _KEPT)


def is_boot(event: Event) -> bool:
    """Whether an event is written once in each boot (`ingest.pyauparse.boots`)."""
    kernel = event.first("KERNEL")
    return event.first("SYSTEM_BOOT") is not None or (kernel is not None and kernel.get("state") == "initialized")


def remember(stamps: dict[tuple[int, int], None], stamp: tuple[int, int], most: int) -> None:
    """Add a stamp to those of which the last `most` are remembered."""
    stamps[stamp] = None
    for old in list(islice(stamps, max(len(stamps) - most, 0))):
        del stamps[old]


def note_clock(host: Host, ms: int) -> None:
    """Emit that the clock was behind at a restart, when the first event after it has this time. Moments do not go back, so until
    the clock has caught up all events have the millisecond of the last one before the restart, in order of their serials."""
    reached = ms_of(host.moment)
    if ms >= reached:
        return
    why = (
        f"the clock was {_span(reached - ms)} behind at a restart of the machine: events after it stand behind those "
        "before it, in order of their serials, and are shown at the time of the last one before it until the clock had "
        "caught up; the raw lines have the times of the records"
    )
    host.batch.blinds.append(Blind(host.name, host.moment, end_of_ms(reached), why))


def _span(ms: int) -> str:
    """A duration as days, hours, minutes and seconds."""
    text = str(timedelta(milliseconds=ms))
    return text[:-3] if "." in text else text
