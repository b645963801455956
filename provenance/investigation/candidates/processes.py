"""The processes that an alert may be about, found by pid and start, command line or program."""

from __future__ import annotations

import glob
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import PurePosixPath

from provenance.ingest.clock import ms_of
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.investigation.candidates.hosts import Place
from provenance.investigation.candidates.nearness import TOLERANCE_MS, apart, nearness
from provenance.investigation.candidates.statement import Statement
from provenance.store.interface import Node, Selector, Store
from provenance.text.accounts import accounts, accounts_text

_PROCESS = frozenset({EntityKind.PROCESS})
_MOST = 2_000
_REPEATS = re.compile(r"\\([*+?{])")
_CUT = 100
"""The shortest command line that the product that wrote the alert may have cut off."""
_BASE_NAME, _CUT_OFF, _OTHER_COMMAND, _OTHER_PID, _NAME_ALONE = 0.95, 0.9, 0.5, 0.6, 0.4
_OTHER_PROGRAM, _OTHER_USER, _COPY = 0.7, 0.8, 0.9
_START_OFF_MS = 60_000
_START_OFF = 0.5


@dataclass(frozen=True, slots=True)
class Match:
    """A program image that an alert may be about, how well it matches apart from its time (0 to 1), and the reasons."""

    node: Node
    fit: float
    reasons: tuple[str, ...]

    @property
    def incarnation(self) -> int:
        """The incarnation of the pid that the image belongs to."""
        return int(self.node.attributes.get("incarnation") or self.node.id)

    def timed(self, at: int | None) -> tuple[float, tuple[str, ...]] | None:
        """How well it matches with the time `at` (ms since the epoch), and the reasons; None when the alert cannot be about
        it."""
        end = self.node.attributes.get("end")
        near = nearness(at, self.node.first, end)
        if near is None:
            return None
        off = apart(at, self.node.first, end)
        return self.fit * near, (*self.reasons, *([off] if off else []))


def matches(store: Store, alert: Statement, place: Place) -> list[Match]:
    """The images that match the process of an alert, in no order; empty when the alert names no process."""
    found: list[Node] = []
    if alert.pid is not None:
        found = list(store.find(Selector(_PROCESS, place.host, pid=alert.pid), _MOST))
    if not found and alert.command is not None:
        found = list(_by_command(store, alert.command, place.host))
    if not found and alert.pid is None and alert.command is None and alert.exe is not None:
        bare = "/" not in alert.exe
        found = list(_by_name(store, alert.exe, place.host) if bare else _by_program(store, alert.exe, place.host))
    born = _births(found)
    rated = (_rated(node, alert, born) for node in found)
    return [match for match in rated if match is not None]


def _by_command(store: Store, command: str, host: str | None) -> Iterable[Node]:
    """Processes with this command line; if none, with it apart from the program's folder; if none, with a longer command
    line that begins with it."""
    bare = _bare(command)
    patterns = [rf"\A{_literal(command)}\Z", rf"{_literal(bare)}\Z"]
    if len(command) >= _CUT:
        patterns.append(rf"\A{_literal(command)}")
    for pattern in patterns:
        found = [
            node
            for node in store.find(Selector(_PROCESS, host, command=pattern), _MOST)
            if _command_fit(str(node.attributes.get("command") or ""), command) is not None
        ]
        if found:
            return found
    return _by_name(store, command, host) if _is_name(command) else []


def _is_name(command: str) -> bool:
    """Whether a command line is nothing but the name of a program."""
    return not any(character.isspace() or character == "/" for character in command)


def _by_name(store: Store, name: str, host: str | None) -> list[Node]:
    """Processes of a program with this name, whatever its folder and its arguments."""
    pattern = rf"\A([^ ]*/)?{_literal(name)}( |\Z)"
    return list(store.find(Selector(_PROCESS, host, command=pattern), _MOST))


def _literal(text: str) -> str:
    """A pattern that matches a text literally. Characters that repeat a pattern are written as hex escapes, because stores
    search slowly when a pattern contains one."""
    return _REPEATS.sub(lambda found: f"\\x{ord(found[1]):02x}", re.escape(text))


def _by_program(store: Store, exe: str, host: str | None) -> Iterator[Node]:
    files = store.find(Selector(frozenset({EntityKind.FILE}), host, file=glob.escape(exe)), _MOST)
    loaded = (flow.target for file in files for flow in store.flows(file.id, None, FlowKind.LOADED))
    yield from (node for node in store.nodes(dict.fromkeys(loaded)).values() if node.attributes.get("exe") == exe)


def _births(found: Iterable[Node]) -> dict[int, int]:
    """The beginning of each process incarnation: the earliest of its images among those found."""
    born: dict[int, int] = {}
    for node in found:
        key = int(node.attributes.get("incarnation") or node.id)
        born[key] = min(node.first, born.get(key, node.first))
    return born


def _rated(node: Node, alert: Statement, born: dict[int, int]) -> Match | None:
    fit, reasons = 1.0, list[str]()
    for rating in (_pid(node, alert), _start(node, alert, born), _command(node, alert), _program_and_user(node, alert)):
        if rating is None:
            return None
        fit *= rating[0]
        reasons += rating[1]
    if node.attributes.get("forked"):
        fit *= _COPY
    return Match(node, fit, tuple(reasons))


_Rating = tuple[float, list[str]] | None


def _pid(node: Node, alert: Statement) -> _Rating:
    pid = node.attributes.get("pid")
    if alert.pid is None:
        return 1.0, []
    if pid == alert.pid:
        return 1.0, [f"pid {pid}"]
    return _OTHER_PID, [f"its pid is {pid}, not {alert.pid} (another pid namespace?)"]


def _start(node: Node, alert: Statement, born: dict[int, int]) -> _Rating:
    """The rating of the start time, which may be that of the program image or that of the process."""
    if alert.start is None:
        return 1.0, []
    birth = born[int(node.attributes.get("incarnation") or node.id)]
    off = min(abs(ms_of(first) - alert.start) for first in (node.first, birth))
    if off <= TOLERANCE_MS:
        return 1.0, ["start time"]
    return (_START_OFF, [f"its start time differs by {off / 1000:.1f} s"]) if off <= _START_OFF_MS else None


def _command(node: Node, alert: Statement) -> _Rating:
    if alert.command is None:
        return 1.0, []
    fit = _command_fit(str(node.attributes.get("command") or ""), alert.command)
    if fit is not None:
        return fit
    return (_OTHER_COMMAND, ["its command line differs"]) if alert.pid is not None else None


def _command_fit(known: str, given: str) -> _Rating:
    if known == given:
        return 1.0, ["command line"]
    if _bare(known) == _bare(given):
        return _BASE_NAME, ["command line apart from the program's folder"]
    if len(given) >= _CUT and known.startswith(given):
        return _CUT_OFF, ["beginning of the command line"]
    if _is_name(given) and known.partition(" ")[0].rpartition("/")[2] == given:
        return _NAME_ALONE, ["name of the program, whatever its arguments"]
    return None


def _program_and_user(node: Node, alert: Statement) -> _Rating:
    fit, reasons = 1.0, list[str]()
    exe = node.attributes.get("exe")
    if alert.exe is not None and exe is not None:
        same = exe == alert.exe or PurePosixPath(str(exe)).name == alert.exe
        alone = "/" not in alert.exe and alert.pid is None and alert.command is None
        fit *= _OTHER_PROGRAM if not same else _NAME_ALONE if alone else 1.0
        reasons.append(f"its program is {exe}" if not same else "name of the program" if alone else "program")
    had = accounts(node)
    names = {name for one in had for name in (one.user, str(one.uid))}
    if alert.user is not None and alert.user not in names and any(one.user is not None for one in had):
        fit *= _OTHER_USER
        reasons.append(f"its user is {accounts_text(node)}")
    return fit, reasons


def _bare(command: str) -> str:
    """A command line without the folder of its program."""
    program, space, rest = command.partition(" ")
    return program.rpartition("/")[2] + space + rest
