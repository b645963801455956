"""Entities by the hash of a file. Audit logs hold none: hashes are known from alerts, which say of what file they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from ingest.identity import EntityKind, IdentityError, parse_id
from provenance.errors import UsageError
from provenance.service import queue
from provenance.store.documents import Document, Place
from provenance.store.interface import Node, Selector, Store

_SHA256 = re.compile(r"[0-9a-fA-F]{64}")
_GLOB = re.compile(r"([*?[])")
_BATCH = 500


def with_hash(store: Store, hash: str, kinds: frozenset[EntityKind] | None, host: str | None) -> list[Node]:
    """What the alerts that name a file of this SHA-256 are about, and the files on their hosts at the path that they name;
    in order of time. Reads every alert. Raises UsageError for what is no SHA-256."""
    if _SHA256.fullmatch(hash) is None:
        raise UsageError(f"{hash[:80]!r} is no SHA-256: 64 hexadecimal digits")
    found: dict[int, Node] = {}
    for document in _naming(store, hash.lower()):
        anchored = store.nodes(_anchored(document.body.get("anchor") or {}))
        found |= anchored
        fields = document.body["alert"]["body"]
        hosts = {node.host for node in anchored.values()} | {fields.get("host")}
        for its in hosts & {summary.host for summary in store.hosts()}:
            found |= _at(store, its, fields["file"].get("path"))
    wanted = (node for node in found.values() if kinds is None or node.kind in kinds)
    return sorted((node for node in wanted if host in (None, node.host)), key=lambda node: (node.first, node.id))


def _naming(store: Store, hash: str) -> Iterator[Document]:
    place = None
    while batch := store.documents().page(queue.KIND, None, place, _BATCH):
        for document in batch:
            file = document.body["alert"]["body"].get("file")
            known = file.get("sha256") if isinstance(file, dict) else None
            if isinstance(known, str) and known.lower() == hash:
                yield document
        place = Place(batch[-1].rank, batch[-1].key)


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
