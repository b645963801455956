"""Histories as hypothesis makes them: few processes, files and numbers, so that they meet."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hypothesis import strategies as st

from tests.ingest.script import CHARACTER, O_CLOEXEC, O_RDWR, O_WRONLY, Actor, Script

PIDS = (100, 101, 102, 103)
FILES = ("/a", "/b", "/c")
PEERS = ("198.51.100.1", "198.51.100.2")


class Step(NamedTuple):
    """One thing that happens. `pick`, `number` and `other` choose among what the kind of step offers."""

    does: str
    pid: int
    pick: int
    number: int
    other: int


def _of(names: tuple[str, ...], pick: int) -> str:
    return names[pick % len(names)]


def _opens(who: Actor, step: Step) -> None:
    flags = (0, O_WRONLY, O_RDWR, O_CLOEXEC)[step.other % 4]
    who.opens(_of(FILES, step.pick), flags, fd=step.number)


def _unlinks(who: Actor, step: Step) -> None:
    name = _of(FILES, step.pick)
    who.unlinks(name)
    del who.script.inodes[name]


def _renames(who: Actor, step: Step) -> None:
    old, new = _of(FILES, step.pick), _of(FILES, step.other)
    if old != new:
        who.script.inode(old)
        who.renames(old, new)


def _connects(who: Actor, step: Step) -> None:
    who.sockets(step.number, type=1 + step.other % 2)
    who.connects(step.number, _of(PEERS, step.pick), 443)


def _connects_local(who: Actor, step: Step) -> None:
    who.sockets(step.number, domain=1)
    who.connects_unix(step.number, "@bus")


def _maps(who: Actor, step: Step) -> None:
    who.call("mmap", 0, 4096, 3, 1, exit=0x7F0000000000, records=(("MMAP", f"fd={step.number} flags=0x1"),))


def _terminal(who: Actor, step: Step) -> None:
    if step.pick % 2:
        who.opens("/dev/ptmx", O_RDWR, fd=step.number, mode=CHARACTER, rdev="05:02")
    else:
        who.opens("/dev/pts/0", O_RDWR, fd=step.number, mode=CHARACTER, rdev="88:00")


def _puts(who: Actor, step: Step) -> None:
    who.opens(_of(FILES[:2], step.pick), O_WRONLY, fd=step.number)
    who.closes(step.number)


def _gets(who: Actor, step: Step) -> None:
    who.opens(_of(FILES[:2], step.pick), fd=step.number)
    who.closes(step.number)


_STEPS: dict[str, Callable[[Actor, Step], object]] = {
    "puts": _puts,
    "gets": _gets,
    "open": _opens,
    "close": lambda who, step: who.closes(step.number),
    "dup": lambda who, step: who.dups(step.number, step.other),
    "read": lambda who, step: who.reads(step.number),
    "write": lambda who, step: who.writes(step.number),
    "pipe": lambda who, step: who.pipes(step.number, step.other + 7),
    "pair": lambda who, step: who.pairs(step.number, step.other + 7),
    "connect": _connects,
    "connect_local": _connects_local,
    "accept": lambda who, step: who.accepts(9, step.number, _of(PEERS, step.pick), 40000 + step.other),
    "send": lambda who, step: who.sends_to(step.number, _of(PEERS, step.pick), 53),
    "receive": lambda who, step: who.receives_from(step.number, _of(PEERS, step.pick), 53),
    "unlink": _unlinks,
    "rename": _renames,
    "map": _maps,
    "terminal": _terminal,
    "signal": lambda who, step: who.call("kill", PIDS[step.pick % 4], 9),
    "trace": lambda who, step: who.call("ptrace", 16, PIDS[step.pick % 4]),
    "exec": lambda who, step: who.execs(f"/bin/{'abc'[step.pick % 3]}"),
}
_PIDS_STEPS = ("fork", "vfork", "silent fork", "exit")

_OFTEN = ("open", "close", "dup", "fork", "exec", *("read", "write") * 3, *("puts", "gets") * 5)

steps = st.builds(
    Step,
    st.sampled_from((*_STEPS, *_PIDS_STEPS, *_OFTEN)),
    st.sampled_from((*PIDS, 100, 101, 100, 101)),
    st.integers(0, 5),
    st.integers(0, 5),
    st.integers(0, 5),
)


def histories(most: int = 40) -> st.SearchStrategy[list[Step]]:
    """Lists of steps, long enough for what is done again."""
    return st.integers(1, most).flatmap(lambda length: st.lists(steps, min_size=length, max_size=length))


def told(history: list[Step], closes: bool = True, children_speak: bool = False) -> Script:
    """The log of a history. Without `closes`, its rules do not record close; `children_speak` as soon as they are born."""
    script = Script()
    actors: dict[int, Actor] = {}
    announced: list[tuple[Actor, int]] = []
    for step in history:
        who = actors.get(step.pid)
        if who is None:
            who = actors[step.pid] = script.process(step.pid)
        child = PIDS[step.number % 4]
        if step.does == "exit":
            who.exits()
            del actors[step.pid]
        elif step.does in _PIDS_STEPS:
            if child not in actors:
                actors[child] = who.child(child)
                if step.does == "fork":
                    who.call("fork", exit=child)
                    if children_speak:
                        actors[child].call("umask")
                elif step.does == "vfork":
                    announced.append((who, child))
        elif closes or step.does != "close":
            _STEPS[step.does](who, step)
            while announced and step.does == "exec":
                parent, born = announced.pop()
                if actors.get(parent.pid) is parent:
                    parent.call("vfork", exit=born)
    return script
