"""Repeats: programs that ran often in the same way are one unit of a story."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from provenance.trace.programs.effects import Act

_SHELL = re.compile(r"(\S*/)?(ba|da|z|k)?sh|(\S*/)?(python|perl|ruby|php|node)[\d.]*")
_SAME = 3
"""From how many runs on the same command line is folded."""
_ALIKE = 5
"""From how many runs on different command lines of one program are folded."""


@dataclass(frozen=True, slots=True)
class Unit:
    """A program that ran, or several runs of it: `times` of them, the last at `until`."""

    node: int
    host: str
    account: str
    label: str
    moment: int
    edge: str | None
    acts: tuple[Act, ...]
    times: int = 1
    until: int | None = None
    various: bool = False
    """Whether the runs have different command lines."""
    is_notable: bool = False
    """Whether the program contacted a peer or read a secret."""
    is_lasting: bool = False
    """Whether the program changed a file by which a change lasts."""
    is_server: bool = False
    """Whether the program was there before the intruder and serves others too."""
    terminal: str = ""
    """The terminal of an older shell into which the intruder typed; empty for all other programs."""
    doubt: str = ""
    """Why it may not belong to the story; empty if nothing speaks for that."""


def folded(units: Iterable[Unit], is_single: Callable[[Unit], bool]) -> list[Unit]:
    """The units, with those that repeat folded into the first. One that `is_single` names is never folded."""
    same = _fold(units, is_single, lambda unit: unit.label, _SAME)
    return _fold(same, is_single, _program, _ALIKE)


def program_of(unit: Unit) -> tuple[str, str, str, str]:
    """What runs of one program have in common, however their command lines differ."""
    return unit.host, unit.account, unit.doubt, _program(unit)


def _program(unit: Unit) -> str:
    """The program of a unit with the script that it interprets; a command given to a shell is a program of its own."""
    first, _, rest = unit.label.partition(" ")
    if not _SHELL.fullmatch(first):
        return first.rpartition("/")[2]
    return unit.label if not rest or rest.startswith(("-", " ")) else f"{first} {rest.partition(' ')[0]}"


def _fold(
    units: Iterable[Unit], is_single: Callable[[Unit], bool], key: Callable[[Unit], str], least: int
) -> list[Unit]:
    single: list[Unit] = []
    groups: dict[tuple[str, str, str, str], list[Unit]] = defaultdict(list)
    for unit in units:
        if is_single(unit):
            single.append(unit)
        else:
            groups[unit.host, unit.account, unit.doubt, key(unit)].append(unit)
    for group in groups.values():
        single += [_as_one(group)] if sum(unit.times for unit in group) >= least and len(group) > 1 else group
    return single


def _as_one(group: Sequence[Unit]) -> Unit:
    ordered = sorted(group, key=lambda unit: (unit.moment, unit.node))
    last = max(unit.until or unit.moment for unit in ordered)
    acts = tuple(act for unit in ordered for act in unit.acts)
    various = len({unit.label for unit in ordered}) > 1
    return replace(ordered[0], acts=acts, times=sum(unit.times for unit in ordered), until=last, various=various)
