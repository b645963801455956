"""The root fields of an operation, for the audit trail."""

from __future__ import annotations

from collections.abc import Iterator

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)


def root_fields(document: DocumentNode, operation: OperationDefinitionNode) -> list[str]:
    """The names of the root fields that an operation of a valid document requests, in order, without duplicates."""
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    seen: set[str] = set()

    def fields(selected: SelectionSetNode) -> Iterator[str]:
        for part in selected.selections:
            if isinstance(part, FieldNode):
                yield part.name.value
            elif isinstance(part, InlineFragmentNode):
                yield from fields(part.selection_set)
            elif isinstance(part, FragmentSpreadNode) and part.name.value not in seen:
                seen.add(part.name.value)
                yield from fields(fragments[part.name.value].selection_set)

    return list(dict.fromkeys(fields(operation.selection_set)))
