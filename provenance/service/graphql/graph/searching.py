"""Search for entities: by conditions, in order of time, or by free text, the best match first."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from itertools import islice

import strawberry

from provenance.errors import UsageError
from provenance.ingest.identity import EntityKind
from provenance.investigation.selecting import address, port_number
from provenance.service.graphql.base.pages import Connection, Key, check_size, page, read_cursor
from provenance.service.graphql.base.scalars import BigInt, Pattern, Text
from provenance.service.graphql.graph.graph import Entity, entity_of
from provenance.service.graphql.graph.hashes import entities_with_hash
from provenance.store.interface import Node, Selector, Store
from provenance.text.accounts import users_of
from provenance.text.labels import paths

MOST = 10_000
"""The most matches of free text in one field that are ranked."""
_GLOB = re.compile(r"([*?[])")


@strawberry.input(description="Conditions on entities. A match meets all that are given.")
class SearchInput:
    """The conditions of a search. `text` ranks the matches; the others only filter."""

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


def search(store: Store, where: SearchInput, first: int, after: str | None) -> Connection[Entity]:
    """A page of the entities that match. Raises UsageError."""
    check_size(first)
    if where.hash is not None:
        return _page_with_hash(store, where, where.hash, first, after)
    selectors = _selectors(where)
    if where.text is not None:
        return _ranked(store, selectors, where, first, after)
    place = read_cursor(after, (int, int))
    found = (node for node in _matches(store, selectors[0], where, None) if place is None or _place(node) > place)
    items = list(islice(found, first + 1))
    return page(items, _place, entity_of, first, after, len(items) if place is None and len(items) <= first else None)


def _page_with_hash(store: Store, where: SearchInput, hash: str, first: int, after: str | None) -> Connection[Entity]:
    if where != SearchInput(kinds=where.kinds, host=where.host, hash=hash):
        raise UsageError("hash: can be combined with kinds and host only")
    found = entities_with_hash(store, hash, None if where.kinds is None else frozenset(where.kinds), where.host)
    return page(found, _place, entity_of, first, after, len(found))


def _ranked(
    store: Store, selectors: Sequence[Selector], where: SearchInput, first: int, after: str | None
) -> Connection[Entity]:
    """A page of ranked matches, the best first; at most `MOST` of each field are ranked."""
    matches = [list(_matches(store, selector, where, MOST)) for selector in selectors]
    ranked = [(_rank(node, where.text or ""), node) for found in matches for node in found]
    ranked.sort(key=_ranked_place)
    total = len(ranked) if all(len(found) < MOST for found in matches) else None
    return page(ranked, _ranked_place, lambda found: entity_of(found[1]), first, after, total)


def _place(node: Node) -> Key:
    return node.first, node.id


def _ranked_place(found: tuple[int, Node]) -> Key:
    return found[0], *_place(found[1])


def _matches(store: Store, selector: Selector, where: SearchInput, most: int | None) -> Iterator[Node]:
    """The entities that match, in order of time."""
    for node in store.find(selector, most):
        if where.user is None or _belongs_to(node, where.user):
            yield node


def _selectors(where: SearchInput) -> list[Selector]:
    """The selectors whose union is searched: one, or with free text one for each field that may contain it."""
    if where.path is not None and where.path_prefix is not None:
        raise UsageError("path and pathPrefix cannot be combined")
    file = where.path if where.path_prefix is None else f"{_literal(where.path_prefix)}*"
    kinds = None if where.kinds is None else frozenset(where.kinds)
    ip = None if where.ip is None else address(where.ip)
    one = Selector(kinds, where.host, where.command, where.pid, file, ip, port_number(where.port))
    if where.text is None:
        return [_of_user(one) if where.user is not None else one]
    if one != Selector(kinds, where.host) or where.text == "":
        raise UsageError("text: can be combined with kinds, host and user only, and must not be empty")
    wanted = frozenset(EntityKind) if kinds is None else kinds
    found = [
        Selector(wanted & {EntityKind.PROCESS}, where.host, re.escape(where.text)),
        Selector(wanted & {EntityKind.FILE}, where.host, file=f"*{_literal(where.text)}*"),
    ]
    if _is_address(where.text):
        found.append(Selector(wanted & {EntityKind.ENDPOINT}, where.host, remote_ip=address(where.text)))
    return [selector for selector in found if selector.kinds]


def _of_user(selector: Selector) -> Selector:
    """The selector limited to processes and sessions, the only kinds that belong to a user."""
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
    """A text escaped for a glob pattern."""
    return _GLOB.sub(r"[\1]", text)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def _belongs_to(node: Node, user: str) -> bool:
    return user in users_of(node)


def _rank(node: Node, text: str) -> int:
    """The rank of a match, 0 for the best."""
    return min((_rank_of_name(name, text) for name in _names(node)), default=4)


def _names(node: Node) -> list[str]:
    if node.kind is EntityKind.FILE:
        return paths(node)
    return [str(node.attributes[name]) for name in ("command", "exe", "ip") if node.attributes.get(name)]


def _rank_of_name(name: str, text: str) -> int:
    if name == text:
        return 0
    if name.startswith(text):
        return 1
    return 2 if name.rpartition("/")[2].startswith(text) else 3
