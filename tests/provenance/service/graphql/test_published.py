"""The published schema is the one that runs, and no released field breaks without an announcement."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from graphql import (
    GraphQLEnumType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    find_breaking_changes,
    parse,
    validate,
)
from provenance.model import NODES
from provenance.service.graphql.guard.cost import SIZES, WEIGHTS
from provenance.service.graphql.schema import schema_text
from tests.conftest import ROOT
from tests.provenance.service.graphql.conftest import OPERATIONS

FOLDER = ROOT / "graphql"
SHORT = {
    "accounts",
    "users",
    "argv",
    "paths",
    "names",
    "hashes",
    "addresses",
    "tallies",
    "blind",
    "decoded",
    "candidates",
    "differences",
}
"""Lists that are short by what they are."""


@pytest.fixture(scope="module")
def schema() -> GraphQLSchema:
    return build_schema(schema_text())


def objects(schema: GraphQLSchema) -> Iterator[tuple[str, Any]]:
    for name, kind in schema.type_map.items():
        if not name.startswith("__") and isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType)):
            yield name, kind


def is_list(field: GraphQLField) -> bool:
    kind = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    return isinstance(kind, GraphQLList)


def test_the_published_schema_is_what_runs(golden: Callable[[Path, str], None]) -> None:
    golden(FOLDER / "schema.graphql", schema_text())


def test_nothing_that_was_released_breaks_unannounced(schema: GraphQLSchema) -> None:
    released = build_schema((FOLDER / "released.graphql").read_text("utf-8"))
    announced = (FOLDER / "breaking.txt").read_text("utf-8").splitlines()
    broken = [change.description for change in find_breaking_changes(released, schema)]
    assert sorted(broken) == sorted(announced), "a breaking change is announced in breaking.txt, one a line"


def test_a_breaking_change_is_detected(schema: GraphQLSchema) -> None:
    text = schema_text().replace("  missingEvents: BigInt!", "  missingEvents: BigInt")
    assert text != schema_text()
    (change,) = find_breaking_changes(schema, build_schema(text))
    assert "missingEvents" in change.description


def test_everything_is_described(schema: GraphQLSchema) -> None:
    bare = [name for name, kind in schema.type_map.items() if not name.startswith("__") and not kind.description]
    for name, kind in schema.type_map.items():
        if name.startswith("__"):
            continue
        if isinstance(kind, GraphQLEnumType):
            bare += [f"{name}.{value}" for value, its in kind.values.items() if not its.description]
        if isinstance(kind, (GraphQLObjectType, GraphQLInterfaceType, GraphQLInputObjectType)):
            bare += [f"{name}.{field}" for field, its in kind.fields.items() if not its.description]
    for name, kind in objects(schema):
        for field, its in kind.fields.items():
            bare += [f"{name}.{field}({argument})" for argument, known in its.args.items() if not known.description]
    standard = {"Int", "String", "Boolean", "Float", "ID"}
    assert [place for place in bare if place not in standard] == []


def test_every_property_of_the_model_is_there(schema: GraphQLSchema) -> None:
    for model in NODES:
        kind = schema.type_map[model.label]
        assert isinstance(kind, GraphQLObjectType)
        for known in model.properties:
            head, *rest = known.name.split("_")
            assert head + "".join(part.title() for part in rest) in kind.fields, f"{model.label}.{known.name}"


def test_a_list_is_paged_or_its_size_is_known_to_the_cost(schema: GraphQLSchema) -> None:
    for name, kind in objects(schema):
        if name.endswith("Connection"):
            continue
        for field, its in kind.fields.items():
            if is_list(its) and field not in SHORT:
                named = f"{name}.{field}"
                assert named in SIZES or named in WEIGHTS or _leaf(its), named


def _leaf(field: GraphQLField) -> bool:
    """Whether a list holds only small values, or things that its arguments count."""
    return not isinstance(_inner(field), (GraphQLObjectType, GraphQLInterfaceType)) or "ids" in field.args


def _inner(field: GraphQLField) -> Any:
    kind: Any = field.type
    while hasattr(kind, "of_type"):
        kind = kind.of_type
    return kind


def test_every_field_with_a_cost_exists(schema: GraphQLSchema) -> None:
    for place in (*WEIGHTS, *SIZES):
        name, _, field = place.partition(".")
        kind = schema.type_map[name]
        assert isinstance(kind, GraphQLObjectType) and field in kind.fields, place


def test_connections_follow_the_relay_specification(schema: GraphQLSchema) -> None:
    connections = [kind for name, kind in objects(schema) if name.endswith("Connection")]
    assert len(connections) > 5
    for kind in connections:
        assert str(kind.fields["pageInfo"].type) == "PageInfo!"
        assert _inner(kind.fields["edges"]).fields.keys() == {"cursor", "node"}
    query = schema.query_type
    assert query is not None
    assert str(query.fields["node"].type) == "Node"
    assert all("offset" not in its.args for _, kind in objects(schema) for its in kind.fields.values())


@pytest.mark.parametrize("path", sorted(OPERATIONS.glob("*.graphql")), ids=lambda path: path.stem)
def test_an_operation_fits_the_schema(path: Path, schema: GraphQLSchema) -> None:
    text = path.read_text("utf-8")
    assert text.startswith("# "), "the first line says what it is for"
    assert validate(schema, parse(text)) == []
