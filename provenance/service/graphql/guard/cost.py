"""The cost of an operation, computed before it is executed.

The cost of a field is its own weight, plus the cost of its selection times the number of its elements: the `first` of a page
(as given, from a variable, or the default), or the expected size of a list without pages. A fragment counts wherever it is
used; fields with `@skip` and `@include` count in full. Depth counts nested fields, aliases the renamed fields. Introspection
has no cost and no depth, because it must be switched on separately.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    is_composite_type,
    is_interface_type,
    is_object_type,
)

WEIGHTS: Mapping[str, int] = {
    "Query.search": 50,
    "Query.trace": 500,
    "Query.way": 500,
    "Query.paths": 1_000,
    "Query.histogram": 200,
    "Query.hunt": 500,
    "Query.processTree": 100,
    "Query.statistics": 10,
    "Trace.timeline": 20,
    "Trace.histogram": 20,
    "Trace.path": 20,
    "Process.ancestors": 64,
    "Subscription.traceProgress": 500,
    "Subscription.startedTrace": 50,
    "Mutation.startTrace": 500,
    "Alert.backtrack": 500,
    "Alert.forward": 500,
    "Mutation.submitAlerts": 100,
    "Incident.alerts": 10,
    "Incident.chain": 10,
}
"""The weights of fields that cost more than the read of an entity."""
SIZES: Mapping[str, int] = {
    "Trace.entries": 50,
    "Trace.chain": 60,
    "Trace.decoded": 20,
    "Trace.path": 20,
    "Process.ancestors": 20,
    "ProcessTree.rows": 100,
    "WayBetween.steps": 20,
    "PathsBetween.paths": 1,
    "RankedPath.steps": 20,
    "TraceProgress.bestPath": 20,
    "TraceProgress.nodes": 200,
    "TraceProgress.flows": 200,
    "Moment.flows": 3,
    "Trace.start": 5,
    "Trace.hosts": 20,
    "Trace.histogram": 60,
    "Query.histogram": 500,
    "Query.hunts": 50,
    "Hunt.parameters": 1,
    "Hunt.columns": 7,
    "HuntResult.rows": 100,
    "HuntRow.values": 8,
    "Statistics.entities": 5,
    "Statistics.flows": 20,
    "Mutation.submitAlerts": 20,
    "Mutation.splitIncident": 2,
    "Incident.hosts": 20,
    "Incident.entries": 20,
    "Incident.chain": 60,
    "Incident.notes": 20,
}
"""The expected sizes of lists without pages; of all others it is `_FEW`."""
_INTROSPECTION = frozenset(("__schema", "__type"))
_FEW = 5
_MOST = 1 << 40


@dataclass(frozen=True, slots=True)
class Measure:
    """The measure of an operation or a part of it."""

    depth: int
    aliases: int
    cost: int
    introspects: bool = False

    def plus(self, other: Measure) -> Measure:
        """The measure of both in one selection."""
        return Measure(
            max(self.depth, other.depth),
            self.aliases + other.aliases,
            min(self.cost + other.cost, _MOST),
            self.introspects or other.introspects,
        )


_NOTHING = Measure(0, 0, 0)


def measure(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, variables: Mapping[str, Any]
) -> Measure:
    """The measure of an operation of a valid document."""
    root = schema.get_root_type(operation.operation)
    defaults = {
        definition.variable.name.value: int(definition.default_value.value)
        for definition in operation.variable_definitions or ()
        if isinstance(definition.default_value, IntValueNode)
    }
    return _Measurer(schema, document, defaults | dict(variables)).selection(operation.selection_set, root)


class _Measurer:
    def __init__(self, schema: GraphQLSchema, document: DocumentNode, variables: Mapping[str, Any]) -> None:
        self._schema = schema
        self._variables = variables
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._measured: dict[str, Measure] = {}

    def selection(self, selection: SelectionSetNode | None, parent: GraphQLNamedType | None) -> Measure:
        found = _NOTHING
        for part in selection.selections if selection is not None else ():
            if isinstance(part, FieldNode):
                found = found.plus(self._field(part, parent))
            elif isinstance(part, FragmentSpreadNode):
                found = found.plus(self._fragment(part.name.value))
            elif isinstance(part, InlineFragmentNode):
                condition = part.type_condition
                inner = parent if condition is None else self._schema.get_type(condition.name.value)
                found = found.plus(self.selection(part.selection_set, inner))
        return found

    def _fragment(self, name: str) -> Measure:
        if name not in self._measured:
            fragment = self._fragments[name]
            inner = self._schema.get_type(fragment.type_condition.name.value)
            self._measured[name] = self.selection(fragment.selection_set, inner)
        return self._measured[name]

    def _field(self, node: FieldNode, parent: GraphQLNamedType | None) -> Measure:
        aliases = int(node.alias is not None)
        if node.name.value in _INTROSPECTION:
            return Measure(1, aliases, 0, True)
        known = parent.fields.get(node.name.value) if is_object_type(parent) or is_interface_type(parent) else None
        if known is None:
            return Measure(1, aliases, 0)
        kind = get_named_type(known.type)
        inner = self.selection(node.selection_set, kind)
        place = f"{parent.name if parent is not None else ''}.{node.name.value}"
        own = WEIGHTS.get(place, int(is_composite_type(kind)))
        cost = min(own + self._size(node, known, place) * inner.cost, _MOST)
        return Measure(inner.depth + 1, inner.aliases + aliases, cost, inner.introspects)

    def _size(self, node: FieldNode, known: GraphQLField, place: str) -> int:
        if "first" in known.args:
            return self._page_size(node, known)
        if "ids" in known.args:
            return max(self._number_of_ids(node), 1)
        return SIZES.get(place, 1 if place.endswith("Connection.edges") or not _is_list(known) else _FEW)

    def _page_size(self, node: FieldNode, known: GraphQLField) -> int:
        value: Any = known.args["first"].default_value
        for argument in node.arguments or ():
            if argument.name.value == "first":
                value = self._value(argument.value, value)
        return max(value, 1) if isinstance(value, int) else 1

    def _value(self, given: Any, default: Any) -> Any:
        if isinstance(given, VariableNode):
            return self._variables.get(given.name.value, default)
        return int(given.value) if isinstance(given, IntValueNode) else default

    def _number_of_ids(self, node: FieldNode) -> int:
        for argument in node.arguments or ():
            if argument.name.value == "ids":
                given = argument.value
                value = self._variables.get(given.name.value) if isinstance(given, VariableNode) else None
                return len(given.values) if isinstance(given, ListValueNode) else len(value or ())
        return 1


def _is_list(known: GraphQLField) -> bool:
    kind = known.type.of_type if isinstance(known.type, GraphQLNonNull) else known.type
    return isinstance(kind, GraphQLList)
