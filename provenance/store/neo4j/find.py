"""Finding nodes by conditions: each kind of condition has an index, and that of the narrowest condition is used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice
from typing import Any

from provenance.ingest.identity import EntityKind
from provenance.store.globs import Glob
from provenance.store.hunts import Stop
from provenance.store.interface import Selector
from provenance.store.neo4j.server import Server
from provenance.store.neo4j.text import beginning, digest, fits_index, pack_text, short, unpack_text
from provenance.store.patterns import compile_pattern, matching, membership, user_number

_ALL = (1 << 63) - 1


def find(server: Server, selector: Selector, limit: int | None, newest: bool, stop: Stop) -> Iterator[int]:
    """The ids of the nodes that match, in order of (first, id); with `newest`, the latest first."""
    conditions = _conditions(selector) | {"sign": -1 if newest else 1}
    if selector.command is not None:
        compile_pattern(selector.command)
        conditions["commands"] = _commands(server, selector.command, stop)
    name = _narrowest(selector)
    if selector.network is not None:
        inside = membership(selector.network)
        addresses = [ip for (ip,) in server.stream("find/addresses") if inside(unpack_text(ip))]
        conditions["addresses"] = addresses
    if selector.file is not None:
        conditions["paths"] = _paths(server, Glob(selector.file))
    if selector.hash is not None:
        if selector.file is not None:
            having = set(find(server, Selector(hash=selector.hash), None, False, stop))
            yield from islice(
                (id for id in find(server, replace(selector, hash=None), None, newest, stop) if id in having), limit
            )
            return
        conditions["paths"] = [digest(selector.hash)]
    if _impossible(conditions):
        return
    for (id,) in server.read(name, **conditions, limit=_ALL if limit is None else limit):
        yield id


def _conditions(selector: Selector) -> dict[str, Any]:
    kinds = selector.kinds if selector.kinds is not None else frozenset(EntityKind)
    return {
        "kinds": sorted(int(kind) for kind in kinds),
        "host": None if selector.host is None else short(selector.host),
        "pid": selector.pid,
        "commands": None,
        "ip": None if selector.remote_ip is None else pack_text(selector.remote_ip),
        "port": selector.remote_port,
        "since": selector.since,
        "until": selector.until,
        "user": None if selector.user is None else pack_text(selector.user),
        "uid": None if selector.user is None else user_number(selector.user),
    }


def _impossible(conditions: dict[str, Any]) -> bool:
    """Whether nothing can match: numbers and texts that no index can hold, and empty lists."""
    numbers = (conditions["pid"], conditions["port"])
    return (
        any(number is not None and not -_ALL <= number <= _ALL for number in numbers)
        or (conditions["ip"] is not None and not fits_index(conditions["ip"]))
        or any(conditions.get(name) == [] for name in ("kinds", "commands", "paths", "addresses"))
    )


def _narrowest(selector: Selector) -> str:
    given = (
        ("find/by_path", selector.file),
        ("find/by_path", selector.hash),
        ("find/by_address", selector.remote_ip),
        ("find/by_addresses", selector.network),
        ("find/by_pid", selector.pid),
        ("find/by_command", selector.command),
        ("find/by_port", selector.remote_port),
    )
    return next((name for name, condition in given if condition is not None), "find/by_host")


def _commands(server: Server, pattern: str, stop: Stop) -> list[str]:
    """The digests of the command lines in which a pattern is found: each distinct one is searched once."""
    keys, texts = [], []
    for key, text in server.stream("find/commands"):
        keys.append(key)
        texts.append(unpack_text(text))
    return [keys[place] for place in matching(pattern, texts, stop)]


def _paths(server: Server, glob: Glob) -> list[str]:
    """The digests of the paths that a glob describes."""
    if glob.plain:
        return [digest(glob.pattern)] if glob.matches(glob.pattern) else []
    begin, fixed = beginning(pack_text(glob.prefix)), pack_text(glob.fixed())
    found = server.stream("find/paths", begin=begin, fixed=fixed)
    return [key for key, text in found if glob.matches(unpack_text(text))]
