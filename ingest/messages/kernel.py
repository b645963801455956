"""Handlers of denials, anomalies, services and messages of the audit system."""

from __future__ import annotations

from ..clock import at_ms
from ..numbers import number
from ..pyauparse import Event, Record
from ..rules import processes, threads
from ..state.host import Host
from .logins import summary


def note(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """AVC, SECCOMP, ANOM_*, LANDLOCK_ACCESS: a note on the process that the record is about, which is the one of the call
    where the record names none."""
    pid = number(record.get("pid") or _caller(event))
    image = processes.image_of(host, pid, proof) if pid else None
    host.note(event.ms, event.serial, record.type, image, summary(record))


def _caller(event: Event) -> str | None:
    call = event.first("SYSCALL") or event.first("URINGOP")
    return call.value("pid") if call is not None else None


def bpf(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """BPF: a program comes into the kernel or leaves it. The call tells the same where its record is there."""
    if event.first("SYSCALL") is None:
        note(host, event, record, proof)


def service(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """SERVICE_START, SERVICE_STOP: sent by the service manager."""
    unit = record.get("unit") or "?"
    verb = "starts" if record.type == "SERVICE_START" else "stops"
    result = record.get("res") or "?"
    host.note(event.ms, event.serial, record.type, None, f"{verb} {unit}: {result}")


def configuration(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """CONFIG_CHANGE: the audit rules or settings changed, so the log may record other events from now on."""
    text = summary(record)
    pid = number(record.get("pid"))
    image = processes.image_of(host, pid, proof) if pid else None
    host.note(event.ms, event.serial, record.type, image, text)
    host.blind(f"the audit rules or settings changed ({text})", host.moment, host.moment)


def daemon_started(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """DAEMON_START: recording starts. Between the end and the start of the daemon nothing was recorded."""
    threads.set_kernel(host, record.get("kernel"))
    if host.daemon_ended is not None:
        host.blind("auditd was not running", at_ms(host.daemon_ended), at_ms(event.ms))
        host.daemon_ended = None


def daemon_ended(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """DAEMON_END, DAEMON_ABORT: recording ends."""
    host.daemon_ended = event.ms


def daemon_error(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """DAEMON_ERR, DAEMON_CONFIG: the daemon failed to write, or was reconfigured."""
    moment = at_ms(event.ms)
    host.blind(f"auditd reports {record.type}: {summary(record)}", moment, moment)


def daemon_note(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """DAEMON_ROTATE, DAEMON_RESUME, DAEMON_ACCEPT, DAEMON_CLOSE: a note; they hide nothing."""
    host.note(event.ms, event.serial, record.type, None, summary(record))


def lost(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """KERNEL and other records that carry the kernel's `lost=` or `audit_lost=` counter."""
    value = number(record.get("lost") or record.get("audit_lost"))
    if value:
        host.blind(f"the kernel lost {value} record{'' if value == 1 else 's'}", host.moment, host.moment)
