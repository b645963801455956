"""Generated fleets with known addresses, clock offsets and connections."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random

from provenance.ingest.clock import at_ms
from provenance.ingest.facts import Connection
from provenance.ingest.identity import endpoint_id

BEGIN = 1_800_000_000_000
SPAN_MS = 600_000
PORTS = (22, 80, 443, 5432)


@dataclass
class Fleet:
    """The connections in the logs of the hosts, and the truth."""

    addresses: dict[str, str]
    offsets: dict[str, int]
    connections: list[Connection] = field(default_factory=list)
    reached: set[tuple[int, int]] = field(default_factory=set)
    random: Random = field(default_factory=Random)
    serial: int = 0

    def add_end(
        self,
        host: str,
        inbound: bool,
        remote: tuple[str, int],
        local: tuple[str, int] | None,
        ms: int,
        last: int,
        service: int,
    ) -> int:
        """Add an end in the log of `host`: by its own clock, in ticks of 4 ms, twice (two holders)."""
        self.serial += 1
        first = at_ms((ms + self.offsets[host]) // 4 * 4) + self.serial % 1000
        end = at_ms(last + self.offsets[host])
        node = endpoint_id(host, "tcp", *remote)
        ip, port = local if local is not None else (None, None)
        for latest in (first, max(first, end)):
            process = service if inbound else 7
            self.connections.append(Connection(host, process, node, inbound, "tcp", *remote, ip, port, first, latest))
        return node

    def connect(self, a: str, b: str, port: int, bound: bool, ms: int, delay: int) -> None:
        """A connection between two recorded hosts."""
        eph = self.random.randrange(32768, 61000)
        last = ms + 40 + self.random.randrange(5000)
        source = self.add_end(a, False, (self.addresses[b], port), None, ms, last, port)
        local = ("0.0.0.0", port) if bound else None
        target = self.add_end(b, True, (self.addresses[a], eph), local, ms + delay, last, port)
        self.reached |= {(source, target), (target, source)}

    def outside(self, host: str, inbound: bool, number: int, port: int, bound: bool, ms: int) -> None:
        """A connection with an unrecorded peer."""
        peer = f"198.51.100.{number}"
        if inbound:
            remote = peer, self.random.randrange(32768, 61000)
            self.add_end(host, True, remote, ("::", port) if bound else None, ms, ms + 900, port)
        else:
            self.add_end(host, False, (peer, port), None, ms, ms + 900, port)


def fleet(
    seed: int, hosts: int, links: int, each: int, noise: int, offsets: tuple[int, ...] = (0,), bound: float = 1.0
) -> Fleet:
    """A fleet of `hosts` with `links` pairs that have `each` connections, among `noise` ones with outsiders."""
    random = Random(seed)
    names = [f"host{number:02d}" for number in range(hosts)]
    made = Fleet(
        {name: f"10.0.{number // 250}.{number % 250 + 1}" for number, name in enumerate(names)},
        {name: random.choice(offsets) for name in names},
        random=random,
    )
    services = {(name, port): random.random() < bound for name in names for port in PORTS}
    for _ in range(links):
        a, b = random.sample(names, 2)
        port = random.choice(PORTS)
        for _ in range(each):
            made.connect(a, b, port, services[b, port], BEGIN + random.randrange(SPAN_MS), random.randrange(20))
    for _ in range(noise):
        host, port = random.choice(names), random.choice(PORTS)
        ms = BEGIN + random.randrange(SPAN_MS)
        made.outside(host, random.random() < 0.5, random.randrange(1, 20), port, services[host, port], ms)
    return made
