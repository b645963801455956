"""The enums of the schema. Values and descriptions of the graph's kinds come from the graph model."""

from __future__ import annotations

from enum import Enum

import strawberry
from strawberry.types.enum import StrawberryEnumDefinition

from provenance.alerts.record import State
from provenance.ingest.facts import FlowKind
from provenance.ingest.identity import EntityKind
from provenance.model import EDGE_OF, NODE_OF
from provenance.service.alerts.triage import Standing
from provenance.store.interface import Direction


@strawberry.enum(description="The side of an entity whose flows are requested.")
class Side(Enum):
    """A side of an entity."""

    INCOMING = strawberry.enum_value("incoming", description="Flows into the entity.")
    OUTGOING = strawberry.enum_value("outgoing", description="Flows out of the entity.")
    BOTH = strawberry.enum_value("both", description="Flows into and out of the entity.")


@strawberry.enum(description="The severity that an alert gives.")
class Severity(Enum):
    """The severity of an alert."""

    LOW = strawberry.enum_value("low", description="Low.")
    MEDIUM = strawberry.enum_value("medium", description="Medium.")
    HIGH = strawberry.enum_value("high", description="High.")
    CRITICAL = strawberry.enum_value("critical", description="Critical.")


def describe(kind: type[Enum], name: str, description: str, meanings: dict[str, str]) -> None:
    """Adds an enum of the core to the schema, each value with its meaning."""
    strawberry.enum(kind, name=name, description=description)
    definition: StrawberryEnumDefinition = kind.__strawberry_definition__  # type: ignore[attr-defined]
    for value in definition.values:
        value.description = meanings[value.name]


describe(EntityKind, "EntityKind", "The kind of an entity.", {kind.name: NODE_OF[kind].meaning for kind in EntityKind})
describe(
    FlowKind,
    "FlowKind",
    "How information passed from one entity to another.",
    {kind.name: EDGE_OF[kind].meaning for kind in FlowKind},
)
describe(
    Direction,
    "Direction",
    "The direction of a trace.",
    {"BACKWARD": "To the causes, up to the way in.", "FORWARD": "To everything that the start reached."},
)
describe(
    State,
    "AlertState",
    "The state of an alert's automatic trace.",
    {
        "QUEUED": "The alert is in the queue.",
        "WAITING": "The log of the alert's host has not been ingested up to the alert's time yet.",
        "RUNNING": "The alert is being traced.",
        "DONE": "The trace is finished.",
        "FAILED": "The alert cannot be traced; `reason` says why.",
    },
)
describe(
    Standing,
    "Standing",
    "The state that analysts gave an alert.",
    {
        "OPEN": "Nobody has handled it yet.",
        "INVESTIGATING": "Somebody is handling it.",
        "RESOLVED": "It was an attack, and the response is finished.",
        "FALSE_POSITIVE": "It was not an attack.",
    },
)
