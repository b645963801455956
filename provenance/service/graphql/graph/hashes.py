"""Entities by the hash of a file: what records gave it to, and what the alerts that name it are about."""

from __future__ import annotations

import re
from typing import Any

from provenance.ingest.identity import EntityKind, IdentityError, parse_id
from provenance.service.alerts import queue
from provenance.service.alerts.hashes import naming
from provenance.store.interface import Node, Selector, Store
from provenance.text.hashes import read_hash

_GLOB = re.compile(r"([*?[])")


def with_hash(store: Store, hash: str, kinds: frozenset[EntityKind] | None, host: str | None) -> list[Node]:
    """The files that had a hash, what the alerts that name it are about, and the files on their hosts at the path that they
    name; in order of time. Raises UsageError for what is no hash."""
    wanted = read_hash(hash)
    found = {node.id: node for node in store.find(Selector(hash=wanted))}
    hosts = {summary.host for summary in store.hosts()}
    for document in naming(store.documents(), queue.KIND, wanted):
        anchored = store.nodes(_anchored(document.body.get("anchor") or {}))
        found |= anchored
        fields = document.body["alert"]["body"]
        for its in {*(node.host for node in anchored.values()), fields.get("host")} & hosts:
            found |= _at(store, its, fields["file"].get("path"))
    chosen = (node for node in found.values() if kinds is None or node.kind in kinds)
    return sorted((node for node in chosen if host in (None, node.host)), key=lambda node: (node.first, node.id))


def _anchored(anchor: dict[str, Any]) -> list[int]:
    found = []
    for candidate in anchor.get("candidates", ()):
        try:
            found.append(parse_id(candidate["node"])[1])
        except IdentityError:
            continue
    return found


def _at(store: Store, host: str, path: object) -> dict[int, Node]:
    """The files of a host that ever had a path."""
    if not isinstance(path, str) or not path:
        return {}
    files = Selector(frozenset((EntityKind.FILE,)), host, file=_GLOB.sub(r"[\1]", path))
    return {node.id: node for node in store.find(files)}
