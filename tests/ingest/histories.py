"""Generated histories of a host, with few processes, files and numbers, so that they interact."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from hypothesis import strategies as st

from tests.ingest.script import CHARACTER, O_CLOEXEC, O_RDWR, O_WRONLY, Actor, Script

PIDS = (100, 101, 102, 103)
FILES = ("/a", "/b", "/c")
PEERS = ("198.51.100.1", "198.51.100.2")


class Step(NamedTuple):
    """One action of a process. `pick`, `number` and `other` choose among the options of the kind of step."""

    does: str
    pid: int
    pick: int
    number: int
    other: int


def _of(names: tuple[str, ...], pick: int) -> str:
    return names[pick % len(names)]


def _opens(actor: Actor, step: Step) -> None:
    flags = (0, O_WRONLY, O_RDWR, O_CLOEXEC)[step.other % 4]
    actor.opens(_of(FILES, step.pick), flags, fd=step.number)


def _unlinks(actor: Actor, step: Step) -> None:
    name = _of(FILES, step.pick)
    actor.unlinks(name)
    del actor.script.inodes[name]


def _renames(actor: Actor, step: Step) -> None:
    old, new = _of(FILES, step.pick), _of(FILES, step.other)
    if old != new:
        actor.script.inode(old)
        actor.renames(old, new)


def _connects(actor: Actor, step: Step) -> None:
    actor.sockets(step.number, type=1 + step.other % 2)
    actor.connects(step.number, _of(PEERS, step.pick), 443)


def _connects_local(actor: Actor, step: Step) -> None:
    actor.sockets(step.number, domain=1)
    actor.connects_unix(step.number, "@bus")


def _maps(actor: Actor, step: Step) -> None:
    actor.call("mmap", 0, 4096, 3, 1, exit=0x7F0000000000, records=(("MMAP", f"fd={step.number} flags=0x1"),))


def _terminal(actor: Actor, step: Step) -> None:
    if step.pick % 2:
        actor.opens("/dev/ptmx", O_RDWR, fd=step.number, mode=CHARACTER, rdev="05:02")
    else:
        actor.opens("/dev/pts/0", O_RDWR, fd=step.number, mode=CHARACTER, rdev="88:00")


def _puts(actor: Actor, step: Step) -> None:
    actor.opens(_of(FILES[:2], step.pick), O_WRONLY, fd=step.number)
    actor.closes(step.number)


def _gets(actor: Actor, step: Step) -> None:
    actor.opens(_of(FILES[:2], step.pick), fd=step.number)
    actor.closes(step.number)


_STEPS: dict[str, Callable[[Actor, Step], object]] = {
    "puts": _puts,
    "gets": _gets,
    "open": _opens,
    "close": lambda actor, step: actor.closes(step.number),
    "dup": lambda actor, step: actor.dups(step.number, step.other),
    "read": lambda actor, step: actor.reads(step.number),
    "write": lambda actor, step: actor.writes(step.number),
    "pipe": lambda actor, step: actor.pipes(step.number, step.other + 7),
    "pair": lambda actor, step: actor.pairs(step.number, step.other + 7),
    "connect": _connects,
    "connect_local": _connects_local,
    "accept": lambda actor, step: actor.accepts(9, step.number, _of(PEERS, step.pick), 40000 + step.other),
    "send": lambda actor, step: actor.sends_to(step.number, _of(PEERS, step.pick), 53),
    "receive": lambda actor, step: actor.receives_from(step.number, _of(PEERS, step.pick), 53),
    "unlink": _unlinks,
    "rename": _renames,
    "map": _maps,
    "terminal": _terminal,
    "signal": lambda actor, step: actor.call("kill", PIDS[step.pick % 4], 9),
    "trace": lambda actor, step: actor.call("ptrace", 16, PIDS[step.pick % 4]),
    "exec": lambda actor, step: actor.execs(f"/bin/{'abc'[step.pick % 3]}"),
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
    """Lists of steps, long enough for repetitions."""
    return st.integers(1, most).flatmap(lambda length: st.lists(steps, min_size=length, max_size=length))


def script_of(history: list[Step], closes: bool = True, children_speak: bool = False) -> Script:
    """The log of a history. Without `closes`, its rules do not record close; `children_speak` as soon as they are born."""
    script = Script()
    actors: dict[int, Actor] = {}
    announced: list[tuple[Actor, int]] = []
    for step in history:
        actor = actors.get(step.pid)
        if actor is None:
            actor = actors[step.pid] = script.process(step.pid)
        child = PIDS[step.number % 4]
        if step.does == "exit":
            actor.exits()
            del actors[step.pid]
        elif step.does in _PIDS_STEPS:
            if child not in actors:
                actors[child] = actor.child(child)
                if step.does == "fork":
                    actor.call("fork", exit=child)
                    if children_speak:
                        actors[child].call("umask")
                elif step.does == "vfork":
                    announced.append((actor, child))
        elif closes or step.does != "close":
            _STEPS[step.does](actor, step)
            while announced and step.does == "exec":
                parent, born = announced.pop()
                if actors.get(parent.pid) is parent:
                    parent.call("vfork", exit=born)
    return script
