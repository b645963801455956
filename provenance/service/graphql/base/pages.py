"""Relay connections with keyset cursors: a cursor holds the place of an element in its order, never its number."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Generic, TypeVar

import strawberry

from provenance.errors import UsageError

MOST = 100
"""Elements of a page at most."""
_INTEGERS = range(-(1 << 63), 1 << 63)
Key = tuple[int | str, ...]
_T = TypeVar("_T")
_U = TypeVar("_U")

First = Annotated[int, strawberry.argument(description=f"The largest number of elements, 1 to {MOST}.")]
After = Annotated[str | None, strawberry.argument(description="Only elements after the one with this cursor.")]


@strawberry.type(description="The position of a page in a list (Relay).")
class PageInfo:
    """`hasPreviousPage` is whether a cursor was given: pages are only turned forwards."""

    has_next_page: bool = strawberry.field(description="Whether the list has elements after this page.")
    has_previous_page: bool = strawberry.field(description="Whether the page was requested with a cursor.")
    start_cursor: str | None = strawberry.field(description="Cursor of the first element; null on an empty page.")
    end_cursor: str | None = strawberry.field(
        description="Cursor of the last element, to be given as `after` for the next page."
    )


@strawberry.type(description="An element of a page (Relay).")
class Edge(Generic[_T]):
    """A cursor and what it points at."""

    cursor: str = strawberry.field(description="The position of the element in the list, to be given as `after`.")
    node: _T = strawberry.field(description="The element.")


@strawberry.type(description="A page of a list (Relay).")
class Connection(Generic[_T]):
    """Elements in the order of their keys."""

    edges: list[Edge[_T]] = strawberry.field(description="The elements of the page.")
    page_info: PageInfo = strawberry.field(description="The position of the page in the list.")
    total_count: int | None = strawberry.field(
        description="The number of elements on all pages; null when there are too many to count."
    )


def checked(first: int) -> int:
    """The size of a page. Raises UsageError."""
    if not 1 <= first <= MOST:
        raise UsageError(f"first is {first}: a page has 1 to {MOST} elements")
    return first


def write_cursor(key: Key) -> str:
    """A key as a cursor."""
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
        raise UsageError(f"{cursor[:80]!r} is no cursor") from error
    if not isinstance(key, list) or [type(part) for part in key] != list(shape) or not all(map(_fits, key)):
        raise UsageError(f"{cursor[:80]!r} is no cursor of this list")
    return tuple(key)


def _fits(part: int | str) -> bool:
    """Whether a store can compare with it."""
    return part in _INTEGERS if isinstance(part, int) else part.isascii()


def page(
    items: Sequence[_T],
    key: Callable[[_T], Key],
    show: Callable[[_T], _U],
    first: int,
    after: str | None,
    total: int | None,
) -> Connection[_U]:
    """A page of `items`, which are in the order of their keys and hold at least the elements after the cursor and one
    more than fits. Raises UsageError for a size or cursor that means nothing."""
    checked(first)
    shape = tuple(type(part) for part in key(items[0])) if items else ()
    place = read_cursor(after, shape) if items else None
    rest = [item for item in items if place is None or key(item) > place]
    shown = [Edge(cursor=write_cursor(key(item)), node=show(item)) for item in rest[:first]]
    return Connection(
        edges=shown,
        page_info=PageInfo(
            has_next_page=len(rest) > first,
            has_previous_page=after is not None,
            start_cursor=shown[0].cursor if shown else None,
            end_cursor=shown[-1].cursor if shown else None,
        ),
        total_count=total,
    )
