"""Sockets, pipes, memory and the kernel: for each call a log and its expected facts."""

from __future__ import annotations

from tests.ingest import addresses
from tests.ingest.script import I386, O_RDWR, Script
from tests.ingest.syscalls.stories_process import Story

PEER = "198.51.100.7"
CALLS = {f"sh:100 -CONNECTED-> tcp {PEER}:443", f"tcp {PEER}:443 -RECEIVED-> sh:100"}
ASKS = {f"sh:100 -CONNECTED-> udp {PEER}:53", f"udp {PEER}:53 -RECEIVED-> sh:100"}
SERVES = {f"tcp {PEER}:40000 -ACCEPTED-> sh:100", f"sh:100 -SENT-> tcp {PEER}:40000"}
PIPE = {"sh:100 -PIPED-> pipe", "pipe -PIPED-> sh:100"}


def socket(s: Script) -> set[str]:
    """The protocol is the socket's; a connection without a peer carries nothing."""
    sh = s.process(100)
    sh.sockets(3, type=2)
    sh.sockets(4, type=1)
    sh.connects(3, PEER, 53)
    return ASKS


def connect(s: Script) -> set[str]:
    """A non-blocking one is under way; a refused one is none."""
    sh = s.process(100)
    sh.sockets(3)
    sh.connects(3, PEER, 443, exit=-115)
    sh.sockets(4)
    sh.connects(4, PEER, 80, exit=-111)
    return CALLS


def bind(s: Script) -> set[str]:
    """A datagram socket takes requests from whoever sends; an offer alone is no flow."""
    sh = s.process(100)
    sh.sockets(3, type=2)
    sh.call("bind", 3, 0, 16, records=(("SOCKADDR", f"saddr={addresses.internet('0.0.0.0', 53)}"),))
    sh.receives_from(3, PEER, 40000)
    return {f"udp {PEER}:40000 -ACCEPTED-> sh:100"}


def listen(s: Script) -> set[str]:
    s.process(100).listens(3, "0.0.0.0", 8080)
    return {"# LISTEN sh:100: listens on 0.0.0.0 port 8080"}


def _accept(call: str) -> Story:
    def story(s: Script) -> set[str]:
        record = ("SOCKADDR", f"saddr={addresses.mapped(PEER, 40000)}")
        s.process(100).call(call, 3, 0, 0, 0, exit=4, records=(record,))
        return SERVES

    return story


def _send(call: str, arch: str | None = None) -> Story:
    """Through a connection, and to an address: an answer to that one may come until the socket is closed."""

    def story(s: Script) -> set[str]:
        sh = s.process(100, arch=arch)
        sh.call("accept4", 9, 0, 0, exit=3, records=(("SOCKADDR", f"saddr={addresses.internet(PEER, 40000)}"),))
        sh.call(call, 3, 0, 8, exit=8)
        sh.call("close", 3)
        sh.sends_to(4, PEER, 53, call)
        sh.call("close", 4)
        return SERVES | ASKS

    return story


def send(s: Script) -> set[str]:
    """send(2) has no address: only i386's socketcall knows it."""
    sh = s.process(100, arch=I386)
    sh.call("socketcall", 3, 0, records=(("SOCKETCALL", "nargs=3 a0=4 a1=0 a2=10"), _saddr(443)))
    sh.call("socketcall", 9, 0, exit=8, records=(("SOCKETCALL", "nargs=4 a0=4 a1=0 a2=8 a3=0"),))
    return {edge.replace("tcp", "ip") for edge in CALLS}


def recv(s: Script) -> set[str]:
    sh = s.process(100, arch=I386)
    sh.call("socketcall", 3, 0, records=(("SOCKETCALL", "nargs=3 a0=4 a1=0 a2=10"), _saddr(443)))
    sh.call("socketcall", 10, 0, exit=8, records=(("SOCKETCALL", "nargs=4 a0=4 a1=0 a2=8 a3=0"),))
    return {edge.replace("tcp", "ip") for edge in CALLS}


def _saddr(port: int) -> tuple[str, str]:
    return "SOCKADDR", f"saddr={addresses.internet(PEER, port)}"


def _receive(call: str, arch: str | None = None) -> Story:
    """An answer, a request, and a peek that leaves the data where it is."""

    def story(s: Script) -> set[str]:
        sh = s.process(100, arch=arch)
        sh.sends_to(3, PEER, 53)
        sh.receives_from(3, PEER, 53, call)
        sh.receives_from(3, PEER, 40000, call)
        sh.receives_from(3, PEER, 41000, call, flags=2)
        return ASKS | {f"udp {PEER}:40000 -ACCEPTED-> sh:100"}

    return story


def _pipe(call: str) -> Story:
    def story(s: Script) -> set[str]:
        s.process(100).call(call, 0, records=(("FD_PAIR", "fd0=3 fd1=4"),))
        return PIPE

    return story


def socketpair(s: Script) -> set[str]:
    """Two directions are two nodes: each end reads what the other wrote."""
    sh = s.process(100)
    sh.pairs(3, 4)
    child = sh.forks(101)
    child.closes(3)
    sh.closes(4)
    child.writes(4)
    sh.reads(3)
    nodes = ("socketpair", "socketpair (2)")
    inherited = {f"sh:101 -PIPED-> {node}" for node in nodes} | {f"{node} -PIPED-> sh:101" for node in nodes}
    return {
        "sh:100 -SPAWNED-> sh:101",
        *inherited,
        *(f"sh:100 -PIPED-> {node}" for node in nodes),
        *(f"{node} -PIPED-> sh:100" for node in nodes),
    }


def mmap(s: Script) -> set[str]:
    """Code is loaded; a shared mapping carries data after its descriptor is closed."""
    sh = s.process(100)
    sh.opens("/lib/x.so", fd=3)
    sh.call("mmap", 0, 4096, 5, 2, exit=0x7F0000000000, records=(("MMAP", "fd=3 flags=0x802"),))
    sh.closes(3)
    sh.opens("/shm", O_RDWR, fd=3)
    sh.call("mmap", 0, 4096, 3, 1, exit=0x7F0000000000, records=(("MMAP", "fd=3 flags=0x1"),))
    sh.closes(3)
    return {
        "/lib/x.so -LOADED-> sh:100",
        "/lib/x.so -READ-> sh:100",
        "/shm -READ-> sh:100",
        "sh:100 -WROTE-> /shm",
    }


def mmap2(s: Script) -> set[str]:
    sh = s.process(100, arch=I386)
    sh.opens("/lib/x.so", fd=3)
    sh.call("mmap2", 0, 4096, 5, 2, exit=0x7F000000, records=(("MMAP", "fd=3 flags=0x802"),))
    return {"/lib/x.so -LOADED-> sh:100", "/lib/x.so -READ-> sh:100"}


def mprotect(s: Script) -> set[str]:
    sh = s.process(100)
    sh.call("mprotect", 0, 4096, 5)
    sh.call("mprotect", 0, 4096, 7)
    return {"# MPROTECT sh:100: maps memory writable and executable"}


_MODULE = (("KERN_MODULE", 'name="rootkit"'),)


def init_module(s: Script) -> set[str]:
    s.process(100).call("init_module", 0, 4096, records=_MODULE)
    return {"# KERN_MODULE sh:100: loads module rootkit"}


def finit_module(s: Script) -> set[str]:
    sh = s.process(100)
    sh.opens("/tmp/rootkit.ko", fd=3)
    sh.call("finit_module", 3, 0, records=_MODULE)
    read = {"/tmp/rootkit.ko -READ-> sh:100", "/tmp/rootkit.ko -LOADED-> sh:100"}
    return read | {"# KERN_MODULE sh:100: loads module rootkit"}


def delete_module(s: Script) -> set[str]:
    s.process(100).call("delete_module", 0, records=_MODULE)
    return {"# KERN_MODULE sh:100: removes module rootkit"}


def bpf(s: Script) -> set[str]:
    """BPF_PROG_LOAD; to make a map (0) is nothing to tell."""
    sh = s.process(100)
    sh.call("bpf", 0, exit=3)
    sh.call("bpf", 5, exit=4)
    return {"# BPF sh:100: loads a BPF program into the kernel"}


def perf_event_open(s: Script) -> set[str]:
    s.process(100).call("perf_event_open", exit=3)
    return {"# PERF sh:100: opens a performance event"}


def _sets_clock(call: str, arch: str | None = None) -> Story:
    def story(s: Script) -> set[str]:
        sh = s.process(100)
        sh.arch = arch or s.arch
        sh.call(call, 0)
        return {"# CLOCK sh:100: sets the clock"}

    return story


def clock_settime(s: Script) -> set[str]:
    """What is no time of day (1) is none that others see."""
    s.process(100).call("clock_settime", 1)
    return _sets_clock("clock_settime")(s)


def adjtimex(s: Script) -> set[str]:
    """To steer the clock's rate, as who keeps it right does all day, is nothing to tell; to shift it is."""
    sh = s.process(100)
    sh.call("adjtimex", 0x7FFF0000, records=(("TIME_ADJNTPVAL", "op=freq old=0 new=1"),))
    sh.call("adjtimex", 0x7FFF0000, records=(("TIME_INJOFFSET", "sec=-86400 nsec=0"),))
    return {"# CLOCK sh:100: shifts the clock by -86400 s"}


def _shifts_clock(call: str, arch: str | None = None) -> Story:
    def story(s: Script) -> set[str]:
        sh = s.process(100)
        sh.arch = arch or s.arch
        sh.call(call, 0, 0x7FFF0000)
        sh.call(call, 0, 0x7FFF0000, records=(("TIME_INJOFFSET", "sec=3 nsec=0"),))
        return {"# CLOCK sh:100: shifts the clock by 3 s"}

    return story


def _shared(name: str) -> Story:
    def story(s: Script) -> set[str]:
        """What passes through is in no record: a blind interval, which test_gaps.py has, and no flow."""
        s.process(100).call(name, 8, exit=3)
        return set()

    return story


def io_uring_setup(s: Script) -> set[str]:
    """No flow; what becomes blind is looked at in test_blind."""
    s.process(100).call("io_uring_setup", 8, exit=3)
    return set()


STORIES: dict[str, Story] = {
    "socket": socket,
    "bind": bind,
    "listen": listen,
    "connect": connect,
    "accept": _accept("accept"),
    "accept4": _accept("accept4"),
    "sendto": _send("sendto"),
    "sendmsg": _send("sendmsg"),
    "sendmmsg": _send("sendmmsg"),
    "send": send,
    "recvfrom": _receive("recvfrom"),
    "recvmsg": _receive("recvmsg"),
    "recvmmsg": _receive("recvmmsg"),
    "recvmmsg_time64": _receive("recvmmsg_time64", I386),
    "recv": recv,
    "socketpair": socketpair,
    "pipe": _pipe("pipe"),
    "pipe2": _pipe("pipe2"),
    "mmap": mmap,
    "mmap2": mmap2,
    "mprotect": mprotect,
    "init_module": init_module,
    "finit_module": finit_module,
    "delete_module": delete_module,
    "bpf": bpf,
    "perf_event_open": perf_event_open,
    "io_uring_setup": io_uring_setup,
    "shmat": _shared("shmat"),
    "msgsnd": _shared("msgsnd"),
    "msgrcv": _shared("msgrcv"),
    "mq_open": _shared("mq_open"),
    "settimeofday": _sets_clock("settimeofday"),
    "stime": _sets_clock("stime", I386),
    "clock_settime": clock_settime,
    "clock_settime64": _sets_clock("clock_settime64", I386),
    "adjtimex": adjtimex,
    "clock_adjtime": _shifts_clock("clock_adjtime"),
    "clock_adjtime64": _shifts_clock("clock_adjtime64", I386),
}
