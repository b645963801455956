"""Hunts: searches of the whole store for suspicious behaviour."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import strawberry

from provenance.errors import UsageError
from provenance.render.hunt import printed, stores_of
from provenance.service.graphql.base.scalars import Text
from provenance.store.hunts import LEAST, MOST
from provenance.store.hunts import Hunt as StoredHunt
from provenance.store.hunts import HuntResult as StoredResult
from provenance.store.interface import Store

MOST_ROWS = 1_000


@strawberry.type(description="A parameter of a hunt: a whole number.")
class HuntParameter:
    """A parameter of a hunt."""

    name: str = strawberry.field(description="The name.")
    default: int = strawberry.field(description="The value without another one.")
    least: int = strawberry.field(description="The least value.")
    most: int = strawberry.field(description="The greatest value.")


@strawberry.type(description="A column of the rows of a hunt.")
class HuntColumn:
    """A column of a hunt."""

    name: str = strawberry.field(description="The name.")
    type: str = strawberry.field(description="The type of its values: text, integer, number, flag, list or time.")


@strawberry.type(description="A hunt: a search of the whole store for one kind of suspicious behaviour.")
class Hunt:
    """A hunt."""

    name: str = strawberry.field(description="The name.")
    title: str = strawberry.field(description="What it finds.")
    parameters: list[HuntParameter] = strawberry.field(description="Its parameters.")
    columns: list[HuntColumn] = strawberry.field(description="The columns of its rows.")
    stores: list[str] = strawberry.field(description="The kinds of store that it runs on: SQLite, Neo4j.")
    supported: bool = strawberry.field(description="Whether it runs on the store of this service.")


@strawberry.type(description="A row of a hunt.")
class HuntRow:
    """A row of a hunt."""

    values: list[Text | None] = strawberry.field(
        description="A value for each column, as text: times as RFC 3339, lists as JSON; null for no value."
    )


@strawberry.type(description="The rows that a hunt found.")
class HuntResult:
    """The result of a hunt."""

    hunt: Hunt = strawberry.field(description="The hunt.")
    rows: list[HuntRow] = strawberry.field(description="The rows, in the order of the hunt.")
    more: bool = strawberry.field(description="Whether there are more rows than these.")


@strawberry.input(description="The value of a parameter of a hunt.")
class HuntParameterInput:
    """The value of a parameter."""

    name: str = strawberry.field(description="The name of the parameter.")
    value: int = strawberry.field(description="The value.")


HuntName = Annotated[str, strawberry.argument(description="The name of the hunt.")]
HuntParameters = Annotated[
    list[HuntParameterInput] | None,
    strawberry.argument(description="Values of parameters; others have their defaults."),
]
HuntRows = Annotated[int, strawberry.argument(description=f"The largest number of rows, 1 to {MOST_ROWS:,}.")]


def hunt_of(hunt: StoredHunt, store: Store) -> Hunt:
    """The hunt of the schema for one of a store."""
    return Hunt(
        name=hunt.name,
        title=hunt.title,
        parameters=[
            HuntParameter(name=name, default=default, least=LEAST, most=MOST)
            for name, default in hunt.parameters.items()
        ],
        columns=[HuntColumn(name=column.name, type=column.type) for column in hunt.columns],
        stores=stores_of(hunt),
        supported=store.supports(hunt),
    )


def found_by(store: Store, hunt: StoredHunt, given: Sequence[HuntParameterInput] | None, first: int) -> HuntResult:
    """The rows of a hunt. Raises UsageError, OutOfTime."""
    if not 1 <= first <= MOST_ROWS:
        raise UsageError(f"first: invalid value {first}: expected 1 to {MOST_ROWS}")
    names = [one.name for one in given or ()]
    if len(set(names)) < len(names):
        raise UsageError("parameters: a parameter is given twice")
    found = store.hunt(hunt, {one.name: one.value for one in given or ()}, first)
    return HuntResult(hunt=hunt_of(hunt, store), rows=_rows(found), more=found.more)


def _rows(found: StoredResult) -> list[HuntRow]:
    columns = found.hunt.columns
    texts = ([printed(column, value) for column, value in zip(columns, row, strict=True)] for row in found.rows)
    return [HuntRow(values=[None if text is None else Text(text) for text in row]) for row in texts]
