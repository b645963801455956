"""Calls that a log does not record although what it holds cannot have happened without them (docs/tracing.md#blind-intervals).

Audit rules that record programs and connections but no fork and no opening of files are common. A trace over such a log is
blind to them. The absence of records alone shows nothing: signs are counted (programs that ran, logins from an address), and
enough signs without a record of the call make a blind interval. An interval that is open when a log ends is emitted up to
there, and again, longer, by the next ingest.

A short log has no such signs. So counters tell of which kinds a host's log has never held a record (`never recorded: KIND` is 1,
else 0; a log that an earlier version began has none), and a trace says so with its doubt
(`provenance.trace.limits.unrecorded_calls`).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from ..facts import Blind
from ..state import unrecorded_calls as state
from ..state.host import Host
from ..state.unrecorded_calls import ARRIVALS, BITS, CONNECTS, ENDS, FORKS, OPENINGS, PROGRAMS, Stretch

NEVER = "never recorded: "
"""The beginning of the names of the counters of kinds that a log never recorded."""


class Kind(NamedTuple):
    """A kind of calls: `threshold` is how many signs make an interval, `one_record_suffices` whether one record of the call shows
    that rules record it from then on, `why` the text of the interval, which names the audit rule (`docs/audit.rules`)."""

    threshold: int
    one_record_suffices: bool
    why: str


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        FORKS: Kind(
            16,
            False,
            "no fork or clone is recorded although new processes run programs: parents are known only by their pid, and "
            "processes that run no program can be missing; the audit rule that records it: -S fork,vfork,clone",
        ),
        ENDS: Kind(
            16,
            True,
            "no process exit is recorded although programs run: what a process had open counts as open until its pid is "
            "used again or the log ends; the audit rule that records it: -S exit,exit_group",
        ),
        OPENINGS: Kind(
            16,
            False,
            "no opened file is recorded although programs run: the files that they read and wrote, and what they passed on "
            "through files, are hidden; the audit rule that records it: -S open,openat,creat",
        ),
        ARRIVALS: Kind(
            3,
            True,
            "no accepted connection is recorded although logins come from other addresses: which peer entered through which "
            "server is hidden; the audit rule that records it: -S socket,bind,listen,accept,accept4",
        ),
    }
)
CALLS: Mapping[str, str] = MappingProxyType(
    {
        **dict.fromkeys(("fork", "vfork", "clone", "clone3"), FORKS),
        **dict.fromkeys(("exit", "exit_group"), ENDS),
        **dict.fromkeys(("open", "openat", "openat2", "creat"), OPENINGS),
        **dict.fromkeys(("accept", "accept4"), ARRIVALS),
    }
)
"""The kind of each call whose record ends an interval."""
LACKING: Mapping[str, str] = MappingProxyType(
    {
        **{name: kind.why for name, kind in KINDS.items()},
        CONNECTS: "no connection to other hosts is recorded: whom programs called, and where data went, is hidden; the audit "
        "rule that records it: -S connect",
        PROGRAMS: "no start of a program is recorded: what was run, and with which arguments, is hidden; the audit rule that "
        "records it: -S execve,execveat",
    }
)
"""What the log lacks if it holds no record of a kind."""


def begin(host: Host) -> None:
    """A log begins: nothing is recorded yet."""
    for kind in state.CALLS:
        host.count(NEVER + kind)


def note_recorded(host: Host, kind: str) -> None:
    """Note the first record of a kind of calls."""
    if not host.recorded_kinds & BITS[kind]:
        host.recorded_kinds |= BITS[kind]
        host.count(NEVER + kind, -1)


def add_sign(host: Host, kind: str, worth: int = 1) -> None:
    """Count a sign that such a call happened without a record. `worth` is how many ordinary signs it counts for."""
    stretch = host.unrecorded[kind]
    if stretch.recorded and KINDS[kind].one_record_suffices:
        return
    if not stretch.signs:
        stretch.first = host.moment if stretch.recorded else host.first
        stretch.listening = True
    stretch.signs += worth


def record_seen(host: Host, stretch: Stretch) -> None:
    """End the interval of a kind: a call of the kind is recorded now."""
    note_recorded(host, stretch.kind)
    _emit(host, stretch, host.moment - 1)
    stretch.recorded = True
    stretch.listening = False
    stretch.signs = 0


def conclude(host: Host) -> None:
    """Emit the intervals that are open when the log ends."""
    for stretch in host.unrecorded.values():
        _emit(host, stretch, host.moment)


def _emit(host: Host, stretch: Stretch, last: int) -> None:
    kind = KINDS[stretch.kind]
    if stretch.signs >= kind.threshold:
        host.batch.blinds.append(Blind(host.name, stretch.first, last, kind.why))
