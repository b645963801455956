"""The enums. Their values are those of the graph model, their descriptions its meanings."""

from __future__ import annotations

from enum import Enum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from provenance.alerts.record import State
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.model import EDGE_OF, NODE_OF
from provenance.service.graphql.base.marks import Standing
from provenance.store.interface import Direction


@strawberry.enum(description="Which flows of an entity are meant.")
class Side(Enum):
    """Seen from the entity."""

    INCOMING = strawberry.enum_value("incoming", description="What may have influenced it.")
    OUTGOING = strawberry.enum_value("outgoing", description="What it may have influenced.")
    BOTH = strawberry.enum_value("both", description="Either.")


@strawberry.enum(description="How grave an alert is said to be.")
class Severity(Enum):
    """As alerts say it."""

    LOW = strawberry.enum_value("low", description="Hardly.")
    MEDIUM = strawberry.enum_value("medium", description="Somewhat.")
    HIGH = strawberry.enum_value("high", description="Very.")
    CRITICAL = strawberry.enum_value("critical", description="As grave as can be.")


def describe(kind: type[Enum], name: str, description: str, meanings: dict[str, str]) -> None:
    """Make an enum of the core known to GraphQL, each value with its meaning."""
    strawberry.enum(kind, name=name, description=description)
    definition: StrawberryEnumDefinition = kind.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = meanings[value.name]


describe(EntityKind, "EntityKind", "What an entity is.", {kind.name: NODE_OF[kind].meaning for kind in EntityKind})
describe(
    FlowKind,
    "FlowKind",
    "How information passed from one entity to another.",
    {kind.name: EDGE_OF[kind].meaning for kind in FlowKind},
)
describe(
    Direction,
    "Direction",
    "Which way a trace walks.",
    {"BACKWARD": "To the causes, as far as the way in.", "FORWARD": "To everything that was reached."},
)
describe(
    State,
    "AlertState",
    "Where the automatic trace of an alert stands.",
    {
        "QUEUED": "It is to be traced.",
        "WAITING": "The log that it speaks of has not come yet.",
        "RUNNING": "It is being traced.",
        "DONE": "It is traced.",
        "FAILED": "It cannot be traced; the reason says why.",
    },
)
describe(
    Standing,
    "Standing",
    "Where an alert stands with the people who look at it.",
    {
        "OPEN": "Nobody has looked at it yet.",
        "INVESTIGATING": "Somebody looks at it.",
        "RESOLVED": "It was an attack, and is dealt with.",
        "FALSE_POSITIVE": "It was no attack.",
    },
)
