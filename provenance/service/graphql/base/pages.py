"""Pages: Relay connections with keyset cursors. A cursor holds the sort key of an element, never its number."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import strawberry

from provenance.errors import UsageError

MOST = 100
"""The most elements of a page."""
_INTEGERS = range(-(1 << 63), 1 << 63)
Key = tuple[int | str, ...]
_T = TypeVar("_T")
_U = TypeVar("_U")

First = Annotated[int, strawberry.argument(description=f"The largest number of elements, 1 to {MOST}.")]
After = Annotated[str | None, strawberry.argument(description="Only elements after the one with this cursor.")]


@strawberry.type(description="The position of a page in a list (Relay).")
class PageInfo:
    """The position of a page. `hasPreviousPage` is true if the request had a cursor: pages are read forwards only."""

    has_next_page: bool = strawberry.field(description="Whether the list has elements after this page.")
    has_previous_page: bool = strawberry.field(description="Whether the page was requested with a cursor.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first element; null on an empty page.")
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last element, to be given as `after` for the next page."
    )


@strawberry.type(description="An element of a page (Relay).")
class Edge(Generic[_T]):
    """An element with its cursor."""

    cursor: str = strawberry.field(description="The position of the element in the list, to be given as `after`.")
    node: _T = strawberry.field(description="The element.")


@strawberry.type(description="A page of a list (Relay).")
class Connection(Generic[_T]):
    """A page: elements in the order of their keys."""

    edges: list[Edge[_T]] = strawberry.field(description="The elements of the page.")
    page_info: PageInfo = strawberry.field(description="The position of the page in the list.")
    total_count: int | None = strawberry.field(
        description="The number of elements on all pages; null when there are too many to count."
    )


def check_size(first: int) -> None:
    """Raises UsageError for an invalid size of a page."""
    if not 1 <= first <= MOST:
        raise UsageError(f"first: invalid value {first}: a page has 1 to {MOST} elements")


def write_cursor(key: Key) -> str:
    """The cursor of a key."""
    text = json.dumps(list(key), separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode("ascii")).decode("ascii").rstrip("=")


def read_cursor(cursor: str | None, shape: tuple[type, ...]) -> Key | None:
    """The key in a cursor, whose elements have the types of `shape`. Raises UsageError."""
    if cursor is None:
        return None
    try:
        text = base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), b"-_", validate=True)
        key = json.loads(text)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise UsageError(f"after: invalid cursor {cursor[:80]!r}") from error
    if not isinstance(key, list) or [type(part) for part in key] != list(shape) or not all(map(_is_comparable, key)):
        raise UsageError(f"after: invalid cursor {cursor[:80]!r}: it belongs to another list")
    return tuple(key)


def _is_comparable(part: int | str) -> bool:
    """Whether a store can compare with a part of a key."""
    return part in _INTEGERS if isinstance(part, int) else part.isascii()


def page(
    items: Sequence[_T],
    key: Callable[[_T], Key],
    show: Callable[[_T], _U],
    first: int,
    after: str | None,
    total: int | None,
) -> Connection[_U]:
    """A page of `items`, which are in the order of their keys and include all elements of the page and one more. Raises
    UsageError for an invalid size or cursor."""
    check_size(first)
    shape = tuple(type(part) for part in key(items[0])) if items else ()
    place = read_cursor(after, shape) if items else None
    rest = [item for item in items if place is None or key(item) > place]
    edges = [Edge(cursor=write_cursor(key(item)), node=show(item)) for item in rest[:first]]
    return Connection(
        edges=edges,
        page_info=PageInfo(
            has_next_page=len(rest) > first,
            has_previous_page=after is not None,
            start_cursor=edges[0].cursor if edges else None,
            end_cursor=edges[-1].cursor if edges else None,
        ),
        total_count=total,
    )
