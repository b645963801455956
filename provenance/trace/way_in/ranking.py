"""How likely a candidate is the way in: features of it, and weights that were fitted to recordings with a known way in.

`script/fit_ranking.py` computes the weights (a conditional logit: among the candidates of one trace the true one should have the
greatest sum). It starts from weights chosen by rules of thumb and changes them only as far as the recordings require.
docs/ranking.md has the table in which each recording was left out once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from provenance.trace.result import TraceEdge

Features = Mapping[str, float]

PRIOR: Mapping[str, float] = MappingProxyType(
    {
        "accepted_external": 6.0,
        "accepted_private": 4.0,
        "accepted_recorded": 1.2,
        "unknown_client": 4.0,
        "called_external": 2.5,
        "called_private": 1.5,
        "called_recorded": 1.0,
        "login_external": 5.5,
        "login_internal": 1.65,
        "older": 0.5,
        "near": 2.0,
        "close": 2.0,
        "rare": 0.2,
        "ran": 2.8,
        "installed": 4.8,
        "prepared_by_other": -4.0,
        "came_from_other": -2.0,
        "datagram": -8.0,
        "other_connection": -1.5,
    }
)
"""What the rules of thumb say: whoever came in is likelier than who was called, outside likelier than inside."""

WEIGHTS: Mapping[str, float] = MappingProxyType(
    {
        "accepted_external": 8.72,
        "accepted_private": 3.53,
        "accepted_recorded": 1.2,
        "unknown_client": 4.0,
        "called_external": 1.68,
        "called_private": 0.1,
        "called_recorded": 1.0,
        "login_external": 5.49,
        "login_internal": 1.64,
        "older": 0.5,
        "near": 6.75,
        "close": 2.74,
        "rare": 0.26,
        "ran": 2.69,
        "installed": 4.85,
        "prepared_by_other": -4.07,
        "came_from_other": -2.01,
        "datagram": -8.0,
        "other_connection": -1.99,
    }
)

MEANINGS: Mapping[str, str] = MappingProxyType(
    {
        "accepted_external": "a peer with an external address connected to a program",
        "accepted_private": "a peer with a private address, not of a recorded host, connected",
        "accepted_recorded": "a recorded host connected, but its log has no record of it",
        "unknown_client": "an unknown client on the same host connected",
        "called_external": "a program connected to an external address and could receive data from there",
        "called_private": "a program connected to a private address, not of a recorded host, and could receive data",
        "called_recorded": "a program connected to a recorded host and could receive data",
        "login_external": "a login from an external address",
        "login_internal": "a login from a private address, from a recorded host, or without an address",
        "older": "a process that started before the log begins",
        "near": "1 if the next process or file followed at once, less if later (half at 1 s); 1 for who sent what was run",
        "close": "1 if the path to the start of the trace has length 0, less for longer paths (half at length 10)",
        "rare": "1 if the peer has few flows in the trace, less for more flows",
        "ran": "the program wrote the received data to a file, which a program of the trace executed or got as an argument",
        "installed": "`ran`, and that program, or the one whose worker it is, itself ran the file for a user: a package manager",
        "prepared_by_other": "its program read a file that a process of another peer had written shortly before",
        "came_from_other": "the program that contacted it came from data that another peer had sent",
        "datagram": "it was contacted by datagrams, which have no record on the other side",
        "other_connection": "the path to the start of the trace reaches a host by one connection and continues from another",
    }
)
SCALE = 18.0
"""Of a utility to a score."""
SIMILAR = 3.0
"""A candidate of another peer that is less than this many times less likely is named beside the first."""


def utility(features: Features, weights: Mapping[str, float] = WEIGHTS) -> float:
    """The weighted sum of features."""
    return sum(weights[name] * value for name, value in features.items())


def score(features: Features) -> float:
    """The utility as a score that grows with it, at least 0; about 1 at most."""
    return max(utility(features) / SCALE, 0.0)


def odds(first: float, second: float) -> float:
    """How many times likelier a candidate with the score `first` is than one with `second`."""
    return math.exp(min((first - second) * SCALE, 50.0))


@dataclass(frozen=True, slots=True)
class Candidate:
    """An entry before it is ranked: `served` is the process that it entered or that called it, `peer` its address."""

    node: int
    edge: TraceEdge | None
    moment: int
    reason: str
    features: Mapping[str, float]
    served: int
    peer: str = ""
    fixed: float | None = None
    """A score that holds whatever the features say."""

    @property
    def score(self) -> float:
        """How likely it is, to compare with others of the same trace."""
        return score(self.features) if self.fixed is None else self.fixed
