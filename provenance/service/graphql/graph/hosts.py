"""Hosts: the time spans, counters and blind intervals of their logs."""

from __future__ import annotations

import strawberry

from provenance.ingest.facts import Blind as BlindInterval
from provenance.ingest.rules.gaps import MISSING
from provenance.service.graphql.base.node import Info, Node, field
from provenance.service.graphql.base.scalars import BigInt, Text, Time, moment_time, read_text, spell
from provenance.store.interface import HostSummary
from provenance.trace.limits.unrecorded_calls import own_counters

_PREFIX = "host:"


@strawberry.type(description="A blind interval: a time span in which a host's log has gaps.")
class Blind:
    """A blind interval."""

    host_name: Text = strawberry.field(description="The host.")
    first: Time = strawberry.field(description="The beginning.")
    last: Time = strawberry.field(description="The end.")
    why: Text = strawberry.field(description="Why the log has gaps, and what they may hide.")


@strawberry.type(description="A counter of what was read from a host's log.")
class Tally:
    """A counter."""

    name: Text = strawberry.field(description="What is counted: events, lost records, unhandled system calls, ...")
    amount: BigInt = strawberry.field(description="The number.")


@strawberry.type(description="A host whose log is in the store, or that the log of another host names as its own.")
class Host(Node):
    """A host."""

    summary: strawberry.Private[HostSummary]
    id: strawberry.ID = strawberry.field(description="`host:` and the host's name.")
    name: Text = strawberry.field(description="The host's name in its log.")
    first_seen: Time = strawberry.field(description="The time of the first event of its log.")
    last_seen: Time = strawberry.field(description="The time of the last event of its log.")
    addresses: list[Text] = strawberry.field(description="The addresses that are known to be the host's own.")
    clock_correction_ms: BigInt = strawberry.field(
        description="Milliseconds to add to the host's times, to compare them with those of other hosts."
    )

    @field("The blind intervals of the host's log, in order of time.")
    async def blind(self, info: Info) -> list[Blind]:
        """Its blind intervals; those of all hosts are read once."""
        blinds = await info.context.blinds()
        return [blind_of(blind) for blind in blinds if blind.host == self.summary.host]

    @field(
        "The number of events whose serials are missing from the host's log: lost, filtered out, or "
        "logged by a container on the same kernel."
    )
    def missing_events(self) -> BigInt:
        """The counter of missing serials. Losses that the kernel reports are blind intervals."""
        return BigInt(self.summary.tallies.get(MISSING, 0))

    @field("Counters of what was read from the host's log, by name.")
    def tallies(self) -> list[Tally]:
        """The counters."""
        counters = own_counters(self.summary.tallies)
        return [Tally(name=Text(name), amount=BigInt(amount)) for name, amount in sorted(counters.items())]


def host_id(name: str) -> str:
    """The id of a host."""
    return _PREFIX + spell(name)


def host_name(id: str) -> str | None:
    """The name in a host's id, None for an id of another type. Raises UsageError for an invalid escape."""
    return read_text(id.removeprefix(_PREFIX)) if id.startswith(_PREFIX) else None


def host_of(summary: HostSummary) -> Host:
    """The host of the schema for a summary."""
    return Host(
        summary=summary,
        id=strawberry.ID(host_id(summary.host)),
        name=Text(summary.host),
        first_seen=moment_time(summary.first),
        last_seen=moment_time(summary.last),
        addresses=[Text(address) for address in summary.addresses],
        clock_correction_ms=BigInt(summary.skew_ms),
    )


def blind_of(blind: BlindInterval) -> Blind:
    """The blind interval of the schema for a store's."""
    return Blind(
        host_name=Text(blind.host),
        first=moment_time(blind.first),
        last=moment_time(blind.last),
        why=Text(blind.why),
    )
