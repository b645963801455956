"""TypeScript types of operations: the variables and data of each, exactly as in the schema.

For each operation NAME there are `NAMEVariables` and `NAMEData`. Where a selection depends on the kind of an entity, the type is
a union with a member for each kind with different fields; TypeScript distinguishes them if `__typename` is selected.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_abstract_type,
    is_leaf_type,
    is_required_input_field,
    type_from_ast,
)

_SCALARS: Mapping[str, str] = {
    "Boolean": "boolean",
    "Int": "number",
    "Float": "number",
    "BigInt": "number",
    "String": "string",
    "ID": "string",
    "Text": "string",
    "Time": "string",
    "Pattern": "string",
}
_HEAD = "// Generated from schema.graphql and operations/*.graphql. Do not edit.\n"


def types(schema: GraphQLSchema, documents: Iterable[DocumentNode]) -> str:
    """The text of a module with the types of all operations in valid documents, and the enums and inputs that they use."""
    parts = [part for document in documents for part in _TypeWriter(schema, document).operations()]
    operations = "\n".join(parts)
    used = [text for name, text in _shared_types(schema) if name in operations or name.endswith("Input")]
    return "\n".join((_HEAD, *used, *parts))


def _shared_types(schema: GraphQLSchema) -> Iterator[tuple[str, str]]:
    for name, kind in sorted(schema.type_map.items()):
        if name.startswith("__"):
            continue
        if isinstance(kind, GraphQLEnumType):
            values = " | ".join(f'"{value}"' for value in kind.values)
            yield name, f"export type {name} = {values};\n"
        elif isinstance(kind, GraphQLInputObjectType):
            fields = [
                f"  {field}{'' if is_required_input_field(its) else '?'}: {_input(its.type)};\n"
                for field, its in kind.fields.items()
            ]
            yield name, f"export interface {name} {{\n{''.join(fields)}}}\n"


def _input(kind: Any) -> str:
    """The type of an input value."""
    if isinstance(kind, GraphQLNonNull):
        return _input(kind.of_type).removesuffix(" | null")
    if isinstance(kind, GraphQLList):
        return f"readonly ({_input(kind.of_type)})[] | null"
    return f"{_SCALARS.get(kind.name, kind.name)} | null"


class _TypeWriter:
    """Writes the types of the operations of one document."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self._schema = schema
        self._document = document
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }

    def operations(self) -> Iterator[str]:
        """The types of the variables and the data of each operation."""
        for definition in self._document.definitions:
            if isinstance(definition, OperationDefinitionNode) and definition.name is not None:
                name = definition.name.value
                yield f"export interface {name}Variables {{\n{''.join(self._variables(definition))}}}\n"
                root = self._schema.get_root_type(definition.operation)
                yield f"export type {name}Data = {self._selection(definition.selection_set, root, '')};\n"

    def _variables(self, definition: OperationDefinitionNode) -> Iterator[str]:
        for variable in definition.variable_definitions or ():
            kind = type_from_ast(self._schema, variable.type)
            optional = not isinstance(kind, GraphQLNonNull) or variable.default_value is not None
            yield f"  {variable.variable.name.value}{'?' if optional else ''}: {_input(kind)};\n"

    def _selection(self, selection: SelectionSetNode, parent: Any, indent: str) -> str:
        """The type of a selection: an object type, or a union of those of the possible kinds."""
        possible = self._schema.get_possible_types(parent) if is_abstract_type(parent) else [parent]
        merged: dict[str, list[str]] = {}
        for kind in possible:
            fields = self._fields(selection, kind)
            body = "".join(f"{indent}  {name}: {self._of(nodes, kind, indent)};\n" for name, nodes in fields.items())
            merged.setdefault(body, []).append(kind.name)
        texts = (self._object(body, kinds, indent) for body, kinds in merged.items())
        return " | ".join(texts)

    def _object(self, body: str, kinds: list[str], indent: str) -> str:
        names = " | ".join(f'"{kind}"' for kind in kinds)
        return "{\n" + body.replace(_TYPENAME, names) + indent + "}"

    def _fields(self, selection: SelectionSetNode, kind: GraphQLObjectType) -> dict[str, list[FieldNode]]:
        """The fields that a selection requests of one kind, by their name in the answer."""
        found: dict[str, list[FieldNode]] = {}
        for part in selection.selections:
            if isinstance(part, FieldNode):
                found.setdefault(part.alias.value if part.alias else part.name.value, []).append(part)
                continue
            inner = self._fragments[part.name.value] if isinstance(part, FragmentSpreadNode) else part
            assert isinstance(inner, (FragmentDefinitionNode, InlineFragmentNode)), "a selection is of three kinds"
            condition = inner.type_condition
            if condition is None or self._fits(condition.name.value, kind):
                for name, nodes in self._fields(inner.selection_set, kind).items():
                    found.setdefault(name, []).extend(nodes)
        return found

    def _fits(self, condition: str, kind: GraphQLObjectType) -> bool:
        return condition == kind.name or condition in (interface.name for interface in kind.interfaces)

    def _of(self, nodes: list[FieldNode], parent: GraphQLObjectType, indent: str) -> str:
        if nodes[0].name.value == "__typename":
            return _TYPENAME
        return self._output(parent.fields[nodes[0].name.value].type, nodes, indent)

    def _output(self, kind: Any, nodes: list[FieldNode], indent: str) -> str:
        if isinstance(kind, GraphQLNonNull):
            return self._output(kind.of_type, nodes, indent).removesuffix(" | null")
        if isinstance(kind, GraphQLList):
            return f"({self._output(kind.of_type, nodes, indent)})[] | null"
        if is_leaf_type(kind):
            return f"{_SCALARS.get(kind.name, kind.name)} | null"
        parts = [part for node in nodes if node.selection_set for part in node.selection_set.selections]
        selection = SelectionSetNode(selections=tuple(parts))
        return f"{self._selection(selection, get_named_type(kind), indent + '  ')} | null"


_TYPENAME = "\0typename\0"
