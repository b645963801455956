"""Connections that Zeek saw on the wire, which make a join of two hosts' records certain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median_low

from provenance.fleet.ends import address
from provenance.fleet.pairing import JoinedPair
from provenance.fleet.zeek import ZeekConn

_NEAR_MS = 2000
"""How far a connection of the wire may be from a connect, once Zeek's clock is known."""


@dataclass(frozen=True, slots=True)
class Wire:
    """Zeek's connections by the client's address and port."""

    by_client: dict[tuple[str, int], list[ZeekConn]]

    def confirm(self, pairs: Sequence[JoinedPair], skew: Mapping[str, int]) -> list[JoinedPair]:
        """Make the joins certain for which Zeek saw both addresses and ports at that time. The offset of Zeek's own clock is the
        median of the differences."""
        if not self.by_client:
            return list(pairs)
        distances = [self._distances(joined, skew) for joined in pairs]
        nearest = [min(found, key=lambda ms: (abs(ms), ms)) for found in distances if found]
        clock = median_low(nearest) if nearest else 0
        confirmed = []
        for joined, found in zip(pairs, distances, strict=True):
            if any(abs(ms - clock) <= _NEAR_MS for ms in found):
                reason = f"Zeek saw the connection; {joined.reason}"
                joined = joined._replace(confidence=1.0, reason=reason)
            confirmed.append(joined)
        return confirmed

    def _distances(self, joined: JoinedPair, skew: Mapping[str, int]) -> list[int]:
        a, b = joined.opened, joined.accepted
        begun = a.ms + skew[a.host]
        seen = self.by_client.get((b.ip, b.port), ())
        return [c.ms - begun for c in seen if c.resp_ip == a.ip and c.resp_port == joined.port]


def on_the_wire(certain: Iterable[ZeekConn]) -> Wire:
    """Group Zeek's connections by client; those of other protocols and with invalid addresses are skipped."""
    found: dict[tuple[str, int], list[ZeekConn]] = {}
    for seen in certain:
        client, server = address(seen.orig_ip), address(seen.resp_ip)
        if seen.protocol == "tcp" and client is not None and server is not None:
            found.setdefault((client, seen.orig_port), []).append(seen._replace(orig_ip=client, resp_ip=server))
    return Wire(found)
