"""The reader of one host: its deriver, and the events that wait for the rest of their records."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from provenance.errors import InputError
from provenance.ingest import checkpoint
from provenance.ingest.clock import ms_of
from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import Batch
from provenance.ingest.pyauparse import Event, Parser
from provenance.ingest.rules.counts import OF_NO_INPUT
from provenance.intake.reading.early_boot import EarlyBoot

_BATCH_EVENTS = 40_000
_STATE_BYTES_AN_EVENT = 32
"""A large state is saved less often: one more event in a batch for each of this many bytes of state."""
_MOST_EVENTS = 100_000
BATCH_BYTES = 64 << 20
_CALLS = frozenset(("SYSCALL", "URINGOP"))
_FROM_LINES = "`provenance rebuild` derives the host's graph anew from the raw lines in the store"
_FROM_LOGS = "ingest all logs of the host into a new store"
"""The way out of a checkpoint from which no ingest can continue, with and without raw lines in the store."""


class HostReader:
    """The deriver of a host, the size of its current batch, and the events that the ingest before this one left unfinished.

    `saved` is the checkpoint to continue from; `day_first` is the order of the dates in the lines of events that it holds. Raises
    InputError, with the way out, when it is damaged or of a version from which this one cannot continue.
    """

    def __init__(self, name: str, saved: bytes | None, lines: bool, day_first: bool | None = None) -> None:
        self.known = self.older = self.derived = self._held = 0
        self.changed = False
        self.begins_log = saved is None
        """Whether the store holds nothing of the host."""
        self.gave_flows = False
        """Whether a flow followed from its events, or can when their other records come."""
        self.source = ""
        self._unfinished: deque[Event] = deque()
        self._begins = True
        self.unproved = 0
        """How many events may be of a boot whose clock was behind, and count as older because nothing proves it."""
        self._early: EarlyBoot | None = None
        """Decides what the beginning of the input is, when the host was read before; None afterwards."""
        self._day_first = day_first
        self._batch_offset = self._events_in_batch = 0
        self._batch_size = _BATCH_EVENTS
        if saved is None:
            self.deriver = Deriver(name, lines)
            return
        try:
            self.deriver, held = checkpoint.load(saved, lines)
        except checkpoint.CheckpointError as error:
            raise InputError(f"{name}: {error}; {_FROM_LINES if lines else _FROM_LOGS}") from error
        self._unfinished.extend(_events(held, name, day_first))
        for event in self._unfinished:
            event.key = OF_NO_INPUT
        self._held = len(self._unfinished)
        self._early = EarlyBoot(self.deriver)

    def push(self, event: Event) -> bool:
        """Derive the next event of the host, and return whether the batch is full. Unfinished events before it are derived first:
        their other records did not come."""
        if self._early is not None:
            self._begin(self._early, self._early.take(event))
            return False
        return self._derive(event)

    def _begin(self, early: EarlyBoot, events: Iterable[Event]) -> None:
        """Derive the first events of the input, when it is known what they are."""
        for event in events:
            self._derive(event)
        if early.over:
            self.unproved += early.unproved
            self._early = None

    def _derive(self, event: Event) -> bool:
        if self._unfinished:
            for ready in self._in_order(event):
                self.deriver.push(ready)
        else:
            self.deriver.push(event)
        self.changed = True
        events = self._events_in_batch = self._events_in_batch + 1
        if events == 1:
            self._batch_offset = event.offset
        return events >= self._batch_size or event.offset - self._batch_offset >= BATCH_BYTES

    @property
    def has_many(self) -> bool:
        """Whether the current batch has as many events as it should."""
        return self._events_in_batch >= self._batch_size

    def _in_order(self, event: Event) -> Iterator[Event]:
        """The unfinished events before an event, then the event. Events of the daemon itself have serials of their own."""
        if event.daemon:
            yield event
            return
        while self._unfinished and self._before(self._unfinished[0], event):
            yield self._unfinished.popleft()
        if self._unfinished and _stamp(self._unfinished[0]) == _stamp(event):
            event = _merged(self._unfinished.popleft(), event, self._day_first)
            self.known += 1
        yield event

    def _before(self, held: Event, event: Event) -> bool:
        """Whether an unfinished event comes before another one: by serial, unless serials have started again between both."""
        if event.serial > held.serial:
            return not self.deriver.is_former(event)
        return self.deriver.begins_again(event)

    @property
    def events(self) -> int:
        """How many events are new in the store: with those that wait now, without those that the ingest before left waiting."""
        return max(self.derived + self.waiting - self._held, 0)

    @property
    def waiting(self) -> int:
        """How many events of the host wait for the rest of their records."""
        return len(self._unfinished)

    def take(self) -> Batch:
        """Return the facts since the last batch, with a checkpoint."""
        batch = self.deriver.take()
        self.known += batch.tallies.pop("known", 0)
        self.older += batch.tallies.pop("older", 0)
        self.derived += batch.tallies.get("events", 0)
        self.gave_flows = self.gave_flows or bool(batch.flows)
        batch.checkpoint = checkpoint.save(self.deriver, b"".join(event.raw + b"\n" for event in self._unfinished))
        batch.source = self.source
        self._batch_size = min(max(_BATCH_EVENTS, len(batch.checkpoint) // _STATE_BYTES_AN_EVENT), _MOST_EVENTS)
        batch.begins, self._begins = self._begins, False
        self.changed = False
        self._events_in_batch = 0
        return batch

    def conclude(self, unfinished: Iterable[Event], partial_line: bytes) -> Batch:
        """Return the last batch, with provisional flows for what is still open and for the `unfinished` events.

        `partial_line` is the last line if it has no newline, which may be incomplete. The next ingest reads all of it again.
        """
        if self._early is not None:
            self._begin(self._early, self._early.end())
        waiting: list[Event] = []
        for event in unfinished:
            if event.daemon or self._is_known(event):
                self.deriver.push(event)
            else:
                waiting += self._in_order(event)
        self._unfinished = deque((*waiting, *self._unfinished))
        batch = self.take()
        partial = {_stamp(event) for event in self._unfinished if _is_partial(event, partial_line)}
        for event in self._unfinished:
            self.deriver.push(_placeholder(event) if _stamp(event) in partial else event)
        extra = self.deriver.take()
        rest = self.deriver.conclude()
        batch.flows += [flow._replace(open=True) for flow in extra.flows] + rest.flows
        calls = any(not _CALLS.isdisjoint(event.types) for event in self._unfinished)
        self.gave_flows = self.gave_flows or bool(batch.flows) or calls
        for name in ("entities", "names", "connections", "notes", "blinds"):
            getattr(batch, name).extend(getattr(extra, name) + getattr(rest, name))
        batch.lines += [line for line in extra.lines if (line.ms, line.serial) not in partial]
        batch.first = batch.first or extra.first
        batch.last = max(batch.last, extra.last)
        return batch

    def _is_known(self, event: Event) -> bool:
        return event.serial <= self.deriver.last[1] and event.ms <= ms_of(self.deriver.host.moment)


def _events(lines: bytes, name: str, day_first: bool | None = None) -> list[Event]:
    if not lines:
        return []
    parser = Parser(name, day_first)
    return [*parser.feed(lines), *parser.close()]


def _stamp(event: Event) -> tuple[int, int]:
    return event.ms, event.serial


def _merged(held: Event, event: Event, day_first: bool | None) -> Event:
    """One event with the records of both. A line of `held` that is the beginning of a line of `event` was incomplete."""
    new = event.raw_records
    former = [line for line in held.raw_records if not any(later.startswith(line) for later in new)]
    if not former:
        return event
    read = _events(b"\n".join((*former, *new)) + b"\n", event.node or "", day_first)
    matches = [one for one in read if _stamp(one) == _stamp(event)]
    if len(matches) != 1:
        return event
    matches[0].offset, matches[0].key = event.offset, event.key
    return matches[0]


def _is_partial(event: Event, partial_line: bytes) -> bool:
    """Whether the event is incomplete, so that deriving it now could emit wrong facts."""
    if not event.complete:
        return True
    types = set(event.types)
    cut = bool(partial_line) and event.raw.endswith(partial_line)
    return cut and "SYSCALL" in types and not types & {"PROCTITLE", "EOE"}


def _placeholder(event: Event) -> Event:
    """An event that takes the place of an incomplete one in the order and has no facts: only a PROCTITLE."""
    line = b"type=PROCTITLE msg=audit(%d.%03d:%d): proctitle=2D\n" % (*divmod(event.ms, 1000), event.serial)
    return _events(line, event.node or "")[0]
