"""One host while its files are read: its deriver, and the events that wait for the rest of their records."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

from provenance.errors import InputError
from provenance.ingest import checkpoint
from provenance.ingest.clock import ms_of
from provenance.ingest.deriver import Deriver
from provenance.ingest.facts import Batch
from provenance.ingest.pyauparse import Event, Parser

_BATCH_EVENTS = 30_000
_STATE_BYTES_AN_EVENT = 32
"""A large state is saved less often: after one more event for each of this many bytes of it."""
_MOST_EVENTS = 100_000
_BATCH_BYTES = 64 << 20
_NEAR_MS = 2_000


class HostReader:
    """A deriver, how much it has taken in since its last batch, and what the run before this one left unfinished.

    `saved` is the checkpoint to go on from. Raises InputError when it is of another version.
    """

    def __init__(self, name: str, saved: bytes | None, lines: bool) -> None:
        self.events = self.known = self.older = 0
        self.changed = False
        self.source = ""
        self._held: deque[Event] = deque()
        self._begins = True
        self._from = self._count = 0
        self._enough = _BATCH_EVENTS
        if saved is None:
            self.deriver = Deriver(name, lines)
            return
        try:
            self.deriver, held = checkpoint.load(saved, lines)
        except checkpoint.CheckpointError as error:
            raise InputError(f"{name}: {error}") from error
        self._held.extend(_events(held, name))

    def push(self, event: Event) -> bool:
        """Take the next event of the host's order, and say whether it is time for a batch. Held ones that come before it
        have waited in vain."""
        if self._held:
            for ready in self._in_order(event):
                self.deriver.push(ready)
        else:
            self.deriver.push(event)
        self.changed = True
        if not self._count:
            self._from = event.offset
        self._count += 1
        return self._count >= self._enough or event.offset - self._from >= _BATCH_BYTES

    def _in_order(self, event: Event) -> Iterator[Event]:
        """The event after the held ones before it. Those of the daemon itself have serials of another count."""
        if event.daemon:
            yield event
            return
        while self._held and _before(self._held[0], event):
            yield self._held.popleft()
        if self._held and _stamp(self._held[0]) == _stamp(event):
            event = _completed(self._held.popleft(), event)
        yield event

    @property
    def waiting(self) -> int:
        """How many events of the host wait for the rest of their records."""
        return len(self._held)

    def take(self) -> Batch:
        """The facts since the last batch, with the state to go on from."""
        batch = self.deriver.take()
        self.known += batch.tallies.pop("known", 0)
        self.older += batch.tallies.pop("older", 0)
        self.events += batch.tallies.get("events", 0)
        batch.checkpoint = checkpoint.save(self.deriver, b"".join(event.raw + b"\n" for event in self._held))
        batch.source = self.source
        self._enough = min(max(_BATCH_EVENTS, len(batch.checkpoint) // _STATE_BYTES_AN_EVENT), _MOST_EVENTS)
        batch.begins, self._begins = self._begins, False
        self.changed = False
        self._count = 0
        return batch

    def conclude(self, unfinished: Iterable[Event], tail: bytes) -> Batch:
        """The last batch: with what is still open, and what the `unfinished` events say so far, as provisional flows.

        `tail` is a last line that no newline ends, which may be cut. The next run takes all of it up again.
        """
        waiting: list[Event] = []
        for event in unfinished:
            if event.daemon or self._is_known(event):
                self.deriver.push(event)
            else:
                waiting += self._in_order(event)
        self._held = deque((*waiting, *self._held))
        batch = self.take()
        partial = {_stamp(event) for event in self._held if _is_partial(event, tail)}
        for event in self._held:
            self.deriver.push(_hollow(event) if _stamp(event) in partial else event)
        extra = self.deriver.take()
        rest = self.deriver.conclude()
        batch.flows += [flow._replace(open=True) for flow in extra.flows] + rest.flows
        for name in ("entities", "names", "connections", "notes", "blinds"):
            getattr(batch, name).extend(getattr(extra, name) + getattr(rest, name))
        batch.lines += [line for line in extra.lines if (line.ms, line.serial) not in partial]
        batch.last = max(batch.last, extra.last)
        return batch

    def _is_known(self, event: Event) -> bool:
        return event.serial <= self.deriver.last[1] and event.ms <= ms_of(self.deriver.host.moment)


def _events(lines: bytes, name: str) -> list[Event]:
    if not lines:
        return []
    parser = Parser(name)
    return [*parser.feed(lines), *parser.close()]


def _stamp(event: Event) -> tuple[int, int]:
    return event.ms, event.serial


def _before(held: Event, event: Event) -> bool:
    """Whether a held event's place is before another's; serials tell unless the times are far apart (a new count)."""
    if abs(event.ms - held.ms) > _NEAR_MS:
        return event.ms > held.ms
    return held.serial < event.serial


def _completed(held: Event, event: Event) -> Event:
    """The event with the records of both. A line of `held` that a line of `event` begins with had been cut."""
    new = event.raw_records
    former = [line for line in held.raw_records if not any(later.startswith(line) for later in new)]
    if not former:
        return event
    whole = _events(b"\n".join((*former, *new)) + b"\n", event.node or "")
    if len(whole) != 1:
        return event
    whole[0].offset = event.offset
    return whole[0]


def _is_partial(event: Event, tail: bytes) -> bool:
    """Whether deriving the event now would state what its whole records do not say."""
    if not event.complete:
        return True
    types = set(event.types)
    cut = bool(tail) and event.raw.endswith(tail)
    return cut and "SYSCALL" in types and not types & {"PROCTITLE", "EOE"}


def _hollow(event: Event) -> Event:
    """An event that takes its place in the order and says nothing: a title alone."""
    line = b"type=PROCTITLE msg=audit(%d.%03d:%d): proctitle=2D\n" % (*divmod(event.ms, 1000), event.serial)
    return _events(line, event.node or "")[0]
