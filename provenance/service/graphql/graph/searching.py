"""Search over all entities: by conditions in order of time, or by free text in order of how well it fits."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from itertools import islice

import strawberry

from provenance.errors import UsageError
from provenance.ingest.identity import EntityKind
from provenance.investigation.selecting import address, port_number
from provenance.service.graphql.base.pages import Connection, Key, checked, page, read_cursor
from provenance.service.graphql.base.scalars import BigInt, Pattern, Text
from provenance.service.graphql.graph.graph import Entity, entity_of
from provenance.service.graphql.graph.hashes import with_hash
from provenance.store.interface import Node, Selector, Store
from provenance.text.labels import paths

MOST = 10_000
"""Matches of free text in one field that are ranked."""
_GLOB = re.compile(r"([*?[])")


@strawberry.input(description="Conditions on entities. A match meets all that are given.")
class SearchInput:
    """`text` ranks; the others only choose."""

    text: Text | None = strawberry.field(
        default=None,
        description=(
            "Free text: a part of a command line, of any path that a file ever had, or an IP address. A "
            "match of the complete name ranks first, then one at its beginning, then one of its last "
            "part, then one anywhere; among equals the earlier entity ranks first. If one kind has more "
            "than 10,000 matches, only the earliest are ranked."
        ),
    )
    kinds: list[EntityKind] | None = strawberry.field(
        default=None, description="Only entities of these kinds; null for all."
    )
    host: Text | None = strawberry.field(default=None, description="Only on this host.")
    command: Pattern | None = strawberry.field(default=None, description="Processes whose command line matches.")
    pid: BigInt | None = strawberry.field(default=None, description="Processes with this process id.")
    path: Text | None = strawberry.field(
        default=None, description="Files that had this path at any time; the path may be a glob pattern."
    )
    path_prefix: Text | None = strawberry.field(
        default=None, description="Files that had a path with this beginning at any time."
    )
    ip: str | None = strawberry.field(default=None, description="Endpoints with this address.")
    port: BigInt | None = strawberry.field(default=None, description="Endpoints with this port.")
    user: Text | None = strawberry.field(
        default=None, description="Processes and sessions of this user, by name or number."
    )
    hash: str | None = strawberry.field(
        default=None,
        description=(
            "Files with this hash (a SHA-256, or ALGORITHM:HEX), the entities that alerts with this hash "
            "are about, and the files at the paths in those alerts. Can be combined with `kinds` and "
            "`host` only."
        ),
    )


def search(store: Store, asked: SearchInput, first: int, after: str | None) -> Connection[Entity]:
    """A page of the entities that match. Raises UsageError."""
    checked(first)
    if asked.hash is not None:
        return _with_hash(store, asked, asked.hash, first, after)
    selectors = _selectors(asked)
    if asked.text is not None:
        return _ranked(store, selectors, asked, first, after)
    place = read_cursor(after, (int, int))
    found = (node for node in _matches(store, selectors[0], asked, None) if place is None or _place(node) > place)
    shown = list(islice(found, first + 1))
    return page(shown, _place, entity_of, first, after, len(shown) if place is None and len(shown) <= first else None)


def _with_hash(store: Store, asked: SearchInput, hash: str, first: int, after: str | None) -> Connection[Entity]:
    if asked != SearchInput(kinds=asked.kinds, host=asked.host, hash=hash):
        raise UsageError("hash goes with kinds and host only")
    found = with_hash(store, hash, None if asked.kinds is None else frozenset(asked.kinds), asked.host)
    return page(found, _place, entity_of, first, after, len(found))


def _ranked(
    store: Store, selectors: Sequence[Selector], asked: SearchInput, first: int, after: str | None
) -> Connection[Entity]:
    """The best first, of as many as are looked through."""
    matches = [list(_matches(store, selector, asked, MOST)) for selector in selectors]
    ranked = [(_rank(node, asked.text or ""), node) for found in matches for node in found]
    ranked.sort(key=_ranked_place)
    total = len(ranked) if all(len(found) < MOST for found in matches) else None
    return page(ranked, _ranked_place, lambda found: entity_of(found[1]), first, after, total)


def _place(node: Node) -> Key:
    return node.first, node.id


def _ranked_place(found: tuple[int, Node]) -> Key:
    return found[0], *_place(found[1])


def _matches(store: Store, selector: Selector, asked: SearchInput, most: int | None) -> Iterator[Node]:
    """The entities that match, in order of time."""
    for node in store.find(selector, most):
        if asked.user is None or _belongs(node, asked.user):
            yield node


def _selectors(asked: SearchInput) -> list[Selector]:
    """The searches whose union is meant: one, or with free text one for each field that it may be in."""
    if asked.path is not None and asked.path_prefix is not None:
        raise UsageError("path and pathPrefix together: give one of them")
    file = asked.path if asked.path_prefix is None else f"{_literal(asked.path_prefix)}*"
    kinds = None if asked.kinds is None else frozenset(asked.kinds)
    ip = None if asked.ip is None else address(asked.ip)
    one = Selector(kinds, asked.host, asked.command, asked.pid, file, ip, port_number(asked.port))
    if asked.text is None:
        return [_of_user(one) if asked.user is not None else one]
    if one != Selector(kinds, asked.host) or asked.text == "":
        raise UsageError("text goes with kinds, host and user only, and is not empty")
    wanted = frozenset(EntityKind) if kinds is None else kinds
    found = [
        Selector(wanted & {EntityKind.PROCESS}, asked.host, re.escape(asked.text)),
        Selector(wanted & {EntityKind.FILE}, asked.host, file=f"*{_literal(asked.text)}*"),
    ]
    if _is_address(asked.text):
        found.append(Selector(wanted & {EntityKind.ENDPOINT}, asked.host, remote_ip=address(asked.text)))
    return [selector for selector in found if selector.kinds]


def _of_user(selector: Selector) -> Selector:
    """Only processes and sessions belong to a user."""
    of_users = frozenset((EntityKind.PROCESS, EntityKind.SESSION))
    kinds = of_users if selector.kinds is None else selector.kinds & of_users
    return Selector(
        kinds,
        selector.host,
        selector.command,
        selector.pid,
        selector.file,
        selector.remote_ip,
        selector.remote_port,
    )


def _literal(text: str) -> str:
    """A text as part of a glob that means just this text."""
    return _GLOB.sub(r"[\1]", text)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _belongs(node: Node, user: str) -> bool:
    known = node.attributes
    return any(str(known.get(name)) == user for name in ("user", "uid", "euid", "auid") if known.get(name) is not None)


def _rank(node: Node, text: str) -> int:
    """0 for the best."""
    return min((_fit(name, text) for name in _names(node)), default=4)


def _names(node: Node) -> list[str]:
    if node.kind is EntityKind.FILE:
        return paths(node)
    return [str(node.attributes[name]) for name in ("command", "exe", "ip") if node.attributes.get(name)]


def _fit(name: str, text: str) -> int:
    if name == text:
        return 0
    if name.startswith(text):
        return 1
    return 2 if name.rpartition("/")[2].startswith(text) else 3
