"""Boots whose clock is behind that of the boot before: the evidence that serials started again although no time says so.

A machine without a clock of its own, or one whose clock was set back, boots at an earlier time. Its serials start again, and
its log holds records of a boot. None of them is proof alone: a log that is read again holds them too, and an event can come
late. So a record of a boot counts once, and only the events that follow it directly, with no newer serial in between, can begin
a new count of serials.
"""

from __future__ import annotations

from enum import IntEnum
from itertools import islice

from .headers import Header

REORDER = 1024
"""How far the serial of an event may be below the newest one for the event still to be put in order."""
_MANY = 8
"""So many events show a boot after records that are written at other times too; and so many late ones show that the lines are
out of order."""
_EARLY = 256
"""Rules and services are set up with the first serials of a boot."""
_KEPT = 4096


class Sign(IntEnum):
    """How much a record says of a boot."""

    NONE = 0
    MAYBE = 1
    """Written at each boot, and at other times: rules are loaded, services start."""
    BOOT = 2
    """Written once in each boot."""


def sign_of(header: Header) -> Sign:
    """The sign that a record is: init and the kernel's audit system (kernel/audit.c, audit_init) report each boot."""
    type = header.type
    if type == "SYSTEM_BOOT" or (type == "KERNEL" and "initialized" in header.body):
        return Sign.BOOT
    if header.serial <= _EARLY and type in ("CONFIG_CHANGE", "SERVICE_START"):
        return Sign.MAYBE
    return Sign.NONE


class Boots:
    """The records of boots in the log of one node, and the times of the newest serials."""

    __slots__ = ("_daemon", "_first_ms", "_known", "_late", "_late_at", "_seam", "sign", "times")

    def __init__(self) -> None:
        self.sign = Sign.NONE
        """The strongest sign among the events that wait for a decision."""
        self._daemon = False
        """Whether the daemon's last record of its start had not been read before."""
        self._known: dict[tuple[int, int], None] = {}
        self.times = [-1] * REORDER
        """The times with which the newest serials were read, by the serial modulo `REORDER`."""
        self._late = 0
        self._late_at = -1
        self._seam = -1
        """The newest serial when the last file began."""
        self._first_ms = -1

    def has_other_time(self, ms: int, serial: int) -> bool:
        """Whether a serial that was read, among the last `REORDER`, had another time than this."""
        return self.times[serial % REORDER] not in (-1, ms)

    def begin_file(self, newest: int) -> None:
        """What follows is from another file, which can be an older one."""
        self._seam = newest

    def begin(self, ms: int) -> None:
        """The first event of the log has this time."""
        self._first_ms = ms

    def add_daemon(self, ms: int, serial: int) -> None:
        """Note that the daemon started. It counts its own serials."""
        self._daemon = self._add((ms, -1 - serial))

    def new_sign(self, sign: Sign, stamp: tuple[int, int]) -> Sign:
        """The sign that a record is; none when it was read before."""
        return sign if sign and self._add(stamp) else Sign.NONE

    def _add(self, stamp: tuple[int, int]) -> bool:
        if stamp in self._known:
            return False
        self._known[stamp] = None
        if len(self._known) > _KEPT:
            for old in list(islice(self._known, _KEPT // 4)):
                del self._known[old]
        return True

    def count_late(self, serial: int, newest: int) -> None:
        """Count an event that is late, and belongs to no new boot."""
        if serial > newest - REORDER or self._late_at != newest:
            self._late = 0
        self._late_at = newest
        self._late += serial <= newest - REORDER

    def may_begin(self, ms: int, sign: Sign, newest: int, after_daemon: bool) -> bool:
        """Whether an event may be the first of a new boot; `after_daemon` says that the daemon wrote of its start and no newer
        serial followed."""
        if not sign and not (after_daemon and self._daemon):
            return False
        if self._seam == newest and ms < self._first_ms:
            return False
        return self._late_at != newest or self._late < _MANY

    def proves(self, events: int, enough: int, after_daemon: bool) -> bool:
        """Whether so many waiting events are a new boot; `enough` are, after a record that only a boot writes."""
        if self.sign == Sign.BOOT or (after_daemon and self._daemon):
            return events >= enough
        return events >= max(enough, _MANY)
