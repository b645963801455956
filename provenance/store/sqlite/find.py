"""Finding nodes by conditions: each kind of condition has an index, and that of the narrowest condition is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from provenance.ingest.identity import EntityKind
from provenance.store.globs import Glob
from provenance.store.hunts import Stop
from provenance.store.interface import Selector
from provenance.store.patterns import compile_pattern, matching, membership, user_number
from provenance.store.sqlite.expand import Query
from provenance.store.sqlite.text import pack_json, pack_text, unpack_text

_HAD_USER = """instr(entity.attributes, '"users"') AND EXISTS (
    SELECT 1 FROM json_each(entity.attributes, '$.users') WHERE value IN (json_extract(?, '$[0]'), ?)
)"""
_NARROW_ENOUGH = 5_000
"""Up to this many programs that meet the other conditions, a pattern is searched only in those."""


@dataclass(slots=True)
class _Conditions:
    """WHERE terms over `entity` with their parameters; `index` serves the first of them."""

    index: str = "entity_host"
    terms: list[str] = field(default_factory=list)
    parameters: list[Any] = field(default_factory=list)

    def add(self, term: str, *parameters: Any, index: str | None = None) -> None:
        if index is not None and self.index == "entity_host":
            self.index = index
        self.terms.append(term)
        self.parameters.extend(parameters)

    def sql(self, what: str) -> str:
        """A statement for the entities that meet the conditions."""
        source = "entity" if self.index == "primary" else f"entity INDEXED BY {self.index}"
        return f"SELECT {what} FROM {source} CROSS JOIN node ON node.key = entity.key WHERE {' AND '.join(self.terms)}"


def find(query: Query, selector: Selector, limit: int | None, newest: bool, stop: Stop) -> Iterator[int]:
    """The ids of the nodes that match, in order of (first, id); with `newest`, the latest first."""
    if selector.command is not None:
        compile_pattern(selector.command)
    conditions = _conditions(query, selector)
    if selector.command is not None:
        _add_command(query, conditions, selector.command, stop)
    statement = f"{conditions.sql('node.id')} ORDER BY entity.first {'DESC' if newest else ''}, node.id LIMIT ?"
    for (id,) in query(statement, (*conditions.parameters, -1 if limit is None else limit)):
        yield id


def _conditions(query: Query, selector: Selector) -> _Conditions:
    found = _Conditions()
    if selector.file is not None:
        files = pack_json(_files(query, Glob(selector.file)))
        found.add("entity.key IN (SELECT value FROM json_each(?))", files, index="primary")
    if selector.hash is not None:
        files = pack_json(_named(query, selector.hash))
        found.add("entity.key IN (SELECT value FROM json_each(?))", files, index="primary")
    if selector.remote_ip is not None:
        found.add("entity.ip = ?", pack_text(selector.remote_ip), index="entity_address")
    if selector.network is not None:
        addresses = pack_json([unpack_text(ip) for ip in _addresses(query, selector.network)])
        found.add("entity.ip IN (SELECT CAST(value AS BLOB) FROM json_each(?))", addresses, index="entity_address")
    if selector.remote_port is not None:
        found.add("entity.port = ?", selector.remote_port, index="entity_port")
    if selector.pid is not None:
        found.add("entity.pid = ?", selector.pid, index="entity_pid")
    if selector.user is not None:
        _add_user(found, selector.user)
    kinds = selector.kinds if selector.kinds is not None else frozenset(EntityKind)
    hosts = "SELECT key FROM host" if selector.host is None else "SELECT key FROM host WHERE name = ?"
    found.add(f"entity.host IN ({hosts})", *([] if selector.host is None else [pack_text(selector.host)]))
    found.add(f"entity.kind IN ({', '.join(str(int(kind)) for kind in sorted(kinds))})")
    for term, moment in (("entity.first >= ?", selector.since), ("entity.first <= ?", selector.until)):
        if moment is not None:
            found.add(term, moment)
    return found


def _addresses(query: Query, network: str) -> list[bytes]:
    """The addresses of endpoints that lie in a network: each distinct address is looked at once."""
    known = query("SELECT DISTINCT ip FROM entity INDEXED BY entity_address WHERE ip IS NOT NULL")
    inside = membership(network)
    return [ip for (ip,) in known if inside(unpack_text(ip))]


def _add_user(conditions: _Conditions, user: str) -> None:
    """Processes by the attributes that they share with others (`program`), sessions by their own."""
    number = user_number(user)
    terms = "json_extract({0}, '$.user') = json_extract(?, '$[0]') OR coalesce(? IN ({1}), 0)"
    shared = ", ".join(f"json_extract(attributes, '$.{name}')" for name in ("uid", "euid", "auid"))
    own = "json_extract(entity.attributes, '$.auid')"
    packed = pack_json([user])
    conditions.add(
        f"(entity.program IN (SELECT key FROM program WHERE {terms.format('attributes', shared)})"
        f" OR (entity.kind = {int(EntityKind.PROCESS)} AND {_HAD_USER})"
        f" OR (entity.kind = {int(EntityKind.SESSION)} AND ({terms.format('entity.attributes', own)})))",
        *(packed, number, packed, None if number is None else str(number), packed, number),
    )


def _add_command(query: Query, conditions: _Conditions, pattern: str, stop: Stop) -> None:
    """Search programs instead of processes, so that each distinct command line is searched once."""
    texts: dict[str, list[int]] = {}
    for key, command in _programs(query, conditions):
        texts.setdefault(unpack_text(command), []).append(key)
    places = list(texts)
    keys = [key for place in matching(pattern, places, stop) for key in texts[places[place]]]
    conditions.add("entity.program IN (SELECT value FROM json_each(?))", pack_json(keys), index="entity_program")


def _programs(query: Query, conditions: _Conditions) -> list[Any]:
    if conditions.index != "entity_host":
        some = query(
            f"{conditions.sql('DISTINCT entity.program')} AND entity.program IS NOT NULL LIMIT {_NARROW_ENOUGH + 1}",
            conditions.parameters,
        )
        if len(some) <= _NARROW_ENOUGH:
            requested = pack_json([key for (key,) in some])
            return query(
                "SELECT program.key, command FROM json_each(?) AS requested CROSS JOIN program ON program.key = requested.value"
                " WHERE command IS NOT NULL",
                (requested,),
            )
    return query("SELECT key, command FROM program WHERE command IS NOT NULL")


def _files(query: Query, glob: Glob) -> list[int]:
    """The keys of the nodes that ever had a path that the glob matches."""
    if glob.plain:
        return _named(query, glob.pattern) if glob.matches(glob.pattern) else []
    return _with_names(query, [key for key, text in _candidates(query, glob) if glob.matches(unpack_text(text))])


def _named(query: Query, name: str) -> list[int]:
    """The keys of the nodes that ever had this name: a path or a hash."""
    return _with_names(query, [key for (key,) in query("SELECT key FROM path WHERE text = ?", (pack_text(name),))])


def _with_names(query: Query, keys: list[int]) -> list[int]:
    requested = pack_json(keys)
    found = query(
        "SELECT DISTINCT file FROM json_each(?) AS requested CROSS JOIN name ON name.path = requested.value",
        (requested,),
    )
    return [file for (file,) in found]


def _candidates(query: Query, glob: Glob) -> list[Any]:
    """Paths with the glob's fixed beginning, by index, that contain its longest fixed text."""
    low = pack_text(glob.prefix)
    fixed = pack_text(glob.fixed())
    high = low.rstrip(b"\xff")
    if high:
        high = high[:-1] + bytes((high[-1] + 1,))
        return query("SELECT key, text FROM path WHERE text >= ? AND text < ? AND instr(text, ?)", (low, high, fixed))
    return query("SELECT key, text FROM path WHERE instr(text, ?)", (fixed,))
