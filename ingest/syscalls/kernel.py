"""Calls that act on the kernel: modules, BPF, perf, io_uring, the clock."""

from __future__ import annotations

from ..clock import LAST
from ..facts import FlowKind
from ..pyauparse import Columns
from .call import Call

_MODULE = Columns("KERN_MODULE", "name", text=("name",))
_STEP = Columns("TIME_INJOFFSET", "sec")
_REALTIME = 0


def _module(call: Call) -> str:
    row = _MODULE.first(call.event)
    return (row[0] if row is not None else None) or "?"


def init_module(call: Call) -> None:
    """init_module(image, length, parameters): the code comes from the caller's memory."""
    call.mark_acting()
    call.host.note(call.event.ms, call.event.serial, "KERN_MODULE", call.image, f"loads module {_module(call)}")


def finit_module(call: Call) -> None:
    """finit_module(fd, parameters, flags): the code comes from a file."""
    init_module(call)
    file = call.open_file(call.fd(0))
    if file is not None:
        call.host.emit(FlowKind.LOADED, file, call.image, call.host.moment, call.host.moment, call.evidence)


def delete_module(call: Call) -> None:
    """delete_module(name, flags)."""
    call.host.note(call.event.ms, call.event.serial, "KERN_MODULE", call.image, f"removes module {_module(call)}")


def bpf(call: Call) -> None:
    """bpf(command, attributes, size): BPF_PROG_LOAD (5) puts code into the kernel."""
    if call.arg(0) == 5:
        call.host.note(call.event.ms, call.event.serial, "BPF", call.image, "loads a BPF program into the kernel")


def perf_event_open(call: Call) -> None:
    """perf_event_open(attributes, pid, cpu, group, flags)."""
    call.host.note(call.event.ms, call.event.serial, "PERF", call.image, "opens a performance event")


def io_uring_setup(call: Call) -> None:
    """io_uring_setup(entries, parameters): what the ring does afterwards leaves no system call records."""
    why = f"pid {call.image.pid} uses io_uring: its reads, writes, opens and connections can be missing"
    call.host.blind(why, call.host.moment, LAST)


def settimeofday(call: Call) -> None:
    """settimeofday(time, zone), stime(time), clock_adjtime(clock, change), adjtimex(change): all but the last two always
    set the clock, and those when the kernel records that they shifted it (TIME_INJOFFSET); else they only adjust its rate, as a
    time service does all the time."""
    step = _STEP.first(call.event)
    if step is not None:
        text = f"shifts the clock by {step[0] or '?'} s"
    elif call.name in ("settimeofday", "stime", "clock_settime", "clock_settime64"):
        text = "sets the clock"
    else:
        return
    call.host.note(call.event.ms, call.event.serial, "CLOCK", call.image, text)


def clock_settime(call: Call) -> None:
    """clock_settime(clock, time). Only CLOCK_REALTIME is the time of day."""
    if call.arg(0) == _REALTIME:
        settimeofday(call)
