"""Hosts: what their logs span, and what they could not show."""

from __future__ import annotations

import strawberry

from provenance.ingest.facts import Blind as BlindInterval
from provenance.service.graphql.base.node import Info, Node, resolved
from provenance.service.graphql.base.scalars import BigInt, Text, Time, moment_time, read_text, spell
from provenance.store.interface import HostSummary

_PREFIX = "host:"
_MISSING = "missing serials"
"""The counter of `ingest.rules.gaps`."""


@strawberry.type(description="An interval in which a host's log cannot show everything.")
class Blind:
    """A blind interval."""

    host_name: Text = strawberry.field(description="The host.")
    first: Time = strawberry.field(description="Its beginning.")
    last: Time = strawberry.field(description="Its end.")
    why: Text = strawberry.field(description="Why the log is blind here, and what could be hidden.")


@strawberry.type(description="A counter of what was read of a host's log.")
class Tally:
    """A counter."""

    name: Text = strawberry.field(description="What is counted: events, lost records, calls that are not handled, ...")
    amount: BigInt = strawberry.field(description="How many.")


@strawberry.type(description="A host whose log is in the store, or that another host's log names as its own.")
class Host(Node):
    """A host."""

    summary: strawberry.Private[HostSummary]
    id: strawberry.ID = strawberry.field(description="`host:` and its name.")
    name: Text = strawberry.field(description="Its name, as its log has it.")
    first_seen: Time = strawberry.field(description="Time of the first event read.")
    last_seen: Time = strawberry.field(description="Time of the last event read.")
    addresses: list[Text] = strawberry.field(description="Addresses known to be its own.")
    clock_correction_ms: BigInt = strawberry.field(description="Milliseconds to add to its times to compare hosts.")

    @resolved("Intervals in which its log cannot show everything, in order of time.")
    async def blind(self, info: Info) -> list[Blind]:
        """Its blind intervals, one read for all hosts."""
        blinds = await info.context.blinds()
        return [blind_of(blind) for blind in blinds if blind.host == self.summary.host]

    @resolved(
        "Events whose serials are missing from its log: lost, filtered out, or of another host of the same kernel."
    )
    def missing_events(self) -> BigInt:
        """The counter of gaps. What the kernel itself says of losses is a blind interval each time."""
        return BigInt(self.summary.tallies.get(_MISSING, 0))

    @resolved("Counters of what was read, by name.")
    def tallies(self) -> list[Tally]:
        """The counters."""
        return [Tally(name=Text(name), amount=BigInt(amount)) for name, amount in sorted(self.summary.tallies.items())]


def host_id(name: str) -> str:
    """The id of a host."""
    return _PREFIX + spell(name)


def host_name(id: str) -> str | None:
    """The name in a host's id, None for an id of something else. Raises UsageError for a spelling that means nothing."""
    return read_text(id.removeprefix(_PREFIX)) if id.startswith(_PREFIX) else None


def host_of(summary: HostSummary) -> Host:
    """A host as GraphQL shows it."""
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
    """A blind interval as GraphQL shows it."""
    return Blind(
        host_name=Text(blind.host),
        first=moment_time(blind.first),
        last=moment_time(blind.last),
        why=Text(blind.why),
    )
