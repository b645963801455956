"""Handlers of sessions, authentication and accounts: records of PAM, sshd, login, sudo and the account tools."""

from __future__ import annotations

from ..accounts import Account
from ..clock import ms_of
from ..facts import FlowKind
from ..numbers import number
from ..pyauparse import Event, Record
from ..rules import account_names, channels, processes, sessions, unrecorded_calls, visits
from ..rules.identities import change_account, member_of, unless_unset
from ..state.host import Host
from ..state.objects import GraphObject, Image
from ..state.unrecorded_calls import ARRIVALS

_NO_ADDRESS = ("?", "", "0.0.0.0", "::", "localhost")
_SUCCESS = ("success", "yes", "1", None)
_WAITING_MS = 600_000
"""No connection waits longer for its login (sshd's LoginGraceTime is two minutes): that of a later login was accepted after the
log began."""


def sender(host: Host, event: Event, record: Record, proof: bytes) -> Image | None:
    """The process that sent a record."""
    pid = number(record.get("pid"))
    return processes.member_image(host, pid, pid, proof, member_of(event, record)) if pid else None


def login(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """LOGIN: the kernel gives a process its login uid; processes that it starts afterwards belong to the session."""
    pid = number(record.get("pid"))
    auid = unless_unset(record.get("auid") or record.get("new auid"))
    ses = unless_unset(record.get("ses") or record.get("new ses"))
    if pid is None or auid is None or ses is None or record.get("res") in ("0", "no", "failed"):
        return
    image = processes.image_of(host, pid, proof)
    if image.auid != auid:
        change_account(host, image, Account(host.moment, image.uid, image.euid, auid, image.user))
    image.ses = ses
    host.changed_images[image.id] = image
    sessions.begin(host, ses, image, proof)
    session = host.session(auid, ses, {"user": record.enriched.get("AUID")})
    host.emit(FlowKind.LOGGED_IN, session, image, host.moment, host.moment, proof)


def session(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """USER_LOGIN, USER_START: who logged in, from where, through which service."""
    message(host, event, record, proof)
    auid, ses = unless_unset(record.get("auid")), unless_unset(record.get("ses"))
    if auid is None or ses is None or record.get("res") not in _SUCCESS:
        return
    login = host.logins.get(ses)
    opened = login is not None and (
        login.image.pid == number(record.get("pid")) or login.image.exe == record.get("exe")
    )
    if login is not None and not opened and record.type == "USER_START":
        elevated(host, event, record, proof)
        return
    given = _session_attributes(record)
    node = host.session(auid, ses, given)
    if given["address"] is not None and (opened or record.type == "USER_LOGIN"):
        if record.get("addr") not in (*_NO_ADDRESS, None) and not node.last_in:
            after_start = ms_of(host.moment) - ms_of(host.first) >= _WAITING_MS
            unrecorded_calls.add_sign(host, ARRIVALS, unrecorded_calls.KINDS[ARRIVALS].threshold if after_start else 1)
        _from_address(host, node, str(given["address"]), proof)


def command(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """USER_CMD: sudo runs a command."""
    message(host, event, record, proof)
    if record.get("res") in _SUCCESS:
        elevated(host, event, record, proof)


def elevated(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """Note a program that runs another in the name of another account within a session."""
    image, ses = sender(host, event, record, proof), unless_unset(record.get("ses"))
    if image is not None and ses is not None and image.ses == ses:
        sessions.elevate(host, image)


def closed(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """USER_END: sudo or su have ended what they ran."""
    message(host, event, record, proof)
    host.elevated.pop(number(record.get("pid")) or 0, None)


def _session_attributes(record: Record) -> dict[str, object]:
    def given(name: str) -> str | None:
        value = record.get(name)
        return None if value in _NO_ADDRESS else value

    return {
        "user": given("acct") or record.enriched.get("AUID"),
        "address": given("addr") or given("hostname"),
        "terminal": given("terminal"),
        "service": given("exe"),
    }


def _from_address(host: Host, node: GraphObject, address: str, proof: bytes) -> None:
    """Emit the flow from the address to the session. The login is reported after its session began, so the flow begins before
    the first flow out of the session."""
    origin = host.endpoint("login", address, 0)
    host.emit(FlowKind.LOGGED_IN, origin, node, node.last_out or host.moment, host.moment, proof)


def message(host: Host, event: Event, record: Record, proof: bytes) -> None:
    """Any record of user space: a note about the process that sent it. A server that names the address it serves uses the
    connection from there that it holds."""
    image, address = sender(host, event, record, proof), record.get("addr")
    account_names.learn(host, record)
    if image is not None and address not in (*_NO_ADDRESS, None):
        channels.serve(host, image, str(address), proof)
        if record.get("res") in _SUCCESS:
            visits.report(host, image, record, str(address), proof)
    host.note(event.ms, event.serial, record.type, image, summary(record))


def summary(record: Record) -> str:
    """A record in one line: its own fields, without those that describe its sender."""
    return " ".join(f"{name}={value}" for name, value in record.fields.items() if name not in _COMMON and value != "?")


_COMMON = frozenset(
    (
        *("type", "node", "msg", "pid", "uid", "auid", "ses", "subj", "gid", "euid", "suid", "fsuid", "egid", "sgid"),
        *("fsgid", "tty", "ppid", "arch", "syscall", "items", "a0", "a1", "a2", "a3", "success", "exit"),
    )
)
